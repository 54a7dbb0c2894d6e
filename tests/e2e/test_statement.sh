#!/usr/bin/env bash
# Statements by the real program: issued for all, stopped and gone on with, shown word for word.
source "$(dirname "$0")/common.sh"

new_ledger books --currency CNY
expect 0 customer open ACME --name "Acme Ltd" --on 2024-01-02
expect 0 charge ACME INV-1 1000.00 --on 2024-01-10 --due 2024-02-09
expect 0 deposit ACME L-1 200 --on 2024-01-15

# ---- one ----

expect 0 statement preview ACME --as-of 2024-01-31
out_has "none: a preview, not issued"
expect 0 statement issue ACME --to 2024-01-31
out_is "issued 1 statement through 2024-01-31; 0 of 1 account needed none"
expect 0 statement show ACME 2024-01-31-CNY
cp "$out" "$work/january"
expect 0 pay ACME P-1 400.00 --on 2024-01-20
expect 0 statement issue ACME --to 2024-02-29 --kind open-item --id february
expect 0 statement show ACME february
out_has "CHANGES TO EARLIER PERIODS"
out_has "changes since                    -400.00             -400.00                0.00                0.00"
expect 0 statement show ACME february --csv
out_has "change,2024-01-20,"

# What was issued stays, whatever came since, and without the views.
expect 0 statement show ACME 2024-01-31-CNY
cmp -s "$out" "$work/january" || die "another January"
rm -r "$DAYBOOK_LEDGER/views"
expect 0 statement show ACME 2024-01-31-CNY
cmp -s "$out" "$work/january" || die "another January without views"

# The SHA-256 on the event is that of the bytes that are printed.
expect 0 statement show ACME 2024-01-31-CNY --json
recorded=$(json_value contentSha256)
[ "$(sha256sum <"$work/january" | cut -c 1-64)" = "$(printf %s "$recorded" | base64 -d | od -An -tx1 | tr -d ' \n')" ] ||
    die "the recorded SHA-256 is of something else"

expect 0 statement list ACME
out_has "february"
expect 0 statement list --known-at 4 --csv
[ "$(wc -l <"$out")" -eq 2 ] || die "one was issued by then"

# ---- those with a tag ----

new_ledger tagged --currency CNY
for i in 1 2 3 4; do
    expect 0 customer open "N$i" --tag "$([ $i -lt 4 ] && echo north || echo south)" --on 2024-01-01
    expect 0 charge "N$i" G "$i" --on 2024-01-10
done
expect 0 customer change N4 --tag north --on 2024-03-01
expect 0 statement issue --tag north --monthly --from 2023-12-31 --to 2024-02-29
out_is "issued 6 statements through 2024-02-29; 0 of 3 accounts needed none"
expect 0 statement issue --tag north --monthly --from 2023-12-31 --to 2024-03-31
out_is "issued 6 statements through 2024-03-31; 0 of 4 accounts needed none"
expect 0 statement issue --tag north --monthly --from 2023-12-31 --to 2024-03-31
out_is "issued 0 statements through 2024-03-31; 4 of 4 accounts needed none"
expect 0 statement list --tag north --csv
[ "$(tail -n +2 "$out" | wc -l)" -eq 12 ] || die "four customers and three months"
expect 2 statement issue --tag north --all --to 2024-03-31
err_has "name a customer, or say --all, or --tag"
expect 2 statement issue N1 --tag north --to 2024-03-31
expect 2 statement issue --tag "" --to 2024-03-31
expect 2 statement issue "" --to 2024-03-31
export DAYBOOK_LEDGER=$work/books

# ---- errors ----

expect 2 statement issue --to 2024-03-31
err_has "name a customer, or say --all"
expect 2 statement issue ACME --all --to 2024-03-31
expect 2 statement issue --all
expect 2 statement issue --all --to 2124-01-01
err_has "that day has not come"
expect 3 statement show ACME nothing
err_has 'no statement "nothing"'
expect 3 statement preview NOBODY
expect 1 statement issue ACME --to 2024-03-31 --id february
err_has "refused DUPLICATE_DOCUMENT"

# ---- all, stopped in the middle as often as it takes, and no statement twice ----

new_ledger many --currency CNY
for i in $(seq 1 600); do
    printf '{"key":"%s","actor":"t","customer":"C%d","effectiveOn":"2024-01-05","openCustomer":{"profile":{"name":"C"}}}\n' \
        "$(printf 'o%d' "$i" | base64)" "$i"
    printf '{"key":"%s","actor":"t","customer":"C%d","currency":"CNY","effectiveOn":"2024-01-%02d","postCharge":{"charge":"g","amountMinor":%d}}\n' \
        "$(printf 'g%d' "$i" | base64)" "$i" $((i % 20 + 6)) $((i * 10))
done >"$work/requests"
expect_fed 0 submit - <"$work/requests"
grep -q refusal "$out" && die "a request was refused"
"$daybook" statement issue --all --monthly --from 2023-12-31 --to 2024-04-30 >"$out" 2>"$err" &
job=$!
while kill -0 "$job" 2>/dev/null && [ "$("$daybook" statement list --csv --limit 2 | wc -l)" -lt 2 ]; do :; done
kill -KILL "$job" 2>/dev/null || true
wait "$job" 2>/dev/null || true
expect 0 statement issue --all --monthly --from 2023-12-31 --to 2024-04-30
expect 0 statement list --csv
[ "$(tail -n +2 "$out" | wc -l)" -eq 2400 ] || die "600 customers and four months make 2400 statements"
[ "$(tail -n +2 "$out" | cut -d , -f 1,5 | sort | uniq -d | wc -l)" -eq 0 ] || die "a month was told twice"
expect 0 statement issue --all --monthly --from 2023-12-31 --to 2024-04-30
out_is "issued 0 statements through 2024-04-30; 600 of 600 accounts needed none"
expect 0 statement show C77 2024-03-31-CNY
out_has "closing                             7.70"
