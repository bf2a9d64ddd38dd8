"""libwim through ctypes: the only module that knows its functions, structures and numbers.

Declarations follow wimlib.h of wimlib 1.13. The licence of a libwim with NTFS support is GPLv3;
the worker process alone loads it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import Any, NamedTuple

from tasksequence.capture.wimlib.codes import LibwimError
from tasksequence.errors import BackendUnavailable

__all__ = [
    "LIBRARY_VARIABLE",
    "MINIMUM_VERSION",
    "Entry",
    "Library",
    "Message",
    "Progress",
    "ScanStatus",
    "Stream",
    "Wim",
]

LIBRARY_VARIABLE = "TASKSEQUENCE_LIBWIM"
"""Environment variable that names another library file than the system's libwim."""

MINIMUM_VERSION = (1, 13, 0)

_LOG_BYTES = 1 << 16
"""How much of libwim's last messages an error takes along."""

_LIBRARY_NAMES = ("libwim.so.15", "libwim.so")

_INSTALL = "Install it with `apt install libwim15` (Debian, Ubuntu) or your system's package."

_ADD_NTFS = 0x00000001
_ADD_VERBOSE = 0x00000004
_ADD_EXCLUDE_VERBOSE = 0x00000080
_ADD_FLAGS = _ADD_VERBOSE | _ADD_EXCLUDE_VERBOSE
_IGNORE_CASE = 0x00000020
"""For global_init: patterns match whatever the case, as on Windows."""
_WRITE_INTEGRITY = 0x00000001
_WRITE_PIPABLE = 0x00000004
_OPEN_CHECK_INTEGRITY = 0x00000001
_EXTRACT_NTFS = 0x00000001
_WRITE_SOLID = 0x00001000
_LZMS = 3
_ITERATE_RECURSIVE = 0x00000001
_ITERATE_RESOURCES_NEEDED = 0x00000004
_ALL_IMAGES = -1
_DELETE_FORCE, _DELETE_RECURSIVE = 1, 2
_CONTINUE, _ABORT = 0, 1
_SHA1_BYTES = 20
_UNIX_EPOCH = 11_644_473_600
"""Seconds from 1601 to 1970."""

_COMPRESSION_TYPES = {"none": 0, "xpress": 1, "lzx": 2, "solid": _LZMS}


class Message(IntEnum):
    """Kinds of progress messages that are looked at."""

    EXTRACT_STREAMS = 4
    SCAN_BEGIN = 9
    SCAN_DENTRY = 10
    SCAN_END = 11
    WRITE_STREAMS = 12
    VERIFY_STREAMS = 29


class ScanStatus(IntEnum):
    """What became of a scanned file or folder; the two others concern links that are kept."""

    OK = 0
    EXCLUDED = 1
    UNSUPPORTED = 2


class Progress(NamedTuple):
    """One progress message."""

    message: Message
    done: int
    """Bytes of file data so far."""
    total: int
    """Bytes of file data in all; 0 while scanning."""
    entries: int = 0
    """Files and folders scanned so far."""
    status: int = ScanStatus.OK
    path: bytes = b""
    """Path in the volume of what was left out, for the two other statuses."""


class Stream(NamedTuple):
    """The data of a file or of one of its named streams."""

    name: str
    size: int
    sha1: str
    """Hexadecimal; zeros for no data."""
    offset: int
    """Where the data lies in the file, if it lies there uncompressed."""


class Entry(NamedTuple):
    """A file or folder of an image."""

    path: str
    short_name: str
    attributes: int
    security: str
    """The security descriptor, hexadecimal; empty for none."""
    reparse_tag: int
    link_group: int
    """The same for all names of one file; 0 for a single one."""
    times: tuple[int, int, int]
    """Created, modified, accessed, as FILETIME."""
    streams: tuple[Stream, ...]
    """The main stream first; for a reparse point that is its data."""


class _Scan(ctypes.Structure):
    _fields_ = (
        ("source", ctypes.c_char_p),
        ("cur_path", ctypes.c_char_p),
        ("status", ctypes.c_int),
        ("target", ctypes.c_char_p),
        ("num_dirs_scanned", ctypes.c_uint64),
        ("num_nondirs_scanned", ctypes.c_uint64),
        ("num_bytes_scanned", ctypes.c_uint64),
    )


