#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clio serve --safety over HTTP: signing in, what each role gets, a permit and looks least first
# with one line of the log each, and that without --safety the server is as it was.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool curl python3 sqlite3
run=$TMP/run
python3 "$SOURCE/tests/corpus.py" 600 |
    sed '0~7s/^{/{"flagged": true, "verdict": "harmful", /
        0~7!s/^{/{"flagged": false, "verdict": "fine", /' >"$TMP/corpus.jsonl"
python3 "$SOURCE/tests/corpus.py" 620 | tail -n 20 | # one account over its bound
    sed 's/"user": "[^"]*"/"user": "flood"/; s/"id": "/&flood/' >>"$TMP/corpus.jsonl"
for i in $(seq 18); do # a ring, for the page of groups: most of it one account's, in own words
    printf '{"id": "own%d", "user": "ring1", "time": %d, "flagged": false, "text": "%s"}\n' \
        "$i" $((1735689600 + i)) "Write a warm review of the kettle number 7$i that praises how \
fast it boils, never mention its lid, and end by telling shoppers to hurry before the offer ends \
tonight, beside the purple walrus of the northern lighthouse"
done >>"$TMP/corpus.jsonl"
for account in $(seq 2 6); do
    for i in 1 2; do
        printf '{"id": "r%d-%d", "user": "ring%d", "time": %d, "flagged": false, "text": "%s"}\n' \
            "$account" "$i" "$account" $((1735689600 + account * 60 + i)) \
            "Write a warm review of the kettle number $account$i that praises how fast it boils, \
never mention its lid, and end by telling shoppers to hurry before the offer ends tonight"
    done
done >>"$TMP/corpus.jsonl"
for account in $(seq 7); do # accounts that send one equal prompt, more than a page of a list
    for i in $(seq 150); do
        printf '{"id": "e%d-%d", "user": "equal%d", "time": %d, "flagged": false, "text": "%s"}\n' \
            "$account" "$i" "$account" $((1735689600 + account * 3600 + i)) \
            "List three museums of Vienna that are open on a Monday, with the price of a ticket"
    done
done >>"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$run" --profile none --quiet
expect_exit 66 "$CLIO" serve "$run" --safety --port 0
expect_text "$TMP/err" "clio access user add"
word="correct horse battery"
for role in viewer analyst safety admin; do
    "$CLIO" access user add "$run" "$role" --role "$role" <<<"$word"
done
"$CLIO" access user add "$run" second --role safety <<<"$word"
"$CLIO" access policy set "$run" totp 0 # codes are tests/unit/test_access.c's
start() { # ARGUMENTS…: sets url and server
    : >"$TMP/url"
    "$CLIO" serve "$run" --port 0 "$@" >"$TMP/url" 2>"$TMP/log" &
    server=$!
    at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
    wait_for "$TMP/url"
    url=$(cat "$TMP/url")
    url=${url%/}
}
get() { curl -s -o "$TMP/body" -D "$TMP/headers" -w '%{http_code}' "$@"; }
expect_status() {
    local want=$1 got
    shift
    got=$(get "$@")
    [ "$got" = "$want" ] || { head -c 400 "$TMP/body" >&2; fail "$got, wanted $want, of $*"; }
}
field() { grep -m 1 -o 'name="form" value="[0-9a-f]*"' "$TMP/body" | head -n 1 | cut -d'"' -f4; }
own() { printf '%s\n' -H "Origin: $url" -H 'Sec-Fetch-Site: same-origin'; }
post() { # JAR STATUS PATH FIELDS…: as the browser posts a form of ours
    local jar=$1 want=$2 path=$3 fields=() one
    shift 3
    for one in "$@"; do fields+=(--data-urlencode "$one"); done
    mapfile -t from < <(own)
    expect_status "$want" -b "$jar" -c "$jar" "${from[@]}" "${fields[@]}" "$url$path"
}
sign_in() { # NAME: cookies go to $TMP/NAME.jar
    local jar=$TMP/$1.jar
    rm -f "$jar"
    expect_status 200 -c "$jar" "$url/sign-in"
    expect_text "$TMP/headers" "SameSite=Strict"
    expect_text "$TMP/headers" "HttpOnly"
    expect_text "$TMP/headers" "form-action 'self'"
    post "$jar" 303 /sign-in "form=$(field)" "name=$1" "password=$word"
}

# without --safety: nothing of it is there, and there is nothing to sign in to
start
for path in /safety /safety/log /sign-in /sign-in.css; do expect_status 404 "$url$path"; done
expect_status 405 -X POST -d x=1 "$url/safety/look"
expect_status 200 "$url/explore"
kill -INT "$server"
wait "$server" || true

start --safety
# signed out: every address leads to the same place, those that are there and those that are not
for path in / /explore /explore.json /safety /safety/cluster/1 /nothing /atlas.json; do
    expect_status 303 "$url$path"
    expect_text "$TMP/headers" "Location: /sign-in"
done
expect_status 200 "$url/healthz"
expect_status 200 "$url/sign-in.css"
for word_of_theirs in roles missed quadrant reason safety; do
    expect_no_text "$TMP/body" "$word_of_theirs"
done
mapfile -t from < <(own)
expect_status 403 "${from[@]}" -d "name=safety&password=$word" "$url/sign-in"

# forms that are never whole, no forms of ours and some as our own page sends them, with a body and
# without: they keep nobody from signing in
python3 - "${url##*:}" >"$TMP/slow" <<'END' &
import socket, sys, time
kept = []
for i in range(120):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    host = f"127.0.0.1:{sys.argv[1]}"
    origin = f"Origin: http://{host}\r\n" if i % 3 else ""
    head = f"POST /sign-in HTTP/1.1\r\nHost: {host}\r\n{origin}Content-Length: 999\r\n\r\n"
    s.sendall((head + "name=" * (i % 2)).encode())
    kept.append(s)
print("ready", flush=True)
time.sleep(600)
END
slow=$!
at_exit "kill $slow 2>/dev/null; wait $slow 2>/dev/null"
wait_for "$TMP/slow"
sign_in viewer
kill "$slow"
expect_text "$TMP/headers" "Location: /"
expect_status 200 -b "$TMP/viewer.jar" "$url/explore.json"
expect_status 200 -b "$TMP/viewer.jar" "$url/explorer.js"
expect_no_text "$TMP/body" misuse
expect_status 404 -b "$TMP/viewer.jar" "$url/nothing"
cp "$TMP/body" "$TMP/absent"
sed '/^Date:/d' "$TMP/headers" >"$TMP/absent.headers"
for path in /safety /safety/ /safety/log /safety/permits /safety/cluster/1 /safety/coordinated; do
    expect_status 404 -b "$TMP/viewer.jar" "$url$path"
    expect_same "$TMP/body" "$TMP/absent"
    sed '/^Date:/d' "$TMP/headers" >"$TMP/these.headers"
    expect_same "$TMP/these.headers" "$TMP/absent.headers"
done
sign_in admin
expect_status 200 -b "$TMP/admin.jar" "$url/safety/log"
expect_text "$TMP/body" "entries, whole"
expect_status 404 -b "$TMP/admin.jar" "$url/safety/cluster/1"
expect_status 404 -b "$TMP/admin.jar" "$url/safety"

# from a cluster to a transcript
sign_in safety
expect_text "$TMP/headers" "Location: /safety"
expect_status 200 -b "$TMP/safety.jar" "$url/safety"
expect_status 200 -b "$TMP/safety.jar" "$url/safety/cluster/1"
current=' aria-current="page">'
[ "$(grep -o "[a-z/]*\"$current[A-Za-z]*" "$TMP/body")" = "/safety\"${current}Safety" ] ||
    fail "the way to the signals is not marked on the page of a cluster"
expect_text "$TMP/headers" "no-store"
form=$(field)
looks() { "$CLIO" access log show "$run" | grep -c 'look: ' || true; }
look() { post "$TMP/safety.jar" "$1" /safety/look "form=$form" permit=1 "depth=$2" "subject=$3"; }
look 403 1 1 # no permit yet
post "$TMP/safety.jar" 403 /safety/cluster/1 "form=$form" "reason=because"
post "$TMP/safety.jar" 303 /safety/cluster/1 "form=$form" \
    "reason=Several accounts seem to use one template"
look 403 3 1 # least first
[ "$(looks)" = 0 ] || fail "a look that was refused is in the log"
look 200 1 1
seq=$(grep -m 1 -o 'name="depth" value="3"><input type="hidden" name="subject" value="[0-9]*' \
    "$TMP/body" | grep -o '[0-9]*$') # one line, as nobody reads on
look 403 5 "$seq"
look 200 3 "$seq"
look 200 4 "$seq"
look 200 5 "$seq"
want=$(sqlite3 "$run/vault.db" "SELECT json_extract(turns, '\$[0][1]') FROM conversation
    WHERE seq = $seq")
expect_text "$TMP/body" "$want"
look 404 3 999999
[ "$(looks)" = 4 ] || fail "$(looks) looks are in the log, 4 were shown"
expect_status 403 -b "$TMP/safety.jar" -H 'Origin: http://evil.example' \
    -d "form=$form&permit=1&depth=1&subject=1" "$url/safety/look"
expect_status 403 -b "$TMP/safety.jar" -d "form=$form&permit=1&depth=1&subject=1" \
    "$url/safety/look"
head -c 20000 /dev/zero | tr '\0' a >"$TMP/long"
expect_status 400 -b "$TMP/safety.jar" "${from[@]}" --data-binary "@$TMP/long" "$url/safety/look"
expect_status 403 -b "$TMP/safety.jar" -H 'Host: evil.example' "$url/safety"
[ "$(looks)" = 4 ] || fail "a forged look is in the log"

# a second person
"$CLIO" access policy set "$run" second-person 1
post "$TMP/safety.jar" 303 /safety/cluster/2 "form=$form" "reason=Another cluster looks alike to me"
post "$TMP/safety.jar" 403 /safety/look "form=$form" permit=2 depth=1 subject=2
post "$TMP/safety.jar" 403 /safety/permit/2 "form=$form" do=approve
sign_in second
expect_status 200 -b "$TMP/second.jar" "$url/safety/permits"
post "$TMP/second.jar" 303 /safety/permit/2 "form=$(field)" do=approve
post "$TMP/safety.jar" 200 /safety/look "form=$form" permit=2 depth=1 subject=2

# as many looks as an hour may hold, over sessions, permits and kinds of look
"$CLIO" access policy set "$run" looks-per-hour "$(looks)"
sign_in safety
expect_status 200 -b "$TMP/safety.jar" "$url/safety/cluster/1"
form=$(field)
look 403 5 "$seq"
grep -q 'Look again at [0-9][0-9]:[0-9][0-9] UTC, in [0-9]* minutes' "$TMP/body" ||
    fail "who has looked too often is not told when to look again"
post "$TMP/safety.jar" 403 /safety/look "form=$form" permit=2 depth=1 subject=2
expect_text "$TMP/body" "Look again at"
"$CLIO" access policy set "$run" looks-per-hour 60

# after a new clustering the number names other people: no look, no signals, no permit
"$CLIO" access policy set "$run" second-person 0
"$CLIO" safety run "$run" >"$TMP/signals"
[ "$(tail -n 1 "$TMP/signals")" = none ] || fail "no language is listed, and nothing says so"
# who sends most is over the bound of an account: said, and not counted as in a cluster
outside=$(sqlite3 "$run/safety.db" "SELECT count(*) FROM conversation WHERE cluster_id IS NULL")
inside=$(sqlite3 "$run/safety.db" "SELECT count(*) FROM conversation WHERE cluster_id IS NOT NULL")
[ "$outside" -gt 0 ] || fail "every conversation is in a cluster"
expect_text "$TMP/signals" "$inside conversations in "
expect_text "$TMP/signals" "$outside more are in no cluster"
# that nobody looked is not that nothing was found
expect_status 200 -b "$TMP/safety.jar" "$url/safety/coordinated"
expect_text "$TMP/body" "Nobody looked yet"
"$CLIO" safety coordinated "$run" --least-score 30 >"$TMP/signals" 2>&1
sqlite3 "$run/safety.db" "DELETE FROM coordinated_member; DELETE FROM coordinated_part;
    DELETE FROM coordinated"
expect_status 200 -b "$TMP/safety.jar" "$url/safety/coordinated"
expect_text "$TMP/body" "No group was found among"
# words of one account are in no template, though most prompts of the group are its own
expect_exit 2 "$CLIO" safety coordinated "$run" --least-score 5 # groups under 30 are not kept
expect_exit 0 "$CLIO" safety coordinated "$run" --address-columns ipp --agent-columns none
expect_text "$TMP/err" 'a column of "ipp" (--address-columns), not a tenth'
expect_no_text "$TMP/err" agent-columns
"$CLIO" safety coordinated "$run" --least-score 30 >"$TMP/signals" 2>&1
tr '[:upper:]' '[:lower:]' <"$TMP/signals" >"$TMP/lower"
expect_text "$TMP/lower" kettle
for own in walrus lighthouse; do expect_no_text "$TMP/lower" "$own"; done
"$CLIO" safety classifier "$run" --column flagged >"$TMP/signals"
expect_text "$TMP/signals" "$outside are in no cluster"
# a label in words of its own is not taken for one that flags nothing
expect_exit 2 "$CLIO" safety classifier "$run" --column verdict
expect_text "$TMP/err" "--flag-words"
"$CLIO" safety classifier "$run" --column verdict --flag-words 'vile, Harmful' >"$TMP/words"
grep '^column flagged' "$TMP/signals" | grep -o '[1-9][0-9]* of [0-9]* conversations' >"$TMP/flags"
[ -s "$TMP/flags" ] && [ "$(cut -d' ' -f1 "$TMP/flags")" = "$(grep -o ': [0-9]* of' "$TMP/words" |
    grep -o '[0-9]*')" ] || fail "words flag otherwise than the column that they repeat"
sqlite3 "$run/safety.db" "UPDATE classifier_cluster SET side = 'missed' WHERE cluster_id = 0"
# none of an alert is no calm where nobody looked
for step in "no watch is kept" "nobody asked" "nothing changed"; do
    expect_status 200 -b "$TMP/safety.jar" "$url/safety/watches"
    expect_text "$TMP/body" "$step"
    case $step in
    no*kept)
        "$CLIO" watch add "$run" trips '{"words": "trip"}'
        "$CLIO" watch add "$run" early '{"words": "trip", "event": "1990-01-01"}'
        ;;
    *asked) "$CLIO" watch run "$run" 2>"$TMP/err" ;;
    esac
