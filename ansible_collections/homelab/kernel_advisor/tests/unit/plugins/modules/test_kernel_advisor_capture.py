# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module that runs on the host."""

from __future__ import annotations

import base64
import io
import os
import tarfile

from ansible_collections.homelab.kernel_advisor.plugins.modules import kernel_advisor_capture


def test_capture_is_a_small_archive_of_this_machine():
    said = kernel_advisor_capture.capture()
    packed = base64.b64decode(said["capture"], validate=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        uname = archive.extractfile("commands/uname").read().decode()
    assert uname.split("\n")[2] == os.uname().release
    assert said["changed"] is False
    assert len(packed) < 2_000_000
