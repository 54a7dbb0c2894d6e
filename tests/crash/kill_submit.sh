#!/bin/bash
# The program is killed with SIGKILL at random moments while it appends, and while it builds views; then it is
# run again with the same input until it comes to the end. Afterwards:
#   - every answer that was written before a kill is true: its events are there, under the same sequences,
#     and were there at once after the kill;
#   - nothing is there twice: the journal is, byte for byte, that of an undisturbed run;
#   - the digests of all views are those of the undisturbed run.
#
#   kill_submit.sh PROGRAM WORKLOAD KILLS [SEED]      DAYBOOK_TEST_LONG=N makes N times as many kills
set -euo pipefail
program=$1 workload=$2 wanted=$(($3 * ${DAYBOOK_TEST_LONG:-1})) seed=${4:-$RANDOM$RANDOM}
RANDOM=$((seed % 32768))
echo "seed $seed, $wanted kills"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "seed $seed, kill $kills: $*"
    exit 1
}

make_ledger() {
    "$program" init "$1" --timezone Asia/Shanghai --currency CNY --allow-import-clock >"$work/init.log"
}

# "key first last" of each whole line of answers that says where the events are.
accepted() {
    { grep '}$' "$1" || true; } |
        sed -n -E 's/^\{"key":"([^"]*)","firstSequence":"([0-9]+)","lastSequence":"([0-9]+)".*$/\1 \2 \3/p'
}

# 0 is left out of JSON, as proto3 wants it.
head_of() {
    "$program" status --ledger "$1" --json | sed -E 's/.*"journalHead":"([0-9]+)".*/\1/; s/^[^0-9].*$/0/'
}

# The stream in small pieces: the program commits whenever it would have to wait for the next one.
feed() {
    local piece
    for piece in "$work"/pieces/*; do cat "$piece"; done 2>/dev/null
}

# A random moment within about as long as an undisturbed run takes.
random_delay() {
    printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

kills=0

# Requests that are refused are left out: decided again later, they might be accepted.
"$workload" --customers 60 --requests 1500 --seed "$seed" --utc-offset 8 >"$work/all"
make_ledger "$work/scratch"
"$program" submit --ledger "$work/scratch" --recorded-at "$work/all" >"$work/answers" || [ $? -eq 1 ]
paste -d '\n' "$work/answers" "$work/all" | awk 'NR % 2 == 1 {refused = /"refusal"/; next} !refused' >"$work/stream"
dropped=$((1500 - $(wc -l <"$work/stream")))
if [ "$dropped" -gt 75 ]; then
    fail "$dropped of 1500 requests were refused: too few are left to say much"
fi
mkdir "$work/pieces"
split -l 25 -a 4 -d "$work/stream" "$work/pieces/p"

# The run that nobody disturbs.
make_ledger "$work/calm"
begun=$(date +%s%N)
feed | "$program" submit --ledger "$work/calm" --recorded-at - >"$work/calm.answers"
duration_ms=$((($(date +%s%N) - begun) / 1000000 + 20))
begun=$(date +%s%N)
"$program" digest --ledger "$work/calm" >"$work/calm.digests"
digest_ms=$((($(date +%s%N) - begun) / 1000000 + 20))
"$program" export events --ledger "$work/calm" >"$work/calm.events"
accepted "$work/calm.answers" | sort >"$work/calm.accepted"
[ "$(wc -l <"$work/calm.accepted")" -eq "$(wc -l <"$work/stream")" ] || fail "the undisturbed run did not accept it all"

# kill_after MILLISECONDS PID: waits for the program to end, by itself or killed; 0 when it was killed.
kill_after() {
    local code=0
    sleep "$(random_delay "$1")"
    kill -KILL "$2" 2>/dev/null || true
    wait "$2" 2>/dev/null || code=$?
    if [ "$code" -eq 137 ]; then
        kills=$((kills + 1))
        return 0
    fi
    [ "$code" -eq 0 ] || fail "the program ended by itself with code $code: $(cat "$work/errors")"
    return 1
}

# Submits until a run comes to the end.
submit_disturbed() {
    local ledger=$1 last
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
        [ "$(head_of "$ledger")" -ge "$last" ] || fail "sequence $last was acknowledged and is not there"
    done
    accepted "$work/answers" | sort >"$work/accepted"
    cmp -s "$work/accepted" "$work/calm.accepted" || fail "the answers of the last run differ from the undisturbed ones"
    sort -u "$work/acknowledged" >"$work/acknowledged.sorted"
    [ -z "$(comm -23 "$work/acknowledged.sorted" "$work/accepted")" ] || fail "an answer before a kill was not true"
}

# Kills once or more while views are built for the first time, and while they are rebuilt.
build_disturbed() {
    local ledger=$1 command
    for command in digest rebuild; do
        "$program" "$command" --ledger "$ledger" >"$work/answers" 2>"$work/errors" &
        kill_after $((RANDOM % digest_ms)) $! || true
    done
    "$program" digest --ledger "$ledger" >"$work/digests"
    cmp -s "$work/digests" "$work/calm.digests" ||
        fail "the views differ: $(diff "$work/calm.digests" "$work/digests" || true)"
    "$program" export events --ledger "$ledger" >"$work/events"
    cmp -s "$work/events" "$work/calm.events" || fail "the journal differs from the undisturbed one"
}

mkfifo "$work/pipe"
rounds=0
while [ "$kills" -lt "$wanted" ]; do
    rounds=$((rounds + 1))
    make_ledger "$work/ledger"
    submit_disturbed "$work/ledger"
    build_disturbed "$work/ledger"
    rm -rf "$work/ledger"
    [ "$rounds" -le $((wanted * 4)) ] || fail "after $rounds rounds there were only $kills kills"
done
echo "$kills kills in $rounds rounds: $(wc -l <"$work/calm.events") events each time, every acknowledged one of them there"
