"""Whether the journal of an NTFS volume ($LogFile) was closed; what is in it is not replayed here.

By the rule of ntfs-3g (libntfs-3g/logfile.c): the newer of two restart pages decides. A journal
with a client in use, and without the flag of a clean volume, was left by a power cut.
"""

from __future__ import annotations

import struct

from tasksequence.capture.sources import ntfs_format as form

__all__ = ["LARGEST_PAGE", "journal_in_use"]

LARGEST_PAGE = 1 << 16
_MARKS = (b"RSTR", b"CHKD")
"""Of a restart page as Windows writes it, and as chkdsk does."""
_PAGE_SIZES = frozenset(1 << bits for bits in range(9, 17))
_NO_CLIENT = 0xFFFF
_VOLUME_IS_CLEAN = 0x0002


def journal_in_use(head: bytes) -> bool:
    """Tell from its first two pages whether the journal has something that is not replayed.

    One that is empty (all bits set, as after formatting) or of which no page is whole has nothing
    to replay.
    """
    newest, in_use = -1, False
    size = _page_size(head)
    for at in (0, size):
        found = _restart(head[at : at + size]) if size else None
        if found is not None and found[0] > newest:
            newest, in_use = found
    return in_use


def _page_size(head: bytes) -> int:
    """Return the size of a restart page, from the first or, where that is torn, the second."""
    for at in (0, *sorted(_PAGE_SIZES)):
        page = head[at : at + 24]
        if len(page) == 24 and page.startswith(_MARKS):
            size = int(struct.unpack_from("<I", page, 16)[0])
            if size in _PAGE_SIZES and at in {0, size}:
                return size
    return 0


def _restart(page: bytes) -> tuple[int, bool] | None:
    """Return the number of a restart page and whether the journal is in use by it."""
    record = form.fixed_up(page, page[:4]) if page.startswith(_MARKS) else None
    if record is None:
        return None
    at = struct.unpack_from("<H", record, 24)[0]
    if at + 16 > len(record):
        return None
    number, _, _, client, flags = struct.unpack_from("<QHHHH", record, at)
    return number, client != _NO_CLIENT and not flags & _VOLUME_IS_CLEAN
