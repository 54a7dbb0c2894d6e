#!/bin/bash
# The scripts for people: each says what it is for, and what is wrong with its options before it installs or builds
# anything, from whatever directory it is called.
#   test_scripts.sh SOURCE
set -euo pipefail
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
    echo "test_scripts.sh: $*" >&2
    exit 1
}

# What would install or build leaves a trace instead.
mkdir "$work/bin"
for program in cmake apt-get ninja sudo; do
    printf '#!/bin/sh\necho "$0 $*" >>%s\nexit 99\n' "$work/began" >"$work/bin/$program"
    chmod +x "$work/bin/$program"
done
export PATH=$work/bin:$PATH

for script in tools/test tools/fuzz tools/quickstart tools/install-deps tools/messages bench/run bench/compare \
    bench/run-serve bench/peers/run; do
    (cd "$source/$(dirname "$script")" && "./$(basename "$script")" --help) >"$work/said" ||
        die "$script --help: exit code $?"
    grep -qF "  $script" "$work/said" || die "$script --help says: $(cat "$work/said")"
done

# refused "SCRIPT ARGUMENT..." SENTENCE
refused() {
    local words code=0
    read -ra words <<<"$1"
    (cd "$work" && "$source/${words[0]}" "${words[@]:1}") >"$work/said" 2>&1 || code=$?
    [ "$code" -eq 2 ] || die "$1: exit code $code: $(cat "$work/said")"
    [ "$(cat "$work/said")" = "${words[0]}: $2; see ${words[0]} --help" ] || die "$1: $(cat "$work/said")"
}
refused "tools/test --fast" "--fast is no option"
refused "tools/test --long" "--long takes a number from 1"
refused "tools/test --long 0" "--long takes a number from 1"
refused "tools/fuzz --seconds ten" "--seconds takes a number from 1"
refused "tools/fuzz --jobs 2" "--jobs is no option"
refused "tools/quickstart --books" "--books is no option"
refused "tools/quickstart a b" "it takes one DIRECTORY at most"
refused "tools/install-deps --all" "--all is no option"
refused "tools/messages" "it takes one FILE.pot, --merge or --check"
refused "bench/run --json" "--json takes a file"
refused "bench/run --seed" "--seed takes a number from 1"
refused "bench/run --all --events" "--events takes a number from 1"
refused "bench/run --events 10k" "--events takes a number from 1"
refused "bench/run --events 99999999999999999999" "--events takes a number from 1"
refused "bench/run --spread even" "--spread takes one of zipf, uniform, hot"
refused "bench/run --parts append,all" \
    "--parts takes some of append,single,views,query,follow,proof,audit,recover,aging"
refused "bench/run --beside none.json" "--beside: none.json cannot be read"
refused "bench/run --evnets 10" "--evnets is no option"
refused "bench/run 10" "10 is no option"
refused "bench/run --all --customers 10" "--all chooses these itself: --customers 10"
refused "bench/peers/run --json" "--json takes a file"
refused "bench/peers/run --peers mysql" "--peers takes some of postgres,sqlite,plain"
refused "bench/run-serve --seconds" "--seconds takes a number from 1"
refused "bench/run-serve --connections 4" "--connections is no option"
refused "bench/compare a.json" "it takes two files"
refused "bench/compare a.json b.json --tolerance 120" "--tolerance takes a percentage below 100"
grep -q "there is no target frames, only backup, " <<<"$("$source/tools/fuzz" frames 2>&1)" || die "tools/fuzz frames"

# What is there already is never written into.
mkdir "$work/books"
code=0
(cd "$work" && "$source/tools/quickstart" books) >"$work/said" 2>&1 || code=$?
[ "$code" -eq 3 ] && grep -qF "books exists already" "$work/said" || die "quickstart books: $code: $(cat "$work/said")"
[ ! -e "$work/began" ] || die "something was begun: $(cat "$work/began")"