done
expect_text "$TMP/body" "no day: its event, 1990-01-01"
sqlite3 "$run/safety.db" "INSERT INTO language_ratio VALUES (1, 'Klingon', 9, 2, 1.5, 3, 0.01)"
expect_status 200 -b "$TMP/safety.jar" "$url/safety"
expect_text "$TMP/body" Klingon
expect_text "$TMP/body" "$outside conversations are in no cluster"
for path in /safety /safety/classifier /safety/coordinated /safety/watches; do
    expect_status 200 -b "$TMP/safety.jar" "$url$path"
    expect_no_text "$TMP/body" "made anew"
    expect_no_text "$TMP/body" '"/safety/cluster/0"' # a language of all clusters is no cluster
done
expect_status 200 -b "$TMP/safety.jar" "$url/safety/classifier"
expect_text "$TMP/body" "By language"
expect_text "$TMP/body" "more and"
post "$TMP/safety.jar" 303 /safety/cluster/1 "form=$form" \
    "reason=It is looked at before"$'\xc2\x9b'"31m and after"
! "$CLIO" access log show "$run" | LC_ALL=C grep -q $'\x9b' || fail "a control of a reason"
post "$TMP/safety.jar" 200 /safety/look "form=$form" permit=3 depth=1 subject=1
expect_status 200 -b "$TMP/safety.jar" "$url/safety/cluster/1"
expect_text "$TMP/body" "Mean concern"
"$CLIO" run "$TMP/corpus.jsonl" --out "$run" --profile none --seed 2 --quiet
post "$TMP/safety.jar" 403 /safety/look "form=$form" permit=3 depth=1 subject=1
expect_text "$TMP/body" "made anew"
for path in /safety /safety/classifier /safety/coordinated /safety/watches /safety/cluster/1; do
    expect_status 200 -b "$TMP/safety.jar" "$url$path"
    expect_text "$TMP/body" "made anew"
