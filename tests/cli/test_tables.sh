#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tables as spreadsheets and old programs write them: names of columns in another case, one name
# twice, lines that end in CR, "sep=;", a delimiter too many.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3
ingest() { "$CLIO" ingest "$@" --profile none; }
n_dirs=0
# What was read of $TMP/t.csv: accounts, texts, replies, times; arguments go to ingest.
read_as() { # WANTED [--map …]
    local wanted=$1 got
    shift
    n_dirs=$((n_dirs + 1))
    expect_exit 0 ingest "$TMP/t.csv" --out "$TMP/d$n_dirs" "$@"
    got=$(sqlite3 "$TMP/d$n_dirs/vault.db" "SELECT coalesce(a.external_id, '-'), c.turns,
        coalesce(date(c.time, 'unixepoch'), '-') FROM conversation c
        LEFT JOIN account a ON a.id = c.account_id ORDER BY c.seq LIMIT 1")
    [ "$got" = "$wanted" ] || fail "read as $got, wanted $wanted"
}
refused() { # CODE TEXT [--map …]
    local code=$1 text=$2
    shift 2
    expect_exit "$code" ingest "$TMP/t.csv" --out "$TMP/refused" "$@"
    expect_text "$TMP/err" "$text"
    expect_no_text "$TMP/err" "peas"
}
both='ann|[["user","Sow peas?"],["assistant","In May."]]|2024-03-01'
asked='ann|[["user","Sow peas?"]]|-'

# the only column that has the name but for its case, whether --map names it or it is known
printf 'ID,Prompt,Answer,User,Time\n1,Sow peas?,In May.,ann,2024-03-01\n' >"$TMP/t.csv"
read_as "$both"
read_as "$both" --map text=prompt,reply=ANSWER,user=user
read_as "$both" --map 'text=Prompt,reply=Answer' --account-from user
printf 'Conversation ID,Prompt,Answer,User ID,Created At\n1,Sow peas?,In May.,ann,2024-03-01\n' \
    >"$TMP/t.csv"
read_as "$both"
read_as "$both" --map text=prompt,reply=answer,user=user_id,time=created-at
printf 'text,Answer,User,Time\nSow peas?,In May.,ann,2024-03-01\n' >"$TMP/t.csv"
read_as "$both"
printf 'prompt,Prompt,who\nSow peas?,no,ann\n' >"$TMP/t.csv"
read_as "$asked" --map text=prompt,user=WHO
refused 2 'no column "PROMPT", but more than one that differs from it by capitals' \
    --map text=PROMPT
printf 'User,Messages\nann,"[{""role"":""user"",""content"":""Sow peas?""}]"\n' >"$TMP/t.csv"
read_as "$asked"
printf 'Body,User\n"{""ask"":""Sow peas?""}",ann\n' >"$TMP/t.csv"
read_as "$asked" --map text=body.ask
printf 'Frage,Konto\nSow peas?,ann\n' >"$TMP/t.csv"
refused 65 "(2 columns with commas between found); --map text=COLUMN"

# the same name twice: what is read is asked for, what is not is kept
printf 'Prompt,Prompt,User\nSow peas?,no,ann\n' >"$TMP/t.csv"
refused 65 'more than one column "Prompt", numbers 1 and 2; name all by number' --map text=Prompt
refused 65 'more than one column "Prompt"'
read_as "$asked" --map header=yes,text=1,user=3
printf 'text,user,plan,plan,,\nSow peas?,ann,a,b,c,d\n' >"$TMP/t.csv"
read_as "$asked"
kept=$(sqlite3 "$TMP/d$n_dirs/vault.db" "SELECT columns FROM conversation")
[ "$kept" = '{"plan":"a","plan#2":"b","5":"c","6":"d"}' ] || fail "kept: $kept"

# what spreadsheets write
printf 'text,user\rSow peas?,ann\rBake bread?,bob\r' >"$TMP/t.csv"
read_as "$asked"
[ "$(sqlite3 "$TMP/d$n_dirs/vault.db" "SELECT count(*) FROM conversation")" = 2 ] || fail "CR"
printf '\xef\xbb\xbfsep=;\r\ntext;user\r\n"Sow peas?";ann\r\n' >"$TMP/t.csv"
read_as "$asked"
printf 'text,user\nSow peas?,ann,\n' >"$TMP/t.csv"
read_as "$asked"
printf 'user|text\nann|Sow peas?\nbob|Bake bread, or rolls?\n' >"$TMP/t.csv"
read_as "$asked"
printf 'Sow peas?\nBake bread?\n' >"$TMP/t.csv" # plain lines
refused 65 "(1 column found); --map text=COLUMN says where the text is. Where each line is"

# a log of calls: what was sent and what came back, as JSON in cells
{
    printf 'trace_id,user_id,start_time,request_body,response_body\n1,ann,2024-03-01,'
    printf '"{""messages"":[{""role"":""user"",""content"":""Sow peas?""}]}",'
    printf '"{""choices"":[{""message"":{""content"":""In May.""}}]}"\n'
} >"$TMP/t.csv"
read_as "$both"
sed -i "s/_body//g" "$TMP/t.csv"
read_as "$both"
sed -i 's/messages/nothing/' "$TMP/t.csv" # no call in it: not an answer that nobody asked for
refused 65 "none of its 1 records is a conversation"

# zero bytes behind what is looked at first: the row is told with its place, its neighbours are kept
{
    printf 'id,text\n'
    for ((i = 0; i < 300; i++)); do printf '%d,Sow %0100d peas?\n' "$i" "$i"; done
} >"$TMP/good.csv"
at=$(head -n 201 "$TMP/good.csv" | wc -c)
{
    head -n 201 "$TMP/good.csv"
    printf '200,Sow \0 peas?\n'
    tail -n +203 "$TMP/good.csv"
} >"$TMP/zero.csv"
expect_exit 0 ingest "$TMP/zero.csv" --out "$TMP/zero"
expect_text "$TMP/err" "zero.csv: bad record at byte $at: the row holds zero bytes"
[ "$(sqlite3 "$TMP/zero/vault.db" 'SELECT count(*) FROM conversation')" = 299 ] ||
    fail "the neighbours of a row with zero bytes are not kept"