class _WriteStreams(ctypes.Structure):
    _fields_ = (
        ("total_bytes", ctypes.c_uint64),
        ("total_streams", ctypes.c_uint64),
        ("completed_bytes", ctypes.c_uint64),
    )


class _VerifyStreams(ctypes.Structure):
    _fields_ = (
        ("wimfile", ctypes.c_char_p),
        ("total_streams", ctypes.c_uint64),
        ("total_bytes", ctypes.c_uint64),
        ("completed_streams", ctypes.c_uint64),
        ("completed_bytes", ctypes.c_uint64),
    )


class _Extract(ctypes.Structure):
    _fields_ = (
        ("image", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("wimfile", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("target", ctypes.c_char_p),
        ("reserved", ctypes.c_char_p),
        ("total_bytes", ctypes.c_uint64),
        ("completed_bytes", ctypes.c_uint64),
    )


class _ResourceEntry(ctypes.Structure):
    _fields_ = (
        ("uncompressed_size", ctypes.c_uint64),
        ("compressed_size", ctypes.c_uint64),
        ("offset", ctypes.c_uint64),
        ("sha1_hash", ctypes.c_uint8 * _SHA1_BYTES),
        ("part_number", ctypes.c_uint32),
        ("reference_count", ctypes.c_uint32),
        ("is_compressed", ctypes.c_uint32, 1),
        ("is_metadata", ctypes.c_uint32, 1),
        ("other_flags", ctypes.c_uint32, 30),
        ("raw_resource_offset_in_wim", ctypes.c_uint64),
        ("raw_resource_compressed_size", ctypes.c_uint64),
        ("raw_resource_uncompressed_size", ctypes.c_uint64),
        ("reserved", ctypes.c_uint64),
    )


class _StreamEntry(ctypes.Structure):
    _fields_ = (
        ("stream_name", ctypes.c_char_p),
        ("resource", _ResourceEntry),
        ("reserved", ctypes.c_uint64 * 4),
    )


class _WimInfo(ctypes.Structure):
    _fields_ = (
        ("guid", ctypes.c_uint8 * 16),
        ("image_count", ctypes.c_uint32),
        ("boot_index", ctypes.c_uint32),
        ("version", ctypes.c_uint32),
        ("chunk_size", ctypes.c_uint32),
        ("part_number", ctypes.c_uint16),
        ("total_parts", ctypes.c_uint16),
        ("compression_type", ctypes.c_int32),
        ("total_bytes", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 9),
    )


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _DirEntry(ctypes.Structure):
    _fields_ = (
        ("filename", ctypes.c_char_p),
        ("dos_name", ctypes.c_char_p),
        ("full_path", ctypes.c_char_p),
        ("depth", ctypes.c_size_t),
        ("security_descriptor", ctypes.c_void_p),
        ("security_descriptor_size", ctypes.c_size_t),
        ("attributes", ctypes.c_uint32),
        ("reparse_tag", ctypes.c_uint32),
        ("num_links", ctypes.c_uint32),
        ("num_named_streams", ctypes.c_uint32),
        ("hard_link_group_id", ctypes.c_uint64),
        ("times", _Timespec * 3),
        ("unix", ctypes.c_uint32 * 4),
        ("object_id", ctypes.c_uint8 * 64),
        ("times_high", ctypes.c_int32 * 3),
        ("reserved2", ctypes.c_int32),
        ("reserved", ctypes.c_uint64 * 4),
        ("streams", _StreamEntry * 0),
    )


_SCAN_DENTRY = int(Message.SCAN_DENTRY)
_STATUS_OFFSET = _Scan.status.offset
_ENTRIES_PER_REPORT = 256
_read_int = ctypes.c_int.from_address

_ProgressFunction = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_DirEntryFunction = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_DirEntry), ctypes.c_void_p)
_ResourceFunction = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_ResourceEntry), ctypes.c_void_p)

_text, _int, _handle = ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p
_handle_out = ctypes.POINTER(ctypes.c_void_p)

