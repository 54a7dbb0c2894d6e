#!/bin/bash
# daybook feed nats, into a real JetStream that is restarted while it runs: nothing missing, nothing twice.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/feed.sh"
workload=$3
if ! command -v nats-server >/dev/null; then
    echo "nats-server is absent (tools/install-deps --test brings it): this test is skipped"
    exit 77
fi

broker=
leave() {
    kill_feed
    kill -KILL "$broker" 2>/dev/null || true
    rm -rf "$work"
}
trap leave EXIT

# A free port the first time, the same one afterwards.
port=-1
start_broker() {
    : >"$work/broker.log" # What the one before said is not this one's port.
    nats-server -a 127.0.0.1 -p "$port" -js -sd "$work/jetstream" >"$work/broker.log" 2>&1 &
    broker=$!
    local line
    line=$(timeout 60 tail -n +1 -F --pid="$broker" "$work/broker.log" 2>/dev/null | grep -m 1 'Server is ready' || true)
    [ -n "$line" ] || { cat "$work/broker.log" >&2; die "nats-server did not start"; }
    port=$(sed -nE 's/.*Listening for client connections on .*:([0-9]+)$/\1/p' "$work/broker.log" | head -n 1)
    url=nats://127.0.0.1:$port
}
kill_broker() {
    kill -KILL "$broker"
    wait "$broker" 2>/dev/null || true
}

check_stream() {
    list_events
    python3 "$source/tests/e2e/read_stream.py" "$port" "$1" >"$work/messages"
    awk '$1 != $2 { print "id and sequence differ: " $0 }' "$work/messages" >&2
    cut -d' ' -f2- "$work/messages" >"$work/rows"
    cmp -s "$work/events" "$work/rows" || { diff "$work/events" "$work/rows" | head -n 10 >&2; die "other events than the ledger's"; }
}

new_ledger books --currency CNY --allow-import-clock
make_requests "$workload" 20000
first_part

# Away: waited for, and given up when that was asked for. Then it comes while the feed waits. Where it was never reached,
# nothing is claimed of its position.
expect 3 feed nats --url nats://127.0.0.1:1 --once --wait 1
err_has '"event":"away"'
err_has "nats was away for 1 seconds at nats://127.0.0.1:1 (--url names another place"
start_feed nats --url nats://127.0.0.1:1
wait_feed '"event":"away"' 3
stop_feed
grep -q '"event":"lag"' "$feed_log" && die "it says how far a target is that was never reached"
grep -qx 'nats: it was never reached; nothing was fed' "$work/feed.out" || die "it does not say that nothing was reached"
start_broker

# It follows while the ledger is written and the broker is killed and comes back, twice.
start_feed nats --url "$url" --stream ledger
wait_feed '"event":"connected"'
second_part &
writer=$!
kill_broker
start_broker
wait_feed '"event":"connected"' 2
kill_broker
start_broker
wait "$writer"
kill_and_finish nats --url "$url" --stream ledger
check_stream ledger
nothing_to_feed nats --url "$url" --stream ledger

# From the beginning.
kill_and_double nats --url "$url" --stream twice
check_stream twice

# A feed that follows takes what comes, says how far it falls behind while the broker is away, and ends when it is told.
start_feed nats --url "$url" --stream ledger
wait_feed '"event":"connected"'
kill_broker
expect 0 customer open NEW --name '新 客户' --on 2025-12-31
wait_feed "\"position\":$head,\"head\":$((head + 1)),\"lag\":1,"
wait_feed '"lag_seconds":1'
start_broker
wait_feed "\"position\":$((head + 1)),"
stop_feed
expect 0 feed nats --url "$url" --stream ledger --once
check_stream ledger

# From a server instead of the directory: the same messages, to the byte, also when it goes on in the middle.
. "$source/tests/e2e/server.sh"
broker_url=$url
start_server
trap 'kill -KILL "$server" 2>/dev/null; leave' EXIT
served=$url url=$broker_url
"$daybook" feed nats --server "$served" --url "$url" --stream served --interval 0 2>"$feed_log" >"$work/feed.out" &
feed=$!
wait_batches 2
kill_feed
expect 0 feed nats --server "$served" --url "$url" --stream served --once --json
[ "$(json_value position)" = "$(json_value head)" ] || die "it ended before the head"
check_stream served

# The server is killed and comes back, twice: the feed waits for it, and goes on.
start_feed nats --server "$served" --url "$url" --stream served
wait_feed '"event":"connected"'
for restart in 1 2; do
    kill -KILL "$server"
    wait "$server" 2>/dev/null || true
    wait_feed 'is the server running?' "$restart"
    expect 0 customer open "AFTER-$restart" --on 2025-12-31
    listen=${served#*://} start_server
    url=$broker_url
    trap 'kill -KILL "$server" 2>/dev/null; leave' EXIT
    list_events
    wait_feed "\"position\":$head,"
done
stop_feed
check_stream served
stop_server
trap leave EXIT
expect 3 feed nats --server "$served" --url "$url" --stream served --once
err_has "is the server running?"

# What it refuses: the events before it are there, and the sentence names it. Here the stream takes no large messages.
request() { python3 "$source/tests/e2e/read_stream.py" "$port" --request "$1" "$2" >"$out"; }
request '$JS.API.STREAM.CREATE.small' '{"name":"small","subjects":["small.>"],"max_msg_size":600}'
new_ledger poison --currency CNY
expect 0 customer open BEFORE --on 2025-12-31
expect 0 charge BEFORE C-1 5 --memo "$(printf '%0700d' 0)" --on 2025-12-31
expect 0 customer open AFTER --on 2025-12-31
expect 0 digest --json
cp "$out" "$work/digest"
expect 3 feed nats --url "$url" --stream small --once
err_has "event 2 (charge_posted) was not taken; every event before it is there."
expect 0 digest --json
cmp -s "$out" "$work/digest" || die "the ledger is not what it was"
python3 "$source/tests/e2e/read_stream.py" "$port" small >"$work/messages"
[ "$(cat "$work/messages")" = "1 1 BEFORE" ] || die "the stream holds something else: $(cat "$work/messages")"
request '$JS.API.STREAM.UPDATE.small' '{"name":"small","subjects":["small.>"],"max_msg_size":-1}'
expect 0 feed nats --url "$url" --stream small --once
check_stream small

# Everything is gone: nobody knows where to go on, unless it is said.
request '$JS.API.STREAM.PURGE.small' ''
expect 3 feed nats --url "$url" --stream small --once
err_has "say with --from which event comes next"
expect 0 customer open LAST --on 2025-12-31
expect 0 status --json
expect 0 feed nats --url "$url" --stream small --once --from "$((head + 1))" --json
out_has '"fed":"1"'

# Another ledger's stream, somebody else's message, a password, protobuf.
expect 3 feed nats --url "$url" --stream ledger --once
err_has "it holds events of the ledger"
request '$JS.API.STREAM.CREATE.foreign' '{"name":"foreign","subjects":["foreign.>"]}'
request foreign.hello hello
expect 3 feed nats --url "$url" --stream foreign --once
err_has "a feed needs a stream of its own"
expect 2 feed nats --url "nats://me:secret@127.0.0.1:$port" --once
err_has "a password or token does not belong on a command line"
expect 2 feed nats --url "$url" --format xml --once
err_has "neither json nor protobuf"
expect 0 feed nats --url "$url" --stream binary --format protobuf --once --json
out_has "\"fed\":\"$((head + 1))\""
