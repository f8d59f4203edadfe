# SPDX-License-Identifier: Apache-2.0
# Sourced by test_canaries*.sh. Plants 200 secrets, runs the whole line, and looks for them in
# everything that anybody can see: atlas, report, exports, tree, served bytes, logs, stderr.
# shellcheck shell=bash
GATELESS=${GATELESS:-$(dirname "$CLIO")/tests/clio_gateless}

hunt() { # FILE…
    python3 "$SOURCE/tests/privacy/hunt.py" "$TMP/needles.tsv" "$@"
}

plant() { # N [TIMES [SEED]]: 200 secrets, so many times over
    local n=$((200 * ${2:-1}))
    python3 "$SOURCE/tests/corpus.py" "$1" ${3:+"$3"} |
        python3 "$SOURCE/tests/privacy/plant.py" "$TMP/needles.tsv" "${2:-1}" >"$TMP/planted.jsonl"
    [ "$(cut -f 1 "$TMP/needles.tsv" | sort -u | wc -l)" = $n ] || fail "not $n secrets"
    # The hunt itself works: each is found in every disguise, and all of them in what goes in.
    python3 "$SOURCE/tests/privacy/hunt.py" --try "$TMP/needles.tsv" ||
        fail "the hunt can be fooled"
    if hunt "$TMP/planted.jsonl" >"$TMP/in"; then fail "the hunt finds nothing in the corpus"; fi
    expect_text "$TMP/in" "found $n of $n"
}

run_line() { # PROGRAM DIR FLAGS…
    local program=$1 dir=$2
    shift 2
    "$program" run "$TMP/planted.jsonl" --out "$dir" --verbose "$@" >"$dir.out" 2>"$dir.err" || {
        tail -n 5 "$dir.err" >&2
        fail "$program run ended with an error"
    }
}

# Everything a reader of the run can get, into files $1.*
collect() { # DIR
    local dir=$1 format page url server
    for format in json csv jsonl; do "$CLIO" export "$dir" --format $format >"$dir.$format"; done
    "$CLIO" report "$dir" -o "$dir.html" >>"$dir.out" 2>>"$dir.err"
    "$CLIO" tree "$dir" >"$dir.tree" 2>>"$dir.err"
    "$CLIO" status "$dir" --json >"$dir.status" 2>>"$dir.err"
    cp "$dir/atlas.db" "$dir.atlas.db"
    python3 "$SOURCE/tools/atlas-read" "$dir/atlas.db" >"$dir.atlas.json"
    "$CLIO" serve "$dir" --port 0 >"$dir.url" 2>>"$dir.err" &
    server=$!
    at_exit "kill $server 2>/dev/null || true"
    wait_for "$dir.url"
    url=$(cat "$dir.url")
    for page in "" tree map tree.json map.json atlas.json healthz vault.db '?q=%27'; do
        curl -s -i "${url}$page" >>"$dir.served"
    done
    kill $server
    wait $server || true
}

# How far secrets get: at most MOST of them may be left in the facets, which nobody is shown.
# $n_in_facets is how many of those with a pattern are: all but names.
expect_facets() { # DIR MOST
    local n
    sqlite3 "$1/vault.db" 'SELECT value FROM facet_value' >"$TMP/facets.txt"
    hunt "$TMP/facets.txt" >"$TMP/found" || true
    n=$(sed -n 's/^found \([0-9]*\) of .*/\1/p' "$TMP/found")
    echo "facets: $n secrets, $(cut -d'(' -f2 "$TMP/found" | cut -d')' -f1 | grep -v found |
        sort | uniq -c | tr -s ' \n' ' ')"
    n_in_facets=$(grep '^secret' "$TMP/found" | grep -vc '(name)' || true)
    [ "$n" -le "$2" ] || fail "$n secrets are left in the facets, at most $2 may be"
}

expect_none() { # DIR
    hunt "$1".* >"$TMP/found" || {
        cat "$TMP/found" >&2
        fail "planted secrets came out"
    }
    cat "$TMP/found"
    # A test that looks at nothing would pass too.
    [ "$(sqlite3 "$1/atlas.db" 'SELECT count(*) FROM cluster WHERE title IS NOT NULL')" -ge 5 ] ||
        fail "the atlas has hardly any titles"
    [ "$(wc -c <"$1.served")" -gt 10000 ] || fail "the server gave nothing"
}

expect_some() { # DIR
    if hunt "$1".* >"$TMP/found"; then
        fail "with the gates off nothing came out: this test cannot fail"
    fi
    tail -n 1 "$TMP/found"
}
