#!/bin/bash
# Signed checkpoints, proofs, witnesses and tiles, checked by the verifier, which never sees the ledger.
. "$(dirname "$0")/common.sh"
verify=$3

# verified CODE TEXT ARGUMENT...: runs the verifier; what it says must hold TEXT.
verified() {
    local wanted=$1 text=$2 code=0
    shift 2
    "$verify" "$@" >"$out" 2>"$err" </dev/null || code=$?
    [ "$code" -eq "$wanted" ] || die "daybook-verify $*: exit code $code, expected $wanted"
    grep -qF -- "$text" "$out" "$err" || die "daybook-verify $* does not say: $text"
}

verified 0 "Usage: daybook-verify" --help
[ "$(grep -cE '^.{80}' "$out")" -eq 0 ] || die "the verifier's help is too wide for a terminal"

# flipped FILE BYTE COPY: a copy with one bit changed.
flipped() {
    cp "$1" "$3"
    local old
    old=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "\\x$(printf %02x $((old ^ 1)))" | dd of="$3" bs=1 seek="$2" conv=notrunc status=none
}

post() {
    local i
    for ((i = $1; i <= $2; i++)); do
        printf '{"key":"%s","actor":"test","customer":"C%s","effectiveOn":"2024-01-02","openCustomer":{"profile":{"name":"N"}}}\n' \
            "$(printf 'k%s' "$i" | base64)" "$i"
    done >"$work/requests"
    "$daybook" submit "$work/requests" >"$out" 2>"$err" || die "submitting"
}

# ---- without a key, and keys ----
new_ledger books --currency CNY
post 1 299
expect 3 audit checkpoint
err_has "audit key new"
expect 3 audit prove 5
err_has "no checkpoint is signed"
expect 2 audit key new "two words"
expect 0 audit key new example.org/books
key=$(cat "$out")
[ "$(stat -c %a "$DAYBOOK_LEDGER/keys/log.key")" = 600 ] || die "others can read the key"
expect 3 audit key new example.org/other
err_has "it has one"
expect 0 export events --sequence 300 --json # Who made it, and which: event 300; the attempts that failed are none.
out_has '"actor":"tester"'
out_has "\"operatorActed\":{\"action\":\"OPERATOR_ACTION_KEY_CREATED\",\"subject\":\"example.org/books\",\"detail\":\"$key\"}"
expect 2 export events --sequence 301
expect 0 audit key show
out_is "$key"
grep -q "PRIVATE" "$DAYBOOK_LEDGER/keys/log.key" || die "no private key"
expect 2 audit key new w.example --witness
expect 0 audit key new w.example --witness -o "$work/w.key"
witness=$(cat "$out")
expect 0 audit key show --key "$work/w.key"
out_is "$witness"
chmod 644 "$work/w.key"
expect 2 audit key show --key "$work/w.key"
err_has "others than its owner"
chmod 600 "$work/w.key"

# ---- a key that is lost ----
cp -r "$DAYBOOK_LEDGER" "$work/lost"
rm "$work/lost/keys/log.key"
expect 3 audit checkpoint -L "$work/lost"
err_has "put the copy of keys/log.key back"
expect 3 audit key new example.org/books -L "$work/lost"
err_has "it had one, as keys/log.pub shows"
[ ! -e "$work/lost/keys/log.key" ] || die "a key that is not the public one was left"
expect 0 audit verify -L "$work/lost"
out_has "this ledger's private key is not here"
cp "$DAYBOOK_LEDGER/keys/log.key" "$work/lost/keys/log.key"
rm "$work/lost/keys/log.pub"
expect 3 audit key show -L "$work/lost"
err_has "keys/log.pub is gone"
head_before=$("$daybook" status --json -L "$work/lost" | sed -nE 's/.*"journalHead":"([0-9]+)".*/\1/p')
expect 3 audit key new example.org/books -L "$work/lost"
[ "$("$daybook" status --json -L "$work/lost" | sed -nE 's/.*"journalHead":"([0-9]+)".*/\1/p')" = "$head_before" ] ||
    die "a key that was not made is on record"

