#!/bin/bash
# The embedding program builds and runs: in the build tree, or against a copy
# installed under a temporary prefix, found by pkg-config or by find_package.
# In C++ it is staged, as packagers do it (DESTDIR), and found in both ways; and the programs that lie there run.
#   test_install.sh tree|pkg-config|pkg-config-static|cmake|staged-c++ BUILD TESTS PROGRAM CC FLAG
set -euo pipefail
unset LANGUAGE
export LC_ALL=C.UTF-8 # What is expected of the programs is English.
how=$1 build=$2 tests=$3 program=$4 compiler=$5 flag=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
flags=()
if [ -n "$flag" ]; then
    flags=("$flag")
fi

install_copy() {
    cmake --install "$build" --prefix "$prefix" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
    library_dir=$(dirname "$(find "$prefix" -name 'libdaybook.so')")
    export PKG_CONFIG_PATH=$library_dir/pkgconfig
    export LD_LIBRARY_PATH=$library_dir
    for file in include/daybook/daybook.h include/daybook/base/error.h include/daybook/v1/request.pb-c.h \
        share/daybook/proto/daybook/v1/event.proto share/man/man1/daybook.1 share/bash-completion/completions/daybook \
        lib/systemd/system/daybook.service share/locale/zh_CN/LC_MESSAGES/daybook.mo; do
        [ -s "$prefix/$file" ] || { echo "install left out $file"; exit 1; }
    done
    grep -qF "ExecStart=$prefix/bin/daybook serve" "$prefix/lib/systemd/system/daybook.service" ||
        { echo "the service starts another program"; exit 1; }
    for program in bin/daybook libexec/daybook/daybook-whole bin/daybook-verify; do
        LANG=zh_CN.UTF-8 LC_ALL='' "$prefix/$program" --help >"$work/help"
        grep -q 用法 "$work/help" || { echo "$program knows no Chinese"; exit 1; }
    done
    "$prefix/bin/daybook" --version | grep -q '^daybook [0-9]' || { echo "the installed program does not run"; exit 1; }
}

# By DESTDIR, so the files know another place than they are in.
stage_copy() {
    DESTDIR=$work/stage cmake --install "$build" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
    library_dir=$(dirname "$(find "$work/stage" -name 'libdaybook.so')")
    prefix=$work/stage$(sed -n 's/^prefix=//p' "$library_dir/pkgconfig/daybook.pc")
    export LD_LIBRARY_PATH=$library_dir PKG_CONFIG_PATH=$library_dir/pkgconfig
}

# A command of the quick program, one of the whole one behind it, and the verifier; with what is there for people.
use_programs() {
    "$prefix/bin/daybook" init "$work/used" --timezone UTC --currency CNY >/dev/null
    "$prefix/bin/daybook" customer open ann --on 2024-01-02 -L "$work/used" | grep -qx 'recorded 1: customer open ann'
    "$prefix/bin/daybook" backup create "$work/used.daybook" -L "$work/used" | grep -q 'events 1 to 1' ||
        { echo "the installed daybook does not find daybook-whole"; exit 1; }
    "$prefix/bin/daybook-verify" --help | grep -q '^Usage: daybook-verify' || { echo "the verifier does not run"; exit 1; }
    man --warnings=all -l "$prefix/share/man/man1/daybook.1" >"$work/page" 2>"$work/complaints" ||
        [ "$(command -v man)" = "" ] || { cat "$work/complaints"; echo "man cannot show the page"; exit 1; }
}

case $how in
tree) ;;
staged-c++)
    stage_copy
    use_programs
    # The sysroot stands before what is staged alone: the other libraries are where they always are.
    read -ra cflags <<<"$(pkg-config --define-variable=prefix="$prefix" --cflags daybook)"
    read -ra libs <<<"$(pkg-config --define-variable=prefix="$prefix" --libs daybook)"
    "$compiler" -std=c++17 -Wall -Wextra -Wpedantic -Werror "${flags[@]}" "${cflags[@]}" -o "$work/books" \
        "$tests/install/consumer/books.cc" "${libs[@]}"
    "$work/books" "$work/by-pkg-config"
    cmake -S "$tests/install/consumer" -B "$work/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_C_FLAGS="${flags[*]}" -DCMAKE_CXX_FLAGS="${flags[*]}" \
        -DPROGRAM="$tests/install/consumer/books.cc" >"$work/configure.log" || { cat "$work/configure.log"; exit 1; }
    cmake --build "$work/consumer" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
    "$work/consumer/books_static" "$work/static"
    program=$work/consumer/books
    ;;
pkg-config)
    install_copy
    [ "$(pkg-config --variable=prefix daybook)" = "$prefix" ] || { echo "daybook.pc names another prefix"; exit 1; }
    read -ra cflags <<<"$(pkg-config --cflags daybook)"
    read -ra libs <<<"$(pkg-config --libs daybook)"
    "$compiler" -std=c11 -Wall -Wextra "${flags[@]}" "${cflags[@]}" -o "$work/books" \
        "$tests/engine/test_embedding.c" "${libs[@]}"
    program=$work/books
    ;;
pkg-config-static)
    install_copy
    rm "$library_dir"/libdaybook.so*
    read -ra cflags <<<"$(pkg-config --cflags daybook)"
    read -ra libs <<<"$(pkg-config --static --libs daybook)"
    "$compiler" -std=c11 -Wall -Wextra "${flags[@]}" "${cflags[@]}" -o "$work/books" \
        "$tests/engine/test_embedding.c" "${libs[@]}"
    program=$work/books
    ;;
cmake)
    install_copy
    cmake -S "$tests/install/consumer" -B "$work/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="${flags[*]}" -DPROGRAM="$tests/engine/test_embedding.c" \
        >"$work/configure.log" || { cat "$work/configure.log"; exit 1; }
    cmake --build "$work/consumer" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
    "$work/consumer/books_static" "$work/static"
    program=$work/consumer/books
    ;;
*)
    echo "test_install.sh: unknown way '$how'"
    exit 2
    ;;
esac
"$program" "$work/ledger"
