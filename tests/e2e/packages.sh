# Programs of the npm registry for a test, sourced after common.sh.

# use_packages NAME install|ci [TOOL...]: the packages of tests/NAME/package-lock.json are at $work/node_modules, with
# the folder's programs beside them. They are kept beside the program that is tested, by what the lock file says.
# Ends the test with 77 (skipped) where a tool is missing or the packages cannot be had.
use_packages() {
    local name=$1 way=$2 folder=$source/tests/$1 tool kept
    shift 2
    for tool in node npm "$@"; do
        command -v "$tool" >/dev/null || { echo "$name: there is no $tool here: nothing was tested"; exit 77; }
    done
    kept=$(dirname "$daybook")/$name-$(sha256sum "$folder/package-lock.json" | cut -c 1-16)
    if [ ! -d "$kept/node_modules" ]; then
        rm -rf "$kept.new"
        mkdir -p "$kept.new"
        cp "$folder/package.json" "$folder/package-lock.json" "$kept.new"
        if ! (cd "$kept.new" && npm "$way" --no-audit --no-fund --ignore-scripts) >"$out" 2>"$err"; then
            echo "$name: the packages of package-lock.json cannot be had: nothing was tested"
            tail -n 3 "$err"
            exit 77
        fi
        rm -rf "$kept"
        mv "$kept.new" "$kept"
    fi
    cp "$folder"/*.js "$folder/package.json" "$work"
    ln -s "$kept/node_modules" "$work/node_modules"
}
