#!/bin/bash
# Who may do what: tokens over HTTP, roles, the second person, and what was refused.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
command -v curl >/dev/null || { echo "access: there is no curl here: nothing was tested"; exit 77; }

key() { printf '%s' "$1" | base64; }
# as TOKEN SERVICE/METHOD JSON
as() { call "$2" "$3" -H "Authorization: Bearer $1"; }
make_token() {
    expect 0 token create --name "$1" --role "$2" --expires "${3:-30d}"
    tail -n 1 "$out"
}
post() { printf '{"key":"%s","actor":"forged","role":"ROLE_ADMIN","customer":"ACME","effectiveOn":"2024-01-10",%s}' "$(key "$1")" "$2"; }

# ---- tokens are made beside the server, and said once ----
new_ledger books --currency CNY
expect 0 token list
out_is "No token was made."
expect 0 refusals
out_is "Nothing was refused."
expect 2 token create --name x --role owner --expires 30d
err_has "cashier, accountant, credit, auditor, admin"
expect 2 token create --name x --role admin --expires yesterday
expect_any "1 2 3" token create --name x --role admin --expires 2001-01-01
err_has "has not come"
root=$(make_token root admin)
carl=$(make_token carl cashier)
anna=$(make_token anna accountant)
beth=$(make_token beth accountant)
kate=$(make_token kate credit)
udo=$(make_token udo auditor)
grep -q "$root" -r "$DAYBOOK_LEDGER" && die "a token stands in the ledger's directory"
[ "$(stat -c %a "$DAYBOOK_LEDGER/tokens")" = 600 ] || die "others can read the tokens' file"
expect_any "1 2 3" token create --name anna --role admin --expires 30d
err_has "revoke it first"
expect 0 token list
out_has auditor
expect 0 export events
out_has '"operatorActed":{"action":"OPERATOR_ACTION_TOKEN_CREATED","subject":"root","detail":"role=admin expires='

# ---- without a token: health and metrics ----
start_guarded_server
for page in /healthz /readyz /metrics; do ask "$page"; [[ $answer == 200* ]] || die "$page: $answer"; done
# A page of another site, whose name was made to lead here, asks by that name.
for page in /readyz /metrics; do
    ask "$page" -H "Host: rebound.example"; [[ $answer == 401* ]] || die "$page: $answer"
    ask "$page" -H "Host: rebound.example" -H "Authorization: Bearer $udo"; [[ $answer == 200* ]] || die "$page: $answer"
done
for page in /openapi.json /events /nowhere; do
    ask "$page"
    answer_is "401 application/json"
    header_has "WWW-Authenticate: Bearer"
done
call Views/GetBalance '{}'
answer_is "401 application/json"
out_has '"code":"unauthenticated"'
call Ledger/Post "$(post k0 '"openCustomer":{}')"
answer_is "401 application/json"
as dbk_0000000000000000000000000000000000000000000000000000000000000000 Views/GetBalance '{}'
answer_is "401 application/json"
header_has "Connection: close"
ask /openapi.json -H "Authorization: Basic $root"
answer_is "401 application/json"
expect 3 --server "$url" balance
err_has "token"
export DAYBOOK_TOKEN=$udo
expect 0 --server "$url" balance
unset DAYBOOK_TOKEN

