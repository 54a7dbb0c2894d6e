#!/bin/bash
# A dry run of an import says what the import then says, to the letter, and leaves the ledger as it is.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"

map=$work/map.json
cat >"$map" <<'MAP'
{
  "version": 1,
  "requests": [
    {"command": "open_customer", "when": [{"column": "what", "equals": "open"}],
     "customer": {"column": "who"}, "effective_on": {"column": "day"}, "currency": {"column": "cur"},
     "fields": {"profile": {"name": {"column": "text"}, "settlement": {"constant": "receivable"}}}},
    {"command": "post_charge", "when": [{"column": "what", "equals": "charge"}],
     "customer": {"column": "who"}, "effective_on": {"column": "day"}, "currency": {"column": "cur"},
     "fields": {"charge": {"column": "id"}, "amount_minor": {"amount": "amount"},
                "due_on": {"date": "text", "optional": true}}},
    {"command": "receive_payment", "when": [{"column": "what", "equals": "pay"}],
     "customer": {"column": "who"}, "effective_on": {"column": "day"}, "currency": {"column": "cur"},
     "fields": {"payment": {"column": "id"}, "amount_minor": {"amount": "amount"},
                "allocations": [{"target": {"column": "text"}, "amount_minor": {"amount": "amount"}}]}},
    {"command": "receive_deposit", "when": [{"column": "what", "equals": "deposit"}],
     "customer": {"column": "who"}, "effective_on": {"column": "day"}, "currency": {"column": "cur"},
     "fields": {"lot": {"column": "id"}, "amount_minor": {"amount": "amount"}}},
    {"command": "refund", "when": [{"column": "what", "equals": "refund"}],
     "customer": {"column": "who"}, "effective_on": {"column": "day"}, "currency": {"column": "cur"},
     "fields": {"refund": {"column": "id"}, "source_kind": {"constant": "lot"}, "source": {"column": "text"},
                "amount_minor": {"amount": "amount"}}},
    {"command": "reverse_charge", "when": [{"column": "what", "equals": "reverse"}],
     "customer": {"column": "who"}, "effective_on": {"column": "day"}, "currency": {"column": "cur"},
     "fields": {"charge": {"column": "id"}, "reading": {"constant": "reversal"}, "reason": {"column": "text"}}},
    {"command": "close_customer", "when": [{"column": "what", "equals": "close"}],
     "customer": {"column": "who"}, "effective_on": {"column": "day"}, "currency": {"column": "cur"}}
  ]
}
MAP
head='what,who,day,id,amount,cur,text'

