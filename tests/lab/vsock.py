"""The other end of a vsock device: agrees to everything QEMU proposes and moves no data.

The host's own vsock needs a kernel module; a guest's driver binds without it as long as somebody
answers, in the form of docs/interop/vhost-user.rst.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from pathlib import Path

_HEAD = struct.Struct("<III")
_CONFIG = struct.Struct("<III")
_REPLY = 0x5  # version 1, an answer
_GET_FEATURES, _GET_VRING_BASE, _GET_PROTOCOL_FEATURES, _GET_CONFIG = 1, 11, 15, 24
_FEATURES = 1 << 32 | 1 << 30  # version 1 of virtio; protocol features
_PROTOCOL_FEATURES = 1 << 9  # the configuration is asked for
_ADDRESS = 3
_MOST = 8  # file descriptors in a message


def serve_vsock(path: Path) -> None:
    """Listen on a socket and answer one QEMU, in the background."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)
    threading.Thread(target=_serve, args=(listener,), daemon=True).start()


def _serve(listener: socket.socket) -> None:
    line, _ = listener.accept()
    listener.close()
    with line, contextlib.suppress(OSError):
        while message := _received(line):
            request, payload = message
            answer = _answer(request, payload)
            if answer:
                line.sendall(_HEAD.pack(request, _REPLY, len(answer)) + answer)


def _received(line: socket.socket) -> tuple[int, bytes] | None:
    head, descriptors, _, _ = socket.recv_fds(line, _HEAD.size, _MOST)
    for descriptor in descriptors:
        os.close(descriptor)
    if len(head) < _HEAD.size:
        return None
    request, _, size = _HEAD.unpack(head)
    payload = b""
    while len(payload) < size:
        part = line.recv(size - len(payload))
        if not part:
            return None
        payload += part
    return request, payload


def _answer(request: int, payload: bytes) -> bytes:
    if request == _GET_FEATURES:
        return struct.pack("<Q", _FEATURES)
    if request == _GET_PROTOCOL_FEATURES:
        return struct.pack("<Q", _PROTOCOL_FEATURES)
    if request == _GET_VRING_BASE:
        return payload
    if request == _GET_CONFIG:
        offset, size, flags = _CONFIG.unpack_from(payload)
        data = struct.pack("<Q", _ADDRESS)[offset : offset + size]
        return _CONFIG.pack(offset, size, flags) + data.ljust(size, b"\0")
    return b""
