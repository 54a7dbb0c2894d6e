#!/bin/bash
# The checks find what they look for: each breach is planted in a small tree, and found in its place.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failures=0

plant() { # plant FILE TEXT
    mkdir -p "$root/$(dirname "$1")"
    printf '%b' "$2" >"$root/$1"
}

expect() { # expect RULE clean|PATTERN
    local output code=0
    output=$("$here/check.sh" "$1" "$root" 2>&1) || code=$?
    if [ "$2" = clean ]; then
        if [ "$code" -ne 0 ]; then
            echo "the rule '$1' found a breach in a clean tree: $output"
            failures=$((failures + 1))
        fi
    elif [ "$code" -ne 1 ] || ! grep -q -E "$2" <<<"$output"; then
        echo "the rule '$1' should have said /$2/: $output"
        failures=$((failures + 1))
    fi
    rm -rf "${root:?}"/*
}

plant engine/base/a.h '/* a */\n'
plant engine/codec/b.c '/* b */\n#include "base/a.h"\n'
expect includes clean
plant engine/codec/b.h '/* b */\n'
plant engine/base/a.c '/* a */\n#include "codec/b.h"\n'
expect includes '^engine/base/a.c:2: base may not include codec'
plant engine/store/s.h '/* s */\n'
plant engine/domain/d.c '/* d */\n\n#include "store/s.h"\n'
expect includes '^engine/domain/d.c:3: domain may not include store'
plant projections/v/v.h '/* v */\n'
plant engine/daybook.c '/* d */\n#include "projections/v/v.h"\n'
expect includes '^engine/daybook.c:2: face may not include projections'
plant engine/base/a.c '/* a */\n#include "stdio.h"\n'
expect includes '^engine/base/a.c:2: "stdio.h" is no file'

plant engine/store/s.c '/* s */\n#include <lmdb.h>\n'
expect walls clean
plant tools/t.c '/* t */\n#include <lmdb.h>\n'
expect walls '^tools/t.c:2: only engine/store'
plant engine/store/s.c '/* s */\n#include <zstd.h>\n'
expect walls '^engine/store/s.c:2: only engine/codec'

plant README.md "r\n"
plant tools/t.c "/* t */\n"
plant .ci/run "r\n"
expect layout clean
plant misc/m.c '/* m */\n'
expect layout '^misc: nothing else stands at the top'

plant tools/t.c "/* t */\n$(printf '\\n%.0s' {1..599})"
expect sizes clean
plant tools/t.c "/* t */\n$(printf '\\n%.0s' {1..600})"
expect sizes '^tools/t.c: 601 lines'
if ctags --version 2>/dev/null | grep -q 'Universal Ctags'; then
    plant tools/t.c "/* t */\nint f(void) {\n$(printf ';\\n%.0s' {1..58})}\n"
    expect sizes clean
    plant tools/t.c "/* t */\nint f(void) {\n$(printf ';\\n%.0s' {1..59})}\n"
    expect sizes '^tools/t.c:2: f has 61 lines'
fi

plant tools/t.c '/* t */\n/* TO''DO: all of it */\n'
expect words '^tools/t.c:2: unfinished'
plant tools/t.c 'int a;\n'
expect words '^tools/t.c:1: the first line'

plant engine/domain/d.c '/* A double entry. */\nconst char *c = "float";\n'
expect numbers clean
plant engine/domain/d.c '/* d */\ndouble a;\n'
expect numbers '^engine/domain/d.c: double a'
plant schema/a.proto 'message A { double b = 1; }\n'
expect numbers '^schema/a.proto:1'

plant tools/t '#!/bin/bash\nif\n'
expect scripts '^tools/t: is no bash'

if [ "$failures" -gt 0 ]; then
    exit 1
fi
echo "each planted breach was found"
