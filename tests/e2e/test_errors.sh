#!/bin/bash
# What can go wrong in the world: a sentence and the right exit code, and nothing acknowledged is lost.
. "$(dirname "$0")/common.sh"

sentence() { grep -qE '^daybook: .+' "$err" || die "there is no sentence"; }

# The wrong directory.
for command in "balance" "status" "digest" "customer open A" "submit -" "export events"; do
    read -ra words <<<"$command"
    expect 3 "${words[@]}" -L "$work/nowhere"
    sentence
    err_has "nowhere"
done
mkdir "$work/empty"
expect 3 balance -L "$work/empty"
sentence
expect 3 deposit A L 1 -L "$work/empty"
[ -z "$(ls -A "$work/empty")" ] || die "a directory that is no ledger was written to"
: >"$work/file"
expect 3 balance -L "$work/file"
sentence
expect 3 init "$work/file" --timezone UTC --currency CNY
sentence

# Making one.
expect 2 init "$work/x" --timezone Nowhere/Land --currency CNY
err_has "Nowhere/Land"
expect 2 init "$work/x" --timezone ../etc/passwd --currency CNY
expect 2 init "$work/x" --timezone UTC --currency ABC
err_has "ABC"
new_ledger books --currency CNY
expect 3 init "$work/books" --timezone UTC --currency CNY
sentence

# Unknown customers and coordinates that are none.
expect 0 customer open A --on 2024-01-01
expect 0 deposit A L1 100 --on 2024-01-02
for command in balance history "customer show" "credit show" open-items aging deposits postings "statement preview" \
    "statement list" "credit decisions" "credit history --from 2024-01-01" "kpi --from 2024-01-01 --customer" \
    "bridge balance --from 1" "statement issue --to 2024-01-31" "lineage lot L1 --customer"; do
    read -ra words <<<"$command"
    expect 3 "${words[@]}" NOBODY
    err_has 'no customer "NOBODY"'
done
expect 3 lineage lot L9 --customer A
expect 3 statement show A L9
expect 3 proposal show L9
expect 1 deposit NOBODY L1 1
err_has "refused UNKNOWN_CUSTOMER: "
expect 2 balance --as-of yesterday
err_has "yesterday"
expect 2 balance --known-at sometime
err_has "sometime"
expect 2 balance --known-at 3
sentence
# An instant to come: more may be recorded until then. One that has come is the head's, after the last event.
expect 2 balance --known-at 2999-01-01T00:00:00Z
err_has "2999-01-01T00:00:00.000000Z has not come"
expect 0 balance --known-at "$(date -u +%FT%TZ -d '+0 sec')" --json
expect 2 credit history A --from 2024-01-01 --known-at 2999-01-01T00:00:00Z
expect 0 credit history A --from 2024-01-01 --known-then
expect 2 balance --limit many
err_has "many"
expect 2 history A --cursor '!!!'
sentence
expect 2 balance --json --csv
err_has "exclude each other"

# A directory that may not be written: writes are refused, and what a question may do is said.
expect 0 balance --csv
cp "$out" "$work/balance"
cp "$daybook" "$work/program"
cp "$(dirname "$daybook")/daybook-whole" "$work/"
chmod 755 "$work" "$work/program" "$work/daybook-whole"
as_other=()
if [ "$(id -u)" -eq 0 ]; then
    as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
if [ "$(id -u)" -ne 0 ] || "${as_other[@]}" true 2>/dev/null; then
    chmod -R a+rX,a-w "$work/books"
    code=0
    "${as_other[@]}" "$work/program" deposit A L2 1 -L "$work/books" >"$out" 2>"$err" || code=$?
    [ "$code" -eq 3 ] || die "a write to a directory that may not be written ended with $code"
    sentence
    code=0
    "${as_other[@]}" "$work/program" balance --csv -L "$work/books" >"$out" 2>"$err" || code=$?
    case $code in
    0) cmp -s "$out" "$work/balance" || die "a directory that may not be written answers otherwise" ;;
    3) sentence ;;
    *) die "a question of a directory that may not be written ended with $code" ;;
    esac
    # What may not be looked into is not called missing, and nobody is told to restore it.
    for closed in "$work/books/journal/lock.mdb" "$work/books"; do
        chmod go-rwx "$closed"
        for asked in "balance" "deposit A L2 1" "doctor"; do
            read -ra words <<<"$asked"
            code=0
            "${as_other[@]}" "$work/program" "${words[@]}" -L "$work/books" >"$out" 2>"$err" || code=$?
            [ "$asked" = doctor ] || [ "$code" -eq 3 ] || die "$asked of what may not be read ended with $code"
            grep -qi "permission denied" "$out" "$err" || die "$asked does not say that it may not"
            grep -h -v '^profiling:' "$out" "$err" | grep -q "there is n\|restore" && die "$asked gives the wrong advice"
        done
        [ "$closed" = "$work/books" ] || "$daybook" status -L "$work/books" >"$out" || die "the owner may"
    done
    chmod -R u+w,go+rX "$work/books"
else
    echo "errors: nobody else can be become here, so the directory that may not be written was not tried"
fi

# A file system that is read-only: questions are answered, writes are refused.
if [ "$(id -u)" -eq 0 ] && mkdir "$work/mounted" && mount --bind "$work/books" "$work/mounted" 2>/dev/null; then
    trap 'umount "$work/mounted" 2>/dev/null || true; rm -rf "$work"' EXIT
    mount -o remount,bind,ro "$work/mounted"
    expect 0 balance --csv -L "$work/mounted"
    cmp -s "$out" "$work/balance" || die "a read-only file system answers otherwise"
    expect 0 status -L "$work/mounted"
    expect 3 deposit A L2 1 -L "$work/mounted"
    sentence
    expect 3 rebuild -L "$work/mounted"
    sentence
    umount "$work/mounted"
