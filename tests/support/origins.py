"""Model objects as if nobody had read them from anywhere."""

from __future__ import annotations

import pickle
from typing import TypeVar

from tasksequence.wmi import WmiObject

_Node = TypeVar("_Node", bound=WmiObject)


def without_origins(node: _Node) -> _Node:
    """Return a copy that has the node's values and knows no file: a pickle keeps values alone."""
    twin: _Node = pickle.loads(pickle.dumps(node))
    return twin
