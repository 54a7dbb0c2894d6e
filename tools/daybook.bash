# Completion for bash: what the program itself would take (tools/complete.h). Installed where bash-completion looks; in
# a build tree: source tools/daybook.bash
_daybook() {
    local line words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    # bash cuts words at "=", the program does not.
    local joined=() word glue=no
    for word in "${words[@]}"; do
        if [ ${#joined[@]} -gt 0 ] && { [ "$word" = '=' ] || [ $glue = yes ]; }; then
            joined[-1]+=$word
        else
            joined+=("$word")
        fi
        glue=no
        [ "$word" = '=' ] && glue=yes
    done
    COMPREPLY=()
    while IFS= read -r line; do
        if [ "$line" = / ]; then
            compopt -o default
            return
        fi
        case ${COMP_WORDS[COMP_CWORD]} in
        --*) COMPREPLY+=("$line") ;;
        *) COMPREPLY+=("${line#--*=}") ;;
        esac
    done < <("${COMP_WORDS[0]}" --complete "${joined[@]}" 2>/dev/null)
}
complete -F _daybook daybook
