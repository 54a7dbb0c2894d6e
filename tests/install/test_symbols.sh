#!/bin/bash
# Both libraries show their face and their messages, and nothing else; what the installed headers declare is there.
#   test_symbols.sh SHARED STATIC BUILD
set -euo pipefail
shared=$1 static=$2 build=$3
work=$(mktemp -d)
export LC_ALL=C
trap 'rm -rf "$work"' EXIT

nm --dynamic --defined-only --format=posix "$shared" | cut -d' ' -f1 | sort -u >"$work/shared"
nm --extern-only --defined-only --format=posix "$static" | grep ' ' | cut -d' ' -f1 | sort -u >"$work/static"
for kind in shared static; do
    if grep -v -E '^(daybook_|pb__)' "$work/$kind" >"$work/others"; then
        echo "the $kind library shows names that are its own business:"
        cat "$work/others"
        exit 1
    fi
    for name in daybook_create daybook_open daybook_submit daybook_query daybook_close daybook_standard_views \
        daybook_buffer_release pb__request__pack; do
        grep -q -x "$name" "$work/$kind" || { echo "the $kind library does not show $name"; exit 1; }
    done
done

# Every function that an installed header declares, with its header, as the compiler lists them:
#   /* FILE:LINE:NC */ extern int name (void);
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
include=$work/prefix/include
(cd "$include" && find daybook -name '*.h' -printf '#include "%p"\n') >"$work/all.c"
read -ra messages <<<"$(pkg-config --cflags libprotobuf-c)"
gcc -std=c11 -Wall -Wextra -Werror -I"$include/daybook" -I"$include" "${messages[@]}" \
    -c -o "$work/all.o" -aux-info "$work/declared.txt" "$work/all.c"
sed -n -E "s|^/\* $include/([^:]*):[^*]*\*/ extern .*[ *]([a-z0-9_]+) \(.*\$|\1 \2|p" "$work/declared.txt" |
    grep -v ' __builtin' | sort -u >"$work/declared"
[ "$(grep -c "^daybook/daybook.h " "$work/declared")" -ge 7 ] || { echo "the compiler's list of the face was not understood"; exit 1; }
for kind in shared static; do
    if sort -k 2 "$work/declared" | join -1 2 -2 1 -v 1 - "$work/$kind" >"$work/missing" && [ -s "$work/missing" ]; then
        echo "installed headers declare what the $kind library does not show:"
        cat "$work/missing"
        exit 1
    fi
done
echo "$(wc -l <"$work/shared") names shared, $(wc -l <"$work/static") static, $(wc -l <"$work/declared") functions declared"
