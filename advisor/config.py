"""Defaults of options from ``config.toml``: the system's, then the user's.

A scan without such a file pays for two look-ups that find nothing. With one, every key is held
against the options that the commands really have, so that a slip of the pen is told and not lost.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from advisor.errors import AdvisorError, ExitStatus

if TYPE_CHECKING:
    import typer

    from advisor.cli_tree import Command, Option

SYSTEM_FILE = Path("/etc/advisor/config.toml")
_MOST_BYTES = 65536
# An option that a variable of the environment may decide: a file stands behind both.
_VARIABLES = {"database": "ADVISOR_DATABASE"}

_Defaults = dict[tuple[str, ...], dict[str, object]]


def config_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that hold defaults here, the one that counts more last.

    ``ADVISOR_CONFIG`` names the only file to read, which then has to exist; empty, none is read. A
    folder that this user may not look into holds none.
    """
    only = environ.get("ADVISOR_CONFIG")
    if only is not None:
        return (Path(only),) if only else ()
    base = environ.get("XDG_CONFIG_HOME", "")
    home = environ.get("HOME", "")
    places = [str(SYSTEM_FILE)]
    if base.startswith("/"):
        places.append(f"{base}/advisor/config.toml")
    elif home.startswith("/"):
        places.append(f"{home}/.config/advisor/config.toml")
    return tuple(Path(place) for place in places if os.path.exists(place))  # noqa: PTH110 - never raises


def default_map(environ: Mapping[str, str], app: typer.Typer) -> dict[str, object]:
    """Return the defaults that click's ``default_map`` takes: empty where no file stands.

    Args:
        environ: The environment.
        app: The command line that will run; it may hold only the command that was asked for. The
            files are held against all commands there are.

    Raises:
        AdvisorError: A file cannot be read, or says what no option takes; all faults are told.
    """
    if "_ADVISOR_COMPLETE" in environ:
        return {}
    found: _Defaults = {}
    for path in config_files(environ):
        content = read_config(path)
        if content:
            _check(path, content, environ, found)
    if not found:
        return {}
    from advisor.cli_tree import tree  # noqa: PLC0415 - only those pay who have such a file

    running = {command.path for command in tree(app).walk()}
    return _nested({path: values for path, values in found.items() if path in running})


def read_config(path: Path) -> dict[str, object]:
    """Return what a file says.

    Raises:
        AdvisorError: It cannot be read, or is not TOML.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    try:
        content = os.read(handle, _MOST_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(handle)
    if len(content) > _MOST_BYTES:
        raise _faulty(path, [f"it has more than {_MOST_BYTES} bytes"])
    import tomllib  # noqa: PLC0415 - 17 ms that only those pay who have such a file

    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _faulty(path, [f"it is not TOML: {error}"]) from error


class _Fault(Exception):  # noqa: N818 - a fault of the file's, gathered and told with the others
    pass


class _Place(NamedTuple):
    """What may be set at one place of a file: under ``[kb.affected]``, or for all commands."""

    commands: tuple[Command, ...]
    tables: Mapping[str, Command]
    home: str


def _check(
    path: Path, content: Mapping[str, object], environ: Mapping[str, str], found: _Defaults
) -> None:
    """Put a file's defaults over those that are there; raise all its faults as one error."""
    from advisor.cli import build  # noqa: PLC0415 - it is what calls this, so it is there
    from advisor.cli_tree import tree  # noqa: PLC0415 - only those pay who have such a file

    whole = tree(build())
    place = _Place(
        commands=tuple(whole.walk()),
        tables={child.path[-1]: child for child in whole.children},
        home=environ.get("HOME", ""),
    )
    faults: list[str] = []
    settings = list(_settings(content, place, (), faults))
    if faults:
        raise _faulty(path, faults)
    for command, option, value in settings:
        if _VARIABLES.get(option.key, "") not in environ:
            found.setdefault(command.path, {})[option.name] = value


