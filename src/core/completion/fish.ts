export const FISH = `# Completion of pgstep for fish. For all sessions:  pgstep completion fish > ~/.config/fish/completions/pgstep.fish
function __pgstep_complete
    set -l words (commandline -opc)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -l current (commandline -ct)
    set -l prefix (string match -r -- '^-[^=]*=' $current)
    set -l value (string replace -r -- '^-[^=]*=' '' $current)
    for line in ($program __complete "+$current" $words[2..-1] 2>/dev/null)
        switch $line
            case ':directory'
                for path in (__fish_complete_directories $value)
                    echo "$prefix$path"
                end
            case ':file'
                for path in (__fish_complete_path $value)
                    echo "$prefix$path"
                end
            case ':program'
                complete -C "$current"
            case '*'
                echo $line
        end
    end
end
complete -c pgstep -f -k -a '(__pgstep_complete)'
`;
