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

new_ledger books --currency CNY
start_server
(cd "$work" && DAYBOOK_URL=$url node --test --test-reporter=spec client.test.js) >"$out" 2>"$err" || {
    grep -vE "^ *✔" "$out" >&2
    die "connect-node and the server disagree"
}
grep -E '^ℹ (tests|pass|fail)' "$out"
stop_server
echo "connect: as expected"
