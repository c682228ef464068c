"""How each vendor numbers its kernels: one row per habit, read in order, first match wins.

The page ``docs/kernel-identity.md`` shows this table; a test holds the two equal.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Number = Literal["release", "patched", "signature", "code", "candidate", "none"]
"""Where a kernel's upstream version stands.

``release``: its release starts with it. ``patched``: the same, unless the third number is 0 or
missing, for then that number is only a name and ``uname -v`` or the package must tell.
``signature``: only ``/proc/version_signature`` tells. ``code``: the six digits after the number
repeat it, with ``rcN`` behind. ``candidate``: as ``release``, with ``0.rcN`` behind.
``none``: nothing readable tells.
"""

Extra = Literal["nothing", "single", "later"]
"""What is in a kernel beyond its number.

``single``: a few fixes, ahead of the next stable release. ``later``: fixes of later releases, put
on top without moving the number, so that the number cannot prove that one is missing.
"""


class Rule(NamedTuple):
    """One vendor's habit.

    Attributes:
        vendor: Who builds such kernels.
        marks: Literals of which one must stand in the release after its number, in lower case;
            empty where ``shape`` alone decides.
        shape: Pattern searched in the release after its number; its group ``f`` is the flavour.
        number: Where the upstream version stands.
        extra: What comes on top of the number.
        why: One sentence for the user; ``{n}`` stands for the number, ``{p}`` for the package.
        example: A real release.
    """

    vendor: str
    marks: tuple[str, ...]
    shape: str
    number: Number
    extra: Extra
    why: str
    example: str


DEBIAN_FLAVOUR: Final = (
    r"(?P<f>(?:cloud-|rt-)?(?:amd64|arm64|686|686-pae|i386|armmp|armmp-lpae|armel|marvell|rpi"
    r"|riscv64|s390x|loong64|powerpc\w*|ppc64\w*|mips\w*|[45]kc-malta|loongson-3|octeon|sparc64"
    r"|sparc64-smp|alpha\w*|hppa|parisc\w*|ia64|itanium|mckinley|m68k|kirkwood|orion5x|versatile"
    r"|ixp4xx|iop32x|486|k7|xen-amd64|xen-686)(?:-16k|-rt|-unsigned)?)\Z"
)

SUSE_FLAVOUR: Final = (
    r"(?P<f>default|rt|rt_debug|preempt|kvmsmall|64kb|longterm|vanilla|debug|pae|desktop"
    r"|xen|ec2|trace|lpae|base|zfcpdump)(?:-base)?\Z"
)

UBUNTU_FLAVOUR: Final = (
    r"(?P<f>generic|lowlatency|virtual|server|aws|azure|gcp|gke|gkeop|ibm|oracle|kvm|raspi2?"
    r"|realtime|oem|fips|nvidia|intel|iot|bluefield|xilinx-zynqmp|zynqmp|laptop|starfive"
    r"|allwinner|nezha|snapdragon|omap4|highbank|euclid|dell300x|mvl-dove|386|tuxedo)"
    r"(?P<g>(?:-[a-z0-9]+)*)\Z"
)

RHEL_WHY: Final = (
    "Red Hat and its clones keep the number {n} for years and put thousands of later fixes on top"
)
SLE_WHY: Final = "SUSE Linux Enterprise and Leap keep the number {n} and put later fixes on top"

# A row a rule: one argument a line would bury the table.
# fmt: off
RULES: Final[tuple[Rule, ...]] = (
    Rule("wsl", ("microsoft-standard",), r"(?P<f>standard)", "release", "single",
        "Microsoft merges kernel.org's stable releases and names the last one, {n}",
        "6.18.40.1-microsoft-standard-WSL2"),
    Rule("wsl", ("-microsoft",), r"-microsoft\Z", "none", "nothing",
        "WSL 1 has no Linux kernel, its number is made up", "4.4.0-19041-Microsoft"),
    Rule("custom", ("-next-",), r"-(?P<f>next)-\d{8}", "none", "nothing",
        "linux-next is a daily mix of what is to come, no kernel.org version describes it",
        "6.8.0-rc5-next-20240221"),
    Rule("oracle-uek", ("uek",), r"\.el\w*(?P<f>uek)", "none", "later",
        "Oracle's UEK keeps the number {n} and puts later fixes on top",
        "5.15.0-306.177.4.el8uek.x86_64"),
    Rule("amazon", ("amzn",), r"\.amzn\d+", "release", "later",
        "Amazon starts from the stable release {n} and adds fixes of its own choice",
        "6.1.119-129.201.amzn2023.x86_64"),
    Rule("elrepo", ("elrepo",), r"\.el\d+", "release", "nothing", "ELRepo builds kernel.org's {n}",
        "6.12.1-1.el9.elrepo.x86_64"),
    Rule("rhel", ("chaos.", "toss.", ".bl6", ".vz", ".lve", "stab"),
        r"\.(?:\d*chaos\.ch|\d*toss\.t|bl|vz|lve)\w*|stab\d", "none", "later", RHEL_WHY,
        "3.10.0-1127.13.1.1chaos.ch6.x86_64"),
    Rule("rhel", (".el",), r"\.el\d", "none", "later", RHEL_WHY, "5.14.0-503.23.2.el9_5.x86_64"),
    Rule("qubes", ("qubes",), r"(?P<f>qubes)", "release", "single",
        "Qubes builds kernel.org's {n} with its own patches", "6.6.77-1.qubes.fc37.x86_64"),
    Rule("fedora", (".fc", ".eln"), r"-0\.rc0\.", "none", "nothing",
        "this is a snapshot taken between two kernel.org versions",
        "4.19.0-0.rc0.git12.1.fc30.x86_64"),
    Rule("fedora", (".fc", ".eln"), r"-0\.rc(?P<rc>\d{1,2})\.", "candidate", "single",
        "Fedora builds the candidate {n}, or a snapshot soon after it",
        "5.17.0-0.rc7.116.fc36.x86_64"),
    Rule("fedora", (".fc", ".eln"), r"\.(?:fc|eln)\d+(?:\.\w+\+(?P<f>[\w-]+)\Z)?", "release",
        "single", "Fedora builds kernel.org's {n}; a few fixes may be in early",
        "6.12.7-200.fc41.x86_64"),
    Rule("photon", (".ph",), r"\.ph\d+(?:-(?P<f>\w+))?", "release", "later",
        "Photon starts from the stable release {n} and adds fixes", "6.1.56-1.ph5-esx"),
    Rule("azure-linux", (".azl", ".cm"), r"\.(?:azl|cm)\d", "release", "later",
        "Azure Linux starts from the stable release {n} and adds fixes", "6.6.57.1-7.azl3"),
    Rule("proxmox", ("-pve",), r"-(?P<f>pve)\b", "release", "later",
        "Proxmox builds Ubuntu's kernel, which holds the stable release {n} and later fixes",
        "6.8.12-4-pve"),
    Rule("mainline-ubuntu", ("-generic", "-lowlatency"),
        r"\A-0\d{5}(?:\w*daily|\w*drmtip|\w*drm)\w*-(?P<f>\w+)", "none", "nothing",
        "this is a daily snapshot, taken between two kernel.org versions",
        "6.8.0-060800daily20240312-generic"),
    Rule("mainline-ubuntu", ("-generic", "-lowlatency"),
        r"\A-(?P<code>0\d{5})(?:rc(?P<rc>\d{1,2}))?-(?P<f>generic\w*|lowlatency\w*)", "code",
        "nothing", "Ubuntu's mainline builds are kernel.org's {n} unchanged",
        "6.11.0-061100rc3-generic"),
    Rule("pop", ("daily",), r"\A-76\d{6}daily\d+-(?P<f>\w+)", "none", "nothing",
        "this is a daily snapshot, taken between two kernel.org versions",
        "6.8.0-76060800daily20240311-generic"),
    Rule("pop", ("-76",), r"\A-76\d{6}-(?P<f>\w+)", "release", "later",
        "System76 starts from kernel.org's {n} and later adds fixes without moving the number",
        "6.9.3-76060903-generic"),
    Rule("raspberrypi", ("+rpt", "-rpi"), r"(?:\+rpt|-rpi\d)[\w+]*-rpi-(?P<f>[\w-]+)\Z", "patched",
        "single", "Raspberry Pi's tree merges kernel.org's stable releases, the last one is {n}",
        "6.6.51+rpt-rpi-v8"),
    Rule("raspberrypi", ("-v",), r"\A-(?P<f>v[678]l?(?:-16k|-rt)?)\+\Z", "release", "single",
        "Raspberry Pi's tree merges kernel.org's stable releases, the last one is {n}",
        "6.6.51-v8+"),
    Rule("kali", ("kali",), r"kali\d*-(?P<f>[\w-]+)\Z", "patched", "single",
        "Kali builds Debian's kernel from the stable release {n}", "6.19.14+kali-amd64"),
    Rule("parrot", ("parrot",), r"parrot\d*-(?P<f>[\w-]+)\Z", "patched", "single",
        "Parrot builds Debian's kernel from the stable release {n}", "6.5.0-13parrot1-amd64"),
    Rule("valve", ("neptune",), r"-(?P<f>neptune)", "none", "later",
        "Valve starts from {n} and adds many changes without moving the number",
        "5.13.0-valve36-1-neptune"),
    Rule("suse", (), r"\A-[1-9]\d{5}\.[\d.]+(?:\.g[0-9a-f]+)?-(?P<f>\w+)\Z", "none", "later",
        SLE_WHY, "5.14.21-150500.55.39-default"),
    Rule("opensuse", (), r"\A-\d[\d.]*(?:\.g[0-9a-f]+)?-" + SUSE_FLAVOUR, "release", "single",
        "Tumbleweed builds kernel.org's {n}; some fixes may be in early", "6.13.1-1-default"),
    Rule("liquorix", ("liquorix",), r"-(?P<f>liquorix)", "patched", "single",
        "Liquorix builds zen's tree of kernel.org's {n}", "6.9.7-1-liquorix-amd64"),
    Rule("mx", ("mx",), r"\A-\d+mx-(?P<f>[\w-]+)", "patched", "single",
        "MX builds Debian's kernel from the stable release {n}", "6.1.0-4mx-amd64"),
    Rule("manjaro", ("-manjaro",), r"-(?P<f>manjaro)\Z", "patched", "single",
        "Manjaro builds kernel.org's {n}", "6.11.10-2-MANJARO"),
    Rule("cachyos", ("cachyos",), r"-(?P<f>cachyos[\w-]*)", "release", "single",
        "CachyOS builds kernel.org's {n} with its own patches", "7.0.11-1-cachyos"),
    Rule("xanmod", ("xanmod",), r"-(?P<f>(?:x64v\d|rt)?)-?(?:rt\d+-)?(?:x64v\d-)?xanmod", "release",
        "single", "XanMod builds kernel.org's {n} with its own patches", "6.12.30-x64v3-xanmod1"),
    Rule("surface", ("surface",), r"-(?P<f>surface)", "release", "single",
        "linux-surface builds kernel.org's {n} with its own patches", "5.15.12-arch1-1-surface"),
    Rule("arch", ("-arch", "-zen", "-hardened"),
        r"-(?:rt\d+-)?(?:arch|zen|hardened)\d+-\d[\w.]*(?:-(?P<f>\w+))?\Z", "release", "single",
        "Arch builds kernel.org's {n}; a few fixes may be in early", "6.12.10-arch1-1"),
    Rule("arch", ("-arch",), r"-(?P<f>(?:aarch64|rpi|armv7)?)-?arch\Z", "release", "single",
        "Arch builds kernel.org's {n}; a few fixes may be in early", "6.2.10-1-aarch64-ARCH"),
    Rule("zen", ("-zen", "-lqx", "-hardened"), r"\A-(?P<f>zen|lqx|hardened)\d+\Z", "release",
        "single", "this is kernel.org's {n} with the zen or hardening patches", "6.19.9-zen1"),
    Rule("alpine", ("-",), r"\A-0-(?P<f>lts|virt|edge|rpi|rpi4|hardened|stable|vanilla|asahi)\Z",
        "release", "single", "Alpine builds kernel.org's {n}", "6.12.13-0-lts"),
    Rule("arch", ("-lts",), r"\A-\d[\d.]*-(?P<f>lts)\Z", "release", "single",
        "Arch builds kernel.org's {n}; a few fixes may be in early", "6.6.63-1-lts"),
    Rule("void", ("_",), r"\A_\d+\Z", "release", "single", "Void builds kernel.org's {n}",
        "6.12.30_1"),
    Rule("gentoo", ("-gentoo",), r"-gentoo(?:-(?P<f>dist(?:-hardened)?))?", "release", "single",
        "Gentoo builds kernel.org's {n}; a few fixes may be in early", "6.1.69-gentoo-dist"),
    Rule("unraid", ("-unraid",), r"-unraid", "release", "single",
        "Unraid builds kernel.org's {n} with its own patches", "6.12.24-Unraid"),
    Rule("truenas", ("truenas",), r"-(?P<f>production|debug)?\+truenas", "release", "single",
        "TrueNAS merges kernel.org's stable releases, the last one is {n}",
        "6.12.33-production+truenas"),
    Rule("talos", ("-talos",), r"-talos", "release", "nothing", "Talos builds kernel.org's {n}",
        "6.12.25-talos"),
    Rule("homeassistant", ("-haos",), r"-haos(?:-(?P<f>\w+))?", "release", "single",
        "Home Assistant OS builds kernel.org's {n}, or Raspberry Pi's tree of it", "6.12.25-haos"),
    Rule("firecracker", ("-fc-",), r"\A-(?P<f>fc)-", "release", "nothing",
        "this is a micro-VM's kernel built from kernel.org's {n}", "6.18.44-fc-v595"),
    Rule("flatcar", ("-flatcar", "-coreos"), r"-(?:flatcar|coreos)", "release", "nothing",
        "Flatcar builds kernel.org's {n}", "6.6.65-flatcar"),
    Rule("vyos", ("-vyos",), r"-vyos", "release", "nothing", "VyOS builds kernel.org's {n}",
        "6.6.56-vyos"),
    Rule("asahi", ("asahi",), r"-(?P<f>asahi)", "release", "single",
        "Asahi puts its drivers on top of kernel.org's {n}", "6.2.0-asahi"),
    Rule("armbian", ("-vendor-", "-legacy-"), r"-(?P<f>(?:vendor|legacy)-[\w-]+)", "release",
        "later", "the board maker's tree started from {n} and may hold later fixes",
        "6.1.75-vendor-rk35xx"),
    Rule("armbian", ("-current-", "-edge-"), r"\A-(?P<f>(?:current|edge)-[\w-]+)", "release",
        "single", "Armbian builds kernel.org's {n} with board patches",
        "6.6.31-current-rockchip64"),
    Rule("tegra", ("-tegra",), r"-(?P<f>tegra)", "release", "later",
        "NVIDIA's tree started from {n} and holds later fixes", "5.15.148-tegra"),
    Rule("qnap", ("-qnap",), r"-qnap", "none", "later",
        "QNAP keeps the number {n} and puts later fixes on top", "5.10.60-qnap"),
    Rule("android", ("-android",), r"-(?P<f>android\d+)", "release", "later",
        "Android's common kernel holds the stable release {n} and later fixes",
        "5.10.107-android13-4-00003-g123456789abc-ab1234567"),
    Rule("openmandriva", ("omv", "rosa", "mga", "bp"),
        r"-(?P<f>desktop|server|generic)-\d+(?:omv|rosa|\.mga|bp)", "release", "single",
        "the distribution builds kernel.org's {n}", "6.2.6-desktop-1omv2390"),
    Rule("xcp-ng", ("+1",), r"\A\+1\Z", "none", "later",
        "XCP-ng keeps the number {n} and puts later fixes on top", "4.19.0+1"),
    Rule("debian", (),
        r"\A(?:-\d+(?:\.(?:bpo|deb\d+)\.\d+)?|(?:\+\w+)+)?(?:-\d+)?-" + DEBIAN_FLAVOUR, "patched",
        "single", "Debian builds kernel.org's {n}; single security fixes may be in early, "
        "its changelog names them",
        "6.12.94+deb13-amd64"),
    Rule("ubuntu", (), r"\A-\d+(?:-\d+)?-" + UBUNTU_FLAVOUR, "signature", "later",
        "Ubuntu counts its own builds after {n} and puts later fixes on top", "6.8.0-52-generic"),
)
# fmt: on
"""In order: a mark of a derivative stands before the shapes of what it derives from."""
