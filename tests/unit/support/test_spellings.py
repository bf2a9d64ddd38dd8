"""What looks for a secret has to find it."""

from __future__ import annotations

import base64

import pytest

from tests.support.spellings import spellings

SECRET = "Geheim-§-9173"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("after", range(4))
def test_base64_inside_a_longer_text_is_found(encoding: str, before: int, after: int) -> None:
    text = b"u:" * before + b"x" * (before % 2) + SECRET.encode(encoding) + b"\xff" * after
    for held in (base64.b64encode(text), base64.urlsafe_b64encode(text)):
        assert any(form in held for form in spellings(SECRET))
    assert not any(
        form in base64.b64encode(b"something else entirely") for form in spellings("xyz1")
    )


@pytest.mark.parametrize(
    "held",
    [
        b"password=Geheim-\xc2\xa7-9173;",
        b'{"password": "Geheim-\\u00a7-9173"}',
        b"smb://u:Geheim-%C2%A7-9173@server",
        SECRET.encode().hex().encode(),
    ],
)
def test_other_spellings_are_found(held: bytes) -> None:
    assert any(form in held for form in spellings(SECRET))
