#!/bin/bash
# The benchmarks at tiny sizes: every part runs, every target of theirs is judged, and runs compare with themselves.
#   test_run.sh BENCH COMPARE
set -euo pipefail
bench=$1
compare=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
    echo "test_run.sh: $*" >&2
    exit 1
}

# run NAME ARGUMENT...
run() {
    local name=$1
    shift
    "$bench" "$@" --singles 20 --json "$work/$name.json" "$work/$name" >"$work/$name.out" 2>"$work/$name.err" ||
        { tail -n 20 "$work/$name.err" >&2; die "$name failed"; }
}

run small --events 3000 --customers 40 --open-items 320
run beside --events 3000 --customers 300 --open-first --spread hot --parts append,views,query,follow \
    --beside "$work/small.json"
for figure in "append, batches of 8192 requests, of its limit" "append with balance, aging, credit and proof folds" \
    "single appends, 1 submitter, of its limit" "single appends, 64 submitters, in events" "rebuild of all views" \
    "open after SIGKILL, to the first balance" "balance at a random (A, K), p99" "aging of the open items at the head" \
    "journal, size of an event" "all views, size of an event" "memory, peak while appending"; do
    grep -F -- "$figure  " "$work/small.out" | grep -qE '[<>]=.* (not )?reached' || die "no target is judged for: $figure"
done
grep -qE '^append, of the run beside .*>=.*reached' "$work/beside.out" || die "no run stands beside another"
grep -qF "longest lag of a view" "$work/small.out" || die "the lag of the views is not said"

"$compare" "$work/small.json" "$work/small.json" >"$work/same" || die "a run is worse than itself"
grep -q '^0 of [1-9][0-9]* figures are worse' "$work/same" || die "nothing was compared"
code=0
"$compare" "$work/small.json" "$work/beside.json" >"$work/refused" || code=$?
[ "$code" -eq 2 ] || die "runs of different workloads were compared: exit code $code"
grep -qF "the workloads differ" "$work/refused" || die "it does not say that the workloads differ"
code=0
"$compare" "$work/small.json" "$work/nothing.json" 2>/dev/null || code=$?
[ "$code" -eq 3 ] || die "a file that is absent: exit code $code"

# A script says what is wrong with its options before it builds anything, and that is no failure of the machine.
scripts=$(cd "$(dirname "$0")/../../bench" && pwd)
refused() { # refused WORDS SENTENCE
    local words code=0
    read -ra words <<<"$1"
    "$scripts/${words[0]}" "${words[@]:1}" >"$work/said" 2>&1 || code=$?
    [ "$code" -eq 2 ] || die "$1: exit code $code: $(cat "$work/said")"
    [ "$(cat "$work/said")" = "bench/${words[0]}: $2; see bench/${words[0]} --help" ] || die "$1: $(cat "$work/said")"
}
refused "run --json" "--json takes a file"
refused "run --seed" "--seed takes a number from 1"
refused "run --all --events" "--events takes a number from 1"
refused "run --events 10k" "--events takes a number from 1"
refused "run --events 99999999999999999999" "--events takes a number from 1"
refused "run --spread even" "--spread takes one of zipf, uniform, hot"
refused "run --parts append,all" "--parts takes some of append,single,views,query,follow,proof,audit,recover,aging"
refused "run --beside $work/none.json" "--beside: $work/none.json cannot be read"
refused "run --evnets 10" "--evnets is no option"
refused "run 10" "10 is no option"
refused "run --all --customers 10" "--all chooses these itself: --customers 10"
refused "peers/run --json" "--json takes a file"
refused "peers/run --peers mysql" "--peers takes some of postgres,sqlite,plain"
refused "run-serve --seconds" "--seconds takes a number from 1"
refused "run-serve --connections 4" "--connections is no option"
refused "compare $work/small.json" "it takes two files"
for script in run compare run-serve peers/run; do
    (cd "$scripts/$(dirname "$script")" && "./$(basename "$script")" --help) >"$work/said" ||
        die "$script --help: exit code $?"
    grep -qF "  bench/$script " "$work/said" || die "$script --help says: $(cat "$work/said")"
done
