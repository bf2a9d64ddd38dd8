"""Real files in canonical form: they say the same, and every spelling of them becomes one."""

from __future__ import annotations

from pathlib import Path

import pytest

import tasksequence as ts
from tests.support.exports import loaded_exports
from tests.support.mutations import ENCODINGS, MUTATIONS

pytestmark = pytest.mark.corpus
# The others add something to a file, which then stays.
SPELLINGS = [name for name in MUTATIONS if "sprinkled" not in name]


def bare(corpus_dir: Path) -> list[tuple[Path, ts.Document]]:
    return list(loaded_exports(corpus_dir, ".xml"))


def test_the_canonical_form_says_the_same_and_is_its_own(corpus_dir: Path) -> None:
    for path, document in bare(corpus_dir)[::3]:
        canonical = ts.canonical_bytes(document)
        again = ts.load(canonical)
        assert again.sequences == document.sequences, path
        assert ts.canonical_bytes(again) == canonical, path
        assert b"\r" not in canonical


def test_every_spelling_has_one_canonical_form(corpus_dir: Path) -> None:
    for path, document in bare(corpus_dir)[::12]:
        text = path.read_bytes().decode("utf-8")
        canonical = ts.canonical_bytes(document)
        for mutation in SPELLINGS:
            mutated = MUTATIONS[mutation](text).encode("utf-8")
            assert ts.canonical_bytes(ts.load(mutated)) == canonical, (path, mutation)
        if "encoding=" not in text[:100]:
            for encode in ENCODINGS.values():
                assert ts.canonical_bytes(ts.load(encode(text))) == canonical, path


def test_what_was_added_to_a_file_stays_in_its_canonical_form(corpus_dir: Path) -> None:
    for path, document in bare(corpus_dir)[::12]:
        mutate = MUTATIONS["comments, attributes and elements sprinkled"]
        mutated = mutate(path.read_bytes().decode("utf-8"))
        canonical = ts.canonical_bytes(ts.load(mutated.encode("utf-8"))).decode("utf-8")
        for added in ("<!-- kept -->", "<?keep this?>", "<odder/>", "<!-- before -->", " odd="):
            assert canonical.count(added) == mutated.count(added), path
        assert ts.load(canonical.encode("utf-8")).sequences == document.sequences


def test_exports_are_printed_sequence_by_sequence(corpus_dir: Path) -> None:
    for path in sorted(corpus_dir.rglob("*.zip")):
        document = ts.load(path)
        text = ts.canonical_text(document)
        for at, part in enumerate(document.parts):
            assert f"<!-- {part.name} [{part.package_id}] -->\n<sequence version=" in text
            bare_text = ts.convert(document, "sequence", part=at)
            assert ts.canonical_bytes(ts.load(bare_text)).decode() in text
        with pytest.raises(ts.DocumentError, match="is a zip"):
            ts.canonical_bytes(document)


def test_a_sequence_goes_through_every_container_and_back(corpus_dir: Path) -> None:
    for path in sorted(corpus_dir.rglob("*.zip")):
        document = ts.load(path)
        archive = document._container.archive
        assert archive is not None
        for at, part in enumerate(document.parts):
            assert part.member is not None
            inner = ts.convert(document, "object", part=at)
            assert inner == archive.read(part.member)
            text = ts.convert(ts.load(inner), "sequence")
            assert text == document.sequence_text(at)
            packed = ts.load(ts.convert(ts.load(inner), "zip"))
            assert ts.convert(packed, "object") == inner
            older = ts.load(ts.convert(packed, "package"))
            assert ts.convert(older, "sequence") == text
            assert older.parts[0].name == part.name
            assert older.schema_violations() == () if at == 0 else True
