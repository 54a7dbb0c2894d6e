#!/bin/bash
# What makes files or takes long, at a server: who may, what it sends, and what becomes of it when somebody goes.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/server.sh"
verify=$(realpath "$3")
workload=$(realpath "$4")
source=$(realpath "$source")
cd "$work"

new_ledger books --currency CNY --allow-import-clock
books=$DAYBOOK_LEDGER
# Large enough that a job cannot hand all of it to the sockets of a client who does not read.
"$workload" --customers 200 --events 40000 --json >requests
"$daybook" submit --recorded-at requests >"$out" 2>"$err" || true
expect 0 audit key new example.org/books
key=$(cat "$out")
for role in cashier auditor admin; do
    expect 0 token create --name "$role-1" --role "$role" --expires 9d
    cp "$out" "$role"
done
expect 0 digest
cp "$out" digest
openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.cert -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 2>"$err"
unset DAYBOOK_LEDGER
DAYBOOK_LEDGER=$books start_guarded_server --tls-cert tls.cert --tls-key tls.key
export DAYBOOK_SERVER=$url DAYBOOK_SERVER_CA=$work/tls.cert

# Nobody without a token, and nobody beyond a role; what was refused left no file.
expect 3 backup create none.daybook
err_has "this takes a token"
for row in "cashier backup create none.daybook" "auditor backup create none.daybook" "cashier audit verify" "auditor doctor" \
    "cashier audit bundle -o none" "cashier audit tiles none" "auditor audit key new other" "cashier audit checkpoint" \
    "cashier replay --policy policy.json"; do
    read -r role command <<<"$row"
    echo '{}' >policy.json
    # shellcheck disable=SC2086
    DAYBOOK_TOKEN=$(cat "$role") expect 3 $command
    err_has "may not make this call"
done
compgen -G 'none*' && die "something was left"

# With one: what comes over TLS is what a verifier takes, and a ledger can be made of.
export DAYBOOK_TOKEN
DAYBOOK_TOKEN=$(cat admin)
expect 0 backup create whole.daybook
expect 0 backup verify whole.daybook
expect 0 restore again whole.daybook
expect 0 digest -L again
cmp -s "$out" digest || die "what was restored is another ledger"
expect 0 doctor --token "$(cat admin)"
DAYBOOK_TOKEN=$(cat auditor)
expect 0 audit checkpoint
expect 0 audit bundle -o all.tar.zst
"$verify" --key "$key" bundle all.tar.zst >"$out" 2>"$err" || die "the verifier refuses the bundle"
expect 0 audit tiles tiles
"$verify" --key "$key" tiles tiles >"$out" 2>"$err" || die "the verifier refuses the tiles"
# A tile that was lost or altered comes again.
entries=$(find tiles -type f -path '*entries*' -print -quit)
cp "$entries" kept
echo x >>"$entries"
expect 0 audit tiles tiles
cmp -s "$entries" kept || die "an altered tile stays"
expect 0 audit verify
out_has "requests decided again"

