"""Whether a block device hangs on USB: the capture step leaves such volumes out."""

from __future__ import annotations

import os
import re
import stat

__all__ = ["is_usb"]

_CONTROLLER = re.compile(r"/usb\d+/")


def is_usb(path: str, sysfs: str = "/sys") -> bool:
    """Tell whether a block device is reached through USB, by its place in the device tree."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return False
    if not stat.S_ISBLK(status.st_mode):
        return False
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    return _CONTROLLER.search(os.path.realpath(f"{sysfs}/dev/block/{number}")) is not None
