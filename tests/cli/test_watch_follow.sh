#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A watch on a cluster follows it when `clio append` finds the clusters again: every watch gets the
# number of the cluster that keeps the id in the atlas, or says what became of it; days of before
# are not told anew; a burst behind it is told; also out of a file of the version before, in two
# trees, and after a purge. Where ids say nothing (a run that did not grow, a floor) nobody is taken
# for another.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
day=$((1735689600 / 86400)) # of the first conversation
python3 "$SOURCE/tests/corpus.py" 960 >"$TMP/all.jsonl"
head -n 480 "$TMP/all.jsonl" >"$TMP/old.jsonl"
tail -n +481 "$TMP/all.jsonl" >"$TMP/new.jsonl"
burst() { # DAY: 30 more about one subject
    python3 "$SOURCE/tests/corpus.py" 360 "$1" | jq -c "select(.text | test(\"marketing email\")) |
        .id = \"b$1\" + .id | .user = \"v\" + .user | .time = ($day + $1) * 86400 + 3600"
}
burst 15 >>"$TMP/old.jsonl"
burst 35 >>"$TMP/new.jsonl"
set -- --profile none --privacy local --min-conversations 8 --min-accounts 3 --quiet
"$CLIO" run "$TMP/old.jsonl" --out "$TMP/base" "$@"
vault() { sqlite3 "$1/vault.db" "$2"; }
safety() { sqlite3 "$1/safety.db" "$2"; }

# a watch on every cluster, named after what it is in the atlas; those under a floor are nobody
vault "$TMP/base" "SELECT b.id, coalesce(n.atlas_id, 0) FROM base_cluster b
    LEFT JOIN numbered n ON n.node_id = b.id ORDER BY b.id" | tr '|' ' ' >"$TMP/clusters"
while read -r id who; do
    "$CLIO" watch add "$TMP/base" "w$id-$who" "{\"cluster\": $id, \"p\": 1e-6}"