# ---- each by the role ----
as "$anna" Ledger/Post "$(post k1 '"openCustomer":{}')"
answer_is "403 application/json"
out_has ROLE_NOT_ALLOWED
as "$root" Ledger/Post "$(post k1 '"openCustomer":{}')"
answer_is "200 application/json"
as "$root" Ledger/Post "$(post k2 '"postCharge":{"charge":"C1","amountMinor":"100000"}')"
answer_is "403 application/json"
as "$anna" Ledger/Post "$(post k2 '"postCharge":{"charge":"C1","amountMinor":"100000"}')"
answer_is "200 application/json"
as "$udo" Ledger/Submit "{\"requests\":[$(post k3 '"postCharge":{"charge":"C2","amountMinor":"5"}')]}"
answer_is "200 application/json"
out_has REFUSAL_CODE_ROLE_NOT_ALLOWED
as "$carl" Ledger/Post "$(post k4 '"receivePayment":{"payment":"P1","amountMinor":"40000"}')"
answer_is "200 application/json"
as "$carl" Views/GetBalance '{"customer":"ACME"}'
out_has '"unappliedMinor":"40000"'
as "$carl" Ledger/Post "$(post k5 '"allocate":{"source":"P1"}')"
answer_is "403 application/json"
as "$anna" Ledger/Post "$(post k6 '"allocate":{"source":"P1"}')"
answer_is "200 application/json"
as "$kate" Ledger/Post "$(post k7 '"setCreditPolicy":{"state":"LIMIT_STATE_AMOUNT","limitMinor":"500"}')"
answer_is "200 application/json"
for call_of in 'Admin/CreateToken {"name":"x","role":"ROLE_ADMIN","expiresAtUs":"4000000000000000"}' 'Admin/RevokeToken {"name":"root"}' 'Admin/Rebuild {}' 'Audit/ListRefusals {}'; do
    as "$carl" ${call_of%% *} "${call_of#* }"
    answer_is "403 application/json"
done
# The actor and the role are the token's, whatever a request says.
expect 0 -L "$DAYBOOK_LEDGER" export events
out_has '"actor":"anna"'
grep -q '"actor":"forged"' "$out" && die "a client chose its own actor"
grep '"chargePosted"' "$out" | grep -q '"role":"ROLE_ACCOUNTANT"' || die "the role is not on the event"

# ---- the second person, over the server ----
export DAYBOOK_SERVER=$url
DAYBOOK_TOKEN=$root expect 0 approval set write-off=100
DAYBOOK_TOKEN=$udo expect 0 approval show
out_has "write-off"
DAYBOOK_TOKEN=$anna expect 1 adjust ACME W1 write-off 200 --charge C1 --reason lost
err_has "refused APPROVAL_REQUIRED"
DAYBOOK_TOKEN=$anna expect 0 adjust ACME W1 write-off 200 --charge C1 --reason lost --propose WO-1
out_has "nothing of it counts until somebody else approves it"
# Neither proposal names a currency: each is in that of its charge.
DAYBOOK_TOKEN=$anna expect 0 charge ACME C-USD 300 --currency USD --on 2024-01-03
DAYBOOK_TOKEN=$anna expect 0 adjust ACME W2 write-off 150 --charge C-USD --reason lost --propose WO-2
DAYBOOK_TOKEN=$beth expect 0 proposal list --state open
out_has "WO-1"
grep -qE 'WO-2 .* USD +150\.00 ' "$out" || die "the list does not say in which currency"
out_has "200.00"
grep -qE 'WO-1 .* CNY +200\.00 ' "$out" || die "the list does not say in which currency"
DAYBOOK_TOKEN=$beth expect 0 proposal show WO-1
out_has '"adjustment":"W1"'
sha=$(sed -n 's/^sha256 *//p' "$out")
DAYBOOK_TOKEN=$anna expect 1 proposal approve WO-1 --sha256 "$sha"
err_has "refused SAME_PERSON"
DAYBOOK_TOKEN=$carl expect 1 proposal approve WO-1 --sha256 "$sha"
err_has "refused ROLE_NOT_ALLOWED"
DAYBOOK_TOKEN=$beth expect 1 proposal approve WO-1 --sha256 "${sha/[0-9]/f}"
DAYBOOK_TOKEN=$beth expect 0 proposal approve WO-1 --sha256 "$sha"
out_has "recorded"
DAYBOOK_TOKEN=$beth expect 1 proposal reject WO-1 --sha256 "$sha" --reason late
err_has "refused ALREADY_SETTLED"
DAYBOOK_TOKEN=$udo expect 0 proposal list
out_has approved
out_has beth

