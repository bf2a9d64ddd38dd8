"""Which task sequence variables hold a secret."""

from functools import cache

from tasksequence.model.classes import registry
from tasksequence.secret_names import names_a_secret
from tasksequence.wmi import properties_of

__all__ = ["is_secret_variable"]


@cache
def _secret_variables() -> frozenset[str]:
    return frozenset(
        known.variable.casefold()
        for cls in registry.values()
        for known in properties_of(cls)
        if known.is_secret
    )


def is_secret_variable(name: str) -> bool:
    """Tell whether a variable holds a password or key: by its property's class, or by its name."""
    return name.casefold() in _secret_variables() or names_a_secret(name)
