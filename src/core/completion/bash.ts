/** For bash 3.2 (macOS) and newer: no negative index, no mapfile, and compopt only where it exists. */
export const BASH = `# Completion of pgstep for bash. For all sessions, in ~/.bashrc:  eval "$(pgstep completion bash)"
_pgstep() {
    local rest=\${COMP_LINE:0:COMP_POINT} quotes="[\\"'\\\\\\\\]" last=-1 index gap word text note
    local words=()
    # Bash also splits at = and :. Join the pieces that have no blank between them.
    for ((index = 0; index <= COMP_CWORD; index++)); do
        gap=\${rest%%[![:space:]]*}
        rest=\${rest#"$gap"}
        word=\${COMP_WORDS[index]}
        if ((index == COMP_CWORD)); then word=$rest; fi
        rest=\${rest#"$word"}
        if [[ $last -ge 0 && -z $gap ]]; then
            words[last]+=\${word//$quotes/}
        else
            last=$((last + 1))
            words[last]=\${word//$quotes/}
        fi
    done
    local program=\${words[0]/#\\~/$HOME} current=\${words[last]}
    local value=$current replaced=
    if [[ $current == -*=* ]]; then
        value=\${current#*=}
        # Replace only the text after =, unless = does not split words here.
        if [[ $COMP_WORDBREAKS == *=* ]]; then replaced=\${current%%=*}=; fi
    fi
    COMPREPLY=()
    while IFS=$'\\t' read -r text note; do
        case $text in
            :directory) _pgstep_paths -d "$value" ;;
            :file) _pgstep_paths -f "$value" ;;
            :program) _pgstep_paths -c "$value" ;;
            ?*) COMPREPLY+=("\${text#"$replaced"}") ;;
        esac
    done < <("$program" __complete "+$current" "\${words[@]:1:last-1}" 2>/dev/null)
}
_pgstep_paths() {
    local path
    while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$2")
    compopt -o filenames 2>/dev/null
}
complete -F _pgstep pgstep
`;
