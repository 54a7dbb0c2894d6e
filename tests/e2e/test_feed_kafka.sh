#!/bin/bash
# daybook feed kafka, against librdkafka's own mock brokers: nothing missing, nothing twice, each customer in order.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/feed.sh"
workload=$3
cluster=$4

coproc BROKERS { exec "$cluster" 2>"$work/cluster.log"; }
brokers=$BROKERS_PID
exec 8<&"${BROKERS[0]}" 9>&"${BROKERS[1]}"
leave() {
    kill_feed
    kill -KILL "$brokers" 2>/dev/null || true
    rm -rf "$work"
}
trap leave EXIT
read -r -t 60 -u 8 url || die "the brokers did not start: $(cat "$work/cluster.log")"

# Tells the brokers something, and waits until it is done.
tell() {
    local answer
    echo "$*" >&9
    read -r -t 60 -u 8 answer || die "the brokers are gone"
    [ "$answer" = ok ] || die "the brokers could not: $*"
}

# The mock brokers do not look at the sequence numbers of batches, as real ones do; so only one is under way at a time.
# They keep five megabytes of a partition.
printf 'max.in.flight.requests.per.connection=1\n# small\ncompression.type=lz4\n' >"$work/properties"

# check_topic NAME PARTITIONS [SPREAD]: every event once, those of one customer in one partition and in their order.
check_topic() {
    list_events
    tell dump "$1" "$2" "$work/dump"
    sed -E 's/^[0-9]+ [0-9]+ (.*) ([0-9]+)$/\2 \1/' "$work/dump" | sort -n >"$work/rows"
    cmp -s "$work/events" "$work/rows" || { diff "$work/events" "$work/rows" | head -n 10 >&2; die "other events than the ledger's"; }
    awk '{ if ($NF <= last[$1]) { print "out of order: " $0; bad = 1 } last[$1] = $NF } END { exit bad }' "$work/dump" >&2 ||
        die "a partition is not in the order of sequences"
}
customers_stay() {
    awk 'NF == 4 { if ($3 in at && at[$3] != $1) { print "in two partitions: " $0; bad = 1 } at[$3] = $1; used[$1] = 1 }
        END { exit bad || length(used) < 2 }' "$work/dump" >&2 || die "customers are not kept together"
}

new_ledger books --currency CNY --allow-import-clock
make_requests "$workload" 8000
first_part

# Away: waited for, and given up when that was asked for.
expect 3 feed kafka --url 127.0.0.1:1 --once --wait 1
err_has '"event":"away"'
err_has "kafka was away for 1 seconds"

# It follows while the ledger is written, requests fail, and the brokers go away and come back.
tell topic ledger 4
start_feed kafka --url "$url" --topic ledger --properties "$work/properties"
wait_feed '"event":"connected"'
tell refuse 19 5 # NOT_ENOUGH_REPLICAS
second_part &
writer=$!
tell refuse 6 5 # NOT_LEADER_FOR_PARTITION
wait "$writer"
# Killed in the middle, and started again.
kill_and_finish kafka --url "$url" --topic ledger --properties "$work/properties"
check_topic ledger 4
customers_stay
nothing_to_feed kafka --url "$url" --topic ledger --properties "$work/properties"
tell down
expect 0 customer open DOWN --on 2025-12-31
expect 3 feed kafka --url "$url" --topic ledger --once --wait 1
err_has "kafka was away for 1 seconds"
start_feed kafka --url "$url" --topic ledger
wait_feed '"event":"away"'
tell up
wait_feed '"event":"connected"'
stop_feed
expect 0 feed kafka --url "$url" --topic ledger --once
check_topic ledger 4

# From the beginning, killed over and over.
tell topic twice 3
for batches in 1 2 1 1; do
    start_feed kafka --url "$url" --topic twice --properties "$work/properties"
    wait_batches "$batches"
    kill_feed
done
expect 0 feed kafka --url "$url" --topic twice --properties "$work/properties" --once
check_topic twice 3
customers_stay

# What it refuses: everything before it is there, and the sentence names it.
new_ledger poison --currency CNY
tell topic small 2
echo "message.max.bytes=1000" >"$work/small"
expect 0 customer open BEFORE --on 2025-12-31
expect 0 charge BEFORE C-1 5 --memo "$(printf '%01000d' 0)" --on 2025-12-31
expect 0 customer open AFTER --on 2025-12-31
expect 0 digest --json
cp "$out" "$work/digest"
expect 3 feed kafka --url "$url" --topic small --properties "$work/small" --once
err_has "event 2 (charge_posted) was not taken; every event before it is there."
expect 0 digest --json
cmp -s "$out" "$work/digest" || die "the ledger is not what it was"
tell dump small 2 "$work/dump"
[ "$(wc -l <"$work/dump")" -eq 1 ] || die "more than the event before it is there"
expect 0 feed kafka --url "$url" --topic small --once
check_topic small 2
# What a broker refuses, too.
expect 0 customer open LAST --on 2025-12-31
tell refuse 29 2 # TOPIC_AUTHORIZATION_FAILED
expect 3 feed kafka --url "$url" --topic small --once
err_has "(customer_opened) was not taken"
expect 0 feed kafka --url "$url" --topic small --once
check_topic small 2

# Only what comes after a sequence, another ledger's topic, what is no property.
tell topic late 1
expect 0 feed kafka --url "$url" --topic late --from 3 --format protobuf --once --json
out_has "\"fed\":\"$((head - 2))\""
expect 3 feed kafka --url "$url" --topic ledger --once
err_has "it holds events of the ledger"
echo "no.such.property=1" >"$work/properties"
expect 2 feed kafka --url "$url" --properties "$work/properties" --once
err_has 'line 1 of'
