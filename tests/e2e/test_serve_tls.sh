#!/bin/bash
# TLS: the certificate, another one while the server runs, and who speaks something else than the port.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
command -v curl >/dev/null || { echo "serve_tls: there is no curl here: nothing was tested"; exit 77; }

# certify NAME: $work/NAME.cert and $work/NAME.key
certify() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/$1.key" -out "$work/$1.cert" -days 2 -subj /CN=localhost \
        -addext subjectAltName=IP:127.0.0.1 2>"$err"
}
certify old
certify new
cert=$work/cert key=$work/key
cp "$work/old.cert" "$cert"
cp "$work/old.key" "$key"
new_ledger books --currency CNY
expect 0 customer open A --on 2024-01-01
start_server --loops 2 --tls-cert "$cert" --tls-key "$key"
[[ $url = https://* ]] || die "it does not say that it speaks TLS"
ask /healthz --cacert "$cert"; answer_is "200 text/plain"
call Views/GetBalance '{"customer":"A"}' --cacert "$cert"; answer_is "200 application/json"
log_has() { grep -qF -- "$1" "$server_log" || die "the log lacks: $1"; }
log_has "$cert is valid until "

# ---- another certificate ----
# reload WORDS: sends SIGHUP, and waits until the log says something new about certificates, which has these words.
reload() {
    local lines said
    lines=$(wc -l <"$server_log")
    kill -HUP "$server"
    said=$(timeout 60 tail -n "+$((lines + 1))" -F --pid="$server" "$server_log" 2>/dev/null |
        grep -m 1 -E '"event":"(certificate|reload)"' || true)
    [[ $said = *"$1"* ]] || die "after SIGHUP the log says: $said"
}
shows() { # shows NAME: who connects now meets that one
    ask /healthz --cacert "$work/$1.cert"; answer_is "200 text/plain"
    for other in old new; do
        if [ "$other" != "$1" ] && curl -sS --max-time 60 --cacert "$work/$other.cert" "$url/healthz" >"$out" 2>"$err"; then
            die "it shows $other, and not $1"
        fi
    done
}
# One that stays open all the while, and asks again at the end.
mkfifo "$work/asked"
openssl s_client -quiet -connect "$address" -CAfile "$work/old.cert" -verify_return_error <"$work/asked" >"$work/told" 2>"$err" &
client=$!
exec 9>"$work/asked"
# heard COUNT: as many answers have come by it
heard() {
    local all
    all=$(timeout 60 tail -n +1 -F --pid="$client" "$work/told" 2>/dev/null | grep -m "$1" '^ok' || true)
    [ "$(wc -l <<<"$all")" -eq "$1" ] && [ -n "$all" ] || die "the connection that stays open was not answered"
}
printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n' >&9
heard 1
shows old
cp "$work/new.cert" "$cert"
reload "do not match"
log_has "the one before it stays in use"
shows old
cp "$work/new.key" "$key"
reload '"level":"info"'
shows new
echo nonsense >"$cert"
reload "or its key $key cannot be used"
shows new
rm "$key"
cp "$work/new.cert" "$cert"
reload "$key"
shows new
printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n' >&9
heard 2
kill "$client"
wait "$client" || true
exec 9>&-

# ---- http where https is spoken, and the other way round ----
DAYBOOK_LEDGER='' expect 3 balance A --server "http://$address"
err_has "does it speak TLS? then it is asked by https://"
DAYBOOK_LEDGER='' expect 3 balance A --server "https://$address"
err_has '$DAYBOOK_SERVER_CA names a file of certificates to know it by'
DAYBOOK_LEDGER='' DAYBOOK_SERVER_CA="$work/new.cert" expect 0 balance A --server "https://$address"
stop_server
start_server
DAYBOOK_LEDGER='' expect 3 balance A --server "https://$address"
err_has "does it speak TLS? one that does not is asked by http://"
# Without a certificate, SIGHUP ends nothing either.
reload "there is no certificate"
ask /healthz; answer_is "200 text/plain"
stop_server

echo nonsense >"$cert"
cp "$work/new.key" "$key"
expect 2 serve --listen 127.0.0.1:0 --tls-cert "$cert" --tls-key "$key"
err_has "or its key $key cannot be used"

# ---- what a supervisor is told ----
if command -v python3 >/dev/null; then
    cp "$work/new.cert" "$cert"
    python3 - "$work/notify" >"$work/states" <<'PYTHON' &
import socket, sys
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.bind(sys.argv[1])
print("bound", flush=True)
state = ""
while state != "STOPPING=1":
    state = ear.recv(4096).decode()
    print(state, flush=True)
PYTHON
    listener=$!
    line=$(timeout 60 tail -n +1 -F --pid="$listener" "$work/states" 2>/dev/null | grep -m 1 bound || true)
    [ -n "$line" ] || die "nobody listens for states"
    export NOTIFY_SOCKET=$work/notify
    start_server --tls-cert "$cert" --tls-key "$key"
    reload '"level":"info"'
    stop_server
    wait "$listener"
    [ "$(sed 's/USEC=.*/USEC/' "$work/states" | paste -sd' ')" = "bound READY=1 RELOADING=1 MONOTONIC_USEC READY=1 STOPPING=1" ] ||
        die "a supervisor is told: $(cat "$work/states")"
fi
echo "serve_tls: as expected"
