"""What every capture backend promises; one suite, run on each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasksequence.capture.backend import CaptureBackend, backend_names, load_backend
from tasksequence.errors import BackendUnavailable, CaptureError
from tasksequence.request import (
    CaptureEvent,
    CaptureOptions,
    CaptureRequest,
    Compression,
    Progress,
    VolumeSource,
)
from tests.support.captures import Events, children, descriptors, names_in, request_for
from tests.support.volumes import make_volume, need_tools


@pytest.fixture(params=["recording", pytest.param("wimlib", marks=pytest.mark.wimlib)])
def backend(request: pytest.FixtureRequest) -> CaptureBackend:
    if request.param == "wimlib":
        need_tools()
    return load_backend(request.param)


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two volumes of the same label; plain files where no NTFS volume can be made."""
    folder = tmp_path_factory.mktemp("volumes")
    paths = folder / "one.img", folder / "two.img"
    try:
        need_tools()
    except pytest.skip.Exception:
        for path in paths:
            path.write_bytes(b"")
        return paths
    make_volume(paths[0], {"shared.bin": b"s" * 9000, "one.txt": b"1" * 5000})
    make_volume(paths[1], {"shared.bin": b"s" * 9000, "two.txt": b"2" * 5000})
    return paths


@pytest.fixture
def request_of_two(tmp_path: Path, volumes: tuple[Path, Path]) -> CaptureRequest:
    return request_for(tmp_path / "out.wim", *volumes)


def test_each_backend_is_found_by_its_name() -> None:
    assert set(backend_names()) >= {"recording", "wimlib"}
    for name in ("recording", "wimlib"):
        assert load_backend(name).name == name


def test_an_unknown_backend_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BackendUnavailable, match="nonesuch") as caught:
        load_backend("nonesuch")
    assert "wimlib" in (caught.value.hint or "")


def test_it_is_a_backend(backend: CaptureBackend) -> None:
    assert isinstance(backend, CaptureBackend)


def test_each_volume_becomes_an_image_in_order(
    backend: CaptureBackend, request_of_two: CaptureRequest, volumes: tuple[Path, Path]
) -> None:
    result = backend.capture(request_of_two, Events())
    assert result.backend == backend.name
    assert [image.index for image in result.images] == [1, 2]
    assert [image.volume for image in result.images] == list(volumes)
    assert len({image.name for image in result.images}) == 2


def test_names_that_were_asked_for_are_given(
    backend: CaptureBackend, tmp_path: Path, volumes: tuple[Path, Path]
) -> None:
    sources = [
        VolumeSource(path=path, image_name=name)
        for path, name in zip(volumes, ("System", "Däta"), strict=True)
    ]
    result = backend.capture(request_for(tmp_path / "out.wim", *sources), Events())
    assert [image.name for image in result.images] == ["System", "Däta"]


def test_volumes_of_one_name_become_images_of_two(backend: CaptureBackend, tmp_path: Path) -> None:
    paths = [tmp_path / folder / "x.img" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.touch()
        if backend.name == "wimlib":
            make_volume(path, label="")
    sources = (*paths[:1], VolumeSource(path=paths[1], image_name="X"))
    for volumes, names in ((paths, ["x", "x (2)"]), (sources, ["x", "X (2)"])):
        result = backend.capture(request_for(tmp_path / "out.wim", *volumes), Events())
        assert [image.name for image in result.images] == names


@pytest.mark.parametrize("compression", list(Compression))
def test_progress_rises_from_zero_to_one(
    backend: CaptureBackend, request_of_two: CaptureRequest, compression: Compression
) -> None:
    events = Events()
    options = CaptureOptions(compression=compression, threads=1)
    backend.capture(request_of_two.with_options(options), events)
    shares = [event.overall for event in events.progress]
    assert shares == sorted(shares)
    assert shares[0] < 0.05
    assert shares[-1] == 1.0


def test_an_exception_of_the_handler_ends_the_capture(
    backend: CaptureBackend, tmp_path: Path, request_of_two: CaptureRequest
) -> None:
    def refuse(event: CaptureEvent) -> None:
        if isinstance(event, Progress):
            raise ZeroDivisionError("from the handler")

    before = descriptors()
    with pytest.raises(ZeroDivisionError, match="from the handler"):
        backend.capture(request_of_two, refuse)
    assert not names_in(tmp_path)
    assert not children()
    assert descriptors() == before


def test_nothing_is_left_behind_but_the_result(
    backend: CaptureBackend, tmp_path: Path, request_of_two: CaptureRequest
) -> None:
    before = descriptors()
    result = backend.capture(request_of_two, Events())
    assert names_in(tmp_path) == ({"out.wim"} if result.destination else set())
    assert not children()
    assert descriptors() == before


def test_no_volume_is_refused(backend: CaptureBackend, tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no volume"):
        backend.capture(request_for(tmp_path / "out.wim"), Events())


def test_it_can_be_used_again(backend: CaptureBackend, request_of_two: CaptureRequest) -> None:
    first = backend.capture(request_of_two, Events())
    second = backend.capture(request_of_two, Events())
    assert first.images == second.images
