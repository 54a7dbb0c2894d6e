# For tests of `daybook feed`: a feed in the background, and what its log says. Sourced after common.sh.
feed=
feed_log=$work/feed.log

# start_feed ARGUMENT...: follows $DAYBOOK_LEDGER, and says after every batch how far it is.
start_feed() {
    : >"$feed_log"
    "$daybook" feed "$@" --interval 0 2>"$feed_log" >"$work/feed.out" &
    feed=$!
}

# wait_feed WORDS [COUNT]: until the log has that many lines with the words, or the feed is no more.
wait_feed() {
    timeout 120 tail -n +1 -F --pid="$feed" "$feed_log" 2>/dev/null | grep -m "${2:-1}" -F -- "$1" >"$work/heard" || true
    [ "$(wc -l <"$work/heard")" -ge "${2:-1}" ] || { tail -n 5 "$feed_log" >&2; die "the feed never said $1"; }
}
# The same for a number of batches that have arrived, so that what comes next is in the middle.
wait_batches() { wait_feed '"event":"lag"' "$1"; }

# As a power cut would.
kill_feed() {
    kill -KILL "$feed" 2>/dev/null || true
    wait "$feed" 2>/dev/null || true
    feed=
}

# As a supervisor would; it ends well.
stop_feed() {
    local code=0
    kill -TERM "$feed"
    wait "$feed" || code=$?
    feed=
    [ "$code" -eq 0 ] || { tail -n 5 "$feed_log" >&2; die "the feed ended with $code"; }
}

# make_requests PROGRAM EVENTS: the sample business, in two parts that are submitted when they are wanted. Some of its requests are refused.
make_requests() {
    "$1" --customers 60 --events "$2" --until 2025-12-31 --json >"$work/requests"
    declare -gi half=$(($(wc -l <"$work/requests") / 2))
}
submit_part() {
    local code=0
    "$daybook" submit --recorded-at - >/dev/null || code=$?
    [ "$code" -le 1 ] || die "submit ended with $code"
}
first_part() { head -n "$half" "$work/requests" | submit_part; }
second_part() { tail -n "+$((half + 1))" "$work/requests" | submit_part; }

# The ledger's own list, "sequence customer" a line, in $work/events; its last sequence in $head.
list_events() {
    "$daybook" export events >"$work/events.json"
    sed -E 's/^\{"sequence":"([0-9]+)".*,"customer":"([^"]*)".*/\1 \2/; t; s/^\{"sequence":"([0-9]+)".*/\1 /' \
        "$work/events.json" >"$work/events"
    head=$(wc -l <"$work/events")
}

# The feed that runs is killed in its middle, started again, killed again, and the next one comes to the head.
kill_and_finish() {
    wait_batches 4
    kill_feed
    start_feed "$@"
    wait_feed '"event":"connected"'
    kill_feed
    expect 0 feed "$@" --once --json
    [ "$(json_value position)" = "$(json_value head)" ] || die "it ended before the head"
}
nothing_to_feed() {
    expect 0 feed "$@" --once --json
    out_has '"fed":"0"'
}

# Killed over and over, and in the end two of them at once.
kill_and_double() {
    local batches other
    for batches in 1 3 5; do
        start_feed "$@"
        wait_batches "$batches"
        kill_feed
    done
    "$daybook" feed "$@" --once >/dev/null 2>&1 &
    other=$!
    expect 0 feed "$@" --once
    wait "$other" || die "one of two feeds at once failed"
}
