#!/bin/bash
# A doctor who says what is wrong, whose advice works, and who harms nothing.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
workload=$3

new_ledger books --currency CNY --allow-import-clock
"$workload" --customers 40 --events 6000 --until 2025-12-31 --json >"$work/requests"
code=0
head -n 3000 "$work/requests" | "$daybook" submit --recorded-at - >/dev/null || code=$?
[ "$code" -le 1 ] || die "submit ended with $code"
expect 0 backup create "$work/backup"
tail -n +3001 "$work/requests" | "$daybook" submit --recorded-at - >/dev/null || true
expect 0 digest --json
cp "$out" "$work/digests"

expect 0 doctor
out_has "every checksum right"
grep -q damaged "$out" && die "a sound ledger is called damaged"
expect 0 doctor --json
out_has '"severity":"SEVERITY_SOUND"'
expect 3 doctor -L "$work/no-such-place"
err_has "there is no directory"
expect 3 doctor -L "$work"
err_has "there is no ledger in"

# put BYTE OFFSET FILE
put() { printf "\\x$1" | dd of="$3" bs=1 seek="$2" conv=notrunc status=none; }
# other_byte OFFSET FILE: a byte that is not there now
other_byte() {
    local now
    now=$(od -An -tx1 -j "$1" -N 1 "$2" | tr -d ' \n')
    printf '%02x' $((0x$now ^ 0x55))
}
copy() {
    rm -rf "$work/copy"
    cp -r "$DAYBOOK_LEDGER" "$work/copy"
}

# A byte of a frame: the sequences are named, and following the advice brings everything back.
copy
file=$work/copy/journal/data.mdb
at=$(grep -abo DBFR "$file" | head -n 1 | cut -d: -f1)
at=$((at + 2000))
put "$(other_byte "$at" "$file")" "$at" "$file"
expect 4 doctor -L "$work/copy"
grep -qE '^damaged +journal: events [0-9]+ to [0-9]+ cannot be read' "$out" || die "the sequences are not named"
out_has "daybook restore NEW BACKUP"
# However often views are rebuilt in vain: what answered is there, and one that is half built.
for _ in 1 2 3; do
    expect 4 rebuild -L "$work/copy"
    err_has "the frame of sequences"
done
[ "$(find "$work/copy/views" -name 'balance.g*' | wc -l)" -le 2 ] || die "rebuilds in vain pile up"
expect 0 backup create "$work/rest" --since "$work/backup" -L "$work/copy"
expect 0 restore "$work/mended" "$work/backup" "$work/rest"
expect 0 digest --json -L "$work/mended"
cmp -s "$out" "$work/digests" || die "what was mended is not what was there"

# A page of the journal that LMDB must not walk.
copy
pages=$(($(stat -c %s "$file") / 4096))
put ff $((2 * 4096 + 10)) "$file"
put ff $((2 * 4096 + 12)) "$file"
for page in $(seq 3 $((pages - 1))); do put ff $((page * 4096 + 12)) "$file"; done
expect 4 doctor -L "$work/copy"
grep -qE '^damaged +journal pages: .*page [0-9]+' "$out" || die "the page is not named"
out_has "do not open it"

# A view whose pages are wrong is a warning; given up, it is built anew.
copy
view=$(ls -d "$work"/copy/views/balance.g*)
pages=$(($(stat -c %s "$view/data.mdb") / 4096))
for page in $(seq 2 $((pages - 1))); do put ff $((page * 4096 + 13)) "$view/data.mdb"; done
cp "$view/data.mdb" "$work/before"
expect 0 doctor -L "$work/copy"
grep -qE '^warning +view balance' "$out" || die "the view is not named"
out_has "--give-up-views"
cmp -s "$view/data.mdb" "$work/before" || die "the doctor changed a file"
[ ! -e "$view/damaged" ] || die "the doctor gave a view up unasked"
expect 0 doctor --give-up-views -L "$work/copy"
expect 0 doctor -L "$work/copy"
out_has "given up"
expect 0 digest --json -L "$work/copy"
cmp -s "$out" "$work/digests" || die "the view that was built anew differs"
expect 0 doctor -L "$work/copy"
grep -q warning "$out" && die "a warning stays when all is mended"
echo "doctor: as expected"

