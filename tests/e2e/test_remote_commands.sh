#!/bin/bash
# Every command of `daybook help`, once on the ledger's directory and once over a server: the same output, exit code and
# files. A command without a row here fails the test, so that a new one cannot be forgotten.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
cd "$work"

# Two ledgers that are one: what is asked of both must agree; what writes is done to each, and read from each.
new_ledger here --currency CNY
expect 0 customer open ACME --name "Acme 公司" --on 2024-01-01 --tag vip
expect 0 customer open BETA --name Beta --on 2024-01-01
expect 0 charge ACME C1 100.00 --on 2024-01-10 --due 2024-02-09
expect 0 charge ACME C2 70.00 --on 2024-01-20
expect 0 deposit BETA L1 50.00 --on 2024-01-11 --expires 2090-06-30
expect 0 deposit BETA L2 10.00 --on 2024-01-11 --expires 2024-06-30
expect 0 pay ACME P1 30.00 --on 2024-02-20
expect 0 charge ACME C3 9.00 --on 2024-02-21
expect 0 pay ACME P2 9.00 --on 2024-02-22 --unapplied
expect 0 pay ACME P3 5.00 --on 2024-02-22 --unapplied --pending
expect 0 audit key new example.org/books
key=$(cat "$out")
expect 0 audit checkpoint
expect 0 backup create first.daybook
cp -a here there
unset DAYBOOK_LEDGER
DAYBOOK_LEDGER=$work/there start_server

echo '{"lotOrder":["LOT_KEY_PAID"]}' >policy.json
printf '{"key":"azE=","actor":"t","customer":"BETA","effectiveOn":"2024-01-05","receiveDeposit":{"lot":"L9","amountMinor":"9"}}\nnonsense\n' >requests
printf 'day,lot,amount\n2024-03-01,T1,5.00\n2024-03-02,T2,6.00\n' >table.csv
cat >table.json <<'MAP'
{"version": 1, "encoding": "utf-8", "currency": "CNY", "date_formats": ["YYYY-MM-DD"], "requests": [
  {"command": "receive_deposit", "customer": {"constant": "BETA"}, "effective_on": {"column": "day"},
   "fields": {"lot": {"column": "lot"}, "amount_minor": {"amount": "amount"}}}]}
MAP
at="--as-of 2024-03-31"

