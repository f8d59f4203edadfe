#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Titles of a safety run: without floors, yet a cluster of three accounts and more never shows a
# phrase of fewer, and no cluster a contact or a name, even where the facets had kept them.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
{
    python3 "$SOURCE/tests/corpus.py" 360
    python3 - <<'END'
import json

loud = "Excavator hydraulics leak near quibblefax glimmerwort"
rows = [("loud", f"{loud}, {n} litres") for n in range(40)]  # one account beside three others
rows += [(f"other{i}", text) for i, text in enumerate(
    ["My digger drips oil from its hydraulic arm", "Mend the pump hose of a backhoe",
     "Which seal stops oil in an excavator cylinder?"])]
for i, (user, text) in enumerate(rows):
    print(json.dumps({"id": f"oil{i}", "user": user, "time": 1735689600 + i, "text": text}))
END
} >"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --privacy local \
    --near-copies all --max-per-account 100 --clusters 18 --quiet
sql() { sqlite3 "file:$TMP/run/$1?mode=ro" "$2"; }
"$CLIO" safety run "$TMP/run" --quiet >"$TMP/table"
[ "$(sql safety.db 'SELECT count(*) FROM cluster WHERE n_accounts >= 3')" -gt 5 ] ||
    fail "there are no clusters to look at"
! sql safety.db 'SELECT title FROM cluster WHERE n_accounts >= 3' | grep -iE 'quibble|glimmer' ||
    fail "a title shows the words of one account"
[ "$(sql vault.db "SELECT count(*) FROM facet_value WHERE value LIKE '%quibblefax%'")" -ge 40 ] ||
    fail "the phrase was not there to be found"

# As if the facets had let them through.
sqlite3 "$TMP/run/vault.db" "UPDATE facet_value SET value = value ||
    ', sent to maria.gonzalez@example.org by Maria Gonzalez of 202-555-0147'
    WHERE facet IN ('request', 'task')"
"$CLIO" safety run "$TMP/run" --quiet >"$TMP/table"
! sql safety.db 'SELECT title FROM cluster' | grep -iE 'gonzalez|maria|example|555|0147' ||
    fail "a title shows a contact or a name"
! sql safety.db .dump | grep -iE 'gonzalez|maria\.' || fail "safety.db holds a contact or a name"
echo "$(sql safety.db 'SELECT count(*) FROM cluster') titles, none of one account or with a contact"
