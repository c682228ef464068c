"""One fix or one device, told so that a doubter can check every step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.errors import AdvisorError, ExitStatus
from advisor.model.advice import Answer
from advisor.model.elsewhere import InKernel
from advisor.model.finding import Finding
from advisor.model.inventory import Device
from advisor.render.text import Options, Style, clean, fold


class Explanation:
    """Writes the lines of one explanation.

    Args:
        answer: The scan it is about.
        options: Width and colour.
    """

    def __init__(self, answer: Answer, options: Options) -> None:
        self._answer = answer
        self._style = Style(options.colour)
        self._width = max(40, min(options.width, 110))

    def device(self, device: Device) -> Iterator[str]:
        """Yield what a device is, how that is known, and every fix that reaches it."""
        yield self._style.strong(f"{clean(device.name)} ({device.kind})")
        rows = (
            ("id", device.id),
            ("modalias", device.modalias),
            ("driver", device.driver or "none bound"),
            ("modules", ", ".join(device.modules)),
            ("could bind", ", ".join(device.could_bind)),
            ("interfaces", ", ".join(interface.name for interface in device.interfaces)),
            ("how sure", device.confidence),
            ("read from", device.source),
        )
        for name, value in rows:
            if value:
                yield from self._row(name, value)
        findings = [
            found
            for found in (*self._answer.regressions, *self._answer.assessment.findings)
            if device.id in found.reached.devices
        ]
        yield ""
        yield self._style.strong(
            f"{len(findings)} open here through this device"
            if findings
            else "Nothing known is open here through this device"
        )
        for found in findings:
            yield from fold(
                f"{found.id} {found.severity} {clean(found.title)}", self._width, "    ", "  "
            )

    def finding(self, finding: Finding, elsewhere: Iterable[InKernel] = ()) -> Iterator[str]:
        """Yield a fix, whether this kernel has it, whether its code runs here, and the proof."""
        yield self._style.strong(f"{finding.id}: {clean(finding.title)}")
        if finding.summary:
            yield from fold(clean(finding.summary), self._width)
        estimated = " (estimated from its class)" if finding.estimated else ""
        score = f"{finding.severity}, {finding.score / 10}{estimated}"
        rows = (
            ("status", f"{finding.status}: {finding.evidence}"),
            ("reach", f"{finding.reached.reach}: {finding.reached.how}"),
            ("devices", ", ".join(finding.reached.devices)),
            ("features", ", ".join(finding.reached.features)),
            ("class", finding.bug),
            ("shown by", finding.proof),
            ("severity", score),
            ("CVSS", finding.cvss),
            ("exploited", finding.exploited and f"listed since {finding.exploited}"),
            ("files", ", ".join(finding.files)),
            ("came in", ", ".join(finding.introduced_in) or "not on record"),
            ("mended in", ", ".join(_fixed(finding)) or "nowhere yet"),
            *(("with", f"{one.release}: {one.status}: {one.evidence}") for one in elsewhere),
            ("repairs", ", ".join(finding.repairs)),
            ("told by", ", ".join(finding.curated)),
            ("meanwhile", finding.workaround),
            ("more", ", ".join(finding.urls)),
        )
        for name, value in rows:
            if value:
                yield from self._row(name, value)

    def _row(self, name: str, value: str) -> Iterator[str]:
        lines = fold(clean(value), self._width, " " * 14, f"  {name:<11} ")
        yield self._style.quiet(lines[0][:14]) + lines[0][14:]
        yield from lines[1:]


def render_explanation(
    answer: Answer,
    explained: Finding | Device,
    options: Options,
    elsewhere: Iterable[InKernel] = (),
) -> str:
    """Return everything known about one fix or device on this machine.

    Args:
        answer: The scan it is about.
        explained: The fix or the device.
        options: Width and colour.
        elsewhere: Whether the other kernels that this machine could run have the fix.
    """
    writer = Explanation(answer, options)
    if isinstance(explained, Device):
        return "\n".join(writer.device(explained)) + "\n"
    return "\n".join(writer.finding(explained, elsewhere)) + "\n"


def find_device(answer: Answer, name: str) -> Device | None:
    """Return the device of an id, an address or an interface's name; None where there is none."""
    for device in answer.inventory.devices:
        names = (device.id, device.address, *(interface.name for interface in device.interfaces))
        if name in names:
            return device
    return None


def nothing_called(name: str) -> AdvisorError:
    """Return the error for a name that is neither a fix nor a device here."""
    return AdvisorError(
        f"nothing is known under this name, {name}",
        hint="a CVE (CVE-2026-46306), an id from `advisor scan --all`, or an interface (eth0)",
        status=ExitStatus.USAGE,
    )


def _fixed(finding: Finding) -> list[str]:
    return [
        f"{version} ({finding.commits[version]})" if version in finding.commits else version
        for version in finding.fixed_in
    ]
