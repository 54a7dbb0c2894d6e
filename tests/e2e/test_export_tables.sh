#!/bin/bash
# Tables for analysts: what is refused, what is left behind, and that a server's are the same.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
workload=$3
tables="events postings balances open-items aging lots allocations customers daily-balances"

# A ledger of which nothing is known yet has tables without rows.
new_ledger empty --currency CNY
for table in $tables; do
    expect 0 export "$table" --format csv
    [ "$(wc -l <"$out")" -eq 1 ] || die "$table of an empty ledger is more than a header"
    expect 0 export "$table" --format parquet -o "$work/empty.parquet"
    grep -q '"rows": 0,' "$work/empty.parquet.manifest.json" || die "the manifest of $table has rows"
    # RFC 6962: the root of the empty tree is the digest of nothing.
    grep -q "$(sha256sum </dev/null | cut -d' ' -f1)" "$work/empty.parquet.manifest.json" || die "$table has another root"
done

new_ledger books --currency CNY --allow-import-clock
books=$DAYBOOK_LEDGER
"$workload" --customers 60 --events 3000 --until 2025-12-31 --json >"$work/requests"
code=0
"$daybook" submit --recorded-at "$work/requests" >/dev/null || code=$?
[ "$code" -le 1 ] || die "submit ended with $code"

# Who was erased is in the next increment, without a name.
expect 0 customer open PERSON --name 'Anna Ω'
expect 0 export customers --format jsonl -o "$work/named.jsonl"
grep -q '"customer":"PERSON","name":"Anna Ω".*"personal":"opened"' "$work/named.jsonl" || die "the name is not exported"
known=$(sed -n 's/^  "known_at": \([0-9]*\),$/\1/p' "$work/named.jsonl.manifest.json")
expect 0 customer erase PERSON --reason asked
expect 0 export customers --format jsonl --since "$known"
[ "$(wc -l <"$out")" -eq 1 ] || die "an erasure changed one customer"
out_has '"customer":"PERSON","name":null,'
out_has '"personal":"erased"'

# What cannot be asked for.
expect 2 export
err_has "--format"
expect 2 export --format parquet
err_has "name a table; there are events, postings, balances"
expect 2 export nonsense --format csv
err_has '"nonsense" is no table'
expect 2 export balances --format excel
err_has '"excel" is none of csv, jsonl and parquet (a table), hledger, ledger and beancount (the books)'
expect 2 export balances --format hledger
err_has "format of the whole books"
expect 2 export --format hledger --since 3
err_has "--since goes with a table"
expect 2 export events --since 3
err_has "--since is of the table"
expect 2 export events --format csv --raw
err_has "--raw goes without --format"
expect 2 export events --format csv --since -1
err_has "is no sequence"
expect 2 export events --format csv --since 999999
err_has "there is nothing after 999999"
expect 2 export balances --format csv --by month -o "$work/by"
err_has "rows of balances have no date"
expect 2 export events --format csv --by week -o "$work/by"
err_has '"week" is not "month"'
expect 2 export events --format csv --by month
err_has "needs -o DIR"
expect 2 export balances --format csv --as-of 2024-02-30
[ ! -e "$work/by" ] || die "a directory was made for what was refused"

# What cannot be written leaves nothing, and what was there before.
echo before >"$work/kept.csv"
expect 3 export balances --format csv -o "$work/no/such/place"
err_has "no/such/place"
expect 3 export events --format parquet --by month -o "$work/no/such/place"
expect 3 export balances --format csv -o "$work"
if [ -e /dev/full ]; then
    for format in csv jsonl parquet; do
        expect 3 export events --format "$format" -o /dev/full
        err_has "No space left"
    done
    [ ! -e /dev/full.manifest.json ] || die "a device has a manifest beside it"
fi
mkdir "$work/there"
expect 3 export events --format csv --by month -o "$work/there"
err_has "is there already"
rmdir "$work/there" || die "something was written into a directory that was there"
expect 2 export balances --format csv --known-at 999999 -o "$work/kept.csv"
[ "$(cat "$work/kept.csv")" = before ] || die "what was there is gone, for nothing"
expect 0 export balances --format csv -o "$work/kept.csv"
[ "$(wc -l <"$work/kept.csv")" -eq 61 ] || die "60 accounts are not 61 lines"

# The same again is the same bytes, to a file and to a pipe, and the digest is in the manifest.
expect 0 export balances --format parquet --as-of 2025-12-31 -o "$work/one.parquet"
expect 0 export balances --format parquet --as-of 2025-12-31
cmp -s "$out" "$work/one.parquet" || die "standard output has other bytes than the file"
grep -q "\"$(sha256sum "$work/one.parquet" | cut -d' ' -f1)\"" "$work/one.parquet.manifest.json" ||
    die "the manifest has another digest"
cp "$work/one.parquet.manifest.json" "$work/first"
expect 0 export balances --format parquet --as-of 2025-12-31 -o "$work/one.parquet"
cmp -s "$work/first" "$work/one.parquet.manifest.json" || die "the same export has another manifest"
expect 0 export customers --format csv -o "$work/fifo.csv"
mkfifo "$work/fifo"
cat "$work/fifo" >"$work/from-fifo" &
reader=$!
expect 0 export customers --format csv -o "$work/fifo"
wait "$reader"
cmp -s "$work/fifo.csv" "$work/from-fifo" || die "a pipe got other bytes"
[ ! -e "$work/fifo.manifest.json" ] || die "a pipe has a manifest beside it"

# Stopped in the middle: all of it or nothing, and no half beside it.
for attempt in 1 2 3 4 5 6; do
    "$daybook" export events --format parquet --by month -o "$work/months" 2>"$err" &
    writer=$!
    until compgen -G "$work/months*" >/dev/null || ! kill -0 "$writer" 2>/dev/null; do :; done
    kill -INT "$writer" 2>/dev/null || true
    code=0
    wait "$writer" || code=$?
    case $code in
    0) [ -s "$work/months/manifest.json" ] || die "it is done, and there is no manifest" ;;
    *) ! compgen -G "$work/months*" >/dev/null || die "attempt $attempt, stopped with $code, left $(ls -d "$work"/months*)" ;;
    esac
    rm -rf "$work/months"
done

# Every column of the help is one of the file, in its order.
expect 0 help tables
cp "$out" "$work/help"
for table in $tables; do
    expect 0 export "$table" --format csv
    head -n 1 "$out" | tr -d '\r' | tr ',' '\n' >"$work/columns"
    sed -n "/^$table: /,/^\$/p" "$work/help" | awk '/^  [a-z]/ && $1 != "key:" {print $1; if ($2 ~ /^decimal/) print $1 "_minor"}' >"$work/told"
    diff "$work/columns" "$work/told" >"$out" || die "the help of $table tells other columns"
done

# Over a server: the same bytes.
unset DAYBOOK_LEDGER
DAYBOOK_LEDGER=$books start_server
for table in $tables; do
    for how in "--format csv" "--format parquet --since 1500 --known-at 2500"; do
        read -ra words <<<"$how"
        expect 0 export "$table" "${words[@]}" --as-of 2025-12-31 -L "$books"
        cp "$out" "$work/local"
        expect 0 export "$table" "${words[@]}" --as-of 2025-12-31 --server "$url"
        cmp -s "$out" "$work/local" || die "$table $how is another over a server"
    done
done
stop_server
echo "export_tables: as expected"