# Rows: how, the exit code, the command. `same`: read from one ledger both ways while the server has it. `both`: done to each of the two;
# what is printed and made (OUT) is compared. `here`: refused over a server, with the reason.
# A digest waits for every view: what the doctor counts in them stands still between the two looks at it.
rows() {
    cat <<'ROWS'
here 2 init DIR
both 0 customer open GAMMA --name Gamma --on 2024-01-02
both 0 customer change GAMMA --name Other --on 2024-01-03
both 0 customer erase GAMMA --reason art-17
both 0 customer close GAMMA --on 2024-01-04
same 0 customer show ACME @AT
same 0 customer list @AT --csv
both 0 deposit BETA L3 5.00 --on 2024-01-12 --key k1
both 0 charge ACME C4 12.00 --on 2024-03-01
both 0 pay ACME P4 1.00 --on 2024-03-02
both 0 settle ACME P3 --on 2024-03-02
both 0 allocate ACME P2 --to C2 --on 2024-03-02
both 0 unallocate ACME #23
both 0 adjust ACME A1 credit-note 1.00 --charge C1 --reason goodwill --on 2024-03-03
both 0 refund BETA R1 1.00 --lot L1 --on 2024-03-03
both 0 reverse payment ACME P4 --reading correction --reason bounced
both 0 reverse charge ACME C3 --reading reversal --reason error --on 2024-03-04
both 1 apply BETA C5 --on 2024-03-04
both 0 hold place BETA H1 2.00 --on 2024-03-05
both 0 hold capture BETA H1 C6 --on 2024-03-05
both 0 hold place BETA H2 2.00 --on 2024-03-05
both 0 hold release BETA H2 --on 2024-03-05
both 0 lot reactivate BETA L2 --expires 2091-01-01 --reason back
both 0 expire
both 0 dispute open ACME D1 C1 --amount 1.00 --reason late --on 2024-03-05
both 0 dispute resolve ACME D1 rejected --on 2024-03-06
both 0 credit set ACME 500.00 --mode block
same 0 credit show ACME @AT
same 0 credit list @AT
both 0 credit hold BETA --reason late
both 0 credit lift BETA --reason paid
both 0 period close 2023-12-31
both 0 period reopen --reason late-invoice
same 0 balance @AT
same 3 balance NOBODY
same 0 aging @AT --json
same 0 open-items ACME @AT
same 0 history ACME @AT
same 0 history @AT --csv
same 0 history --tag vip @AT --limit 2 --json
same 0 trial-balance @AT
same 0 trial-balance ACME @AT --csv
same 0 trial-balance --tag vip @AT --json
same 0 postings @AT
same 0 postings --tag vip @AT
same 0 deposits @AT
same 0 lineage ACME charge C1 @AT
same 0 kpi --from 2023-12-31 --to 2024-02-29
same 0 kpi ACME --from 2023-12-31 --to 2024-02-29
same 0 credit history ACME @AT --from 2024-01-01
same 0 credit decisions ACME @AT
same 0 bridge aging @AT --from 2
both 0 statement issue --tag vip --from 2023-12-31 --to 2024-02-29
both 0 statement issue --all --from 2023-12-31 --to 2024-02-29
same 0 statement list
same 0 statement show ACME 2024-02-29-CNY
same 0 statement preview ACME @AT
same 0 replay --policy policy.json @AT
same 0 replay --policy policy.json @AT --json --limit 0
same 3 replay --policy nothing.json
both 1 submit requests
both 0 import table.csv --map table.json
both 0 import table.csv --map table.json --json
same 0 export events
same 0 export balances --format csv @AT -o OUT
same 0 export --format hledger @AT
same 0 backup create OUT
same 0 backup create OUT --since first.daybook
same 3 backup create first.daybook
here 2 backup verify first.daybook
here 2 restore DIR first.daybook
same 0 digest
same 0 doctor
same 0 doctor --json
same 0 doctor --give-up-views
both 3 audit key new example.org/other
both 2 audit key new
same 0 audit key show
same 0 audit checkpoint -o OUT
here 2 audit cosign first.daybook --key k --log-key l --state s
same 0 audit prove 3 -o OUT
same 0 audit prove-consistency 5 -o OUT
same 0 audit tiles OUT
same 0 audit verify --customer ACME -o OUT
same 0 audit bundle -o OUT
same 3 audit bundle --to 3 -o OUT
same 0 status
same 0 rebuild
here 2 serve --listen 127.0.0.1:0
same 2 feed postgres --format xml
same 3 feed nats --url nats://127.0.0.1:1 --once --wait 1
same 2 feed kafka --format xml
both 0 token create --name kim --role cashier --expires 2099-01-01
both 0 token list
both 0 token revoke kim
same 0 proposal list
both 3 proposal show NONE
both 1 proposal approve NONE --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
both 0 charge BETA C9 1.00 --on 2024-03-05 --propose W1
same 0 proposal show W1
both 1 proposal reject NONE --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --reason no
both 0 approval set write-off=1000
same 0 approval show
both 0 refusals
ROWS
}

