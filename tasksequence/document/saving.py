"""Writing a file so that a full disk or a kill leaves the old one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tasksequence.errors import DocumentError
from tasksequence.file_access import give_access

__all__ = ["write_file"]


def write_file(target: Path, raw: bytes) -> None:
    """Replace a file whole or not at all; raises `DocumentError` where that fails."""
    # Behind a link the file itself is replaced, not the link.
    place = Path(os.path.realpath(target))
    try:
        descriptor, temporary = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".partial")
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(raw)
            stream.flush()
            give_access(temporary, str(place))
            os.fsync(stream.fileno())
        Path(temporary).replace(place)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(target, error) from None
        raise


def _unwritable(target: Path, error: OSError) -> DocumentError:
    return DocumentError(
        f"cannot be written: {error.strerror or error}",
        path=str(target),
        hint="The file is as it was. Check the folder, your rights and the free space.",
    )
