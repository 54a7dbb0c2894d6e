#!/bin/bash
# The server when its disk refuses, and when its ledger is deleted beneath it: what it says, and what helps.
#   test_serve_faults.sh PROGRAM SOURCE FAIL_SYNC
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
command -v curl >/dev/null || { echo "serve_faults: there is no curl here: nothing was tested"; exit 77; }
fail_sync=$3

open_customer() { # open_customer KEY CUSTOMER
    call Ledger/Submit "{\"requests\":[{\"key\":\"$(base64 <<<"$1")\",\"actor\":\"t\",\"customer\":\"$2\",\"effectiveOn\":\"2024-01-01\",\"openCustomer\":{}}]}"
}
logged() { # logged WORDS: waits until the log has them
    local line
    line=$(timeout 60 tail -n +1 -F --pid="$server" "$server_log" 2>/dev/null | grep -m 1 -F -- "$1" || true)
    [ -n "$line" ] || { cat "$server_log" >&2; die "the log lacks: $1"; }
}

# ---- a sync that fails latches the writer: 503 until a new start, and questions go on ----
new_ledger books --currency CNY
export DAYBOOK_FAIL_SYNC=$work/fail
LD_PRELOAD=$fail_sync ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 start_server
open_customer k1 A; answer_is "200 application/json"
ask /readyz; answer_is "200 text/plain"
: >"$DAYBOOK_FAIL_SYNC"
open_customer k2 B; answer_is "503 application/json"
out_has '"code":"unavailable"'
rm "$DAYBOOK_FAIL_SYNC"
# The disk is well again, and what is in memory in doubt all the same.
open_customer k2 B; answer_is "503 application/json"
out_has "nothing more is recorded until the ledger is opened anew"
ask /readyz; answer_is "503 text/plain"
out_has "not ready: "
logged "nothing more is recorded until the ledger is opened anew"
ask /healthz; answer_is "200 text/plain"
call Views/GetBalance '{"customer":"A"}'; answer_is "200 application/json"
stop_server
start_server
ask /readyz; answer_is "200 text/plain"; out_is ready
open_customer k2 B; answer_is "200 application/json"
call Views/GetBalance '{"customer":"B"}'; answer_is "200 application/json"
stop_server

# ---- deleted beneath its server: nothing more is recorded, and what was is saved through it ----
new_ledger gone --currency CNY
gone=$DAYBOOK_LEDGER
start_server
open_customer k1 A; answer_is "200 application/json"
rm -rf "$gone"
open_customer k2 B; answer_is "500 application/json"
out_has '"code":"data_loss"'
ask /readyz; answer_is "503 text/plain"
logged "make a backup through the server that still runs"
grep -F '"event":"refusing"' "$server_log" | grep -q "start the server again" && die "a new start would not help"
DAYBOOK_LEDGER='' expect 0 backup create "$work/saved.daybook" --server "$url"
stop_server
grep -q "everything that was acknowledged is durable" "$server_log" && die "it is not"
logged '"event":"stopped","message":"appending to '
expect 0 restore "$gone" "$work/saved.daybook"
expect 0 balance A
echo "serve_faults: as expected"
