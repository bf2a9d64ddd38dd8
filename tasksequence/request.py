"""What a capture is asked to do, what it reports, and what it gives back.

Plain frozen values between the plan, which fills a `CaptureRequest`, and the capture backends,
which carry it out: neither imports the other.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs

from tasksequence.secret_text import SecretText

__all__ = [
    "CaptureEvent",
    "CaptureOptions",
    "CaptureRequest",
    "CaptureResult",
    "CaptureWarning",
    "CapturedImage",
    "Compression",
    "EventHandler",
    "ExclusionProfile",
    "ImageMetadata",
    "Omission",
    "OmissionReason",
    "Overwrite",
    "Phase",
    "Progress",
    "ShareMapping",
    "SkippedVolume",
    "StepReference",
    "VolumePlace",
    "VolumeSource",
]


class Compression(enum.Enum):
    """How the files of a WIM are compressed; LZX is what the site's own capture writes."""

    NONE = "none"
    XPRESS = "xpress"
    LZX = "lzx"
    SOLID = "solid"
    """LZMS over many files at once, as in .esd files: smallest, slowest, much memory."""


@attrs.frozen(kw_only=True)
class StepReference:
    """The planned step that a request came from, as plain data."""

    name: str
    path: tuple[str, ...]
    """Names of the groups around the step, outermost first, and the step's own name last."""
    wmi_class: str
    timeout: int | None = None
    """Seconds after which the step is ended (Timeout); None means no limit."""


@attrs.frozen(kw_only=True)
class VolumePlace:
    """Where a volume lies on a disk, as SMS_ImageDiskInformation has it."""

    disk: Path
    disk_index: int
    """From 0, in the order in which the disks were given (DiskIndex)."""
    disk_style: str
    """GPT or MBR; empty where the whole disk is one volume (DiskStyle)."""
    partition: int
    """Number in the partition table, from 1; logical ones of an MBR begin at 5 (PartitionIndex)."""
    type: str
    """GUID of the type (GPT), or its number such as 0x7 (MBR) (PartitionType)."""
    offset: int
    """Bytes from the start of the disk (PartitionOffset)."""
    size: int
    """Bytes (PartitionSize)."""
    file_system: str
    """NTFS, FAT32 …; empty for none (PartitionFileSystem)."""
    label: str
    """The volume's name (PartitionLabel)."""
    active: bool
    """Marked in the table as the one to start from (PartitionIsBoot)."""
    role: str
    """What the volume is for: EFI system, System Reserved, Windows, Recovery, Data …"""

    @property
    def selector(self) -> str:
        """How the volume is named on the command line: disk from 1, dash, partition."""
        return f"{self.disk_index + 1}-{self.partition}"

    def __str__(self) -> str:
        return f"{self.disk}, partition {self.partition}" if self.partition else str(self.disk)


@attrs.frozen(kw_only=True)
class SkippedVolume:
    """A volume of a disk that is not captured."""

    place: VolumePlace
    reason: str
    """Why not, in words."""
    warning: str | None = None
    """What should not be overlooked of it, in words."""


@attrs.frozen(kw_only=True)
class VolumeSource:
    """One volume to capture: an image file or block device that holds one file system."""

    path: Path
    image_name: str | None = None
    """Name of its image in the WIM; None takes the volume's label, else the file's name."""
    place: VolumePlace | None = None
    """Where on a disk it lies, if it is a part of one."""
    left_out: tuple[SkippedVolume, ...] = ()
    """Volumes without an image, which this image records beside its own place: of the same disk,
    and of disks that have no image at all."""
    is_folder: bool = False
    """The path is a folder, say where a volume is mounted. What Linux shows of it is captured:
    names, content and times; no attributes, short names or permissions of Windows."""

    @property
    def shown(self) -> str:
        """What messages call it."""
        return str(self.place or self.path)

    @property
    def origin(self) -> Path:
        """The disk that it is a part of, else its own path."""
        return self.place.disk if self.place else self.path