# name: (result is an error code, result type, argument types)
_FUNCTIONS: dict[str, tuple[bool, Any, tuple[Any, ...]]] = {
    "wimlib_get_version": (False, ctypes.c_uint32, ()),
    "wimlib_get_error_string": (False, _text, (_int,)),
    "wimlib_global_init": (True, _int, (_int,)),
    "wimlib_set_error_file_by_name": (True, _int, (_text,)),
    "wimlib_create_new_wim": (True, _int, (_int, _handle_out)),
    "wimlib_open_wim_with_progress": (
        True,
        _int,
        (_text, _int, _handle_out, _ProgressFunction, _handle),
    ),
    "wimlib_free": (False, None, (_handle,)),
    "wimlib_register_progress_function": (False, None, (_handle, _ProgressFunction, _handle)),
    "wimlib_add_image": (True, _int, (_handle, _text, _text, _text, _int)),
    "wimlib_set_image_property": (True, _int, (_handle, _int, _text, _text)),
    "wimlib_get_image_property": (False, _text, (_handle, _int, _text)),
    "wimlib_get_wim_info": (True, _int, (_handle, ctypes.POINTER(_WimInfo))),
    "wimlib_write_to_fd": (True, _int, (_handle, _int, _int, _int, ctypes.c_uint)),
    "wimlib_extract_image": (True, _int, (_handle, _int, _text, _int)),
    "wimlib_write": (True, _int, (_handle, _text, _int, _int, ctypes.c_uint)),
    "wimlib_export_image": (True, _int, (_handle, _int, _handle, _text, _text, _int)),
    "wimlib_reference_resources": (True, _int, (_handle, _handle_out, ctypes.c_uint, _int)),
    "wimlib_reference_template_image": (True, _int, (_handle, _int, _handle, _int, _int)),
    "wimlib_reference_resource_files": (
        True,
        _int,
        (_handle, ctypes.POINTER(_text), ctypes.c_uint, _int, _int),
    ),
    "wimlib_split": (True, _int, (_handle, _text, ctypes.c_uint64, _int)),
    "wimlib_verify_wim": (True, _int, (_handle, _int)),
    "wimlib_iterate_dir_tree": (
        True,
        _int,
        (_handle, _int, _text, _int, _DirEntryFunction, _handle),
    ),
    "wimlib_delete_path": (True, _int, (_handle, _int, _text, _int)),
    "wimlib_iterate_lookup_table": (True, _int, (_handle, _int, _ResourceFunction, _handle)),
}


class Library:
    """A loaded libwim, its functions declared and its error messages collected."""

    def __init__(self) -> None:
        """Load libwim; raise `BackendUnavailable` if it is missing, too old or incomplete."""
        loaded, self.name = _load()
        self._functions: dict[str, Any] = {}
        for name, (returns_code, result, arguments) in _FUNCTIONS.items():
            try:
                function = getattr(loaded, name)
            except AttributeError:
                raise BackendUnavailable(
                    f"{self.name} is no usable libwim: it has no function {name}", hint=_INSTALL
                ) from None
            function.argtypes = arguments
            function.restype = result
            if returns_code:
                function.errcheck = self._check
            self._functions[name] = function
        self._refuse_old()
        # libwim only writes its messages to a file that it opens by name.
        self._log = os.memfd_create("libwim-messages")
        self._read = 0
        with suppress(LibwimError):  # built without error messages
            self("wimlib_set_error_file_by_name", f"/proc/self/fd/{self._log}".encode())
        self("wimlib_global_init", _IGNORE_CASE)

    def __call__(self, name: str, *arguments: object) -> Any:
        """Call a function by name; raise `LibwimError` if it returns an error code."""
        return self._functions[name](*arguments)

    def new_warnings(self) -> list[str]:
        """Return the warnings that libwim wrote since the last call."""
        log = self._new_messages()
        self._read += len(log)
        # Not splitlines: names of files may hold other ends of lines.
        lines = log.decode(errors="replace").replace("\r", "\n").split("\n")
        mark = "[WARNING] "
        return [line.removeprefix(mark).strip() for line in lines if line.startswith(mark)]

    @contextmanager
    def new_wim(
        self, compression: str, on_progress: Callable[[Progress], None]
    ) -> Generator[Wim, None, None]:
        """Make an empty WIM in memory; `compression` is none, xpress, lzx or solid."""
        with self._wim(on_progress) as wim:
            wim.create(_COMPRESSION_TYPES[compression])
            yield wim

    @contextmanager
    def open_wim(
        self,
        path: str,
        on_progress: Callable[[Progress], None] | None = None,
        *,
        check_integrity: bool = False,
    ) -> Generator[Wim, None, None]:
        """Open a WIM file for reading, its integrity table compared first if that is asked for."""
        with self._wim(on_progress or _ignore) as wim:
            wim.open(path, _OPEN_CHECK_INTEGRITY if check_integrity else 0)
            yield wim

    @contextmanager
    def _wim(self, on_progress: Callable[[Progress], None]) -> Generator[Wim, None, None]:
        wim = Wim(self, on_progress)
        try:
            yield wim
        finally:
            wim.free()

    def _check(self, code: int, _function: object, _arguments: object) -> int:
        if code:
            number = ctypes.get_errno()
            text = self("wimlib_get_error_string", code).decode(errors="replace")
            log = self._new_messages()[-_LOG_BYTES:].decode(errors="replace")
            raise LibwimError(code, text, number, log)
        return code

    def _new_messages(self) -> bytes:
        """Return what libwim wrote since its warnings were last asked for."""
        return os.pread(self._log, os.fstat(self._log).st_size - self._read, self._read)

    def _refuse_old(self) -> None:
        packed = self("wimlib_get_version")
        version = (packed >> 20, packed >> 10 & 1023, packed & 1023)
        self.version = _dotted(version)
        if version < MINIMUM_VERSION:
            raise BackendUnavailable(
                f"{self.name} is version {_dotted(version)}, "
                f"and {_dotted(MINIMUM_VERSION)} is the oldest that works",
                hint=_INSTALL,
            )


