#!/bin/bash
# The peers at a tiny size: each agrees with Daybook about every balance, and the table has its ratios.
#   test_peers.sh PEERS DAYBOOK SOURCE
set -euo pipefail
peers=$1
daybook=$2
source=$3
work=$(mktemp -d)
chmod 711 "$work"
leave() {
    if [ -d "$work/postgres" ]; then
        "$source/bench/peers/postgres.sh" stop "$work/postgres"
    fi
    rm -rf "$work"
}
trap leave EXIT

die() {
    echo "test_peers.sh: $*" >&2
    tail -n 20 "$work/err" >&2 || true
    exit 1
}

wanted=("against SQLite, bulk in batches" "against SQLite, point in time, 1 caller" "against SQLite, single, 1 caller"
    "against TigerBeetle, one a request, 16 callers")
arguments=()
if PEERS_POSTGRES_MEMORY=128MB where=$("$source/bench/peers/postgres.sh" start "$work/postgres"); then
    arguments=(--postgres "$where")
    wanted+=("against PostgreSQL, bulk in batches" "against PostgreSQL, bulk in one transaction, indexes afterwards"
        "against PostgreSQL, single, 1 caller" "against PostgreSQL, single, 16 callers"
        "against PostgreSQL, point in time, 8 callers")
fi
for program in ledger hledger; do
    if command -v "$program" >/dev/null; then
        wanted+=("against $program, one balance at a date")
    else
        echo "$program is absent (tools/install-deps --bench brings it): it is left out here"
    fi
done
"$peers" --events 3000 --customers 60 --questions 300 --seconds 1 --singles 20 "${arguments[@]}" --daybook "$daybook" \
    --json "$work/peers.json" "$work/run" >"$work/out" 2>"$work/err" || die "the run failed"
for ratio in "${wanted[@]}"; do
    grep -qE "^$ratio .*[0-9]x\$" "$work/out" || die "no ratio: $ratio"
done
[ "$(grep -c 'all balances after event [0-9]* are Daybook' "$work/err")" -ge 3 ] || die "balances were not compared"
grep -q '"targets"' "$work/peers.json" || die "the JSON has no targets"