# ---- checkpoints ----
expect 0 audit checkpoint -o "$work/300"
verified 0 "good: a checkpoint of example.org/books, 300 events" --key "$key" checkpoint "$work/300"
expect 0 audit checkpoint
cmp -s "$out" "$work/300" || die "the same events were signed anew"
verified 0 "good" --key "$DAYBOOK_LEDGER/keys/log.pub" checkpoint "$work/300"
verified 4 "foreign" --key "$witness" checkpoint "$work/300"
verified 4 "cosigned by 0 of the witnesses" --key "$key" --witness "$witness" checkpoint "$work/300"
verified 2 "" checkpoint "$work/300"
verified 3 "" --key "$key" checkpoint "$work/none"
for ((byte = 0; byte < $(stat -c %s "$work/300"); byte += 5)); do
    flipped "$work/300" "$byte" "$work/bad"
    verified 4 "refused: " --key "$key" checkpoint "$work/bad"
done
head -c 100 "$work/300" >"$work/bad"
verified 4 "refused: " --key "$key" checkpoint "$work/bad"

# Where something was signed, neither another key nor another configuration is signed in its place.
cp -r "$DAYBOOK_LEDGER" "$work/lost2"
rm -r "$work/lost2/keys"
expect 3 audit key new example.org/books -L "$work/lost2"
err_has "it had one, as checkpoints/ shows"
cp -r "$DAYBOOK_LEDGER/keys" "$work/lost2/keys"
rm "$work/lost2/checkpoints/config"
expect 3 audit checkpoint -L "$work/lost2"
err_has "checkpoints/config is gone, which was signed with the first checkpoint"
expect 4 audit verify -L "$work/lost2"
cp "$DAYBOOK_LEDGER/checkpoints/config" "$work/lost2/checkpoints/config"
expect 0 audit checkpoint -L "$work/lost2"

# ---- inclusion ----
for sequence in 1 2 255 256 257 300; do
    expect 0 audit prove "$sequence" -o "$work/proof" --event "$work/event"
    verified 0 "good: event $sequence is in example.org/books, among its first 300" \
        --key "$key" inclusion "$work/proof" "$work/event"
done
expect 2 audit prove 0
expect 2 audit prove 301
expect 0 audit prove 17 -o "$work/proof" --event "$work/event"
for ((byte = 0; byte < $(stat -c %s "$work/proof"); byte += 7)); do
    flipped "$work/proof" "$byte" "$work/bad"
    verified 4 "refused: " --key "$key" inclusion "$work/bad" "$work/event"
done
for ((byte = 0; byte < $(stat -c %s "$work/event"); byte += 3)); do
    flipped "$work/event" "$byte" "$work/bad"
    verified 4 "refused: " --key "$key" inclusion "$work/proof" "$work/bad"
done
expect 0 export events --sequence 18 --raw -o "$work/other"
verified 4 "says that it is number 18, and stands at 17" --key "$key" inclusion "$work/proof" "$work/other"
expect 0 audit prove 17 --json
[ "$(json_value sequence)" = 17 ] || die "no JSON"

# ---- consistency, and a witness ----
cosign=(audit cosign --key "$work/w.key" --log-key "$key" --state "$work/state")
expect 0 "${cosign[@]}" "$work/300" -o "$work/300.cosigned"
verified 0 "cosigned by 1 of 1 witnesses" --key "$key" --witness "$witness" checkpoint "$work/300.cosigned"
# Whoever signs cannot be an outsider to itself.
verified 2 "has the log's own key; a witness is somebody else" --key "$key" --witness "$key" checkpoint "$work/300"
verified 4 "has expired" --key "$key" --witness "$witness" --cosigned-since 2999-01-01T00:00:00Z \
    checkpoint "$work/300.cosigned"
expect 0 audit checkpoint --cosigned "$work/300.cosigned"
cmp -s "$out" "$work/300.cosigned" || die "the cosignature was not taken"
post 301 700
expect 0 audit checkpoint -o "$work/700"
expect 2 "${cosign[@]}" "$work/700"
err_has "prove-consistency 300"
expect 0 audit prove-consistency 299 -o "$work/wrong"
expect 2 "${cosign[@]}" "$work/wrong"
expect 0 audit prove-consistency 300 -o "$work/to700"
verified 0 "good: the 700 events of example.org/books begin with the 300" \
    --key "$key" consistency "$work/to700" "$work/300"