# ---- what was refused, for the auditor ----
DAYBOOK_TOKEN=$udo expect 0 refusals
for code in ROLE_NOT_ALLOWED APPROVAL_REQUIRED SAME_PERSON PROPOSAL_MISMATCH; do out_has "$code"; done
DAYBOOK_TOKEN=$udo expect 0 refusals --by carl --limit 1
out_has carl
grep -q anna "$out" && die "refusals of somebody else are shown"
DAYBOOK_TOKEN=$carl expect 3 refusals
err_has "may not make this call"

# ---- tokens over the server; a revoked one is refused at once, and its feed ends ----
new=$(DAYBOOK_TOKEN=$root "$daybook" token create --name gast --role auditor --expires 1d 2>"$err") || die "no token"
as "$new" Views/GetBalance '{}'
answer_is "200 application/json"
curl -sN --max-time 60 -H "Authorization: Bearer $new" "$url/events" >"$work/feed" &
feed=$!
begun=$(timeout 60 tail -n +1 -F --pid="$feed" "$work/feed" 2>/dev/null | grep -m 1 '^id: 1$' || true)
[ -n "$begun" ] || die "the feed does not begin"
DAYBOOK_TOKEN=$anna expect 3 token revoke gast
DAYBOOK_TOKEN=$root expect 0 token revoke gast
wait "$feed" || die "the feed of a revoked token was not ended by the server"
as "$new" Views/GetBalance '{}'
answer_is "401 application/json"
DAYBOOK_TOKEN=$udo expect 0 token list
out_has revoked
unset DAYBOOK_SERVER

# ---- guessing is slowed down, and hinders nobody else ----
for i in $(seq 1 25); do as "dbk_guess$i" Views/GetBalance '{}'; done
answer_is "429 application/json"
header_has "Retry-After"
as "$udo" Views/GetBalance '{}'
answer_is "200 application/json"
stop_server

# ---- after a restart; beside the server; all of it follows from the rules ----
start_guarded_server
as "$anna" Views/GetBalance '{}'
answer_is "200 application/json"
stop_server
expect 0 token revoke anna
expect 0 audit verify

# ---- a token is revoked also where its revocation cannot be recorded, and what is short of room comes back ----
mkdir "$work/small"
if mount -t tmpfs -o size=100m none "$work/small" 2>"$err"; then
    trap 'umount -l "$work/small"; rm -rf "$work"' EXIT
    new_ledger small/books --currency CNY
    root=$(make_token root admin)
    gast=$(make_token gast auditor)
    start_guarded_server
    trap 'kill -KILL "$server" 2>/dev/null; umount -l "$work/small"; rm -rf "$work"' EXIT
    as "$gast" Views/GetBalance '{}'
    answer_is "200 application/json"
    head -c 30M /dev/zero >"$work/small/other"
    as "$root" Ledger/Post "$(post s1 '"openCustomer":{}')"
    answer_is "429 application/json"
    out_has "free some space"
    as "$root" Admin/RevokeToken '{"name":"gast"}'
    answer_is "429 application/json"
    out_has "the token is revoked, and there is no record of who did it: "
    as "$gast" Views/GetBalance '{}'
    answer_is "401 application/json"
    refusing=$(timeout 60 tail -n +1 -F --pid="$server" "$server_log" 2>/dev/null | grep -m 1 '"event":"refusing"' || true)
    [ -n "$refusing" ] || die "the log does not say that nothing is recorded"
    ask /readyz
    answer_is "200 text/plain"
    out_has "ready, but nothing is recorded: "
    rm "$work/small/other"
    as "$root" Ledger/Post "$(post s1 '"openCustomer":{}')"
    answer_is "200 application/json"
    ask /readyz
    out_is ready
    stop_server
    umount -l "$work/small"
    trap 'rm -rf "$work"' EXIT
else
    echo "access: this user may not mount: a disk without room was not tested"
fi
echo "access: as expected"
