"""Values to draw: what an assumption allows is what brute force finds of all values, and no assumption is broken."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from sympy import Eq, Ge, Gt, Le, Max, Ne, Piecewise

from symbackprop import Network, Sum
from symbackprop.terms.program import Program
from symbackprop.verify.drawn import bound_together, choices_of, numbers_compared, values_assumed

N, HIGH = 3, 6


def program(*facts: Callable[[Any, Any], Any], part: bool = False) -> Program:
    """A network of an integer y, a float z and noise m, about y[n] and z[n] of which something is assumed."""
    net = Network("drawn")
    dim = net.dim("N")
    n = net.index("n", dim)
    some = net.index("s", (1, dim - 1)) if part else n
    y, z = net.input("y", (dim,), dtype="int", high=HIGH), net.input("z", (dim,))
    m, w = net.random("m", (dim,), "bernoulli", p=Fraction(1, 2)), net.parameter("w", (dim,))
    for fact in facts:
        net.assume(fact(y[some], z[some]))
    net.loss = Sum(
        m[n] * Piecewise((w[n], y[n] > 2), (Max(w[n], z[n], Fraction(7, 2)), w[n] > 5), (1, n > 8), (2, True)), n
    )
    return net.to_program()


def choices(*facts: Callable[[Any, Any], Any], part: bool = False) -> dict[str, tuple[int, ...]]:
    return choices_of(program(*facts, part=part), {"N": N}, [])


ALLOWED: dict[str, tuple[Callable[[Any], Any], Callable[[int], bool]]] = {
    "from 2 on": (lambda y: Ge(y, 2), lambda y: y >= 2),
    "not 3": (lambda y: Ne(y, 3), lambda y: y != 3),
    "at the ends": (lambda y: Eq(y * (y - 5), 0), lambda y: y in (0, 5)),
    "by a square": (lambda y: Gt(y**2, 5), lambda y: y**2 > 5),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_integers_that_are_allowed(name: str) -> None:
    fact, meant = ALLOWED[name]
    found = choices(lambda y, z: fact(y))["y"]
    assert set(found) == set(filter(meant, range(HIGH)))


def test_all_of_few_and_noise() -> None:
    found = choices()
    assert set(found) == {"y", "m"}
    assert set(found["y"]) == set(range(HIGH))
    assert set(found["m"]) == {0, 1}


@pytest.mark.parametrize(("fact", "values"), [
    (lambda z: Eq(z**2, 1), {-1, 1}), (lambda z: Eq(z**2, z), {0, 1}), (lambda z: Eq(z**2, 2 * z), {0, 2}),
    (lambda z: Eq(z**2, 100), None), (lambda z: Gt(z, 1), None),
])  # fmt: skip
def test_floats_of_few_values(fact: Callable[[Any], Any], values: set[int] | None) -> None:
    assumed = values_assumed(program(lambda y, z: fact(z)))
    assert {name: set(found) for name, found in assumed.items()} == ({} if values is None else {"z": values})
    found = choices(lambda y, z: fact(z))
    assert set(found.get("z", ())) == (values or set())
    assert set(choices(lambda y, z: fact(z), lambda y, z: Ge(z, 1)).get("z", ())) == {v for v in values or () if v >= 1}


def test_what_is_left_to_others() -> None:
    """Some elements alone, or several together: no value is right for each of them."""
    assert "y" not in choices(lambda y, z: Ge(y, 2), part=True)
    assert "z" not in values_assumed(program(lambda y, z: Eq(z**2, 1), part=True))
    assert bound_together(program(lambda y, z: Le(z, y))) == {"y", "z"}
    assert bound_together(program(lambda y, z: Le(z, 1))) == frozenset()
    assert set(choices(lambda y, z: Le(z, y))) == {"m"}


def test_numbers_compared() -> None:
    terms = [equation.rhs for equation in program().equations]
    assert set(numbers_compared(terms)) == {Fraction(2), Fraction(5), Fraction(7, 2)}