# Every row rests on rows before it: what is refused is refused because of them, what is taken is taken because of them.
{
    echo "$head"
    echo 'open,ann,2024-01-02,,,CNY,Ann Lee'
    echo 'open,bob,2024-01-02,,,CNY,Bob Ray'
    echo 'open,ann,2024-01-03,,,CNY,Again'           # DUPLICATE_CUSTOMER
    echo 'charge,ann,2024-01-05,C-1,100.00,CNY,'
    echo 'charge,ann,2024-01-06,C-1,50.00,CNY,'      # DUPLICATE_DOCUMENT
    echo 'charge,nobody,2024-01-06,C-2,50.00,CNY,'   # UNKNOWN_CUSTOMER
    echo 'pay,ann,2024-01-07,P-1,60.00,CNY,C-1'
    echo 'pay,ann,2024-01-08,P-2,60.00,CNY,C-1'      # EXCEEDS_OPEN
    echo 'pay,ann,2024-01-09,P-3,40.00,CNY,C-1'
    echo 'pay,ann,2024-01-10,P-4,1.00,CNY,C-1'       # EXCEEDS_OPEN
    echo 'pay,ann,2024-01-10,P-5,1.00,CNY,C-9'       # UNKNOWN_DOCUMENT
    echo 'pay,ann,2024-01-10,P-6,1.00,USD,C-1'       # CURRENCY_MISMATCH
    echo 'deposit,bob,2024-01-11,L-1,80.00,CNY,'
    echo 'refund,bob,2024-01-12,R-1,50.00,CNY,L-1'
    echo 'refund,bob,2024-01-13,R-2,50.00,CNY,L-1'   # EXCEEDS_DEPOSIT
    echo 'close,bob,2024-01-14,,,CNY,'               # BALANCE_NOT_ZERO
    echo 'refund,bob,2024-01-15,R-3,30.00,CNY,L-1'
    echo 'close,bob,2024-01-16,,,CNY,'
    echo 'charge,bob,2024-01-17,C-1,5.00,CNY,'       # CUSTOMER_CLOSED
    echo 'charge,ann,2024-01-18,C-3,0.00,CNY,'       # AMOUNT_NOT_POSITIVE
    echo 'charge,ann,2024-01-18,C-4,5.00,CNY,'
    echo 'reverse,ann,2024-01-19,C-4,,CNY,'          # REASON_REQUIRED
    echo 'reverse,ann,2024-01-19,C-4,,CNY,error'
    echo 'reverse,ann,2024-01-20,C-4,,CNY,error'     # ALREADY_REVERSED
} >"$work/chain.csv"
# What the first one left is what these meet.
{
    echo "$head"
    echo 'charge,ann,2024-02-01,C-1,100.00,CNY,'
    echo 'charge,ann,2024-02-01,C-6,10.00,CNY,2024-01-01' # A warning: due before its own day.
    echo 'pay,ann,2024-02-02,P-7,10.00,CNY,C-6'
    echo 'pay,ann,2024-02-02,P-7,10.00,CNY,C-6'
    echo 'charge,bob,2024-02-03,C-7,10.00,CNY,'
    echo 'charge,ann,2023-12-31,C-5,5.00,CNY,' # PERIOD_CLOSED, once it is
} >"$work/more.csv"
# And bad rows among them.
{
    cat "$work/more.csv"
    echo 'charge,ann,2024-02-30,C-8,10.00,CNY,'
    echo 'charge,ann,2024-02-03,C-9,10.00'
    echo 'charge,ann,2024-02-03,C-10,10.00,CNY,'
} >"$work/bad.csv"
# More than a batch of them: each pair is a charge and the same once more.
{
    echo "$head"
    echo 'open,many,2024-01-02,,,CNY,Many'
    for i in $(seq 5000); do
        echo "charge,many,2024-03-01,M-$i,1.00,CNY,"
        echo "charge,many,2024-03-02,M-$i,1.00,CNY,"
    done
} >"$work/long.csv"

# All of the ledger but LMDB's tables of readers.
bytes_of() { (cd "$1" && find . -type f ! -name lock.mdb -print0 | sort -z | xargs -0 sha256sum) >"$2"; }

# dry_and_real CODE FILE OPTION...: both, and what they say; nothing is written before the second.
dry_and_real() {
    local code=$1 file=$2
    shift 2
    bytes_of "$DAYBOOK_LEDGER" "$work/before"
    expect "$code" import "$file" --map "$map" --report "$work/dry.csv" --dry-run "$@"
    bytes_of "$DAYBOOK_LEDGER" "$work/after"
    cmp -s "$work/before" "$work/after" || die "the dry run of $file wrote to the ledger: $(diff "$work/before" "$work/after")"
    sed -E 's/; a dry run, nothing was recorded$//; s/,"dryRun":true//' "$out" >"$work/dry.out"
    sed 's/dry\.csv/real.csv/' "$err" >"$work/dry.err"
    expect "$code" import "$file" --map "$map" --report "$work/real.csv" "$@"
    cmp "$work/dry.csv" "$work/real.csv" || die "the reports of $file differ"
    cmp "$work/dry.out" "$out" || die "the summaries of $file differ: $(cat "$work/dry.out")"
    cmp "$work/dry.err" "$err" || die "what is said of $file differs"
}