# What is of the moment: how fast a process folds, how far the scrub is, how much room there is.
of_the_moment() {
    sed -E -e '/^scrub:/d' -e 's/(following|missing|behind) +([0-9,]+) +[0-9,]+ +[0-9.]+ +[0-9,]+/\1 \2/' \
        -e 's/[0-9,]+ MiB are free/MiB/' -e 's/"time":"[^"]*"/"time"/' "$1"
}
# And of one ledger and not of the other: when, by which keys and processes, and where.
of_one_ledger() {
    sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/INSTANT/g' -e 's/[0-9a-f]{64}/HASH/g' \
        -e 's/[A-Za-z0-9_+\/-]{40,}=*/SECRET/g' -e "s,($work/)?\b(here|there)\b,PLACE,g" \
        -e 's/^note     writer: .*/writer/' -e 's/[0-9]+ (pages in use)/\1/'
}
# try FILTER NAME ARGUMENT...: runs it; output in NAME.out, NAME.err, NAME.code, and what it makes at OUT in NAME.made
try() {
    local filter=$1 name=$2 code=0
    shift 2
    rm -rf "$name.made"
    "$daybook" "${@//OUT/$name.made}" >"$name.raw" 2>"$name.said" </dev/null || code=$?
    sed -i "s/$name\.made/MADE/g" "$name.raw" "$name.said"
    of_the_moment "$name.raw" | $filter >"$name.out"
    of_the_moment "$name.said" | $filter >"$name.err"
    echo "$code" >"$name.code"
}
# A certificate and a backup say when they were made; what else is in them is compared.
made_is_same() {
    local row=$1
    case $row in
    "audit verify"*) [ -s b.made ] && cmp -s <(sed '/^replayed:/d; /^$/q' a.made) <(sed '/^replayed:/d; /^$/q' b.made) ;;
    "audit bundle"*)
        [ ! -e a.made ] && [ ! -e b.made ] && return 0
        rm -rf a.x b.x && mkdir a.x b.x && tar --zstd -C a.x -xf a.made && tar --zstd -C b.x -xf b.made &&
            rm -f ?.x/MANIFEST ?.x/certificate* && diff -r a.x b.x >/dev/null
        ;;
    "backup create"*) [ ! -e a.made ] && [ ! -e b.made ] || [ "$(stat -c %s a.made)" = "$(stat -c %s b.made)" ] ;;
    *) diff -r a.made b.made >/dev/null 2>&1 || { [ ! -e a.made ] && [ ! -e b.made ]; } ;;
    esac
}
compare() {
    local row=$1 part
    for part in code out err; do
        cmp -s "a.$part" "b.$part" || {
            diff "a.$part" "b.$part" | head -n 10 >&2 || true
            cat a.err b.err >&2
            die "daybook $row: another $part over the server"
        }
    done
    made_is_same "$row" || die "daybook $row: makes something else over the server"
}

rows >rows
count=0
while read -r how code row; do
    # shellcheck disable=SC2086
    set -- ${row//@AT/$at}
    case $how in
    same)
        try cat a "$@" -L "$work/there"
        try cat b "$@" --server "$url"
        compare "$row"
        ;;
    both)
        try of_one_ledger a "$@" -L "$work/here"
        try of_one_ledger b "$@" --server "$url"
        compare "$row"
        ;;
    here)
        expect "$code" "$@" --server "$url"
        err_has "asks no server: leave --server away"
        expect "$code" --server "$url" "$@"
        err_has "asks no server: leave --server away"
        ;;
    esac
    [ "$how" = here ] || [ "$(cat b.code)" = "$code" ] || die "daybook $row: exit code $(cat b.code), expected $code: $(cat b.err)"
    count=$((count + 1))
done <rows

# Nothing of the help is missing here.
"$daybook" help | sed -n '/^Commands:/,/^$/p' | sed -nE 's/^  ([a-z-]+( [a-z-]+)*)  .*/\1/p' >names
[ "$(wc -l <names)" -ge 80 ] || die "the help lists only $(wc -l <names) commands"
while read -r name; do
    grep -qE "^(same|both|here) [0-9] $name( |\$)" rows || die "no row tries: daybook $name"
    # shellcheck disable=SC2086
    expect 0 $name --help
    if grep -qE "^here 2 $name( |\$)" rows; then out_has "and asks no server"; else out_has "--server URL"; fi
done <names
stop_server
echo "remote: $count rows of $(wc -l <names) commands, as expected"
