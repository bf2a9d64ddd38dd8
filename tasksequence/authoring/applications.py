"""Applications that a wizard's answers name."""

from __future__ import annotations

from collections.abc import Mapping

from tasksequence.authoring.properties import GivenValues
from tasksequence.model.actions.software import ApplicationInfo

__all__ = ["Application", "application_from"]

Application = str | ApplicationInfo | Mapping[str, object]
"""An application: its model name, or its properties."""


def application_from(answer: Application) -> ApplicationInfo:
    """Return the application that an answer names; raises `SettingError`."""
    if isinstance(answer, ApplicationInfo):
        return answer
    given = GivenValues(ApplicationInfo)
    given.give_all({"Name": answer} if isinstance(answer, str) else answer)
    made = given.new_object()
    assert isinstance(made, ApplicationInfo)
    return made
