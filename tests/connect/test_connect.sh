#!/bin/bash
# connect-node, with code generated from the schema, against the real server.
#   test_connect.sh PROGRAM SOURCE
. "$(dirname "$0")/../e2e/common.sh"
. "$(dirname "$0")/../e2e/server.sh"
. "$(dirname "$0")/../e2e/packages.sh"

use_packages connect ci protoc
mkdir "$work/gen"
protoc -I "$source/schema" --plugin="$work/node_modules/.bin/protoc-gen-es" --es_out="$work/gen" \
    --es_opt=target=js,import_extension=js "$source"/schema/daybook/v1/*.proto

run_client() { # run_client FILE
    (cd "$work" && DAYBOOK_URL=$url node --test --test-reporter=spec "$1") >"$out" 2>"$err" || {
        grep -vE "^ *✔" "$out" >&2
        die "connect-node and the server disagree ($1)"
    }
    grep -E '^ℹ (tests|pass|fail)' "$out"
}

new_ledger books --currency CNY
start_server
run_client client.test.js
run_client openapi.test.js
stop_server

# Nobody is trusted: a token for each role, by its name.
new_ledger guarded --currency CNY
TOKENS=
for role in cashier accountant credit auditor admin; do
    TOKENS="$TOKENS${TOKENS:+,}\"$role\":\"$("$daybook" token create --name "$role" --role "$role" --expires 1d 2>"$err")\""
done
export TOKENS="{$TOKENS}"
start_guarded_server
run_client tokens.test.js
stop_server
echo "connect: as expected"
