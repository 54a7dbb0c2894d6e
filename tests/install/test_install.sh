#!/bin/bash
# The embedding program builds and runs: in the build tree, or against a copy
# installed under a temporary prefix, found by pkg-config or by find_package.
#   test_install.sh tree|pkg-config|pkg-config-static|cmake BUILD TESTS PROGRAM CC FLAG
set -euo pipefail
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
        share/daybook/proto/daybook/v1/event.proto share/man/man1/daybook.1 \
        lib/systemd/system/daybook.service share/locale/zh_CN/LC_MESSAGES/daybook.mo; do
        [ -s "$prefix/$file" ] || { echo "install left out $file"; exit 1; }
    done
    grep -qF "ExecStart=$prefix/bin/daybook serve" "$prefix/lib/systemd/system/daybook.service" ||
        { echo "the service starts another program"; exit 1; }
    for program in bin/daybook libexec/daybook/daybook-whole bin/daybook-verify; do
        LANG=zh_CN.UTF-8 LC_ALL='' "$prefix/$program" --help | grep -q 用法 || { echo "$program knows no Chinese"; exit 1; }
    done
    "$prefix/bin/daybook" --version | grep -q '^daybook [0-9]' || { echo "the installed program does not run"; exit 1; }
}

case $how in
tree) ;;
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
