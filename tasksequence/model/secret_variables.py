"""Which task sequence variables hold a secret."""

from functools import cache

from tasksequence.model.classes import registry
from tasksequence.secret_names import names_a_secret
from tasksequence.wmi import properties_of

__all__ = ["holds_a_secret", "is_secret_variable"]


@cache
def _declared() -> dict[str, bool]:
    """Return the variables that classes declare, each with whether it is secret in any of them."""
    found: dict[str, bool] = {}
    for cls in registry.values():
        for known in properties_of(cls):
            name = known.variable.casefold()
            found[name] = found.get(name, False) or known.is_secret
    return found


def is_secret_variable(name: str) -> bool:
    """Tell whether a variable holds a password or key: as its class says, or else by its name.

    OSDRandomAdminPassword and its like are no secrets, whatever they are called.
    """
    declared = _declared().get(name.casefold())
    return names_a_secret(name) if declared is None else declared


def holds_a_secret(name: str, property_name: str) -> bool:
    """Tell whether a `<variable>` of a file holds a secret, by its name and property.

    A name that a class declares decides alone; otherwise either of them may say so.
    """
    declared = _declared().get(name.casefold()) if name else None
    if declared is not None:
        return declared
    return is_secret_variable(name) or is_secret_variable(property_name)
