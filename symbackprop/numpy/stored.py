"""A module's functions, with the storage that NumPy statements need."""

from __future__ import annotations

from symbackprop.lower import values
from symbackprop.lower.update import UpdateIR
from symbackprop.numpy.array import Function
from symbackprop.numpy.function import store
from symbackprop.numpy.in_place import in_place


def store_update(update: UpdateIR[values.Function]) -> UpdateIR[Function]:
    following = {f"next_{name}": name for name in ("w", *update.states)}
    return UpdateIR(
        update.title,
        update.program,
        update.states,
        store(update.scalars),
        in_place(store(update.elements), following),
        update.given,
        update.arguments,
    )
