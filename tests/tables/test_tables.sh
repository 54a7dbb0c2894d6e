#!/bin/bash
# DuckDB and hyparquet read every exported table; the figures are ours.
#   test_tables.sh PROGRAM SOURCE WORKLOAD EDGES
. "$(dirname "$0")/../e2e/common.sh"
. "$(dirname "$0")/../e2e/packages.sh"
workload=$3
edges=$4

# "install", not "ci": the lock file has the digests of one platform's bindings; npm would ask for all of them.
use_packages tables install
mkdir -p "$work"/{edges,whole,months} "$work"/{early,late}-{1,2}
"$edges" "$work/edges"

# A business, and what readers trip over: names, and currencies of 0 and 3 decimals.
new_ledger books --currency CNY --allow-import-clock
"$workload" --customers 60 --events 3000 --until 2025-12-31 --json >"$work/requests"
code=0
"$daybook" submit --recorded-at "$work/requests" >/dev/null || code=$?
[ "$code" -le 1 ] || die "submit ended with $code"
serial=0
for customer in '余额 有限公司' 'a-b' 'A,B' 'quote"back\slash' '-2D' "it's" 'Ω'; do
    serial=$((serial + 1))
    expect 0 customer open --on 2026-01-01 --tag "标签 \"$serial\"" -- "$customer"
    expect 0 charge --on 2026-01-02 --due 2026-02-01 -- "$customer" "I,$serial|\"x\"" "$((serial * 100)).05"
    expect 0 charge --on 2026-01-02 --currency JPY -- "$customer" J "$((serial * 7))"
    expect 0 pay --on 2026-01-03 --currency JPY --unapplied -- "$customer" JP 3
    expect 0 deposit --on 2026-01-02 --currency KWD --expires 2026-01-20 --scope meals --scope 'a"b' -- "$customer" K "$serial.125"
    expect 0 charge --on 2026-01-03 --currency KWD --category meals -- "$customer" KC 0.5
done
expect 0 status --json
mark=$(json_value journalHead)
for customer in '余额 有限公司' "it's"; do
    expect 0 customer change --on 2026-01-04 --name "新 $customer" -- "$customer"
done
expect 0 adjust --on 2026-01-05 --charge 'I,1|"x"' --reason old -- '余额 有限公司' W write-off 1.05
expect 0 expire --through 2026-01-21
# An account of which nothing is open any more: an increment must say so.
expect 0 pay --on 2026-01-22 -- a-b PB 200.05
expect 0 audit key new example.org/books

at=(--as-of 2026-06-30)
for table in events postings balances open-items aging lots allocations customers daily-balances; do
    for format in csv jsonl parquet; do
        expect 0 export "$table" --format "$format" "${at[@]}" -o "$work/whole/$table.$format"
    done
    expect 0 export "$table" --format parquet "${at[@]}" --known-at 1500 -o "$work/early-1/$table.parquet"
    expect 0 export "$table" --format parquet "${at[@]}" --since 1500 -o "$work/late-1/$table.parquet"
    expect 0 export "$table" --format parquet "${at[@]}" --known-at "$mark" -o "$work/early-2/$table.parquet"
    expect 0 export "$table" --format parquet "${at[@]}" --since "$mark" -o "$work/late-2/$table.parquet"
done
for table in events daily-balances open-items; do
    expect 0 export "$table" --format parquet "${at[@]}" --by month -o "$work/months/$table"
done
expect 0 balance --json "${at[@]}"
cp "$out" "$work/balance.json"
# The root as the log's own command tells it.
expect 0 audit checkpoint -o "$work/checkpoint"
HEAD=$(sed -n 2p "$work/checkpoint")
ROOT=$(sed -n 3p "$work/checkpoint" | base64 -d | od -An -v -tx1 | tr -d ' \n')
export HEAD ROOT MARK=$mark TABLES=$work

(cd "$work" && node --test --test-reporter=spec tables.test.js) >"$out" 2>"$err" || {
    grep -vE "^ *✔" "$out" >&2
    die "the readers and the program disagree"
}
grep -E '^ℹ (tests|pass|fail)' "$out"
echo "tables: as expected"
