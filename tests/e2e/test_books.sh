#!/bin/bash
# The books, lots and lineage as a user asks for them: the worked cases LOT-1 and LOT-2, and money beside them.
. "$(dirname "$0")/common.sh"

# LOT-1, recorded late: what expired by now is released again for charges whose dates entitle them.
new_ledger books --currency CNY
expect 0 customer open ANN --on 2024-05-01
expect 0 deposit ANN A 100 --promotional --priority 1 --expires 2024-06-30 --on 2024-05-01
expect 0 deposit ANN B 200 --priority 1 --expires 2024-06-30 --on 2024-05-01
expect 0 deposit ANN C 300 --priority 1 --on 2024-05-01
expect 0 deposit ANN D 50 --priority 0 --expires 2024-12-31 --scope meals --on 2024-05-01
expect 0 charge ANN G 180 --category goods --on 2024-06-01
expect 0 charge ANN M 60 --category meals --on 2024-06-02
expect 0 reverse charge ANN G 50 --reading reversal --reason returned --on 2024-07-05

expect 0 deposits ANN --as-of 2024-06-29 --csv
out_has "customer,lot,received_on,funding,scope,priority,effective_from,expires_on,currency,received,"
out_has "ANN,B,2024-05-01,paid,,1,2024-05-01,2024-06-30,CNY,200.00,90.00,0.00,0.00,0.00,110.00,0.00,110.00,0.00"
[ "$(wc -l <"$out")" -eq 3 ] || die "A and D are spent, B and C are left"
expect 0 deposits ANN --as-of 2024-06-30 --csv
out_has "ANN,B,2024-05-01,paid,,1,2024-05-01,2024-06-30,CNY,200.00,90.00,0.00,110.00,0.00,0.00,0.00,0.00,0.00"
expect 0 deposits --as-of 2024-07-05 --all --csv
out_has "ANN,A,2024-05-01,promotional,,1,2024-05-01,2024-06-30,CNY,100.00,100.00,"
out_has "ANN,B,2024-05-01,paid,,1,2024-05-01,2024-06-30,CNY,200.00,40.00,0.00,160.00,"
out_has "ANN,D,2024-05-01,paid,meals,0,2024-05-01,2024-12-31,CNY,50.00,50.00,"
expect 0 deposits
out_has "total"
out_has "LEFT"

expect 0 lineage ANN charge G --as-of 2024-07-05
cp "$out" "$work/lineage.as.neighbours"
expect 0 lineage charge G --customer ANN --as-of 2024-07-05 # As it was first.
cmp -s "$out" "$work/lineage.as.neighbours" || die "the two orders answer otherwise"
out_has "charge G of 2024-06-01"
out_has "180.00 CNY, 0.00 left."
expect 0 lineage charge G --customer ANN --as-of 2024-07-05 --csv
cut -d, -f2-5,8-9 "$out" | tr -d '\r' >"$work/lineage"
cat >"$work/expected" <<'END'
effective_on,event,kind,document,currency,amount
2024-06-01,deposit consumed,lot,A,CNY,100.00
2024-06-01,deposit consumed,lot,B,CNY,80.00
2024-07-05,deposit restored,lot,B,CNY,-50.00
2024-07-05,charge reversed,,,CNY,50.00
END
sort "$work/lineage" >"$work/lineage.sorted"
sort "$work/expected" | cmp -s - "$work/lineage.sorted" || die "the lineage of G: $(cat "$work/lineage")"
expect 0 lineage lot B --customer ANN --as-of 2024-06-29 --csv
out_has "deposit consumed,charge,M,,,CNY,10.00"

# The trial balance is zero, and what the customers' balances say.
expect 0 pay ANN P 25 --unapplied --on 2024-06-05
expect 0 trial-balance --as-of 2024-06-29
out_has "CNY agrees with customer balances: yes"
expect 0 trial-balance --as-of 2024-06-29 --csv
out_has "CNY,Cash,575.00,"
out_has "CNY,PromotionCost,100.00,"
out_has "CNY,Deposits,,410.00"
out_has "CNY,Receivable,,"
out_has "CNY,Revenue,,240.00"
out_has "CNY,Unapplied,,25.00"
expect 0 trial-balance --as-of 2024-06-29 --json
out_has '"account":"Cash","debitMinor":"57500"'
out_has '"agrees":"AGREEMENT_YES"'
expect 0 trial-balance --as-of 2024-06-29 --no-check --currency CNY --json
! grep -q agrees "$out" || die "nothing was compared, so nothing agrees"
expect 0 trial-balance --as-of 2024-04-30
out_has "Nothing to show."