class Wim:
    """A WIM in memory or in a file; made by `Library`, freed by its context manager."""

    def __init__(self, library: Library, on_progress: Callable[[Progress], None]) -> None:
        self._library = library
        self._on_progress = on_progress
        self._raised: BaseException | None = None
        self._entries = 0
        self._handle = ctypes.c_void_p()
        # libwim keeps the pointer: the callback object has to live as long as the handle.
        self._callback = _ProgressFunction(self._progress)

    def create(self, compression_type: int) -> None:
        """Make this an empty WIM."""
        self._library("wimlib_create_new_wim", compression_type, ctypes.byref(self._handle))
        self._library("wimlib_register_progress_function", self._handle, self._callback, None)

    def open(self, path: str, flags: int = 0) -> None:
        """Make this the WIM of a file."""
        target = ctypes.byref(self._handle)
        function = "wimlib_open_wim_with_progress"
        self._library(function, os.fsencode(path), flags, target, self._callback, None)

    def free(self) -> None:
        """Close files and give memory back."""
        self._library("wimlib_free", self._handle)

    def add_image(self, source: str, name: str, config: str, *, ntfs: bool) -> None:
        """Scan an unmounted NTFS volume, or a folder, and add it as the last image.

        `config` is the path of a file that says what is left out.
        """
        flags = _ADD_FLAGS | (_ADD_NTFS if ntfs else 0)
        self._call("wimlib_add_image", os.fsencode(source), name.encode(), config.encode(), flags)

    def export_image(self, image: int, target: Wim, name: str) -> None:
        """Add an image of this WIM to another, which needs this one open until it is written."""
        self._call("wimlib_export_image", image, target._handle, name.encode(), None, 0)

    def use_data_of(self, base: Wim) -> None:
        """Take over compressed data from another WIM; it stays open until this one is written."""
        handles = (ctypes.c_void_p * 1)(base._handle)
        target = ctypes.cast(handles, _handle_out)
        self._call("wimlib_reference_resources", target, 1, 0)

    def use_template(self, image: int, base: Wim, base_image: int) -> None:
        """Take a file for unchanged, and do not read it, where an older image has it so."""
        self._call("wimlib_reference_template_image", image, base._handle, base_image, 0)

    def use_parts(self, pattern: str) -> None:
        """Take the other parts of a split WIM into account."""
        patterns = (ctypes.c_char_p * 1)(os.fsencode(pattern))
        # 1: the pattern is a glob; 0x100 would make a glob without a match an error.
        self._call("wimlib_reference_resource_files", patterns, 1, 1, 0)

    def split(self, path: str, size: int) -> None:
        """Write the parts of a split WIM: the first to `path`, the others numbered beside it."""
        self._call("wimlib_split", os.fsencode(path), size, 0)

    def set_property(self, image: int, name: str, value: str) -> None:
        """Set an element of an image's XML, nested by `/`."""
        self._call("wimlib_set_image_property", image, name.encode(), value.encode())

    def number(self, image: int, name: str) -> int:
        """Return an element of an image's XML that is a number, 0 if there is none."""
        value = self._library("wimlib_get_image_property", self._handle, image, name.encode())
        return int(value) if value else 0

    def write(
        self, path: str, threads: int, *, integrity: bool = False, solid: bool = False
    ) -> None:
        """Write all images to a file, which is emptied first; 0 threads: one per processor."""
        flags = (_WRITE_INTEGRITY if integrity else 0) | (_WRITE_SOLID if solid else 0)
        self._call("wimlib_write", os.fsencode(path), _ALL_IMAGES, flags, threads)

    def text(self, image: int, name: str) -> str:
        """Return an element of an image's XML, empty if there is none."""
        value = self._library("wimlib_get_image_property", self._handle, image, name.encode())
        return value.decode(errors="replace") if value else ""

    def image_count(self) -> int:
        """Return how many images there are."""
        info = _WimInfo()
        self._library("wimlib_get_wim_info", self._handle, ctypes.byref(info))
        return int(info.image_count)

    def verify(self) -> None:
        """Read all metadata and file data, and compare them with their SHA-1."""
        self._call("wimlib_verify_wim", 0)

    def check_complete(self, image: int) -> None:
        """See that all data that an image's files name is there; `verify` reads what is there."""
        callback = _DirEntryFunction(lambda _entry, _context: 0)
        flags = _ITERATE_RECURSIVE | _ITERATE_RESOURCES_NEEDED
        self._call("wimlib_iterate_dir_tree", image, b"/", flags, callback, None)

    def stored_bytes(self) -> int:
        """Return the bytes that all file data takes in the file, metadata left out."""
        total = 0

        def add(entry: Any, _context: object) -> int:
            nonlocal total
            resource = entry[0]
            if not resource.is_metadata:
                total += resource.compressed_size
            return 0

        callback = _ResourceFunction(add)
        self._call("wimlib_iterate_lookup_table", 0, callback, None)
        return total

    def visit_data(self, image: int, each: Callable[[int, int], None]) -> None:
        """Call `each` with offset and stored size of all data of an image, as often as named.

        `each` must not raise.
        """

        def visit(entry: Any, _context: object) -> int:
            dentry = entry[0]
            at = ctypes.addressof(dentry) + _DirEntry.streams.offset
            for stream in (_StreamEntry * (dentry.num_named_streams + 1)).from_address(at):
                if stream.resource.offset:
                    each(stream.resource.offset, stream.resource.compressed_size)
            return 0

        callback = _DirEntryFunction(visit)
        self._call("wimlib_iterate_dir_tree", image, b"/", _ITERATE_RECURSIVE, callback, None)

    def visit_entries(self, image: int, each: Callable[[Entry], None]) -> None:
        """Call `each` with every file and folder of an image, the root first."""

        def visit(pointer: Any, _context: object) -> int:
            try:
                each(_entry_of(pointer[0]))
            except BaseException as error:  # an exception must not run through C
                self._raised = error
                return _ABORT
            return 0

        callback = _DirEntryFunction(visit)
        self._call("wimlib_iterate_dir_tree", image, b"/", _ITERATE_RECURSIVE, callback, None)

    def paths(self, image: int) -> list[str]:
        """Return the paths of all files and folders of an image."""
        found: list[bytes] = []

        def visit(pointer: Any, _context: object) -> int:
            found.append(pointer[0].full_path or b"")
            return 0

        callback = _DirEntryFunction(visit)
        self._call("wimlib_iterate_dir_tree", image, b"/", _ITERATE_RECURSIVE, callback, None)
        return [path.decode(errors="surrogateescape") for path in found]

    def forget_path(self, image: int, path: str) -> None:
        """Remove a file, or a folder with its content, in memory; the WIM's file stays as it is."""
        raw = path.encode(errors="surrogateescape")
        self._call("wimlib_delete_path", image, raw, _DELETE_FORCE | _DELETE_RECURSIVE)

    def hash_all(self) -> None:
        """Read all data that was added, for its SHA-1, and write nothing."""
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123
            self._call("wimlib_write_to_fd", nothing.fileno(), _ALL_IMAGES, _WRITE_PIPABLE, 1)

    def write_image(self, image: int, path: str) -> None:
        """Write one image to a file."""
        self._call("wimlib_write", os.fsencode(path), image, 0, 1)

    def extract_to_ntfs(self, image: int, volume: str) -> None:
        """Write an image's files to an unmounted NTFS volume."""
        self._call("wimlib_extract_image", image, os.fsencode(volume), _EXTRACT_NTFS)

    def _call(self, name: str, *arguments: object) -> None:
        try:
            self._library(name, self._handle, *arguments)
        finally:
            raised, self._raised = self._raised, None
            if raised is not None:
                raise raised

    def _progress(self, message: int, info: int | None, _context: object) -> int:
        # Called for every scanned file: most calls end here, after about a microsecond.
        if message == _SCAN_DENTRY and info is not None:
            self._entries += 1
            if self._entries % _ENTRIES_PER_REPORT and not _read_int(info + _STATUS_OFFSET).value:
                return _CONTINUE
        try:
            progress = _progress_of(message, info) if info is not None else None
            if progress is not None:
                self._on_progress(progress)
        except BaseException as error:  # an exception must not run through C
            self._raised = error
            return _ABORT
        return _CONTINUE


