#!/bin/bash
# Figures of a period, grades and decisions, as a user asks for them.
#   test_kpi.sh PROGRAM SOURCE
. "$(dirname "$0")/common.sh"

# The worked case: opening 5,000, charges 3,000, ending 4,500 of which 3,500 are not due, 30 days.
new_ledger books --currency EUR
expect 0 customer open ACME --settlement receivable --tag north --on 2024-01-01
expect 0 customer open OTHER --settlement receivable --tag south --on 2024-01-01
expect 0 charge ACME PAID 3500 --on 2024-01-10 --due 2024-02-20
expect 0 charge ACME LATE 1000 --on 2024-01-20 --due 2024-02-20
expect 0 charge ACME AHEAD 500 --on 2024-02-20 --due 2024-05-01
expect 0 charge ACME NEW 3000 --on 2024-03-10 --due 2024-04-09
expect 0 pay ACME P1 3500 --on 2024-03-20
expect 0 charge OTHER FIRST 120 --on 2024-03-30 --due 2024-04-30
expect 0 kpi --from 2024-02-29 --to 2024-03-30 --customer ACME --csv
out_has "EUR,dso,45.00,days,,4500.00,30,3000.00,"
out_has "EUR,best_possible_dso,35.00,days,,3500.00,30,3000.00,"
out_has "EUR,average_days_delinquent,10.00,days,,1000.00,30,3000.00,"
out_has "EUR,collection_effectiveness,77.78,%,,3500.00,100,4500.00,"
out_has "EUR,countback_dso,65.89,days,59,1000.00,31,4500.00,"
cp "$out" "$work/acme"
expect 0 kpi --from 2024-02-29 --to 2024-03-30 --tag north --csv
cmp -s "$out" "$work/acme" || die "a tag of one customer is not that customer"
expect 0 kpi --from 2024-02-29 --as-of 2024-03-30 --csv
out_has "EUR,dso,44.42,days,,4620.00,30,3120.00,"
expect 0 kpi --from 2024-02-29 --to 2024-03-30 --tag west
out_has "Nothing to show."

# What divides by nothing says so, to people and to programs.
expect 0 kpi --from 2024-04-30 --to 2024-05-31 --customer OTHER
out_has "undefined: nothing to divide by: charges on credit = 0"
out_has "The period after 2024-04-30 through 2024-05-31 has 31 days."
out_has "Where the money of each column of 2024-04-30 went in EUR:"
expect 0 kpi --from 2024-04-30 --to 2024-05-31 --customer OTHER --json
grep -q '"name":"dso","unit":"KPI_UNIT_DAYS","isUndefined":true,"reason":"nothing to divide by' "$out" ||
    die "an undefined figure does not say so in JSON"
# The 120 were not due at the end of April (due on the day is not overdue), and are 31 days overdue at the end of May.
expect 0 kpi --from 2024-04-30 --to 2024-05-31 --customer OTHER --edges 30 --csv
out_has "EUR,roll not due,100.00,%,,120.00,100,120.00,"

expect 2 kpi --to 2024-03-30
err_has "--from DATE is required"
expect 2 kpi --from 2024-02-29 --to 2024-03-30 --as-of 2024-03-31
err_has "give one of them"
expect 2 kpi --from 2024-03-30 --to 2024-03-30
err_has "ends before it begins"
expect 2 kpi --from 2024-02-30
err_has "is no date"
expect 2 kpi --from 2024-02-29 --edges 30,20
err_has "ascending"
expect 0 help kpi
for figure in dso best_possible_dso average_days_delinquent collection_effectiveness countback_dso collection_rate \
    overdue_rate bad_debt_rate days_to_pay days_beyond_terms average_days_late late_share; do
    grep -q "^  $figure " "$out" || die "help kpi does not explain $figure"
    grep -q ",$figure," "$work/acme" || die "kpi does not tell $figure"
done

# Means over nothing that was paid are no zero either; OTHER has paid nothing.
expect 0 credit list --as-of 2024-03-31 --csv
out_has "OTHER,EUR,unassessed,,,120.00,,,0.00,0,,,0,,,,0.00,A"
# Exposures under a policy of the question, which is printed.
expect 0 deposit OTHER L1 50 --on 2024-03-30
expect 0 deposit OTHER L2 20 --on 2024-03-30 --scope meals
expect 0 credit show OTHER --as-of 2024-03-31 --deposits deducted --csv
out_has "OTHER,EUR,unassessed,,,70.00,"
expect 0 credit show OTHER --as-of 2024-03-31 --deposits deducted --category meals
out_has "deposits = deducted, of lots that are good for charges of category meals"
expect 2 credit list --category meals
err_has "none are deducted"

expect 0 credit list --as-of 2024-03-31
out_has "total"

# A grade with its rules, over time, and the decisions.
expect 0 credit set ACME 6000 --mode warn --on 2024-01-01
expect 0 charge ACME OVER 2000 --on 2024-04-02 --due 2024-05-02
expect 0 credit show ACME --as-of 2024-04-30
out_has "ACME in EUR has grade E by 16 points of 6 rules: "
out_has "days beyond terms     29.00  days  0, 10, 30, 60"
# Open 6,500, of it 4,000 overdue for up to 70 days; 2 + 4 + 4 + 3 + 3 points of 6 rules.
expect 0 credit show ACME --as-of 2024-04-30 --csv
out_has ",100.00,61.54,E"
expect 0 credit history ACME --from 2024-01-31 --to 2024-04-30 --csv
[ "$(tail -n +2 "$out" | cut -d, -f1 | tr '\n' ' ')" = "2024-01-31 2024-02-29 2024-03-31 2024-04-30 " ] ||
    die "a history by months has other dates"
expect 0 credit decisions ACME --csv
out_has ",charge,OVER,EUR,2000.00,"
out_has ",4500.00,2000.00,-500.00,yes"
expect 2 credit history ACME
err_has "--from DATE is required"
expect 0 kpi ACME --from 2024-02-29 --to 2024-03-31
cp "$out" "$work/positional"
expect 0 kpi --customer ACME --from 2024-02-29 --to 2024-03-31
cmp -s "$out" "$work/positional" || die "the same customer, said otherwise"
expect 2 kpi ACME --customer ACME --from 2024-02-29
err_has "CUSTOMER and --customer exclude each other"
expect 2 credit history ACME --from 1990-01-01 --every day
err_has "at most 1000 dates"
expect 0 help grades
out_has "A  up to 0.50"
echo "kpi: as expected"
