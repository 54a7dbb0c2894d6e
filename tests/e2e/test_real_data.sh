#!/bin/bash
# Two files of real data: what is open at five dates and how late each invoice was; what every account held after each
# of its days, as of any day and as known at any sequence.
#   test_real_data.sh PROGRAM SOURCE
. "$(dirname "$0")/common.sh"

data=$source/../shared/data
maps=$source/tests/e2e/maps
if [ ! -r "$data/receivables.csv" ] || [ ! -r "$data/bank-accounts.csv" ]; then
    echo "real data: ../shared/data is absent, so nothing was compared"
    exit 77
fi

# ---- receivables ----
new_ledger receivables --currency USD
expect 0 import "$data/receivables.csv" --map "$maps/receivables.json"
out_is "rows 2,466 (bad 0), requests 5,032: appended 5,032, repeated 0, refused 0"
total() {
    expect 0 aging --as-of "$1" --json
    sed -nE 's/.*"totals":\[\{[^]]*"totalMinor":"([0-9]+)".*/\1/p' "$out"
}
for row in 2012-06-30:550409 2012-12-31:572506 2013-06-30:511985 2013-12-31:76190; do
    [ "$(total "${row%:*}")" = "${row#*:}" ] || die "open as of ${row%:*} is $(total "${row%:*}"), not ${row#*:}"
done
expect 0 aging --as-of 2014-01-09 --json
grep -q 'Minor"' "$out" && die "something is open after the last settlement"
# Days late of every invoice: the day it came to zero less its due date, as the file says.
expect 0 open-items --as-of 2014-12-31 --closed --csv
awk -F, 'NR > 1 && $2 == "charge" {print $3 "," $7 "," $9}' "$out" | tr -d '\r' | while IFS=, read -r id due settled; do
    printf '%s,%s,%s\n' "$id" "$due" "$settled"
done | sort >"$work/settled"
[ "$(wc -l <"$work/settled")" -eq 2466 ] || die "not every invoice is listed"
tail -n +2 "$data/receivables.csv" | tr -d '\r' | awk -F, '
    function iso(date, part) { split(date, part, "/"); return sprintf("%04d-%02d-%02d", part[3], part[1], part[2]) }
    {print $4 "," iso($6) "," iso($9)}' | sort >"$work/wanted"
cmp -s "$work/settled" "$work/wanted" || die "due and settlement dates differ from the file's"
# The file's own days late are the difference of those dates, never below zero.
tail -n +2 "$data/receivables.csv" | tr -d '\r' | awk -F, '
    function days(date, part) { split(date, part, "/"); return mktime(part[3] " " part[1] " " part[2] " 12 0 0") / 86400 }
    {late = int(days($9) - days($6) + (days($9) >= days($6) ? 0.5 : -0.5)); if (late < 0) late = 0
     if (late != $12) {print $4; exit 1}}' >"$out" || die "days late differ"
expect 0 import "$data/receivables.csv" --map "$maps/receivables.json"
out_is "rows 2,466 (bad 0), requests 5,032: appended 0, repeated 5,032, refused 0"

# ---- bank accounts ----
new_ledger accounts --currency CZK
expect 0 import "$data/bank-accounts.csv" --map "$maps/bank-accounts.json"
err_is_empty
out_has "rows 46,997 (bad 0)"
out_has "refused 0"
# As of five days, every account: the file's balance after the last row of that day or before.
for day in 1993-03-31 1993-06-30 1993-12-31 1994-01-15 1994-03-30; do
    tail -n +2 "$data/bank-accounts.csv" | tr -d '\r' |
        awk -F, -v day="$day" '$3 <= day {last[$1] = $7} END {for (id in last) print id "," last[id]}' | sort >"$work/wanted"
    expect 0 balance --as-of "$day" --csv
    tail -n +2 "$out" | tr -d '\r' | awk -F, '{net = $10; if (net ~ /^-/) sub(/^-/, "", net); else if (net + 0 != 0) net = "-" net
        print $1 "," net}' | sort >"$work/found"
    cmp -s "$work/wanted" "$work/found" || { diff "$work/wanted" "$work/found" | head -n 5 >"$out"; die "balances as of $day"; }
done
# Every row of some accounts: the net balance after each event of the row, as known at its sequence.
for account in 2 1787 3834 $(tail -n +2 "$data/bank-accounts.csv" | awk -F, '$7 ~ /^-/ {print $1}' | sort -u | head -n 5); do
    grep -q "^$account," "$data/bank-accounts.csv" || continue
    expect 0 history "$account" --csv
    # The last event of each row of the file is the one before the next row's first; dates and ids tell them apart.
    tail -n +2 "$out" | tr -d '\r' | awk -F, '$11 != "" {id = $5; sub(/^rounding-/, "", id); net = $11
        if ($4 != "deposit consumed" && $4 != "allocated") current = id
        if (!(current in seen)) {order[++n] = current; seen[current] = 1}
        last[current] = net
        } END {for (i = 1; i <= n; i++) print order[i] "," last[order[i]]}' |
        awk -F, '{net = $2; if (net ~ /^-/) sub(/^-/, "", net); else if (net + 0 != 0) net = "-" net; print $1 "," net}' >"$work/found"
    awk -F, -v id="$account" '$1 == id {print $4 "," $7}' "$data/bank-accounts.csv" | tr -d '\r' >"$work/wanted"
    cmp -s "$work/wanted" "$work/found" || { diff "$work/wanted" "$work/found" | head -n 5 >"$out"; die "account $account row by row"; }
done
expect 0 digest
cp "$out" "$work/digest"
rm -rf "$DAYBOOK_LEDGER/views"
expect 0 digest
cmp -s "$out" "$work/digest" || die "rebuilding changed a digest"
echo "real data: as the files say"
