#!/bin/bash
# What would have been different: the worked case LOT-1 under another order of lots, and lower limits.
. "$(dirname "$0")/common.sh"
export TMPDIR=$work/scratch
mkdir "$TMPDIR"
nothing_left() { [ -z "$(ls -A "$TMPDIR")" ] || die "left behind: $(ls "$TMPDIR")"; }

new_ledger books --currency CNY
expect 0 customer open ANN --on 2024-05-01
expect 0 deposit ANN A 100 --promotional --priority 1 --expires 2024-06-30 --on 2024-05-01
expect 0 deposit ANN B 200 --priority 1 --expires 2024-06-30 --on 2024-05-01
expect 0 deposit ANN C 300 --priority 1 --on 2024-05-01
expect 0 charge ANN G 180 --category goods --on 2024-06-01
expect 0 customer open BOB --settlement receivable --on 2024-05-01
expect 0 credit set BOB 100 --on 2024-05-01
expect 0 charge BOB X 60 --on 2024-05-02
expect 0 charge BOB Y 30 --on 2024-05-03
expect 0 pay BOB P 30 --to Y --on 2024-05-04
head=$("$daybook" status --json | sed -nE 's/.*"journalHead":"([0-9]+)".*/\1/p')

# Under the ledger's own policy nothing is different.
echo '{}' >"$work/own.json"
expect 0 replay --policy "$work/own.json" --as-of 2024-06-29
out_has "10 requests"
out_has "10 decided the same, 0 otherwise, 0 refused"
out_has "Balances: the same, customer by customer."
out_has "Ages: the same, customer by customer."
nothing_left

# Paid money first: B pays all of it, and A is left for its promotion's end.
echo '{"lotOrder": ["LOT_KEY_PAID", "LOT_KEY_EXPIRY"]}' >"$work/paid.json"
expect 0 replay --policy "$work/paid.json" --as-of 2024-06-29
out_has "1 otherwise, 0 refused"
out_has "A 100.00, B 80.00"
out_has "B 180.00"
expect 0 replay --policy "$work/paid.json" --as-of 2024-06-29 --csv
out_has 'ANN,post charge,G,otherwise,"A 100.00, B 80.00",B 180.00'
nothing_left

# 80 % of the limit: the second charge is refused, and what is put against it has no target.
echo '{"credit": [{"customer": "BOB", "scalePercent": 80}]}' >"$work/lower.json"
expect 0 replay --policy "$work/lower.json" --as-of 2024-06-29 --json
out_has '"refused":"2"'
out_has '"code":"REFUSAL_CODE_OVER_CREDIT_LIMIT"'
out_has '"code":"REFUSAL_CODE_UNKNOWN_DOCUMENT"'
expect 0 replay --policy "$work/lower.json" --as-of 2024-06-29 --limit 1
out_has "... and 1 more"
expect 0 replay --policy "$work/lower.json" --as-of 2024-06-29 --known-at "$((head - 2))"
out_has "1 refused"
nothing_left

# --limit bounds the customers, too; totals are of all, whatever is shown.
expect 0 replay --policy "$work/lower.json" --as-of 2024-06-29
grep -qE '^BOB +CNY' "$out" || die "BOB differs"
grep -E '^total +CNY' "$out" >"$work/totals"
expect 0 replay --policy "$work/lower.json" --as-of 2024-06-29 --limit 0
if grep -qE '^BOB +CNY' "$out"; then die "no customer is one"; fi
[ "$(grep -c '^\.\.\. and 1 more; --limit' "$out")" -eq 2 ] || die "what is left out is not said"
grep -E '^total +CNY' "$out" | tr -s ' -' >"$work/shown"
tr -s ' -' <"$work/totals" | cmp -s - "$work/shown" || die "totals are of what is shown"
nothing_left

# The ledger was only read.
expect 0 status --json
out_has "\"journalHead\":\"$head\""

expect 2 replay
err_has "--policy FILE is required"
echo '{"lotOrdr": []}' >"$work/bad.json"
expect 2 replay --policy "$work/bad.json"
err_has 'no field "lotOrdr"'
echo '{"lotOrder": ["LOT_KEY_PAID", "LOT_KEY_PROMOTIONAL"]}' >"$work/bad.json"
expect 2 replay --policy "$work/bad.json"
err_has "exclude each other"
echo '{"credit": [{}]}' >"$work/bad.json"
expect 2 replay --policy "$work/bad.json"
err_has "it changes nothing"
echo '{"credit": [{"customer": "nobody", "scalePercent": 5}]}' >"$work/bad.json"
expect 3 replay --policy "$work/bad.json"
err_has 'no customer "nobody"'
expect 3 replay --policy "$work/absent.json"
expect 2 replay --policy "$work/own.json" --limit many
nothing_left
TMPDIR=$work/absent expect 3 replay --policy "$work/own.json"
err_has "TMPDIR says where"

# A side with nothing to tell says so: all is paid in history, and under the policy there was no charge to pay.
new_ledger paid --currency CNY
expect 0 customer open ACME --on 2024-01-02
expect 0 charge ACME INV 1000.00 --on 2024-01-10
expect 0 pay ACME P1 1000.00 --on 2024-02-20
echo '{"credit": [{"customer": "ACME", "currency": "CNY", "state": "LIMIT_STATE_AMOUNT", "limitMinor": "50000"}]}' >"$work/low.json"
expect 0 replay --policy "$work/low.json"
out_has "Nothing to show."
out_has "-1,000.00"
