"""The corpus in other spellings: all come back byte for byte, and say the same."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import tasksequence as ts
from tests.support.exports import export_files
from tests.support.mutations import ENCODINGS, MUTATIONS

pytestmark = pytest.mark.corpus


@cache
def documents(corpus_dir: Path) -> list[tuple[str, str, ts.Document]]:
    """Return each XML text of the corpus (files, and object.xml of zips), and what it says."""
    found = []
    for name, raw in texts(corpus_dir):
        try:
            document = ts.load(raw)
        except ts.DocumentError:
            continue
        found.append((name, raw.decode("utf-8"), document))
        if document.kind == "object":
            inner = document.sequence_text()
            found.append((f"{name}!Sequence", inner.decode("utf-8"), ts.load(inner)))
    return found


def texts(corpus_dir: Path) -> Iterator[tuple[str, bytes]]:
    seen: set[bytes] = set()
    for path in export_files(corpus_dir):
        if path.suffix == ".xml":
            found = [(path.name, path.read_bytes())]
        else:
            with zipfile.ZipFile(path) as archive:
                members = [n for n in archive.namelist() if n.endswith("object.xml")]
                found = [(f"{path.name}!{n}", archive.read(n)) for n in members]
        for name, raw in found:
            if raw not in seen:
                seen.add(raw)
                yield name, raw


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_another_spelling_comes_back_byte_for_byte(mutation: str, corpus_dir: Path) -> None:
    changed = 0
    for name, text, document in documents(corpus_dir):
        mutated = MUTATIONS[mutation](text)
        changed += mutated != text
        raw = mutated.encode("utf-8")
        again = ts.load(raw)
        assert again.to_bytes() == raw, name
        assert again.sequences == document.sequences, name
        # An edit and its undoing leave no trace either.
        step = next(again.sequence.walk(), None)
        if step is not None:
            old, step.name = step.name, "another name"
            assert again.to_bytes() != raw
            step.name = old
            assert again.to_bytes() == raw, name
    assert changed > 20


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_another_encoding_comes_back_byte_for_byte(encoding: str, corpus_dir: Path) -> None:
    compared = 0
    for name, text, document in documents(corpus_dir):
        declared = re.sub("""encoding=["'][^"']*["']""", 'encoding="utf-16"', text[:100])
        raw = ENCODINGS[encoding](declared + text[100:])
        again = ts.load(raw)
        assert again.to_bytes() == raw, name
        assert again.sequences == document.sequences, name
        compared += 1
    assert compared > 100


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_that_was_packed_again_comes_back_byte_for_byte(
    method: int, corpus_dir: Path
) -> None:
    for path in sorted(corpus_dir.rglob("*.zip")):
        buffer = io.BytesIO()
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", method) as new:
            for number, member in enumerate(old.namelist()):
                # Nested in a folder, as somebody's own packing has it.
                info = zipfile.ZipInfo(f"export/{member}", (2026, 1, 2, 3, 4, number % 60))
                info.compress_type = method
                info.comment = b"kept"
                info.extra = b"\x99\x99\x02\x00ab"
                new.writestr(info, old.read(member))
            new.comment = b"a comment of the whole"
        raw = buffer.getvalue()
        again = ts.load(raw)
        assert again.to_bytes() == raw
        assert again.sequences == ts.load(path).sequences
        step = next(again.sequence.walk())
        step.name = "another name"
        changed = again.to_bytes()
        with zipfile.ZipFile(io.BytesIO(changed)) as archive, zipfile.ZipFile(buffer) as packed:
            assert archive.testzip() is None
            assert archive.comment == packed.comment
            for was, now in zip(packed.infolist(), archive.infolist(), strict=True):
                assert (was.filename, was.date_time, was.extra, was.comment) == (
                    now.filename,
                    now.date_time,
                    now.extra,
                    now.comment,
                )
                assert (packed.read(was) == archive.read(now)) is (
                    was.filename != again.parts[0].member
                )
