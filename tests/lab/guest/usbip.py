"""Plugs USB devices that exist in this program only into the running kernel, through vhci_hcd.

Each is a set of descriptors and a few answers, enough for its real driver to bind. The form on the wire
is that of Documentation/usb/usbip_protocol.rst.
"""

from __future__ import annotations

import os
import pathlib
import socket
import struct
import threading
from collections import deque
from typing import NamedTuple

ATTACH = pathlib.Path("/sys/devices/platform/vhci_hcd.0/attach")
STATUS = ATTACH.with_name("status")
_HEAD = struct.Struct(">IIIIIiiiii8s")
_SUBMIT, _UNLINK, _SUBMITTED, _UNLINKED = 1, 2, 3, 4
_IN, _STALL, _GONE = 1, -32, -104
_FULL, _HIGH = 2, 3
_HCI_COMMAND = 3

Triple = tuple[int, int, int]


class Interface(NamedTuple):
    """One interface: its class, what stands before its endpoints, and these: address, kind, size."""

    triple: Triple
    endpoints: tuple[Triple, ...]
    extra: bytes = b""

    def packed(self, number: int) -> bytes:
        """Return its descriptor and those of its endpoints."""
        head = bytes((9, 4, number, 0, len(self.endpoints), *self.triple, 0))
        parts = [struct.pack("<BBBBHB", 7, 5, *each, 8) for each in self.endpoints]
        return b"".join([head, self.extra, *parts])


class Device:
    """A USB device; a subclass answers what its driver asks beyond the descriptors."""

    def __init__(
        self,
        ids: tuple[int, int],
        *interfaces: Interface,
        triple: Triple = (0, 0, 0),
        strings: tuple[str, ...] = (),
        speed: int = _HIGH,
    ) -> None:
        self.ids, self.interfaces, self.triple = ids, interfaces, triple
        self.strings, self.speed = ("", *strings), speed
        self.data: dict[int, deque[bytes]] = {}

    def descriptor(self) -> bytes:
        """Return the device's own descriptor."""
        names = (min(1, len(self.strings) - 1), 2 if len(self.strings) > 2 else 0)
        fields = (18, 1, 0x0200, *self.triple, 64, *self.ids, 0x0100, *names, 0, 1)
        return struct.pack("<BBHBBBBHHHBBBB", *fields)

    def configuration(self) -> bytes:
        """Return its only configuration with all that belongs to it."""
        body = b"".join(each.packed(number) for number, each in enumerate(self.interfaces))
        fields = (9, 2, 9 + len(body), len(self.interfaces), 1, 0, 0x80, 50)
        return struct.pack("<BBHBBBBB", *fields) + body

    def standard(self, request: int, value: int, length: int) -> bytes | None:
        """Answer a standard request; None is a refusal."""
        if request != 6:
            return b""
        kind, index = value >> 8, value & 0xFF
        if kind == 1:
            return self.descriptor()[:length]
        if kind == 2:
            return self.configuration()[:length]
        if kind == 3 and index < len(self.strings):
            text = self.strings[index].encode("utf-16-le") if index else b"\x09\x04"
            return (bytes((2 + len(text), 3)) + text)[:length]
        return None

    def control(self, kind: int, _data: bytes, length: int) -> bytes:
        """Answer any other request: what is read is zero, what is written is accepted."""
        return bytes(length) if kind & 0x80 else b""

    def give(self, endpoint: int, data: bytes) -> None:
        """Have the host read something from an endpoint."""
        self.data.setdefault(endpoint, deque()).append(data)


class Bluetooth(Device):
    """A controller that answers each HCI command with success."""

    def __init__(self, ids: tuple[int, int], *strings: str) -> None:
        commands = Interface((0xE0, 1, 1), ((0x81, 3, 16), (0x82, 2, 64), (0x02, 2, 64)))
        voice = Interface((0xE0, 1, 1), ((0x83, 1, 9), (0x03, 1, 9)))
        super().__init__(ids, commands, voice, triple=(0xE0, 1, 1), strings=strings, speed=_FULL)

    def control(self, kind: int, data: bytes, length: int) -> bytes:
        """Queue the event that completes a command."""
        if kind & 0x80:
            return bytes(length)
        if len(data) >= _HCI_COMMAND:
            self.give(1, completed(data[:2]))
        return b""


# HCI opcode -> status and parameters, where zeros would make the kernel give up.
_ANSWERS = {
    b"\x01\x10": b"\x00\x06\x00\x00\x06\x0f\x00\x00\x00",  # version 4.0, so that little is asked
    b"\x02\x10": b"\x00" + bytes(64),  # commands
    b"\x03\x10": b"\x00" + bytes(4) + b"\x60\x00\x00\x00",  # features: LE alone
    b"\x05\x10": b"\x00\xfb\x00\x00\x08\x00\x00\x00",  # buffers
    b"\x09\x10": b"\x00\x06\x72\xda\x7d\x1a\x00",  # address
    b"\x14\x0c": b"\x00" + bytes(248),  # name
    b"\x02\x20": b"\x00\xfb\x00\x08",  # LE buffers
}


