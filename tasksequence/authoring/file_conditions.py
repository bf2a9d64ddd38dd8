"""Conditions on the files and folders of the device."""

from __future__ import annotations

from datetime import datetime

import attrs

from tasksequence.authoring.comparisons import Comparable, compared_text, compared_time
from tasksequence.errors import Problem, QualifierError
from tasksequence.model.condition import FileConditionExpression, FolderConditionExpression
from tasksequence.wmi_property import shown_value

__all__ = ["File", "Folder"]


class _FileVersion(Comparable[str, FileConditionExpression]):
    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def _compared(self, operator: str, value: str) -> FileConditionExpression:
        version = compared_text(FileConditionExpression, "Version", value)
        return FileConditionExpression(path=self._path, version=version, version_operator=operator)


class _FileTime(Comparable[datetime, FileConditionExpression]):
    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def _compared(self, operator: str, value: datetime) -> FileConditionExpression:
        time = compared_time(FileConditionExpression, value)
        return FileConditionExpression(path=self._path, date_time=time, date_time_operator=operator)


class _FolderTime(Comparable[datetime, FolderConditionExpression]):
    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def _compared(self, operator: str, value: datetime) -> FolderConditionExpression:
        time = compared_time(FolderConditionExpression, value)
        return FolderConditionExpression(
            path=self._path, date_time=time, date_time_operator=operator
        )


def _refuse_empty(owner: File | Folder, _: object, path: str) -> None:
    # A variable of a shell or a script that is not set gives it: no device has such a file.
    if isinstance(path, str) and not path.strip():
        is_file = isinstance(owner, File)
        cls = FileConditionExpression if is_file else FolderConditionExpression
        text = f"is {shown_value(path)}: give the path of a {'file' if is_file else 'folder'}"
        raise QualifierError([Problem(cls.wmi_name, "Path", "Path", text)])


@attrs.frozen
class File:
    r"""A file of the device: `File(r"C:\Windows\explorer.exe").version >= "10.0.22000.1"`."""

    path: str = attrs.field(validator=_refuse_empty)

    def exists(self) -> FileConditionExpression:
        """True when the file exists."""
        return FileConditionExpression(path=self.path)

    @property
    def version(self) -> _FileVersion:
        """Its version, to compare with a text such as 10.0.22000.1."""
        return _FileVersion(self.path)

    @property
    def modified(self) -> _FileTime:
        """When it was last changed, to compare with a datetime that has a time zone."""
        return _FileTime(self.path)


@attrs.frozen
class Folder:
    """A folder of the device."""

    path: str = attrs.field(validator=_refuse_empty)

    def exists(self) -> FolderConditionExpression:
        """True when the folder exists."""
        return FolderConditionExpression(path=self.path)

    @property
    def modified(self) -> _FolderTime:
        """When it was last changed, to compare with a datetime that has a time zone."""
        return _FolderTime(self.path)
