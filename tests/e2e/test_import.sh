#!/bin/bash
# CSV files through a mapping: every form of file, twice, with bad rows and refusals.
. "$(dirname "$0")/common.sh"

map=$work/map.json
cat >"$map" <<'MAP'
{
  "version": 1, "currency": "CNY", "date_formats": ["YYYY-MM-DD"], "grouping": ",",
  "requests": [
    {"command": "open_customer", "once": true, "customer": {"column": "客户"}, "effective_on": {"column": "日期"},
     "fields": {"profile": {"settlement": {"constant": "receivable"}}}},
    {"command": "post_charge", "when": [{"column": "金额", "is": "positive"}],
     "customer": {"column": "客户"}, "effective_on": {"column": "日期"},
     "fields": {"charge": {"column": "单号"}, "amount_minor": {"amount": "金额"}}},
    {"command": "receive_payment", "when": [{"column": "金额", "is": "negative"}],
     "customer": {"column": "客户"}, "effective_on": {"column": "日期"},
     "fields": {"payment": {"column": "单号"}, "amount_minor": {"amount": "金额", "absolute": true}}}
  ]
}
MAP
cat >"$work/plain.csv" <<'CSV'
单号,客户,日期,金额
1001,甲公司,2024-01-05,"1,200.00"
1002,乙公司,2024-01-03,80.5
1003,甲公司,2024-02-01,-200
1004,甲公司,2024-02-02,0
CSV
sed 's/$/\r/' "$work/plain.csv" >"$work/crlf.csv"
{ printf '\xEF\xBB\xBF'; cat "$work/plain.csv"; } >"$work/bom.csv"
iconv -f UTF-8 -t GB18030 "$work/plain.csv" >"$work/gb18030.csv"
{
    echo '金额,备注,日期,客户,单号'
    echo '"1,200.00",,2024-01-05,甲公司,1001'
    echo '80.5,,2024-01-03,乙公司,1002'
    echo '-200,,2024-02-01,甲公司,1003'
    echo '0,,2024-02-02,甲公司,1004'
} >"$work/order.csv"

# Every form of the file gives the same books.
for form in plain crlf bom gb18030 order; do
    new_ledger "books-$form" --currency CNY
    expect 0 import "$work/$form.csv" --map "$map"
    out_is "rows 4 (bad 0, without a request 1), requests 5: appended 5, repeated 0, refused 0"
    err_is_empty
    expect 0 balance --as-of 2024-12-31 --csv
    out_has "甲公司,CNY,1000.00,0.00,0.00,"
    out_has "乙公司,CNY,80.50,0.00,0.00,"
done

# The events are in the order of their dates, customers first, at the date of their earliest row.
expect 0 export events
sed -nE 's/.*"effectiveOn":([0-9]+).*"customer":"([^"]*)".*/\1 \2/p' "$out" >"$work/order"
printf '19725 乙公司\n19727 甲公司\n19725 乙公司\n19727 甲公司\n' | cmp -s - <(head -n 4 "$work/order") || die "the order of events"

# Again: nothing. A longer file: what is new.
expect 0 import "$work/order.csv" --map "$map"
out_is "rows 4 (bad 0, without a request 1), requests 5: appended 0, repeated 5, refused 0"
{ cat "$work/order.csv"; echo '5,,2024-03-01,丙公司,1005'; echo '5,,2024-03-01,丙公司,1006'; } >"$work/longer.csv"
expect 0 import "$work/longer.csv" --map "$map" --json
out_is '{"rows":6,"badRows":0,"requests":8,"appended":3,"repeated":5,"refused":0,"rowsWithoutRequest":1}'
# An earlier row of a customer who is there: opening again is no error.
{ head -n 1 "$work/order.csv"; echo '7,,2024-01-04,乙公司,0999'; } >"$work/earlier.csv"
expect 0 import "$work/earlier.csv" --map "$map"
out_is "rows 1 (bad 0), requests 2: appended 1, repeated 1, refused 0"

