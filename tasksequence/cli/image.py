"""tasksequence image: WIM files that are there already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tasksequence.cli.sequences import path_argument
from tasksequence.cli.source_options import BACKING_OPTION, FORMAT_OPTION

__all__ = ["image"]

_index = click.option(
    "--index", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Which image of the WIM.",
)  # fmt: skip


def progress_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --progress and --quiet, as `capture` has them."""
    command = click.option("--quiet", is_flag=True, help="No progress; warnings and errors only.")(
        command
    )
    return click.option(
        "--progress",
        type=click.Choice(["auto", "plain", "none"], case_sensitive=False),
        default="auto",
        show_default=True,
        help="auto: a bar on a terminal, else plain lines, on standard error.",
    )(command)


@click.group()
def image() -> None:
    """Look at, verify, compare and apply the images of a WIM."""


@image.command()
@click.argument("wim", callback=path_argument)
@click.option("--xml", "as_xml", is_flag=True, help="Print the XML of the WIM as it is.")
@click.option("--json", "as_json", is_flag=True, help="Print the WMI properties as JSON.")
def show(wim: Path, as_xml: bool, as_json: bool) -> None:
    """Show the images of WIM, and the disk that they were captured from."""
    from tasksequence.cli.output import output_width, print_result
    from tasksequence.images.describe import describe_image_file, image_file_record
    from tasksequence.images.package import get_image_properties

    if as_xml:
        print_result(get_image_properties(wim))
    elif as_json:
        print_result(json.dumps(image_file_record(wim), indent=2, ensure_ascii=False))
    else:
        print_result(describe_image_file(wim, columns=output_width()))


@image.command()
@click.argument("wim", callback=path_argument)
@progress_options
def verify(wim: Path, progress: str, quiet: bool) -> None:
    """Read all of WIM, and compare it with its hashes and its integrity table."""
    from tasksequence.cli.output import print_result
    from tasksequence.cli.progress import shown_progress
    from tasksequence.images.contents import verify_image_file
    from tasksequence.request import CaptureWarning, Phase, Progress

    with shown_progress(quiet or progress == "none", plain=progress == "plain") as on_event:

        def tell(done: int, total: int) -> None:
            overall = done / total if total else 1.0
            on_event(Progress(phase=Phase.VERIFY, done=done, total=total, overall=overall))

        found = verify_image_file(wim, tell, lambda text: on_event(CaptureWarning(message=text)))
    table = "and its integrity table agree" if found.has_integrity_table else "agrees"
    parts = f", {found.parts} parts" if found.parts > 1 else ""
    images = "1 image" if found.images == 1 else f"{found.images} images"
    print_result(f"{wim}: {images}{parts}; all data {table}")


@image.command()
@click.argument("wim", callback=path_argument)
@_index
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each file.")
def files(wim: Path, index: int, as_json: bool) -> int:
    """List the files and folders of an image of WIM: attributes, size, time, path."""
    from tasksequence.cli.output import print_lines
    from tasksequence.images.contents import image_files
    from tasksequence.images.describe import file_line, file_record

    return print_lines(
        json.dumps(file_record(file)) if as_json else file_line(file)
        for file in image_files(wim, index)
    )


@image.command()
@click.argument("first", callback=path_argument)
@click.argument("second", callback=path_argument)
@_index
@click.option(
    "--other-index", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Which image of SECOND.",
)  # fmt: skip
@click.option(
    "--ignore", multiple=True, metavar="FIELD",
    type=click.Choice([
        "content", "short_name", "attributes", "security", "reparse_tag", "created", "modified",
        "accessed", "streams", "links",
    ]),
    help="Do not compare this: content, attributes, security, created, modified, accessed …",
)  # fmt: skip
@click.option(
    "--volume", metavar="VOLUME",
    help="Which volume of the disk SECOND: number, disk and partition, label, or role.",
)  # fmt: skip
@click.option(
    "--exclusions", metavar="FILE", callback=path_argument,
    help="What is not looked at on a volume: the profile that the image was captured with.",
)  # fmt: skip
@FORMAT_OPTION
@BACKING_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@progress_options
@click.pass_context
def diff(
    context: click.Context, first: Path, second: Path, index: int, other_index: int,
    ignore: tuple[str, ...], volume: str | None, exclusions: Path | None,
    disk_format: str | None, allow_backing: tuple[Path, ...], as_json: bool, progress: str,
    quiet: bool,
) -> None:  # fmt: skip
    """Compare an image of FIRST with one of SECOND, or with the volume or disk SECOND.

    The exit code is 1 if they differ.
    """
    import attrs

    from tasksequence.capture.exclusions import load_profile
    from tasksequence.capture.sources.disks import DiskAccess
    from tasksequence.cli.output import print_result
    from tasksequence.cli.progress import shown_progress
    from tasksequence.images.describe import difference_line
    from tasksequence.images.diff import diff_images

    profile = None if exclusions is None else load_profile(exclusions)
    with shown_progress(quiet or progress == "none", plain=progress == "plain") as on_event:
        found = diff_images(
            first, second, image=index, other_image=other_index, volume=volume, profile=profile,
            ignore=ignore, access=DiskAccess(disk_format=disk_format, allow_backing=allow_backing),
            on_event=on_event,
        )  # fmt: skip
    if as_json:
        print_result(json.dumps([attrs.asdict(one) for one in found], indent=2))
    else:
        for one in found:
            print_result(difference_line(one))
        many = "1 difference" if len(found) == 1 else f"{len(found):,} differences"
        print_result(many if found else "No difference.")
    context.exit(1 if found else 0)


@image.command()
@click.argument("wim", callback=path_argument)
@click.argument("target", callback=path_argument)
@click.option("--index", type=click.IntRange(min=1), metavar="N", help="Apply this image alone.")
@click.option(
    "--volume", metavar="VOLUME",
    help="Which volume of the disk takes the image: number, disk and partition, label, or role.",
)  # fmt: skip
@click.option(
    "--erase", is_flag=True, help="Remove what is on the volumes; without it nothing is done."
)
@click.option(
    "--verify/--no-verify", default=True,
    help="Read all of the images and compare them with their hashes before anything is removed "
    "(the default).",
)  # fmt: skip
@FORMAT_OPTION
@BACKING_OPTION
@progress_options
def apply(
    wim: Path, target: Path, index: int | None, volume: str | None, erase: bool, verify: bool,
    disk_format: str | None, allow_backing: tuple[Path, ...], progress: str, quiet: bool,
) -> None:  # fmt: skip
    """Write the images of WIM to the volumes of the disk TARGET, or to the volume TARGET.

    All images go to the volumes that correspond to those they were captured from, or one image by
    its index to one volume. What is on the volumes is removed first, but for the control files of
    a running task sequence; before that, everything is checked, all data of the images too.
    """
    from tasksequence.capture.sources.disks import DiskAccess
    from tasksequence.cli.output import print_result
    from tasksequence.cli.progress import shown_progress
    from tasksequence.images.apply import apply_images

    access = DiskAccess(disk_format=disk_format, allow_backing=allow_backing)
    with shown_progress(quiet or progress == "none", plain=progress == "plain") as on_event:
        applied = apply_images(
            wim, target, index=index, volume=volume, erase=erase, verify=verify, access=access,
            on_event=on_event,
        )  # fmt: skip
    for one in applied:
        print_result(f"Image {one.index} ({one.name}): applied to {one.volume}")
