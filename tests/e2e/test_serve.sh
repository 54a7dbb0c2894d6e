#!/bin/bash
# The server as curl and bare sockets meet it: answers, errors, limits, garbage, the feed, stopping.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
command -v curl >/dev/null || { echo "serve: there is no curl here: nothing was tested"; exit 77; }

key() { printf '%s' "$1" | base64; }
open_json() { printf '{"key":"%s","actor":"t","customer":"%s","effectiveOn":"2024-01-01","openCustomer":{}}' "$(key "$1")" "$2"; }
deposit_json() {
    printf '{"key":"%s","actor":"t","customer":"%s","effectiveOn":"2024-01-02","receiveDeposit":{"lot":"%s","amountMinor":"%s"}}' \
        "$(key "$1")" "$2" "$3" "$4"
}

# ---- where it listens ----
new_ledger books --currency CNY
expect 2 serve --listen 0.0.0.0:0
err_has "--tls-cert"
expect 2 serve --listen localhost
err_has "an address is like 127.0.0.1:7420"
for port in 99999 65536 -1 +80 0x50 ' 80' ''; do
    expect 2 serve --listen "127.0.0.1:$port"
    err_has "an address is like 127.0.0.1:7420"
done
DAYBOOK_LEDGER='' DAYBOOK_SERVER=http://127.0.0.1:1 expect 2 serve
grep -q -- --server "$err" && die "it is told to ask a server, which it cannot"
expect 2 serve nothing
err_has "usage: daybook serve;"
expect 2 serve --tls-cert "$work/nothing"
err_has "belong together"
expect 2 serve --max-body 0
(ulimit -n 200 && exec "$daybook" serve --listen 127.0.0.1:0) >"$out" 2>"$err" && die "it starts with 200 descriptors"
err_has "it may open 200 files, and needs "
start_server --max-body 64
expect 3 serve --listen "$address"
err_has "pid"

# ---- pages ----
ask /healthz; answer_is "200 text/plain"; out_is ok
ask /readyz; answer_is "200 text/plain"; out_is ready
ask /healthz -X POST -d x; answer_is "405 application/json"; header_has "Allow: GET, HEAD"
# HEAD is GET without the body (RFC 9110), for load balancers; the feed has no end whose length could be told.
for page in /healthz /openapi.json '/daybook.v1.Views/GetBalance?encoding=json&message=%7b%7d'; do
    ask "$page"
    length=$(wc -c <"$out")
    : >"$out"
    ask "$page" --head
    [[ $answer = 200* ]] || die "HEAD $page: $answer"
    header_has "Content-Length: $length"
done
ask /events --head; answer_is "405 application/json"; header_has "Allow: GET"
ask /nowhere; answer_is "404 application/json"
out_has '"code":"unimplemented"'
ask /openapi.json; answer_is "200 application/json"
out_has '"openapi":"3.1.0"'
for path in /daybook.v1.Ledger/Submit /daybook.v1.Views/GetBalance /daybook.v1.Events/Follow; do out_has "\"$path\":"; done
if command -v node >/dev/null; then
    # Every reference of the document leads somewhere.
    node -e 'const d = JSON.parse(require("fs").readFileSync(process.argv[1]));
        const refs = JSON.stringify(d).match(/"\$ref":"[^"]*"/g).map((r) => r.slice(8, -1));
        for (const ref of refs) ref.slice(2).split("/").reduce((o, k) => o[k] ?? process.exit(1), d);
        if (refs.length < 100) process.exit(1);' "$out" || die "the OpenAPI document has a reference to nothing"
fi

# Who is trusted without a token names this machine, and no site: a browser asks for the site whose page it shows.
call Views/GetBalance '{}' -H "Host: localhost:${address##*:}"; answer_is "200 application/json"
call Views/GetBalance '{}' -H "Host: rebound.example:${address##*:}"; answer_is "401 application/json"
out_has "only where they ask for its address, or for localhost"
# What tells of the ledger is not for such a page either; that the server is there is no secret.
for page in /metrics /readyz; do
    ask "$page" -H "Host: rebound.example:${address##*:}"; answer_is "401 application/json"
done
ask /healthz -H "Host: rebound.example"; answer_is "200 text/plain"

