"""What is done to values before a target sees them, in this order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symbackprop.lower.dead import drop_dead_values
from symbackprop.lower.equality import find_equalities
from symbackprop.lower.module import ModuleIR
from symbackprop.lower.value_numbering import number_values
from symbackprop.lower.values import Function

VALUE_PASSES: tuple[Callable[[Function], Function], ...] = (
    find_equalities,
    number_values,
    drop_dead_values,
)


READABLE_PASSES: tuple[Callable[[Function], Function], ...] = (find_equalities,)  # that name nothing


def improved(function: Function, passes: tuple[Callable[[Function], Function], ...] = VALUE_PASSES) -> Function:
    """The function after every pass."""
    for improve in passes:
        function = improve(function)
    return function


def improved_module(
    module: ModuleIR[Function], passes: tuple[Callable[[Function], Function], ...] = VALUE_PASSES
) -> ModuleIR[Function]:
    """The module with its functions after every pass."""
    predict = None if module.predict is None else improved(module.predict, passes)
    shared = None if module.shared is None else improved(module.shared, passes)
    forward, backward = improved(module.forward, passes), improved(module.backward, passes)
    return replace(module, forward=forward, backward=backward, predict=predict, shared=shared)
