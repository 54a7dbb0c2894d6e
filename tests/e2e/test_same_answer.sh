#!/bin/bash
# The first law, in JSON: what was asked with both coordinates is answered with the same bytes whatever was appended
# since, but for "journalHead", which says where the journal was when it was asked.
. "$(dirname "$0")/common.sh"

new_ledger books --currency CNY
expect 0 customer open A --name Ann --tag vip --on 2024-01-02
expect 0 deposit A L1 500 --on 2024-01-05 --expires 2024-06-01
expect 0 charge A I1 300 --on 2024-01-10 --due 2024-02-09 --settlement receivable
expect 0 pay A P1 120 --on 2024-02-20
expect 0 credit set A 1000 --on 2024-01-02
expect 0 statement issue A --to 2024-01-31
expect 0 status --json
head=$(json_value journalHead)
today=$(date -u +%F)
at=(--as-of "$today" --known-at "$head")

questions=("balance" "balance A" "aging" "aging A" "open-items" "deposits" "history A" "history" "trial-balance" "postings A"
    "credit show A" "credit list" "customer show A" "customer list" "lineage A charge I1"
    "kpi --from 2024-01-01" "statement preview A" "statement list" "statement show A 2024-01-31-CNY"
    "credit decisions A")
ask() {
    local words
    read -ra words <<<"$1"
    expect 0 "${words[@]}" "${at[@]}" --json
}
for question in "${questions[@]}"; do
    ask "$question"
    out_has "\"journalHead\":\"$head\""
    cp "$out" "$work/${question// /_}"
done

# On earlier dates, too: a charge that comes late, and a payment that bounced.
expect 0 charge A I2 77 --on 2024-01-15 --due 2024-02-01 --settlement receivable
expect 0 reverse payment A P1 --reading correction --reason bounced --on 2024-02-20
expect 0 status --json
later=$(json_value journalHead)
[ "$later" -gt "$head" ] || die "nothing was appended"

# As the README tells people to compare two answers.
without_head() { sed -E 's/"journalHead":"[0-9]+",?//' "$1"; }
for question in "${questions[@]}"; do
    ask "$question"
    out_has "\"journalHead\":\"$later\""
    cmp -s <(without_head "$out") <(without_head "$work/${question// /_}") || die "$question answers otherwise"
done
# And it would have been seen: the same dates as they are known now.
at=(--as-of "$today")
ask balance
cmp -s <(without_head "$out") <(without_head "$work/balance") && die "what was appended changes nothing"
grep -qF "jq 'del(.position.journalHead)'" "$source/README.md" || die "the README does not say how to compare"

echo "same_answer: as expected"
