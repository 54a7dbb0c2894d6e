#!/bin/bash
# The unit that is installed for systemd: it says what systemd understands, starts the program that is there, and lets a
# service that was broken into do little. Needs systemd-analyze, and no systemd that runs.
#   test_service.sh BUILD
set -euo pipefail
build=$1
if ! command -v systemd-analyze >/dev/null; then
    echo "systemd-analyze is absent (tools/install-deps --test brings it): this test is skipped"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
unit=$work/prefix/lib/systemd/system/daybook.service

systemd-analyze verify --man=no "$unit" >"$work/said" 2>&1 || { cat "$work/said"; echo "systemd does not take the unit"; exit 1; }
[ ! -s "$work/said" ] || { cat "$work/said"; echo "systemd complains about the unit"; exit 1; }
# And it would have said so if it did not.
sed 's/^Type=notify/Type=notifi/' "$unit" >"$work/daybook.service"
systemd-analyze verify --man=no "$work/daybook.service" >"$work/said" 2>&1 || true
grep -q notifi "$work/said" || { echo "systemd-analyze finds nothing wrong with a wrong unit"; exit 1; }

# Of 10; 20 is 2.0.
systemd-analyze security --offline=yes --no-pager --threshold=20 "$unit" >"$work/said" 2>&1 ||
    { grep -v '^.\{0,3\}✓' "$work/said"; echo "the service is exposed more than 2.0"; exit 1; }
tail -n 1 "$work/said"
