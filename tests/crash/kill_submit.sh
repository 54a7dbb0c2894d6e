#!/bin/bash
# The program is killed with SIGKILL at random moments while it appends, and while it builds views; then it is
# run again with the same input until it comes to the end. Afterwards:
#   - every answer that was written before a kill is true: its events are there, under the same sequences,
#     and were there at once after the kill;
#   - nothing is there twice: the journal is, byte for byte, that of an undisturbed run;
#   - the digests of all views and all balances are those of the undisturbed run.
#
#   kill_submit.sh PROGRAM WORKLOAD KILLS [SEED]      DAYBOOK_TEST_LONG=N makes N times as many kills
. "$(dirname "$0")/common.sh"
program=$1 workload=$2 kills_wanted=$3 seed=${4:-$RANDOM$RANDOM}
# Names in clear: the keys that seal them are random, and two lives are compared byte for byte.
init_options=(--timezone Asia/Shanghai --currency CNY --allow-import-clock --plain-names)
counted=(opening appending closing digest rebuild)
crash_begin

# Requests carry their own recorded instants, so nothing is left out.
comparable_digests() {
    cat
}

comparable_events() {
    cat
}

# "key first last" of each whole line of answers that says where the events are.
accepted() {
    { grep '}$' "$1" || true; } |
        sed -n -E 's/^\{"key":"([^"]*)","firstSequence":"([0-9]+)","lastSequence":"([0-9]+)".*$/\1 \2 \3/p'
}

# The stream in small pieces: the program commits whenever it would have to wait for the next one. By one process, so
# that nothing of it goes on writing when it is killed.
feed() {
    local i
    for ((i = 0; i < ${#stream[@]}; i += 25)); do
        printf '%s\n' "${stream[@]:i:25}"
    done 2>/dev/null
}

# Requests that are refused are left out: decided again later, they might be accepted.
"$workload" --customers 60 --requests 1500 --seed "$seed" --utc-offset 8 >"$work/all"
make_ledger "$work/scratch"
"$program" submit --ledger "$work/scratch" --recorded-at "$work/all" >"$work/answers" || [ $? -eq 1 ]
paste -d '\n' "$work/answers" "$work/all" | awk 'NR % 2 == 1 {refused = /"refusal"/; next} !refused' >"$work/stream"
dropped=$((1500 - $(wc -l <"$work/stream")))
if [ "$dropped" -gt 75 ]; then
    fail "$dropped of 1500 requests were refused: too few are left to say much"
fi
mapfile -t stream <"$work/stream"

# The run that nobody disturbs.
make_ledger "$work/calm"
begun=$(now_ms)
feed | "$program" submit --ledger "$work/calm" --recorded-at - >"$work/calm.answers"
duration_ms=$(($(now_ms) - begun + 20))
describe_calm
accepted "$work/calm.answers" | sort >"$work/calm.accepted"
[ "$(wc -l <"$work/calm.accepted")" -eq "$(wc -l <"$work/stream")" ] || fail "the undisturbed run did not accept it all"

# Submits until a run comes to the end.
write_disturbed() {
    local ledger=$1 last before=0 after
    : >"$work/acknowledged"
    while :; do
        feed >"$work/pipe" &
        local feeder=$!
        "$program" submit --ledger "$ledger" --recorded-at - <"$work/pipe" >"$work/answers" 2>"$work/errors" &
        local is_killed=yes
        kill_after $((RANDOM % (duration_ms * 3 / 2))) $! || is_killed=no
        # Killed before it opened the pipe, it leaves the feeder waiting for a reader.
        kill "$feeder" 2>/dev/null || true
        wait "$feeder" 2>/dev/null || true
        if [ "$is_killed" = no ]; then
            break
        fi
        accepted "$work/answers" >"$work/acknowledged.now"
        cat "$work/acknowledged.now" >>"$work/acknowledged"
        last=$(awk 'BEGIN {last = 0} $3 > last {last = $3} END {print last}' "$work/acknowledged")
        after=$(head_of "$ledger")
        [ "$after" -ge "$last" ] || fail "sequence $last was acknowledged and is not there"
        count_write_kill "$before" "$after"
        before=$after
    done
    accepted "$work/answers" | sort >"$work/accepted"
    cmp -s "$work/accepted" "$work/calm.accepted" ||
        fail "the answers of the last run differ from the undisturbed ones:" \
            "$(diff "$work/calm.accepted" "$work/accepted" | head -n 5)"
    sort -u "$work/acknowledged" >"$work/acknowledged.sorted"
    [ -z "$(comm -23 "$work/acknowledged.sorted" "$work/accepted")" ] || fail "an answer before a kill was not true"
}

mkfifo "$work/pipe"
crash_rounds
