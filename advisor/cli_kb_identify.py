"""What `advisor kb identify` answers to one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.probe.identity import identify

_KEYS = ("release", "version", "distro", "version_signature", "package_version")


def identity_document(line: str) -> dict[str, object]:
    """Return whose kernel a line describes, and which upstream version it is built from.

    Args:
        line: A JSON object: ``release`` is what ``uname -r`` prints; ``version`` (``uname -v``),
            ``distro``, ``version_signature`` and ``package_version`` may be there.

    Raises:
        AdvisorError: It is not such an object.
    """
    fields = _fields(line)
    found = identify(
        release=fields["release"],
        version=fields["version"],
        distro=fields["distro"],
        version_signature=fields["version_signature"],
        package_version=fields["package_version"],
    )
    return {
        "release": found.release,
        "upstream": None if found.upstream is None else str(found.upstream),
        "series": None if found.series is None else str(found.series),
        "vendor": found.vendor,
        "backports": found.backports,
        "why": found.why,
    }


def _fields(line: str) -> dict[str, str]:
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _no_object(line) from error
    if not isinstance(value, dict) or "release" not in value:
        raise _no_object(line)
    members = cast("dict[str, object]", value)
    fields = {key: "" if members.get(key) is None else members[key] for key in _KEYS}
    if not all(isinstance(text, str) for text in fields.values()):
        raise _no_object(line)
    return cast("dict[str, str]", fields)


def _no_object(line: str) -> AdvisorError:
    return AdvisorError(
        f"not a line that describes a kernel, {line[:80]!r}",
        hint='give one JSON object a line: {"release": "6.12.94+deb13-amd64", "distro": "debian"}',
        status=ExitStatus.USAGE,
    )


def identity_words(found: Mapping[str, object]) -> list[str]:
    """Return the same in words."""
    upstream = found["upstream"] or "not known"
    backports = ", with later fixes on top" if found["backports"] else ""
    return [f"{found['release']}: {upstream} ({found['vendor']}{backports}): {found['why']}"]
