"""What several equations add up, box by box, is the same in equations that do not overlap."""

import random
from itertools import product

import pytest

from symbackprop.derive.regions import without_overlap, written
from symbackprop.terms.build import access
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor, TensorKind
from symbackprop.terms.term import Axis
from tests.terms.exact import Elements, numbers

T, N = Poly.of(Dim("T")), Poly.of(Dim("N"))
CUTS = [ZERO, Poly.of(1), Poly.of(2), T - 1, T, T + 1]
WHOLE = Tensor("d", TensorKind.INTERMEDIATE, (T + 2, N), (ZERO, ZERO), axes=("t", "n"))


def equation(number, low, high, name="t", columns="n"):
    t, n = Index(name), Index(columns)
    axes = (Axis(t, low, high), Axis(n, ZERO, N - 1))
    here = (Poly.of(t), Poly.of(n))
    return Equation("d", here, axes, access(f"x{number}", here), Op.ACCUMULATE)


def elements(equations, sizes):
    given = tuple(Tensor(f"x{number}", TensorKind.INPUT, WHOLE.shape, WHOLE.origin) for number in range(len(equations)))
    program = Program("regions", ("T", "N"), (*given, WHOLE), tuple(equations))
    return Elements(program, sizes, numbers(2)).every("d")


@pytest.mark.parametrize("seed", range(60))
def test_random_boxes(seed):
    rng = random.Random(seed)
    equations = [
        equation(number, *sorted(rng.sample(CUTS, 2), key=CUTS.index), rng.choice("tsu"), rng.choice("nm"))
        for number in range(rng.randint(1, 4))
    ]
    found = without_overlap(equations, WHOLE)
    if found is None:
        return
    assert all(part.op is Op.ASSIGN for part in found)
    for t, n in product((2, 3, 5), (1, 2)):  # from where on the cuts are in order
        sizes = {"T": t, "N": n}
        assert elements(found, sizes) == elements(equations, sizes)
        places = [p for part in found for p in positions(part, sizes)]
        assert len(places) == len(set(places)) == (t + 2) * n


def positions(part, sizes):
    ranges = [
        range(axis.low.evaluate(lambda a: sizes[a.name]), axis.high.evaluate(lambda a: sizes[a.name]) + 1)
        for axis in part.axes
    ]
    for values in product(*ranges):
        here = {**sizes, **{axis.index.name: value for axis, value in zip(part.axes, values, strict=True)}}
        yield tuple(s.evaluate(lambda a, here=here: here[a.name]) for s in part.subscripts)


def test_a_recurrence_that_is_read_from_both_sides():
    first, second = equation(0, Poly.of(1), T + 1), equation(1, ZERO, T)
    found = without_overlap([first, second], WHOLE)
    assert found is not None
    spans = [written(part)[0] for part in found]
    assert [(str(span.low), str(span.high)) for span in spans] == [("0", "0"), ("1", "T"), ("T + 1", "T + 1")]
    assert [part.rhs.tensors for part in found] == [{"x1"}, {"x0", "x1"}, {"x0"}]


def test_what_is_no_box_or_in_no_order():
    n = Index("n")
    diagonal = Equation("d", (Poly.of(n), Poly.of(n)), (Axis(n, ZERO, N - 1),), access("x0", [Poly.of(n)] * 2))
    assert written(diagonal) is None
    assert without_overlap([diagonal], WHOLE) is None
    assert without_overlap([equation(0, N, T)], WHOLE) is None  # is N below T or above?
