#!/bin/bash
# Backups of a living ledger, and what is restored from them.
. "$(dirname "$0")/common.sh"
workload=$3

new_ledger books --currency CNY --allow-import-clock
"$workload" --customers 40 --events 2500 --until 2025-12-31 --json >"$work/requests"
submit() {
    local code=0
    "$daybook" submit --recorded-at - >/dev/null || code=$?
    [ "$code" -le 1 ] || die "submit ended with $code"
}
head -n 800 "$work/requests" | submit
expect 0 backup create "$work/monday"
grep -qE '^root [0-9A-Za-z+/]{43}=$' "$out" || die "the root is not said"
tail -n +801 "$work/requests" | submit &
expect 0 backup create "$work/while-writing" # Whatever was there when it began.
wait
expect 0 backup verify "$work/while-writing"
expect 0 backup create "$work/tuesday" --since "$work/monday"
tail -n 1 "$out" >"$work/root"
expect 0 backup create "$work/nothing" --since "$work/tuesday"
out_has "nothing new since event"
expect 0 backup verify "$work/monday" "$work/tuesday" "$work/nothing"
[ "$(tail -n 1 "$out")" = "$(cat "$work/root")" ] || die "verify computes another root"
expect 0 restore "$work/restored" "$work/monday" "$work/tuesday"
out_has "put your copy of them at $work/restored/keys"
[ "$(tail -n 1 "$out")" = "$(cat "$work/root")" ] || die "what was restored has another root"
expect 0 digest --json
cp "$out" "$work/digests"
expect 0 digest --json -L "$work/restored"
cmp -s "$out" "$work/digests" || die "the restored ledger has other digests"
expect 0 charge cust000001 AFTER 1.00 -L "$work/restored"

# Who wants it on record says so.
expect 0 restore "$work/recorded" "$work/monday" --record --actor root
expect 0 export events -L "$work/recorded"
grep '"actor":"root"' "$out" | grep -q '"operatorActed":{"action":"OPERATOR_ACTION_LEDGER_RESTORED","subject":"[0-9a-f]\{64\}","detail":"events 1 to ' || die "the restore is not recorded"

# A small backup goes through a pipe.
"$daybook" backup create - >"$work/piped"
expect 0 backup verify "$work/piped"
script -qec "$daybook backup create -" /dev/null >"$out" </dev/null || true
out_has "a backup is nothing for a terminal"

expect 3 backup create "$work/monday"
err_has "a backup never overwrites anything"
expect 3 restore "$work/restored" "$work/monday"
err_has "is there already"
ln -s nowhere "$work/link"
expect 3 restore "$work/link" "$work/monday"
err_has "is there already"
expect 2 restore "" "$work/monday"
err_has "has no name"
expect 0 restore "$work/slashed//" "$work/monday"
[ -d "$work/slashed/journal" ] || die "a slash behind the name moves the place"
expect 2 restore "$work/x" "$work/tuesday"
err_has "the whole backup first"
expect 2 restore "$work/x" "$work/monday" --to yesterday
err_has "neither a sequence nor an instant"
expect 2 backup verify "$source/README.md"
err_has "is no backup of a ledger"
expect 3 backup verify "$work/no-such-file"
expect 3 backup create /dev/full
[ ! -e "$work/x" ] || die "a refused restore left a directory"

# One byte in the middle of a frame.
cp "$work/monday" "$work/changed"
printf '\377' | dd of="$work/changed" bs=1 seek=9000 conv=notrunc status=none
cmp -s "$work/monday" "$work/changed" && printf '\376' | dd of="$work/changed" bs=1 seek=9000 conv=notrunc status=none
expect 4 backup verify "$work/changed"
err_has "$work/changed: a frame is not what its checksum says"
err_has "use another copy of this file"
expect 4 restore "$work/x" "$work/changed"
[ ! -e "$work/x" ] || die "a damaged backup was restored"

# A ledger without events, and an instant before the first one.
expect 0 init "$work/none" --timezone UTC --currency CNY
expect 0 backup create "$work/none.backup" -L "$work/none"
out_has "no events, "
expect 0 backup verify "$work/none.backup"
out_has "whole: no events"
expect 0 restore "$work/early" "$work/monday" --to 1999-01-01T00:00:00Z
out_has "restored $work/early: no events"

# What an increment goes on from: damaged anywhere, of another ledger, past this one's end, or of another history.
since_refused() {
    local said=$1 code=$2
    shift 2
    expect "$code" backup create "$work/increment" "$@"
    err_has "$said"
    [ ! -e "$work/increment" ] || die "an increment was made all the same"
}
since_refused "use another copy of this file" 4 --since "$work/changed"
since_refused "the end of the file is missing" 4 --since <(head -c 2000 "$work/monday")
since_refused "is no backup of a ledger" 2 --since "$source/README.md"
since_refused "the earlier backup is of another ledger" 2 --since "$work/none.backup"
expect 0 restore "$work/shorter" "$work/monday" --to 3
since_refused "and this ledger with event 3" 2 --since "$work/monday" -L "$work/shorter"

# Two that were one until event 3, got another event 4, and then the same event 5: only what is before it differs.
for fourth in left right; do
    expect 0 restore "$work/$fourth" "$work/monday" --to 3
    printf '{"key":"%s","actor":"a","customer":"%s","recordedAtUs":"%s","openCustomer":{}}\n' \
        a2V5 "$fourth" 1800000000000000 a2V6 last 1800000001000000 |
        expect_fed 0 submit --recorded-at - -L "$work/$fourth"
done
expect 0 backup create "$work/left-backup" -L "$work/left"
expect 0 backup create "$work/left-more" -L "$work/left" --since "$work/left-backup"
since_refused "events 1 to 5 of this ledger are not those" 2 --since "$work/left-backup" -L "$work/right"

echo "backup: as expected"