done <"$TMP/clusters"
mails=$(vault "$TMP/base" "SELECT m.cluster_id FROM member m JOIN conversation c USING (seq)
    WHERE c.turns LIKE '%marketing email%' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
mails="w$mails-$(sed -n "s/^$mails //p" "$TMP/clusters")"
"$CLIO" watch run "$TMP/base" --quiet >"$TMP/told"
expect_text "$TMP/told" "2025-01-16  $mails"

# follows DIR: each watch has the number of who it is, or is named with what became of it
follows() {
    local n=0
    safety "$1" "SELECT substr(name, instr(name, '-') + 1), json_extract(question, '\$.cluster'),
        name FROM watch ORDER BY id" | tr '|' ' ' >"$TMP/questions"
    while read -r who number name; do
        now=$(vault "$1" "SELECT node_id FROM numbered WHERE atlas_id = $who")
        if [ -n "$now" ]; then
            [ "$number" = "$now" ] || fail "$name asks about $number and is $now"
            expect_no_text "$TMP/err" "watch $name is not asked"
            n=$((n + 1))
        elif [ "$who" = 0 ]; then
            grep "watch $name is not asked: " "$TMP/err" | grep -q "names another one" ||
                fail "$name does not say that it is lost"
        else
            expect_text "$TMP/err" \
                "watch $name is not asked: its clusters were made anew, and none is the same: "
        fi
    done <"$TMP/questions"
    [ $n -ge 8 ] || fail "only $n watches have their cluster"
}
cp -r "$TMP/base" "$TMP/run"
# a file of the version before
sqlite3 "$TMP/run/safety.db" "INSERT INTO info SELECT 'watch_cluster.' || name, digest
    FROM watch JOIN watch_cluster ON watch_id = id; DROP TABLE watch_cluster;
    PRAGMA user_version = 3"
# nobody was told of the old burst: what the new clusters say of that day is still no news
safety "$TMP/run" "DELETE FROM alert WHERE day = $((day + 15)); SELECT changes() > 0" >"$TMP/any"
[ "$(cat "$TMP/any")" = 1 ] || fail "no alert of the first burst"
expect_exit 0 "$CLIO" append "$TMP/run" "$TMP/new.jsonl" --recluster anew
follows "$TMP/run"
expect_text "$TMP/err" "follows its cluster: "
expect_text "$TMP/out" "2025-02-05  $mails"
expect_no_text "$TMP/out" "2025-01-16"
[ "$(safety "$TMP/run" "SELECT count(*) FROM alert JOIN watch w ON w.id = watch_id WHERE
    day = $((day + 15)) AND name = '$mails' AND cause LIKE '%and not told'")" = 1 ] ||
    fail "the first burst is not kept"
# what it counts is what is in the cluster now
[ "$(safety "$TMP/run" "SELECT sum(n_matched) FROM watch_batch JOIN watch ON id = watch_id
    WHERE name = '$mails'")" = "$(vault "$TMP/run" "SELECT count(*) FROM conversation c
    LEFT JOIN copy d ON d.seq = c.seq LEFT JOIN left_out l ON l.seq = coalesce(d.first_seq, c.seq)
    JOIN member m ON m.seq = coalesce(l.first_seq, d.first_seq, c.seq) JOIN numbered k
    ON k.node_id = m.cluster_id WHERE k.atlas_id = ${mails#*-} AND c.time NOT NULL")" ] ||
    fail "the days are not those of the cluster"
"$CLIO" watch list "$TMP/run" | grep -q "^$mails  {\"cluster\": [0-9]*, \"p\": " ||
    fail "the question does not keep up"
# once: then it is calm, but for who is not asked
expect_exit 0 "$CLIO" watch run "$TMP/run"
expect_no_text "$TMP/err" "follows its cluster"
[ ! -s "$TMP/out" ] || fail "told again"
expect_text "$TMP/err" "there is no new alert"
follows "$TMP/run"

# a purge keeps who it is, and nothing that is made of anybody's words
"$CLIO" purge "$TMP/run" --conversation c0 >/dev/null
[ "$(safety "$TMP/run" "SELECT group_concat(DISTINCT digest) FROM watch_cluster")" = '' ] ||
    fail "a purge leaves digests of vectors"
expect_exit 0 "$CLIO" watch run "$TMP/run"
expect_text "$TMP/err" "watch $mails is not asked: its clusters are being made anew"
"$CLIO" run --out "$TMP/run" --quiet
expect_exit 0 "$CLIO" watch run "$TMP/run"
follows "$TMP/run"
[ ! -s "$TMP/out" ] || fail "a purge has old days told again"

# of one that is gone it says where it went, by the lineage of the release in which it went
cp -r "$TMP/run" "$TMP/gone"
mail=${mails#*-}
vault "$TMP/gone" "UPDATE identity SET atlas_id = 9000 WHERE atlas_id = $mail"
read -r one other <<<"$(vault "$TMP/gone" "SELECT group_concat(atlas_id, ' ') FROM (SELECT atlas_id
    FROM identity JOIN base_cluster ON node_id = id WHERE atlas_id != 9000 LIMIT 2)")"
base() { vault "$TMP/gone" "SELECT node_id FROM identity WHERE atlas_id = $1"; }
says() { # TEXT EVENT…: what the watch says when these are the events of a release
    local event rank=0
    vault "$TMP/gone" "DELETE FROM lineage"
    for event in "${@:2}"; do
        vault "$TMP/gone" "INSERT INTO lineage VALUES (2, $((rank++)), $event, NULL, 9, 9, 1, 1)"
    done
    safety "$TMP/gone" "UPDATE watch_cluster SET digest = 'another'"
    expect_exit 0 "$CLIO" watch run "$TMP/gone"
    expect_text "$TMP/err" "watch $mails is not asked: its clusters were made anew, and none is the"
    expect_text "$TMP/err" " same: $1;"
}
says "it went into $(base "$one")" "'merged', $mail, $one"
says "it was split into $(base "$other"), $(base "$one")" "'split', $other, $mail" \
    "'merged', $mail, $one"
says "what was in it is spread over others, or under a floor" "'died', $mail, NULL" \
    "'split', $other, $one"

# numbers of a run that did not grow name nobody that was there before (four are none of those of
# before, as many might be to the bit)
cp -r "$TMP/base" "$TMP/other"
"$CLIO" run --out "$TMP/other" --clusters 4 --quiet
expect_exit 0 "$CLIO" append "$TMP/other" "$TMP/new.jsonl" --recluster anew
expect_no_text "$TMP/err" "follows its cluster"
[ "$(grep -c 'is not asked: .*names another one' "$TMP/err")" = "$(wc -l <"$TMP/clusters")" ] ||
    fail "a watch takes another cluster for its own"

# a tree beside the first
"$CLIO" run "$TMP/old.jsonl" --out "$TMP/two" "$@" --cluster-facet request,task
while read -r id who; do
    "$CLIO" watch add "$TMP/two" "w$id-$who" "{\"cluster\": $id}" --of task
done < <(vault "$TMP/two" "SELECT n.id, i.atlas_id FROM tree_2_node n JOIN tree_2_identity i
    ON i.node_id = n.id WHERE level = 0" | tr '|' ' ')
expect_exit 0 "$CLIO" append "$TMP/two" "$TMP/new.jsonl" --recluster anew
safety "$TMP/two" "SELECT substr(name, instr(name, '-') + 1), json_extract(question, '\$.cluster'),
    name FROM watch ORDER BY id" | tr '|' ' ' >"$TMP/questions"
n=0
while read -r who number name; do
    now=$(vault "$TMP/two" "SELECT node_id FROM tree_2_identity WHERE atlas_id = $who")
    if [ -n "$now" ]; then
        [ "$number" = "$now" ] || fail "$name asks about $number and is $now"
        n=$((n + 1))
    else
        expect_text "$TMP/err" \
            "watch $name is not asked: its clusters were made anew, and none is the same: "
    fi
done <"$TMP/questions"
[ $n -ge 5 ] || fail "only $n watches of the second tree have their cluster"
