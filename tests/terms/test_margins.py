"""How far subscripts lie inside their tensor, and conditions that say no more than that they do."""

from __future__ import annotations

from symbackprop.terms.build import access, compare, logic_and, number, poly_value
from symbackprop.terms.domains import margins, says_inside
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Relation

N, K = Poly.of(Dim("N")), Poly.of(Dim("K"))
n = Poly.of(Index("n"))
X = Tensor("x", TensorKind.INPUT, (N, K), (Poly.of(0), Poly.of(1)))


def test_margins() -> None:
    assert list(margins((n - 1, n), X)) == [n - 1, N - n, n - 1, K - n]
    assert list(margins((access("label", [n]), n), X)) == [n - 1, K - n]
    for size, position in ((5, 3), (5, 0), (5, 5)):
        known = {Dim("N"): size, Dim("K"): 7, Index("n"): position}
        inside = 0 <= position - 1 <= size - 1 and 1 <= position <= 7
        assert all(m.evaluate(lambda atom, known=known: known[atom]) >= 0 for m in margins((n - 1, n), X)) == inside


def test_says_inside() -> None:
    inside = list(margins((n - 1, n), X))
    at_least = compare(Relation.GE, poly_value(n), number(1))
    assert says_inside(at_least, inside)
    assert not says_inside(compare(Relation.GE, poly_value(n), number(2)), inside)
    assert not says_inside(compare(Relation.EQ, poly_value(n), number(1)), inside)
    assert not says_inside(logic_and(at_least, compare(Relation.GE, poly_value(N), poly_value(n))), inside)
