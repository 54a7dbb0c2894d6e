#!/bin/bash
# A shell is told how a command line can go on: by the program, and through tools/daybook.bash.
. "$(dirname "$0")/common.sh"

# goes_on "WORD..." "CANDIDATE..."; a last word that is not begun is written ''.
goes_on() {
    local words=()
    eval "words=($1)"
    expect 0 --complete "${words[@]}"
    err_is_empty
    [ "$(tr '\n' ' ' <"$out")" = "$2${2:+ }" ] || die "$1 goes on with: $(tr '\n' ' ' <"$out")"
}
goes_on "bal" "balance"
goes_on "customer cl" "close"
goes_on "credit h" "hold history" # "credit hold" is a command, "credit" alone none
goes_on "audit prove" "prove prove-consistency"
goes_on "help audit ve" "verify"
goes_on "help des" "desk"
goes_on "help tab" "tables"
goes_on "hel" "help"
goes_on "nonsense ''" ""
goes_on "aging --basis ''" "due posting"
goes_on "aging --basis p" "posting"
goes_on "aging --basis=p" "--basis=posting"
goes_on "adjust ACME A-1 write" "write-off"
goes_on "adjust --on 2024-02-29 ACME A-1 write" "write-off"
goes_on "adjust ACME write" ""
goes_on "export b" "balances"
goes_on "export ev" "events" # a table, and the first word of a command
goes_on "rebuild tr" "trial tree"
goes_on "import ''" "/"
goes_on "balance -L ''" "/"
goes_on "balance --ledger ''" "/"
goes_on "-L ''" "/"
goes_on "-L books bala" "balance"
goes_on "--server http://localhost:7420 bala" "balance"
goes_on "balance ''" ""
goes_on "balance --as-of ''" ""
goes_on "balance --as" "--as-of"
goes_on "balance --as-of 2024-02-29 --as" ""
goes_on "balance --as-of=2024-02-29 --as" ""

# Every command is come to word by word, and every option of its help is offered.
expect 0 help
sed -nE 's/^  ([a-z-]+( [a-z-]+){0,2})  +.*/\1/p' "$out" | grep -v '^daybook' >"$work/commands"
declare -A offered
while IFS= read -r command; do
    read -ra words <<<"$command"
    for ((i = 0; i < ${#words[@]}; i++)); do
        after="daybook ${words[*]:0:i}"
        if [ -z "${offered[$after]+told}" ]; then
            expect 0 --complete "${words[@]:0:i}" ''
            offered[$after]=" $(tr '\n' ' ' <"$out")"
        fi
        [[ ${offered[$after]} == *" ${words[i]} "* ]] || die "$command: \"${words[i]}\" is not offered"
    done
    expect 0 "${words[@]}" --help
    sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z0-9-]+).*/\2/p' "$out" | sort -u >"$work/helped"
    expect 0 --complete "${words[@]}" --
    sort "$out" | cmp -s - "$work/helped" || die "$command: not the options of its help: $(tr '\n' ' ' <"$out")"
done <"$work/commands"

# The words as bash cuts them, at "=", too.
PATH=$(dirname "$daybook"):$PATH
. "$source/tools/daybook.bash"
# bash_has "WORD..." "CANDIDATE..."
bash_has() {
    eval "COMP_WORDS=(daybook $1)"
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _daybook
    [ "${COMPREPLY[*]}" = "$2" ] || die "bash: $1 goes on with ${COMPREPLY[*]}"
}
bash_has "customer cl" "close"
bash_has "aging --basis = p" "posting"
bash_has "aging --basis = ''" "due posting"
bash_has "aging --basis=p" "--basis=posting"
bash_has "aging --as-of = 2024-02-29 --basis ''" "due posting"