verified 4 "starts at 300 events" --key "$key" consistency "$work/to700" "$work/700"
for ((byte = 0; byte < $(stat -c %s "$work/to700"); byte += 7)); do
    flipped "$work/to700" "$byte" "$work/bad"
    verified 4 "refused: " --key "$key" consistency "$work/bad" "$work/300"
    expect_any "2 4" "${cosign[@]}" "$work/bad"
done
expect 0 "${cosign[@]}" "$work/to700" -o "$work/700.cosigned"
# Once more is no harm, and a later time; what is smaller is refused.
expect 0 "${cosign[@]}" "$work/to700"
expect 0 "${cosign[@]}" "$work/700" -o "$work/again"
verified 0 "cosigned by 1 of 1 witnesses" --key "$key" --witness "$witness" checkpoint "$work/again"
expect 2 "${cosign[@]}" "$work/300"
err_has "a witness does not go back"
expect 0 audit checkpoint --cosigned "$work/700.cosigned"
# What it has signed is not forgotten by cutting the file that says so; where it was, is said.
cp "$work/state" "$work/state.kept"
for kept in 0 40; do
    head -c "$kept" "$work/state.kept" >"$work/state"
    expect 4 "${cosign[@]}" "$work/300"
    err_has "the witness' state"
done
sed 's/^/x/' "$work/state.kept" >"$work/state"
expect 4 "${cosign[@]}" "$work/700"
err_has "the witness' state"
cp "$work/state.kept" "$work/state"
# More lines than a note may have are not taken to it: nothing could be signed behind that.
cp "$DAYBOOK_LEDGER/checkpoints/00000000000000000700" "$work/kept.700"
{ cat "$work/700"; for ((i = 0; i < 99; i++)); do printf '\xe2\x80\x94 u%s AAAAAAAA\n' "$i"; done; } >"$work/many"
expect 4 audit checkpoint --cosigned "$work/many"
err_has "more than 100 signatures"
cmp -s "$work/kept.700" "$DAYBOOK_LEDGER/checkpoints/00000000000000000700" || die "it was taken all the same"
expect 0 audit checkpoint

# ---- a fork: the same key, another history ----
cp -r "$DAYBOOK_LEDGER" "$work/fork"
rm "$work/fork/checkpoints/"*700 "$work/fork/checkpoints/"*300
post 701 710
expect 0 audit checkpoint
(
    export DAYBOOK_LEDGER=$work/fork
    post 901 930
    expect 0 audit checkpoint -o "$work/730"
    expect 0 audit prove-consistency 700 -o "$work/to730"
    expect 0 "${cosign[@]}" "$work/to730"
)
expect 0 audit prove-consistency 700 -o "$work/to710"
expect 2 "${cosign[@]}" "$work/to710"
err_has "has signed 730 entries"
# Its checkpoint beside our journal: nothing more is signed.
cp "$work/730" "$DAYBOOK_LEDGER/checkpoints/00000000000000000730"
expect 4 audit checkpoint
err_has "events are gone"
post 711 730
expect 4 audit checkpoint
err_has "are not those of the checkpoint"
rm "$DAYBOOK_LEDGER/checkpoints/00000000000000000730"
expect 0 audit checkpoint -o "$work/ours"
# Another root of the size that it has signed: no proof is needed to see the fork.
expect 4 "${cosign[@]}" "$work/ours"
err_has "another root of the same 730 entries: the log was forked"
post 731 740
expect 0 audit checkpoint
# The fork's beside ours, where a newer one of ours holds: what was recorded is not blamed for it.
cp "$DAYBOOK_LEDGER/checkpoints/00000000000000000730" "$work/kept.730"
cp "$work/730" "$DAYBOOK_LEDGER/checkpoints/00000000000000000730"
expect 4 audit verify
err_has "do have that of the checkpoint of 740: the key has signed two histories"
if grep -q "something was changed" "$err"; then die "events are blamed for a fork"; fi
# Where none behind it holds, one place is named and the others are counted.
mv "$DAYBOOK_LEDGER/checkpoints/00000000000000000740" "$work/kept.740"
expect 4 audit verify
err_has "something was changed among events 711 to 730"
mv "$work/kept.740" "$DAYBOOK_LEDGER/checkpoints/00000000000000000740"
cp "$work/kept.730" "$DAYBOOK_LEDGER/checkpoints/00000000000000000730"

