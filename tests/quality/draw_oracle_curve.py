#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/oracle-curve.svg from the rows "accuracy, errors N %" of
tests/quality/results.csv: the share of conversations under their true category against the share
of a model's answers that are wrong."""
import csv
import os
import re

ROOT = os.path.dirname(os.path.abspath(__file__)) + "/../.."
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 420, 60, 20, 230, 50
COLOURS = ("#1b6ca8", "#c05621", "#2f855a", "#6b46c1")


def curves():
    found = {}
    with open(f"{ROOT}/tests/quality/results.csv", encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            at = re.fullmatch(r"accuracy, errors ([0-9.]+) %", row["metric"])
            if at and row["case"].startswith("oracle, ") and ", one in" not in row["case"]:
                name = row["case"].removeprefix("oracle, ")
                found.setdefault(name, []).append((float(at[1]), float(row["value"])))
    return {name: sorted(points) for name, points in found.items()}


def main():
    found = curves()
    right = max([x for points in found.values() for x, _ in points] + [50])

    def x_of(rate):
        return LEFT + rate / right * (WIDTH - LEFT - RIGHT)

    def y_of(accuracy):
        return TOP + (1 - accuracy) / 0.6 * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    for percent in range(40, 101, 10):
        y = y_of(percent / 100)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    for percent in range(0, int(right) + 1, 10):
        x = x_of(percent)
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">'
                   f'{percent} %</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" '
               'text-anchor="middle">wrong answers of the model</text>')
    ends = (x_of(0), y_of(1), x_of(right), y_of(1 - right / 100))
    out.append('<path d="M{:.1f} {:.1f}L{:.1f} {:.1f}" stroke="#888888" fill="none" '
               'stroke-dasharray="4 4"/>'.format(*ends))
    labels = [(ends[3], "#666666", "as many as answers are right")]
    for (name, points), colour in zip(found.items(), COLOURS):
        path = " ".join(f"{x_of(rate):.1f},{y_of(value):.1f}" for rate, value in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x_of(rate):.1f}" cy="{y_of(value):.1f}" r="3" fill="{colour}"/>'
                for rate, value in points]
        labels.append((y_of(points[-1][1]), colour, name))
    at = 0
    for y, colour, name in sorted(labels):
        at = max(y + 4, at + 17)  # no label over another
        out.append(f'<text x="{WIDTH - RIGHT + 8}" y="{at:.1f}" fill="{colour}">{name}</text>')
    for rate, floor in ((0, 0.98), (10, 0.94), (30, 0.80)):
        out.append(f'<path d="M{x_of(rate) - 6:.1f} {y_of(floor):.1f}h12" stroke="#cc0000" '
                   'stroke-width="3"/>')
    out.append('</svg>')
    with open(f"{ROOT}/docs/images/oracle-curve.svg", "w", encoding="utf-8") as target:
        target.write("\n".join(out) + "\n")


main()