@attrs.frozen(kw_only=True)
class ExclusionProfile:
    """Which files are left out of the images, in wimlib's and DISM's syntax."""

    exclude: tuple[str, ...] = ()
    """Patterns ([ExclusionList]): `/pagefile.sys` from the root, `*.tmp` by name anywhere."""
    keep: tuple[str, ...] = ()
    """Patterns of what is captured nevertheless ([ExclusionException])."""
    source: str = ""
    """The file that it came from; empty for the default profile."""


@attrs.frozen(kw_only=True)
class ImageMetadata:
    """What the capture step says about the image (ImageCreator, ImageDescription, ImageVersion)."""

    creator: str | None = None
    description: str | None = None
    version: str | None = None
    target_system_root: str | None = None
    """OSDTargetSystemRoot: the Windows folder of the reference computer, if it is known."""
    prepared: str | None = None
    """What was found of the volume's state and overridden by the person's word that it is
    prepared; None where nothing was."""


class Overwrite(enum.Enum):
    """What becomes of a WIM that is at the destination already."""

    REPLACE = "replace"
    """The new one takes its place, as the class says (CaptureDestination)."""
    REFUSE = "refuse"
    KEEP = "keep"
    """It gets the time at which it was last written into its name, and stays beside the new one."""


@attrs.frozen(kw_only=True)
class ShareMapping:
    """A share that is mounted on this machine already."""

    unc: str
    """The share, or a folder of it: `\\\\server\\share`; letter case does not matter."""
    path: Path
    """Where it is mounted."""


@attrs.frozen(kw_only=True)
class CaptureOptions:
    """Choices of the person who captures, which no task sequence property holds."""

    compression: Compression = Compression.LZX
    threads: int = 0
    """Threads that compress; 0 takes one for each processor."""
    timeout: float | None = None
    """Seconds after which the capture is ended; None takes the step's Timeout, if any."""
    integrity: bool = False
    """Write an integrity table, by which `image verify` and DISM (/CheckIntegrity) find damage."""
    exclusions: ExclusionProfile | None = None
    """What is left out; None takes the default profile."""
    base: Path | None = None
    """An earlier WIM, whose unchanged files are taken over without being read and compressed."""
    split: int | None = None
    """Bytes of a part, to write a split WIM (.swm); None writes one file."""
    allow_dirty: bool = False
    """Capture an NTFS volume although Windows marked it as not cleanly shut down."""
    overwrite: Overwrite = Overwrite.REPLACE
    shares: tuple[ShareMapping, ...] = ()
    """Shares that are reached by a path of this machine instead of by SMB."""
    scratch: Path | None = None
    """Folder in which the WIM is written before it goes to its destination. None: beside a local
    destination; for a share TMPDIR, else /var/tmp."""
    smb_port: int = 445
    """TCP port at which the destination's server answers."""
    patience: float = attrs.field(default=120.0)
    """Seconds for which a lost connection to the server is tried anew."""
    require_encryption: bool = False
    """Refuse a server that does not encrypt; without it one that only signs gets a warning."""
    check_space: bool = True
    """Refuse a capture for which the free space cannot suffice, by an estimate."""

    @patience.validator
    def _check_patience(self, _: object, seconds: float) -> None:
        # So written, it refuses NaN too.
        if not 0 <= seconds < math.inf:
            raise ValueError(f"patience is a finite number of seconds from 0 on, not {seconds}")


@attrs.frozen(kw_only=True)
class CaptureRequest:
    """All that a capture backend needs to write one WIM, one image for each volume in order."""

    step: StepReference
    destination: str
    """Path of the WIM to write (CaptureDestination, variables resolved)."""
    account: str | None = None
    """Account for the share of the destination (CaptureUsername), as domain\\user."""
    password: SecretText | None = attrs.field(default=None, eq=False)
    """Takes no part in comparing: a plan that was saved and loaded has lost it."""
    needs_password: bool = False
    """True where the step has a password, or a variable gives one."""
    metadata: ImageMetadata = attrs.field(factory=ImageMetadata)
    volumes: tuple[VolumeSource, ...] = ()
    options: CaptureOptions = attrs.field(factory=CaptureOptions)

    def with_volumes(self, volumes: Iterable[VolumeSource | Path | str]) -> CaptureRequest:
        """Return this request for the given volumes, in the order of their images."""
        sources = tuple(
            volume if isinstance(volume, VolumeSource) else VolumeSource(path=Path(volume))
            for volume in volumes
        )
        return attrs.evolve(self, volumes=sources)

    def with_password(self, password: SecretText) -> CaptureRequest:
        """Return this request with the password that a saved plan does not hold."""
        return attrs.evolve(self, password=password, needs_password=True)

    def overriding(self, found: str | None) -> CaptureRequest:
        """Return this request with what the person's word on the volume's state overrode."""
        return attrs.evolve(self, metadata=attrs.evolve(self.metadata, prepared=found))

    def with_options(self, options: CaptureOptions) -> CaptureRequest:
        """Return this request with other options."""
        return attrs.evolve(self, options=options)

    @property
    def time_limit(self) -> float | None:
        """Seconds the capture may take: the options' timeout, else the step's; None for any."""
        limit = self.options.timeout
        return limit if limit is not None else self.step.timeout


