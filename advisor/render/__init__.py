"""Turn answers into one complete string."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from advisor.model.advice import Answer


class ReportFormat(StrEnum):
    """How a report is written."""

    HTML = "html"
    MARKDOWN = "markdown"
    PROMETHEUS = "prometheus"
    NAGIOS = "nagios"
    OPENVEX = "openvex"


class ReportOptions(NamedTuple):
    """What a report may need beyond the answers.

    Attributes:
        ids: Number of a fix -> its CVE, for the open fixes that no finding names.
    """

    ids: Mapping[int, str] = {}


Renderer = Callable[["Sequence[Answer]", ReportOptions], str]
"""Any number of answers in, one complete text out."""


def _html(answers: Sequence[Answer], options: ReportOptions) -> str:
    from advisor.render.html_report import render_html  # noqa: PLC0415 - a scan needs none of these

    return render_html(answers, options)


def _markdown(answers: Sequence[Answer], options: ReportOptions) -> str:
    from advisor.render.markdown import render_markdown  # noqa: PLC0415

    return render_markdown(answers, options)


def _prometheus(answers: Sequence[Answer], options: ReportOptions) -> str:
    from advisor.render.prometheus import render_prometheus  # noqa: PLC0415

    return render_prometheus(answers, options)


def _nagios(answers: Sequence[Answer], options: ReportOptions) -> str:
    from advisor.render.nagios import render_nagios  # noqa: PLC0415

    return render_nagios(answers, options)


def _openvex(answers: Sequence[Answer], options: ReportOptions) -> str:
    from advisor.render.openvex import render_openvex  # noqa: PLC0415

    return render_openvex(answers, options)


RENDERERS: Mapping[ReportFormat, Renderer] = {
    ReportFormat.HTML: _html,
    ReportFormat.MARKDOWN: _markdown,
    ReportFormat.PROMETHEUS: _prometheus,
    ReportFormat.NAGIOS: _nagios,
    ReportFormat.OPENVEX: _openvex,
}
"""One row a format; each is imported when it is used."""
