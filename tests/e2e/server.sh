# For tests that need `daybook serve`: started on a free port of loopback, stopped when the test ends. Sourced after common.sh.
server=
server_log=$work/server.log

# What a sanitizer said of it, where a test failed because of that.
show_server_failure() {
    grep -A 25 -E 'ERROR: |runtime error' "$server_log" >&2 || true
}

# start_server [OPTION...]: serves $DAYBOOK_LEDGER to this machine; its address is in $address, its URL in $url. A free
# port, or where $listen says.
# start_guarded_server: likewise, to those who bring a token.
start_server() { start_guarded_server --trust-local "$@"; }
start_guarded_server() {
    : >"$server_log" # What an earlier one said is not this one's address.
    "$daybook" serve --listen "${listen:-127.0.0.1:0}" "$@" 2>"$server_log" &
    server=$!
    trap 'kill -KILL "$server" 2>/dev/null; show_server_failure; rm -rf "$work"' EXIT
    # The log's first line says where it listens; tail waits for it, and for no longer than the server lives.
    local line
    line=$(timeout 60 tail -n +1 -F --pid="$server" "$server_log" 2>/dev/null | grep -m 1 '"event":"listening"' || true)
    [ -n "$line" ] || { cat "$server_log" >&2; die "the server did not start"; }
    url=$(sed -E 's/.*"message":"([^"]*)".*/\1/' <<<"$line")
    address=${url#*://}
}

# Stops it as a supervisor would; it must end well, and soon.
stop_server() {
    kill -TERM "$server"
    local code=0
    wait "$server" || code=$?
    [ "$code" -eq 0 ] || { tail -n 5 "$server_log" >&2; die "the server ended with $code"; }
    trap 'rm -rf "$work"' EXIT
}

# ask PATH [CURL OPTION...]: the body is in $out, "STATUS CONTENT-TYPE" in $answer, the headers in $work/headers.
ask() {
    local path=$1
    shift
    answer=$(curl -sS --max-time 60 -D "$work/headers" -o "$out" -w '%{http_code} %{content_type}' "$@" "$url$path" 2>"$err") ||
        die "curl $path: $(cat "$err")"
}

# The same as JSON: call SERVICE/METHOD JSON
call() {
    local method=$1 json=$2
    shift 2
    ask "/daybook.v1.$method" -H 'Content-Type: application/json' --data-binary "$json" "$@"
}

answer_is() { [ "$answer" = "$1" ] || die "answered '$answer', expected '$1'"; }
header_has() { grep -qiF -- "$1" "$work/headers" || die "the headers lack: $1"; }