class Phase(enum.Enum):
    """What a capture is doing; phases of one kind come once, in this order."""

    SCAN = "scan"
    WRITE = "write"
    VERIFY = "verify"
    UPLOAD = "upload"
    """The verified WIM is copied to a share, or from a scratch folder."""
    CONFIRM = "confirm"
    """The copy is read back and compared."""


@attrs.frozen(kw_only=True)
class Progress:
    """How far a capture has come."""

    phase: Phase
    done: int
    """Bytes of this phase that are done (uncompressed)."""
    total: int | None
    """Bytes of this phase; None while scanning, when nobody knows yet."""
    overall: float
    """Share of the whole that is done, 0.0 to 1.0, all phases weighed by their cost; from the
    wimlib backend and a delivery 1.0 only when the WIM is in its place."""


@attrs.frozen(kw_only=True)
class CaptureWarning:
    """Something that the person should know and that does not stop the capture."""

    message: str


CaptureEvent = Progress | CaptureWarning
EventHandler = Callable[[CaptureEvent], None]


class OmissionReason(enum.Enum):
    """Why something of a volume is not in its image."""

    ENCRYPTED = "encrypted file"
    EXTENDED_ATTRIBUTES = "extended attributes"
    EXCLUDED = "excluded"
    UNSUPPORTED = "unsupported file"


@attrs.frozen(kw_only=True)
class Omission:
    """What was left out of an image, for one reason."""

    volume: Path
    reason: OmissionReason
    count: int
    """How many names (files, folders, each hard link) are concerned, exact; for extended
    attributes, how many files."""
    paths: tuple[str, ...]
    """Their paths in the volume, with `/`; the first 1,000 where there are more."""
    place: VolumePlace | None = None
    """Where on a disk the volume lies; `volume` is the disk then."""

    @property
    def shown(self) -> str:
        """What messages call the volume."""
        return str(self.place or self.volume)


@attrs.frozen(kw_only=True)
class CapturedImage:
    """One image of the finished WIM."""

    index: int
    """From 1, as Apply Operating System counts (ImageIndex)."""
    name: str
    volume: Path
    files: int
    directories: int
    bytes: int
    """Bytes of all files and streams, hard links counted once each time they are named."""
    stored_bytes: int
    """Bytes that this image adds to the WIM: data shared with an earlier image counts there."""
    place: VolumePlace | None = None
    """Where on a disk the volume lies; `volume` is the disk then."""

    @property
    def shown(self) -> str:
        """What messages call the volume."""
        return str(self.place or self.volume)


@attrs.frozen(kw_only=True)
class CaptureResult:
    """A finished capture."""

    backend: str
    destination: Path | str | None
    """The WIM that was written, a UNC path as text; None when the backend writes none."""
    mapped_from: str | None = None
    """The UNC path that was asked for, where a `ShareMapping` made it the local destination."""
    images: tuple[CapturedImage, ...]
    omissions: tuple[Omission, ...] = ()
    skipped: tuple[SkippedVolume, ...] = ()
    """Volumes of the disks that have no image, with the reason."""
    parts: tuple[Path, ...] = ()
    """The files of a split WIM, the destination first; empty for a WIM in one file."""
    file_bytes: int = 0
    """Size of the WIM file, of all its parts together."""
    verified: bool = False
    """True when every byte of the file was read back and agreed with its SHA-1."""