# ---- the verifier's own words ----
verified 0 "cosigned by 1 of 1" checkpoint "$work/300.cosigned" --witness "$witness" --key "$key"
verified 0 "good: a checkpoint" checkpoint --key "$key" -- "$work/300"
verified 2 "--origin lacks its value" checkpoint "$work/300" --key "$key" --origin
verified 2 'the check is "inclusion PROOF EVENT", and 1 names were given' --key "$key" inclusion "$work/proof"
verified 2 'there is no check "inclusoin"' --key "$key" inclusoin "$work/proof" "$work/other"
verified 2 "say what to check" --key "$key"
verified 2 "there is no option --keys" --keys "$key" checkpoint "$work/300"

# ---- tiles ----
expect 0 audit tiles "$work/tiles"
verified 0 "good: 740 entries" --key "$key" tiles "$work/tiles"
[ -s "$work/tiles/tile/0/002.p/228" ] || die "a tile lacks its place"
[ "$(stat -c %s "$work/tiles/tile/0/001")" = 8192 ] || die "a full tile has 8192 bytes"
[ "$(stat -c %s "$work/tiles/tile/1/000.p/2")" = 64 ] || die "two hashes have 64 bytes"
(cd "$work/tiles" && find . -type f) >"$work/files"
while IFS= read -r file; do
    mv "$work/tiles/$file" "$work/kept"
    verified 4 "refused: " --key "$key" tiles "$work/tiles"
    for byte in 0 31; do
        flipped "$work/kept" "$byte" "$work/tiles/$file"
        verified 4 "refused: " --key "$key" tiles "$work/tiles"
    done
    head -c -1 "$work/kept" >"$work/tiles/$file"
    verified 4 "refused: " --key "$key" tiles "$work/tiles"
    mv "$work/kept" "$work/tiles/$file"
done <"$work/files"
verified 0 "good" --key "$key" tiles "$work/tiles"
post 741 800
expect 0 audit checkpoint
expect 0 audit tiles "$work/tiles"
verified 0 "good: 800 entries" --key "$key" tiles "$work/tiles"
verified 4 "cosigned by 0 of the witnesses" --key "$key" --witness "$witness" tiles "$work/tiles"

# ---- tiles, and what is waited for ----
traced() { # traced [OPTION...] -- DIRECTORY: the calls are in $work/calls afterwards.
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$work/calls" "${options[@]}" -e trace=fsync,fdatasync,syncfs,rename \
        "$daybook" audit tiles "$2" >"$out" 2>"$err" </dev/null
}
calls() { grep -cE "$1" "$work/calls" || true; }
if ! command -v strace >/dev/null || ! traced -- "$work/waited"; then
    echo "audit: nothing can be traced here, so what tiles wait for was not tried"
else
    # All at once, when every tile is in its place; then the checkpoint and its name.
    [ "$(calls 'rename\(.*/tile/')" = "$(($(find "$work/waited" -type f | wc -l) - 1))" ] || die "a tile was not renamed"
    [ "$(calls 'sync')" = 3 ] || die "$(calls 'sync') syncs"
    sed -nE 's/.*(syncfs|fsync|rename)\(.*/\1/p' "$work/calls" | uniq | tr '\n' ' ' >"$out"
    out_is "rename syncfs fsync rename fsync "
    verified 0 "good: 800 entries" --key "$key" tiles "$work/waited"
    post 801 1400
    expect 0 audit checkpoint
    for killed in 1 4 7 8; do # The eighth is the checkpoint's.
        cp -r "$work/waited" "$work/killed"
        traced --inject="rename:signal=KILL:when=$killed" -- "$work/killed" && die "it was not killed"
        verified 0 "good: 800 entries" --key "$key" tiles "$work/killed"
        traced -- "$work/killed" || die "a tree that a kill left is not completed"
        [ "$(calls 'syncfs')" = 1 ] || die "what a kill left is not waited for"
        verified 0 "good: 1400 entries" --key "$key" tiles "$work/killed"
        rm -r "$work/killed"
    done
fi
