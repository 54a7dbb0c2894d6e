#!/bin/bash
# Real invoices at every month end from 2012-01 to 2014-01: ages by both bases, every customer, and the figures of each
# month, equal to what a script without Daybook computes from the file (receivables.awk).
#   test_receivables.sh PROGRAM SOURCE
. "$(dirname "$0")/common.sh"

file=$source/../shared/data/receivables.csv
script=$source/tests/e2e/receivables.awk
if [ ! -r "$file" ]; then
    echo "receivables: ../shared/data is absent, so nothing was compared"
    exit 77
fi
new_ledger receivables --currency USD
expect 0 import "$file" --map "$source/tests/e2e/maps/receivables.json"
out_has "refused 0"

# "1,234.50" as cents, in columns from the third on.
ages_found() {
    expect 0 aging --as-of "$1" --basis "$2" --csv
    tail -n +2 "$out" | tr -d '\r' | awk -F, '
        function cents(text) { sub(/\./, "", text); return text + 0 }
        {
            line = $1
            for (i = 3; i <= 8; i++) line = line "," cents($i)
            print line "," cents($11)
        }' | sort >"$work/found"
}
figures_found() {
    expect 0 kpi --from "$1" --to "$2" --csv
    tail -n +2 "$out" | tr -d '\r' | awk -F, '$2 !~ /^roll / {
            value = $3
            sign = sub(/^-/, "", value) ? "-" : ""
            if (value != "undefined") { sub(/\./, "", value); value = sign value + 0 }
            print $2 "," value
        }' >"$work/found"
}
compare() {
    cmp -s "$work/wanted" "$work/found" || { diff "$work/wanted" "$work/found" >"$out" || true; die "$1"; }
}

before=2011-12-31
dates=0
for year in 2012 2013 2014; do
    for month in 01 02 03 04 05 06 07 08 09 10 11 12; do
        date=$(date -u -d "$year-$month-01 +1 month -1 day" +%F)
        for basis in due posting; do
            awk -F, -v mode=aging -v basis="$basis" -v as_of="$date" -f "$script" "$file" | sort >"$work/wanted"
            ages_found "$date" "$basis"
            [ -s "$work/wanted" ] || [ "$date" = 2014-01-31 ] || die "the file has nothing open on $date"
            compare "ages by $basis on $date"
        done
        awk -F, -v mode=kpi -v from="$before" -v as_of="$date" -f "$script" "$file" >"$work/wanted"
        figures_found "$before" "$date"
        compare "figures of the month that ends on $date"
        before=$date
        dates=$((dates + 1))
        [ "$date" != 2014-01-31 ] || break 2
    done
done
[ "$dates" -eq 25 ] || die "compared $dates month ends, not 25"

# The whole file as one period, whose days late are the file's own column.
awk -F, -v mode=kpi -v from=2011-12-31 -v as_of=2014-01-31 -f "$script" "$file" >"$work/wanted"
figures_found 2011-12-31 2014-01-31
compare "figures of the whole file"
echo "receivables: $dates month ends by both bases, and the figures of each month, as the file says"