def completed(opcode: bytes) -> bytes:
    """Return the event that says a command is done."""
    answer = b"\x01" + opcode + _ANSWERS.get(opcode, bytes(16))
    return b"\x0e" + bytes((len(answer),)) + answer


# Header, union of both interfaces, and the Ethernet description: string 3 is the address.
_ETHERNET = bytes.fromhex("0524001001 0524060001 0d240f0300000000ea05000000")


def devices() -> list[Device]:
    """Return the devices: four Bluetooth controllers, three network cards, one modem."""
    bulk = ((0x81, 2, 64), (0x02, 2, 64), (0x83, 3, 8))
    return [
        Bluetooth((0x0A12, 0x0001), "CSR", "Bluetooth"),
        Bluetooth((0x0E8D, 0x7961), "MediaTek Inc.", "Wireless_Device"),
        Bluetooth((0x8087, 0x0A2B)),
        Bluetooth((0x0BDA, 0x8771), "Realtek", "Bluetooth Radio"),
        Device(
            (0x1D6B, 0x0104),
            Interface((2, 6, 0), ((0x81, 3, 16),), _ETHERNET),
            Interface((10, 0, 0), ((0x82, 2, 512), (0x02, 2, 512))),
            triple=(2, 0, 0),
            strings=("Lab", "Ethernet", "525400123461"),
        ),
        Device(
            (0x0BDA, 0x8150), Interface((0, 0, 0), bulk), strings=("Realtek", "LAN"), speed=_FULL
        ),
        Device(
            (0x0A46, 0x9601), Interface((0, 0, 0), bulk), strings=("Davicom", "LAN"), speed=_FULL
        ),
        Device(
            (0x2C7C, 0x0125),
            Interface((0xFF, 0xFF, 0xFF), ((0x81, 3, 8), (0x82, 2, 512), (0x02, 2, 512))),
            strings=("Quectel", "EC25"),
        ),
    ]


class Port:
    """One device on one port, served until the host lets go of it."""

    def __init__(self, device: Device, line: socket.socket) -> None:
        self.device, self.line = device, line
        self.pending: dict[int, tuple[int, int]] = {}

    def serve(self) -> None:
        """Answer requests; those with nothing to read wait."""
        while head := self.received(_HEAD.size):
            command, number, _, way, endpoint, flags, length, _, packets, _, setup = _HEAD.unpack(
                head
            )
            if command == _UNLINK:
                found = self.pending.pop(flags & 0xFFFFFFFF, None)
                self.send(_UNLINKED, number, _GONE if found else 0)
                continue
            data = self.received(length) if way != _IN and length else b""
            if packets > 0:
                self.received(16 * packets)
            if endpoint == 0:
                self.control(number, setup, data)
            elif way == _IN:
                self.pending[number] = (endpoint, length)
            else:
                self.send(_SUBMITTED, number, 0, b"", len(data))
            self.flush()

    def control(self, number: int, setup: bytes, data: bytes) -> None:
        """Answer a request to the device itself."""
        kind, request, value, _, length = struct.unpack("<BBHHH", setup)
        if kind & 0x60:
            answer: bytes | None = self.device.control(kind, data, length)
        else:
            answer = self.device.standard(request, value, length)
        self.send(_SUBMITTED, number, _STALL if answer is None else 0, answer or b"", len(data))

    def flush(self) -> None:
        """Answer what waits for data that has come."""
        for number, (endpoint, length) in list(self.pending.items()):
            queue = self.device.data.get(endpoint)
            if queue:
                del self.pending[number]
                data = queue.popleft()
                if len(data) >= length:
                    queue.appendleft(data[length:])  # a short packet ends what belongs together
                self.send(_SUBMITTED, number, 0, data[:length])

    def send(
        self, command: int, number: int, status: int, data: bytes = b"", written: int = 0
    ) -> None:
        """Send one answer."""
        head = _HEAD.pack(command, number, 0, 0, 0, status, len(data) or written, 0, 0, 0, b"")
        self.line.sendall(head + data)

    def received(self, length: int) -> bytes:
        """Return that many bytes, ``b""`` at the end."""
        data = b""
        while len(data) < length:
            part = self.line.recv(length - len(data))
            if not part:
                return b""
            data += part
        return data


def free_ports() -> list[int]:
    """Return the high-speed ports that nothing is plugged into."""
    rows = [line.split() for line in STATUS.read_text().splitlines()[1:]]
    return [int(row[1]) for row in rows if row[0] == "hs" and row[2] == "004"]


def plug() -> None:
    """Plug all devices in and serve them in threads."""
    for number, (device, port) in enumerate(zip(devices(), free_ports(), strict=False), 1):
        ours, theirs = socket.socketpair()
        threading.Thread(target=Port(device, ours).serve).start()
        ATTACH.write_text(f"{port} {theirs.fileno()} {number} {device.speed}")


def in_background() -> bool:
    """Return whether this is the process that stays: it has let go of everything it was given."""
    if os.fork():
        return False
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    return True


if __name__ == "__main__" and in_background():
    plug()
