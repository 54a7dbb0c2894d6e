#!/bin/bash
# The books as hledger, ledger and Beancount read them: their figures are ours, account by account.
. "$(dirname "$0")/common.sh"
workload=$3

for program in hledger ledger bean-check bean-query; do
    if ! command -v "$program" >/dev/null; then
        echo "plain_books: $program is absent, so the books were not read by it; tools/install-deps --test brings it"
        exit 77
    fi
done

new_ledger books --currency CNY --allow-import-clock
"$workload" --customers 60 --events 3000 --until 2025-12-31 --json >"$work/requests"
code=0
"$daybook" submit --recorded-at "$work/requests" >/dev/null || code=$?
[ "$code" -le 1 ] || die "submit ended with $code"

# Names that other programs would trip over, and currencies of 0, 2 and 3 decimals.
serial=0
for customer in '余额 有限公司' 'a-b' 'A:B;C|D' 'quote"back\slash' '-2D' '%' 'Ω' '客户甲乙' 'ひらカタ한국' '・〇ｱ'; do
    serial=$((serial + 1))
    expect 0 customer open --on 2026-01-01 -- "$customer"
    expect 0 charge --on 2026-01-02 --due 2026-02-01 -- "$customer" "I;$serial|\"x\"" "$((serial * 100)).05"
    expect 0 charge --on 2026-01-02 --currency JPY -- "$customer" J "$((serial * 7))"
    expect 0 pay --on 2026-01-03 --currency JPY --unapplied -- "$customer" JP 3
    expect 0 deposit --on 2026-01-02 --currency KWD --expires 2026-01-20 -- "$customer" K "$serial.125"
    expect 0 adjust --on 2026-01-05 --charge "I;$serial|\"x\"" --reason old -- "$customer" W write-off 1.05
done
expect 0 expire --through 2026-01-21

# compare FILE ARGUMENT...: "ACCOUNT CODE AMOUNT" lines of another program against our answers at the same coordinates.
compare() {
    local file=$1
    shift
    expect 0 balance --json "$@"
    cp "$out" "$work/balance.json"
    expect 0 trial-balance --json "$@"
    python3 "$(dirname "$0")/compare_books.py" "$work/balance.json" "$out" "$file" || die "$file differs $*"
}

for at in "--as-of 2026-01-31" "--as-of 2025-06-30" "--as-of 2025-06-30 --known-at 1500"; do
    read -ra words <<<"$at"
    expect 0 export --format hledger "${words[@]}" -o "$work/books.hledger"
    hledger -f "$work/books.hledger" check >/dev/null || die "hledger refuses the books $at"
    hledger -f "$work/books.hledger" balance --flat --empty --no-total --layout=bare -O csv | tr -d '"\r' |
        awk -F, 'NR > 1 {print $1, $2, $3}' >"$work/hledger"
    compare "$work/hledger" "${words[@]}"

    expect 0 export --format ledger "${words[@]}" -o "$work/books.ledger"
    ledger -f "$work/books.ledger" --args-only register --register-format '%(account) %(amount)\n' \
        >"$work/ledger.out" || die "ledger refuses the books $at"
    awk 'NF == 3 {print $1, $3, $2}' "$work/ledger.out" >"$work/ledger" # An amount of zero has no currency.
    compare "$work/ledger" "${words[@]}"

    expect 0 export --format beancount "${words[@]}" -o "$work/books.beancount"
    bean-check "$work/books.beancount" || die "bean-check refuses the books $at"
    bean-query -f csv "$work/books.beancount" \
        'SELECT account, SUM(position) GROUP BY account, currency' | tr -d '"\r' | tr ',' ' ' |
        awk 'NR > 1 && NF == 3 {print $1, $3, $2}' >"$work/beancount"
    compare "$work/beancount" "${words[@]}"
done

# The assertions are no decoration: one changed amount, and each program stops.
for format in hledger ledger beancount; do
    awk 'done == 0 && /^    Assets:Receivable:[^ ]* +[0-9.]+ CNY$/ {sub(/[0-9]+\.[0-9][0-9] CNY/, "12345.67 CNY"); print; getline;
         sub(/-[0-9]+\.[0-9][0-9] CNY/, "-12345.67 CNY"); done = 1} {print}' "$work/books.$format" >"$work/changed"
    cmp -s "$work/changed" "$work/books.$format" && die "nothing was changed in the books for $format"
    case $format in
    hledger) ! hledger -f "$work/changed" check >/dev/null 2>&1 || die "hledger took changed books" ;;
    ledger) ! ledger -f "$work/changed" --args-only balance >/dev/null 2>&1 || die "ledger took changed books" ;;
    beancount) ! bean-check "$work/changed" >/dev/null 2>&1 || die "bean-check took changed books" ;;
    esac
done

# What cannot be written.
expect 2 export --format excel
err_has '"excel" is none of csv, jsonl and parquet (a table), hledger, ledger and beancount (the books)'
expect 2 export
expect 3 export --format hledger -o "$work/no/such/place"
err_has "no/such/place"
expect 3 export --format hledger -o /dev/full
[ -z "$(ls "$work" | grep 'books.hledger\.')" ] || die "a half-written file was left"
echo "plain_books: as expected"
