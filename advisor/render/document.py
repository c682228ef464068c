"""The answer as a JSON document: ``advisor.scan/1``, described in ``docs/scan.schema.json``."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.model.advice import Answer, Candidate, Lost, Step
from advisor.model.finding import REACH_ORDER, Finding, Reach, Tally
from advisor.model.inventory import Device, Interface, Inventory

SCHEMA = "advisor.scan/1"

Document = dict[str, object]


def scan_document(answer: Answer) -> Document:
    """Return the whole answer in JSON types. Field names are stable: adding is free."""
    inventory = answer.inventory
    return {
        "schema": SCHEMA,
        "generated": answer.generated,
        "advisor": answer.advisor,
        "knowledge": _knowledge(answer),
        "host": _host(inventory),
        "kernel": _kernel(answer),
        "devices": _devices(answer),
        "features": [
            {
                "id": f.id,
                "name": f.name,
                "modules": list(f.modules),
                "evidence": f.evidence,
                "state": f.state,
            }
            for f in inventory.features
        ],
        "findings": [finding_document(finding) for finding in answer.assessment.findings],
        "regressions": [finding_document(finding) for finding in answer.regressions],
        "summary": _summary(answer),
        "candidates": [_candidate(candidate) for candidate in answer.candidates],
        "preflight": [
            {"id": c.id, "status": str(c.status), "message": c.message, "reading": c.reading}
            for c in answer.preflight
        ],
        "advice": _advice(answer),
        "unknowns": [
            {"what": unknown.what, "why": unknown.why, "source": unknown.source}
            for unknown in answer.unknowns
        ],
    }


def finding_document(finding: Finding) -> Document:
    """Return one finding in JSON types."""
    reached = finding.reached
    return {
        "id": finding.id,
        "kind": finding.kind,
        "title": finding.title,
        "status": str(finding.status),
        "evidence": finding.evidence,
        "reach": str(reached.reach),
        "reading": reached.how,
        "modules": list(reached.modules),
        "devices": list(reached.devices),
        "features": list(reached.features),
        "class": finding.bug,
        "proof": finding.proof,
        "cvss": finding.cvss or None,
        "score": finding.score / 10,
        "severity": str(finding.severity),
        "severity_source": "estimated" if finding.estimated else "cvss",
        "exploited_since": finding.exploited or None,
        "curated": list(finding.curated),
        "summary": finding.summary or None,
        "workaround": finding.workaround or None,
        "introduced_in": list(finding.introduced_in),
        "fixed_in": list(finding.fixed_in),
        "commits": dict(finding.commits),
        "repairs": list(finding.repairs),
        "files": list(finding.files),
        "urls": list(finding.urls),
    }


def _knowledge(answer: Answer) -> Document:
    facts = answer.knowledge
    return {
        "snapshot": facts.snapshot,
        "age_days": facts.age_days,
        "records": facts.records,
        "curated": facts.curated,
        "sources": dict(facts.sources),
        "serial": facts.serial or None,
    }


def _host(inventory: Inventory) -> Document:
    host = inventory.host
    return {
        "name": host.name,
        "machine": inventory.kernel.machine,
        "distro": {
            "id": host.distro.id,
            "version": host.distro.version,
            "codename": host.distro.codename,
            "name": host.distro.name,
        },
        "arch": inventory.kernel.machine,
        "virtualization": host.virtualization or None,
        "container": host.container or None,
        "capture": inventory.capture or None,
    }


def _kernel(answer: Answer) -> Document:
    kernel, log = answer.inventory.kernel, answer.inventory.log
    loaded = answer.inventory.modules.loaded
    identity = kernel.identity
    return {
        "release": identity.release,
        "version": kernel.build,
        "upstream": str(identity.upstream) if identity.upstream else None,
        "upstream_source": identity.source,
        "upstream_why": identity.why,
        "series": str(identity.series) if identity.series else None,
        "series_eol": answer.series_eol or None,
        "vendor": identity.vendor,
        "flavour": identity.flavour,
        "package_version": identity.package_version or None,
        "backports": identity.backports,
        "config_source": kernel.config_source or None,
        "tainted": list(kernel.tainted),
        "out_of_tree": dict(kernel.out_of_tree),
        "loaded": None if loaded is None else sorted(loaded),
        "livepatches": list(kernel.livepatches),
        "lockdown": kernel.lockdown or None,
        "secure_boot": kernel.secure_boot or None,
        "uptime_s": kernel.uptime_s,
        "log_errors": None if log is None else list(log.errors),
        "log_source": None if log is None else log.source,
    }


def _devices(answer: Answer) -> list[Document]:
    near: dict[str, dict[Reach, int]] = {}
    for finding in answer.assessment.findings:
        for device in finding.reached.devices:
            counts = near.setdefault(device, {})
            counts[finding.reached.reach] = counts.get(finding.reached.reach, 0) + 1
    return [_device(device, near.get(device.id, {})) for device in answer.inventory.devices]


def _device(device: Device, near: Mapping[Reach, int]) -> Document:
    return {
        "id": device.id,
        "kind": str(device.kind),
        "bus": device.bus,
        "name": device.name,
        "vendor_id": device.vendor_id or None,
        "device_id": device.device_id or None,
        "subsystem_vendor_id": device.subsystem_vendor_id or None,
        "subsystem_device_id": device.subsystem_device_id or None,
        "modalias": device.modalias or None,
        "driver": device.driver or None,
        "module": device.module or None,
        "modules": list(device.modules),
        "could_bind": list(device.could_bind),
        "interface": device.interfaces[0].name if device.interfaces else None,
        "interfaces": [_interface(interface) for interface in device.interfaces],
        "address": device.address or None,
        "parent": device.parent or None,
        "transport": device.transport or None,
        "default_route": any(interface.default_route for interface in device.interfaces),
        "ssh_session": any(interface.ssh_session for interface in device.interfaces),
        "confidence": device.confidence,
        "source": device.source,
        "findings": {str(reach): near.get(reach, 0) for reach in REACH_ORDER[:3]},
    }


def _interface(interface: Interface) -> Document:
    return {
        "name": interface.name,
        "type": interface.type,
        "link": interface.link or None,
        "speed_mbps": interface.speed_mbps or None,
        "default_route": interface.default_route,
        "ssh_session": interface.ssh_session,
        "lower": list(interface.lower),
    }


def _summary(answer: Answer) -> Document:
    assessment = answer.assessment
    judged = assessment.version is not None
    return {
        "open": assessment.tally.total if judged else None,
        "reaching": assessment.tally.reaching if judged else None,
        "unlocated": assessment.tally.unlocated if judged else None,
        "certain": assessment.certain if judged else False,
        "by_reach": _by_reach(assessment.tally),
        "by_severity": _by_severity(assessment.tally),
        "evidence": assessment.evidence,
        "horizon": str(assessment.horizon) if assessment.horizon else None,
    }


def tally_document(tally: Tally | None) -> Document | None:
    """Return counts in JSON types, None where nothing was counted."""
    if tally is None:
        return None
    return {
        "total": tally.total,
        "reaching": tally.reaching,
        "by_reach": _by_reach(tally),
        "by_severity": _by_severity(tally),
    }


def _by_reach(tally: Tally) -> Document:
    return {str(reach): tally.by_reach.get(reach, 0) for reach in REACH_ORDER}


def _by_severity(tally: Tally) -> Document:
    return {str(severity): count for severity, count in tally.by_severity.items()}


def _candidate(candidate: Candidate) -> Document:
    return {
        "release": candidate.release,
        "package": candidate.package or None,
        "package_version": candidate.package_version or None,
        "upstream": str(candidate.upstream) if candidate.upstream else None,
        "source": str(candidate.state),
        "state": str(candidate.state),
        "reading": candidate.source,
        "suite": candidate.suite or None,
        "judged": candidate.judged,
        "why_not": candidate.why_not or None,
        "closes": tally_document(candidate.closes),
        "opens": tally_document(candidate.opens),
        "remaining": tally_document(candidate.remaining),
        "horizon": str(candidate.horizon) if candidate.horizon else None,
        "doubt": candidate.doubt or None,
        "series_eol": candidate.eol or None,
        "lost_devices": [_lost(lost) for lost in candidate.lost],
        "regressions": [finding_document(finding) for finding in candidate.regressions],
        "cures": [finding.id for finding in candidate.cures],
        "blockers": list(candidate.blockers),
    }


def _lost(lost: Lost) -> Document:
    return {
        "id": lost.id,
        "what": lost.what,
        "module": lost.module,
        "how": lost.how,
        "certain": lost.certain,
        "advice": lost.advice or None,
    }


def _step(step: Step) -> Document:
    return {"text": step.text, "command": step.command or None, "role": step.role or None}


def _advice(answer: Answer) -> Document:
    decision = answer.decision
    return {
        "action": str(decision.action),
        "urgency": str(decision.urgency),
        "target": decision.target or None,
        "headline": decision.headline,
        "reasons": list(decision.reasons),
        "risks": list(decision.risks),
        "steps": [_step(step) for step in decision.steps],
        "mitigations": [_step(step) for step in decision.mitigations],
        "rule": decision.rule,
    }
