#!/bin/bash
# Lines of requests in, lines of answers out: in order, whatever the lines are.
. "$(dirname "$0")/common.sh"

new_ledger books --currency CNY
key() { printf '%s' "$1" | base64; }
open_line() {
    printf '{"key":"%s","actor":"t","customer":"%s","effectiveOn":"2024-01-01","openCustomer":{}}\n' "$(key "$1")" "$2"
}
deposit_line() {
    printf '{"key":"%s","actor":"t","customer":"%s","effectiveOn":"2024-01-02","receiveDeposit":{"lot":"%s","amountMinor":%s}}\n' \
        "$(key "$1")" "$2" "$3" "$4"
}

# Good, malformed and refused lines, answered in their order.
{
    open_line k1 A
    echo 'garbage'
    deposit_line k2 A L1 '"12345"'
    deposit_line k3 B L1 1
    echo '{"key":"azQ=","actor":"t","customer":"A","receiveDeposit":{"lot":"L2","amountMinr":1}}'
    echo
    deposit_line k5 A L2 1.5
    deposit_line k6 A L3 7
} | expect_fed 1 submit -
[ "$(wc -l <"$out")" -eq 8 ] || die "eight lines have eight answers"
answer() { sed -n "$1p" "$out"; }
[[ $(answer 1) == *'"key":"azE=","firstSequence":"1","lastSequence":"1","recordedAtUs":"'* ]] || die "line 1"
[[ $(answer 2) == '{"refusal":{"code":"REFUSAL_CODE_MALFORMED","message":"not JSON'* ]] || die "line 2"
[[ $(answer 3) == *'"firstSequence":"2"'* ]] || die "line 3"
[[ $(answer 4) == *'"code":"REFUSAL_CODE_UNKNOWN_CUSTOMER"'* ]] || die "line 4"
[[ $(answer 5) == *'ReceiveDeposit has no field \"amountMinr\"'* ]] || die "line 5"
[[ $(answer 6) == *'"code":"REFUSAL_CODE_MALFORMED"'* ]] || die "line 6"
[[ $(answer 7) == *'receiveDeposit: amountMinor: not a whole number'* ]] || die "line 7"
[[ $(answer 8) == *'"firstSequence":"3"'* ]] || die "line 8"
err_has "line 2 is malformed: "
err_has "line 5 is malformed: "
err_has "line 6 is malformed: "
err_has "line 7 is malformed: "

# Again: the same answers, nothing appended. A file, with CRLF and without a last newline.
{ open_line k1 A | sed 's/$/\r/'; deposit_line k2 A L1 12345 | tr -d '\n'; } >"$work/again"
expect 0 submit "$work/again"
[ "$(grep -c '"repeated":true' "$out")" -eq 2 ] || die "both lines were answered before"
expect 0 status --json
[ "$(json_value journalHead)" = 3 ] || die "something was appended twice"
expect 0 balance A --csv
out_has "A,CNY,0.00,0.00,123.52,"

# A line of more than a mebibyte, and one larger than a request may be.
{
    printf '{"actor":"'; head -c 1100000 /dev/zero | tr '\0' x; echo '"}'
    printf '{"key":"azc=","actor":"t","customer":"A","receiveDeposit":{"lot":"L7","amountMinor":1,"memo":"'
    head -c 70000 /dev/zero | tr '\0' x; echo '"}}'
    deposit_line k8 A L8 1
} | expect_fed 1 submit -
[ "$(wc -l <"$out")" -eq 3 ] || die "three lines have three answers"
err_has "line 1 is malformed: the line is longer than 1048576 bytes"
err_has "line 2 is malformed: the request has"
[[ $(answer 3) == *'"firstSequence":"4"'* ]] || die "the line after a long one"

# Garbage.
head -c 300000 /dev/urandom | expect_fed 1 submit -
lines=$(wc -l <"$out")
[ "$lines" -gt 100 ] && [ "$(grep -c MALFORMED "$out")" -eq "$lines" ] || die "garbage is malformed line by line"
expect 0 status --json
[ "$(json_value journalHead)" = 4 ] || die "garbage was appended"
expect_fed 0 submit - </dev/null
[ ! -s "$out" ] || die "no line has no answer"

