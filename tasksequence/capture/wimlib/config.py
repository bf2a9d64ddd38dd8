"""A text that libwim reads as a file, without a file that could be left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["config_file"]


@contextmanager
def config_file(text: str) -> Iterator[str]:
    """Give a path by which libwim can read a text, as long as the context lasts."""
    descriptor = os.memfd_create("exclusions")
    try:
        os.write(descriptor, text.encode())
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
