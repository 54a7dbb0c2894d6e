#!/bin/sh
# The shared library shows its face and its messages, and nothing else.
#   test_symbols.sh LIBRARY
set -eu
shown=$(nm --dynamic --defined-only --format=posix "$1" | cut -d' ' -f1)
others=$(printf '%s\n' "$shown" | grep -v -E '^(daybook_|pb__)' || true)
if [ -n "$others" ]; then
    echo "$1 shows symbols that are its own business:"
    printf '%s\n' "$others"
    exit 1
fi
for name in daybook_create daybook_open daybook_submit daybook_query daybook_close daybook_standard_views \
    daybook_buffer_release pb__request__pack; do
    if ! printf '%s\n' "$shown" | grep -q -x "$name"; then
        echo "$1 does not show $name, which its header promises"
        exit 1
    fi
done
echo "$(printf '%s\n' "$shown" | wc -l) symbols, each of them public"