# A journal that is gone is said as that, not as a ledger that was never made; and none is made in its place.
copy
rm "$work/copy/journal/data.mdb"
expect 4 doctor -L "$work/copy"
grep -qE '^damaged +journal: .*data.mdb is gone, and what belongs to it is there' "$out" || die "the loss is not told"
expect 4 balance -L "$work/copy"
err_has "its journal is gone"
expect 4 deposit ACME X 1 -L "$work/copy"
expect 3 init "$work/copy" --timezone UTC --currency CNY
err_has "is of one whose journal is gone"
expect 4 balance -L "$work/copy"
mkdir "$work/other"
: >"$work/other/letter"
expect 0 init "$work/other" --timezone UTC --currency CNY

# Every checksum is right and the newest events are gone: what else remembers them says so. The journal of an older copy.
expect 0 init "$work/young" --timezone UTC --currency CNY
expect 0 audit key new example.org/young -L "$work/young"
expect 0 customer open A -L "$work/young"
cp -r "$work/young/journal" "$work/older"
expect 0 deposit A L1 10 -L "$work/young"
cp -r "$work/young" "$work/signed"
expect 0 audit checkpoint -L "$work/signed"
expect 0 doctor -L "$work/signed"
for which in "the state/young" "a signed checkpoint/signed"; do
    ledger=$work/${which#*/}
    rm -r "$ledger/journal"
    cp -r "$work/older" "$ledger/journal"
    expect 4 doctor -L "$ledger"
    out_has "${which%/*} knows of 3 events, and the journal ends with 2: events are gone"
done

# What a killed server left in its log is read and counted; a log that is gone is told.
copy
DAYBOOK_LEDGER=$work/copy start_server
expect 0 customer open LOGGED --server "$url"
for i in 1 2 3; do expect 0 deposit LOGGED "L$i" 10 --server "$url"; done
kill -KILL "$server"
wait "$server" 2>/dev/null || true
trap 'rm -rf "$work"' EXIT
expect 0 doctor -L "$work/copy"
expect 0 balance LOGGED -L "$work/copy"
out_has "30.00"
mv "$work/copy/journal/wal" "$work/wal"
expect 4 doctor -L "$work/copy"
grep -qE '^damaged +journal log: .*journal/wal: it is gone' "$out" || die "the lost log is not told"
expect 4 balance LOGGED -L "$work/copy"
expect 4 deposit LOGGED L4 10 -L "$work/copy"
mv "$work/wal" "$work/copy/journal/wal"
expect 0 deposit LOGGED L4 10 -L "$work/copy"
expect 0 balance LOGGED -L "$work/copy"
out_has "40.00"
expect 0 doctor -L "$work/copy"

# Names that are sealed, and no file of keys; without names nothing is missed.
copy
rm -rf "$work/copy/keys"
expect 0 customer open SEALED --name "Somebody" -L "$work/copy"
sealed=$("$daybook" status --json -L "$work/copy" | sed -nE 's/.*"journalHead":"([0-9]+)".*/\1/p')
expect 0 doctor -L "$work/copy"
if grep -qE '^warning +keys' "$out"; then die "a file of keys is there, and missed"; fi
rm -rf "$work/copy/keys"
expect 0 doctor -L "$work/copy"
grep -qE "^warning +keys: event ($sealed|[0-9]+) seals a customer's name, and .*/keys has no file of keys" "$out" ||
    die "missing keys are not told"
expect 0 init "$work/plain" --timezone UTC --currency CNY
expect 0 customer open NAMELESS -L "$work/plain"
expect 0 doctor -L "$work/plain"
if grep -qE '^warning +keys' "$out"; then die "keys are missed that nobody needs"; fi

# A clock that was ahead once: what comes after is recorded, and dated, behind that.
expect 0 init "$work/ahead" --timezone UTC --currency CNY --allow-import-clock
expect 0 customer open A -L "$work/ahead"
expect 0 doctor -L "$work/ahead"
if grep -qE '^warning +clock' "$out"; then die "a clock that is right is told to be ahead"; fi
printf '{"key":"YQ==","actor":"t","customer":"A","effectiveOn":"2024-01-02","recordedAtUs":"%s","receiveDeposit":{"lot":"L","amountMinor":1}}\n' \
    "$(date -u -d '+40 days' +%s)000000" | "$daybook" submit --recorded-at -L "$work/ahead" - >"$out"
expect 0 doctor -L "$work/ahead"
grep -qE "^warning +clock: the last event was recorded 34[0-9]{5} s ahead of this machine's clock" "$out" ||
    die "a clock that was ahead is not told"
