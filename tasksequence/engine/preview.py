"""Showing before a capture what its exclusion profile leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from tasksequence.capture.exclusions import DEFAULT_EXCLUDED, Exclusions
from tasksequence.capture.sources.disks import DiskAccess
from tasksequence.capture.sources.excluded import excluded_from
from tasksequence.engine.capture_disks import chosen_sources
from tasksequence.request import ExclusionProfile, VolumeSource
from tasksequence.text_table import human_bytes, text_table

__all__ = ["ExclusionHit", "describe_exclusions", "preview_exclusions"]


@attrs.frozen(kw_only=True)
class ExclusionHit:
    """A file or folder that would be left out, with all below it."""

    source: str
    """What messages call the volume."""
    path: str
    """Path in the volume, with `/`."""
    files: int
    bytes: int


def preview_exclusions(
    disks: Sequence[Path | str] = (),
    *,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    volumes: Sequence[VolumeSource] = (),
    profile: ExclusionProfile | None = None,
    access: DiskAccess | None = None,
) -> tuple[ExclusionHit, ...]:
    """Return what a capture of these disks and volumes would leave out, without capturing.

    Choose volumes, and say how disks are read (`access`), as for `capture_disks`; None for the
    profile takes the default. Raises `VolumeError` for what cannot be read.
    """
    if profile is None:
        rules = Exclusions(DEFAULT_EXCLUDED, ())
    else:
        rules = Exclusions(profile.exclude, profile.keep)
    with chosen_sources(disks, include=include, exclude=exclude, access=access) as (sources, _):
        return tuple(
            ExclusionHit(source=source.shown, path=hit.path, files=hit.files, bytes=hit.bytes)
            for source in [*sources, *volumes]
            for hit in excluded_from(source, rules)
        )


def describe_exclusions(hits: Sequence[ExclusionHit]) -> str:
    """Return the hits as a table, with their sum."""
    if not hits:
        return "Nothing would be left out."
    rows = [[hit.source, hit.path, f"{hit.files:,}", human_bytes(hit.bytes)] for hit in hits]
    total = sum(hit.bytes for hit in hits)
    table = text_table(("Volume", "Left out", "Files", "Size"), rows, right={2, 3})
    files = sum(hit.files for hit in hits)
    return f"{table}\n{files:,} files, {human_bytes(total)} would be left out."
