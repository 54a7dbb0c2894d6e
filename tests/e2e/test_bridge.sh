#!/bin/bash
# The worked case AS-1 as a bridge: a payment of February that was entered in March.
. "$(dirname "$0")/common.sh"

new_ledger books --currency CNY
expect 0 customer open ACME --on 2024-01-02
expect 0 charge ACME INV-1 1000 --on 2024-01-10 --due 2024-02-09
expect 0 pay ACME P-1 400 --on 2024-02-20
expect 0 pay ACME P-2 600 --on 2024-03-15 --unapplied
expect 0 allocate ACME P-2 --to INV-1 --on 2024-04-02

expect 0 bridge aging --as-of 2024-02-29 --from 2
out_has "known at 6"
out_has "P-1 > INV-1"
out_has "as known before"
out_has "2 events"
grep -E "^check .*unexplained" "$out" | grep -qv "[1-9]\.\|\.[0-9]*[1-9]" || die "something is unexplained"
expect 0 bridge aging ACME --as-of 2024-02-29 --from 2 --to 4 --csv
tr -d '\r' <"$out" | cut -d, -f2,5,8,9,15,16 >"$work/rows"
cat >"$work/expected" <<'END'
sequence,event,not_due,1-30,unapplied,total
2,as known before,0.00,1000.00,0.00,1000.00
3,payment received,0.00,0.00,-400.00,-400.00
4,allocated,0.00,-400.00,400.00,0.00
4,as known after,0.00,600.00,0.00,600.00
END
cmp -s "$work/rows" "$work/expected" || die "the bridge is: $(cat "$work/rows")"
expect 0 bridge balance ACME --as-of 2024-04-02 --from 4 --json
out_has '"beforeMinor":["60000","0",'
out_has '"changeMinor":["-60000","0",'
out_has '"events":"2"'

# A statement of March: what was entered late for February changes what it opens with.
expect 0 bridge statement ACME --as-of 2024-03-31 --after 2024-02-29 --from 2 --csv
tr -d '\r' <"$out" | cut -d, -f2,5,8-10 >"$work/rows"
cat >"$work/expected" <<'END'
sequence,event,opening_owed,movements_owed,closing_owed
2,as known before,1000.00,0.00,1000.00
3,payment received,-400.00,0.00,-400.00
5,payment received,0.00,-600.00,-600.00
6,as known after,600.00,-600.00,0.00
END
cmp -s "$work/rows" "$work/expected" || die "the bridge is: $(cat "$work/rows")"
expect 2 bridge aging --from 2 --after 2024-02-29
err_has "this is none"

# A page at a time the rows are the same.
expect 0 bridge aging --as-of 2024-04-02 --from 0 --csv
cp "$out" "$work/whole"
expect 0 bridge aging --as-of 2024-04-02 --from 0 --csv --limit 3
head -n 4 "$work/whole" | cmp -s - "$out" || die "the first page is not the beginning"

# Nothing happened in between: the sums of both sides are still something to show.
expect 0 bridge aging --as-of 2024-02-29 --from 4
out_has "0 events"
[ "$(grep -cF "Nothing to show." "$out")" -eq 0 ] || die "it says that there is nothing, and shows it"
expect 2 bridge aging
err_has "--from SEQ|TIMESTAMP is required"
expect 2 bridge profit --from 1
err_has "none of aging, balance, statement"
expect_any "2 3" bridge aging --from 5 --to 3
err_has "5 is after 3; exchange the two"

# What is of ages alone says nothing of a balance, and is refused.
for option in "--edges 15" "--basis posting" "--unapplied bucket"; do
    read -ra words <<<"$option"
    expect 2 bridge balance --from 2 "${words[@]}"
    err_has "ask for aging"
    expect 2 bridge statement --from 2 --after 2024-01-31 "${words[@]}"
    expect 0 bridge aging --from 2 "${words[@]}"
done
expect 2 bridge aging --from 2 --after 2024-01-31
err_has "a statement's period"