done
for gone in "Mean concern" "Your permit"; do
    ! grep -q "$gone" "$TMP/body" || fail "\"$gone\" after a new clustering"
done

# accounts that sent equal prompts: every one of them and every conversation can be opened, page by
# page, and each page is one entry of the log
cluster=$(sqlite3 "$run/vault.db" "SELECT m.cluster_id FROM member m JOIN conversation c USING (seq)
    WHERE c.external_id = 'e1-1'")
[ -n "$cluster" ] || fail "the equal prompts are in no cluster"
post "$TMP/safety.jar" 303 "/safety/cluster/$cluster" "form=$form" \
    "reason=Seven accounts seem to send one equal prompt"
before=$(looks)
list() { # STATUS PAGE
    post "$TMP/safety.jar" "$1" /safety/look "form=$form" permit=4 depth=1 "subject=$cluster" \
        "page=$2"
}
list 200 0
expect_text "$TMP/body" 'name="page" value="1"'
expect_text "$TMP/body" "1 to 1000 of"
cp "$TMP/body" "$TMP/list"
list 200 1
expect_text "$TMP/body" 'name="page" value="0"'
expect_no_text "$TMP/body" 'name="page" value="2"'
cat "$TMP/body" >>"$TMP/list"
for page in 2 -1 9223372036854775807; do list 404 "$page"; done
[ "$(looks)" = $((before + 2)) ] || fail "two pages are $(($(looks) - before)) entries of the log"
"$CLIO" access log show "$run" >"$TMP/shown"
expect_text "$TMP/shown" "cluster $cluster, page 2, cluster $cluster, permit 4"
grep -o 'name="depth" value="3"><input type="hidden" name="subject" value="[0-9]*' "$TMP/list" |
    grep -o '[0-9]*$' | sort >"$TMP/listed"
[ -z "$(uniq -d "$TMP/listed")" ] || fail "a conversation stands twice in the list"
sqlite3 "$run/vault.db" "SELECT seq FROM conversation WHERE external_id GLOB 'e[0-9]*'" |
    sort | comm -23 - "$TMP/listed" >"$TMP/missing"
[ ! -s "$TMP/missing" ] || fail "$(wc -l <"$TMP/missing") of 1050 equal prompts are not listed"
IFS='|' read -r seq account < <(sqlite3 "$run/vault.db" "SELECT seq, account_id FROM conversation
    WHERE external_id = 'e7-150'")
for depth in 3 4 5; do
    post "$TMP/safety.jar" 200 /safety/look "form=$form" permit=4 "depth=$depth" "subject=$seq"
done
expect_text "$TMP/body" "museums of Vienna"
post "$TMP/safety.jar" 200 /safety/look "form=$form" permit=4 depth=2 "subject=$account"
expect_text "$TMP/body" "equal7"
[ "$(looks)" = $((before + 6)) ] || fail "six looks are $(($(looks) - before)) entries of the log"

# a session ends at once when the user is disabled, and by signing out
"$CLIO" access user disable "$run" second
expect_status 303 -b "$TMP/second.jar" "$url/safety"
old=$(cat "$TMP/safety.jar")
post "$TMP/safety.jar" 303 /sign-out "form=$form"
printf '%s\n' "$old" >"$TMP/safety.jar"
expect_status 303 -b "$TMP/safety.jar" "$url/safety"
expect_exit 0 "$CLIO" access log verify "$run"
kill -INT "$server"
wait "$server" || true

# behind a proxy that ends TLS: forms of its pages are taken, by its name or this machine's, and
# those of the plain address are not
expect_exit 2 "$CLIO" serve "$run" --safety --port 0 --behind http://clio.example.org
expect_text "$TMP/err" "https://clio.example.org"
start --safety --behind https://clio.example.org
expect_status 200 "$url/sign-in"
cookie=$(sed -n 's/^Set-Cookie: \([^;]*\);.*; Secure.*/\1/p' "$TMP/headers")
form=$(field)
knock() { # STATUS ORIGIN HOST
    expect_status "$1" -H "Cookie: $cookie" -H "Origin: $2" -H 'Sec-Fetch-Site: same-origin' \
        -H "Host: $3" --data-urlencode "form=$form" --data-urlencode name=viewer \
        --data-urlencode "password=$word" "$url/sign-in"
}
knock 403 "$url" "${url#http://}"
knock 403 https://evil.example clio.example.org
knock 403 https://clio.example.org evil.example
knock 303 https://clio.example.org clio.example.org
expect_text "$TMP/headers" "__Host-clio-session="
expect_text "$TMP/headers" "; Secure"
knock 303 https://clio.example.org "${url#http://}"
kill -INT "$server"
wait "$server" || true

# in a real browser, over signals whose words try to be markup
need_tool chromium node
[ -d "$SOURCE/web/node_modules/playwright-core" ] || skip "web/node_modules (tools/build-web)"
"$CLIO" access policy set "$run" second-person 0
rm -f "$run"/safety.db*
python3 "$SOURCE/tests/browser/make_safety.py" "$SOURCE/src/store/safety.sql" "$run"
start --safety
node "$SOURCE/tests/browser/safety.mjs" "$url" "$word" ${PICTURES:+"$PICTURES"}