def _settings(
    content: Mapping[str, object], place: _Place, at: tuple[str, ...], faults: list[str]
) -> Iterator[tuple[Command, Option, object]]:
    """Yield what a table sets: its plain values first, so that the tables in it count more."""
    for key, value in content.items():
        if not isinstance(value, dict):
            try:
                yield from _plain(key, value, place)
            except _Fault as fault:
                faults.append(f"{'.'.join((*at, key))}: {fault}")
    for key, value in content.items():
        if isinstance(value, dict):
            below = place.tables.get(key)
            if below is None:
                known = _nearest(key, place.tables)
                faults.append(f"[{'.'.join((*at, key))}]: there is no such command{known}")
                continue
            inner = _Place(
                commands=tuple(below.walk()),
                tables={child.path[-1]: child for child in below.children},
                home=place.home,
            )
            yield from _settings(cast("dict[str, object]", value), inner, (*at, key), faults)


def _plain(key: str, value: object, place: _Place) -> Iterator[tuple[Command, Option, object]]:
    """Yield one setting for every command that has an option of that name."""
    options = [
        (command, option)
        for command in place.commands
        for option in command.options
        if not option.at_once
    ]
    named = [(command, option) for command, option in options if option.key == key]
    if not named:
        known = _nearest(key, {option.key: None for _, option in options})
        raise _Fault(f"there is no such option{known}")
    for command, option in named:
        try:
            yield command, option, _value(option, value, place.home)
        except _Fault as fault:
            many = f" (of {' '.join(command.path)})" if len(named) > 1 else ""
            raise _Fault(f"{fault}{many}") from None


def _value(option: Option, value: object, home: str) -> object:
    """Return a value as the command line takes it, a fault where it is none of that kind."""
    if not option.many:
        return _CHECKS[option.kind](option, value, home)
    if not isinstance(value, list):
        raise _Fault("it has to be a list")
    return [_CHECKS[option.kind](option, one, home) for one in cast("list[object]", value)]


def _flag(_option: Option, value: object, _home: str) -> object:
    if not isinstance(value, bool):
        raise _Fault("it has to be true or false")
    return value


def _choice(option: Option, value: object, _home: str) -> object:
    if value not in option.choices:
        raise _Fault(f"it has to be one of {', '.join(option.choices)}")
    return value


def _integer(option: Option, value: object, _home: str) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Fault("it has to be a whole number")
    if option.least is not None and value < option.least:
        raise _Fault(f"it has to be at least {option.least}")
    if option.most is not None and value > option.most:
        raise _Fault(f"it has to be at most {option.most}")
    return value


def _text(_option: Option, value: object, _home: str) -> object:
    if not isinstance(value, str) or "\0" in value:
        raise _Fault("it has to be text in quotes")
    return value


def _path(option: Option, value: object, home: str) -> object:
    text = str(_text(option, value, home))
    if text.startswith("~/") and home.startswith("/"):
        text = f"{home.rstrip('/')}/{text[2:]}"
    if not text.startswith("/"):
        raise _Fault("it has to be a whole path, from / or ~/ on")
    return text


_CHECKS: Mapping[str, Callable[[Option, object, str], object]] = {
    "flag": _flag,
    "choice": _choice,
    "integer": _integer,
    "text": _text,
    "path": _path,
}


def _nested(found: _Defaults) -> dict[str, object]:
    """Return defaults as click wants them: a map in a map for each word of a command."""
    whole: dict[str, object] = {}
    for path, values in found.items():
        below = whole
        for word in path:
            below = cast("dict[str, object]", below.setdefault(word, {}))
        below.update(values)
    return whole


def _nearest(key: str, known: Mapping[str, object]) -> str:
    import difflib  # noqa: PLC0415 - only where something is wrong

    near = difflib.get_close_matches(key, known, n=1)
    return f"; is {near[0]} meant?" if near else ""


def _unreadable(path: Path, error: Exception) -> AdvisorError:
    why = str(getattr(error, "strerror", None) or error).lower()
    denied = isinstance(error, PermissionError)
    return AdvisorError(
        f"cannot read the configuration, {path}: {why}",
        hint="mend the file, or run with ADVISOR_CONFIG= to read none",
        status=ExitStatus.PERMISSION if denied else ExitStatus.IO,
    )


def _faulty(path: Path, faults: Sequence[str]) -> AdvisorError:
    return AdvisorError(
        "\n".join(f"the configuration is wrong, {path}: {fault}" for fault in faults),
        hint="docs/configuration.md says what may stand there; ADVISOR_CONFIG= reads none",
        status=ExitStatus.BAD_DATA,
    )
