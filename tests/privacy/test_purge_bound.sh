#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# After a purge who counts is drawn anew: the run is what a fresh run of the conversations that are
# left would be, byte for byte of what it shows, in guarded and local, also when purge and run are
# killed at any moment (KILLS, 2); in dp the draw is the same and the release is charged; in a run
# that grew whoever counts goes on counting and free places are filled. The bound holds everywhere.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
kills=${KILLS:-2}

# all.jsonl; second, few and third, which come with appends; left.jsonl: what is left of the first
# when the account giver, the conversation first-near and all before 2021 are gone. 20 accounts have
# nine conversations each, four of them old; heir has five and copies of giver's four; near has a
# near-copy of first-near.
python3 - "$TMP" "$SOURCE" <<'END'
import json
import subprocess
import sys

folder, source = sys.argv[1:]
lines = subprocess.run(["python3", f"{source}/tests/corpus.py", "400"], capture_output=True,
                       text=True, check=True).stdout.splitlines()
records = [json.loads(line) for line in lines]
for i, record in enumerate(records):
    record["time"] = 1700000000 + i
    if i < 180:
        record["user"] = f"busy-{i % 20}"
        record["time"] -= 100000000 if i // 20 in (1, 3, 4, 7) else 0
for i in range(5):
    records[200 + i]["user"] = "heir"
for i in range(4):
    records[210 + i]["user"] = "giver"
    records[210 + i]["text"] += f" The words of giver, number {i}"
    records.append(records[210 + i] | {"id": f"copy-{i}", "user": "heir"})
long = "Write a poem about two rivers that meet, a mill that stands still and a ferry at night"
records[220] |= {"id": "first-near", "user": "far", "text": long + "."}
records.append(records[220] | {"id": "near", "user": "near", "text": long + "!!"})


def write(name, some):
    with open(f"{folder}/{name}.jsonl", "w") as out:
        out.writelines(json.dumps(r) + "\n" for r in some)


def stays(record):
    return (record["user"] != "giver" and record["id"] != "first-near" and
            record["time"] > 1610000000)


write("all", records)
write("left", [r for r in records if stays(r)])
for name, seed in ("second", 7), ("third", 8), ("few", 9):
    lines = subprocess.run(["python3", f"{source}/tests/corpus.py", "200", f"{seed}"],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    more = [json.loads(line) for line in lines[:200 if name != "few" else 5]]
    for i, record in enumerate(more):
        record |= {"id": f"{name}-{i}", "text": f"{record['text']} In {seed * 1000 + i} words."}
        record["user"] = f"busy-{i}" if i < 20 else f"{name}-{record['user']}"
    write(name, more)
END

counted='SELECT seq FROM conversation WHERE
    seq NOT IN (SELECT seq FROM copy UNION SELECT seq FROM left_out)'
vault() { sqlite3 "$TMP/$1/vault.db" "$2"; } # DIR QUERY
# Who counts, and what is known of them.
draw() { # DIR
    vault "$1" "SELECT c.external_id, f.facet, f.value FROM conversation c JOIN facet_value f
        ON f.seq = c.seq WHERE c.seq IN ($counted) ORDER BY 1, 2"
}
check_bound() { # DIR MOST
    local most
    most=$(vault "$1" "SELECT max(n) FROM (SELECT count(*) AS n FROM conversation
        WHERE seq IN ($counted) AND account_id IS NOT NULL GROUP BY account_id)")
    [ "$most" = "$2" ] || fail "$1: an account counts $most conversations, $2 are wanted"
    [ "$(vault "$1" "SELECT count(*) FROM facet_value WHERE seq NOT IN ($counted)")" = 0 ] ||
        fail "$1: somebody has facets and does not count"
    [ "$(vault "$1" "SELECT count(*) FROM ($counted) WHERE seq NOT IN (SELECT seq FROM facet_value
        WHERE facet = 'turns')")" = 0 ] || fail "$1: somebody counts and has no facets"
}
run() { "$CLIO" run --profile none --quiet "$@"; }
purge_all() { # DIR
    "$CLIO" purge "$TMP/$1" --account giver >/dev/null
    "$CLIO" purge "$TMP/$1" --conversation first-near >/dev/null
    "$CLIO" purge "$TMP/$1" --before 2021-01-01 >/dev/null
}
show() { # DIR: what anybody sees, but for how much was read
    "$CLIO" export "$TMP/$1" --format csv >"$TMP/$1.shown"
    "$CLIO" tree "$TMP/$1" >>"$TMP/$1.shown"
    sqlite3 "$TMP/$1/atlas.db" 'SELECT * FROM cluster; SELECT * FROM cluster_facet;
        SELECT * FROM cluster_phrase' >>"$TMP/$1.shown"
}

for mode in guarded local; do
    most=5
    [ $mode = guarded ] || most=9
    run "$TMP/all.jsonl" --out "$TMP/$mode" --privacy $mode
    run "$TMP/left.jsonl" --out "$TMP/fresh" --privacy $mode
    cp -r "$TMP/$mode" "$TMP/killed"
    draw $mode >"$TMP/before"
    purge_all $mode
    "$CLIO" status "$TMP/$mode" >"$TMP/status"
    grep -q '^bound.*started' "$TMP/status" || fail "the status does not say that bound has work"
    expect_exit 2 "$CLIO" cluster "$TMP/$mode" # first facets of those drawn now
    run --out "$TMP/$mode"
    draw $mode >"$TMP/drawn"
    draw fresh >"$TMP/wanted"
    expect_same "$TMP/wanted" "$TMP/drawn"
    check_bound $mode $most
    show $mode
    show fresh
    expect_same "$TMP/fresh.shown" "$TMP/$mode.shown"
    "$CLIO" audit "$TMP/$mode" >/dev/null || fail "$mode: the atlas does not pass the gates"
    if [ $mode = guarded ]; then # others came into the places of those who went
        comm -13 <(cut -d'|' -f1 "$TMP/before" | sort -u) <(cut -d'|' -f1 "$TMP/drawn" | sort -u) \
            >"$TMP/new"
        [ "$(wc -l <"$TMP/new")" -gt 15 ] || fail "hardly anybody was drawn who was left out"
        expect_text "$TMP/new" near
    fi
    # Killed in the purge, and in the run after it, at moments that grow.
    for i in $(seq "$kills"); do
        [ $mode = guarded ] || break
        rm -rf "$TMP/again"
        cp -r "$TMP/killed" "$TMP/again"
        "$CLIO" purge "$TMP/again" --before 2021-01-01 >/dev/null 2>&1 &
        pid=$!
        sleep "$(awk -v i="$i" 'BEGIN { print 0.006 * i }')"
        kill -KILL $pid 2>/dev/null || true
        wait $pid 2>/dev/null || true
        purge_all again
        for j in 1 2; do
            "$CLIO" run --out "$TMP/again" --quiet >/dev/null 2>&1 &
            pid=$!
            sleep "$(awk -v i="$i" -v j=$j 'BEGIN { print 0.03 * i * j }')"
            kill -KILL $pid 2>/dev/null || true
            wait $pid 2>/dev/null || true
        done
        run --out "$TMP/again"
        show again
        expect_same "$TMP/fresh.shown" "$TMP/again.shown"
    done
    rm -rf "$TMP/fresh" "$TMP/killed"
done

# dp: every account draws its own again. It is another release: refused over the budget, while the
# atlas that is there stays, and charged to the ledger, which keeps the first one.
run "$TMP/all.jsonl" --out "$TMP/dp" --privacy dp --max-per-account 3
run "$TMP/left.jsonl" --out "$TMP/fresh" --privacy dp --max-per-account 3
cp "$TMP/dp/atlas.db" "$TMP/dp.first"
purge_all dp
expect_exit 3 run --out "$TMP/dp"
expect_text "$TMP/err" 'over the budget'
expect_same "$TMP/dp.first" "$TMP/dp/atlas.db"
[ "$(vault dp 'SELECT count(DISTINCT release) FROM ledger')" = 1 ] || fail "a refusal was charged"
run --out "$TMP/dp" --budget 20
[ "$(vault dp 'SELECT count(DISTINCT release) FROM ledger')" = 2 ] ||
    fail "the ledger lost a release, or the new one is not in it"
draw dp >"$TMP/drawn"
draw fresh >"$TMP/wanted"
expect_same "$TMP/wanted" "$TMP/drawn"

# A run that grew: who counts goes on counting, free places are filled, the bound holds.
run "$TMP/all.jsonl" --out "$TMP/grown"
"$CLIO" append "$TMP/grown" "$TMP/second.jsonl" --quiet
counting() {
    vault grown "SELECT external_id FROM conversation WHERE seq IN ($counted) ORDER BY 1"
}
counting >"$TMP/before"
vault grown "UPDATE facet_value SET value = 'kept' WHERE facet = 'task' AND seq = (SELECT max(seq)
    FROM conversation WHERE seq IN ($counted))" # what was asked is not asked again
