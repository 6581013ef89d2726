"""Every arithmetic has a rule for every function, and their rules agree."""

from __future__ import annotations

import math

import pytest

from symbackprop.interpret import Float, Precise, Residues, Tangents
from symbackprop.interpret.field import PRIME
from symbackprop.terms.term import ConstantKind, Function

# Arguments at which every arithmetic has a value; one each but for the functions of two.
ARGUMENTS = {
    Function.ATAN2: (0.75, -0.5), Function.POW: (1.5, -0.75), Function.EXP_NORMALIZED: (0.5, 1.25),
    Function.DIFFERENCE: (0.5, 1.25), Function.LOG_ADD_EXP: (0.5, 1.25, -3.0), Function.MAX: (0.5, 1.25, -3.0),
    Function.MIN: (0.5, 1.25, -3.0), Function.ACOSH: (1.5,), Function.ATANH: (0.5,), Function.ASIN: (0.5,),
    Function.ACOS: (0.5,),
}  # fmt: skip


@pytest.mark.parametrize("function", Function)
def test_floats_are_what_high_precision_rounds_to(function: Function) -> None:
    precise = Precise()
    for arguments in {ARGUMENTS.get(function, (0.75,)), ARGUMENTS.get(function, (2.5,))}:
        exact = precise.apply(function, [precise.given(u) for u in arguments])
        assert math.isclose(Float().apply(function, arguments), float(exact), rel_tol=1e-14)


@pytest.mark.parametrize("function", Function)
def test_residues_depend_on_the_arguments_alone(function: Function) -> None:
    one, other = Residues(3), Residues(3)
    arguments = [one.given(u) for u in ARGUMENTS.get(function, (0.75,))]
    other.apply(Function.EXP, (other.given(17),))  # what else was asked for
    found = one.apply(function, arguments)
    assert 0 <= found < PRIME
    assert found == other.apply(function, arguments)


@pytest.mark.parametrize("function", [f for f in Function if f not in ARGUMENTS])
@pytest.mark.parametrize("u", [math.inf, -math.inf, math.nan])
def test_limits_of_residues_are_those_of_floats(function: Function, u: float) -> None:
    """Where residues have one: they are plain numbers."""
    exact, residues = Float().apply(function, (u,)), Residues(3)
    found = residues.apply(function, (u,))
    if isinstance(found, float):
        assert math.isnan(found) or found == exact
    elif function is Function.ATAN:
        assert found * 2 % PRIME == residues.multiply((residues.constant(ConstantKind.PI), 1 if u > 0 else PRIME - 1))
    else:
        assert (found if found <= PRIME // 2 else found - PRIME) == exact


@pytest.mark.parametrize("function", Function)
def test_every_function_has_a_slope_by_every_argument(function: Function) -> None:
    dual = Tangents(Float())
    arguments = ARGUMENTS.get(function, (0.75,))
    for place in range(len(arguments)):
        values = [(u, {0: 1.0} if n == place else {}) for n, u in enumerate(arguments)]
        value, tangent = dual.apply(function, values)
        assert value == Float().apply(function, arguments)
        assert math.isfinite(tangent.get(0, 0.0))