# A whole URI is answered as its path is, and its host counts for the header's (RFC 9112, 3.2.2).
ask_target() { ask / --request-target "$1"; }
balance='/daybook.v1.Views/GetBalance?encoding=json&message=%7b%7d'
ask_target "http://$address$balance"; answer_is "200 application/json"
cp "$out" "$work/whole"
ask "$balance"; cmp -s "$out" "$work/whole" || die "a whole URI is answered otherwise than its path"
ask_target "HTTPS://LocalHost$balance"; answer_is "200 application/json"
ask_target "http://rebound.example$balance"; answer_is "401 application/json"
for target in "http://$balance" "http://user@localhost$balance" "http://$(printf 'h%.0s' {1..300})$balance"; do
    ask_target "$target"; answer_is "400 application/json"
    out_has "the URI that is asked for has no host"
done
for target in http://localhost http://localhost/nowhere "ftp://localhost$balance"; do
    ask_target "$target"; answer_is "404 application/json"
done

# ---- submitting, and reading what was submitted ----
call Ledger/Submit "{\"requests\":[$(open_json k1 A),$(deposit_json k2 A L1 12345),$(deposit_json k3 B L1 1)]}"
answer_is "200 application/json"
out_has "{\"key\":\"$(key k2)\",\"firstSequence\":\"2\",\"lastSequence\":\"2\",\"recordedAtUs\":\""
out_has '"refusal":{"code":"REFUSAL_CODE_UNKNOWN_CUSTOMER"'
out_has '"position":"2"}'
call Views/GetBalance '{"customer":"A","at":{"minPosition":"2"}}'
answer_is "200 application/json"
out_has '"depositMinor":"12345"'
call Views/GetBalance '{"customer":"A","at":{"minPosition":"99"}}'
answer_is "503 application/json"
header_has "Retry-After: 1"
call Ledger/Post "$(deposit_json k4 A L1 1)"
answer_is "409 application/json"
out_has '{"code":"already_exists","message":"'
out_has '"details":[{"type":"daybook.v1.Refusal","value":"'
out_has '"debug":{"code":"REFUSAL_CODE_DUPLICATE_DOCUMENT"'
call Ledger/Post "$(deposit_json k2 A L1 12345)"
answer_is "200 application/json"
out_has '"repeated":true'

# ---- the protocol's corners ----
ask /daybook.v1.Views/GetBalance -G -d connect=v1 -d encoding=json --data-urlencode 'message={"customer":"A"}'
answer_is "200 application/json"; header_has "Cache-Control: no-store"
out_has '"depositMinor":"12345"'
ask /daybook.v1.Views/GetBalance -G -d connect=v1 -d encoding=json -d base64=1 --data-urlencode "message=$(printf '{"customer":"A"}' | base64 | tr -d =)"
answer_is "200 application/json"
ask /daybook.v1.Views/GetBalance -G -d connect=v1 -d encoding=proto -d 'message=%12%01A'
answer_is "200 application/proto"
ask /daybook.v1.Views/GetBalance -G -d connect=v2 -d encoding=json -d 'message=%7b%7d'
answer_is "400 application/json"
ask /daybook.v1.Views/GetBalance -G -d encoding=json -d base64=1 -d 'message=*'
answer_is "400 application/json"; out_has "not base64"
ask /daybook.v1.Views/GetBalance -G -d encoding=json -d 'message=%7b%7d' -d 'message=%7b%22customer%22:%22A%22%7d'
answer_is "400 application/json"; out_has '\"message\" is there more than once'
ask /daybook.v1.Views/GetBalance -G -d 'message=%7b%7d'
answer_is "415 application/json"
ask /daybook.v1.Ledger/Submit -G -d encoding=json -d 'message=%7b%7d'
answer_is "405 application/json"; header_has "Allow: POST"
ask /daybook.v1.Views/GetBalance -X PUT -d '{}'
answer_is "405 application/json"; header_has "Allow: GET, HEAD, POST"
ask /daybook.v1.Views/GetBalance -H 'Content-Type: text/plain' -d '{}'
answer_is "415 application/json"; header_has "Accept-Post: application/json"
ask /daybook.v1.Events/Follow -H 'Content-Type: application/json' -d '{}'
answer_is "415 application/json"
ask /daybook.v1.Views/GetNothing -H 'Content-Type: application/json' -d '{}'
answer_is "404 application/json"; out_has '"code":"unimplemented"'
call Views/GetBalance '{}' -H 'Connect-Protocol-Version: 1'; answer_is "200 application/json"
call Views/GetBalance '{}' -H 'Connect-Protocol-Version: 2'; answer_is "400 application/json"
call Views/GetBalance '{}' -H 'Connect-Timeout-Ms: soon'; answer_is "400 application/json"
call Views/GetBalance '{}' -H 'Connect-Timeout-Ms: 60000'; answer_is "200 application/json"
call Views/GetBalance '{}' -H 'Content-Encoding: br'; answer_is "501 application/json"
out_has '"code":"unimplemented"'
call Views/GetBalance 'no gzip' -H 'Content-Encoding: gzip'; answer_is "400 application/json"
printf '{"customer":"A"}' | gzip >"$work/packed"
ask /daybook.v1.Views/GetBalance -H 'Content-Type: application/json' -H 'Content-Encoding: GZip' --data-binary "@$work/packed"
answer_is "200 application/json"; out_has '"depositMinor":"12345"'
call Admin/GetStatus '{}' -H 'Accept-Encoding: gzip'
header_has "Content-Encoding: gzip"
gzip -dc <"$out" >"$out.json" && grep -q '"journalHead":"2"' "$out.json" || die "the packed answer is not the status"
packed() { grep -qi '^Content-Encoding: gzip' "$work/headers"; }
call Admin/GetStatus '{}' -H 'Accept-Encoding: gzip;q=0'; packed && die "gzip was refused"
call Admin/GetStatus '{}' -H 'Accept-Encoding: br' -H 'Accept-Encoding: gzip'; packed || die "the second header says gzip"
call Views/GetBalance '{}' -H 'Accept-Encoding: gzip'; packed && die "so little is not worth packing"
call Views/GetBalance '{}' -H 'Accept-Encoding: gzip, identity;q=0'; packed || die "identity was refused"
call Views/GetBalance '' ; answer_is "200 application/json"

