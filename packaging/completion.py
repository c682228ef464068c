"""Completion for bash, zsh and fish, made from the commands and options that there are.

typer can complete too, by starting the program at every TAB: 80 to 150 ms. These files know the
commands by themselves and answer at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from advisor.cli_tree import Argument, Command, Option

Value = Option | Argument


def kind_of(value: Value) -> str:
    """Return what completes a value: ``choice``, ``file``, ``host`` or ``""`` for nothing."""
    if isinstance(value, Option) and value.choices:
        return "choice"
    if value.kind == "path" or value.metavar in {"FILE", "DIR", "FOLDER"}:
        return "file"
    return "host" if "MACHINE" in value.metavar or "HOST" in value.metavar else ""


def words(command: Command) -> str:
    """Return what calls a command, with a blank before each word; ``""`` for the program."""
    return "".join(f" {word}" for word in command.path)


def flags(command: Command) -> list[str]:
    """Return all names of a command's options."""
    return [flag for option in command.options for flag in option.flags]


# bash


def bash(program: Command) -> str:
    """Return the script for bash-completion; it also works where only bash is."""
    commands = list(program.walk())
    called = "|".join(f"'{words(one).strip()}'" for one in commands if one.path)
    return f"""\
# bash completion for advisor. Made by packaging/completion.py.
_advisor() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} at='' i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${{at:+$at }}${{COMP_WORDS[i]}}" in
            {called}) at+="${{at:+ }}${{COMP_WORDS[i]}}" ;;
        esac
    done
    # bash takes --format=json for three words.
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $prev == '=' ]]; then
        prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    case "$at:$prev" in
{"".join(_bash_values(one) for one in commands)}    esac
    case "$at" in
{"".join(_bash_words(one) for one in commands)}    esac
}}
complete -F _advisor advisor
"""


_BASH = {
    "file": 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur")',
    "host": 'mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")',
    "": ":",
}


def _bash_offer(offered: list[str]) -> str:
    return f"mapfile -t COMPREPLY < <(compgen -W '{' '.join(offered)}' -- \"$cur\")"


def _bash_values(command: Command) -> str:
    lines: list[str] = []
    for option in command.options:
        if option.kind != "flag":
            at = "|".join(f"'{words(command).strip()}:{flag}'" for flag in option.flags)
            kind = kind_of(option)
            does = _bash_offer(list(option.choices)) if kind == "choice" else _BASH[kind]
            lines.append(f"        {at}) {does}; return ;;\n")
    return "".join(lines)


def _bash_words(command: Command) -> str:
    offered = [child.path[-1] for child in command.children]
    offered += flags(command)
    does = _bash_offer(offered)
    if any(kind_of(argument) == "file" for argument in command.arguments):
        does = f"[[ $cur == -* ]] && {does} || {{ {_BASH['file']}; }}"
    return f"        '{words(command).strip()}') {does} ;;\n"


# zsh


def zsh(program: Command) -> str:
    """Return the function ``_advisor`` for zsh's completion system."""
    functions = "\n".join(_zsh_function(one) for one in program.walk())
    return f"""\
#compdef advisor
# Made by packaging/completion.py.
{functions}
if [[ $funcstack[1] == _advisor ]]; then
    _advisor "$@"
else
    compdef _advisor advisor
fi
"""


def _zsh_name(command: Command) -> str:
    return "_".join(("_advisor", *command.path)).replace("-", "_")


def _zsh_quoted(text: str) -> str:
    """Return text for a specification in single quotes: brackets and colons mean something there."""
    for mark in "\\[]:":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("'", "'\\''")


def _zsh_function(command: Command) -> str:
    specs = [spec for option in command.options for spec in _zsh_specs(option)]
    if not command.children:
        specs += [
            f"'{'*' if argument.many else ''}:{argument.metavar.lower()}:{_ZSH[kind_of(argument)]}'"
            for argument in command.arguments
        ]
        body = " \\\n        ".join(specs)
        return f"{_zsh_name(command)}() {{\n    _arguments \\\n        {body}\n}}\n"
    body = " \\\n        ".join([*specs, "'1: :->command'", "'*:: :->rest'"])
    offered = "\n".join(
        f"                '{child.path[-1]}:{_zsh_quoted(child.summary)}'"
        for child in command.children
    )
    called = "\n".join(
        f"                {child.path[-1]}) {_zsh_name(child)} ;;" for child in command.children
    )
    return f"""\
{_zsh_name(command)}() {{
    local curcontext="$curcontext" state line
    typeset -A opt_args
    _arguments -C \\
        {body}
    case $state in
        command)
            local -a offered=(
{offered}
            )
            _describe command offered
            ;;
        rest)
            case $line[1] in
{called}
            esac
            ;;
    esac
}}
"""


_ZSH = {"file": "_files", "host": "_hosts", "": " "}


def _zsh_specs(option: Option) -> list[str]:
    told = f"[{_zsh_quoted(option.help)}]"
    others = "*" if option.many else f"({' '.join(option.flags)})"
    if option.kind == "flag":
        return [f"'{others}{flag}{told}'" for flag in option.flags]
    kind = kind_of(option)
    does = f"({' '.join(option.choices)})" if kind == "choice" else _ZSH[kind]
    value = f":{_zsh_quoted(option.metavar.lower())}:{does}"
    return [
        f"'{others}{flag}{'=' if flag.startswith('--') else ''}{told}{value}'"
        for flag in option.flags
    ]


# fish


def fish(program: Command) -> str:
    """Return the script for fish."""
    commands = list(program.walk())
    called = " ".join(f"'{words(one).strip()}'" for one in commands if one.path)
    lines = "".join(line for one in commands for line in _fish_lines(one))
    return f"""\
# fish completion for advisor. Made by packaging/completion.py.
function __advisor_at
    set -l at
    for word in (commandline -opc)[2..-1]
        if contains -- (string join ' ' $at $word) {called}
            set at $at $word
        end
    end
    test "$at" = "$argv"
end

complete -c advisor -f
{lines}"""


def _fish_quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


_FISH = {"file": "-r -F", "host": "-x -a '(__fish_print_hostnames)'", "": "-x"}


def _fish_lines(command: Command) -> list[str]:
    at = f"complete -c advisor -n '__advisor_at{words(command)}'"
    lines = [
        f"{at} -a {child.path[-1]} -d '{_fish_quoted(child.summary)}'\n"
        for child in command.children
    ]
    for option in command.options:
        names = "".join(
            f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}"
            for flag in option.flags
        )
        kind = kind_of(option)
        takes = f" {_FISH.get(kind, '')}" if option.kind != "flag" else ""
        if kind == "choice":
            takes = f" -x -a '{' '.join(option.choices)}'"
        lines.append(f"{at}{names}{takes} -d '{_fish_quoted(option.help)}'\n")
    if any(kind_of(argument) == "file" for argument in command.arguments):
        lines.append(f"{at} -F\n")
    return lines


SHELLS: Mapping[str, tuple[str, Callable[[Command], str]]] = {
    "bash": ("bash-completion/completions/advisor", bash),
    "zsh": ("zsh/vendor-completions/_advisor", zsh),
    "fish": ("fish/vendor_completions.d/advisor.fish", fish),
}
"""Shell -> where under ``/usr/share`` its file belongs, and what makes it."""
