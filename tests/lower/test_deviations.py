"""Sums of squared and of weighted differences are found, and every value stays what it was."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from symbackprop.lower.check_values import IllFormed, check_values
from symbackprop.lower.deviations import find_deviations
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.passes import improved_module
from symbackprop.lower.show_values import show
from symbackprop.lower.value_walks import computed_in, steps_in
from symbackprop.lower.values import Deviation, Function, Kind, Map, MapOp, inside
from symbackprop.sources import lowered
from symbackprop.stages import derived_of, in_order
from symbackprop.verify.data import draw
from tests.lower.differing import CASES
from tests.lower.made import SIZES as SIZES_MADE
from tests.lower.made import d, data, define, e, function, n, read
from workshop.fuzz.modules import compare_module, compare_values, load_module, reference_values
from workshop.fuzz.modules import generated_source as text_of

SIZES = ({"N": 5, "K": 3, "D": 2, "B": 2, "H": 3, "M": 4}, {"N": 2, "K": 1, "D": 4, "B": 1, "H": 2, "M": 3})


def module_of(name: str) -> ModuleIR[Function]:
    program = CASES[name]().to_program()
    return lowered(program, in_order(derived_of(program)))


def found_in(function: Function) -> Counter[str]:
    values = {value for step in steps_in(function.body) for top in computed_in(step) for value in inside(top)}
    kinds = ("weighted" if value.weights else "squared" for value in values if isinstance(value, Deviation))
    return Counter(kinds)


@pytest.mark.parametrize("name", CASES)
def test_values_and_module_are_those_of_the_equations(name: str) -> None:
    program = CASES[name]().to_program()
    derived = derived_of(program, checked=True)
    before = lowered(program, in_order(derived))
    module, text = before.mapped(find_deviations), load_module(text_of(program, derived))
    for one in (*module.functions, *improved_module(before).functions):
        check_values(one)
    for number, given in enumerate(SIZES):
        sizes = {size: given[size] for size in program.dims}
        data = draw(program, sizes, seed=number)
        reference = reference_values(program, derived, sizes, data)
        assert reference is not None
        compare_values(module, program, sizes, data, reference)
        compare_values(improved_module(before), program, sizes, data, reference)
        compare_module(text, program, sizes, data, reference)


@pytest.mark.parametrize(
    ("name", "forward", "backward"),
    [
        ("nearest", {"squared": 1}, {"weighted": 2}),
        ("flipped", {"squared": 1}, {"weighted": 2}),
        ("assigned", {"squared": 1}, {"squared": 1, "weighted": 1}),
        ("images", {"squared": 1}, {"weighted": 2}),
        ("batched", {}, {}),
    ],
)
def test_what_is_found(name: str, forward: dict[str, int], backward: dict[str, int]) -> None:
    module = improved_module(module_of(name))
    assert found_in(module.forward) + (found_in(module.shared) if module.shared else Counter()) == forward
    assert found_in(module.backward) == backward


@pytest.mark.parametrize("name", ["nearest", "flipped", "assigned", "images"])
def test_no_difference_has_storage(name: str) -> None:
    """Over all axes at once, of which nothing that is given or wanted has so many."""
    for one in improved_module(module_of(name)).functions:
        values = [value for step in steps_in(one.body) for top in computed_in(step) for value in inside(top)]
        assert not [
            value for value in values
            if isinstance(value, Map) and value.op is MapOp.SUBTRACT and value.kind is Kind.FLOAT
            and len(value.axes) > max(len(arg.axes) for arg in value.args)
        ]  # fmt: skip


def test_by_themselves() -> None:
    """As they are written, checked and computed."""
    x, V, s = read("x", n, e), read("V", d, e), read("s", n)
    squared, given = Deviation((), x, V, (e,), False), data()
    function_ = function(define("y", squared))
    check_values(function_)
    assert show(squared) == "(Σ_{e} (x[n, e] - V[d, e])^2)"
    expected = ((given["x"][:, None] - given["V"]) ** 2).sum(axis=2)
    np.testing.assert_allclose(evaluate(function_, SIZES_MADE, given)["y"], expected)
    weighted = Deviation((read("V", e, d),), x, s, (e,), False)
    assert show(weighted) == "(Σ_{e} V[e, d] · (x[n, e] - s[n]))"
    with pytest.raises(IllFormed, match="a weight of other axes"):
        check_values(function(define("y", Deviation((s,), read("V", e, d), x, (e,), False))))
    with pytest.raises(IllFormed, match="a deviation of other axes"):
        check_values(function(define("y", Deviation((), read("V", d, n), x, (e,), False))))
