"""A destination on this machine's own file systems, mounted shares among them."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from tasksequence.capture.destinations.deliver_command import deliver_command
from tasksequence.capture.destinations.delivery import CHUNK, DeliveryReport, unheard
from tasksequence.capture.destinations.local_errors import write_error
from tasksequence.capture.destinations.overwrite import (
    check_is_wim,
    finished_name,
    protected,
    refuse,
)
from tasksequence.capture.destinations.partial import (
    create_locked,
    cut_name,
    new_part_files,
    new_partial,
    remove_if_present,
    remove_stale,
)
from tasksequence.capture.destinations.placing import (
    check_replaceable,
    move_and_keep,
    move_into_place,
    move_to_free,
)
from tasksequence.capture.destinations.split_delivery import (
    check_places,
    finish_interrupted,
    put_parts,
)
from tasksequence.capture.destinations.unc import is_unc
from tasksequence.capture.sources.mounts import file_system_of
from tasksequence.capture.wim_file import MAGIC_BYTES
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import DestinationError
from tasksequence.request import CaptureOptions, Overwrite, Phase

__all__ = [
    "LONGEST",
    "LocalDestination",
    "check_destination",
    "check_scratch",
    "check_text",
    "default_scratch",
    "kept_finished",
]

LONGEST = 255
"""Characters that CaptureDestination may have (AllowedLen 1-255)."""

_WINDOWS = re.compile(r"[A-Za-z]:|.*\\", re.DOTALL)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_GIVE_LOCAL = (
    "Give a local path (command line: --destination PATH), or mount the share and give the path "
    "below its mount point."
)


class LocalDestination:
    """A file on this machine's file systems, a mounted share among them."""

    def __init__(self, text: str, volumes: Iterable[Path], options: CaptureOptions) -> None:
        """Check everything; raises `DestinationError`."""
        self.text = check_destination(text, volumes)
        self._options = options
        self.warn: Callable[[str], None] = unheard
        self.notes: tuple[str, ...] = ()
        finish_interrupted(self.text)
        if options.overwrite is Overwrite.REFUSE and os.path.lexists(self.text):
            raise refuse(self.text)
        if options.overwrite is Overwrite.REPLACE and _is_read_only(self.text):
            raise protected(self.text)
        check_replaceable(self.text)
        if options.split:
            check_places(self.text, replace=options.overwrite is not Overwrite.REFUSE)
        if remove_stale(self.text):
            self.notes += (
                f"another capture is writing to {self.text}: the last to end replaces it",
            )
        self._staged: str | None = None
        if options.scratch is None:
            self.place = self.text
            self.partial = new_partial(self.text)
            self.weight = 0.0
        else:
            self.place = check_scratch(options.scratch)
            beside = os.path.join(self.place, os.path.basename(self.text))  # noqa: PTH118, PTH119
            remove_stale(beside)
            self.partial = new_partial(beside)
            self._staged = new_partial(self.text)
            self.weight = 0.1

    def free_bytes(self) -> int:
        """Return what this account may still write to the destination's file system."""
        status = os.statvfs(os.path.dirname(self.text))  # noqa: PTH120
        return status.f_bavail * status.f_frsize

    def file_system(self) -> str:
        """Return the name of its file system, as the kernel calls it; empty where it is unknown."""
        return file_system_of(os.path.dirname(self.text))  # noqa: PTH120

    def deliver(self, report: DeliveryReport, source: str | None = None) -> None:
        """Put the verified WIM into its place in one step; see `Destination.deliver`.

        The WIM of a capture stays where it is finished when that fails, and the error says where.
        """
        try:
            self._deliver(source or self.partial, report)
        except DestinationError as error:
            if source is not None:
                raise
            raise self._with_kept_file(error) from None
        if source is None:
            self._remove_kept()

    def _deliver(self, finished: str, report: DeliveryReport) -> None:
        if self._staged is None:
            self._move(finished)
            return
        try:
            lock = create_locked(self._staged)
        except OSError as error:
            raise write_error(error, self.text) from None
        try:
            _copy(finished, lock, self.text, report)
            self._move(self._staged)
        finally:
            os.close(lock)
            remove_if_present(self._staged)

    def deliver_parts(self, parts: Sequence[str], report: DeliveryReport) -> tuple[Path, ...]:
        """Put the verified parts into their places; see `Destination` and `put_parts`."""
        with ExitStack() as staged:
            if self._staged is not None:
                parts = self._copied(self._staged, parts, staged, report)
            return put_parts(
                parts, self.text, replace=self._options.overwrite is not Overwrite.REFUSE
            )

    def _copied(
        self, first: str, parts: Sequence[str], stack: ExitStack, report: DeliveryReport
    ) -> list[str]:
        """Copy parts beside their places, locked as long as `stack`, and compare them."""
        first, other = new_part_files(first)
        sizes = [os.path.getsize(part) for part in parts]  # noqa: PTH202
        done, total = 0, sum(sizes)
        copies = [first, *map(other, range(2, len(parts) + 1))]
        for part, copy, size in zip(parts, copies, sizes, strict=True):
            try:
                lock = create_locked(copy)
            except OSError as error:
                raise write_error(error, self.text) from None
            stack.callback(os.close, lock)
            _copy(part, lock, self.text, _part_report(report, done, total))
            done += size
        report(Phase.CONFIRM, total, total)
        return copies

    def close(self) -> None:
        """Leave no unfinished file behind."""
        remove_if_present(self.partial)
        if self._staged is not None:
            remove_if_present(self._staged)

    def _move(self, finished: str) -> None:
        if self._options.overwrite is Overwrite.REFUSE:
            move_to_free(finished, self.text)
        elif self._options.overwrite is Overwrite.KEEP:
            move_and_keep(finished, self.text)
        else:
            move_into_place(finished, self.text)

    def _with_kept_file(self, error: DestinationError) -> DestinationError:
        """Keep the finished WIM where it lies, and add to the error how to finish."""
        kept = kept_finished(self.partial, self.text)
        try:
            os.replace(self.partial, kept)  # noqa: PTH105
        except OSError:
            return error
        # It may have got the access of the file that it was to replace.
        with suppress(OSError):
            os.chmod(kept, 0o600)  # noqa: PTH101
        command = deliver_command(kept, self.text, account=None, options=self._options)
        hint = f"The finished WIM stays here: {kept}\nDeliver it later with: {command}"
        error.hint = f"{error.hint}\n{hint}" if error.hint else hint
        return error

    def _remove_kept(self) -> None:
        """Delete what an earlier run kept, beside the destination too: it is replaced now."""
        for beside in (self.partial, self.text):
            with suppress(OSError):
                os.unlink(kept_finished(beside, self.text))  # noqa: PTH108


