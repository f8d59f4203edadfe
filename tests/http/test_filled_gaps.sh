#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Conversations that a server has no answer about at first, and an answer when it is asked again:
# their vectors and clusters are of the new values, in every tree; what does not hang on them stays.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool curl sqlite3 python3 jq
oracle_corpus 300
"$(dirname "$CLIO")/tests/tool_provider" 0 "$TMP/truth.tsv" >"$TMP/port" &
at_exit "kill $! 2>/dev/null; wait 2>/dev/null"
wait_for "$TMP/port"
host=127.0.0.1:$(cat "$TMP/port")
fault() { curl -sf "http://$host/set?fault=$1" >/dev/null; }
query() { sqlite3 "$1/vault.db" "$2"; }
dump() { sqlite3 "$1/atlas.db" .dump; }
ask=(--base-url "http://$host" --tries 2 --retry-wait 0.02 --quiet)
head -n 240 "$TMP/corpus.jsonl" >"$TMP/old.jsonl"
run() { # DIR facets [flag…]
    "$CLIO" run "$TMP/old.jsonl" --out "$1" --profile remote --model oracle --clusters 12 \
        --privacy local --cluster-facet "$2" "${ask[@]}" "${@:3}"
}
vectors() { # DIR tree-prefix: a line a conversation, with the digest of its vector
    query "$1" "SELECT hex(seqs), hex(vectors) FROM $2vector_block ORDER BY i_block" |
        python3 -c 'import hashlib, sys
for line in sys.stdin:
    seqs, rows = line.strip().split("|")
    n, width = len(seqs) // 16, len(rows) // (len(seqs) // 16)
    for i in range(n):
        seq = int.from_bytes(bytes.fromhex(seqs[16 * i:16 * i + 16]), "little")
        print(seq, hashlib.sha256(rows[width * i:width * (i + 1)].encode()).hexdigest())'
}

for trees in request request,task; do
    fault ""
    run "$TMP/good" "$trees"
    fault page-always
    expect_exit 5 run "$TMP/gaps" "$trees"
    expect_text "$TMP/err" "malformed"
    query "$TMP/gaps" "SELECT seq FROM facet_gap ORDER BY seq" >"$TMP/open"
    [ "$(wc -l <"$TMP/open")" -ge 10 ] || fail "only $(wc -l <"$TMP/open") gaps"
    rm -rf "$TMP/grown" "$TMP/calm" # the last ones have both trees
    cp -r "$TMP/gaps" "$TMP/grown"
    cp -r "$TMP/good" "$TMP/calm"

    # gone on with: what stands before the first gap stays, and all ends as without faults
    query "$TMP/gaps" "CREATE TABLE gone (seq INTEGER); CREATE TRIGGER see AFTER DELETE ON subject
        BEGIN INSERT INTO gone VALUES (old.seq); END"
    fault ""
    "$CLIO" run --out "$TMP/gaps" "${ask[@]}"
    dump "$TMP/good" >"$TMP/want"
    dump "$TMP/gaps" >"$TMP/got"
    expect_same "$TMP/want" "$TMP/got"
    [ "$(query "$TMP/gaps" "SELECT count(*) FROM facet_gap")" = 0 ] || fail "gaps are left"
    [ "$(query "$TMP/gaps" "SELECT min(seq) FROM gone")" -ge "$(head -n 1 "$TMP/open")" ] ||
        fail "what stood before the first gap was embedded anew"
    rm -rf "$TMP/good" "$TMP/gaps"
done

# a run that grows asks for them, too: all vectors are those of a run without faults, and who was in
# a cluster for a value that is gone is filed under one for the new value
tail -n +241 "$TMP/corpus.jsonl" >"$TMP/new.jsonl"
for dir in calm grown; do "$CLIO" append "$TMP/$dir" "$TMP/new.jsonl" "${ask[@]}" >/dev/null; done
for tree in tree_2_ ""; do
    query "$TMP/grown" "SELECT seq FROM ${tree}filed WHERE seq <= 240 ORDER BY seq" >"$TMP/filed"
    if [ -z "$tree" ]; then # the task by rule may be that of the answer
        expect_same "$TMP/open" "$TMP/filed"
    elif grep -vxFf "$TMP/open" "$TMP/filed"; then
        fail "filed anew without a new value"
    fi
    for dir in calm grown; do vectors "$TMP/$dir" "$tree" >"$TMP/$dir.vectors"; done
    expect_same "$TMP/calm.vectors" "$TMP/grown.vectors"
    n=$(query "$TMP/grown" "SELECT count(*) FROM ${tree}placed")
    [ "$n" = "$(query "$TMP/calm" "SELECT count(*) FROM ${tree}placed")" ] || fail "$n are placed"
done

# and about the screen: whom it lets through only then has facets, a vector and a place
fault page-always
expect_exit 5 run "$TMP/screened" request --screen "Is it about anything?"
query "$TMP/screened" "SELECT seq FROM screened_out ORDER BY seq" >"$TMP/open"
[ "$(wc -l <"$TMP/open")" -ge 10 ] || fail "only $(wc -l <"$TMP/open") are screened out"
fault ""
"$CLIO" append "$TMP/screened" "$TMP/new.jsonl" "${ask[@]}" >/dev/null
vectors "$TMP/screened" "" >"$TMP/screened.vectors"
expect_same "$TMP/calm.vectors" "$TMP/screened.vectors"

# the bound of an account holds for them, too
fault page-always
expect_exit 5 "$CLIO" run "$TMP/old.jsonl" --out "$TMP/bounded" --profile remote --model oracle \
    --max-per-account 1 --screen "Is it about anything?" "${ask[@]}"
fault ""
"$CLIO" append "$TMP/bounded" "$TMP/new.jsonl" "${ask[@]}" >/dev/null
[ "$(query "$TMP/bounded" "SELECT count(*) FROM screened_out")" = 0 ] || fail "some are still out"
n=$(query "$TMP/bounded" "SELECT max(n) FROM (SELECT count(*) AS n FROM conversation
    JOIN facet_value USING (seq) WHERE facet = 'turns' GROUP BY account_id)")
[ "$n" = 1 ] || fail "an account counts $n times where it may count once"
