"""An earlier WIM whose unchanged files are taken over, neither read nor compressed again."""

from __future__ import annotations

from contextlib import ExitStack

from tasksequence.capture.sources.volume_kind import FAT32
from tasksequence.capture.wimlib._codes import LibwimError, wim_error
from tasksequence.capture.wimlib._ffi import Library, Wim

__all__ = ["Base"]


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

    def use_for(self, index: int, name: str, kind: str) -> None:
        """Compare a new image with the one of its name in the earlier WIM, else of its place."""
        if self._base is None or kind == FAT32:  # what was staged has its hashes already
            return
        if name in self._names:
            self._wim.use_template(index, self._base, self._names.index(name) + 1)
        elif index <= len(self._names):
            self._wim.use_template(index, self._base, index)