# Groups: all of them or none.
{ deposit_line g1 A G1 1; deposit_line g2 B G2 1; } >"$work/group"
expect 1 submit --group "$work/group"
[[ $(answer 1) == *GROUP_REFUSED* && $(answer 2) == *UNKNOWN_CUSTOMER* ]] || die "a refused group"
{ deposit_line g1 A G1 1; echo nonsense; } >"$work/group"
expect 1 submit --group "$work/group"
[[ $(answer 1) == *GROUP_REFUSED* && $(answer 2) == *MALFORMED* ]] || die "a malformed group"
expect 0 status --json
[ "$(json_value journalHead)" = 4 ] || die "a refused group left something behind"
{ deposit_line g1 A G1 1; deposit_line g2 A G2 1; } >"$work/group"
expect 0 submit --group "$work/group"
[[ $(answer 1) == *'"firstSequence":"5"'* && $(answer 2) == *'"firstSequence":"6"'* ]] || die "a group"
# Eight digits are base64 as they stand.
for i in $(seq 10000000 10010000); do
    echo "{\"key\":\"$i\",\"actor\":\"t\",\"customer\":\"A\",\"receiveDeposit\":{\"lot\":\"N$i\",\"amountMinor\":1}}"
done >"$work/group"
expect 2 submit --group "$work/group"
err_has "a group has at most 10000 requests"

# A dry run decides and appends nothing; --actor is for lines without one.
deposit_line d1 A D1 1 >"$work/dry"
expect 0 submit --dry-run "$work/dry"
sed 's/"actor":"t",//' "$work/dry" >"$work/anonymous"
expect 0 submit --actor auditor "$work/anonymous"
[[ $(answer 1) == *'"firstSequence":"7"'* ]] || die "the dry run appended, or an actor was not taken"
expect 0 export events --sequence 7
out_has '"actor":"auditor"'

# The clock of a ledger is its own, unless it was made to take instants.
{ open_line c1 C | sed 's/}}$/},"recordedAtUs":"1700000000000000"}/'; } >"$work/clock"
expect 1 submit "$work/clock"
err_has "instants are accepted only with --recorded-at"
expect 2 submit --recorded-at "$work/clock"
err_has "this ledger keeps its own clock"
new_ledger imported --currency CNY --allow-import-clock
expect 0 submit --recorded-at "$work/clock"
out_has '"recordedAtUs":"1700000000000000"'
{ open_line c2 D | sed 's/}}$/},"recordedAtUs":"1600000000000000"}/'; } >"$work/clock"
expect 1 submit --recorded-at "$work/clock"
out_has CLOCK_NOT_ALLOWED

# A person at a pipe has an answer before the next line is written.
new_ledger live --currency CNY
mkfifo "$work/questions" "$work/answers"
"$daybook" submit - <"$work/questions" >"$work/answers" 2>"$err" &
program=$!
exec 7>"$work/questions" 8<"$work/answers"
open_line k1 A >&7
read -r -t 60 -u 8 line || die "no answer came while the pipe was open"
[[ $line == *'"firstSequence":"1"'* ]] || die "the first answer is not: $line"
deposit_line k2 A L1 5 >&7
read -r -t 60 -u 8 line || die "no second answer came"
[[ $line == *'"firstSequence":"2"'* ]] || die "the second answer is not: $line"
# It holds the writer's lock all the while; readers do not mind.
expect 3 deposit A L2 1
err_has "$program"
err_has "where that is a server, ask it with --server URL"
expect 0 balance A --csv
out_has "A,CNY,0.00,0.00,0.05,"
exec 7>&-
wait "$program" || die "the program did not end well"
exec 8<&-

# SIGINT ends it cleanly, and what was answered is there.
"$daybook" submit - <"$work/questions" >"$work/answers" 2>"$err" &
program=$!
exec 7>"$work/questions" 8<"$work/answers"
deposit_line k3 A L3 5 >&7
read -r -t 60 -u 8 line || die "no answer came"
kill -INT "$program"
code=0
wait "$program" || code=$?
[ "$code" -eq 3 ] || die "stopped with $code, expected 3"
err_has "stopped after line 1"
exec 7>&- 8<&-
expect 0 balance A --csv
out_has "A,CNY,0.00,0.00,0.10,"

# No room in the middle: the lines that have no answer are named, and all of them again record what is missing, once.
new_ledger full --currency CNY
open_line k0 A >"$work/many"
seq -f 'key%05.0f' 20000 | sed "s/.*/$(deposit_line KEY A '&' 5 | sed 's/"key":"[^"]*"/"key":"\&"/')/" >>"$work/many"
code=0
(
    trap '' XFSZ # The limit is then an error of the write, as a full disk is.
    ulimit -f 300
    "$daybook" submit "$work/many" >/dev/null 2>"$err"
) || code=$?
[ "$code" -eq 3 ] || die "without room it ends with $code, expected 3"
err_has "submitting lines "
err_has "with the same keys, is safe"
expect 0 submit "$work/many"
expect 0 status --json
[ "$(json_value journalHead)" = 20001 ] || die "there are $(json_value journalHead) events, not one a line"
expect 3 submit "$work/nowhere"
err_has "nowhere"
echo "submit: as expected"
