#!/bin/bash
# A PostgreSQL of one's own in a scratch directory, on a Unix socket there, durable: what is committed is on the disk.
#   bench/peers/postgres.sh start DIRECTORY     prints the connection string; DIRECTORY must not exist or be empty
#   bench/peers/postgres.sh size DIRECTORY      prints what its data takes up, in bytes
#   bench/peers/postgres.sh stop DIRECTORY      stops it and removes DIRECTORY
#   bench/peers/postgres.sh --check             exits 77 with a sentence when PostgreSQL is not installed
# Memory is set for a machine with 8 GiB or more; PEERS_POSTGRES_MEMORY names another shared_buffers (2GB).
# PostgreSQL refuses to be root's: started by root, it runs as the user "postgres".
set -euo pipefail

bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
if [ ! -x "$bin/initdb" ]; then
    echo "PostgreSQL is absent (tools/install-deps --bench brings it)" >&2
    exit 77
fi
if [ "${1:-}" = --check ]; then exit 0; fi
if [ $# -ne 2 ] || ! [[ $1 =~ ^(start|size|stop)$ ]]; then
    sed -n '3,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
mkdir -p "$2"
place=$(cd "$2" && pwd)
as_server=()
if [ "$(id -u)" -eq 0 ]; then
    as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi

# A failing server says why in its log.
server() {
    if ! (cd "$place" && "${as_server[@]}" "$bin/pg_ctl" -D data -w -s -l log "$@" </dev/null >/dev/null 2>&1); then
        tail -n 20 "$place/log" >&2 || true
        return 1
    fi
}

case $1 in
start)
    if [ -n "$(ls -A "$place")" ]; then
        echo "$place is not empty: PostgreSQL is started in a directory of its own" >&2
        exit 2
    fi
    # A socket's path may have about 100 characters, and the server's user must reach it.
    socket=$(mktemp -d /tmp/daybook-postgres.XXXXXX)
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres "$place" "$socket"
    fi
    if ! "${as_server[@]}" test -w "$place"; then
        echo "the user postgres cannot reach $place: let others pass through the directories above it (chmod o+x)" >&2
        rm -rf "$socket"
        exit 2
    fi
    ln -s "$socket" "$place/socket"
    (cd "$place" && "${as_server[@]}" "$bin/initdb" -D data -U bench -A trust -E UTF8 --locale=C >initdb.log 2>&1) || {
        cat "$place/initdb.log" >&2
        rm -rf "$socket"
        exit 3
    }
    # fsync, synchronous_commit and full_page_writes stay on, as they come: durable like the ledger.
    cat >>"$place/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$socket'
max_connections = 100
shared_buffers = ${PEERS_POSTGRES_MEMORY:-2GB}
effective_cache_size = 6GB
work_mem = 64MB
maintenance_work_mem = 1GB
max_wal_size = 8GB
checkpoint_timeout = 30min
checkpoint_completion_target = 0.9
wal_compression = lz4
random_page_cost = 1.1
jit = off
log_min_messages = error
CONF
    server start || exit 3
    echo "host=$socket user=bench dbname=postgres"
    ;;
size)
    du -s -B 1 "$place/data/base" | cut -f 1
    ;;
stop)
    server stop -m fast || true
    if [ -L "$place/socket" ]; then
        rm -rf "$(readlink "$place/socket")"
    fi
    rm -rf "$place"
    ;;
esac
