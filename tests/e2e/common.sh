# What every end-to-end test begins with: the program, a directory of its own, and ways to expect things.
#   test_x.sh PROGRAM SOURCE
# Sourced, not run. A test stops at the first thing that is not as expected.
set -euo pipefail
daybook=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/out
err=$work/err
unset DAYBOOK_LEDGER LANGUAGE
export LC_ALL=C.UTF-8 # What is expected is English.
export USER=tester

die() {
    printf '%s: line %s: %s\n' "$(basename "$0")" "${BASH_LINENO[-2]}" "$*" >&2
    if [ -s "$out" ]; then cut -c 1-300 "$out" | sed 's/^/  out: /' | head -n 40 >&2; fi
    if [ -s "$err" ]; then cut -c 1-300 "$err" | sed 's/^/  err: /' | head -n 40 >&2; fi
    exit 1
}

# expect CODE ARGUMENT...: runs the program; its output is in $out and $err afterwards.
expect() {
    local wanted=$1 code=0
    shift
    "$daybook" "$@" >"$out" 2>"$err" </dev/null || code=$?
    [ "$code" -eq "$wanted" ] || die "daybook $*: exit code $code, expected $wanted"
}

# The same where more than one code says it truly: expect_any "2 3" ARGUMENT...
expect_any() {
    local wanted=$1 code=0
    shift
    "$daybook" "$@" >"$out" 2>"$err" </dev/null || code=$?
    [[ " $wanted " == *" $code "* ]] || die "daybook $*: exit code $code, expected one of $wanted"
}

# The same with standard input from the caller.
expect_fed() {
    local wanted=$1 code=0
    shift
    "$daybook" "$@" >"$out" 2>"$err" || code=$?
    [ "$code" -eq "$wanted" ] || die "daybook $*: exit code $code, expected $wanted"
}

out_has() { grep -qF -- "$1" "$out" || die "standard output lacks: $1"; }
err_has() { grep -qF -- "$1" "$err" || die "standard error lacks: $1"; }
out_is() { [ "$(cat "$out")" = "$1" ] || die "standard output is not: $1"; }
err_is_empty() { [ ! -s "$err" ] || die "standard error is not empty"; }

# A new, empty ledger, which $DAYBOOK_LEDGER then names.
new_ledger() {
    export DAYBOOK_LEDGER=$work/$1
    shift
    expect 0 init "$DAYBOOK_LEDGER" --timezone UTC "$@"
}

# json_value NAME: of the one line of JSON in $out, a scalar by its name (the first one).
json_value() {
    sed -nE "s/.*\"$1\":\"?([^\",}]*)\"?.*/\1/p" "$out" | head -n 1
}
