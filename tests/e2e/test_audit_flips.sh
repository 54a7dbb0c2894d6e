#!/bin/bash
# One flipped bit anywhere in the journal, the views or the checkpoints: it is found, or nothing that is said changes.
# The bytes are tried by tests/fault/flips.c, in a copy in memory. DAYBOOK_TEST_LONG tries every byte, else some;
# DAYBOOK_TEST_SEED=S repeats a choice of places and bits.
. "$(dirname "$0")/common.sh"
workload=$4 flips=$5
seed=${DAYBOOK_TEST_SEED:-$RANDOM}
every=$([ -n "${DAYBOOK_TEST_LONG:-}" ] && echo 1 || echo 199)
echo "seed $seed, each ${every}th byte"

new_ledger books --currency CNY --allow-import-clock
"$workload" --customers 4 --events 60 --json >"$work/requests"
"$daybook" submit --recorded-at "$work/requests" >"$out" 2>"$err" || true
expect 0 audit key new example.org/books
expect 0 digest
expect 0 audit checkpoint
expect 0 audit verify
expect 0 digest
cp "$out" "$work/digests"

# What the program itself says of one: the last byte of a signature.
cp -r --sparse=always "$DAYBOOK_LEDGER" "$work/whole"
for file in "$DAYBOOK_LEDGER"/checkpoints/0*; do
    printf 'x' | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") - 2)) conv=notrunc status=none
done
expect 4 audit verify
rm -rf "$DAYBOOK_LEDGER"
mv "$work/whole" "$DAYBOOK_LEDGER"
expect 0 audit verify

memory=/dev/shm
[ -w "$memory" ] || memory=$work
place=$(mktemp -d "$memory/daybook-flips-XXXXXX")
trap 'rm -rf "$work" "$place"' EXIT
cp -r --sparse=always "$DAYBOOK_LEDGER" "$place/books"
"$flips" "$place/books" "$place/scratch" "$every" "$seed" >"$out" 2>"$err" || die "a flip was not found"
cat "$out"
DAYBOOK_LEDGER=$place/books
expect 0 audit verify
expect 0 digest
cmp -s "$out" "$work/digests" || die "the ledger is not as it was"
