"""Puts the made-up tree onto a volume fresh from mkntfs, by way of a WIM."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

from tests.support.reference_volume.features import plant_features
from tests.support.reference_volume.fill import fill
from tests.support.reference_volume.plain_wim import WimWriter
from tests.support.reference_volume.tree import Tree

MEGABYTE = 1 << 20


class MissingProgramError(RuntimeError):
    """A program that builds the volume is not installed."""


def build(path: Path | str, *, megabytes: int = 220, files: int = 4000, seed: int = 1) -> None:
    """Write the volume to `path`, replacing what is there.

    It holds at least `megabytes` of file content in at least `files` file names; a sparse file
    and whatever is stored twice come on top. Raises `MissingProgramError` where mkntfs or
    wimlib-imagex is not installed.
    """
    image = Path(path)
    mkntfs = _program("mkntfs", "ntfs-3g")
    wimlib = _program("wimlib-imagex", "wimtools")
    scratch = image.with_name(f"{image.name}.tree.wim")
    unfinished = image.with_name(f"{image.name}.unfinished")
    try:
        with scratch.open("wb") as stream:
            wim = WimWriter(stream)
            tree = Tree(wim, random.Random(seed))  # made-up contents, no secret
            plant_features(tree)
            fill(tree, megabytes * MEGABYTE, files)
            wim.finish(tree.root)
        unfinished.unlink(missing_ok=True)
        with unfinished.open("xb") as stream:
            stream.truncate((megabytes * 5 // 4 + 64) * MEGABYTE)
        _run(mkntfs, "--fast", "--force", "--quiet", "--label", "System", unfinished)
        _run(wimlib, "apply", scratch, "1", unfinished)
        unfinished.replace(image)
    finally:
        scratch.unlink(missing_ok=True)
        unfinished.unlink(missing_ok=True)


def _program(name: str, package: str) -> str:
    # The administrators' folders are not on an ordinary user's PATH, but mkntfs lies there.
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = shutil.which(name, path=places)
    if found is None:
        raise MissingProgramError(f"{name} is not installed; on Debian: apt-get install {package}")
    return found


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}):\n{done.stderr.strip()}")
