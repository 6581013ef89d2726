"""A module's functions, with the storage that NumPy statements need."""

from __future__ import annotations

from symbackprop.lower import values
from symbackprop.lower.module import ModuleIR
from symbackprop.lower.update import UpdateIR
from symbackprop.numpy.array import Function
from symbackprop.numpy.function import store
from symbackprop.numpy.in_place import in_place


def store_module(module: ModuleIR[values.Function]) -> ModuleIR[Function]:
    return ModuleIR(
        module.program,
        module.backward_program,
        module.predict_program,
        store(module.forward),
        store(module.backward),
        None if module.predict is None else store(module.predict),
        None if module.shared is None else store(module.shared),
        module.shared_results,
        module.results,
        module.cached,
        module.gradients,
    )


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
