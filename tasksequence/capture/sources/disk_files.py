"""The files that a virtual disk is made of: itself, its parts, and what it builds on.

A disk names its other files itself, and whoever ran the machine may have written it: only files
in the disk's own folder are read, others when the person names them.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import attrs

from tasksequence.capture.sources._disk_headers import (
    Extent,
    Named,
    read_qcow2,
    read_vmdk,
    vhd_type,
    vhdx_has_parent,
)
from tasksequence.capture.sources.disk_format import RAW, disk_format, guessed_format
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError

__all__ = ["DiskFile", "disk_files"]

_LONGEST_CHAIN = 200
_FILES = frozenset({"file", "host_device", RAW})
_FORMATS = frozenset({"qcow2", "vmdk", "vhdx", "vpc", "vdi"})
_DIFFERENCING = 4
_CHECKPOINT = (
    "Merge it first: in Hyper-V delete the checkpoint, or `Merge-VHD`; then name the merged disk."
)
_MISSING = 0x80070002
_DAMAGED = 0x80070570


@attrs.frozen(kw_only=True)
class DiskFile:
    """One file or device of a disk, with what it builds on."""

    path: str
    """Absolute."""
    format: str
    """QEMU's name: raw, vpc (VHD), vhdx, vmdk, qcow2 or vdi."""
    parts: tuple[str, ...] = ()
    """Files that hold parts of its content (the extents of a VMDK, the data file of a qcow2)."""
    backing: DiskFile | None = None
    """The parent of a snapshot."""

    def chain(self) -> Iterator[DiskFile]:
        """Yield this file and what it builds on, the oldest last."""
        layer: DiskFile | None = self
        while layer is not None:
            yield layer
            layer = layer.backing

    def paths(self) -> list[str]:
        """Return all files that are read, this one first."""
        return [path for layer in self.chain() for path in (layer.path, *layer.parts)]

    def node(self, *, writable: bool = False, chained: bool = True) -> dict[str, Any]:
        """Return it as QEMU's block device, which opens no other file than these.

        Without `chained` it is this file alone, and what is in its parents is missing.
        """
        node: dict[str, Any] = {"driver": self.format, "file": _file_node(self.path, writable)}
        node["read-only"] = not writable
        if self.format in {"qcow2", "vmdk"}:
            parent = self.backing if chained else None
            node["backing"] = None if parent is None else parent.node()
        if self.format == "qcow2" and self.parts:
            node["data-file"] = _file_node(self.parts[0], writable)
        return node


def disk_files(
    disk: str, form: str | None = None, allow_backing: Iterable[str | os.PathLike[str]] = ()
) -> DiskFile:
    """Return the files of a disk, all of which are there and may be read.

    `form` is its format, None to tell it; `allow_backing` are files, or folders of files, outside
    the disk's own folder that it may be made of. Raises `VolumeError`.
    """
    return _Finder(disk, allow_backing).found(form)


