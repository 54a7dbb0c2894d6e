#!/bin/bash
# What happens at the desk: the commands of "daybook help desk" lead where it says, in their order.
. "$(dirname "$0")/common.sh"
new_ledger desk --currency CNY
expect 0 customer open ACME --on 2024-01-01
expect 0 customer open BETA --on 2024-01-01

expect 0 help desk
awk 'length > 79 { exit 1 }' "$out" || die "the page is wider than 79 columns"
awk '/^  daybook / || is_open { is_open = sub(/ *\\$/, ""); printf "%s%s", $0, is_open ? " " : "\n" }' "$out" >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 25 ] || die "the page has lost its commands"
while read -r _ words; do
    # shellcheck disable=SC2086
    expect 0 $words
    case $words in
    "charge BETA OLD-7"*) err_has "before its own day" ;;
    *) err_is_empty ;;
    esac
    case $words in
    "pay ACME P-2"*) [[ "$(tail -n 2 "$out" | tr -s ' ')" == *"payment P-2 CNY 100.00 100.00"* ]] || die "P-2" ;;
    "allocate ACME P-2") [[ "$(tr -s ' ' <"$out")" == *"charge INV-2 CNY -40.00 0.00"* ]] || die "INV-2" ;;
    "reverse payment ACME P-1"*) [[ "$(tr -s ' ' <"$out")" == *"charge INV-1 CNY 400.00 400.00"* ]] || die "INV-1" ;;
    "deposit ACME L-1"*) [[ "$(tail -n 1 "$out" | tr -s ' ')" == "lot L-1 CNY 0.00 0.00" ]] || die "L-1 has expired" ;;
    "adjust ACME C-2"*) [[ "$(tail -n 1 "$out" | tr -s ' ')" == "charge INV-1 CNY -30.00 20.00" ]] || die "C-2" ;;
    esac
done <"$work/commands"
expect 0 customer show ACME --json
out_has '"closedOn":"'
# 100 taken over and 300 from before, less 90 that was theirs and waits.
expect 0 balance BETA --csv
out_has "BETA,CNY,400.00,90.00,0.00,"
expect 0 trial-balance
out_has "agrees with customer balances: yes"

# The statement that was issued last needs no id.
expect 3 statement show BETA
err_has "no statement of BETA was issued"
expect 0 statement issue BETA --to 2024-02-29
expect 0 statement issue BETA --to 2024-03-31
expect 0 statement show BETA 2024-03-31-CNY
cp "$out" "$work/named"
expect 0 statement show BETA
cmp -s "$out" "$work/named" || die "the last statement is another one"
echo "desk: as expected"
