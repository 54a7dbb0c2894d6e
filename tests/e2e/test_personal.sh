#!/bin/bash
# What is personal: sealed wherever it lies, gone when it is erased, and nothing else depends on it.
. "$(dirname "$0")/common.sh"
verify=$3

new_ledger books --currency CNY
expect 0 customer open ACME --name "Wilhelmine Tannenhauer" --contact Tannenhauer --email tannenhauer@example.com \
    --phone "+49 555 0199" --address "Tannenweg 7, Bonn" --tag vip --on 2024-01-02 --key open-acme
expect 0 customer open BETA --name "Beta 贝塔 GmbH" --on 2024-01-02
expect 0 customer open BARE --on 2024-01-02
expect 0 charge ACME G1 100.00 --on 2024-01-05
expect 0 pay ACME P1 100.00 --on 2024-01-09
expect 0 customer show ACME --json
for part in "Wilhelmine Tannenhauer" tannenhauer@example.com "+49 555 0199" "Tannenweg 7, Bonn"; do out_has "\"$part\""; done
expect 0 customer show ACME
out_has "tannenhauer@example.com"
expect 0 customer list
out_has "Beta 贝塔 GmbH"
grep -q "tannenhauer@" "$out" && die "a list shows addresses"

# Nowhere in a file, also not in parts: journal, views, state, keys.
nowhere() {
    if grep -rqaiE 'tannen|wilhelmine|555 0199' "$DAYBOOK_LEDGER"; then
        die "something personal lies in $(grep -rlaiE 'tannen|wilhelmine|555 0199' "$DAYBOOK_LEDGER")"
    fi
}
expect 0 digest
nowhere
for command in "export events" "history ACME"; do
    # shellcheck disable=SC2086
    expect 0 $command
    grep -qiE 'tannen|wilhelmine' "$out" && die "$command shows a name"
done
[ "$(stat -c %a "$DAYBOOK_LEDGER"/keys/customers-*.ring)" = 600 ] || die "others can read the keys"

# The same request again is the same; another content is another.
repeat() {
    expect "$1" customer open ACME --name "$2" --contact Tannenhauer --email tannenhauer@example.com \
        --phone "+49 555 0199" --address "Tannenweg 7, Bonn" --tag vip --on 2024-01-02 --key open-acme
}
repeat 0 "Wilhelmine Tannenhauer"
out_has "was recorded before, 1"
repeat 1 "Wilhelmina Tannenhauer"
err_has KEY_REUSED
grep -qi wilhelmin "$err" && die "a refusal repeats a name"
expect 1 customer open LONG --name "$(printf 'Tannenhauer%.0s' {1..30})"
err_has "it has 330 bytes"
grep -qi tannen "$err" && die "a refusal repeats a name"

# Changing the rest leaves it alone; changing a part of it leaves the other parts.
expect 0 customer change ACME --terms 30 --on 2024-02-01
expect 0 customer change ACME --phone "+49 555 0100" --on 2024-02-02
expect 0 customer show ACME --json
out_has '"days":30'
out_has '"+49 555 0100"'
out_has '"name":"Wilhelmine Tannenhauer"'
expect 0 customer change BARE --name Nobody --dry-run
expect 0 customer show BARE --json
grep -q Nobody "$out" && die "a dry run was recorded"

# Erasing: not while something is open, not without a reason.
expect 0 charge BETA G1 5.00 --on 2024-01-05
expect 1 customer erase BETA --reason art-17
err_has BALANCE_NOT_ZERO
expect 2 customer erase ACME
cp -a "$DAYBOOK_LEDGER/keys" "$work/keys.old"
expect 0 audit key new example.org/books
expect 0 audit checkpoint
expect 0 backup create "$work/backup"
expect 0 audit prove 1 -o "$work/before"
expect 0 balance ACME --as-of 2024-03-01 --known-at 6 --json
cp "$out" "$work/balance"
expect 0 customer erase ACME --reason art-17 --key erase-acme
expect 0 customer erase ACME --reason art-17 --key erase-acme
out_has "was recorded before"
expect 0 history ACME
out_has "customer erased"
erased() {
    expect 0 customer list --known-at "$1"
    grep -qE '^ACME +\(erased\) +vip' "$out" || die "ACME is not shown as erased at $1"
    out_has "Beta 贝塔 GmbH"
}
erased 6
erased 10
expect 0 customer show ACME --json
out_has '"personal":"PERSONAL_STATE_ERASED"'
nowhere