# What is left of what a request touched, where that is asked for.
call Ledger/Submit '{"dryRun":true,"tellRemainders":true,"requests":[{"key":"TDE=","actor":"t","customer":"A",
"receiveDeposit":{"lot":"LEFT","amountMinor":"7"}}]}'
answer_is "200 application/json"
out_has '"remainders":[{"kind":"DOCUMENT_KIND_LOT","document":"LEFT","currency":"CNY","changeMinor":"7","leftMinor":"7"}]'

# What is not the message is refused by name, and nothing of it is appended.
call Views/GetBalance '{"custome":"A"}'; answer_is "400 application/json"; out_has 'no field \"custome\"'
call Views/GetBalance 'garbage'; answer_is "400 application/json"
call Ledger/Submit '{"requests":[{"key":"azk=","receiveDeposit":{"lot":"X","amountMinor":1.5}}]}'
answer_is "400 application/json"; out_has 'amountMinor: not a whole number'
call Ledger/Submit '{"atomic":true,"dryRun":true}'; answer_is "400 application/json"
for body in '\377' '\012\377' '\012\005abc' '\050\001' '\020\001\030\001'; do
    printf "$body" >"$work/body"
    ask /daybook.v1.Ledger/Submit -H 'Content-Type: application/proto' --data-binary "@$work/body"
    answer_is "400 application/json"
done
printf '\012\003abc' >"$work/body"
ask /daybook.v1.Ledger/Submit -H 'Content-Type: application/proto' --data-binary "@$work/body"
answer_is "200 application/proto"
grep -qa 'bytes' "$out" || [ -s "$out" ] || die "a request that cannot be read is a refusal"

# ---- limits ----
head -c 70000 /dev/zero | tr '\0' ' ' >"$work/large"
call Views/GetBalance "@$work/large"
answer_is "413 application/json"; out_has "larger than 65536 bytes"
ask /daybook.v1.Views/GetBalance -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' --data-binary "@$work/large"
answer_is "413 application/json"
head -c 10000000 /dev/zero | gzip >"$work/bomb"
ask /daybook.v1.Views/GetBalance -H 'Content-Type: application/json' -H 'Content-Encoding: gzip' --data-binary "@$work/bomb"
answer_is "413 application/json"; out_has "when unpacked"
grep -qi '^Retry-After' "$work/headers" && die "what is too large is worth no retry"
ask "/daybook.v1.Views/GetBalance?message=$(head -c 30000 /dev/zero | tr '\0' x)"
[[ $answer = "414 "* ]] || die "a long request line: $answer"
ask /healthz -H "X-Long: $(head -c 30000 /dev/zero | tr '\0' x)"
[[ $answer = "431 "* ]] || die "a long header: $answer"

