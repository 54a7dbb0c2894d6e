#!/bin/bash
# The benchmarks at tiny sizes: every part runs, every target of theirs is judged, and runs compare with themselves.
#   test_run.sh BENCH COMPARE WORKLOAD [recover]     without the word, what measures an opening after a kill is left out
set -euo pipefail
bench=$1
compare=$2
workload=$3
recover=${4:-}
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

run small --events 3000 --customers 40 --open-items 320 \
    --parts "append,single,views,query,follow,proof,audit${recover:+,recover},aging"
run beside --events 3000 --customers 300 --open-first --spread hot --parts append,views,query,follow \
    --beside "$work/small.json"
for figure in "append, batches of 8192 requests, of its limit" "append with balance, aging, credit and proof folds" \
    "single appends, 1 submitter, of its limit" "single appends, 64 submitters, in events" "rebuild of all views" \
    ${recover:+"open after SIGKILL, to the first balance"} "balance at a random (A, K), p99" "aging of the open items at the head" \
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

# A history of so many events ends with its two years, however many requests that takes.
for events in 60 3000; do
    "$workload" --events "$events" --until 2025-12-31 --json >"$work/requests"
    last_us=$(tail -n 1 "$work/requests" | sed -nE 's/.*"recordedAtUs":"([0-9]+)".*/\1/p')
    days_before=$((($(date -u -d 2025-12-31 +%s) - last_us / 1000000) / 86400))
    [ "$days_before" -ge 0 ] && [ "$days_before" -le 20 ] || die "$events events end $days_before days before their end"
done
