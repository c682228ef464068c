"""Every command line that a page shows is one that the program takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from advisor import cli
from advisor.cli_tree import Command, Option, tree
from tests.docs.pages import PAGES, ROOT, Code, codes, name_of

_PROGRAM = re.compile(
    r"(?:^|[\s;&|(\"'`])(?:(?:\.venv|~/\.local)/bin/|/usr/bin/)?(?:python3 (?:-m )?)?"
    r"(?:advisor(?:\.pyz)?)(?= |$)"
)
# Options that typer brings.
_TYPERS = ["--install-completion"]
_ENDS = {"|", "||", "&&", ";", ">", ">>", "<", "2>", "#", "&", "2>&1"}
# Sentences and settings in which the program's name is not the start of a command line.
_PROSE = ("advisor: ", "advisor is", "import advisor", "package advisor")


@cache
def program() -> Command:
    return tree(cli.build())


def lines(code: Code) -> Iterator[list[str]]:
    """Yield the words after the program's name, for each call of it that a piece of code shows."""
    text = code.text.replace("\\\n", " ")
    for line in text.splitlines():
        if code.language == "console" and not line.startswith("$ "):
            continue  # what a command printed
        for call in _PROGRAM.finditer(line):
            rest = line[call.end() :]
            if line[call.start() :].lstrip(" \"'`;&|(").startswith(_PROSE) or rest[:1] not in {
                "",
                " ",
            }:
                continue
            yield words(rest, inside=line[: call.start() + 1][-1:])


def words(rest: str, *, inside: str) -> list[str]:
    """Return a call's own words: up to a pipe, the end of the quotes it stands in, or a comment."""
    if inside in {'"', "'", "`"}:
        rest = rest.partition(inside)[0]
    lexer = shlex.shlex(re.sub(r"[\[\](){}]", " ", rest), posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    found: list[str] = []
    try:
        for word in lexer:
            if word in _ENDS or set(word) <= set("|&;<>"):
                break
            found.append(word)
    except ValueError:  # an apostrophe in a sentence
        pass
    return found


def faults(call: list[str], *, in_passing: bool = False) -> Iterator[str]:
    """Yield what is wrong with a call; one named in passing may leave an option's value out."""
    command = program()
    rest = [] if call == _TYPERS else list(call)
    while rest and not rest[0].startswith("-") and command.children:
        below = {child.path[-1]: child for child in command.children}
        if rest[0] == "COMMAND":
            return
        if rest[0] not in below:
            yield f"no command {rest[0]}"
            return
        command = below[rest.pop(0)]
    yield from wrong_words(command, rest, in_passing=in_passing)


def wrong_words(command: Command, rest: list[str], *, in_passing: bool) -> Iterator[str]:
    """Yield what is wrong with the words after a command."""
    flags = {flag: option for option in command.options for flag in option.flags}
    arguments = 0
    while rest:
        word, given, value = rest.pop(0).partition("=")
        if not word.startswith("-") or word == "-":
            arguments += word not in {"...", "OPTIONS"}
        elif word not in flags:
            yield f"no option {word} of advisor {' '.join(command.path)}"
        elif flags[word].kind != "flag":
            value = value if given else rest.pop(0) if rest else ""
            if value or not in_passing:
                yield from wrong_value(flags[word], value)
    most = None if any(one.many for one in command.arguments) else len(command.arguments)
    if most is not None and arguments > most:
        yield f"too many arguments for advisor {' '.join(command.path)}"


def wrong_value(option: Option, value: str) -> Iterator[str]:
    if not value:
        yield f"{option.flags[-1]} takes a value"
    elif option.choices and value.isalpha() and value.islower():
        for word in value.split("|"):
            if word not in option.choices:
                yield f"{option.flags[-1]} is never {word}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_on_a_page_are_taken_by_the_program(page: Path) -> None:
    for code in codes(page):
        for call in lines(code):
            wrong = list(faults(call, in_passing=code.language == "inline"))
            assert not wrong, f"advisor {' '.join(call)}"


def test_examples_of_the_manual_are_taken_by_the_program() -> None:
    manual = (ROOT / "docs/man/advisor.1").read_text(encoding="utf-8").replace("\\-", "-")
    examples = re.findall(r"(?m)^\.B advisor ([^@\n]+)$", manual.partition(".SH EXAMPLES")[2])
    assert len(examples) > 4
    for example in examples:
        assert not list(faults(example.split())), example


def test_most_pages_are_read_for_commands() -> None:
    calls = [call for page in PAGES for code in codes(page) for call in lines(code)]
    assert len(calls) > 90
    assert {call[0] for call in calls if call} >= {child.path[0] for child in program().children}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        pytest.param("advisor scan --frm x.tar.gz", "no option --frm", id="an-option"),
        pytest.param("sudo advisor scna", "no command scna", id="a-command"),
        pytest.param("advisor scan --fail-on always | cat", "never always", id="a-word"),
        pytest.param("ssh nas 'advisor kb afected 6.1'", "no command afected", id="in-quotes"),
        pytest.param("advisor diff a.json b.json c.json", "too many", id="an-argument-too-many"),
    ],
)
def test_slip_on_a_page_is_seen(line: str, wrong: str) -> None:
    (call,) = lines(Code(PAGES[0], "", line))
    assert wrong in " ".join(faults(call))
