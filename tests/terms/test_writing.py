"""The walk from terms to formulas: one order of addends in every notation, and an end to what is very long."""

from symbackprop.formula.latex import latex
from symbackprop.formula.text import text
from symbackprop.latex import Names
from symbackprop.terms.build import (
    access,
    add,
    apply,
    compare,
    indicator,
    logic_and,
    logic_not,
    mul,
    neg,
    number,
    poly_value,
    power,
    reduce,
    where,
)  # fmt: skip
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.show import show
from symbackprop.terms.term import Axis, Function, Reduction, Relation
from symbackprop.terms.writing import Spelling, Writer

I, N = Poly.of(Index("i")), Poly.of(Dim("N"))
K = Index("k")
SUM = reduce(Reduction.SUM, [Axis(K, ZERO, N - 1)], mul(access("W", (I, Poly.of(K))), access("x", (Poly.of(K),))))
B, X, Y = access("b", (I,)), access("x", (I,)), access("y", (I,))


def both(term):
    """As text and in LaTeX."""
    return text(Writer().term(term)), latex(Writer(Names({}, {})).term(term))


def test_sums_come_first_then_the_rest_then_a_number_then_what_is_taken_away():
    line, printed = both(add(number(1), B, neg(Y), SUM))
    assert line == "Σ_j W[i, j]·x[j] + b[i] + 1 - y[i]"
    assert printed == r"\sum_{j=0}^{N - 1} W_{i,j} \, x_{j} + b_{i} + 1 - y_{i}"


def test_a_positive_addend_comes_first():
    assert both(add(neg(X), number(1))) == ("1 - x[i]", "1 - x_{i}")


def test_a_sum_over_indices_is_the_last_factor():
    line, printed = both(mul(X, SUM))
    assert line.startswith("x[i]·Σ_")
    assert printed.startswith(r"x_{i} \, \sum_{")


def test_equations_in_a_condition_are_factors():
    equal = compare(Relation.EQ, poly_value(I), poly_value(N))
    above = compare(Relation.GT, X, Y)
    line, _ = both(where(logic_and(above, equal), B, number(0)))
    assert line == "[i = N]·[x[i] > y[i]]·b[i]"


def test_two_bounds_are_one_relation():
    inside = logic_and(
        compare(Relation.GE, poly_value(I), number(2)), compare(Relation.GT, poly_value(N), poly_value(I))
    )
    assert both(indicator(inside))[0] == "[2 ≤ i < N]"


def test_a_relation_that_fails_is_its_opposite():
    assert both(indicator(logic_not(compare(Relation.GT, X, Y))))[0] == "[x[i] ≤ y[i]]"


def test_numbers_stand_behind_in_equations():
    assert both(indicator(compare(Relation.NE, number(3), X)))[0] == "[x[i] ≠ 3]"


def test_what_is_shared_is_not_written_out_to_the_end():
    term = X
    for _ in range(60):
        term = apply(Function.TANH, mul(term, add(term, 1)))
    shown = show(term)
    assert "…" in shown
    assert len(shown) < 20_000
    assert len(repr(term)) < 5_000


def test_a_terms_repr_is_its_structure():
    assert repr(power(add(X, 1), 2)) == "Power(Add((Number(1), Access('x', (i)))), 2)"


def test_a_spelling_says_how_names_are_written():
    class Greek(Spelling):
        def index(self, name):
            return Names({}, {}).index("mu")

    assert text(Writer(Greek()).term(X)) == "x[μ]"
