#!/bin/bash
# The program is killed with SIGKILL at random moments while it imports a file, and while it builds views; then the
# same import is run again until it comes to the end. Afterwards:
#   - what could be read after a kill is there for ever: the journal begins with it, byte for byte;
#   - nothing is there twice, nothing is missing: but for the instants at which it was recorded, the journal is that
#     of an undisturbed import;
#   - the last run counts as repeated what was there before it, and as appended all the rest;
#   - the digests of all views and all balances are those of the undisturbed import.
#
# Kills of views come on top of KILLS.
#
#   kill_import.sh PROGRAM KILLS [SEED]      DAYBOOK_TEST_LONG=N makes N times as many kills
. "$(dirname "$0")/common.sh"
here=$(dirname "$0")
program=$1 kills_wanted=$2 seed=${3:-$RANDOM$RANDOM}
rows=30000
init_options=(--timezone Asia/Shanghai --currency CNY)
counted=(opening appending closing)
crash_begin

# An import records by the system's clock.
comparable_digests() {
    grep -v '^tree ' # It hashes the events as they are, instants and all.
}

comparable_events() {
    sed -E 's/"recordedAtUs":"[0-9]+",//'
}

import_into() {
    exec "$program" import "$work/movements.csv" --map "$here/movements.json" --json --ledger "$1"
}

awk -v seed="$seed" -v rows="$rows" -f "$here/movements.awk" >"$work/movements.csv"
[ "$(wc -l <"$work/movements.csv")" -eq $((rows + 1)) ] || fail "the generated file has not $rows rows"
requests=$((rows + $(sed 1d "$work/movements.csv" | cut -d, -f2 | sort -u | wc -l)))

summary_of() {
    echo "{\"rows\":$rows,\"badRows\":0,\"requests\":$requests,\"appended\":$1,\"repeated\":$2,\"refused\":0}"
}

# The import that nobody disturbs.
make_ledger "$work/calm"
begun=$(now_ms)
(import_into "$work/calm") >"$work/summary"
duration_ms=$(($(now_ms) - begun + 20))
[ "$(cat "$work/summary")" = "$(summary_of "$requests" 0)" ] || fail "the undisturbed import says $(cat "$work/summary")"
describe_calm
# Line N: how many requests the first N events come from. A request's events stand together.
sed -E 's/.*"requestKey":"([^"]*)".*/\1/' "$work/calm.events" |
    awk '$1 != last {count++; last = $1} {print count}' >"$work/requests_at"
[ "$(tail -n 1 "$work/requests_at")" -eq "$requests" ] || fail "the undisturbed import has not $requests keys"

# Imports until a run comes to the end.
write_disturbed() {
    local ledger=$1 before=0 after repeated=0
    : >"$work/seen"
    while :; do
        (import_into "$ledger") >"$work/summary" 2>"$work/errors" &
        kill_after $((RANDOM % (duration_ms))) $! || break
        after=$(head_of "$ledger")
        [ "$after" -ge "$before" ] || fail "there were $before events before the kill, and $after after it"
        count_write_kill "$before" "$after"
        if [ "$after" -gt "$before" ]; then
            "$program" export events --ledger "$ledger" >"$work/seen.now"
            cmp -s -n "$(stat -c %s "$work/seen")" "$work/seen" "$work/seen.now" ||
                fail "events that were there before the last kill have changed"
            mv "$work/seen.now" "$work/seen"
        fi
        before=$after
    done
    if [ "$before" -gt 0 ]; then
        repeated=$(sed -n "${before}p" "$work/requests_at")
    fi
    [ "$(cat "$work/summary")" = "$(summary_of $((requests - repeated)) "$repeated")" ] ||
        fail "after $before events, which are $repeated requests, the last run says $(cat "$work/summary")"
    "$program" export events --ledger "$ledger" >"$work/seen.now"
    cmp -s -n "$(stat -c %s "$work/seen")" "$work/seen" "$work/seen.now" ||
        fail "events that were there after a kill are not there at the end"
}

crash_rounds