def _ignore(_: Progress) -> None:
    pass


def _entry_of(raw: Any) -> Entry:
    at = ctypes.addressof(raw) + _DirEntry.streams.offset
    descriptor = b""
    if raw.security_descriptor:
        descriptor = ctypes.string_at(raw.security_descriptor, raw.security_descriptor_size)
    # wimlib.h: creation, last write, last access.
    created, modified, accessed = (
        (time.tv_sec + _UNIX_EPOCH) * 10_000_000 + time.tv_nsec // 100 for time in raw.times
    )
    return Entry(
        path=_text_of(raw.full_path),
        short_name=_text_of(raw.dos_name or b""),
        attributes=raw.attributes,
        security=descriptor.hex(),
        reparse_tag=raw.reparse_tag,
        link_group=raw.hard_link_group_id if raw.num_links > 1 else 0,
        times=(created, modified, accessed),
        streams=tuple(
            Stream(
                name=_text_of(stream.stream_name or b""),
                size=stream.resource.uncompressed_size,
                sha1=bytes(stream.resource.sha1_hash).hex(),
                offset=stream.resource.offset,
            )
            for stream in (_StreamEntry * (raw.num_named_streams + 1)).from_address(at)
        ),
    )


def _text_of(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def _load() -> tuple[ctypes.CDLL, str]:
    chosen = os.environ.get(LIBRARY_VARIABLE)
    tried: list[str] = []
    for name in (chosen,) if chosen else _LIBRARY_NAMES:
        try:
            return ctypes.CDLL(name, use_errno=True), name
        except OSError as error:
            tried.append(f"{name} ({error})")
    raise BackendUnavailable(
        f"libwim cannot be loaded; tried {'; '.join(tried)}",
        hint=f"Correct or unset {LIBRARY_VARIABLE}." if chosen else _INSTALL,
    )


def _dotted(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))


def _progress_of(message: int, info: int) -> Progress | None:
    if message in {Message.SCAN_DENTRY, Message.SCAN_END}:
        scan = _Scan.from_address(info)
        status = scan.status if message == Message.SCAN_DENTRY else ScanStatus.OK
        return Progress(
            Message(message),
            scan.num_bytes_scanned,
            0,
            scan.num_dirs_scanned + scan.num_nondirs_scanned,
            status,
            (scan.cur_path or b"") if status else b"",
        )
    if message == Message.WRITE_STREAMS:
        written = _WriteStreams.from_address(info)
        return Progress(Message.WRITE_STREAMS, written.completed_bytes, written.total_bytes)
    if message == Message.VERIFY_STREAMS:
        read = _VerifyStreams.from_address(info)
        return Progress(Message.VERIFY_STREAMS, read.completed_bytes, read.total_bytes)
    if message == Message.EXTRACT_STREAMS:
        applied = _Extract.from_address(info)
        return Progress(Message.EXTRACT_STREAMS, applied.completed_bytes, applied.total_bytes)
    return None
