"""Whether an operation is one of integers: in C, unlike in NumPy, a number has to be written as what it is."""

from __future__ import annotations

from symbackprop.lower.values import Kind, Map, MapOp, Scalar

_RELATIONS = frozenset({MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL})


def of_integers(value: Map) -> bool:
    """Whether its arguments are integers, numbers among them too."""
    if value.op in _RELATIONS:
        kinds = [arg.kind for arg in value.args if not isinstance(arg, Scalar)]
        return bool(kinds) and all(kind is not Kind.FLOAT for kind in kinds)
    return value.kind is not Kind.FLOAT


__all__ = ["of_integers"]
