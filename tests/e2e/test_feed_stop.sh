#!/bin/bash
# Feeds to targets that take a connection and never answer: ended by a signal, and given up when --wait says so.
. "$(dirname "$0")/common.sh"

command -v python3 >/dev/null || { echo "feed_stop: python3 is absent (tools/install-deps --test brings it): skipped"; exit 77; }
silent=
leave() {
    [ -z "$silent" ] || kill -KILL "$silent" 2>/dev/null || true
    rm -rf "$work"
}
trap leave EXIT

# A new listener: $at is where, and descriptor 7 has a line when somebody has come. It says nothing to anyone.
listen() {
    [ -z "$silent" ] || kill "$silent" 2>/dev/null || true
    exec 7< <(exec python3 -c 'import socket
silent = socket.create_server(("127.0.0.1", 0), backlog=64)
print(silent.getsockname()[1], flush=True)
kept = [silent.accept()]
print("come", flush=True)
while True:
    kept.append(silent.accept())' 2>/dev/null)
    silent=$!
    read -r -t 60 -u 7 at || die "nobody listens"
    at=127.0.0.1:$at
}

new_ledger books --currency CNY
expect 0 customer open A --on 2024-01-01

# ended SIGNAL CODE ARGUMENT...: a feed that waits for an answer gets a signal.
ended() {
    local signal=$1 wanted=$2 code=0
    shift 2
    "$daybook" feed "$@" >"$out" 2>"$err" </dev/null &
    local feed=$!
    read -r -t 60 -u 7 || die "daybook feed $* came to nobody"
    kill "-$signal" "$feed"
    wait "$feed" || code=$?
    [ "$code" -eq "$wanted" ] || die "daybook feed $*: exit code $code after $signal, expected $wanted"
}

for signal in INT TERM; do
    listen
    ended "$signal" 0 kafka --url "$at"
    err_has '"message":"kafka: it did not answer within a second; the next run looks for what was on its way"'
    out_is "kafka: it was never reached; nothing was fed"
    listen
    ended "$signal" 0 postgres --url "postgresql://a@$at/x"
    err_has '"event":"left"'
    listen
    ended "$signal" 0 nats --url "nats://$at"
    out_is "nats: it was never reached; nothing was fed"
    listen
    ended "$signal" 3 nats --url "nats://127.0.0.1:1" --server "http://$at"
    err_has "stopped while http://$at had not answered"
done
listen
ended TERM 3 kafka --url "$at" --once
err_has "stopped before event 1; the next run goes on with it"

# --wait is the bound, not what the libraries would wait: those ask once more in that time, or wait for ten seconds.
for target in "kafka --url $at" "kafka --url 127.0.0.1:1" "nats --url nats://$at" "postgres --url postgresql://a@$at/x"; do
    read -ra words <<<"$target"
    code=0
    timeout 9 "$daybook" feed "${words[@]}" --wait 1 >"$out" 2>"$err" || code=$?
    [ "$code" -eq 3 ] || die "daybook feed $target --wait 1: $code"
    err_has "daybook: ${words[0]} was away for 1 seconds at "
    [ "$(grep -c '"event":"away"' "$err")" = 1 ] || die "$target was asked more than once"
done

echo "feed_stop: as expected"
