#!/bin/bash
# The server under bad manners, and stopped in the middle of work: no crash, bounded memory, nothing acknowledged lost.
#   test_hostile.sh PROGRAM SOURCE HOSTILE [tokens]     DAYBOOK_TEST_LONG=N: N times as much, and 10 000 idle connections
# With "tokens", nobody is trusted: the clients bring a cashier's, some bring guesses, and some none.
. "$(dirname "$0")/../e2e/common.sh"
. "$(dirname "$0")/../e2e/server.sh"
hostile=$3
tokens=${4:-}
long=${DAYBOOK_TEST_LONG:-1}
seed=${DAYBOOK_TEST_SEED:-$RANDOM}
idle=500
if [ "$long" -gt 1 ]; then idle=10000; fi
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:quarantine_size_mb=16"

new_ledger books --currency CNY
expect 0 customer open A --on 2024-01-01
# A call that nobody finishes would hold the stop up for longer than this test may take.
with=() bearer=()
if [ -n "$tokens" ]; then
    token=$("$daybook" token create --name cora --role cashier --expires 1d 2>"$err")
    with=("$token")
    bearer=(-H "Authorization: Bearer $token")
    start_guarded_server --max-body 64 --drain-timeout 3600
else
    start_server --max-body 64 --drain-timeout 3600
fi
port=${address##*:}
memory_kib() { awk '/^VmRSS:/ { print $2 }' "/proc/$server/status"; }

# ---- bad manners ----
"$hostile" "$port" "$seed" 300 0 "${with[@]}" >"$out" 2>"$err" || die "seed $seed: $(cat "$out")"
before=$(memory_kib)
"$hostile" "$port" "$((seed + 1))" "$((3000 * long))" "$idle" "${with[@]}" >"$out" 2>"$err" || die "seed $((seed + 1)): $(cat "$out")"
cat "$out"
out_has " $idle idle connections of which 0 were lost"
if [ -n "$tokens" ]; then
    # Guessing brings nobody in, and does not lock out who has a good token.
    ask /metrics
    false_tokens=$(awk '/^daybook_calls_total.*code="(unauthenticated|resource_exhausted)"/ { n += $2 } END { print n + 0 }' "$out")
    [ "$false_tokens" -gt "$((100 * long))" ] || die "seed $seed: only $false_tokens guesses were counted as such"
    call Views/GetBalance '{}' "${bearer[@]}"
    answer_is "200 application/json"
    call Views/GetBalance '{}' -H "Authorization: Bearer ${token%?}x"
    answer_is "429 application/json"
    header_has "Retry-After:"
fi
after=$(memory_kib)
# Each idle connection may keep its 16 KiB and a little more; requests keep nothing. Half a kibibyte a request would show.
most=$((before + 65536 + idle * 24))
[ "$after" -le "$most" ] || die "seed $seed: memory grew from $before to $after KiB, and $most is the most it should be"
grep -q 'ERROR: \|runtime error' "$server_log" && die "seed $seed: a sanitizer complains"

# ---- stopped in the middle of work ----
poster() {
    local i=0 code
    while [ ! -e "$work/enough" ]; do
        i=$((i + 1))
        code=0
        status=$(curl -s -o /dev/null -w '%{http_code}' --max-time 60 "${bearer[@]}" -H 'Content-Type: application/json' -d \
            "{\"key\":\"$(printf '%s-%s' "$1" $i | base64)\",\"actor\":\"t\",\"customer\":\"A\",\"effectiveOn\":\"2024-01-02\",\"receiveDeposit\":{\"lot\":\"P$1-$i\",\"amountMinor\":\"1\"}}" \
            "$url/daybook.v1.Ledger/Post") || code=$?
        echo "P$1-$i $status $code"
        [ "$code" -eq 0 ] || break
    done
}
for n in 1 2 3 4; do poster "$n" >"$work/poster$n" & posters+=("$!"); done
# Each has some behind it before the signal comes.
for n in 1 2 3 4; do
    line=$(timeout 120 tail -n +1 -F "$work/poster$n" 2>/dev/null | sed -n '5{p;q}' || true)
    [ -n "$line" ] || die "poster $n got nowhere"
done
stop_server
: >"$work/enough"
wait "${posters[@]}"
cat "$work"/poster? >"$work/posted"
# Answered with 200, told that it stops (503), or not connected any more (0): nothing else.
if grep -vqE '^P[0-9-]+ (200 0|503 0|000 (7|52|56))$' "$work/posted"; then
    die "an answer that should not be: $(grep -vE ' (200 0|503 0|000 (7|52|56))$' "$work/posted" | head -n 3)"
fi
expect 0 export events
awk '$2 == 200 { print $1 }' "$work/posted" | sort >"$work/acknowledged"
sed -nE 's/.*"depositReceived":\{"lot":"(P[0-9-]+)".*/\1/p' "$out" | sort >"$work/recorded"
[ -s "$work/acknowledged" ] || die "nothing was acknowledged"
missing=$(comm -23 "$work/acknowledged" "$work/recorded" | wc -l)
[ "$missing" -eq 0 ] || die "$missing of what was acknowledged are not there"
echo "hostile${tokens:+ with tokens}: as expected, seed $seed, $(wc -l <"$work/acknowledged") acknowledged before the stop"
