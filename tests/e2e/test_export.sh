#!/bin/bash
# The journal as JSON and as the stored bytes, which protoc reads.
. "$(dirname "$0")/common.sh"

new_ledger books --currency CNY
expect 0 customer open ACME --on 2024-01-01
for i in 1 2 3 4 5; do
    expect 0 deposit ACME "L$i" "$i" --on 2024-01-0$i --key "key-$i"
done
expect 0 export events
[ "$(wc -l <"$out")" -eq 6 ] || die "six events have six lines"
[ "$(sed -nE 's/^\{"sequence":"([0-9]+)","recordedAtUs":"[0-9]+",.*\}$/\1/p' "$out" | tr '\n' ' ')" = "1 2 3 4 5 6 " ] ||
    die "the sequences are not 1 to 6"
expect 0 export events --from 3 --to 4
[ "$(wc -l <"$out")" -eq 2 ] || die "two events have two lines"
out_has '"lot":"L2"'
out_has '"lot":"L3"'
expect 0 export events --sequence 6 -o "$work/one.json"
[ ! -s "$out" ] || die "the output went to the file and to standard output"
grep -q '"lot":"L5"' "$work/one.json" || die "the file lacks the event"
expect 0 export events --from 7
[ ! -s "$out" ] || die "there is no event 7"
expect 2 export events --to 7
err_has "there is no event 7; the journal ends with 6"
expect 2 export events --sequence 0
err_has "is no sequence"
expect 2 export events --sequence 1 --from 1
err_has "--sequence stands alone"
expect 3 export events -o "$work/no/such/place"
err_has "no/such/place"

# A full disk is said.
if [ -e /dev/full ]; then
    code=0
    "$daybook" export events >/dev/full 2>"$err" || code=$?
    [ "$code" -eq 3 ] || die "a full disk ended with $code"
    err_has "No space left"
    code=0
    "$daybook" balance >/dev/full 2>"$err" || code=$?
    [ "$code" -eq 3 ] || die "a full disk ended a question with $code"
    expect 3 export events --raw -o /dev/full
fi

# protoc shows what is stored.
if ! command -v protoc >/dev/null; then
    echo "export: as expected; protoc is absent, so the stored bytes were not decoded"
    exit 0
fi
decode() { protoc -I "$source/schema" "--decode=daybook.v1.$1" daybook/v1/event.proto; }
expect 0 export events --sequence 4 --raw
decode Event <"$out" >"$work/event" || die "protoc cannot read the event"
grep -q '^sequence: 4$' "$work/event" || die "the event has another sequence"
grep -q 'request_key: "key-3"' "$work/event" || die "the event has another key"
grep -q 'amount_minor: 300' "$work/event" || die "the event has another amount"
expect 0 export events --raw
decode EventBatch <"$out" >"$work/batch" || die "protoc cannot read the batch"
[ "$(grep -c '^events {' "$work/batch")" -eq 6 ] || die "the batch has not six events"
grep -qE '^ *[0-9]+: ' "$work/batch" && die "the batch has fields that the schema lacks"
echo "export: as expected"