expect 0 doctor
grep -qE 'keys: .*1 keys, 1 erased$' "$out" || die "the doctor does not count keys"

# What else there is, is as it was.
expect 0 balance ACME --as-of 2024-03-01 --known-at 6 --json
diff <(sed 's/"journalHead":"[0-9]*"//' "$work/balance") <(sed 's/"journalHead":"[0-9]*"//' "$out") || die "a balance changed"
expect 0 audit checkpoint
expect 0 audit verify
expect 0 export events --sequence 1 --raw -o "$work/event"
"$verify" --key "$DAYBOOK_LEDGER/keys/log.pub" inclusion "$work/before" "$work/event" >"$out" 2>"$err" ||
    die "a proof from before does not verify"
expect 0 digest --json
cp "$out" "$work/digests"
expect 0 rebuild
expect 0 digest --json
cmp -s "$out" "$work/digests" || die "the views are others after the rebuild"

# A late duplicate brings nothing back, nor does an old copy of the keys; a new request may.
repeat 1 "Wilhelmine Tannenhauer"
err_has KEY_REUSED
mv "$DAYBOOK_LEDGER/keys" "$work/keys.new"
cp -a "$work/keys.old" "$DAYBOOK_LEDGER/keys"
erased 10
expect 0 doctor
out_has "the key of 1 customer is here who was erased, ACME: an old copy was put back"
expect 0 customer erase ACME --reason keys-came-back
expect 0 doctor
if grep -q "who was erased" "$out"; then die "a key that is gone is told to be there"; fi
cmp -s "$work"/keys.old/customers-*.ring "$DAYBOOK_LEDGER"/keys/customers-*.ring && die "the old key is still there"
expect 0 customer change ACME --terms 10
erased 12
expect 0 customer change ACME --name "Tanja Neu"
expect 0 customer show ACME
out_has "Tanja Neu"

# A restored ledger has no keys: names are missing and nothing else.
expect 0 restore "$work/restored" "$work/backup"
[ -e "$work/restored/keys" ] && die "a backup brought keys"
export DAYBOOK_LEDGER=$work/restored
expect 0 customer list
grep -qE '^BETA +\(key missing\)' "$out" || die "BETA is not shown as missing"
expect 0 audit verify
expect 0 customer change BETA --terms 20
expect 0 customer open DELTA --name "Delta" --on 2024-01-02
cp "$work"/keys.old/customers-*.ring "$work/restored/keys/"
expect 0 customer list
out_has "Beta 贝塔 GmbH"
grep -qE '^DELTA +Delta' "$out" || die "DELTA's key is lost"

# Damaged keys: told, nothing else stops.
ring=$(ls "$work"/keys.old/customers-*.ring)
ring=$work/restored/keys/$(basename "$ring")
printf X | dd of="$ring" bs=1 seek=330 conv=notrunc status=none # In the second slot, which is BETA's.
expect 0 customer list
grep -qE '^BETA +\(key damaged\)' "$out" || die "BETA is not shown as damaged"
expect_any "0 4" doctor
grep -q '1 damaged' "$out" || die "the doctor does not see the damaged key"
printf X | dd of="$ring" bs=1 seek=5 conv=notrunc status=none
expect 1 customer open EPSILON --name "Epsilon"
err_has "KEYS_UNUSABLE"
err_has "$ring"
expect 1 customer erase DELTA --reason art-17
err_has "KEYS_UNUSABLE"
expect 0 charge DELTA G1 1.00
expect 0 customer open EPSILON

# Who wants names in clear has them, and cannot take them back.
new_ledger plain --currency CNY --plain-names
expect 0 customer open ACME --name "Wilhelmine Tannenhauer"
expect 0 customer list
out_has "Wilhelmine Tannenhauer"
[ -e "$DAYBOOK_LEDGER/keys" ] && die "a ledger without sealing has keys"
expect 1 customer erase ACME --reason art-17
err_has UNSUPPORTED
expect 1 customer change ACME --email a@example.com
err_has "keeps names in clear"