# Of one customer, and of those with a tag.
expect 0 customer open TOM --tag north --on 2024-05-01
expect 0 charge TOM T1 40 --on 2024-06-01
expect 0 pay TOM T2 15 --on 2024-06-02
expect 0 trial-balance TOM --as-of 2024-06-29
out_has "CNY agrees with open items and lots: yes"
expect 0 trial-balance --tag north --as-of 2024-06-29 --csv
out_has "CNY,Cash,15.00,"
out_has "CNY,Receivable,25.00,"
out_has "CNY,Revenue,,40.00"
out_has "CNY,Deposits,,"
expect 0 trial-balance ANN --as-of 2024-06-29 --csv
out_has "CNY,Cash,575.00,"
out_has "CNY,PromotionCost,100.00,"
out_has "CNY,Revenue,,240.00"
expect 0 trial-balance --as-of 2024-06-29 --csv
out_has "CNY,Cash,590.00,"
out_has "CNY,Revenue,,280.00"
expect 0 trial-balance --tag west
out_has "Nothing to show."
expect 3 trial-balance NOBODY
expect 0 postings --tag north --csv
[ "$(tail -n +2 "$out" | wc -l)" -eq 6 ] || die "a charge, a payment and its allocation have two lines each"
expect 0 history --tag north --csv
[ "$(tail -n +2 "$out" | wc -l)" -eq 4 ] || die "TOM was opened, charged, and paid what was allocated"
expect 3 history NOBODY --tag north

# Postings by customer, by day and by sequence.
expect 0 postings ANN --on 2024-06-01 --csv
out_has ",2024-06-01,ANN,charge posted,G,CNY,Receivable,180.00,"
out_has ",2024-06-01,ANN,deposit consumed,G,CNY,Receivable,,180.00"
expect 0 postings --on 2024-06-05 --csv
[ "$(wc -l <"$out")" -eq 3 ] || die "one payment has two lines"
expect 0 postings --from 2 --to 2 --csv
out_has "2,2024-05-01,ANN,deposit received,A,CNY,PromotionCost,100.00,"
expect 0 postings --as-of 2024-06-29
out_has "total"
expect 0 postings --limit 1
out_has "More: --cursor"

# What will expire: none on the last day, all of it on the first day past it, less what a hold keeps.
expect 0 customer open BEA --on 2024-01-01
expect 0 deposit BEA L 100 --expires 2998-03-01 --on 2024-01-02
expect 0 hold place BEA H 30 --expires 2998-06-01 --on 2024-01-03
expect 0 deposits BEA --expiring 2998-02-28
out_has "Nothing to show."
expect 0 deposits BEA --expiring 2998-03-01 --csv
out_has "BEA,L,2024-01-02,paid,,50,2024-01-02,2998-03-01,CNY,100.00,0.00,0.00,0.00,0.00,100.00,30.00,70.00,70.00"
expect 0 deposits BEA --expiring 2998-06-01 --csv
out_has ",70.00,100.00"

# What cannot be asked.
expect 2 lineage charge G
err_has "name the customer first: daybook lineage CUSTOMER KIND DOCUMENT"
expect 2 lineage ANN charge G --customer ANN
err_has "CUSTOMER and --customer exclude each other"
expect 2 lineage ANN gift G
err_has 'KIND: "gift" is none of'
expect 3 lineage ANN charge NONE
err_has 'no such document "NONE"'
expect 3 deposits NOBODY
err_has 'no customer "NOBODY"'
expect 2 postings --on yesterday
expect 2 trial-balance --currency gold
# Expiring for all: a dry run says what would be appended, and what is about one request is refused.
new_ledger expiring --currency CNY --allow-import-clock
customer_lines() { # NAME: opened with a lot that ends, and nothing has been asked for since.
    local at='"actor":"t","effectiveOn":"2024-01-02","customer":"'$1'"'
    printf '{"key":"%s",%s,"recordedAtUs":"%s","openCustomer":{}}\n' "$(printf 'o%s' "$1" | base64)" "$at" "$2"
    printf '{"key":"%s",%s,"recordedAtUs":"%s","receiveDeposit":{"lot":"L","amountMinor":5,"expiresOn":"2024-02-01"}}\n' \
        "$(printf 'd%s' "$1" | base64)" "$at" "$(($2 + 1000))"
}
{
    customer_lines A 1704200000000000
    customer_lines B 1704200001000000
} | expect_fed 0 submit --recorded-at -
expect 0 expire --dry-run
out_is "would expire for 2 of 2 customers, 2 events"
expect 0 status --json
[ "$(json_value journalHead)" = 4 ] || die "a dry run of expiring appended something"
for option in "--on 2024-03-01" "--original-on 2024-03-01" "--currency CNY" "--key k" \
    "--not-after 2024-03-01T00:00:00Z" "--propose p" "--propose-until 2999-01-01T00:00:00Z"; do
    read -ra words <<<"$option"
    expect 2 expire "${words[@]}"
    err_has "${words[0]} is about one request; name its customer"
done
expect 0 expire --dry-run --json
[ "$(grep -c '"wouldAppend":\[{' "$out")" = 2 ] && [ "$(wc -l <"$out")" = 2 ] || die "no answer a customer"
expect 0 expire
out_is "expired for 2 of 2 customers, 2 events"
expect 0 expire --dry-run
out_is "would expire for 0 of 2 customers, 0 events"
expect 0 expire --json
[ ! -s "$out" ] || die "an answer of which nothing came"

echo "books: as expected"
