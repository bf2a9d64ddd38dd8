"""Ordinary files, as many as the volume is to hold."""

from __future__ import annotations

from tests.support.reference_volume.nodes import ARCHIVE, HIDDEN, NOT_CONTENT_INDEXED
from tests.support.reference_volume.permissions import TRUSTED_FILE
from tests.support.reference_volume.tree import Tree


def fill(tree: Tree, size: int, files: int) -> None:
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


def _add_component(tree: Tree, number: int, size: int) -> None:
    """Add a file of Windows: it lies in WinSxS, and System32 names it again."""
    name = f"{tree.contents.word()}{number}.dll"
    component = f"amd64_{tree.contents.word()}-{number}_10.0.19041.1_none"
    node = tree.file(
        rf"Windows\WinSxS\{component}\{name}",
        tree.contents.program(size),
        ARCHIVE,
        TRUSTED_FILE,
    )
    tree.link(rf"Windows\System32\{name}", node)


def _add_program(tree: Tree, number: int, size: int) -> None:
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


def _add_document(tree: Tree, number: int, size: int) -> None:
    user = ("reference", "Default", "Public")[number % 3]
    make, extension = tree.rng.choices(
        [(tree.contents.text, "txt"), (tree.contents.text, "html"), (tree.contents.noise, "jpg")],
        (4, 3, 3),
    )[0]
    name = f"{tree.contents.word()} {number}.{extension}"
    tree.file(rf"Users\{user}\Documents\Folder {number % 17}\{name}", make(size))


def _add_settings(tree: Tree, number: int, size: int) -> None:
    folder = rf"ProgramData\Product {number % 40}"
    attributes = tree.rng.choice((ARCHIVE, ARCHIVE | NOT_CONTENT_INDEXED, ARCHIVE | HIDDEN))
    tree.file(rf"{folder}\settings{number}.ini", tree.contents.text(size), attributes)
