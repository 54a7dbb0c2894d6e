#!/bin/bash
# A byte of views/state is altered, what the writer decides on: the request is decided rightly or ends with exit code 4,
# the third try at the latest is decided, and the books are those of an undisturbed life. Now and then LMDB spoils the
# process's own memory before anybody can see it; that ends it by a signal. DAYBOOK_TEST_LONG tries every byte that is
# not zero, else some; DAYBOOK_TEST_SEED=S repeats a choice.
. "$(dirname "$0")/common.sh"
seed=${DAYBOOK_TEST_SEED:-$RANDOM}
echo "seed $seed"

new_ledger books --currency CNY
expect 0 customer open ACME --name "Acme Ltd"
expect 0 customer open BETA --name "Beta Ltd"
expect 0 charge ACME INV-1 10.00
expect 0 pay ACME P-1 4.00
expect 0 charge BETA INV-2 20.00
cp -r --sparse=always "$DAYBOOK_LEDGER" "$work/whole"
data=$DAYBOOK_LEDGER/views/state/data.mdb

# Offset and value of the bytes that are not zero, in the order of this run.
od -An -v -tu1 -w1 "$data" | awk '$1 != 0 { print NR - 1, $1 }' >"$work/places"
if [ -z "${DAYBOOK_TEST_LONG:-}" ]; then
    shuf -n 24 --random-source=<(yes "$seed") -o "$work/places" "$work/places"
fi

# Sets $healed and $killed.
ask() {
    local code=0
    "$daybook" charge ACME INV-3 1.00 --key first >"$out" 2>"$err" </dev/null || code=$?
    case $code in
    0) ;;
    4) healed=$((healed + 1)) ;;
    *)
        grep -q '^daybook: ' "$err" && die "byte $offset: exit code $code"
        killed=$((killed + 1))
        ;;
    esac
}

healed=0 killed=0
while read -r offset value; do
    rm -rf "$DAYBOOK_LEDGER"
    cp -r --sparse=always "$work/whole" "$DAYBOOK_LEDGER"
    printf "\\x$(printf %x $((value ^ (1 << offset % 8))))" | dd of="$data" bs=1 seek="$offset" conv=notrunc status=none
    ask
    ask # Damage that only the writing of a checkpoint met shows here.
    expect 0 charge ACME INV-3 1.00 --key first
    expect 0 balance ACME --csv
    grep -q '7.00' "$out" || die "byte $offset: another balance"
done <"$work/places"
count=$(wc -l <"$work/places")
[ $((killed * 20)) -le $((count + 40)) ] || die "$killed of $count ended by a signal"
echo "$count bytes altered, $healed times found, $killed times the process was killed"