class _Finder:
    def __init__(self, disk: str, allowed: Iterable[str | os.PathLike[str]]) -> None:
        self._disk = disk
        self._own = {
            os.path.realpath(os.path.dirname(os.path.abspath(disk))),  # noqa: PTH100, PTH120
            os.path.dirname(os.path.realpath(disk)),  # noqa: PTH120
        }
        self._allowed = [os.path.realpath(one) for one in allowed]
        self._seen: list[str] = []

    def found(self, form: str | None) -> DiskFile:
        return self._layer(os.path.abspath(self._disk), disk_format(self._disk, form))  # noqa: PTH100

    def _layer(self, path: str, form: str) -> DiskFile:
        self._seen.append(os.path.realpath(path))
        if len(self._seen) > _LONGEST_CHAIN:
            raise self._wrong(f"it builds on more than {_LONGEST_CHAIN} other disks")
        if form == RAW:
            return DiskFile(path=path, format=form)
        named = self._named(path, form)
        parts = [self._part(path, extent) for extent in named.extents]
        if named.data_file is not None:
            parts.append(self._beside(path, named.data_file, "content"))
        backing = None
        if named.backing is not None:
            below = self._beside(path, named.backing, "parent")
            if os.path.realpath(below) in self._seen:
                raise self._wrong("the disks that it builds on run in a ring")
            backing = self._layer(below, self._backing_format(below, path, named))
        return DiskFile(path=path, format=form, parts=tuple(parts), backing=backing)

    def _named(self, path: str, form: str) -> Named:
        try:
            with open(path, "rb") as stream:  # noqa: PTH123
                if form == "qcow2":
                    named = read_qcow2(stream)
                    if named.encrypted:
                        raise VolumeError(
                            "the disk is encrypted",
                            where=path,
                            hint="Decrypt it first, for instance with `qemu-img convert`, and name "
                            "the copy.",
                            hresult=0x80070032,
                        )
                    return named
                if form == "vmdk":
                    return read_vmdk(stream)
                self._refuse_checkpoint(path, form, stream)
        except ValueError as error:
            raise self._wrong(str(error)) from None
        except OSError as error:
            raise VolumeError(
                f"the disk cannot be read: {error.strerror}",
                where=path,
                hresult=hresult_of_errno(error.errno),
            ) from None
        return Named()

    def _refuse_checkpoint(self, path: str, form: str, stream: BinaryIO) -> None:
        if form == "vhdx":
            is_child = vhdx_has_parent(stream)
        elif form == "vpc":
            kind, is_whole = vhd_type(stream)
            is_child = kind == _DIFFERENCING
            # A device may go on behind the disk that is on it.
            is_device = stat.S_ISBLK(os.fstat(stream.fileno()).st_mode)
            if kind is not None and not is_whole and not is_device:
                raise VolumeError(
                    "the disk is cut off: a VHD ends with a footer, and this one does not",
                    where=path,
                    hint="Copy the file again; the copy ended early, or the disk was full.",
                    hresult=0x80070026,
                )
        else:
            return
        if is_child:
            raise VolumeError(
                "this disk is a checkpoint (a differencing disk): the rest of its content is in "
                "its parent",
                where=path,
                hint=_CHECKPOINT,
                hresult=0x80070032,
            )

    def _part(self, path: str, extent: Extent) -> str:
        part = self._beside(path, extent.name, "part")
        try:
            with open(part, "rb") as stream:  # noqa: PTH123
                head = stream.read(20)
                size = stream.seek(0, os.SEEK_END)
        except OSError as error:
            raise self._wrong(f"its part {part} cannot be read: {error.strerror}") from None
        if extent.kind in {"FLAT", "VMFS"} and size < extent.offset + extent.size:
            raise VolumeError(
                f"the disk is cut off: its part {part} should have "
                f"{extent.offset + extent.size:,} bytes, and has {size:,}",
                where=self._disk,
                hint="Copy the file again; the copy ended early, or the disk was full.",
                hresult=0x80070026,
            )
        if head[:4] == b"KDMV" and not any(head[12:20]) and extent.kind not in {"FLAT", "VMFS"}:
            raise self._wrong(f"its part {part} is a descriptor of other files")
        return part

    def _backing_format(self, path: str, child: str, says: Named) -> str:
        named = says.backing_format
        if named is None:
            return self._told_format(path, child, says.backing or path)
        if named in _FILES:
            return RAW
        if named not in _FORMATS:
            raise self._wrong(f"it builds on {path} as {named!r}, which cannot be read")
        if named != "vmdk" or guessed_format(path) == "vmdk":
            return named
        raise self._wrong(f"it builds on {path}, which is no VMDK")

    def _told_format(self, path: str, child: str, name: str) -> str:
        """Tell the format of a parent that the disk on it does not say."""
        found = guessed_format(path)
        try:
            return disk_format(path)
        except VolumeError as error:
            # --format is of the first disk alone: a parent's format stands in its child.
            raise VolumeError(
                error.problem,
                where=error.where,
                hint="Let the disk that builds on it name its format: `qemu-img rebase -u -F "
                f"{found} -b {shlex.quote(name)} {shlex.quote(child)}`, or -F raw if what ran in "
                "the machine may have written that head.",
                hresult=error.hresult,
            ) from None

    def _beside(self, path: str, name: str, what: str) -> str:
        """Return the path of a file that another names, when it may be read."""
        name = _plain_name(name)
        # As QEMU reads names: what has a colon before the first slash is an address.
        if name.replace(":", "/").find("/") != name.find("/"):
            raise VolumeError(
                f"the {what} of this disk is named {name!r}, which is no file of this machine",
                where=self._disk,
                hint="Copy all files of the disk into one folder, and let it name them without a "
                "folder (`qemu-img rebase -u`), or merge the disk in the hypervisor first.",
                hresult=_MISSING,
            )
        found = os.path.join(os.path.dirname(path), name)  # noqa: PTH118, PTH120
        real = os.path.realpath(found)
        is_allowed = any(
            real == one or real.startswith(one.rstrip("/") + "/") for one in self._allowed
        )
        if not is_allowed and os.path.dirname(real) not in self._own:  # noqa: PTH120
            raise VolumeError(
                f"this disk names {found} as its {what}, which is outside of its folder",
                where=self._disk,
                hint="A disk may name any file of this machine. If that file belongs to it: "
                f"--allow-backing '{real}'.",
                hresult=0x80070005,
            )
        try:
            mode = os.stat(real).st_mode  # noqa: PTH116
        except OSError as error:
            raise self._absent(found, what, error) from None
        if not stat.S_ISREG(mode) and not (is_allowed and stat.S_ISBLK(mode)):
            raise self._wrong(f"its {what} {found} is no file")
        return found

    def _absent(self, path: str, what: str, error: OSError) -> VolumeError:
        if what == "parent":
            return VolumeError(
                "this disk is a snapshot, and the disk that it builds on cannot be opened: "
                f"{path}: {error.strerror}",
                where=self._disk,
                hint="Put the parent back to where the snapshot looks for it, or merge the chain "
                "in the hypervisor first.",
                hresult=_MISSING,
            )
        return VolumeError(
            f"the {what} {path} of this disk cannot be opened: {error.strerror}",
            where=self._disk,
            hint="Copy all files of the disk into one folder.",
            hresult=_MISSING,
        )

    def _wrong(self, what: str) -> VolumeError:
        return VolumeError(
            f"the virtual disk cannot be opened: {what}",
            where=self._disk,
            hint="Copy it again with all its files, or merge it in the hypervisor first.",
            hresult=_DAMAGED,
        )


def _plain_name(name: str) -> str:
    """Return the file that a name in JSON means, when it says no more than a file; else the name.

    QEMU writes `json:` for names that it would otherwise read as an address.
    """
    if not name.startswith("json:"):
        return name
    try:
        node = json.loads(name.removeprefix("json:"))
        file = node.pop("file", {})
        named = {
            "driver": "file",
            **file,
            **{key[5:]: node[key] for key in node if key[:5] == "file."},
        }
        plain = {key: value for key, value in node.items() if key[:5] != "file."}
    except (ValueError, AttributeError, TypeError):
        return name
    path = named.pop("filename", None)
    is_plain = named == {"driver": "file"} and plain.keys() <= {"driver"} and isinstance(path, str)
    # A dot before it, so that what follows is a path whatever it contains.
    return (path if path.startswith("/") else f"./{path}") if is_plain else name


def _file_node(path: str, writable: bool) -> dict[str, Any]:
    is_device = stat.S_ISBLK(os.stat(path).st_mode)  # noqa: PTH116
    # The driver is named: a path like `nbd:…` is a file's and nothing else.
    driver = "host_device" if is_device else "file"
    return {"driver": driver, "filename": path, "read-only": not writable}
