"""What is on every volume, whatever its size: one of everything that a capture must preserve."""

from __future__ import annotations

from tests.support.reference_volume.nodes import (
    ARCHIVE,
    COMPRESSED,
    DIRECTORY,
    HIDDEN,
    MOUNT_POINT_TAG,
    NOT_CONTENT_INDEXED,
    READONLY,
    SPARSE,
    SYMBOLIC_LINK_TAG,
    SYSTEM,
    junction,
    symbolic_link,
)
from tests.support.reference_volume.permissions import (
    AUDITED_FILE,
    EMPTY_DACL_FILE,
    PROFILE_FOLDER,
    SYSTEM_ONLY,
    TRUSTED_FILE,
    TRUSTED_FOLDER,
)
from tests.support.reference_volume.tree import Tree

MEGABYTE = 1 << 20


def plant_features(tree: Tree) -> None:
    """Add one of everything that a capture must preserve."""
    text, program, noise = tree.contents.text, tree.contents.program, tree.contents.noise

    tree.folder("Windows", security=TRUSTED_FOLDER)
    tree.folder(r"Windows\System32", security=TRUSTED_FOLDER)
    tree.folder(r"Windows\WinSxS", security=TRUSTED_FOLDER)
    tree.folder("Program Files", READONLY, TRUSTED_FOLDER)
    tree.folder("ProgramData", HIDDEN | NOT_CONTENT_INDEXED)
    tree.folder("Users", READONLY)
    tree.folder(r"Users\reference", security=PROFILE_FOLDER)
    for path, short in (("Program Files", "PROGRA~1"), ("ProgramData", "PROGRA~2")):
        tree.short_name(path, short)

    # What lies at the root of every system volume, and what a capture leaves out.
    tree.file("pagefile.sys", noise(256 * 1024), HIDDEN | SYSTEM | ARCHIVE, SYSTEM_ONLY)
    tree.file("bootmgr", program(400_000), READONLY | HIDDEN | SYSTEM | ARCHIVE, TRUSTED_FILE)
    config = tree.folder(r"Windows\System32\config", security=SYSTEM_ONLY)
    tree.stream(config, "note", "a stream on a folder".encode("utf-16-le"))
    tree.file(r"Windows\System32\config\SYSTEM", program(300_000), ARCHIVE, SYSTEM_ONLY)

    # Contents: empty, some bytes, several megabytes, sparse, compressed by the file system.
    tree.file(r"ProgramData\empty.dat", b"")
    tree.file(r"ProgramData\tiny.dat", b"x")
    tree.file(r"Windows\System32\imageres.dll", program(5 * MEGABYTE), ARCHIVE, TRUSTED_FILE)
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
    tree.file(r"Users\reference\audited.txt", text(1200), security=AUDITED_FILE)
    tree.file(r"Users\reference\nobody may.txt", text(1300), security=EMPTY_DACL_FILE)

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
        r"Windows\WinSxS\amd64_shell32_none\shell32.dll", program(800_000), ARCHIVE, TRUSTED_FILE
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
        "Documents and Settings", link | DIRECTORY, MOUNT_POINT_TAG, junction(r"C:\Users")
    )
    tree.short_name("Documents and Settings", "DOCUME~1")
    tree.reparse_point(
        r"Users\All Users", link | DIRECTORY, SYMBOLIC_LINK_TAG, symbolic_link(r"C:\ProgramData")
    )
    tree.reparse_point(
        r"ProgramData\latest.dat", ARCHIVE, SYMBOLIC_LINK_TAG, symbolic_link("tiny.dat")
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
