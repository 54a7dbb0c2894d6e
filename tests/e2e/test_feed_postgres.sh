#!/bin/bash
# daybook feed postgres, into a real PostgreSQL that is restarted while it runs: nothing missing, nothing twice.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/feed.sh"
workload=$3
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
if [ ! -x "$bin/initdb" ]; then
    echo "PostgreSQL is absent (tools/install-deps --test brings it): this test is skipped"
    exit 77
fi

# A database of our own on a socket of our own. PostgreSQL refuses to be root's.
place=$(mktemp -d)
as_server=()
if [ "$(id -u)" -eq 0 ]; then
    as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    chown postgres "$place"
fi
server() { (cd "$place" && "${as_server[@]}" "$bin/pg_ctl" -D data -w -s -l log "$@" </dev/null >/dev/null 2>"$place.err"); }
leave() {
    kill_feed
    server stop -m immediate || true
    rm -rf "$work" "$place" "$place.err"
}
trap leave EXIT
(cd "$place" && "${as_server[@]}" "$bin/initdb" -D data -U feeder -A trust -E UTF8 --locale=C --no-sync >/dev/null)
printf "listen_addresses = ''\nunix_socket_directories = '%s'\nfsync = off\n" "$place" >>"$place/data/postgresql.conf"
url="postgresql://feeder@/postgres?host=$place"
query() { "$bin/psql" -X -q -A -t -F ' ' -d "$url" -c "$1" </dev/null; }
query_is() {
    local got
    got=$(query "$2")
    [ "$got" = "$1" ] || die "$2: '$got', expected '$1'"
}

# The whole ledger is there, each event once, and each balance is what the ledger says.
check_tables() {
    list_events
    query "SELECT sequence, customer FROM $1.daybook_events ORDER BY sequence" >"$work/rows"
    cmp -s "$work/events" "$work/rows" || { diff "$work/events" "$work/rows" | head -n 10 >&2; die "other events than the ledger's"; }
    query_is "$head" "SELECT sequence FROM $1.daybook_feed_position"
    query_is "$head" "SELECT count(*) FROM $1.daybook_events WHERE (payload->>'sequence')::bigint = sequence"
    "$daybook" balance --as-of 9999-12-31 --csv | tr -d '\r' | tail -n +2 | tr , ' ' | LC_ALL=C sort >"$work/balances"
    query "SELECT customer, currency, receivable, unapplied, deposit, deposit_held, deposit_available, dormant, pending,
        net FROM $1.daybook_balances" | LC_ALL=C sort >"$work/rows"
    [ "$(wc -l <"$work/balances")" -gt 30 ] || die "the ledger has hardly any balances"
    cmp -s "$work/balances" "$work/rows" || { diff "$work/balances" "$work/rows" | head -n 10 >&2; die "other balances than the ledger's"; }
}

new_ledger books --currency CNY --allow-import-clock
make_requests "$workload" 20000
first_part

# Away: waited for, and given up when that was asked for.
expect 3 feed postgres --url "$url" --once --wait 1
err_has '"event":"away"'
err_has "postgres was away for 1 seconds"
# An address that was never right is not tried for ever, in a feed that follows neither; it is named, wherever it is from.
PGHOST=$work/nowhere expect 3 feed postgres --wait 1
err_has "its library's own default (--url names another place"
err_has "$work/nowhere"
server start

# It follows while the ledger is written and the database goes away without a word, and comes back.
start_feed postgres --url "$url" --schema ledger
wait_feed '"event":"connected"'
second_part &
writer=$!
server restart -m immediate
wait_feed '"event":"connected"' 2
server restart -m immediate
wait "$writer"
kill_and_finish postgres --url "$url" --schema ledger
check_tables ledger
nothing_to_feed postgres --url "$url" --schema ledger

# From the beginning.
kill_and_double postgres --url "$url" --schema twice
check_tables twice

# A feed that follows says how far it is, takes what comes, and ends when it is told to.
start_feed postgres --url "$url" --schema ledger
wait_feed '"event":"connected"'
expect 0 customer open NEW --name '新 客户 "x\y"' --on 2025-12-31
wait_feed "\"position\":$((head + 1)),"
grep -q '"lag":[0-9]*,"lag_seconds":[0-9]*}' "$work/heard" || die "the log does not say how far behind it is"
stop_feed
check_tables ledger

# What it refuses: the events before it are there, the sentence names it, and the ledger is as it was.
expect 0 digest --json
cp "$out" "$work/digest"
query "ALTER TABLE ledger.daybook_events ADD CONSTRAINT no_poison CHECK (customer <> 'POISON')"
expect 0 customer open BEFORE --on 2025-12-31
expect 0 customer open POISON --on 2025-12-31
expect 0 customer open AFTER --on 2025-12-31
expect 3 feed postgres --url "$url" --schema ledger --once
err_has "event $((head + 2)) (customer_opened) was not taken; every event before it is there."
err_has "no_poison"
query_is "$((head + 1))" "SELECT max(sequence) FROM ledger.daybook_events"
query "ALTER TABLE ledger.daybook_events DROP CONSTRAINT no_poison"
expect 0 feed postgres --url "$url" --schema ledger --once
check_tables ledger

# Only what comes after a sequence; another ledger's events; tables of a later program; a database that is not there.
expect 0 feed postgres --url "$url" --schema late --from "$((head - 9))" --once --json
out_has '"fed":"10"'
query_is "10 $((head - 9))" "SELECT count(*), min(sequence) FROM late.daybook_events"
expect 2 feed postgres --url "postgresql://feeder:secret@/postgres?host=$place" --once
err_has "a password does not belong on a command line"
expect 3 feed postgres --url "postgresql://feeder@/nowhere?host=$place" --once
err_has 'database "nowhere" does not exist'
query "INSERT INTO late.daybook_feed_version (version) VALUES (99)"
expect 3 feed postgres --url "$url" --schema late --once
err_has "take a newer daybook"
new_ledger other --currency CNY
expect 0 customer open ANN
expect 3 feed postgres --url "$url" --schema ledger --once
err_has "it holds events of the ledger"
