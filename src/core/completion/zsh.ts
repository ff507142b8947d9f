export const ZSH = `#compdef pgstep
# Completion of pgstep for zsh. For all sessions, in ~/.zshrc after compinit:  eval "$(pgstep completion zsh)"
_pgstep() {
    local line text wanted program
    local -a before described
    program=\${(Q)words[1]}
    if ((CURRENT > 2)); then before=("\${(@Q)words[2,CURRENT-1]}"); fi
    for line in "\${(@f)$("\${program/#\\~/$HOME}" __complete "+\${(Q)PREFIX}" "\${before[@]}" 2>/dev/null)}"; do
        case $line in
            :*) wanted=$line ;;
            ?*)
                text=\${line%%$'\\t'*}
                described+=("\${text//:/\\\\:}:\${line#*$'\\t'}")
                ;;
        esac
    done
    if ((\${#described})); then _describe -V pgstep described; fi
    if [[ -z $wanted ]]; then return; fi
    compset -P '-*='
    case $wanted in
        :directory) _files -/ ;;
        :file) _files ;;
        :program) _command_names -e ;;
    esac
}
# When zsh autoloads this file from fpath, the file is the body of the function.
if [[ $funcstack[1] == _pgstep ]]; then _pgstep "$@"; else compdef _pgstep pgstep; fi
`;
