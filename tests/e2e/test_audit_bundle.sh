#!/bin/bash
# An audit bundle: checked by the verifier alone, and refused when anything in it is not what was signed.
. "$(dirname "$0")/common.sh"
verify=$3
workload=$4

verified() {
    local wanted=$1 text=$2 code=0
    shift 2
    "$verify" "$@" >"$out" 2>"$err" </dev/null || code=$?
    [ "$code" -eq "$wanted" ] || die "daybook-verify $*: exit code $code, expected $wanted"
    grep -qF -- "$text" "$out" "$err" || die "daybook-verify $* does not say: $text"
}

new_ledger books --currency CNY --allow-import-clock
# The key is made today, so what follows it is recorded today, too.
"$workload" --customers 20 --events 1200 --json >"$work/requests"
head -n 300 "$work/requests" >"$work/first"
"$workload" --customers 20 --events 1200 --without-instants --json >"$work/requests"
tail -n +301 "$work/requests" >"$work/second"
"$daybook" submit --recorded-at "$work/first" >"$out" 2>"$err" || true
expect 0 audit key new example.org/books
key=$(cat "$out")
expect 2 audit bundle
err_has "--output"
expect 3 audit bundle -o "$work/none"
err_has "audit checkpoint"
expect 0 audit checkpoint -o "$work/old"
old=$(sed -n 2p "$work/old")
"$daybook" submit "$work/second" >"$out" 2>"$err" || true
expect 2 audit bundle -o "$work/none"
err_has "--to $old"
[ ! -e "$work/none" ] || die "half a bundle"
expect 0 audit key new w.example --witness -o "$work/w.key"
witness=$(cat "$out")
expect 0 audit checkpoint
expect 0 audit prove-consistency "$old" -o "$work/proof"
expect 0 audit cosign "$work/old" --key "$work/w.key" --log-key "$key" --state "$work/state"
expect 0 audit cosign "$work/proof" --key "$work/w.key" --log-key "$key" --state "$work/state" -o "$work/cosigned"
expect 0 audit checkpoint --cosigned "$work/cosigned"
head=$(sed -n 2p "$work/cosigned")

expect 0 audit bundle -o "$work/all.tar.zst"
verified 0 "good: events 1 to $head of example.org/books" --key "$key" --witness "$witness" bundle "$work/all.tar.zst"
out_has "cosigned by 1 of 1 witnesses"
# What its README names is in it.
mkdir "$work/unpacked"
tar --zstd -xf "$work/all.tar.zst" -C "$work/unpacked"
for name in CHECKLIST.txt verifier.key events.pb events.jsonl schema/daybook/v1/event.proto checkpoint MANIFEST edge \
    certificate reports; do
    grep -q "${name%%/*}" "$work/unpacked/README.txt" || die "the README does not name $name"
    [ -e "$work/unpacked/$name" ] || die "the README names $name, which is not there"
