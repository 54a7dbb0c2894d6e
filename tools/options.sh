# How scripts check their options, before they do anything. Sourced at the root of the repository; $script names the one
# that sources it.

# The comment that begins the script is its help.
say_usage() {
    sed -n '2,/^[^#]/s/^#\( \|$\)//p' "$script"
}

refuse() {
    echo "$script: $*; see $script --help" >&2
    exit 2
}

# need KIND OPTION [VALUE]: KIND is "number", "file", or words with bars between them.
need() {
    local value=${3:-}
    case $1 in
    number) [[ $value =~ ^[1-9][0-9]{0,17}$ ]] || refuse "$2 takes a number from 1" ;;
    file) [ -n "$value" ] || refuse "$2 takes a file" ;;
    *) [[ $value =~ ^($1)$ ]] || refuse "$2 takes one of ${1//|/, }" ;;
    esac
}

# need_some WORDS OPTION [VALUE]: some of the words, with commas between them.
need_some() {
    [[ ${3:-} =~ ^($1)(,($1))*$ ]] || refuse "$2 takes some of ${1//|/,}"
}

# A path as the caller means it: the script has gone to the root by one `cd`.
of_caller() {
    case $1 in
    /*) echo "$1" ;;
    *) echo "$OLDPWD/$1" ;;
    esac
}