# By somebody else, the same rows are refused, and told why; what is new is appended.
{ cat "$work/order.csv"; echo '5,,2024-03-01,甲公司,1007'; } >"$work/other.csv"
expect 1 import "$work/other.csv" --map "$map" --actor somebody
out_is "rows 5 (bad 0, without a request 1), requests 6: appended 1, repeated 2, refused 3"
err_has "KEY_REUSED"
err_has "this row was imported before, by another actor or through another map"

# Identical rows are two payments, once.
{ head -n 1 "$work/plain.csv"; echo ',丁公司,2024-01-01,5'; echo ',丁公司,2024-01-01,5'; } >"$work/same.csv"
sed 's/"charge": {"column": "单号"}, //' "$map" >"$work/anonymous.json"

# A bad row stops everything before anything is appended, or is left out whole.
new_ledger bad --currency CNY
{
    cat "$work/plain.csv"
    echo '1005,甲公司,2024-02-30,1'
    echo '1006,甲公司,2024-02-03'
    echo '1007,甲公司,2024-02-03,1.005'
    echo '1008,"甲"公司,2024-02-03,1'
    echo '1009,戊公司,2024-02-04,9'
} >"$work/bad.csv"
expect 1 import "$work/bad.csv" --map "$map" --report "$work/report.csv"
out_is "rows 9 (bad 4, without a request 1), requests 7: appended 0, repeated 0, refused 0; nothing was submitted"
err_has 'column "日期": "2024-02-30" is no date'
err_has "it has 3 fields and the header has 4"
err_has "more decimals than CNY has (2)"
err_has "text follows a closing quote"
err_has "bad rows stopped the import before anything was appended"
[ "$(wc -l <"$work/report.csv")" -eq 6 ] || die "four rows are reported, and the one that makes nothing"
grep -q '^5,,NO_REQUEST,no request of the map is for this row' "$work/report.csv" || die "the report names line 5"
grep -q '^6,,BAD_ROW,' "$work/report.csv" || die "the report names line 6"
expect 0 status --json
grep -q '"journalHead"' "$out" && die "something was appended"
expect 1 import "$work/bad.csv" --map "$map" --dry-run --skip-bad
out_is "rows 9 (bad 4, without a request 1), requests 7: appended 7, repeated 0, refused 0; a dry run, nothing was recorded"
expect 1 import "$work/bad.csv" --map "$map" --skip-bad
out_is "rows 9 (bad 4, without a request 1), requests 7: appended 7, repeated 0, refused 0"
expect 0 balance 戊公司 --csv
out_has "戊公司,CNY,9.00,"

# Refusals are listed with their line, and the others go on.
{ head -n 1 "$work/plain.csv"; echo '1001,甲公司,2024-03-01,3'; echo '1010,甲公司,2024-03-02,4'; } >"$work/refused.csv"
expect 1 import "$work/refused.csv" --map "$map" --report "$work/report.csv"
out_is "rows 2 (bad 0), requests 3: appended 1, repeated 1, refused 1"
err_has "DUPLICATE_DOCUMENT"
grep -q '^2,post_charge,DUPLICATE_DOCUMENT,' "$work/report.csv" || die "the report names line 2"

# The report is not written over what is to be read.
cp "$work/plain.csv" "$work/precious.csv"
ln -s precious.csv "$work/link.csv"
expect 2 import "$work/precious.csv" --map "$map" --report "$work/link.csv"
err_has "is what is to be read"
cmp -s "$work/plain.csv" "$work/precious.csv" || die "the report was written over the file"
expect 2 import "$work/precious.csv" --map "$map" --report "$map"
[ -s "$map" ] || die "the report was written over the map"

# A quote that is open takes lines along that are rows to whoever looks at the file.
{ head -n 1 "$work/plain.csv"; echo '1011,"甲公司,2024-03-02,4'; echo '1012,甲公司,2024-03-02,4'; echo '1013,"甲公司",2024-03-02,4'; } >"$work/open.csv"
expect 1 import "$work/open.csv" --map "$map" --report "$work/report.csv"
grep -q '^2,,BAD_ROW,text follows a closing quote; it takes all up to line 4 along' "$work/report.csv" || die "the lines that a quote took along are not named"