def _part_report(report: DeliveryReport, before: int, total: int) -> DeliveryReport:
    """Report one part's copying and comparing as a stretch of the whole's copying."""

    def tell(phase: Phase, done: int, size: int) -> None:
        share = done // 2 if phase is Phase.UPLOAD else (size + done) // 2
        report(Phase.UPLOAD, before + share, total)

    return tell


def check_scratch(folder: Path) -> str:
    """Return the absolute path of a folder for unfinished WIMs, or refuse it."""
    path = os.path.realpath(folder)
    if not os.path.isdir(path):  # noqa: PTH112
        is_there = os.path.lexists(path)
        raise DestinationError(
            "the scratch folder is no folder" if is_there else "there is no such scratch folder",
            where=path,
            hint=f"{'Choose' if is_there else 'Make it, or choose'} another (command line: "
            "--scratch FOLDER).",
            hresult=0x8007010B if is_there else 0x80070003,
        )
    try:
        _try_to_write(path)
    except OSError as error:
        raise DestinationError(
            f"the scratch folder cannot be written: {error.strerror}",
            where=path,
            hint="Choose another (command line: --scratch FOLDER).",
            hresult=hresult_of_errno(error.errno),
        ) from None
    return path


def _is_read_only(path: str) -> bool:
    """Tell whether nobody may write a file; so a mounted share shows the attribute R, too."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and not mode & 0o222


def default_scratch() -> Path:
    """Return the folder for large unfinished files: TMPDIR, else /var/tmp, else the usual one.

    /tmp is often in memory, and a WIM is large.
    """
    if "TMPDIR" not in os.environ and os.access("/var/tmp", os.W_OK | os.X_OK):  # noqa: S108
        return Path("/var/tmp")  # noqa: S108
    return Path(tempfile.gettempdir())


def kept_finished(partial: str, destination: str) -> str:
    """Return where a finished WIM stays that could not be delivered: one for each destination."""
    folder, _ = os.path.split(partial)
    name = re.split(r"[\\/]", destination)[-1]
    mark = hashlib.sha256(destination.casefold().encode("utf-8", "surrogateescape")).hexdigest()[:8]
    ending = finished_name("", mark)
    stem = finished_name(name, mark).removesuffix(ending)
    return os.path.join(folder, cut_name(stem, len(ending)) + ending)  # noqa: PTH118


def _copy(source: str, descriptor: int, where: str, report: DeliveryReport) -> None:
    """Copy a file into an open one, bring that to the disk, and compare the two."""
    try:
        with open(source, "rb", buffering=0) as stream:  # noqa: PTH123
            size = os.fstat(stream.fileno()).st_size
            done = 0
            while chunk := stream.read(CHUNK):
                report(Phase.UPLOAD, done, size)
                view = memoryview(chunk)
                while view:
                    view = view[os.write(descriptor, view) :]
                done += len(chunk)
            os.fsync(descriptor)
            report(Phase.UPLOAD, size, size)
            # What is compared has to come from the disk, not from this machine's memory.
            with suppress(OSError):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            for offset in range(0, max(size, 1), CHUNK):
                report(Phase.CONFIRM, offset, size)
                wanted = os.pread(stream.fileno(), CHUNK, offset)
                if os.pread(descriptor, CHUNK, offset) != wanted:
                    raise DestinationError(
                        f"the copy at the destination differs near byte {offset:,}",
                        where=where,
                        hint="Its disk does not give back what was written: check it.",
                        hresult=0x80070570,
                    )
            report(Phase.CONFIRM, size, size)
    except OSError as error:
        raise write_error(error, where) from None


def check_destination(text: str, volumes: Iterable[Path]) -> str:
    """Return the absolute path of the file to write, links followed, or refuse it.

    Really tries to write into its folder: for root on a read-only file system the permissions
    say nothing. Leaves nothing behind. Raises `DestinationError`.
    """
    check_text(text)
    # Two slashes at the start mean what one does on Linux; realpath would keep them.
    path = "/" + os.path.realpath(text).lstrip("/")
    folder = Path(path).parent
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        status = None
    except OSError as error:
        raise _refused(error, text) from None
    if status is not None:
        _check_existing(status, text, volumes)
    if not folder.is_dir():
        raise DestinationError(
            f"there is no folder {folder}",
            where=text,
            hint="Make the folder first, or correct the path.",
            hresult=0x80070003,
        )
    try:
        _try_to_write(folder)
    except OSError as error:
        raise _refused(error, text) from None
    return path


def check_text(text: str) -> None:
    """Refuse what is no path of a WIM here, local or UNC; raises `DestinationError`."""
    if not text:
        raise DestinationError(
            "the destination is empty",
            hint="Set CaptureDestination in the step, or OSDCaptureDestination (command line: "
            "--destination PATH).",
        )
    if len(text) > LONGEST:
        raise DestinationError(
            f"the destination has {len(text)} characters, and {LONGEST} are allowed", where=text
        )
    if "\0" in text:
        raise DestinationError("the destination contains a zero character", where=repr(text))
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise DestinationError(
            "no file can have this name with the encoding of this system",
            where=repr(text),
            hint="Choose another name, or set LC_ALL=C.UTF-8.",
        ) from None
    if is_unc(text):
        return
    if _URL.match(text):
        raise DestinationError(
            "a network share is named by its UNC path, not by a URL",
            where=text,
            hint=r"Write \\server\share\folder\image.wim.",
            hresult=0x800700A1,
        )
    if _WINDOWS.match(text):
        raise DestinationError("this is a path of Windows", where=text, hint=_GIVE_LOCAL)
    if text.endswith(("/", "\\")):
        raise _is_a_folder(text)


def _is_a_folder(text: str) -> DestinationError:
    return DestinationError(
        "the destination is a folder",
        where=text,
        hint="Add the name of the WIM file.",
        hresult=0x8007010B,
    )


def _try_to_write(folder: Path | str) -> None:
    """Make a file in a folder, and delete it; raises `OSError`.

    For root on a read-only file system the permissions say nothing.
    """
    with tempfile.TemporaryFile(dir=folder):
        pass


def _check_existing(status: os.stat_result, text: str, volumes: Iterable[Path]) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise _is_a_folder(text)
    for volume in volumes:
        try:
            same = os.path.samestat(volume.stat(), status)
        except OSError:
            continue
        if same:
            raise DestinationError(
                "the destination is the volume that is to be captured",
                where=text,
                hint="Name another file: the capture would have replaced its own source.",
            )
    if stat.S_ISREG(status.st_mode) and status.st_size:
        check_is_wim(_head(text), text)
    if not stat.S_ISREG(status.st_mode):
        raise DestinationError(
            "the destination exists and is no regular file",
            where=text,
            hint="Name another file: a device or pipe cannot hold a WIM.",
        )


def _head(text: str) -> bytes:
    try:
        with Path(text).open("rb") as stream:
            return stream.read(MAGIC_BYTES)
    except PermissionError:
        raise DestinationError(
            "this account may not read the file at the destination, to see that it is a WIM",
            where=text,
            hint="Give it the right to, move the file away, or name another destination.",
            hresult=0x80070005,
        ) from None
    except OSError as error:
        raise _refused(error, text) from None


def _refused(error: OSError, text: str) -> DestinationError:
    problems = {
        errno.EROFS: (
            "the file system of the destination is read-only",
            "Name a destination elsewhere, or mount it for writing.",
        ),
        errno.EACCES: (
            "this account may not write to the folder of the destination",
            "Give it the right to, or name another destination.",
        ),
        errno.ENAMETOOLONG: ("the destination's name is too long", "Choose a shorter name."),
        errno.ENOTDIR: ("a part of the destination's path is no folder", "Correct the path."),
        errno.ELOOP: ("the destination is a ring of links", "Correct the path."),
        errno.ENOSPC: (
            "no space left at the destination",
            "Free space there, or name another destination.",
        ),
    }
    problem, hint = problems.get(
        error.errno or 0, (f"the destination cannot be written: {error.strerror}", None)
    )
    hresult = hresult_of_errno(error.errno)
    return DestinationError(problem, where=text, hint=hint, hresult=hresult)
