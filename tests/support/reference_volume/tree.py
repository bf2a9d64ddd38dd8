"""The tree that becomes the volume."""

from __future__ import annotations

import random

from tests.support.reference_volume.contents import Contents
from tests.support.reference_volume.nodes import (
    ARCHIVE,
    DIRECTORY,
    HIDDEN,
    REPARSE_POINT,
    SPARSE,
    SYSTEM,
    Node,
)
from tests.support.reference_volume.permissions import INHERITED_FILE, INHERITED_FOLDER, ROOT_FOLDER
from tests.support.reference_volume.plain_wim import WimWriter


class Tree:
    """Adds files and folders by path (with backslashes), inventing their times."""

    def __init__(self, wim: WimWriter, rng: random.Random) -> None:
        self.wim = wim
        self.rng = rng
        self.contents = Contents(rng)
        self.names = 0
        self.bytes = 0
        self.root = Node(DIRECTORY | HIDDEN | SYSTEM, wim.security(ROOT_FOLDER), self._times())

    def folder(self, path: str, attributes: int = 0, security: bytes | None = None) -> Node:
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
    ) -> Node:
        """Add a file."""
        node = self._new(attributes, security)
        node.data = self.wim.add(data)
        self.names += 1
        self.bytes += 0 if attributes & SPARSE else len(data)
        return self._put(path, node)

    def link(self, path: str, node: Node) -> None:
        """Give a file one more name."""
        self.names += 1
        self._put(path, node)

    def stream(self, node: Node, name: str, data: bytes) -> None:
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

    def _put(self, path: str, node: Node) -> Node:
        parent, _, name = path.rpartition("\\")
        return self._attach(self.folder(parent) if parent else self.root, name, node)

    def _attach(self, folder: Node, name: str, node: Node) -> Node:
        if name in folder.children:
            raise ValueError(f"{name!r} is there already")
        folder.children[name] = node
        node.names += 1
        return node

    def _new(self, attributes: int, security: bytes | None = None) -> Node:
        if security is None:
            security = INHERITED_FOLDER if attributes & DIRECTORY else INHERITED_FILE
        return Node(attributes, self.wim.security(security), self._times())

    def _times(self) -> tuple[int, int, int]:
        year = 365 * 86400 * 10**7
        created = 133_000_000_000_000_000 + self.rng.randrange(year)  # from June 2022 on
        written = created + self.rng.randrange(1, year)
        return created, written + self.rng.randrange(1, year), written
