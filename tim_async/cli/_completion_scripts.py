"""The scripts with which each shell completes `tim-async`, and how to install them."""

from __future__ import annotations

from typing import Final

VARIABLE: Final = "_TIM_ASYNC_COMPLETE"
LINE_VARIABLE: Final = "_TIM_ASYNC_COMPLETE_LINE"
# Words with these endings continue: no space follows them.
_BASH: Final = """\
_tim_async() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(_TIM_ASYNC_COMPLETE=bash _TIM_ASYNC_COMPLETE_LINE="${COMP_LINE:0:COMP_POINT}" "$1" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _tim_async tim-async
"""
_ZSH: Final = """\
#compdef tim-async
_tim_async() {
    local line value about
    local -a lines whole whole_shown open open_shown
    lines=("${(@f)$(_TIM_ASYNC_COMPLETE=zsh "${words[1]}" "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    for line in "${(@)lines}"; do
        [[ -n $line ]] || continue
        value=${line%%$'\\t'*}
        about=$value
        [[ $line == *$'\\t'* ]] && about="${(r:28:)value}  ${line#*$'\\t'}"
        if [[ $value == *= ]]; then
            open+=("$value")
            open_shown+=("$about")
        else
            whole+=("$value")
            whole_shown+=("$about")
        fi
    done
    if (( ${#whole} + ${#open} == 0 )); then
        _files
        return
    fi
    (( ${#whole} )) && compadd -l -d whole_shown -a whole
    (( ${#open} )) && compadd -S '' -d open_shown -a open
    return 0
}
if [[ ${funcstack[1]} == _tim-async ]]; then
    _tim_async "$@"
else
    compdef _tim_async tim-async
fi
"""
_FISH: Final = """\
function __tim_async_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l found (env _TIM_ASYNC_COMPLETE=fish $before "$word" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$word"
    end
end
complete -c tim-async -f -a '(__tim_async_complete)'
"""
_POWERSHELL: Final = """\
Register-ArgumentCompleter -Native -CommandName tim-async -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $length = $cursorPosition - $commandAst.Extent.StartOffset
    $line = $commandAst.ToString().PadRight($length).Substring(0, $length)
    $env:_TIM_ASYNC_COMPLETE = 'powershell'
    $env:_TIM_ASYNC_COMPLETE_LINE = $line
    try {
        & $commandAst.CommandElements[0].ToString() 2>$null | ForEach-Object {
            $word, $about = $_ -split "`t", 2
            if (-not $about) { $about = $word }
            [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
        }
    } finally {
        Remove-Item Env:_TIM_ASYNC_COMPLETE, Env:_TIM_ASYNC_COMPLETE_LINE -ErrorAction SilentlyContinue
    }
}
"""
SCRIPTS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "powershell": _POWERSHELL}
SHELLS: Final = tuple(SCRIPTS)