purge_all grown
vault grown "SELECT external_id FROM conversation ORDER BY 1" >"$TMP/left"
run --out "$TMP/grown"
check_bound grown 5
counting >"$TMP/after"
[ "$(comm -12 "$TMP/before" "$TMP/left" | comm -23 - "$TMP/after" | wc -l)" = 0 ] ||
    fail "somebody counted before the purge, is there, and counts no more"
[ "$(vault grown "SELECT count(*) FROM facet_value WHERE value = 'kept'")" = 1 ] ||
    fail "somebody who counts still was asked again"
[ "$(comm -13 "$TMP/before" "$TMP/after" | wc -l)" -gt 15 ] || fail "free places stay free"
[ "$(vault grown "SELECT count(*) FROM (SELECT account_id, sum(seq IN ($counted)) AS n,
    sum(seq IN (SELECT seq FROM left_out WHERE first_seq IS NULL)) AS n_over FROM conversation
    GROUP BY 1) WHERE n < 5 AND n_over > 0")" = 0 ] || fail "an account has a free place"
"$CLIO" audit "$TMP/grown" >/dev/null || fail "the release does not pass the gates"
# While a batch waits: a purge, and the batch goes on with those behind it.
expect_exit 0 "$CLIO" append "$TMP/grown" "$TMP/few.jsonl" --json
expect_text "$TMP/out" '"outcome":"held"'
"$CLIO" purge "$TMP/grown" --account busy-3 >/dev/null
counting >"$TMP/before"
vault grown "SELECT external_id FROM conversation ORDER BY 1" >"$TMP/left"
"$CLIO" append "$TMP/grown" "$TMP/third.jsonl" --quiet
counting >"$TMP/after"
check_bound grown 5
# one of its conversations is that of who was purged
[ "$(vault grown "SELECT count(*), sum(external_id = 'third-3') FROM conversation
    WHERE external_id LIKE 'third-%'")" = '199|0' ] ||
    fail "the batch behind the purge was not read, or with who was purged"
[ "$(comm -12 <(grep -v few- "$TMP/before") "$TMP/left" | comm -23 - "$TMP/after" | wc -l)" = 0 ] ||
    fail "somebody counted before, is there, and counts no more"
"$CLIO" audit "$TMP/grown" >/dev/null || fail "the release does not pass the gates"
echo "$kills purges and $((2 * kills)) runs killed; the draw is that of a fresh run"
