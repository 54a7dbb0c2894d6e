#!/bin/bash
# A byte that goes bad under a running server: the scrub meets it, and the log, the status, /readyz and /metrics name the events.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
command -v curl >/dev/null || { echo "scrub: there is no curl here: nothing was tested"; exit 77; }
workload=$3

new_ledger books --currency CNY --allow-import-clock
"$workload" --customers 40 --events 6000 --until 2025-12-31 --json >"$work/requests"
"$daybook" submit --recorded-at "$work/requests" >"$out" 2>"$err" || true
expect 0 status
out_has "scrub: none has run"

# Waits until the server's log has a line like this, and for no longer than the server lives.
wait_for_log() {
    timeout 60 tail -n +1 -F --pid="$server" "$server_log" 2>/dev/null | grep -m 1 -E "$1" >"$out" || true
    [ -s "$out" ] || die "the log never said: $1"
}
# Asks /metrics until one of its values is greater than a number; each question waits for the server, nothing for time.
wait_for_metric() {
    local value=0 tries=0
    while [ "$value" -le "$2" ]; do
        [ $((tries += 1)) -lt 20000 ] || die "$1 stays $value"
        ask /metrics
        value=$(awk -v name="$1" '$1 == name { print $2 }' "$out")
        [ -n "$value" ] || die "the metrics lack $1"
    done
}

# ---- a sound journal, round after round ----
expect 2 serve --scrub-rate fast
err_has "--scrub-rate"
start_server --scrub-rate 102400
wait_for_metric daybook_scrub_rounds_total 1
out_has "daybook_scrub_damaged 0"
grep -qE '^daybook_scrub_position [1-9]' "$out" || die "the position is not told"
grep -qE '^daybook_scrub_frames_total [1-9]' "$out" || die "the frames are not told"
ask /readyz; answer_is "200 text/plain"; out_is ready

# ---- a byte of a frame that no recovery looks at goes bad while the server runs ----
file=$DAYBOOK_LEDGER/journal/data.mdb
at=$(grep -abo DBFR "$file" | head -n 1 | cut -d: -f1)
at=$((at + 2000))
was=$(od -An -tu1 -j "$at" -N 1 "$file" | tr -d ' ')
put() { printf "\\x$(printf %02x "$1")" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none; }
put $((was ^ 1))
wait_for_log '"level":"error","event":"damage"'
which=$(grep -oE 'events [0-9]+ to [0-9]+' "$out")
[ -n "$which" ] || die "the log names no events"
expect 4 doctor
out_has "$which cannot be read"
ask /readyz; answer_is "200 text/plain"
out_has "ready, but these cannot be read: $which; "
ask /metrics
out_has "daybook_scrub_damaged 1"
call Admin/GetStatus '{}'
out_has '"firstSequence":"'
expect 0 --server "$url" status
out_has "scrub: DAMAGED, $which cannot be read since "
# Another process reads what it wrote down.
expect 0 status
out_has "scrub: DAMAGED, $which cannot be read since "
# It is told once, however often it is met.
ask /metrics
rounds=$(awk '$1 == "daybook_scrub_rounds_total" { print $2 }' "$out")
wait_for_metric daybook_scrub_rounds_total "$((rounds + 2))"
[ "$(grep -c '"event":"damage"' "$server_log")" -eq 1 ] || die "the damage is in the log more than once"
stop_server
expect 0 status
out_has "scrub: DAMAGED, $which cannot be read since "

# ---- what is readable again is no longer told ----
put "$was"
start_server --scrub-rate 102400
ask /metrics
rounds=$(awk '$1 == "daybook_scrub_rounds_total" { print $2 }' "$out")
wait_for_metric daybook_scrub_rounds_total "$((rounds + 1))"
out_has "daybook_scrub_damaged 0"
ask /readyz; answer_is "200 text/plain"; out_is ready
stop_server
expect 0 status
out_has "scrub: all of the journal was looked at by "
if grep -q DAMAGED "$out"; then die "what was mended is still called damaged"; fi

# ---- none where none is wanted ----
start_server --scrub-rate 0
ask /metrics
out_has "daybook_scrub_frames_total 0"
call Admin/GetStatus '{}'
if grep -q bytesPerSecond "$out"; then die "it scrubs although it was told not to"; fi
stop_server
