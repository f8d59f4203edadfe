// SPDX-License-Identifier: Apache-2.0
// Choosing one of a few or of many: labelled select boxes and rows of buttons.
import type { Atlas } from './atlas';
import { levelName, levelsOf } from './atlas';

export interface Option {
  value: string;
  name: string;
  group?: string;
  off?: string; // why it cannot be chosen
}

export function Select(props: {
  label: string;
  value: string;
  options: Option[];
  onPick: (value: string) => void;
}) {
  const groups = [...new Set(props.options.map((o) => o.group ?? ''))];
  const option = (o: Option) => (
    <option key={o.value} value={o.value} disabled={!!o.off} selected={o.value === props.value}>
      {o.name}
      {o.off ? ` (${o.off})` : ''}
    </option>
  );
  return (
    <label class="select">
      <span>{props.label}</span>
      <select onChange={(event) => props.onPick(event.currentTarget.value)}>
        {groups.map((g) =>
          g ? (
            <optgroup key={g} label={g}>
              {props.options.filter((o) => o.group === g).map(option)}
            </optgroup>
          ) : (
            props.options.filter((o) => !o.group).map(option)
          ),
        )}
      </select>
    </label>
  );
}

export function Buttons(props: {
  label: string;
  value: string;
  options: Option[];
  onPick: (value: string) => void;
}) {
  return (
    <div class="buttons" role="group" aria-label={props.label}>
      {props.options.map((o) => (
        <button
          key={o.value}
          type="button"
          aria-pressed={o.value === props.value}
          disabled={!!o.off}
          title={o.off ?? ''}
          onClick={() => props.onPick(o.value)}
        >
          {o.name}
        </button>
      ))}
    </div>
  );
}

export function LevelPick(props: {
  atlas: Atlas;
  level: number;
  onPick: (level: number) => void;
}) {
  if (props.atlas.topLevel === 0) return null;
  const many = props.atlas.topLevel > 2;
  const options = levelsOf(props.atlas).map((level) => ({
    value: String(level),
    name:
      many && level > 0 && level < props.atlas.topLevel
        ? `level ${props.atlas.topLevel - level + 1}`
        : levelName(props.atlas, level),
  }));
  return (
    <Buttons
      label="Size of groups"
      value={String(props.level)}
      options={options}
      onPick={(value) => props.onPick(Number(value))}
    />
  );
}
export function levelFrom(atlas: Atlas, text: string | undefined, otherwise: number): number {
  const level = text === undefined ? otherwise : Number(text);
  return Number.isInteger(level) && level >= 0 && level <= atlas.topLevel ? level : otherwise;
}
