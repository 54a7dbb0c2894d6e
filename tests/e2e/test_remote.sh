#!/bin/bash
# Every command over a server: the same output, the same errors, the same exit codes as on the ledger itself.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"

new_ledger books --currency CNY
books=$DAYBOOK_LEDGER
unset DAYBOOK_LEDGER
DAYBOOK_LEDGER=$books start_server

# Written over the server, in each of the ways that the program has.
expect 0 --server "$url" customer open ACME --name "Acme 公司" --on 2024-01-01
out_has "recorded 1: customer open"
export DAYBOOK_SERVER=$url
expect 0 customer open BETA --tag vip --on 2024-01-01
expect 0 customer change BETA --name Beta --on 2024-01-02
expect 0 charge ACME C1 100.00 --on 2024-01-10 --due 2024-02-09
expect 0 deposit ACME L1 50.00 --on 2024-01-11 --expires 2024-06-30
expect 0 pay ACME P1 30.00 --on 2024-02-20
expect 1 charge ACME C1 1.00 --on 2024-01-10
err_has "refused DUPLICATE_DOCUMENT"
expect 0 charge ACME C2 7.00 --on 2024-01-10 --dry-run
out_has "would be accepted"
out_has "charge posted"
printf '{"key":"azE=","actor":"t","customer":"BETA","effectiveOn":"2024-01-05","receiveDeposit":{"lot":"L1","amountMinor":"9"}}\nnonsense\n' |
    expect_fed 1 submit -
out_has '"firstSequence":"'
out_has REFUSAL_CODE_MALFORMED
printf '{"key":"azI=","actor":"t","customer":"NOBODY","receiveDeposit":{"lot":"L1","amountMinor":"9"}}\n' | expect_fed 1 submit --group -
out_has UNKNOWN_CUSTOMER
expect 0 expire
expect 0 statement issue --all --from 2023-12-31 --to 2024-02-29

# Read both ways: from the server, and from the directory beside it.
same() {
    local local_code=0 code=0
    "$daybook" "$@" -L "$books" >"$work/local.out" 2>"$work/local.err" </dev/null || local_code=$?
    "$daybook" "$@" --server "$url" >"$out" 2>"$err" </dev/null || code=$?
    [ "$code" -eq "$local_code" ] || die "daybook $*: exit code $code over the server, $local_code beside it"
    cmp -s "$work/local.out" "$out" || die "daybook $*: other output over the server: $(diff "$work/local.out" "$out" | head -n 5)"
    cmp -s "$work/local.err" "$err" || die "daybook $*: other errors over the server: $(cat "$work/local.err" "$err")"
}
at="--as-of 2024-03-31 --known-at 9"
for command in "balance" "balance ACME" "balance --csv" "aging" "open-items ACME" "history ACME" "lots" "trial" "postings" \
    "customer list" "customer show BETA" "credit" "lineage ACME C1"; do
    # shellcheck disable=SC2086
    "$daybook" help ${command%% [A-Z]*} >/dev/null 2>&1 || continue
    # shellcheck disable=SC2086
    same $command $at
    # shellcheck disable=SC2086
    same $command $at --json
    asked=$((${asked:-0} + 1))
done
[ "$asked" -ge 10 ] || die "only $asked of the commands are there"
same balance NOBODY
same balance --as-of 2024-02-30
same balance --known-at 999999
same digest
same export events
same export events --raw
same export events --sequence 3 --raw
same export events --sequence 999
same history ACME --limit 1
same export --format hledger --as-of 2024-03-31 --known-at 9

# The variable gives way to -L, and -L with --server is too much.
expect 0 balance ACME -L "$books"
expect 2 balance ACME -L "$books" --server "$url"
err_has "exclude each other"
expect 2 --server "$url" balance ACME -L "$books"
err_has "exclude each other"
expect 2 -L "$books" balance ACME --server "$url"
err_has "exclude each other"
expect 2 --server "$url" -L "$books" balance ACME
err_has "one ledger at a time"
expect 2 -L "$books" --server="$url" balance ACME
err_has "one ledger at a time"
expect 2 balance --server nonsense
err_has "is no server"

stop_server
expect 3 balance
err_has "is the server running?"

# Over TLS, with an authority of one's own.
unset DAYBOOK_SERVER
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key" -out "$work/cert" -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 2>"$err"
DAYBOOK_LEDGER=$books start_server --tls-cert "$work/cert" --tls-key "$work/key"
expect 3 balance ACME --server "$url"
export DAYBOOK_SERVER_CA=$work/cert
same balance ACME
stop_server
echo "remote: as expected"
