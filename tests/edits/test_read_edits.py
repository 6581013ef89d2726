"""What is read otherwise, against NumPy's own turned arrays."""

from __future__ import annotations

from itertools import product

import numpy as np

from symbackprop.edits.kinds import Kind
from symbackprop.edits.read_edits import read_edits
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Access, Axis, Where

I, J = Index("i"), Index("j")
N, M = Poly.of(Dim("N")), Poly.of(Dim("M"))
SIZES = {Dim("N"): 3, Dim("M"): 4}
RANGES = {I: Axis(I, Poly.of(0), N - 1), J: Axis(J, Poly.of(0), M - 1)}
A = Tensor("A", TensorKind.INPUT, (N, M), (Poly.of(0), Poly.of(0)))
FLIPS = (Kind.AXIS_FLIPPED, Kind.INDEX_FLIPPED, Kind.STEP_FLIPPED)


def edits(subscripts, *kinds):
    """(kind, the new subscripts)."""
    found = read_edits(Access("A", tuple(subscripts)), {"A": A}, (), RANGES)
    return [(edit.kind, edit.new.subscripts) for edit in found if edit.kind in kinds]


def position(subscripts, values):
    return tuple(s.evaluate({**SIZES, **values}.__getitem__) for s in subscripts)


def test_each_axis_is_turned_as_numpy_turns_it():
    array = np.arange(12).reshape(3, 4)
    found = edits((Poly.of(I), Poly.of(J)), *FLIPS)
    assert [kind for kind, _ in found] == [Kind.AXIS_FLIPPED] * 2
    for (_, new), turned in zip(found, (array[::-1], array[:, ::-1]), strict=True):
        for i, j in product(range(3), range(4)):
            assert array[position(new, {I: i, J: j})] == turned[i, j]


def test_turned_twice_is_as_it_was():
    for subscripts in ((Poly.of(I), Poly.of(J)), (Poly.of(I) + 1, Poly.of(J)), (Poly.of(I) - 1, M - 2 - Poly.of(J))):
        for kind, new in edits(subscripts, *FLIPS):
            assert subscripts in [again for _, again in edits(new, kind)], (kind, new)


def test_a_step_to_the_other_side():
    assert edits((Poly.of(I) + 2, Poly.of(0)), Kind.STEP_FLIPPED) == [(Kind.STEP_FLIPPED, (Poly.of(I) - 2, Poly.of(0)))]


def test_an_element_that_may_be_outside_is_guarded():
    shifted = [edit for edit in read_edits(Access("A", (Poly.of(I), Poly.of(J))), {"A": A}, (), RANGES)
               if edit.kind is Kind.SHIFTED]  # fmt: skip
    assert len(shifted) == 4
    for edit in shifted:
        assert isinstance(edit.term, Where)
        assert edit.term.then is edit.new
        assert edit.term.otherwise is NIL