# No key of this machine goes to a server, and no directory of it.
expect 2 audit checkpoint --key nowhere.key
err_has "keys do not travel"
expect 2 audit verify --scratch /tmp
err_has "a server has one of its own"
grep -rlq "PRIVATE" ./*.tar.zst tiles whole.daybook && die "something private was sent"

# What clients send that is none of ours.
proto() { ask "/daybook.v1.$1" -H "Authorization: Bearer $(cat admin)" --cacert tls.cert "${@:2}"; }
proto Admin/Backup -H 'Content-Type: application/json' --data-binary '{}'
answer_is "415 application/json"
envelope() { printf '\0\0\0\0%b%s' "\\$(printf %03o "${#1}")" "$1"; }
envelope '{"since":{"lastSequence":"7"}}' >body
proto Admin/Backup -H 'Content-Type: application/connect+json' --data-binary @body
out_has "no backup ends like that"
envelope '{"nonsense":1}' >body
proto Admin/Backup -H 'Content-Type: application/connect+json' --data-binary @body
out_has nonsense
head -c 3 body >short
proto Admin/Backup -H 'Content-Type: application/connect+json' --data-binary @short
out_has "one uncompressed message"
envelope '{"customers":["A"],"withoutNote":true}' >body
proto Audit/Verify -H 'Content-Type: application/connect+json' -H 'Connect-Timeout-Ms: 1' --data-binary @body
out_has deadline_exceeded

# Clients who do not read hold at most four jobs, and a fifth is refused at once. They hold up nobody who asks.
envelope '{}' >body
readers=()
leave() {
    kill -KILL "$server" "${readers[@]}" 2>/dev/null || true
    show_server_failure
    rm -rf "$work"
}
trap leave EXIT
for i in 1 2 3 4; do
    curl -sS --max-time 120 --cacert tls.cert -N --limit-rate 1k -o "taken.$i" -H "Authorization: Bearer $(cat admin)" \
        -H 'Content-Type: application/connect+json' --data-binary @body "$url/daybook.v1.Audit/MakeTiles" 2>/dev/null &
    readers+=($!)
    timeout 60 bash -c "until [ -s taken.$i ]; do kill -0 $!; done" || die "a job did not begin"
done
DAYBOOK_TOKEN=$(cat admin)
expect 3 backup create fifth.daybook
err_has "4 jobs are the most at once"
[ ! -e fifth.daybook ] || die "a job that was refused left a file"
expect 0 balance --limit 1

# When one of them goes its place is free; when its token ends, so does the stream.
kill -KILL "${readers[0]}"
wait "${readers[0]}" 2>/dev/null || true
tries=0
until "$daybook" backup create "after.daybook" >"$out" 2>"$err"; do
    grep -q "the most at once" "$err" || die "it fails otherwise: $(cat "$err")"
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || die "the place of a client who went is never free"
done
expect 0 backup verify after.daybook

# A server that stops ends what nobody reads, in its time, and leaves no scratch behind.
DAYBOOK_LEDGER=$books stop_server
for reader in "${readers[@]:1}"; do
    kill -KILL "$reader" 2>/dev/null || true
    wait "$reader" 2>/dev/null || true
done
compgen -G "$books/audit-*" && die "scratch directories were left"
compgen -G "$books/bundle-*" && die "scratch directories were left"

# And a client whose server goes in the middle has no half of a file.
DAYBOOK_LEDGER=$books start_server
unset DAYBOOK_TOKEN
export DAYBOOK_SERVER=$url
"$daybook" audit bundle -o half.tar.zst >"$out" 2>"$err" &
client=$!
timeout 60 bash -c "until compgen -G '$books/audit-*' >/dev/null; do kill -0 $client; done" || die "the audit did not begin"
kill -KILL "$server"
wait "$server" 2>/dev/null || true
code=0
wait "$client" || code=$?
[ "$code" -eq 3 ] || die "the client of a server that was killed ended with $code"
compgen -G 'half*' && die "half a bundle was left"
trap 'rm -rf "$work"' EXIT

# A server that is none, or a false one: nothing of it is believed, nothing is left, and nothing is written elsewhere.
mkdir victim
while read -r wanted case words; do
    exec 3< <(python3 "$source/tests/e2e/fake_server.py" "$case")
    read -r -u 3 port
    case $case in
    above | absolute | hidden) made=(audit tiles victim/tiles) ;;
    *) made=(backup create victim/backup) ;;
    esac
    expect "$wanted" "${made[@]}" --server "http://127.0.0.1:$port"
    exec 3<&-
    err_has "$words"
    [ -z "$(find victim -type f)" ] || die "$case: something was left"
    [ ! -e escaped ] && [ ! -e /tmp/daybook-escaped ] || die "$case: a file was written elsewhere"
done <<'CASES'
3 above is no path of a tile
3 absolute is no path of a tile
3 hidden is no path of a tile
3 breaks-off its answer broke off
3 half-envelope its answer broke off
3 endless is no stream of a daybook server
3 no-answer not what came of it
4 damaged the journal is damaged
3 junk is no stream of a daybook server
4 junk-item which may be of another version
3 junk-end not as a daybook server does
CASES
echo "remote jobs: as expected"
