"""What a capture backend is, and how one is found by name."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from tasksequence.errors import BackendUnavailable
from tasksequence.request import CaptureRequest, CaptureResult, EventHandler, VolumeSource

__all__ = [
    "ENTRY_POINT_GROUP",
    "CaptureBackend",
    "CheckingBackend",
    "backend_names",
    "load_backend",
]

ENTRY_POINT_GROUP = "tasksequence.capture_backends"


@runtime_checkable
class CaptureBackend(Protocol):
    """Carries out capture requests; found through the entry point group of this project."""

    name: str

    def capture(self, request: CaptureRequest, on_event: EventHandler) -> CaptureResult:
        """Write the request's volumes to its destination as one WIM, or leave it as it was.

        `on_event` is called in the caller's thread with each `Progress` and `CaptureWarning`; an
        exception that it raises ends the capture and comes out of this call. So that a capture can
        be ended at any time, the last `Progress` comes again about once a second where there is
        nothing new.
        Raises `CaptureError` or a subclass of it.
        """
        ...


@runtime_checkable
class CheckingBackend(CaptureBackend, Protocol):
    """A backend that knows obstacles beforehand; a preflight asks it, and captures nothing."""

    def check_installed(self) -> str:
        """Say in words what the backend works with; raises `CaptureError` where that is missing."""
        ...

    def check_request(self, request: CaptureRequest) -> None:
        """Refuse what no capture can do, whatever the volumes; raises `CaptureError`."""
        ...

    def check_volumes(self, volumes: tuple[VolumeSource, ...]) -> None:
        """Refuse volumes that cannot be captured together; raises `CaptureError`."""
        ...


def backend_names() -> tuple[str, ...]:
    """Return the names of all installed backends, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=ENTRY_POINT_GROUP)}))


def load_backend(name: str) -> CaptureBackend:
    """Return a new backend by its entry point's name; raise `BackendUnavailable` for none."""
    for point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        factory = point.load()
        backend = factory()
        if not isinstance(backend, CaptureBackend):
            raise BackendUnavailable(
                f"the capture backend {name!r} ({point.value}) has no capture method"
            )
        return backend
    known = ", ".join(backend_names()) or "none"
    raise BackendUnavailable(
        f"there is no capture backend named {name!r}",
        hint=f"Installed backends: {known}. A backend is installed by a package that declares "
        f"the entry point group {ENTRY_POINT_GROUP}.",
    )
