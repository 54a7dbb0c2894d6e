#!/bin/bash
# Every command explains itself, and the manual page and the list of refusals are whole.
. "$(dirname "$0")/common.sh"

expect 0 --version
grep -qE '^daybook [0-9]+\.[0-9]+\.[0-9]+$' "$out" || die "the version is not one"
expect 0 help
cp "$out" "$work/overview"
is_narrow() { [ "$(grep -cE '^.{80}' "$out")" -eq 0 ] || die "$1 is too wide for a terminal: $(grep -E '^.{80}' "$out")"; }
is_narrow "the overview"
expect 0 --help
cmp -s "$out" "$work/overview" || die "--help and help differ"
expect 2
err_has "Usage: daybook COMMAND"

# The commands that the program must have, and those that it lists, explain themselves with an example.
sed -nE 's/^  ([a-z-]+( [a-z-]+){0,2})  +.*/\1/p' "$work/overview" | grep -v '^daybook' >"$work/commands"
for command in init "customer open" "customer change" "customer close" "customer show" "customer list" deposit charge \
    pay settle allocate unallocate adjust refund "reverse payment" "reverse charge" "credit set" "credit show" \
    "credit list" "credit history" "credit decisions" "period close" "period reopen" balance aging open-items history trial-balance postings deposits \
    lineage kpi status rebuild digest \
    "audit key new" "audit checkpoint" "audit cosign" "audit prove" "audit prove-consistency" "audit tiles" "audit verify" \
    "audit bundle" "export events" submit import; do
    grep -qx -- "$command" "$work/commands" || die "the overview lacks $command"
done
while IFS= read -r command; do
    read -ra words <<<"$command"
    expect 0 "${words[@]}" --help
    err_is_empty
    out_has "Usage: daybook $command"
    out_has "Example:"
    grep -q "^  .*daybook " "$out" || die "$command: the example does not call the program"
    is_narrow "$command --help"
    cp "$out" "$work/help"
    expect 0 help "${words[@]}"
    cmp -s "$out" "$work/help" || die "help $command and $command --help differ"
done <"$work/commands"
for group in customer reverse credit period feed; do
    expect 0 help "$group"
    out_has "$group "
    is_narrow "help $group"
    expect 2 "$group"
    err_has "Usage: daybook $group COMMAND"
done

for page in access desk grades refusals tables; do
    expect 0 help "$page"
    is_narrow "help $page"
done

# Every refusal code of the schema has its sentence.
expect 0 help refusals
sed -nE 's/^ *REFUSAL_CODE_([A-Z_]+) = [1-9][0-9]*;.*/\1/p' "$source/schema/daybook/v1/request.proto" >"$work/codes"
[ -s "$work/codes" ] || die "no codes were found in the schema"
while IFS= read -r code; do
    [[ $(grep -A 1 -x "  $code" "$out" | tail -n 1) =~ ^\ {6}[A-Za-z] ]] || die "help refusals lacks $code"
done <"$work/codes"

expect 0 help man
cmp -s "$out" "$source/tools/daybook.1" || die "tools/daybook.1 is not what \"daybook help man\" prints; write it anew"

# A command's own option is told instead of the shared one, and not beside it.
expect 0 help allocate
[ "$(grep -c -- "--on DATE" "$out")" -eq 1 ] || die "help allocate tells --on more than once"
out_has "later of the source's and the charge's"

# What is no command, no option or no argument.
expect 2 nonsense
err_has 'there is no command "nonsense"'
expect 2 help nonsense
err_has 'there is no command "nonsense"'
expect 2 balance --as-off 2024-01-01
err_has 'unknown option --as-off; the nearest is --as-of; see "daybook help balance"'

# A slip of the fingers is understood, and what is like nothing is not guessed at.
expect 2 balnce ACME
err_has 'there is no command "balnce"; the nearest is "balance"'
expect 2 -L books customer opne ACME
err_has 'there is no command "customer opne"; the nearest is "customer open"'
expect 2 custmer frobnicate ACME
err_has 'there is no command "custmer"; the nearest is "customer"'
expect 2 help audit key nwe
err_has 'there is no command "audit key nwe"; the nearest is "audit key new"'
expect 2 --token secret balance
err_has "--token is no command; before the command stands -L DIR or --server URL alone"
expect 2 customer frobnicate ACME
err_has 'there is no command "customer frobnicate"; "daybook help" lists them'
expect 2 balance --as-of
err_has "--as-of needs a value"
expect 2 deposit ACME
err_has "usage: daybook deposit CUSTOMER LOT AMOUNT"
expect 2 audit bundle FILE
err_has 'usage: daybook audit bundle --output FILE; see "daybook help audit bundle"'
expect 2 init "$work/books"
err_has "--timezone ZONE is required"
expect 2 -L
err_has "-L needs the directory"
echo "help: as expected"
