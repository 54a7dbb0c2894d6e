#!/bin/bash
# A small business by hand: every command of the program, with the figures of a worked case.
. "$(dirname "$0")/common.sh"

new_ledger books --currency CNY
out_has "made a ledger in"

# Customers.
expect 0 customer open ACME --name "Acme Ltd" --terms 30 --tag wholesale --settlement receivable --on 2024-01-01
out_is "recorded 1: customer open ACME"
expect 1 customer open ACME --on 2024-01-01
err_has "refused DUPLICATE_CUSTOMER: "
expect 0 customer open 余额 --name 余额有限公司 --on 2024-01-01
expect 0 customer change ACME --terms 45 --on 2024-01-02
expect 0 customer show ACME
out_has "Acme Ltd"
out_has "wholesale"
out_has "45 days"
out_has "receivable"
expect 0 customer change ACME --terms 30 --tag retail --tag big --on 2024-01-02
expect 0 customer show ACME --csv
out_has "ACME,Acme Ltd,retail big,30 days,receivable,2024-01-01,"
expect 1 customer change NOBODY --terms 1
err_has "refused UNKNOWN_CUSTOMER: "
expect 0 customer list
out_has "余额有限公司"
expect 0 customer list --tag big --csv
[ "$(wc -l <"$out")" -eq 2 ] || die "one customer has the tag"

