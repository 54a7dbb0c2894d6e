#!/bin/bash
# The program that starts quickly: it loads no library that a question does not need, answers alone what it has, and
# becomes the other for what it has not.
. "$(dirname "$0")/common.sh"
unset DAYBOOK_SERVER
whole=$(dirname "$daybook")/daybook-whole

needed=$(readelf -d "$daybook" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
[ -n "$needed" ] || die "readelf names no library of the program"
for library in curl microhttpd archive pq nats rdkafka; do
    [[ $needed != *"lib$library"* ]] || die "every command waits for lib$library to be loaded"
done

new_ledger books --currency CNY
expect 0 customer open ANN --on 2024-05-01
expect 0 charge ANN G 180 --on 2024-06-01
expect 0 deposit ANN A 100 --on 2024-06-02

# By itself, as the other answers.
mkdir "$work/alone"
cp "$daybook" "$work/alone/daybook"
for question in balance aging open-items "history ANN" deposits trial-balance "kpi --from 2024-05-01" postings "credit list" \
    "customer list" "balance ANN" "lineage ANN charge G" "bridge aging --from 1" \
    "statement list" "export events" refusals; do
    read -ra words <<<"$question"
    "$whole" "${words[@]}" >"$work/wanted" 2>&1 </dev/null || die "daybook-whole $question failed: $(cat "$work/wanted")"
    code=0
    "$work/alone/daybook" "${words[@]}" >"$out" 2>&1 </dev/null || code=$?
    [ "$code" -eq 0 ] || die "alone, daybook $question ended with $code"
    cmp -s "$out" "$work/wanted" || die "the two programs answer $question differently"
done

# What it has not, the other does with the same words; where there is none, a sentence says so.
for words in help --version "no such" "audit verify --help" "serve --help" "balance --server http://127.0.0.1:1" \
    "--server http://127.0.0.1:1 balance"; do
    read -ra words <<<"$words"
    code=0 wanted=0
    "$whole" "${words[@]}" 2>&1 </dev/null | sed "s/after [0-9]* ms/later/" >"$work/wanted" || wanted=$?
    "$daybook" "${words[@]}" 2>&1 </dev/null | sed "s/after [0-9]* ms/later/" >"$out" || code=$?
    [ "$code" -eq "$wanted" ] || die "daybook ${words[*]} ended with $code, daybook-whole with $wanted"
    cmp -s "$out" "$work/wanted" || die "the two programs do ${words[*]} differently"
    code=0
    "$work/alone/daybook" "${words[@]}" >"$out" 2>"$err" </dev/null || code=$?
    [ "$code" -eq 3 ] || die "alone, daybook ${words[*]} ended with $code"
    err_has "daybook-whole"
done

# Installed, it is found where programs are that are not for people.
mkdir -p "$work/prefix/bin" "$work/prefix/libexec/daybook"
cp "$daybook" "$work/prefix/bin/daybook"
ln -s "$(realpath "$whole")" "$work/prefix/libexec/daybook/daybook-whole"
"$work/prefix/bin/daybook" --version >"$out" 2>"$err" || die "the installed program does not find the other"
out_has "daybook "