else
    echo "errors: nothing can be mounted here, so the read-only file system was not tried"
fi

# Damage. The copy is what is damaged; the ledger goes on.
for i in $(seq 40); do
    printf '{"key":"%s","actor":"t","customer":"A","effectiveOn":"2024-01-02","receiveDeposit":{"lot":"D%s","amountMinor":1}}\n' \
        "$(printf 'd%s' "$i" | base64)" "$i"
done >"$work/lines"
expect 0 submit "$work/lines"
data=$(find "$work/books/journal" -name 'data.mdb' | head -n 1)
[ -n "$data" ] || data=$(find "$work/books/journal" -type f -size +8k | head -n 1)
[ -n "$data" ] || die "where is the journal's file?"
size=$(stat -c %s "$data")
damaged_copy() {
    rm -rf "$work/copy"
    cp -r "$work/books" "$work/copy"
    rm -rf "$work/copy/views"
    copy=$work/copy${data#"$work/books"}
}
# One byte after the other, all over the file: answered as before, or said to be damaged; never wrong, never a crash.
expect 0 digest
cp "$out" "$work/digest"
found=0
for offset in $(seq 37 $((size / 60 + 1)) "$size"); do
    damaged_copy
    byte=$(od -An -tu1 -j "$offset" -N 1 "$copy" | tr -d ' ')
    [ -n "$byte" ] || continue
    printf "\\x$(printf %02x $((byte ^ 0x55)))" | dd of="$copy" bs=1 seek="$offset" conv=notrunc status=none
    code=0
    "$daybook" digest -L "$work/copy" >"$out" 2>"$err" || code=$?
    case $code in
    0) cmp -s "$out" "$work/digest" || die "byte $offset was changed and the answer with it" ;;
    3 | 4)
        sentence
        found=$((found + 1))
        ;;
    *) die "byte $offset was changed: exit code $code" ;;
    esac
done
[ "$found" -gt 0 ] || die "no damage was found anywhere"
# A truncated file.
for keep in 0 100 4096 $((size / 2)) $((size - 1)); do
    damaged_copy
    truncate -s "$keep" "$copy"
    code=0
    "$daybook" digest -L "$work/copy" >"$out" 2>"$err" || code=$?
    case $code in
    0) cmp -s "$out" "$work/digest" || die "truncated at $keep, it answers otherwise" ;;
    3 | 4) sentence ;;
    *) die "truncated at $keep: exit code $code" ;;
    esac
done
# A damaged view is rebuilt without a word about figures.
damaged_copy
expect 0 balance --csv -L "$work/copy"
cp "$out" "$work/balance"
for file in $(find "$work/copy/views" -name 'data.mdb'); do
    dd if=/dev/urandom of="$file" bs=4096 count=2 conv=notrunc status=none
done
expect 0 balance --csv -L "$work/copy"
cmp -s "$out" "$work/balance" || die "a damaged view answered otherwise"
expect 0 digest -L "$work/copy"
cmp -s "$out" "$work/digest" || die "a damaged view was not rebuilt to the same digest"

# A full disk: what was acknowledged is there, what was not is not, and it goes on once there is room.
if [ "$(id -u)" -eq 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=96m none "$work/small" 2>/dev/null; then
    trap 'umount "$work/small"; rm -rf "$work"' EXIT
    export DAYBOOK_LEDGER=$work/small/books
    expect 0 init "$DAYBOOK_LEDGER" --timezone UTC --currency CNY
    expect 0 customer open A --on 2024-01-01
    head -c 90m /dev/zero >"$work/small/ballast" 2>/dev/null || true
    code=0
    "$daybook" submit "$work/lines" >"$out" 2>"$err" || code=$?
    [ "$code" -eq 3 ] || die "a full disk ended with $code"
    sentence
    acknowledged=$(grep -c '"firstSequence"' "$out" || true)
    rm "$work/small/ballast"
    expect 0 submit "$work/lines"
    [ "$(grep -c '"repeated":true' "$out" || true)" -eq "$acknowledged" ] || die "what was acknowledged is not what is there"
    [ "$(grep -c '"firstSequence"' "$out")" -eq 40 ] || die "it does not go on once there is room"
    # A view that is missing, and no room to build it: nothing is answered and nothing half there; then it is.
    expect 0 balance --csv
    cp "$out" "$work/before"
    rm -r "$work/small/books/views"
    head -c 96m /dev/zero >"$work/small/ballast" 2>/dev/null || true
    for asked in "balance --csv" "balance A --json" "export balances --format csv -o $work/half" \
        "export --format hledger -o $work/half" "export balances --format csv -o $work/small/half" rebuild; do
        read -ra words <<<"$asked"
        expect 3 "${words[@]}"
        err_has "could not be built for want of room; free some space and ask again: "
        [ ! -s "$out" ] || die "half an answer"
        [ -z "$(find "$work" -name 'half*')" ] || die "half an export"
    done
    rm "$work/small/ballast"
    expect 0 balance --csv
    cmp -s "$out" "$work/before" || die "it answers otherwise once there is room"
    export DAYBOOK_LEDGER=$work/books
else
    echo "errors: no small file system can be mounted here, so the full disk was not tried"
fi

echo "errors: as expected"
