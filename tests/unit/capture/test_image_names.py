"""Names of images."""

from __future__ import annotations

import pytest

from tasksequence.capture.image_names import image_names


@pytest.mark.parametrize(
    ("volumes", "labels", "names"),
    [
        ([("/v/c.img", None)], ["Windows"], ["Windows"]),
        ([("/v/c.img", "Office 1")], ["Windows"], ["Office 1"]),
        ([("/v/c.img", None)], [""], ["c"]),
        ([("/dev/sda2", None)], [""], ["sda2"]),
        ([("/v/.img", None)], [""], [".img"]),
        (
            [("/a/1", None), ("/a/2", None), ("/a/3", "data")],
            ["Data", "Data", "x"],
            ["Data", "Data (2)", "data (3)"],
        ),
        (
            [("/a/1", "Data (2)"), ("/a/2", "Data"), ("/a/3", "Data")],
            ["", "", ""],
            ["Data (2)", "Data", "Data (3)"],
        ),
        ([("/v/c.img", None)], ["a\x01b\nc"], ["a\ufffdb\ufffdc"]),
        ([("/v/caf\udce9.img", None)], [""], ["caf\ufffd"]),
        ([("/v/c.img", None)], ["Größe 10\u00a0€ 🖥"], ["Größe 10\u00a0€ 🖥"]),
    ],
)
def test_images_are_named_and_all_differently(
    volumes: list[tuple[str, str | None]], labels: list[str], names: list[str]
) -> None:
    known = [(name, label, path) for (path, name), label in zip(volumes, labels, strict=True)]
    assert image_names(known) == names
