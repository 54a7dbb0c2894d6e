#!/bin/bash
# Two files of real data: what is open at five dates and how late each invoice was; what every account held after each
# of its days, as of any day and as known at any sequence.
#   test_real_data.sh PROGRAM SOURCE N     asks for one in N of the days, and of the accounts
. "$(dirname "$0")/common.sh"

of_each=$3
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
    sed -nE 's/.*"totals":\[(.*)\].*/\1/; s/.*"totalMinor":"([0-9]+)".*/\1/p' "$out"
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
# A balance in the file is what the bank owes, so it is our net with the other sign. -0.00 is not written.
negate() { awk -F, '{net = $2; if (sub(/^-/, "", net) == 0 && net + 0 != 0) net = "-" net; print $1 "," net}'; }
tail -n +2 "$data/bank-accounts.csv" | tr -d '\r' >"$work/rows"

# As of every day, every account: the file's balance after its last row of that day or before.
mkdir "$work/days"
sort -s -t, -k3,3 "$work/rows" | awk -F, -v directory="$work/days" '
    function write(day, id) { for (id in last) print id "," last[id] >(directory "/" day); close(directory "/" day) }
    $3 != day {if (day != "") write(day); day = $3}
    {last[$1] = $7}
    END {write(day)}'
mapfile -t days < <(find "$work/days" -type f | sort | awk -v n="$of_each" 'NR % n == 0')
for file in "${days[@]}"; do
    day=$(basename "$file")
    expect 0 balance --as-of "$day" --csv
    tail -n +2 "$out" | tr -d '\r' | cut -d, -f1,10 | negate | sort >"$work/found"
    sort "$file" | cmp -s - "$work/found" || { sort "$file" | diff - "$work/found" >"$out" || true; die "balances as of $day"; }
done
[ "${#days[@]}" -ge $((450 / of_each)) ] || die "only ${#days[@]} days were asked for"
echo "real data: ${#days[@]} days of all accounts agree"

# Every row of an account: the net after the last event of the row, as it was known at that event.
cut -d, -f1 "$work/rows" | uniq | awk -v n="$of_each" 'NR % n == 0' >"$work/account-ids"
awk -F, 'NR == FNR {asked[$1]; next} $1 in asked {print $4 "," $7}' "$work/account-ids" "$work/rows" >"$work/asked"
while IFS= read -r account; do
    expect 0 history "$account" --csv
    # Rounding and the use of deposits are events of the row that they follow.
    tail -n +2 "$out" | tr -d '\r' | awk -F, '$12 != "" {
            id = $6
            sub(/^rounding-/, "", id)
            if ($5 == "deposit consumed") id = current
            if (id != current) {order[++n] = id; current = id}
            last[current] = $12
        }
        END {for (i = 1; i <= n; i++) print order[i] "," last[order[i]]}' | negate >>"$work/after"
done <"$work/account-ids"
cmp -s "$work/asked" "$work/after" || { diff "$work/asked" "$work/after" >"$out" || true; die "balances row by row"; }
echo "real data: the balance after each of $(wc -l <"$work/after") rows agrees"

expect 0 digest
cp "$out" "$work/digest"
rm -rf "$DAYBOOK_LEDGER/views"
expect 0 digest
cmp -s "$out" "$work/digest" || die "rebuilding changed a digest"
echo "real data: as the files say"
