"""What is done to values before a target sees them, in this order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from symbackprop.lower.assigned_where_equal import assign_where_equal
from symbackprop.lower.dead_values import drop_dead_values
from symbackprop.lower.deviations import find_deviations
from symbackprop.lower.equality import add_where_equal, find_equalities
from symbackprop.lower.first_additions import assign_first_additions
from symbackprop.lower.first_in_turns import assign_first_in_turns
from symbackprop.lower.gathered_windows import gather_windows
from symbackprop.lower.mask_ranges import split_by_masks
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.powers_less_one import powers_less_one
from symbackprop.lower.shared_products import share_products
from symbackprop.lower.small_axes import write_out_small_axes
from symbackprop.lower.value_numbering import number_values
from symbackprop.lower.values import Function

Passes: TypeAlias = tuple[Callable[[Function], Function], ...]

VALUE_PASSES: Passes = (
    find_equalities,
    add_where_equal,
    assign_where_equal,
    split_by_masks,
    gather_windows,
    write_out_small_axes,
    assign_first_additions,
    assign_first_in_turns,
    share_products,
    find_deviations,
    number_values,
    drop_dead_values,
)
LOOP_PASSES: Passes = (
    find_equalities,
    add_where_equal,
    assign_where_equal,
    split_by_masks,
    write_out_small_axes,
    assign_first_additions,
    assign_first_in_turns,
    powers_less_one,
    drop_dead_values,
)  # those that are no concern of arrays alone
READABLE_PASSES: Passes = (find_equalities,)  # those that name nothing


def improved(function: Function, passes: Passes = VALUE_PASSES) -> Function:
    """The function after every pass."""
    for improve in passes:
        function = improve(function)
    return function


def improved_module(module: ModuleIR[Function], passes: Passes = VALUE_PASSES) -> ModuleIR[Function]:
    """The module with its functions after every pass."""
    return module.mapped(lambda function: improved(function, passes))
