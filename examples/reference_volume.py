"""Make an NTFS volume in a file that looks like the system volume of a Windows machine.

    python examples/reference_volume.py PATH [--size MB] [--files N] [--seed N]

Nothing in it comes from Windows: names, contents and permissions are made up from the seed, so
the same arguments give the same tree. Nothing is mounted either: the tree is written as an
uncompressed WIM, and `wimlib-imagex apply` puts that onto a volume fresh from `mkntfs`. This needs
neither root nor FUSE, and the standard library alone.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

__all__ = ["MissingProgramError", "build"]

_T = TypeVar("_T")

MEGABYTE = 1 << 20

READONLY, HIDDEN, SYSTEM, DIRECTORY, ARCHIVE = 0x1, 0x2, 0x4, 0x10, 0x20
SPARSE, REPARSE_POINT, COMPRESSED, NOT_CONTENT_INDEXED = 0x200, 0x400, 0x800, 0x2000
MOUNT_POINT_TAG, SYMBOLIC_LINK_TAG = 0xA0000003, 0xA000000C


class MissingProgramError(RuntimeError):
    """A program that builds the volume is not installed."""


def build(path: Path | str, *, megabytes: int = 220, files: int = 4000, seed: int = 1) -> None:
    """Write the volume to `path`, replacing what is there.

    It holds at least `megabytes` of file content in at least `files` file names; a sparse file
    and whatever is stored twice come on top. Raises `MissingProgramError` where mkntfs or
    wimlib-imagex is not installed.
    """
    image = Path(path)
    mkntfs = _program("mkntfs", "ntfs-3g")
    wimlib = _program("wimlib-imagex", "wimtools")
    scratch = image.with_name(f"{image.name}.tree.wim")
    unfinished = image.with_name(f"{image.name}.unfinished")
    try:
        with scratch.open("wb") as stream:
            wim = _WimWriter(stream)
            tree = _Tree(wim, random.Random(seed))  # noqa: S311 - made-up contents, no secret
            _plant_features(tree)
            _fill(tree, megabytes * MEGABYTE, files)
            wim.finish(tree.root)
        unfinished.unlink(missing_ok=True)
        with unfinished.open("xb") as stream:
            stream.truncate((megabytes * 5 // 4 + 64) * MEGABYTE)
        _run(mkntfs, "--fast", "--force", "--quiet", "--label", "System", unfinished)
        _run(wimlib, "apply", scratch, "1", unfinished)
        unfinished.replace(image)
    finally:
        scratch.unlink(missing_ok=True)
        unfinished.unlink(missing_ok=True)


def _program(name: str, package: str) -> str:
    # The administrators' folders are not on an ordinary user's PATH, but mkntfs lies there.
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = shutil.which(name, path=places)
    if found is None:
        raise MissingProgramError(f"{name} is not installed; on Debian: apt-get install {package}")
    return found


def _run(*command: str | Path) -> None:
    done = subprocess.run(  # noqa: S603 - a program from _program with our own arguments
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}):\n{done.stderr.strip()}")


# --- the tree -----------------------------------------------------------------------------------


@dataclass(eq=False)
class _Node:
    """A file or folder, whatever number of names it has."""

    attributes: int
    security: int
    times: tuple[int, int, int]
    """Creation, last access, last write: FILETIME, 100 ns since 1601."""
    data: bytes | None = None
    """SHA-1 of the contents or of the reparse data; None for a folder or an empty file."""
    streams: dict[str, bytes | None] = field(default_factory=dict)
    reparse_tag: int = 0
    children: dict[str, _Node] = field(default_factory=dict)
    short_names: dict[str, str] = field(default_factory=dict)
    names: int = 0


class _Tree:
    """Adds files and folders by path (with backslashes), inventing their times."""

    def __init__(self, wim: _WimWriter, rng: random.Random) -> None:
        self.wim = wim
        self.rng = rng
        self.contents = _Contents(rng)
        self.names = 0
        self.bytes = 0
        self.root = _Node(DIRECTORY | HIDDEN | SYSTEM, wim.security(_ROOT_FOLDER), self._times())

    def folder(self, path: str, attributes: int = 0, security: bytes | None = None) -> _Node:
        """Return the folder, made with its parents where it is not there yet."""
        node = self.root
        *parents, last = path.split("\\")
        for name in parents:
            node = node.children.get(name) or self._attach(node, name, self._new(DIRECTORY))
        return node.children.get(last) or self._attach(
            node, last, self._new(DIRECTORY | attributes, security)
        )

    def file(
        self, path: str, data: bytes, attributes: int = ARCHIVE, security: bytes | None = None
    ) -> _Node:
        """Add a file."""
        node = self._new(attributes, security)
        node.data = self.wim.add(data)
        self.names += 1
        self.bytes += 0 if attributes & SPARSE else len(data)
        return self._put(path, node)

    def link(self, path: str, node: _Node) -> None:
        """Give a file one more name."""
        self.names += 1
        self._put(path, node)

    def stream(self, node: _Node, name: str, data: bytes) -> None:
        """Add an alternate data stream."""
        node.streams[name] = self.wim.add(data)

    def short_name(self, path: str, short: str) -> None:
        """Give the file or folder a DOS name."""
        parent, _, name = path.rpartition("\\")
        folder = self.folder(parent) if parent else self.root
        folder.short_names[name] = short

    def reparse_point(self, path: str, attributes: int, tag: int, data: bytes) -> None:
        """Add a reparse point; `data` is what follows tag and length on the volume."""
        node = self._new(attributes | REPARSE_POINT)
        node.reparse_tag = tag
        node.data = self.wim.add(data)
        self._put(path, node)

    def _put(self, path: str, node: _Node) -> _Node:
        parent, _, name = path.rpartition("\\")
        return self._attach(self.folder(parent) if parent else self.root, name, node)

    def _attach(self, folder: _Node, name: str, node: _Node) -> _Node:
        if name in folder.children:
            raise ValueError(f"{name!r} is there already")
        folder.children[name] = node
        node.names += 1
        return node

    def _new(self, attributes: int, security: bytes | None = None) -> _Node:
        if security is None:
            security = _INHERITED_FOLDER if attributes & DIRECTORY else _INHERITED_FILE
        return _Node(attributes, self.wim.security(security), self._times())

    def _times(self) -> tuple[int, int, int]:
        year = 365 * 86400 * 10**7
        created = 133_000_000_000_000_000 + self.rng.randrange(year)  # from June 2022 on
        written = created + self.rng.randrange(1, year)
        return created, written + self.rng.randrange(1, year), written


def _plant_features(tree: _Tree) -> None:
    """Add one of everything that a capture must preserve."""
    text, program, noise = tree.contents.text, tree.contents.program, tree.contents.noise

    tree.folder("Windows", security=_TRUSTED_FOLDER)
    tree.folder(r"Windows\System32", security=_TRUSTED_FOLDER)
    tree.folder(r"Windows\WinSxS", security=_TRUSTED_FOLDER)
    tree.folder("Program Files", READONLY, _TRUSTED_FOLDER)
    tree.folder("ProgramData", HIDDEN | NOT_CONTENT_INDEXED)
    tree.folder("Users", READONLY)
    tree.folder(r"Users\reference", security=_PROFILE_FOLDER)
    for path, short in (("Program Files", "PROGRA~1"), ("ProgramData", "PROGRA~2")):
        tree.short_name(path, short)

    # What lies at the root of every system volume, and what a capture leaves out.
    tree.file("pagefile.sys", noise(256 * 1024), HIDDEN | SYSTEM | ARCHIVE, _SYSTEM_ONLY)
    tree.file("bootmgr", program(400_000), READONLY | HIDDEN | SYSTEM | ARCHIVE, _TRUSTED_FILE)
    config = tree.folder(r"Windows\System32\config", security=_SYSTEM_ONLY)
    tree.stream(config, "note", "a stream on a folder".encode("utf-16-le"))
    tree.file(r"Windows\System32\config\SYSTEM", program(300_000), ARCHIVE, _SYSTEM_ONLY)

    # Contents: empty, some bytes, several megabytes, sparse, compressed by the file system.
    tree.file(r"ProgramData\empty.dat", b"")
    tree.file(r"ProgramData\tiny.dat", b"x")
    tree.file(r"Windows\System32\imageres.dll", program(5 * MEGABYTE), ARCHIVE, _TRUSTED_FILE)
    sparse = bytearray(8 * MEGABYTE)
    sparse[3 * MEGABYTE : 3 * MEGABYTE + 65536] = noise(65536)
    tree.file(r"ProgramData\journal.sparse", bytes(sparse), ARCHIVE | SPARSE)
    tree.folder(r"Windows\Logs", COMPRESSED)
    for number in range(3):
        tree.file(rf"Windows\Logs\setup{number}.log", text(90_000), ARCHIVE | COMPRESSED)

    # Attributes and permissions.
    tree.file(r"Users\reference\desktop.ini", text(282), HIDDEN | SYSTEM | ARCHIVE)
    tree.file(r"Users\reference\read only.txt", text(700), READONLY)
    tree.file(r"Users\reference\no attributes.txt", text(900), attributes=0)
    tree.file(r"Users\reference\audited.txt", text(1200), security=_AUDITED_FILE)
    tree.file(r"Users\reference\nobody may.txt", text(1300), security=_EMPTY_DACL_FILE)

    # Streams.
    zone = b"[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://downloads.example/%d\r\n"
    for number in range(5):
        download = tree.file(rf"Users\reference\Downloads\setup-{number}.exe", program(60_000))
        tree.stream(download, "Zone.Identifier", zone % number)
    several = tree.file(r"Users\reference\Documents\streams.txt", text(2000))
    tree.stream(several, "großer Strom", noise(200_000))
    tree.stream(several, "empty", b"")
    tree.stream(tree.file(r"Users\reference\only a stream.txt", b""), "content", text(5000))

    # One file under four names in four folders.
    shared = tree.file(
        r"Windows\WinSxS\amd64_shell32_none\shell32.dll", program(800_000), ARCHIVE, _TRUSTED_FILE
    )
    for name in (
        r"Windows\System32\shell32.dll",
        r"Windows\SysWOW64\shell32.dll",
        r"Program Files\Common Files\shell-copy.dll",
    ):
        tree.link(name, shared)

    # The links of a Windows volume, relative and absolute, to folders and to a file.
    link = HIDDEN | SYSTEM | NOT_CONTENT_INDEXED
    tree.reparse_point(
        "Documents and Settings", link | DIRECTORY, MOUNT_POINT_TAG, _junction(r"C:\Users")
    )
    tree.short_name("Documents and Settings", "DOCUME~1")
    tree.reparse_point(
        r"Users\All Users", link | DIRECTORY, SYMBOLIC_LINK_TAG, _symbolic_link(r"C:\ProgramData")
    )
    tree.reparse_point(
        r"ProgramData\latest.dat", ARCHIVE, SYMBOLIC_LINK_TAG, _symbolic_link("tiny.dat")
    )

    # Names: other scripts, characters outside the first plane, long names, a long path.
    for name in (
        "Übergrößenträger.txt",
        "文書と設定.txt",
        "Документы.txt",
        "report 📄🖋.txt",
        "ﬁn.txt",
    ):
        tree.file(rf"Users\reference\Documents\{name}", text(3000))
    tree.short_name(r"Users\reference\Documents\Übergrößenträger.txt", "BERGRE~1.TXT")
    tree.short_name(r"Users\reference\Documents\文書と設定.txt", "5E4A~1.TXT")
    tree.file("Users\\reference\\" + "long name " * 25 + ".txt", text(400))
    tree.file("Users\\reference\\" + "長" * 255, text(500))
    deep = "\\".join(["Users\\reference", *(f"level {n} " + "x" * 40 for n in range(8))])
    tree.file(deep + "\\at the end of a long path.txt", text(600))
    tree.folder(r"ProgramData\empty folder")


def _fill(tree: _Tree, size: int, files: int) -> None:
    """Add ordinary files until the tree holds `size` bytes in `files` names."""
    rng = tree.rng
    kinds = (_add_component, _add_program, _add_document, _add_settings)
    missing = max((files - tree.names) * 10 // 13, 40)  # three in ten add a second name
    weights = [rng.lognormvariate(0, 1.7) for _ in range(missing)]
    per_weight = max(size - tree.bytes, 0) / sum(weights)
    number = 0
    while tree.names < files or tree.bytes < size:
        wanted = int(weights[number % missing] * per_weight) + 64
        rng.choices(kinds, (30, 25, 30, 15))[0](tree, number, wanted)
        number += 1


def _add_component(tree: _Tree, number: int, size: int) -> None:
    """Add a file of Windows: it lies in WinSxS, and System32 names it again."""
    name = f"{tree.contents.word()}{number}.dll"
    component = f"amd64_{tree.contents.word()}-{number}_10.0.19041.1_none"
    node = tree.file(
        rf"Windows\WinSxS\{component}\{name}",
        tree.contents.program(size),
        ARCHIVE,
        _TRUSTED_FILE,
    )
    tree.link(rf"Windows\System32\{name}", node)


def _add_program(tree: _Tree, number: int, size: int) -> None:
    vendor = ("Contoso", "Fabrikam", "Northwind Traders", "Adventure Works")[number % 4]
    make, extension = tree.rng.choices(
        [(tree.contents.program, "dll"), (tree.contents.text, "xml"), (tree.contents.noise, "cab")],
        (6, 3, 2),
    )[0]
    path = (
        rf"Program Files\{vendor}\Module {number % 23}\{tree.contents.word()}{number}.{extension}"
    )
    tree.file(path, make(size))
    tree.short_name(path, f"FILE{number:04X}.{extension.upper()}")


def _add_document(tree: _Tree, number: int, size: int) -> None:
    user = ("reference", "Default", "Public")[number % 3]
    make, extension = tree.rng.choices(
        [(tree.contents.text, "txt"), (tree.contents.text, "html"), (tree.contents.noise, "jpg")],
        (4, 3, 3),
    )[0]
    name = f"{tree.contents.word()} {number}.{extension}"
    tree.file(rf"Users\{user}\Documents\Folder {number % 17}\{name}", make(size))


def _add_settings(tree: _Tree, number: int, size: int) -> None:
    folder = rf"ProgramData\Product {number % 40}"
    attributes = tree.rng.choice((ARCHIVE, ARCHIVE | NOT_CONTENT_INDEXED, ARCHIVE | HIDDEN))
    tree.file(rf"{folder}\settings{number}.ini", tree.contents.text(size), attributes)


def _junction(target: str) -> bytes:
    return _reparse_names("\\??\\" + target, target, b"", terminator=b"\0\0")


def _symbolic_link(target: str) -> bytes:
    relative = not target[1:].startswith(":")
    substitute = target if relative else "\\??\\" + target
    return _reparse_names(substitute, target, struct.pack("<I", relative), terminator=b"")


def _reparse_names(substitute: str, shown: str, flags: bytes, *, terminator: bytes) -> bytes:
    """Return the part that mount points and symbolic links share ([MS-FSCC] 2.1.2.4 and .5)."""
    first, second = substitute.encode("utf-16-le"), shown.encode("utf-16-le")
    lengths = struct.pack("<4H", 0, len(first), len(first) + len(terminator), len(second))
    return lengths + flags + first + terminator + second + terminator


# --- contents -----------------------------------------------------------------------------------


class _Contents:
    """Invents contents that compress about as well as those of a Windows volume.

    Blocks of 4 KB are made once and dealt out in random order, which is quick and still leaves
    a compressor little to find from one block to the next.
    """

    BLOCK = 4096

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        syllables = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "er")]
        self._words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(1500)]
        self._text = [self._text_block() for _ in range(300)]
        instructions = [rng.randbytes(rng.randint(1, 7)) for _ in range(700)]
        self._code = [self._code_block(instructions) for _ in range(300)]

    def word(self) -> str:
        """Return a made-up word."""
        return self._rng.choice(self._words)

    def text(self, size: int) -> bytes:
        """Return something like a log or settings file."""
        return self._deal(b"; %016x\r\n" % self._rng.getrandbits(64), self._text, size)

    def program(self, size: int) -> bytes:
        """Return something like a DLL: a header, code, tables, text in UTF-16, zeros."""
        header = b"MZ\x90\0" + bytes(124) + b"PE\0\0" + self._rng.randbytes(60)
        return self._deal(header, self._code, size)

    def noise(self, size: int) -> bytes:
        """Return what does not compress."""
        return self._rng.randbytes(size)

    def _deal(self, head: bytes, blocks: list[bytes], size: int) -> bytes:
        return (head + b"".join(self._rng.choices(blocks, k=size // self.BLOCK + 1)))[:size]

    def _text_block(self) -> bytes:
        lines = []
        length = 0
        while length < self.BLOCK:
            key, *value = self._frequent(self._words, self._rng.randint(2, 9))
            number = self._rng.randrange(10**6)
            lines.append(f'  <{key} id="{number}">{" ".join(value)}</{key}>\r\n')
            length += len(lines[-1])
        return "".join(lines).encode()[: self.BLOCK]

    def _code_block(self, instructions: list[bytes]) -> bytes:
        code = bytearray()
        for instruction in self._frequent(instructions, 420):
            code += instruction
            if self._rng.random() < 0.5:
                code += self._rng.randbytes(2) + b"\0\0"
        names = " ".join(self._frequent(self._words, 30)).encode("utf-16-le")
        return bytes(code + names).ljust(self.BLOCK, b"\0")[: self.BLOCK]

    def _frequent(self, things: list[_T], count: int) -> list[_T]:
        """Choose as words are in a language: the second half as often, the third a third as."""
        return self._rng.choices(things, [1 / n for n in range(1, len(things) + 1)], k=count)


# --- permissions --------------------------------------------------------------------------------

OBJECT_INHERIT, CONTAINER_INHERIT, INHERIT_ONLY, INHERITED = 0x01, 0x02, 0x08, 0x10
FULL, MODIFY, READ = 0x1F01FF, 0x1301BF, 0x1200A9
ALLOW, DENY, AUDIT, MANDATORY_LABEL = 0x00, 0x01, 0x02, 0x11


def _sid(text: str) -> bytes:
    authority, *parts = (int(part) for part in text.split("-")[2:])
    return struct.pack(">BBHI", 1, len(parts), 0, authority) + struct.pack(
        f"<{len(parts)}I", *parts
    )


def _ace(sid: bytes, mask: int, flags: int = 0, kind: int = ALLOW) -> bytes:
    return struct.pack("<BBHI", kind, flags, 8 + len(sid), mask) + sid


def _acl(aces: Iterable[bytes]) -> bytes:
    entries = list(aces)
    body = b"".join(entries)
    return struct.pack("<BBHHH", 2, 0, 8 + len(body), len(entries), 0) + body


def _descriptor(
    owner: bytes, group: bytes, dacl: Iterable[bytes], sacl: Iterable[bytes] = (), control: int = 0
) -> bytes:
    """Return a self-relative security descriptor ([MS-DTYP] 2.4.6)."""
    audit = list(sacl)
    control |= 0x8004 | (0x0010 if audit else 0)  # self-relative, DACL present, SACL present
    parts = [_acl(audit) if audit else b"", _acl(dacl), owner, group]
    offsets = [20 + sum(map(len, parts[:n])) if parts[n] else 0 for n in range(4)]
    sacl_at, dacl_at, owner_at, group_at = offsets
    header = struct.pack("<BBHIIII", 1, 0, control, owner_at, group_at, sacl_at, dacl_at)
    return header + b"".join(parts)


_LOCAL_SYSTEM = _sid("S-1-5-18")
_ADMINISTRATORS = _sid("S-1-5-32-544")
_USERS = _sid("S-1-5-32-545")
_EVERYONE = _sid("S-1-1-0")
_ALL_PACKAGES = _sid("S-1-15-2-1")
_TRUSTED_INSTALLER = _sid("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464")
_PERSON = _sid("S-1-5-21-1004336348-1177238915-682003330-1001")
_BOTH = OBJECT_INHERIT | CONTAINER_INHERIT
_PROTECTED, _AUTO_INHERITED = 0x1000, 0x0400  # control flags of the DACL

_ROOT_FOLDER = _descriptor(
    _TRUSTED_INSTALLER,
    _TRUSTED_INSTALLER,
    [
        _ace(_ADMINISTRATORS, FULL, _BOTH),
        _ace(_LOCAL_SYSTEM, FULL, _BOTH),
        _ace(_USERS, READ, _BOTH),
    ],
    control=_PROTECTED,
)
_TRUSTED_FOLDER = _descriptor(
    _TRUSTED_INSTALLER,
    _TRUSTED_INSTALLER,
    [
        _ace(_TRUSTED_INSTALLER, FULL, CONTAINER_INHERIT),
        _ace(_LOCAL_SYSTEM, MODIFY),
        _ace(_ADMINISTRATORS, MODIFY),
        _ace(_USERS, READ, _BOTH),
        _ace(_ALL_PACKAGES, READ, _BOTH | INHERIT_ONLY),
    ],
    control=_PROTECTED,
)
_TRUSTED_FILE = _descriptor(
    _TRUSTED_INSTALLER,
    _TRUSTED_INSTALLER,
    [
        _ace(_TRUSTED_INSTALLER, FULL),
        _ace(_ADMINISTRATORS, READ),
        _ace(_LOCAL_SYSTEM, READ),
        _ace(_USERS, READ),
        _ace(_ALL_PACKAGES, READ),
    ],
    control=_PROTECTED,
)
_INHERITED_FOLDER = _descriptor(
    _ADMINISTRATORS,
    _LOCAL_SYSTEM,
    [
        _ace(_ADMINISTRATORS, FULL, _BOTH | INHERITED),
        _ace(_LOCAL_SYSTEM, FULL, _BOTH | INHERITED),
        _ace(_USERS, READ, _BOTH | INHERITED),
    ],
    control=_AUTO_INHERITED,
)
_INHERITED_FILE = _descriptor(
    _ADMINISTRATORS,
    _LOCAL_SYSTEM,
    [
        _ace(_ADMINISTRATORS, FULL, INHERITED),
        _ace(_LOCAL_SYSTEM, FULL, INHERITED),
        _ace(_USERS, READ, INHERITED),
    ],
    control=_AUTO_INHERITED,
)
_PROFILE_FOLDER = _descriptor(
    _PERSON,
    _PERSON,
    [
        _ace(_LOCAL_SYSTEM, FULL, _BOTH),
        _ace(_ADMINISTRATORS, FULL, _BOTH),
        _ace(_PERSON, FULL, _BOTH),
    ],
    control=_PROTECTED,
)
_SYSTEM_ONLY = _descriptor(
    _LOCAL_SYSTEM,
    _LOCAL_SYSTEM,
    [_ace(_LOCAL_SYSTEM, FULL, _BOTH), _ace(_ADMINISTRATORS, FULL, _BOTH)],
)
_AUDITED_FILE = _descriptor(
    _PERSON,
    _USERS,
    [_ace(_EVERYONE, 0x10000, kind=DENY), _ace(_PERSON, FULL), _ace(_USERS, READ, INHERITED)],
    [_ace(_EVERYONE, 0x10000, 0xC0, AUDIT), _ace(_sid("S-1-16-12288"), 0x1, kind=MANDATORY_LABEL)],
    control=_AUTO_INHERITED,
)
_EMPTY_DACL_FILE = _descriptor(_PERSON, _USERS, [])


# --- the WIM ------------------------------------------------------------------------------------


class _WimWriter:
    """Writes one uncompressed image, laid out as Microsoft's "Windows Imaging File Format" says."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._blobs: dict[bytes, tuple[int, int]] = {}
        self._uses: dict[bytes, int] = {}
        self._descriptors: dict[bytes, int] = {}
        self._link_groups: dict[int, int] = {}
        stream.write(bytes(208))

    def security(self, descriptor: bytes) -> int:
        """Return the number that dentries use for a security descriptor."""
        return self._descriptors.setdefault(descriptor, len(self._descriptors))

    def add(self, data: bytes) -> bytes | None:
        """Store contents, once however often they come, and return their SHA-1 (None if empty)."""
        if not data:
            return None
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        if digest not in self._blobs:
            self._blobs[digest] = (self._stream.tell(), len(data))
            self._stream.write(data)
        return digest

    def finish(self, root: _Node) -> None:
        """Write what describes the contents: the folders, the table of contents, the header."""
        metadata = self._metadata(root)
        metadata_entry = _resource(self._stream.tell(), len(metadata), 0x02)
        self._stream.write(metadata)
        digest = hashlib.sha1(metadata, usedforsecurity=False).digest()
        table = [metadata_entry + struct.pack("<HI", 1, 1) + digest]
        for blob, (offset, size) in self._blobs.items():
            uses = struct.pack("<HI", 1, self._uses[blob])
            table.append(_resource(offset, size) + uses + blob)
        table_entry = _resource(self._stream.tell(), 50 * len(table))
        self._stream.write(b"".join(table))
        xml = '\ufeff<WIM><IMAGE INDEX="1"><NAME>reference</NAME></IMAGE></WIM>'.encode("utf-16-le")
        xml_entry = _resource(self._stream.tell(), len(xml))
        self._stream.write(xml)
        # Version 1.13, no flags; a fixed GUID; part 1 of 1; one image; none to boot from.
        header = struct.pack(
            "<8sIIII16sHHI", b"MSWIM", 208, 0x10D00, 0, 0, b"reference volume", 1, 1, 1
        )
        self._stream.seek(0)
        self._stream.write(header + table_entry + xml_entry)

    def _metadata(self, root: _Node) -> bytes:
        out = bytearray(self._security_block())
        self._dentry(out, "", "", root)
        out += bytes(8)
        self._children(out, root, len(out) - 8 - _dentry_size("", "") + 16)
        return bytes(out)

    def _security_block(self) -> bytes:
        sizes = [len(descriptor) for descriptor in self._descriptors]
        length = -(-(8 + 8 * len(sizes) + sum(sizes)) // 8) * 8
        head = struct.pack(f"<II{len(sizes)}Q", length, len(sizes), *sizes)
        return (head + b"".join(self._descriptors)).ljust(length, b"\0")

    def _children(self, out: bytearray, folder: _Node, offset_at: int) -> None:
        """Append the list of a folder's entries, and set where the folder's own entry points."""
        struct.pack_into("<Q", out, offset_at, len(out))
        folders = []
        for name, node in folder.children.items():
            if node.attributes & DIRECTORY and not node.reparse_tag:
                folders.append((node, len(out) + 16))
            self._dentry(out, name, folder.short_names.get(name, ""), node)
        out += bytes(8)
        for node, at in folders:
            self._children(out, node, at)

    def _dentry(self, out: bytearray, name: str, short: str, node: _Node) -> None:
        long_name, short_name = name.encode("utf-16-le"), short.encode("utf-16-le")
        out += struct.pack(
            "<QIiQ16xQQQ20s4x",
            _dentry_size(name, short),
            node.attributes,
            node.security,
            0,
            *node.times,
            self._use(node.data),
        )
        if node.reparse_tag:
            out += struct.pack("<IHH", node.reparse_tag, 0, 1)  # 1: the target is as it was
        else:
            out += struct.pack("<Q", self._link_group(node))
        out += struct.pack("<HHH", len(node.streams), len(short_name), len(long_name))
        out += long_name + b"\0\0" if name else b""
        out += short_name + b"\0\0" if short else b""
        out += bytes(-len(out) % 8)
        for stream, data in node.streams.items():
            encoded = stream.encode("utf-16-le")
            length = -(-(38 + len(encoded) + 2) // 8) * 8
            entry = struct.pack("<QQ20sH", length, 0, self._use(data), len(encoded)) + encoded
            out += entry.ljust(length, b"\0")

    def _use(self, digest: bytes | None) -> bytes:
        if digest is None:
            return bytes(20)
        self._uses[digest] = self._uses.get(digest, 0) + 1
        return digest

    def _link_group(self, node: _Node) -> int:
        if node.names < 2:
            return 0
        return self._link_groups.setdefault(id(node), len(self._link_groups) + 1)


def _resource(offset: int, size: int, flags: int = 0) -> bytes:
    return struct.pack("<QQQ", size | flags << 56, offset, size)


def _dentry_size(name: str, short: str) -> int:
    """Return the length of an entry without its streams."""
    size = 102
    for text in (name, short):
        if text:
            size += len(text.encode("utf-16-le")) + 2
    return -(-size // 8) * 8


def main() -> int:
    """Build the volume that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("path", type=Path, help="the image file to write")
    parser.add_argument("--size", type=int, default=220, metavar="MB", help="file content")
    parser.add_argument("--files", type=int, default=4000, metavar="N", help="file names")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    arguments = parser.parse_args()
    started = time.monotonic()
    try:
        build(arguments.path, megabytes=arguments.size, files=arguments.files, seed=arguments.seed)
    except (RuntimeError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.path}: built in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
