#!/bin/bash
# One flipped bit anywhere in the journal, the views or the checkpoints: the audit finds it, or nothing that is said changes.
# DAYBOOK_TEST_LONG=N tries N times as many places; DAYBOOK_TEST_SEED=S repeats a choice of places.
. "$(dirname "$0")/common.sh"
workload=$4
places=$((5 * ${DAYBOOK_TEST_LONG:-1}))
seed=${DAYBOOK_TEST_SEED:-$RANDOM}
echo "seed $seed"
RANDOM=$seed

new_ledger books --currency CNY --allow-import-clock
"$workload" --customers 8 --events 300 --json >"$work/requests"
"$daybook" submit --recorded-at "$work/requests" >"$out" 2>"$err" || true
expect 0 audit key new example.org/books
expect 0 digest
expect 0 audit checkpoint
expect 0 audit verify
# Not how many live views there were: one whose newest state is lost to LMDB is behind, is caught up by the next
# question, and answers the same.
said() { sed '/^replayed: /d; /^check: live views/d; /^\xe2\x80\x94/d' "$out"; }
said >"$work/said"
cp -r --sparse=always "$DAYBOOK_LEDGER" "$work/whole"

# Bytes that are not zero: most of a small file of LMDB is pages that nobody looks at.
found=0
unchanged=0
while IFS= read -r file; do
    cmp -l "$file" /dev/zero 2>/dev/null | awk '{print $1 - 1}' | head -c 4000000 >"$work/places" || true
    count=$(wc -l <"$work/places")
    [ "$count" -gt 0 ] || continue
    for ((i = 0; i < places; i++)); do
        # Two draws: one has 15 bits.
        byte=$(sed -n "$(((RANDOM * 32768 + RANDOM) % count + 1))p" "$work/places")
        bit=$((1 << (RANDOM % 8)))
        old=$(od -An -tu1 -j "$byte" -N 1 "$file")
        printf "\\x$(printf %02x $((old ^ bit)))" | dd of="$file" bs=1 seek="$byte" conv=notrunc status=none
        code=0
        timeout 60 "$daybook" audit verify >"$out" 2>"$err" || code=$?
        case $code in
        0)
            said | cmp -s - "$work/said" || die "$file, byte $byte, bit $bit: not found, and another answer"
            unchanged=$((unchanged + 1))
            ;;
        2 | 3 | 4) found=$((found + 1)) ;;
        *) die "$file, byte $byte, bit $bit: exit code $code" ;;
        esac
        # All of it: a view that was found damaged has been given up.
        rm -rf "$DAYBOOK_LEDGER"
        cp -r --sparse=always "$work/whole" "$DAYBOOK_LEDGER"
    done
done < <(find "$DAYBOOK_LEDGER/journal" "$DAYBOOK_LEDGER/views" "$DAYBOOK_LEDGER/checkpoints" "$DAYBOOK_LEDGER/keys" -type f \
    -size +0 -not -name lock.mdb -not -name lock -not -name log.key)
expect 0 audit verify
said | cmp -s - "$work/said" || die "the ledger is not as it was"
[ "$found" -gt 0 ] || die "nothing was ever found"
echo "$found found, $unchanged without any effect"