new_ledger books --currency CNY
dry_and_real 1 "$work/chain.csv"
out_is "rows 24 (bad 0), requests 24: appended 11, repeated 0, refused 13"
for code in DUPLICATE_CUSTOMER DUPLICATE_DOCUMENT UNKNOWN_CUSTOMER EXCEEDS_OPEN UNKNOWN_DOCUMENT CURRENCY_MISMATCH \
    EXCEEDS_DEPOSIT BALANCE_NOT_ZERO CUSTOMER_CLOSED AMOUNT_NOT_POSITIVE REASON_REQUIRED ALREADY_REVERSED; do
    grep -q ",$code," "$work/dry.csv" || die "no row was refused with $code"
done
grep -q '^6,post_charge,DUPLICATE_DOCUMENT,' "$work/dry.csv" || die "the report names line 6"
grep -q '^9,receive_payment,EXCEEDS_OPEN,' "$work/dry.csv" || die "the report names line 9"
# Again, with what is new since, in a form for programs, after a checkpoint and without one.
dry_and_real 1 "$work/chain.csv" --json
expect 0 period close 2023-12-31
dry_and_real 1 "$work/chain.csv" --actor somebody
dry_and_real 1 "$work/more.csv"
grep -q '^3,post_charge,WARNING,.*is due on 2024-01-01, before its own day' "$work/dry.csv" || die "the warning is lost"
grep -q ',PERIOD_CLOSED,' "$work/dry.csv" || die "the closed period is not seen"
rm -rf "$DAYBOOK_LEDGER/views"
dry_and_real 1 "$work/more.csv" --json
dry_and_real 1 "$work/bad.csv"
out_has "; nothing was submitted"
dry_and_real 1 "$work/bad.csv" --skip-bad
dry_and_real 1 "$work/long.csv"
out_is "rows 10,001 (bad 0), requests 10,001: appended 5,001, repeated 0, refused 5,000"
echo "$head" >"$work/none.csv"
dry_and_real 0 "$work/none.csv"
# For people and programs it says what it was.
expect 1 import "$work/more.csv" --map "$map" --dry-run
out_has "; a dry run, nothing was recorded"
expect 1 import "$work/more.csv" --map "$map" --dry-run --json
out_has '"dryRun":true}'
# Of a ledger without a single event, and without the right to write it.
new_ledger fresh --currency CNY
dry_and_real 1 "$work/chain.csv"
chmod -R a-w "$DAYBOOK_LEDGER"
expect 1 import "$work/more.csv" --map "$map" --dry-run
chmod -R u+w "$DAYBOOK_LEDGER"
dry_and_real 1 "$work/more.csv"

# Beside a server that writes: it sees what is recorded by then, and stops nobody.
start_server
expect 0 --server "$url" charge ann S-1 9.00 --on 2024-04-01
{ echo "$head"; echo 'pay,ann,2024-04-02,PS-1,9.00,CNY,S-1'; echo 'pay,ann,2024-04-03,PS-2,9.00,CNY,S-1'; } >"$work/beside.csv"
expect 1 import "$work/beside.csv" --map "$map" -L "$DAYBOOK_LEDGER" --report "$work/dry.csv" --dry-run
out_is "rows 2 (bad 0), requests 2: appended 1, repeated 0, refused 1; a dry run, nothing was recorded"
expect 1 import "$work/beside.csv" --map "$map" --server "$url" --report "$work/real.csv"
cmp "$work/dry.csv" "$work/real.csv" || die "the reports differ beside a server"
# Through the server only rows are checked, and it says so.
expect 0 import "$work/beside.csv" --map "$map" --server "$url" --dry-run
out_has "; the rows were checked, and nothing was decided"
err_has "over a server a dry run finds bad rows and no refusals"
expect 0 import "$work/beside.csv" --map "$map" --server "$url" --dry-run --json
out_has '"dryRun":true,"decided":false}'
stop_server
echo "dry runs: as the imports"
