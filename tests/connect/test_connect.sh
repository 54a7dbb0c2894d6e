#!/bin/bash
# connect-node, with code generated from the schema, against the real server.
#   test_connect.sh PROGRAM SOURCE
. "$(dirname "$0")/../e2e/common.sh"
. "$(dirname "$0")/../e2e/server.sh"

here=$source/tests/connect
for tool in node npm protoc; do
    command -v "$tool" >/dev/null || { echo "connect: there is no $tool here: nothing was tested"; exit 77; }
done
# The packages are kept beside the program, by what the lock file says.
kept=$(dirname "$daybook")/connect-$(sha256sum "$here/package-lock.json" | cut -c 1-16)
if [ ! -d "$kept/node_modules" ]; then
    rm -rf "$kept.new"
    mkdir -p "$kept.new"
    cp "$here/package.json" "$here/package-lock.json" "$kept.new"
    if ! (cd "$kept.new" && npm ci --no-audit --no-fund --ignore-scripts) >"$out" 2>"$err"; then
        echo "connect: the packages of package-lock.json cannot be had: nothing was tested"
        tail -n 3 "$err"
        exit 77
    fi
    rm -rf "$kept"
    mv "$kept.new" "$kept"
fi
cp "$here"/*.js "$here/package.json" "$work"
ln -s "$kept/node_modules" "$work/node_modules"
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
