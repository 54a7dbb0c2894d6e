#!/bin/bash
# Several loops are one server: connections are shared evenly, bounds and counts are of all, and all of them stop.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
command -v curl >/dev/null || { echo "serve_loops: there is no curl here: nothing was tested"; exit 77; }

new_ledger books --currency CNY
expect 2 serve --loops 0
err_has '--loops "0": a whole number from 1 to 64'
expect 0 customer open A --on 2024-01-01
start_server --loops 3 --max-connections 7
host=${address%:*} port=${address##*:}

# connect FD: a connection that stays; get FD PATH: asks by it, the answer's body is in $body.
connect() { eval "exec $1<>/dev/tcp/$host/$port"; }
ask_by() { printf 'GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n' "$2" >&"$1"; }
read_by() {
    local line size=
    while IFS= read -r -t 60 line <&"$1" && [ "$line" != $'\r' ]; do
        if [[ ${line,,} = content-length:* ]]; then size=${line//[^0-9]/}; fi
    done
    [ -n "$size" ] || die "connection $1 was not answered"
    IFS= read -r -d '' -t 60 -N "$size" body <&"$1" || die "connection $1: half an answer"
}
get() { ask_by "$@" && read_by "$1"; }
# until_open COUNT...: asks until each loop has so many; whoever has gone is noticed in a moment.
until_open() {
    local tries wanted
    wanted=$(seq 0 $(($# - 1)) | paste -d ' ' - <(printf '%s\n' "$@") | sed -E 's/(.*) (.*)/daybook_connections_open{loop="\1"} \2/')
    for tries in $(seq 2000); do
        get 11 /metrics
        if [ "$(grep '^daybook_connections_open' <<<"$body")" = "$wanted" ]; then return; fi
    done
    die "after $tries looks the loops have: $(grep '^daybook_connections_open' <<<"$body")"
}
body_has() { grep -qxF -- "$1" <<<"$body" || die "the answer lacks: $1"; }

# ---- shared evenly; one count of calls ----
for fd in 11 12 13 14 15 16; do
    connect "$fd"
    get "$fd" /healthz # It has been accepted before the next one comes.
    [ "$body" = $'ok\n' ] || die "connection $fd: $body"
done
get 16 /metrics
for loop in 0 1 2; do body_has "daybook_connections_open{loop=\"$loop\"} 2"; done
body_has 'daybook_calls_total{call="other",code="ok"} 6'

# ---- one bound: the eighth waits until another has gone ----
connect 17
get 17 /healthz
connect 18
ask_by 18 /healthz
get 11 /metrics
body_has "daybook_connections_total 7"
exec 12>&-
read_by 18
[ "$body" = $'ok\n' ] || die "the connection that waited: $body"
exec 13>&- 14>&- 15>&- 16>&- 17>&- 18>&-
until_open 1 0 0

# ---- a follower on each loop hears of the stop ----
call Ledger/Submit '{"requests":[{"key":"azE=","actor":"t","customer":"A","effectiveOn":"2024-01-02","receiveDeposit":{"lot":"L","amountMinor":"1"}}]}'
answer_is "200 application/json"
until_open 1 0 0
followers=()
for n in 1 2 3; do
    curl -sN --max-time 60 "$url/events?from_sequence=2&heartbeat_ms=100" >"$work/follower$n" &
    followers+=("$!")
    # The event waits for its balances, so a heartbeat may come first.
    for awaited in '^event: deposit_received' heartbeat; do
        told=$(timeout 60 tail -n +1 -F --pid="${followers[-1]}" "$work/follower$n" 2>/dev/null | grep -m 1 "$awaited" || true)
        [ -n "$told" ] || die "follower $n was not told: $awaited"
    done
done
until_open 2 1 1
stop_server
for follower in "${followers[@]}"; do wait "$follower" || die "a follower was cut off"; done
echo "serve_loops: as expected"
