#!/bin/bash
# The house rules that a machine can check. Prints each breach as FILE:LINE and why; exits 1 when there is one.
#   check.sh includes|walls|layout|sizes|words|numbers|scripts ROOT
set -euo pipefail
rule=$1
cd "$2"
breaches=0

breach() {
    echo "$*"
    breaches=$((breaches + 1))
}

# Our own sources; in a copy without git, by name.
sources() {
    if [ -e .git ]; then
        git ls-files --cached --others --exclude-standard -- "$@"
    else
        local pattern
        for pattern in "$@"; do
            find . -path "./$pattern" -type f -not -path './build/*' -printf '%P\n'
        done
    fi | sort | while IFS= read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done
}

# These three answer in REPLY, as a process for each of some thousand includes takes its time.

# The layer of a path. A path without a layer may neither include nor be included.
layer_of() {
    case $1 in
    daybook/v1/*.pb-c.h | schema/*) REPLY=schema ;;
    engine/base/*) REPLY=base ;;
    engine/codec/*) REPLY=codec ;;
    engine/domain/*) REPLY=domain ;;
    engine/store/*) REPLY=store ;;
    engine/projection/*) REPLY=projection ;;
    engine/proof/*) REPLY=proof ;;
    engine/limits.h) REPLY=limits ;;
    engine/ledger.h) REPLY=ledger ;;
    engine/*/*) REPLY=unknown ;;
    engine/*) REPLY=face ;;
    projections/*) REPLY=projections ;;
    tools/*) REPLY=tools ;;
    tests/*) REPLY=tests ;;
    bench/*) REPLY=bench ;;
    *) REPLY=unknown ;;
    esac
}

# What each layer may include beside itself: the layers below it, and limits.h, which knows nothing of anybody.
may_include() {
    local engine="schema limits base codec domain store projection proof ledger face"
    case $1 in
    limits) REPLY="" ;;
    base) REPLY="limits" ;;
    codec) REPLY="schema limits base" ;;
    domain) REPLY="schema limits base codec" ;;
    store) REPLY="schema limits base codec" ;;
    projection | proof) REPLY="schema limits base codec domain store" ;;
    ledger | face) REPLY=$engine ;;
    projections) REPLY=$engine ;;
    tools) REPLY="$engine projections" ;;
    tests | bench) REPLY="$engine projections tools tests bench" ;;
    *) REPLY="" ;;
    esac
}

# Where "name" is, seen from `file`: beside it, in engine/, at the root, or generated.
resolve() {
    local file=$1 name=$2
    case $name in
    daybook/v1/*.pb-c.h) REPLY=$name ;;
    *)
        for REPLY in "${file%/*}/$name" "engine/$name" "$name" "tests/$name"; do
            if [ -f "$REPLY" ]; then
                case $REPLY in */../*) REPLY=$(realpath --relative-to=. "$REPLY") ;; esac
                return
            fi
        done
        REPLY=
        ;;
    esac
}

check_includes() {
    local file number name target from to
    while IFS=: read -r file number name; do
        layer_of "$file"
        from=$REPLY
        resolve "$file" "$name"
        target=$REPLY
        if [ -z "$target" ]; then
            breach "$file:$number: \"$name\" is no file of this tree; a system header is included in <>"
            continue
        fi
        layer_of "$target"
        to=$REPLY
        may_include "$from"
        if [ "$from" != "$to" ] && [[ " $REPLY " != *" $to "* ]]; then
            breach "$file:$number: $from may not include $to ($name)"
        fi
    done < <(sources '*.c' '*.h' | xargs -r grep -n -H -o -E '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]+"' |
        sed -E 's/^([^:]+:[0-9]+):[^"]*"([^"]+)"$/\1:\2/')
}

# Some libraries are seen from one room only.
wall() {
    local header=$1 rooms=$2 file number
    while IFS=: read -r file number _; do
        if ! [[ $file =~ ^($rooms)/ ]]; then
            breach "$file:$number: only ${rooms//|/ and } may see <$header>"
        fi
    done < <(sources '*.c' '*.h' | xargs -r grep -n -H -E "#[[:space:]]*include[[:space:]]*[<\"]$header[>\"]" || true)
}

check_walls() {
    wall lmdb.h 'engine/store|tests/engine/store|tests/fault|bench'
    wall zstd.h 'engine/codec|tests/engine/codec|tests/fault|bench'
    wall uv.h 'engine/projection|tools|tests/engine/projection|tests/tools'
    wall archive.h 'tools|tests/tools|tests/fuzz'
    wall 'gnutls/.*' 'tools/serve'
    wall jansson.h 'tools|tests/tools|bench'
    wall libpq-fe.h 'tools/feed|bench'
    wall sqlite3.h 'bench'
    wall nats/nats.h 'tools/feed'
    wall librdkafka/rdkafka.h 'tools/feed|tests/e2e'
    wall openssl/evp.h 'engine/proof|tests'
    wall 'nettle/.*' 'engine/base'
}

# What stands at the top: whoever looks for something has few places to look in.
check_layout() {
    local entry
    while IFS= read -r entry; do
        case $entry in
        schema | engine | projections | tools | tests | bench) ;;
        .* | CMakeLists.txt | CMakePresets.json | LICENSE | README.md) ;;
        *) breach "$entry: nothing else stands at the top; which folder is it a part of?" ;;
        esac
    done < <(sources '*' | cut -d/ -f1 | uniq)
}

check_sizes() {
    local file lines name start end
    while IFS= read -r file; do
        lines=$(wc -l <"$file")
        if [ "$lines" -gt 600 ]; then
            breach "$file: $lines lines; past 600, look for the second job"
        fi
    done < <(sources '*.c' '*.h' '*.sh' '*.cmake')
    # A test's table of rows is data: only functions count.
    if ! ctags --version 2>/dev/null | grep -q 'Universal Ctags'; then
        echo "universal-ctags is absent: the length of functions is not checked (tools/install-deps brings it)"
        return
    fi
    while IFS=$'\t' read -r name file start end; do
        if [ -n "$end" ] && [ $((end - start + 1)) -gt 60 ]; then
            breach "$file:$start: $name has $((end - start + 1)) lines; past 60, look for the second job"
        fi
    done < <(sources '*.c' '*.h' |
        ctags -L - -o - --languages=C,C++ --langmap=C:.c.h --kinds-C=f --fields=+en --fields=-T --output-format=xref \
            --_xformat=$'%N\t%F\t%n\t%{end}' 2>/dev/null)
}

check_words() {
    local match
    while IFS= read -r match; do
        breach "${match%%:*}:$(cut -d: -f2 <<<"$match"): unfinished work belongs in an issue, not in the tree"
    done < <(sources '*' | grep -v '^tests/tidy/' | xargs -r grep -n -H -I -E '\b(TODO|FIXME|XXX|HACK)\b|not implemented' || true)
    while IFS= read -r match; do
        breach "$match: the first line of a file states its job in a comment"
    done < <(sources '*.c' '*.h' | while IFS= read -r file; do
        if ! head -n 1 "$file" | grep -q '^/\*'; then echo "$file:1"; fi
    done)
}

# Comments and strings may speak of doubles; code near money may not use them.
check_numbers() {
    local match
    while IFS= read -r match; do
        breach "$match: no floating point near money"
    done < <(sources 'engine/domain/*.[ch]' 'engine/base/decimal.*' 'projections/*.[ch]' | while IFS= read -r file; do
        gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null | sed -E 's/"([^"\\]|\\.)*"//g' |
            grep -E '\b(float|double|strtod|atof|pow|floor|ceil|round|sqrt)\b' | sed "s|^|$file: |" || true
    done)
    while IFS= read -r match; do
        breach "$match: no floating point in the schema"
    done < <(sources 'schema/*.proto' | xargs -r grep -n -H -E '^[^/]*\b(float|double)\b' || true)
}

check_scripts() {
    local file
    while IFS= read -r file; do
        if ! bash -n "$file"; then
            breach "$file: is no bash"
        fi
        if head -n 1 "$file" | grep -q '^#!' && ! [ -x "$file" ]; then
            breach "$file: has a #! line and cannot be executed"
        fi
    done < <(sources '*' | LC_ALL=C xargs -r awk '/^#!.*[\/ ](bash|sh)$/ {print FILENAME} {nextfile}')
}

case $rule in
includes | walls | layout | sizes | words | numbers | scripts) "check_$rule" ;;
*)
    echo "check.sh: unknown rule '$rule'"
    exit 2
    ;;
esac
if [ "$breaches" -gt 0 ]; then
    echo "$breaches breaches of the rule '$rule'"
    exit 1
fi
echo "the rule '$rule' holds"
