"""From a System to an Inventory: what this machine is."""

from __future__ import annotations

from advisor.model.inventory import Inventory
from advisor.probe.aliases import alias_table
from advisor.probe.autoload import probe_autoload
from advisor.probe.devices import probe_devices
from advisor.probe.distro import probe_host
from advisor.probe.features import probe_features
from advisor.probe.hardware import probe_hardware
from advisor.probe.kernel import machine_of, probe_kernel, running_release
from advisor.probe.kernels import other_kernels
from advisor.probe.log import probe_log
from advisor.probe.looked_for import features_read
from advisor.probe.modules import probe_files, probe_modules
from advisor.probe.packages import probe_packages
from advisor.probe.readings import Readings
from advisor.probe.storage import probe_mounts, probe_spaces
from advisor.system.machine import System


def probe(system: System, *, now: int, log: bool = False) -> Inventory:
    """Return what a machine is.

    Args:
        system: This machine or a capture.
        now: Seconds since 1970: what the age of package lists is counted to.
        log: Whether to read the errors in the kernel's log, too.
    """
    readings = Readings(system, now=now)
    release = running_release(readings)
    host = probe_host(readings)
    packages = probe_packages(readings, host, release, machine_of(readings))
    version = next((k.package_version for k in packages.installed if k.release == release), "")
    kernel = probe_kernel(readings, host.distro, version)
    files = probe_files(readings, release)
    modules = probe_modules(readings, release, kernel.config, files)
    table = alias_table(
        system.read(f"/lib/modules/{release}/modules.alias"),
        system.read(f"/lib/modules/{release}/modules.builtin.modinfo") or "",
    )
    mounts = probe_mounts(readings)
    autoload = probe_autoload(readings, release, table, kernel.config, mounts)
    devices = probe_devices(readings, modules, files, table)
    features = probe_features(
        readings,
        host=host,
        devices=devices,
        mounts=mounts,
        autoload=autoload,
        config=kernel.config,
    )
    return Inventory(
        host=host,
        kernel=kernel,
        modules=modules,
        autoload=autoload,
        devices=devices,
        features=features,
        mounts=mounts,
        spaces=probe_spaces(readings),
        packages=packages,
        capture=system.capture,
        kernel_modules=other_kernels(readings, packages.installed, release, devices),
        features_read=features_read(
            readings, host=host, modules=modules, autoload=autoload, config=kernel.config
        ),
        hardware=probe_hardware(readings),
        log=probe_log(readings) if log else None,
        unknowns=tuple(dict.fromkeys(readings.unknowns)),
    )
