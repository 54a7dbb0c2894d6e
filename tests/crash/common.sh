# What every crash test begins with: ledgers, kills at random moments, and the comparison with a calm run.
#   kill_x.sh PROGRAM ... KILLS [SEED]      DAYBOOK_TEST_LONG=N makes N times as many kills
# Sourced, not run. The test sets `program`, `kills_wanted` and `seed`, calls crash_begin, makes $work/calm, and says
#   init_options       options of `daybook init`
#   counted            the stages whose kills count towards those wanted: opening, appending, closing (of the run that
#                      writes), digest (views are built for the first time), rebuild
#   comparable_events  a filter: the part of exported events that must be the same in any two runs
#   write_disturbed    a function of LEDGER: writes into it until a run comes to the end, calling kill_after
set -euo pipefail
unset DAYBOOK_LEDGER
export USER=tester
kills=0
declare -A killed=([opening]=0 [appending]=0 [closing]=0 [digest]=0 [rebuild]=0)

crash_begin() {
    wanted=$((kills_wanted * ${DAYBOOK_TEST_LONG:-1}))
    RANDOM=$((seed % 32768))
    echo "seed $seed, $wanted kills"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
}

fail() {
    echo "seed $seed, kill $kills: $*"
    exit 1
}

make_ledger() {
    "$program" init "$1" "${init_options[@]}" >"$work/init.log"
}

# 0 is left out of JSON, as proto3 wants it.
head_of() {
    "$program" status --ledger "$1" --json | sed -E 's/.*"journalHead":"([0-9]+)".*/\1/; s/^[^0-9].*$/0/'
}

# What a calm run takes, random moments are spread over.
now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# kill_after MILLISECONDS PID: waits for the program to end, by itself or killed; 0 when it was killed.
kill_after() {
    local code=0
    sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
    kill -KILL "$2" 2>/dev/null || true
    wait "$2" 2>/dev/null || code=$?
    if [ "$code" -eq 137 ]; then
        kills=$((kills + 1))
        return 0
    fi
    [ "$code" -eq 0 ] || fail "the program ended by itself with code $code: $(cat "$work/errors")"
    return 1
}

count_kill() {
    killed[$1]=$((killed[$1] + 1))
}

# Of a killed run that writes: was it still opening, between its first and its last event, or closing?
count_write_kill() {
    local before=$1 after=$2
    if [ "$after" -eq "$whole" ]; then
        count_kill closing
    elif [ "$after" -eq "$before" ]; then
        count_kill opening
    else
        count_kill appending
    fi
}

# describe LEDGER PREFIX: everything that is compared, in files PREFIX.*.
describe() {
    "$program" digest --ledger "$1" | comparable_digests >"$2.digests"
    "$program" export events --ledger "$1" >"$2.events"
    comparable_events <"$2.events" >"$2.comparable"
    "$program" balance --ledger "$1" --as-of 2099-12-31 --csv >"$2.balances"
}

# The run that nobody disturbs is complete in $work/calm: what it is, and how long views take.
describe_calm() {
    local begun
    begun=$(now_ms)
    "$program" digest --ledger "$work/calm" >"$work/calm.digests"
    digest_ms=$(($(now_ms) - begun + 20))
    describe "$work/calm" "$work/calm"
    whole=$(wc -l <"$work/calm.events")
    [ "$(wc -l <"$work/calm.balances")" -gt 20 ] || fail "the calm run has hardly any balances to compare"
}

# Kills once or more while views are built for the first time, and while they are rebuilt; then compares.
build_disturbed() {
    local ledger=$1 command
    for command in digest rebuild; do
        "$program" "$command" --ledger "$ledger" >"$work/answers" 2>"$work/errors" &
        if kill_after $((RANDOM % digest_ms)) $!; then
            count_kill "$command"
        fi
    done
    describe "$ledger" "$work/now"
    cmp -s "$work/now.digests" "$work/calm.digests" ||
        fail "the views differ: $(diff "$work/calm.digests" "$work/now.digests" || true)"
    cmp -s "$work/now.comparable" "$work/calm.comparable" || fail "the journal differs from the undisturbed one"
    cmp -s "$work/now.balances" "$work/calm.balances" || fail "the balances differ from the undisturbed ones"
}

counted_kills() {
    local stage sum=0
    for stage in "${counted[@]}"; do
        sum=$((sum + killed[$stage]))
    done
    echo "$sum"
}

# Rounds of a new ledger each, until there were enough kills and some of them in the middle of appending.
crash_rounds() {
    local rounds=0 stage
    while [ "$(counted_kills)" -lt "$wanted" ] || [ "${killed[appending]}" -eq 0 ]; do
        rounds=$((rounds + 1))
        make_ledger "$work/ledger"
        write_disturbed "$work/ledger"
        build_disturbed "$work/ledger"
        rm -rf "$work/ledger"
        [ "$rounds" -le $((wanted * 4)) ] || fail "after $rounds rounds there were only $kills kills"
    done
    echo "$kills kills in $rounds rounds: $whole events each time, every acknowledged one of them there"
    for stage in opening appending closing digest rebuild; do
        echo "  $stage: ${killed[$stage]}"
    done
}
