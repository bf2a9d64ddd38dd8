"""An earlier WIM whose unchanged files are taken over, neither read nor compressed again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack

from tasksequence.capture.sources.volume_kind import FAT32
from tasksequence.capture.wimlib.codes import LibwimError, wim_error
from tasksequence.capture.wimlib.ffi import Library, Wim

__all__ = ["Base", "check_base"]

_ALWAYS_READ = re.compile(
    r"/windows/system32/config|.*/(ntuser|usrclass)\.(dat|man)[^/]*|.*\.edb", re.IGNORECASE
)
"""Registries and databases: Windows changes them in place, and may leave size and times alone."""
_PLACE = tuple(
    f"TASKSEQUENCE/{name}"
    for name in ("DISK/INDEX", "PARTITION/INDEX", "PARTITION/OFFSET", "PARTITION/SIZE")
)


class Base:
    """The earlier WIM, open as long as `stack`; no path means that there is none."""

    def __init__(self, library: Library, wim: Wim, path: str | None, stack: ExitStack) -> None:
        self._wim = wim
        self._base: Wim | None = None
        if path is None:
            return
        try:
            self._base = stack.enter_context(library.open_wim(path))
            count = self._base.image_count()
            wim.use_data_of(self._base)
        except LibwimError as failure:
            raise wim_error(failure, path) from None
        self._names = [self._base.text(index, "NAME") for index in range(1, count + 1)]
        self._places = [
            tuple(self._base.text(index, name) for name in _PLACE) for index in range(1, count + 1)
        ]
        self._prepared: set[int] = set()

    def use_for(
        self, index: int, name: str, kind: str, elements: Iterable[tuple[str, str]]
    ) -> None:
        """Compare a new image with the one of its name in the earlier WIM, else of its partition.

        Where neither is there, all files are read: another volume's may look alike.
        """
        if self._base is None or kind == FAT32:  # what was staged has its hashes already
            return
        said = dict(elements)
        place = tuple(said.get(key, "") for key in _PLACE)
        if name in self._names:
            image = self._names.index(name) + 1
        elif all(place) and place in self._places:
            image = self._places.index(place) + 1
        else:
            return
        self._prepare(self._base, image)
        self._wim.use_template(index, self._base, image)

    def _prepare(self, base: Wim, image: int) -> None:
        """Forget what is never taken for unchanged by size and times alone."""
        if image in self._prepared:
            return
        self._prepared.add(image)
        for path in base.paths(image):
            if _ALWAYS_READ.fullmatch(path):
                base.forget_path(image, path)


def check_base(library: Library, path: str | None) -> None:
    """Raise `ImageError` for an earlier WIM of which not all can be read back.

    What fails in the middle of writing does not tell which of the files is damaged.
    """
    if path is None:
        return
    try:
        with library.open_wim(path) as base:
            base.verify()
    except LibwimError as failure:
        raise wim_error(failure, path) from None