done
grep -q "1 older checkpoints continue into it, 10 sampled events" "$out" || die "older checkpoints or samples are missing"
expect 0 audit bundle -o "$work/part.tar.zst" --from $((old - 3)) --samples 3 --as-of 2024-12-31
verified 0 "good: events $((old - 3)) to $head" --key "$key" bundle "$work/part.tar.zst"
expect 0 audit bundle -o "$work/early.tar.zst" --to "$old"
verified 0 "good: events 1 to $old" --key "$key" bundle "$work/early.tar.zst"
verified 4 "foreign" --key "$witness" bundle "$work/all.tar.zst"
verified 4 "cosigned by 0 of the witnesses" --key "$key" --witness "$witness" bundle "$work/early.tar.zst"
verified 3 "" --key "$key" bundle "$work/none"
ls -d "$work"/*.parts-* "$work"/*.part 2>/dev/null && die "something was left beside the bundle"

# What is in it is what the ledger says.
mkdir "$work/x"
tar --zstd -C "$work/x" -xf "$work/all.tar.zst"
expect 0 export events
cmp -s "$out" "$work/x/events.jsonl" || die "events.jsonl is not the export"
expect 0 export events --raw -o "$work/raw"
cmp -s "$work/raw" "$work/x/events.pb" || die "events.pb is not the raw export"
for proto in "$source"/schema/daybook/v1/*.proto; do
    cmp -s "$proto" "$work/x/schema/daybook/v1/$(basename "$proto")" || die "the schema's $(basename "$proto") is another"
done

# Packed again with one thing altered. Who has the key could sign another MANIFEST: then the events betray it.
repack() {
    tar --zstd -C "$work/x" -cf "$work/bad.tar.zst" MANIFEST $(cd "$work/x" && find . -type f -printf '%P\n' | grep -vx MANIFEST)
}
repack
verified 0 "good" --key "$key" bundle "$work/bad.tar.zst"
for file in $(cd "$work/x" && find . -type f -printf '%P\n'); do
    cp "$work/x/$file" "$work/kept"
    old_byte=$(od -An -tu1 -j 5 -N 1 "$work/kept")
    if [ -n "$old_byte" ]; then
        printf "\\x$(printf %02x $((old_byte ^ 1)))" | dd of="$work/x/$file" bs=1 seek=5 conv=notrunc status=none
        repack
        verified 4 "refused: " --key "$key" bundle "$work/bad.tar.zst"
    fi
    head -c -1 "$work/kept" >"$work/x/$file"
    repack
    verified 4 "refused: " --key "$key" bundle "$work/bad.tar.zst"
    rm "$work/x/$file"
    if [ "$file" != MANIFEST ]; then
        repack
        verified 4 "named by MANIFEST and missing" --key "$key" bundle "$work/bad.tar.zst"
    fi
    cp "$work/kept" "$work/x/$file"
done
echo more >"$work/x/more"
repack
verified 4 "there and not in MANIFEST" --key "$key" bundle "$work/bad.tar.zst"
rm "$work/x/more"

# Links unpack as something else than what was read here, and what is too large is not read to its end.
: >"$work/x/empty"
( cd "$work/x" && ln -f empty zlink && tar --zstd -cf "$work/bad.tar.zst" MANIFEST empty zlink ) || die "no tar"
verified 4 "empty is there and not in MANIFEST" --key "$key" bundle "$work/bad.tar.zst"
( cd "$work/x" && mv certificate.json kept && ln certificate certificate.json &&
    tar --zstd -cf "$work/bad.tar.zst" MANIFEST certificate certificate.json && mv -f kept certificate.json ) || die "no tar"
verified 4 "certificate.json is there and not in MANIFEST, or twice, or no plain file" --key "$key" bundle "$work/bad.tar.zst"
rm "$work/x/empty" "$work/x/zlink"
cp "$work/x/edge" "$work/kept"
truncate -s 4T "$work/x/edge"
( cd "$work/x" && tar -S --zstd -cf "$work/bad.tar.zst" MANIFEST edge ) || die "no sparse tar"
timeout 60 "$verify" --key "$key" bundle "$work/bad.tar.zst" >"$out" 2>"$err" && die "a hole was taken"
err_has "edge is not the file that MANIFEST names"
cp "$work/kept" "$work/x/edge"

# Flips in the packed file: refused, or in what carries nothing (a time in a header of tar).
size=$(stat -c %s "$work/all.tar.zst")
for ((byte = 0; byte < size; byte += size / 60)); do
    cp "$work/all.tar.zst" "$work/bad.tar.zst"
    old_byte=$(od -An -tu1 -j "$byte" -N 1 "$work/bad.tar.zst")
    printf "\\x$(printf %02x $((old_byte ^ 16)))" | dd of="$work/bad.tar.zst" bs=1 seek="$byte" conv=notrunc status=none
    code=0
    "$verify" --key "$key" bundle "$work/bad.tar.zst" >"$out" 2>"$err" || code=$?
    [ "$code" -eq 4 ] || { [ "$code" -eq 0 ] && out_has "good: events 1 to $head"; } || die "flip at $byte: exit code $code"
done
for part in 1 100 1000 $((size - 1)); do
    head -c "$part" "$work/all.tar.zst" >"$work/bad.tar.zst"
    verified 4 "refused: " --key "$key" bundle "$work/bad.tar.zst"
done
