#!/bin/bash
# A rebuild takes nothing away meanwhile, and survives being killed in its middle.
#   test_rebuild.sh PROGRAM SOURCE WORKLOAD
. "$(dirname "$0")/common.sh"
workload=$3

expect 0 init "$work/books" --timezone UTC --currency CNY --allow-import-clock
export DAYBOOK_LEDGER=$work/books
"$workload" --json --requests 3000 --customers 60 >"$work/requests" || die "the workload cannot be drawn"
expect_any "0 1" submit --recorded-at "$work/requests"
expect 0 digest
cp "$out" "$work/digests"
expect 0 aging --csv
cp "$out" "$work/ages"
[ "$(wc -l <"$work/ages")" -gt 30 ] || die "hardly any ages to compare"

newest() {
    local generation
    for generation in "$work/books/views/aging".g*; do echo "${generation##*.g}"; done | sort -n | tail -n 1
}

expect_ages() {
    expect 0 aging --csv
    cmp -s "$out" "$work/ages" || die "ages changed $1"
}

# Killed once its new generation is there, if it is not over by then.
killed=0
for _ in $(seq 12); do
    old=$(newest)
    "$daybook" rebuild aging >"$work/rebuilt" 2>&1 </dev/null &
    pid=$!
    while [ "$(newest)" = "$old" ] && kill -0 "$pid" 2>/dev/null; do :; done
    expect_ages "while they were rebuilt"
    kill -KILL "$pid" 2>/dev/null || true
    code=0
    wait "$pid" 2>/dev/null || code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 137 ] || die "a rebuild failed: $(cat "$work/rebuilt")"
    if [ "$code" -eq 137 ]; then killed=$((killed + 1)); fi
    expect_ages "after a rebuild was killed"
done
echo "$killed of 12 were killed"

# The next one comes to the end, with the same rows.
old=$(newest)
expect 0 rebuild aging
[ "$(newest)" -ge "$old" ] || die "the rebuild left generation $old"
[ "$(ls -d "$work/books/views/aging".* | wc -l)" -eq 1 ] || die "the rebuild left more than one generation"
expect_ages "by a rebuild"
expect 0 digest
cmp -s "$out" "$work/digests" || die "digests changed"
expect 0 status --json
if grep -q REBUILDING "$out"; then die "status says that a view is still rebuilt"; fi

# A rebuild of all that is killed before all are built goes on with those that are left, and the one after it builds all.
list=$work/books/views/rebuilding
generation_of() { (cd "$work/books/views" && echo "$1".g*); }
killed=no
for _ in $(seq 20); do
    "$daybook" rebuild >"$work/rebuilt" 2>&1 </dev/null &
    pid=$!
    while [ ! -e "$list" ] && kill -0 "$pid" 2>/dev/null; do :; done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    if [ -e "$list" ]; then
        killed=yes
        break
    fi
done
[ $killed = yes ] || die "no rebuild of all was killed in its middle"
cp "$list" "$work/list"
views=$(wc -l <"$list")
built=$(grep -c '^built ' "$list")
while read -r _ view; do echo "$view $(generation_of "$view")"; done <"$list" >"$work/generations"
# One view alone is another rebuild, and leaves the list as it is.
last=$(sed -n "s/^left *//p" "$list" | tail -n 1)
expect 0 rebuild "$last"
cmp -s "$list" "$work/list" || die "a rebuild of $last changed the list"
expect 0 rebuild
err_has "went on with a rebuild that was broken off after $built of its $views views"
[ ! -e "$list" ] || die "the list was left behind"
cmp -s "$out" "$work/digests" || die "digests changed"
while read -r how view; do
    was=$(sed -n "s/^$view //p" "$work/generations")
    is=$(generation_of "$view")
    if [ "$how" = built ]; then
        [ "$is" = "$was" ] || die "$view was built already, and again"
    else
        [ "$is" != "$was" ] || die "$view was left out"
    fi
done <"$work/list"
expect 0 rebuild
err_is_empty
while read -r view was; do
    [ "$(generation_of "$view")" != "$was" ] || die "$view was not built again"
done <"$work/generations"
