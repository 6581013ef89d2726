"""Letters of axes: the user's own, that of the axis an index runs along, that with a number, the next free one."""

from __future__ import annotations

from symbackprop.derive.axis_names import axis_name, axis_names
from symbackprop.terms.build import access, mul
from symbackprop.terms.namer import Letters
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Axis

N, D = Poly.of(Dim("N")), Poly.of(Dim("D"))
n, d = Axis(Index("n"), ZERO, N - 1), Axis(Index("d"), ZERO, D - 1)
TENSORS = {"x": Tensor("x", TensorKind.PARAMETER, (N, D), (ZERO, ZERO), axes=("n", "d"))}


def test_the_users_letters_stay() -> None:
    term = access("x", [Poly.of(n.index), Poly.of(d.index)])
    assert axis_names(term, (n, d), TENSORS, (n, d)) == ("n", "d")


def test_an_index_of_a_binder_has_the_name_of_its_axis_or_that_with_a_number() -> None:
    one, other = (Axis(Index(f"~{k}", 0, True), ZERO, D - 1) for k in range(2))
    product = mul(*(access("x", [Poly.of(n.index), Poly.of(axis.index)]) for axis in (one, other)))
    assert axis_names(product, (n, one, other), TENSORS, (n, d)) == ("n", "d", "d2")


def test_along_no_axis_it_has_the_next_letter_that_is_free() -> None:
    free = Axis(Index("~0", 0, True), ZERO, D - 1)
    found = axis_name([], free, TENSORS, Letters.of((), (n, d)), {"n", "d"}, {})
    assert found not in {"n", "d"}
    assert len(found) == 1