# A large number of complaints is cut short, and the report is not.
{ head -n 1 "$work/plain.csv"; for i in $(seq 200); do echo "$i,甲公司,never,1"; done; } >"$work/many.csv"
expect 1 import "$work/many.csv" --map "$map" --report "$work/report.csv"
err_has "... and 150 more; $work/report.csv"
[ "$(wc -l <"$work/report.csv")" -eq 201 ] || die "all rows are reported"

# What cannot be read at all.
expect 3 import "$work/nowhere.csv" --map "$map"
err_has "nowhere.csv"
expect 3 import "$work/plain.csv" --map "$work/nowhere.json"
err_has "nowhere.json"
expect 2 import "$work/plain.csv"
err_has "--map MAP is required"
expect 2 import "$work/plain.csv" --map "$work/plain.csv"
err_has "not JSON"
expect 2 import "$work/same.csv" --map <(sed 's/"金额"/"数额"/' "$map")
err_has 'no column "数额", which the map names; it has "单号", "客户", "日期", "金额"'
printf '单号,客户\n\xFF\xFF\n' >"$work/neither.csv"
expect 2 import "$work/neither.csv" --map "$map"
err_has "line 2: not UTF-8, as the rest of the file is"
head -c 100000 /dev/urandom >"$work/garbage.csv"
code=0
"$daybook" import "$work/garbage.csv" --map "$map" >"$out" 2>"$err" || code=$?
[ "$code" -eq 1 ] || [ "$code" -eq 2 ] || die "garbage ends with $code"
printf 'number,customer\n1,A\n' | iconv -f UTF-8 -t UTF-16LE >"$work/utf16.csv"
expect 2 import "$work/utf16.csv" --map "$map"
err_has "utf16.csv is UTF-16; save it as UTF-8"
: >"$work/empty.csv"
expect 2 import "$work/empty.csv" --map "$map"
err_has "no header of columns"

# The map in the help is one.
expect 0 help import
out_has '"version": 1'

# Killed in the middle, at any moment: the same import again completes it, and nothing is there twice.
{ head -n 1 "$work/plain.csv"; for i in $(seq 60000); do echo "$i,顾客$((i % 500)),2024-01-$((i % 28 + 1)),$((i % 90 + 1))" ; done; } |
    sed -E 's/-([0-9]),/-0\1,/' >"$work/large.csv"
new_ledger whole --currency CNY
expect 0 import "$work/large.csv" --map "$map"
out_is "rows 60,000 (bad 0), requests 60,500: appended 60,500, repeated 0, refused 0"
expect 0 balance --as-of 2024-12-31 --csv
cp "$out" "$work/unbroken"
new_ledger killed --currency CNY
for wait in 0.15 0.25 0.35 0.5; do
    "$daybook" import "$work/large.csv" --map "$map" >/dev/null 2>&1 &
    program=$!
    sleep "$wait"
    kill -KILL "$program" 2>/dev/null || true
    wait "$program" 2>/dev/null || true
done
expect 0 import "$work/large.csv" --map "$map"
expect 0 status --json
[ "$(json_value journalHead)" = 60500 ] || die "something is missing, or there twice"
expect 0 balance --as-of 2024-12-31 --csv
cmp -s "$out" "$work/unbroken" || die "the books differ from those of an import that was not killed"
# SIGINT stops it between two batches, says so, and the same import again goes on from there.
new_ledger stopped --currency CNY
"$daybook" import "$work/large.csv" --map "$map" >"$out" 2>"$err" &
program=$!
while kill -0 "$program" 2>/dev/null && [ ! -s "$DAYBOOK_LEDGER/writer.lock" ]; do :; done
kill -INT "$program" 2>/dev/null || true
code=0
wait "$program" || code=$?
case $code in
0) ;;
3) err_has "the same import again goes on from there" ;;
130) ;; # Before it had begun to watch.
*) die "stopped with $code" ;;
esac
expect 0 import "$work/large.csv" --map "$map"
expect 0 status --json
[ "$(json_value journalHead)" = 60500 ] || die "something is missing after a stop, or there twice"
echo "import: as expected"
