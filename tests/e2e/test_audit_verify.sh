#!/bin/bash
# The ledger replayed from its first event: a certificate where all of it holds, and the place where it does not.
. "$(dirname "$0")/common.sh"
verify=$3
workload=$4

new_ledger books --currency CNY --allow-import-clock
expect 0 audit verify
out_has "events: none"
"$workload" --customers 20 --events 1500 --json >"$work/requests"
head -n 500 "$work/requests" >"$work/first"
# The key is made today, so what follows it is recorded today, too.
"$workload" --customers 20 --events 1500 --without-instants --json >"$work/requests"
tail -n +501 "$work/requests" >"$work/second"
"$daybook" submit --recorded-at "$work/first" >"$out" 2>"$err" || true
expect 0 audit key new example.org/books
key=$(cat "$out")
expect 0 audit checkpoint
"$daybook" submit "$work/second" >"$out" 2>"$err" || true
expect 0 audit checkpoint -o "$work/checkpoint"
head=$(sed -n 2p "$work/checkpoint")
[ "$head" -gt 1000 ] || die "too few events: $head"
expect 0 digest
expect 0 audit verify --customer c-000001 -o "$work/certificate"
for line in "events: 1 to $head" "consistent with 2 signed before" "in order of time: $head ok" \
    "root: $(sed -n 3p "$work/checkpoint")" "view: tree version 1"; do
    grep -qF -- "$line" "$work/certificate" || die "the certificate lacks: $line"
done
[ "$(grep -c '^view: ' "$work/certificate")" = "$(sed -nE 's/.*folded from nothing: ([0-9]+) ok/\1/p' "$work/certificate")" ] ||
    die "not every live view was compared"
expect 0 audit verify --json
[ "$(json_value lastSequence)" = "$head" ] || die "the JSON certificate has another head"
ls -d "$DAYBOOK_LEDGER"/audit-* 2>/dev/null && die "the scratch directory was left"

# The certificate is the same on another day, but for the day.
expect 0 audit verify --customer c-000001
sed '/^replayed: /d; /^\xe2\x80\x94/d' "$out" >"$work/again"
sed '/^replayed: /d; /^\xe2\x80\x94/d' "$work/certificate" | cmp -s - "$work/again" || die "another certificate"

# ---- what does not hold ----
cp -r "$DAYBOOK_LEDGER" "$work/whole"
restore() {
    rm -rf "$DAYBOOK_LEDGER"
    cp -r "$work/whole" "$DAYBOOK_LEDGER"
}

# A checkpoint of other events.
cp "$DAYBOOK_LEDGER/checkpoints/00000000000000$(printf %06d "$head")" "$work/newest"
export DAYBOOK_LEDGER=$work/other
expect 0 init "$DAYBOOK_LEDGER" --timezone UTC --currency CNY --allow-import-clock
"$daybook" submit --recorded-at "$work/second" >"$out" 2>"$err" || true
cp -r "$work/whole/keys" "$work/whole/checkpoints" "$DAYBOOK_LEDGER"
expect 4 audit verify
err_has "found: checkpoints/"
err_has "no certificate is given"
export DAYBOOK_LEDGER=$work/books

# A checkpoint that was altered, one that is foreign, and a key that is gone.
file=$(ls "$DAYBOOK_LEDGER"/checkpoints/0* | head -n 1)
sed -i '2s/.*/17/' "$file"
expect 4 audit verify
err_has "does not fit the note"
restore
rm "$DAYBOOK_LEDGER/keys/log.pub"
expect 4 audit verify
err_has "keys/log.pub"
restore

expect 0 audit verify

# A frame that cannot be read is one fault: the views that end before it are counted, not blamed.
file=$DAYBOOK_LEDGER/journal/data.mdb
grep -abo DBFR "$file" | cut -d: -f1 >"$work/frames" # Some are left over from before a merge, so all are changed.
while IFS= read -r at; do
    byte=$(od -An -tu1 -j $((at + 60)) -N 1 "$file")
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$file" bs=1 seek=$((at + 60)) conv=notrunc status=none
done <"$work/frames"
expect 4 audit verify
grep -qE 'found: the journal of .*, sequences [0-9]+ to [0-9]+: ' "$err" || die "the place is not named"
grep -qE 'found: [0-9]+ views could not be folded past event [0-9]+, where the journal cannot be read' "$err" ||
    die "the views are not counted"
if grep -qE 'found: view ' "$err"; then die "a view is blamed for the journal"; fi
restore

# Of a view that is not there yet nothing can be compared, and the certificate says so.
rm -rf "$DAYBOOK_LEDGER"/views/lots.g*
expect 0 audit verify
grep -qE '^view: lots version [0-9]+, [0-9]+ rows at [0-9]+ \(no live one to compare\), sha256 ' "$out" ||
    die "a view was compared with nothing"
grep -qE '^view: balance version [0-9]+, [0-9]+ rows at [0-9]+, sha256 ' "$out" || die "balance was compared"
restore

# A statement's content is taken as it comes when it is issued: the audit computes it again.
new_ledger stated --currency CNY
expect 0 customer open ACME --on 2024-01-02
expect 0 charge ACME G1 100.00 --on 2024-01-05
expect 0 statement issue ACME --to 2024-01-31 --id january
expect 0 pay ACME P1 40.00 --on 2024-01-20
expect 0 statement issue ACME --to 2024-02-29 --kind open-item --id february
expect 0 audit verify
out_has "check: statements computed again, each with the same content: 2 ok"
# false_statement SHA256 SIZE CLOSING WHAT: one that nobody computed; its own rules let it pass.
false_statement() {
    printf '{"key":"%s","actor":"t","customer":"ACME","currency":"CNY","issueStatement":{"statement":"march","kind":"STATEMENT_KIND_BALANCE_FORWARD","fromOn":"2024-02-29","toOn":"2024-03-31","knownAt":"6","contentSha256":"%s","format":1,"contentBytes":"%s","opening":{"receivableMinor":"6000"},"changes":{},"closing":{"receivableMinor":"%s"}}}\n' \
        "$(printf march | base64)" "$1" "$2" "$3" >"$work/requests"
    expect 0 submit "$work/requests"
    grep -q refusal "$out" && die "the rules refuse it: nothing is left to find"
    head=$(sed -nE 's/.*"firstSequence":"([0-9]+)".*/\1/p' "$out")
    expect 4 audit verify
    err_has "event $head: statement \"march\" of customer \"ACME\" is not what event $head recorded: its $4 differ"
}
cp -r "$DAYBOOK_LEDGER" "$work/true"
false_statement "$(head -c 32 /dev/zero | base64)" 100 6000 "content and its SHA-256"
# The content right and a figure wrong is found, too.
rm -r "$DAYBOOK_LEDGER" && cp -r "$work/true" "$DAYBOOK_LEDGER"
expect 0 statement issue ACME --to 2024-03-31 --id march
expect 0 statement list ACME --json
sha=$(grep -oE '"statement":"march".*' "$out" | sed -nE 's/.*"contentSha256":"([^"]*)".*/\1/p')
size=$(grep -oE '"statement":"march".*' "$out" | sed -nE 's/.*"contentBytes":"([^"]*)".*/\1/p')
rm -r "$DAYBOOK_LEDGER" && cp -r "$work/true" "$DAYBOOK_LEDGER"
false_statement "$sha" "$size" 5999 figures
