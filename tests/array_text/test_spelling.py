"""Sizes, ranges and positions as text: what Python makes of them is what the polynomials are."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from symbackprop.array_text.fragment import Level
from symbackprop.array_text.library import Library
from symbackprop.array_text.spelling import Spelling
from symbackprop.python_text.identifiers import Names
from symbackprop.terms.build import compare, number, poly_value, power
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Relation
from tests.lower.made import D, N, d, n

i, j = Poly.of(n), Poly.of(d)
AXES = {n: Axis(n, Poly.of(2), N), d: Axis(d, ZERO, D - 1)}
SIZES = ({"N": 5, "D": 3}, {"N": 3, "D": 7}, {"N": 2, "D": 1})
POLYS = (
    i, j + 2, i + N - 1, N - i, 2 * i + 1, i + j, i * D + j - 1, i * j, i * i, (i + j) // 2, i // (j + 1) + D, N + D,
    N * D - 1, i * (N - j),
)  # fmt: skip


def spelling() -> Spelling:
    return Spelling(Names({"N", "D"}), Library())


@pytest.mark.parametrize("poly", POLYS, ids=str)
def test_positions(poly: Poly) -> None:
    for layout in permutations((n, d)):
        code = spelling().position(poly, AXES, layout)
        assert code.axes == tuple(axis for axis in layout if axis in poly.indices())
        for sizes in SIZES:
            found = eval(code.text, {"np": np, **sizes})
            ranges = {n: range(2, sizes["N"] + 1), d: range(sizes["D"])}
            assert np.shape(found) == tuple(len(ranges[axis]) for axis in code.axes)
            for place in product(*(range(len(ranges[axis])) for axis in code.axes)):
                at = {**sizes, **{axis.name: ranges[axis][p] for axis, p in zip(code.axes, place, strict=True)}}
                assert np.asarray(found)[place] == poly.evaluate(lambda atom, at=at: at[atom.name])
                twice = np.asarray(eval(f"2 * {code.at(Level.PRODUCT)} * 3", {"np": np, **sizes}))
                assert twice[place] == 6 * np.asarray(found)[place]


@pytest.mark.parametrize(("low", "high"), [(ZERO, N - 1), (Poly.of(1), N), (N, N + D), (D, N)])
def test_ranges_and_lengths(low: Poly, high: Poly) -> None:
    write = spelling()
    for sizes in SIZES:
        ends = [end.evaluate(lambda atom, sizes=sizes: sizes[atom.name]) for end in (low, high)]
        steps = list(eval(f"range({write.steps(low, high)})", dict(sizes)))
        assert steps == list(range(ends[0], ends[1] + 1))
        length = high - low + 1
        assert eval(write.extent(length, Facts((N - 1, D - 1))), dict(sizes)) == len(steps)
        assert eval(write.shape([length, D], Facts()), dict(sizes)) == (len(steps), sizes["D"])
    assert write.extent(N, Facts()) == "N"


def test_names() -> None:
    """A loop's variable stands for its index; helpers are noted as they are asked for."""
    write = spelling()
    write.variables["n"] = "n_2"
    assert write.poly(i + 1) == "n_2 + 1"
    del write.variables["n"]
    assert write.helpers == set()
    assert write.helper("erf") == "erf"
    assert write.numbers.erf("2", write) == "erf(2)"
    assert write.helpers == {"erf"}


def test_numbers_and_conditions() -> None:
    write = spelling()
    for sizes in SIZES:
        condition = write.condition(compare(Relation.GT, poly_value(N), poly_value(D + 1)))
        assert eval(condition, dict(sizes)) == (sizes["N"] > sizes["D"] + 1)
        code = write.scalar(power(poly_value(N + D), -1))
        assert code.plain
        assert eval(f"6 * {code.at(Level.SIGN)}", dict(sizes)) == pytest.approx(6 / (sizes["N"] + sizes["D"]))
    assert write.scalar(number(3)).text == "3"