# ---- garbage, and half a request ----
host=${address%:*} port=${address##*:}
for n in 1 2 3 4 5 6 7 8 9 10; do
    exec 9<>"/dev/tcp/$host/$port"
    head -c "$((n * 997))" /dev/urandom >&9 2>"$err" || true
    exec 9>&-
done
exec 9<>"/dev/tcp/$host/$port"
printf 'POST /daybook.v1.Views/GetBalance HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"cust' >&9
exec 9>&-
ask /healthz; answer_is "200 text/plain"

# What a proxy could read as another request than we do: one answer, and the connection ends.
raw() { # raw TEXT: sends it, and reads until the server closes; the answer is in $out
    exec 9<>"/dev/tcp/$host/$port"
    printf '%b' "$1" | cat >&9 # In one piece.
    timeout 60 cat <&9 >"$out" || die "the connection stays open after: $1"
    exec 9>&-
}
statuses() { grep -aoE 'HTTP/1\.[01] [0-9]{3} ' "$out" | cut -d ' ' -f 2; } # A body has no end of line.
ask_balance='POST /daybook.v1.Views/GetBalance HTTP/1.1\r\nContent-Type: application/json\r\n'
behind='GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
for headers in 'Host: 127.0.0.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n' \
    'Host: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}   ' 'Content-Length: 2\r\n\r\n{}' \
    'Host: 127.0.0.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}' \
    'Host: 127.0.0.1\r\nContent-Length : 2\r\n\r\n{}' 'Host: 127.0.0.1\r\nContent-Length\t: 2\r\n\r\n{}' \
    'Host: 127.0.0.1\r\nContent-Length:\r\n 2\r\n\r\n{}' 'Host: 127.0.0.1\r\nContent-Lengt: 2\r\n h\r\n\r\n{}' \
    'Host: 127.0.0.1\r\n: x\r\nContent-Length: 2\r\n\r\n{}' 'Host: 127.0.0.1\r\n:\r\nContent-Length: 2\r\n\r\n{}' \
    'Host: 127.0.0.1\nContent-Length: 2\r\n\r\n{}' 'Host: 127.0.0.1\r\nContent-Length: 2\n\n{}' \
    'Host: 127.0.0.1\r\nX: a\rContent-Length: 5\r\nContent-Length: 2\r\n\r\n{}' \
    'Host: 127.0.0.1\r\nX: a\0000b\r\nContent-Length: 2\r\n\r\n{}' ' Host: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}' \
    'Host: 127.0.0.1\r\nTransfer-Encoding: identity\r\n\r\n{}' 'Host: 127.0.0.1\r\nTransfer-Encoding:\r\n\r\n{}' \
    'Host: 127.0.0.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'; do
    raw "$ask_balance$headers$behind"
    [ "$(statuses | sort -u)" = 400 ] || die "answered: $headers"
    out_has '"code":"invalid_argument"'
done

# The first line of a chunk that has no end: it is ended, and the others on its loop are answered meanwhile.
long=$(head -c 20000 /dev/zero | tr '\0' x)
for first in "2;$long" "2$(tr x 0 <<<"$long")" "2;a=\"$long"; do
    exec 9<>"/dev/tcp/$host/$port"
    printf '%b' "${ask_balance}Host: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n$first" | cat >&9 || true
    for n in 1 2 3 4 5 6 7 8; do ask /healthz; answer_is "200 text/plain"; done # On each loop.
    timeout 60 cat <&9 >"$out" || die "the connection stays open behind a chunk without an end"
    exec 9>&-
done

raw 'POST /daybook.v1.Views/GetBalance HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'
[ "$(statuses)" = 400 ] || die "HTTP/1.0 has no chunks"
# And what is as it should be is not taken for that, in pieces neither.
sound='X-A:1\r\nX-B: \t2 \r\nX-C:\r\nContent-Length:  2\r\nHost:127.0.0.1\r\n\r\n{}'
raw "\r\n$ask_balance$sound$ask_balance${sound}GET /healthz HTTP/1.0\r\n\r\n"
[ "$(statuses | grep -c 200)" = 3 ] || die "sound requests are refused"
exec 9<>"/dev/tcp/$host/$port"
for piece in 'GET /hea' 'lthz HTTP/1.1\r' '\nHo' 'st: x\r\nConnection:' ' close\r\nX: y' '\r\n\r' '\n'; do
    printf "$piece" >&9
    read -r -t 0.02 -N 1 ignored <&9 || true # So that each comes alone.
done
timeout 60 cat <&9 >"$out" || die "the connection stays open"
exec 9>&-
out_has "/1.1 200 OK"

# What strangers send does not fill the log.
said=$(grep -c '"event":"http"' "$server_log") begun=$SECONDS
for n in {1..200}; do
    raw 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'
done
[ "$(statuses)" = 505 ] || die "there is no HTTP/9.9"
loops=$(nproc)
said=$(($(grep -c '"event":"http"' "$server_log") - said)) most=$(((SECONDS - begun + 2) * 11 * loops))
[ "$said" -le "$most" ] || die "$said lines in $((SECONDS - begun)) seconds, and $most is the most"

# ---- the feed ----
# take_feed QUERY COUNT [CURL OPTION...]: the first COUNT events of the stream, one "id kind" a line.
# A heartbeat that nobody reads ends curl.
take_feed() {
    local query=$1 count=$2
    shift 2
    { curl -sN --max-time 60 "$@" "$url/events?heartbeat_ms=100&$query" || true; } |
        awk -v count="$count" '/^id: / { id = $2 } /^event: / { print id, $2; if (++n == count) exit }'
}
for i in $(seq 10 29); do deposit_json "f$i" A "F$i" 1; echo; done >"$work/feed"
call Ledger/Submit "{\"requests\":[$(paste -sd, "$work/feed")]}"; answer_is "200 application/json"
take_feed from_sequence=1 22 >"$work/whole"
[ "$(wc -l <"$work/whole")" -eq 22 ] || die "the feed has 22 events"
[ "$(head -n 2 "$work/whole")" = "$(printf '1 customer_opened\n2 deposit_received')" ] || die "the feed's first events"
take_feed "" 9 >"$work/parts"
take_feed from_sequence=1 13 -H "Last-Event-ID: 9" >>"$work/parts"
cmp -s "$work/whole" "$work/parts" || die "two parts are not the whole"
[ "$(take_feed kind=customer_opened 1)" = "1 customer_opened" ] || die "the feed by kind"
ask "/events?kind=nothing"; answer_is "400 application/json"
ask "/events?from_sequence=x"; answer_is "400 application/json"
ask "/events?form_sequence=5"; answer_is "400 application/json"; out_has 'no \"form_sequence\"'
# A kind that was asked for and not looked at would never come, and nobody would know.
ask "/events?kind=customer_opened&kind=deposit_received"; answer_is "400 application/json"; out_has '\"kind\" is there more than once'
# Whoever saw what is not there saw another ledger: waiting, it would miss what comes up to there.
for past in "?from_sequence=24" "?from_sequence=9223372036854775807"; do
    ask "/events$past"; answer_is "400 application/json"; out_has '"out_of_range"'; out_has "the journal ends at 22"
done
ask /events -H "Last-Event-ID: 23"; answer_is "400 application/json"; out_has '"out_of_range"'
# A stream has no time limit but the one that it brings; its last envelope says so.
printf '\0\0\0\0\2{}' >"$work/envelope"
ask /daybook.v1.Events/Follow -H 'Content-Type: application/connect+json' -H 'Connect-Timeout-Ms: 300' --data-binary "@$work/envelope"
answer_is "200 application/connect+json"
grep -qa '"code":"deadline_exceeded"' "$out" || die "a stream goes on past its time"
grep -qa '"sequence":"22"' "$out" || die "the stream had no time to begin"

# ---- metrics and the log ----
ask /metrics; answer_is "200 text/plain; version=0.0.4"
out_has "daybook_journal_head 22"
out_has 'daybook_view_lag_events{view="balance"}'
out_has 'daybook_view_alive{view="balance"} 1'
out_has 'daybook_refusals_total{code="REFUSAL_CODE_DUPLICATE_DOCUMENT"} 1'
out_has 'daybook_calls_total{call="Views.GetBalance",code="ok"}'
out_has 'daybook_commit_seconds_bucket{le="+Inf"}'
out_has "daybook_free_bytes"
[ "$(grep -vcE '^(#.*|[a-z_]+(\{[^}]*\})? [0-9.]+)$' "$out")" -eq 0 ] || die "a line of the metrics is none"
grep -vE '^\{"time":"[^"]*Z","level":"(info|warning|error)","event":"[a-z]+",.*\}$' "$server_log" && die "a line of the log is no object"

# ---- stopping: a follower is told, a call under way is answered, and what was acknowledged is there ----
curl -sN --max-time 60 "$url/events?from_sequence=22&heartbeat_ms=100" >"$work/follower" &
follower=$!
beat=$(timeout 60 tail -n +1 -F --pid="$follower" "$work/follower" 2>/dev/null | grep -m 1 heartbeat || true)
[ -n "$beat" ] || die "no heartbeat came"
stop_server
wait "$follower" || die "the follower was cut off"
expect 0 status --json
[ "$(json_value journalHead)" = 22 ] || die "what was acknowledged is not there"

# ---- a body that drips has the call's time, and no more: the server ends it, not this test ----
start_server --call-timeout 1
exec 9<>"/dev/tcp/${address%:*}/${address##*:}"
printf 'POST /daybook.v1.Views/GetBalance HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"cust' >&9
timeout 60 cat <&9 >"$out" || die "a body that drips is waited for"
exec 9>&-
stop_server
echo "serve: as expected"
