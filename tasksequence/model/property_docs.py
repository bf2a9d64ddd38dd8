"""What a property means: the docstrings that stand below the properties of a class."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping

from tasksequence.wmi import WmiObject, per_class

__all__ = ["property_docs"]


@per_class
def property_docs(cls: type[WmiObject]) -> Mapping[str, str]:
    """Return the docstrings of a class's attributes by their Python names, inherited ones too.

    Python keeps no docstrings of attributes, so they are read from the source; where that is not
    at hand, there are none.
    """
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, WmiObject) and base is not WmiObject:
            found.update(_own_docs(base))
    return found


def _own_docs(cls: type[WmiObject]) -> dict[str, str]:
    try:
        source = textwrap.dedent(inspect.getsource(cls))
    except (OSError, TypeError):
        return {}
    (tree,) = ast.parse(source).body
    assert isinstance(tree, ast.ClassDef)
    docs: dict[str, str] = {}
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            docs[field.target.id] = inspect.cleandoc(below.value.value)
    return docs
