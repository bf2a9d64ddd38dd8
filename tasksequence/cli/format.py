"""tasksequence format: the canonical form of sequences, for comparing them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tasksequence.cli.limits import limit_option
from tasksequence.cli.written_secrets import secrets_option

if TYPE_CHECKING:
    from tasksequence.document.limits import Limits

__all__ = ["format_"]


@click.command(name="format")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("--in-place", is_flag=True, help="Rewrite the files instead of printing.")
@click.option("--check", is_flag=True, help="Print the files that are not in this form; exit 1.")
@secrets_option
@limit_option
def format_(
    files: tuple[str, ...], in_place: bool, check: bool, secrets: str, limits: Limits
) -> None:
    """Print sequences in canonical form: one element a line, a stable order, UTF-8 and LF.

    FILE is a path, or - for standard input, from which only a file that stays one can come: no
    export zip. What the sequence says does not change, comments and what is unknown included.
    """
    from tasksequence.document.canonical import canonical_bytes, canonical_text
    from tasksequence.document.document import Document
    from tasksequence.document.saving import write_file
    from tasksequence.document.site_methods import without_secrets

    if in_place and check:
        raise click.UsageError("Give --in-place or --check, not both.")
    if in_place and "-" in files:
        raise click.UsageError("Standard input has no place to be rewritten in.")
    different = []
    for file in files:
        source = sys.stdin.buffer.read() if file == "-" else Path(file)
        document = Document.load(source, limits=limits)
        path, raw = document.path, document.raw
        if secrets == "blank":
            document = without_secrets(document)
        if not in_place and not check:
            is_stream = file == "-"
            _print(canonical_bytes(document) if is_stream else canonical_text(document).encode())
            continue
        canonical = canonical_bytes(document)
        if raw != canonical:
            different.append(file)
            if path is not None and in_place:
                write_file(path, canonical)
    if check and different:
        _print("".join(f"{file}\n" for file in different).encode("utf-8", "surrogateescape"))
        raise click.exceptions.Exit(1)


def _print(raw: bytes) -> None:
    """Print bytes as they are: git compares and stores them."""
    from tasksequence.errors import TaskSequenceError

    try:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        return
    except OSError as error:
        # A filter that fails must say so: git would store half a file.
        raise TaskSequenceError(f"the result could not be printed: {error.strerror}") from None
