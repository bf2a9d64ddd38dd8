"""How much a file may hold before it is refused."""

from __future__ import annotations

import attrs

__all__ = ["Limits"]

_MIB = 1024 * 1024


@attrs.frozen(kw_only=True)
class Limits:
    """Bounds on what is read, far above what real exports have; each can be raised.

    They keep a hostile file from taking all memory or time: what passes one is refused with an
    error that names it.
    """

    file_bytes: int = 256 * _MIB
    """Largest file; the largest known export has under one megabyte."""
    depth: int = 200
    """Deepest nesting of elements; real exports stay below 20."""
    value_bytes: int = 16 * _MIB
    """Longest text, attribute or tag, in bytes of UTF-8; the longest known has 112,152.

    A whole sequence that is a value of its object.xml is not meant: what is in it is.
    """
    zip_members: int = 10_000
    """Most members of a zip."""
    zip_total_bytes: int = 256 * _MIB
    """Most that all members of a zip may have together when unpacked."""
    zip_ratio: int = 500
    """How much larger than packed a member may be; XML seldom passes 30. Small members may."""

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"the limit {field.name} is {value!r}; a whole number is needed")