# The worked case AS-1: an invoice, a late payment, a later one that is put against it on its own day.
expect 0 charge ACME INV 1000.00 --on 2024-01-10 --due 2024-02-09 --category goods
out_has "charge INV of ACME, 1,000.00 CNY"
expect 0 pay ACME P1 400.00 --on 2024-02-20 --to INV=400.00 --method transfer
# What it paid, and what is left of each.
[[ "$(tail -n +2 "$out" | tr -s ' ')" == *"payment P1 CNY 0.00 0.00
charge INV CNY -400.00 600.00" ]] || die "the cashier is not told what was paid"
expect 0 pay ACME P2 600.00 --on 2024-03-15 --unapplied
[[ "$(tail -n 1 "$out" | tr -s ' ')" == "payment P2 CNY 600.00 600.00" ]] || die "nor what is not allocated"
expect 0 allocate ACME P2 --to INV --on 2024-04-02 --dry-run --json
out_has '"remainders":[{"kind":"DOCUMENT_KIND_PAYMENT","document":"P2","currency":"CNY","changeMinor":"-60000"},'
out_has '{"kind":"DOCUMENT_KIND_CHARGE","document":"INV","currency":"CNY","changeMinor":"-60000"}]'
expect 0 allocate ACME P2 --to INV --on 2024-04-02
expect 0 balance ACME --as-of 2024-02-29 --csv
out_has "ACME,CNY,600.00,0.00,0.00,"
expect 0 balance ACME --as-of 2024-03-31 --csv
out_has "ACME,CNY,600.00,600.00,0.00,"
expect 0 balance ACME --as-of 2024-04-02 --csv
out_has "ACME,CNY,0.00,0.00,0.00,"
expect 0 open-items ACME --as-of 2024-02-29 --csv
out_has "ACME,charge,INV,,goods,2024-01-10,2024-02-09,20,,CNY,1000.00,0.00,600.00"
expect 0 aging --as-of 2024-03-31
out_has "As of 2024-03-31, known at"
out_has "Policies:"
out_has "NOT DUE  1-30   31-60  61-90  91-120  OVER 120"
out_has "600.00"
expect 0 aging --as-of 2024-03-31 --edges 10,20 --csv
out_has "customer,currency,not_due,1-10,11-20,over 20,disputed,unapplied,total"
out_has "ACME,CNY,0.00,0.00,0.00,600.00,0.00,-600.00,0.00"
expect 0 aging --as-of 2024-03-31 --sort overdue --top 1 --csv
[ "$(wc -l <"$out")" -eq 2 ] || die "--top 1 is one row"
out_has "ACME,CNY,"
expect 2 aging --top 1 --limit 1
err_has "--top and --limit exclude each other"
expect 2 aging --sort size
# The bars and colours are for a terminal only.
expect 0 aging --as-of 2024-03-31
grep -q $'\033' "$out" && die "colours in a pipe"
script -qec "$daybook aging --as-of 2024-03-31" /dev/null >"$out" </dev/null
out_has "100.0 %"
grep -q $'\033\[31m' "$out" || die "what is overdue is not marked on a terminal"
NO_COLOR=1 script -qec "$daybook aging --as-of 2024-03-31" /dev/null >"$out" </dev/null
grep -q $'\033' "$out" && die "colours in spite of NO_COLOR"
# Nothing is wider than a narrow terminal: tables stand in parts, bars are short, policies wrap.
NO_COLOR=1 script -qec "stty cols 60; $daybook aging --as-of 2024-03-31" /dev/null </dev/null | tr -d '\r' >"$out"
out_has "100.0 %"
[ "$(grep -c '^CUSTOMER  CUR ' "$out")" -eq 2 ] || die "the table does not stand in two parts"
grep -qE '^.{61}' "$out" && die "a line is too long for the terminal"
expect 0 open-items --as-of 2024-04-02 --closed --csv
out_has ",2024-04-02,CNY,1000.00,0.00,0.00"

# What was known: the first four events know no charge.
expect 0 balance ACME --known-at 4 --as-of 2024-12-31 --json
[ "$(json_value knownAt)" = 4 ] || die "the answer does not say what was known"
grep -q '"receivableMinor"' "$out" && die "a charge was known before it was recorded"

# Deposits, adjustments, refunds.
expect 0 deposit 余额 L1 500 --on 2024-01-05 --expires 2999-01-01 --priority 10
expect 0 charge 余额 C1 120.50 --on 2024-01-06
expect 0 deposit 余额 L2 80 --promotional --scope meals --on 2024-01-07
expect 0 adjust 余额 A1 credit-note 20 --reason goodwill --on 2024-01-08
expect 1 adjust 余额 A1 credit-note 20 --reason goodwill --on 2024-01-08
err_has 'refused DUPLICATE_DOCUMENT: customer 余额 has an adjustment "A1" since event'
expect 0 adjust 余额 A2 debit-note 5 --reason fee --on 2024-01-08 --due 2024-02-08
expect 0 refund 余额 R1 79.50 --lot L1 --method cash --on 2024-01-09
expect 0 balance 余额 --as-of 2024-01-31 --csv
out_has "余额,CNY,5.00,20.00,380.00,0.00,380.00,0.00,0.00,-395.00"
expect 2 refund 余额 R2 1 --lot L1 --payment P1
err_has "--lot and --payment exclude each other"
expect 1 refund 余额 R2 1
err_has "say what the refund comes out of: a lot, a payment or an adjustment"
# What the engine would pass over in silence.
expect 2 charge 余额 TWICE 5 --due 2024-02-01 --instalment 2024-03-01
err_has "--due and --instalment exclude each other"
expect 2 charge 余额 TWICE 5 --terms 10 --due 2024-02-01
err_has "--terms and --due exclude each other"
expect 1 refund 余额 R2 1000 --lot L1 --on 2024-01-10
err_has "refused EXCEEDS_DEPOSIT: "
expect 1 refund 余额 R2 1 --lot L2 --on 2024-01-10
err_has "refused NOT_REFUNDABLE: "
expect 2 adjust 余额 A3 credit-note 1
err_has "--reason CODE is required"
expect 2 adjust 余额 A3 gift 1 --reason x
err_has 'KIND: "gift" is none of credit-note, debit-note'

# Pending money, allocations on and off, reversals.
expect 0 charge ACME INV-2 300 --on 2024-05-01
expect 0 pay ACME P3 300 --pending --unapplied --on 2024-05-02
expect 0 settle ACME P3 --on 2024-05-03
expect 0 allocate ACME P3 --to INV-2=100 --on 2024-05-03
sequence=$(sed -nE 's/^recorded ([0-9]+).*/\1/p' "$out")
expect 0 unallocate ACME "#$sequence" 40 --on 2024-05-04
expect 0 balance ACME --as-of 2024-05-04 --csv
out_has "ACME,CNY,240.00,240.00,0.00,"
expect 0 reverse payment ACME P3 --reading reversal --reason bounced --on 2024-05-05
expect 0 balance ACME --as-of 2024-05-05 --csv
out_has "ACME,CNY,300.00,0.00,0.00,"
expect 0 reverse charge ACME INV-2 100 --reading correction --reason typo
expect 0 balance ACME --as-of 2024-05-05 --csv
out_has "ACME,CNY,200.00,0.00,0.00,"
expect 2 reverse charge ACME INV-2
err_has "--reading READING is required"

# Instalments, and a payment of one of them.
expect 0 charge ACME INV-3 90 --instalment 30@2024-07-01 --instalment 60@2024-08-01 --on 2024-06-01
expect 0 pay ACME P4 60 --to INV-3#2=60 --on 2024-06-02
expect 0 open-items ACME --as-of 2024-06-30 --csv
out_has "ACME,charge,INV-3,1,,2024-06-01,2024-07-01,-1,,CNY,30.00,0.00,30.00"

# Days that may be slips are taken, and warned of.
expect 0 charge ACME DUE 1 --on 2024-06-10 --due 2024-06-09 --dry-run
err_has 'warning: "DUE" is due on 2024-06-09, before its own day, 2024-06-10: it is overdue from the start'
expect 0 charge ACME DUE 1 --on 2024-06-10 --due 2024-06-09 --original-on 2024-06-01 --dry-run
err_is_empty
expect 0 charge ACME DUE 1 --on 2024-06-10 --due 2024-06-10 --dry-run
err_is_empty
expect 0 adjust ACME DUE debit-note 1 --on 2024-06-10 --due 2024-06-01 --reason fee --dry-run
err_has 'warning: "DUE" is due on 2024-06-01'
both='{"key":"Ym90aA==","actor":"t","customer":"ACME","postCharge":{"charge":"B","amountMinor":"9","dueOn":"2999-01-01",'
both+='"instalments":[{"dueOn":"2999-02-01"},{"dueOn":"2999-03-01"}]}}'
expect_fed 0 submit --dry-run --remainders - <<<"$both"
out_has '"warnings":["the instalments of \"B\" have their own days: its due_on counts for nothing"]'
out_has '{"kind":"DOCUMENT_KIND_CHARGE","document":"B","instalment":2,"currency":"CNY","changeMinor":"4","leftMinor":"4"}'

# An answer that cannot be written does not hide that it is recorded.
if [ -e /dev/full ]; then
    for format in "" --json; do
        code=0
        # shellcheck disable=SC2086
        "$daybook" deposit ACME "FULL$format" 1 --on 2024-06-10 $format >/dev/full 2>"$err" || code=$?
        [ "$code" -eq 3 ] || die "exit code $code where the answer cannot be written"
        err_has "it is recorded, as "
        err_has 'do not enter it again; "daybook history ACME" shows it'
        [ "$(wc -l <"$err")" -eq 2 ] || die "it is said more than once"
        expect 0 refund ACME "BACK$format" 1 --lot "FULL$format" --on 2024-06-10
    done
    code=0
    "$daybook" deposit ACME NOT 1 --dry-run >/dev/full 2>"$err" || code=$?
    [ "$code" -eq 3 ] && ! grep -q recorded "$err" || die "a dry run records nothing"
fi

# Credit: three states, blocked or warned.
expect 0 credit set 余额 unlimited --on 2024-01-01
expect 0 credit show 余额
out_has "unlimited"
expect 0 credit set ACME 250 --mode block --on 2024-06-01
expect 1 charge ACME INV-4 1000 --on 2024-06-03
err_has "refused OVER_CREDIT_LIMIT: "
expect 0 credit set ACME 250 --mode warn --on 2024-06-01
expect 0 charge ACME INV-4 1000 --on 2024-06-03
err_has "warning: "
expect 0 credit list --csv
out_has "ACME,CNY,amount,warn,250.00,"

expect 0 credit hold ACME --reason unpaid
expect 1 charge ACME INV-5 1 --on 2024-06-03
err_has "refused CREDIT_HOLD: "
expect 0 credit lift ACME --reason paid

# Holds: reserved, captured in part, the rest released. Deposits used for what was posted before.
expect 0 customer open HOTEL --on 2024-01-01
expect 0 deposit HOTEL L1 100 --on 2024-01-02
expect 0 hold place HOTEL H1 60 --on 2024-01-03
expect 0 balance HOTEL --as-of 2024-01-03 --csv
out_has "HOTEL,CNY,0.00,0.00,100.00,60.00,40.00,"
expect 0 hold capture HOTEL H1 ROOM --amount 50 --on 2024-01-04
expect 0 balance HOTEL --as-of 2024-01-04 --csv
out_has "HOTEL,CNY,0.00,0.00,50.00,0.00,50.00,"
expect 0 hold place HOTEL H2 20 --on 2024-01-05
expect 0 hold release HOTEL H2 --on 2024-01-06
expect 1 hold capture HOTEL H2 BAR
expect 0 charge HOTEL BAR 30 --settlement receivable --on 2024-01-07
expect 0 apply HOTEL BAR 10 --on 2024-01-08
expect 0 balance HOTEL --as-of 2024-01-08 --csv
out_has "HOTEL,CNY,20.00,0.00,40.00,0.00,40.00,"

# Lots past their day, and brought back; disputes.
expect 0 deposit HOTEL L2 7 --expires 2024-02-01 --on 2024-01-09
expect 0 expire HOTEL
expect 0 expire HOTEL
out_is "nothing to record: expire HOTEL"
expect 0 deposit HOTEL L3 5 --expires 2024-02-01 --on 2024-01-09
# A lot past its day expires as it is received, so nothing is left for the run.
expect 0 expire --through 2024-01-31
out_has "customers, 0 events"
expect 0 expire
out_has "expired for 0 of "
expect 1 expire NOBODY
err_has "refused UNKNOWN_CUSTOMER: "
expect 2 expire --through yesterday
expect 0 balance HOTEL --as-of 2024-02-01 --csv
out_has "HOTEL,CNY,20.00,0.00,40.00,0.00,40.00,12.00,"
expect 0 lot reactivate HOTEL L2 --reason came-back
expect 0 balance HOTEL --csv
out_has "HOTEL,CNY,20.00,0.00,47.00,0.00,47.00,5.00,"
expect 0 dispute open HOTEL D1 BAR --amount 5 --reason cold-food
expect 0 aging HOTEL --csv
out_has ",5.00,0.00,20.00"
expect 0 dispute resolve HOTEL D1 rejected --note "it was warm"
expect 0 aging HOTEL --csv
out_has ",0.00,0.00,20.00"
expect 2 dispute resolve HOTEL D1 forgotten
err_has "none of upheld, rejected, withdrawn"

# Keys: again is answered again; other content is refused; a dry run leaves nothing behind.
expect 0 deposit ACME L9 1 --key once --on 2024-06-04 --json
first=$(json_value firstSequence)
expect 0 deposit ACME L9 1 --key once --on 2024-06-04 --json
out_has '"repeated":true'
[ "$(json_value firstSequence)" = "$first" ] || die "the same key was answered with another sequence"
expect 0 deposit ACME L9 1 --key once --on 2024-06-04
out_has "was recorded before, $first"
expect 1 deposit ACME L9 2 --key once --on 2024-06-04 --json
out_has '"code":"REFUSAL_CODE_KEY_REUSED"'
err_has "refused KEY_REUSED: "
expect 0 deposit ACME L10 5 --dry-run --on 2024-06-04
out_has "would be accepted: deposit L10 of ACME, 5.00 CNY"
expect 1 deposit NOBODY L10 5 --dry-run
expect 0 deposit ACME L10 5 --on 2024-06-04
expect 1 deposit ACME L11 5 --not-after 2020-01-01T00:00:00Z
err_has "refused REQUEST_EXPIRED: "

# Periods.
expect 0 period close 2024-01-31 --reason month-end
out_has ": period close 2024-01-31"
expect 1 deposit ACME L12 5 --on 2024-01-31
err_has "refused PERIOD_CLOSED: "
err_has "  Enter it on the first open day with original_on, or reopen the period."
err_has "  type --on 2024-02-01 --original-on 2024-01-31: the first open day, and the one that is closed"
expect 0 deposit ACME L12 5 --on 2024-02-01 --original-on 2024-01-31
# A date that nobody typed is told as what it is, and what to type is said, too.
expect 0 period reopen --reason test
expect 0 customer open LATE --on 2024-01-01
expect 0 charge LATE C 5 --on 2024-01-10
expect 0 pay LATE P 5 --on 2024-01-20 --unapplied
expect 0 period close 2024-01-31
expect 1 allocate LATE P --to C
err_has "so nothing can be entered for 2024-01-20, the day that the documents give it"
err_has "  type --on 2024-02-01 --original-on 2024-01-20: "
expect 1 allocate LATE P --json
out_has '"date":"2024-01-20","firstOpenOn":"2024-02-01"'
expect 1 reverse payment LATE P --reading correction --reason typo
err_has "--reading reversal --on 2024-02-01 undoes it on the first open day"
expect 0 allocate LATE P --to C --on 2024-02-01
expect 0 reverse payment LATE P --reading reversal --on 2024-02-01 --reason typo
expect 0 period reopen --reason late-invoices
expect 0 deposit ACME L13 5 --on 2024-01-31

# History, and what it shows of an allocation.
expect 0 history ACME
out_has "charge posted"
out_has "P1 > INV"
out_has "tester"
expect 0 history ACME --limit 2 --csv
[ "$(wc -l <"$out")" -eq 3 ] || die "a page of two rows has two rows"
expect 0 history ACME --limit 2 --json
cursor=$(json_value nextCursor)
[ -n "$cursor" ] || die "there is no next page"
expect 0 history ACME --limit 2 --cursor "$cursor" --csv
[ "$(wc -l <"$out")" -eq 3 ] || die "the second page of two rows has two rows"

# Of the whole book it is everybody's: as many rows as there are events, each customer's with the balance as in theirs.
expect 0 history --as-of 2999-12-31 --csv
cp "$out" "$work/whole"
expect 0 export events
[ "$(tail -n +2 "$work/whole" | wc -l)" -eq "$(wc -l <"$out")" ] || die "the whole history is not all events"
expect 0 history ACME --as-of 2999-12-31 --csv
tail -n +2 "$out" >"$work/own"
awk -F, '$4 == "ACME"' "$work/whole" | cmp -s - "$work/own" || die "ACME's part of the whole history is not ACME's"

# Another currency, closing, and amounts as they are written.
expect 0 deposit ACME J1 1000 --currency JPY
out_has "1,000 JPY"
expect 2 deposit ACME J2 1000.5 --currency JPY
err_has "has more decimals than JPY has (0)"
expect 2 deposit ACME L14 1.005
err_has 'AMOUNT: "1.005" has more decimals than CNY has (2)'
expect 2 deposit ACME L14 1,000
err_has "is no amount; write it like 1000.00"
expect 2 deposit ACME L14 99999999999999999999
err_has "is more than an amount can hold"
expect 2 deposit ACME L14 1 --on 2024-02-30
err_has '--on: "2024-02-30" is no date'
expect 2 deposit ACME L14 1 --currency XXY
err_has "no ISO 4217 currency"
expect 1 deposit ACME L14 0
err_has "refused AMOUNT_NOT_POSITIVE: "
expect 1 customer close ACME
err_has "refused BALANCE_NOT_ZERO: "
err_has ': see charge "'
expect 0 customer open GONE
expect 0 customer close GONE --reason moved
# What the refusal advises leads to the end, whatever is left.
expect 0 customer open REST --on 2024-01-01
cannot_close() {
    expect 1 customer close REST
    err_has "refused BALANCE_NOT_ZERO: customer \"REST\" has $1"
}
expect 0 charge REST C 5 --on 2024-01-02
cannot_close '5.00 CNY receivable: see charge "C"'
expect 0 adjust REST W write-off 5 --charge C --reason lost
expect 0 adjust REST N debit-note 4 --reason fee
cannot_close '4.00 CNY receivable: see adjustment "N"'
expect 0 adjust REST W2 write-off 4 --debit-note N --reason lost
expect 0 pay REST P 3
cannot_close '3.00 CNY unapplied: see payment "P"'
expect 0 refund REST R 3 --payment P
expect 0 adjust REST K credit-note 2 --reason gift
cannot_close '2.00 CNY unapplied: see adjustment "K"'
expect 0 refund REST R2 2 --credit K
expect 0 deposit REST L 8 --on 2024-01-02
cannot_close '8.00 CNY in deposits: see lot "L"'
expect 0 hold place REST H 8
cannot_close '8.00 CNY in deposits'
expect 0 hold release REST H
expect 0 refund REST R3 8 --lot L
expect 0 deposit REST D 7 --on 2024-01-02 --expires 2024-01-05
expect 0 deposit REST G 6 --on 2024-01-02 --expires 2024-01-05 --promotional
cannot_close '13.00 CNY dormant: see lot "G"'
expect 0 lot reactivate REST D --reason registered
expect 0 refund REST R4 7 --lot D
expect 0 lot reactivate REST G --reason registered
expect 1 refund REST R5 6 --lot G
err_has "refused NOT_REFUNDABLE: "
expect 0 charge REST C2 6 --settlement deposits-only
expect 0 pay REST P2 1 --pending
cannot_close '1.00 CNY pending'
expect 0 reverse payment REST P2 --reading reversal --reason bounced
expect 0 charge REST C3 1 --on 2999-01-01
expect 0 pay REST P3 1 --on 2999-01-01
expect 1 customer close REST
err_has "has movements up to 2999-01-01, after the closing on"
expect 0 customer close REST --on 2999-01-01
expect 1 deposit GONE L1 1
err_has "refused CUSTOMER_CLOSED: "

# The ledger is named in three ways.
ledger=$DAYBOOK_LEDGER
unset DAYBOOK_LEDGER
expect 2 balance
err_has "no ledger is named; give -L DIR or set DAYBOOK_LEDGER"
expect 0 balance -L "$ledger"
expect 0 -L "$ledger" balance
expect 0 balance "--ledger=$ledger"
export DAYBOOK_LEDGER=$ledger

# Status, digests and rebuilding: the same digest whichever way it was come by.
expect 0 status
out_has "business dates of UTC, amounts in CNY"
out_has "writer: none"
out_has "books: agree with the customers' accounts, checked through event"
for view in balance aging credit history customers; do
    out_has "$view"
done
expect 0 status --json
out_has '"journalHead":"'
mv "$ledger/views" "$work/views"
expect 0 status
grep -qE '^aging +[0-9]+ +missing +0 +[0-9,]+ +0 +0 +is built when first asked$' "$out" || die "a view that is not there has a lag in seconds"
rm -rf "$ledger/views"
mv "$work/views" "$ledger/views"
expect 0 digest
cp "$out" "$work/digests"
expect 0 rebuild balance aging
# A view that is named twice is built once, and told of once.
generation=$(cd "$ledger/views" && echo balance.g*)
expect 0 rebuild balance aging balance
[ "$(grep -c '^balance ' "$out")" -eq 1 ] || die "a view that was named twice is told of twice"
[ -d "$ledger/views/balance.g$((${generation#balance.g} + 1))" ] || die "a view that was named twice is built twice"
expect 0 rebuild
expect 0 digest
cmp -s "$out" "$work/digests" || die "rebuilding changed a digest"
rm -rf "$ledger/views"
expect 0 digest
cmp -s "$out" "$work/digests" || die "deleting the views changed a digest"
expect 2 digest nonsense
err_has "nonsense"
# What was printed for two coordinates is printed again, byte for byte, whatever came since.
new_ledger again --currency CNY
expect 0 customer open ACME --on 2024-01-02
expect 0 deposit ACME L1 50.00 --on 2024-01-05
expect 0 charge ACME INV 1000.00 --on 2024-01-10 --due 2024-02-09 --settlement receivable
expect 0 pay ACME P1 400.00 --on 2024-02-20
for question in balance aging open-items history trial-balance deposits "credit list" "export --format hledger"; do
    read -ra words <<<"$question"
    expect 0 "${words[@]}" --as-of 2024-03-31 --known-at 4
    cp "$out" "$work/printed"
    expect 0 charge ACME "C.${words[0]}" 3.00 --on 2024-02-03 --settlement receivable
    expect 0 "${words[@]}" --as-of 2024-03-31 --known-at 4
    cmp -s "$out" "$work/printed" || die "$question was rewritten: $(diff "$work/printed" "$out")"
done
echo "commands: as expected"
