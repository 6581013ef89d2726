"""Rewriting under binders: nothing is captured, each object is tried once, and the rules see what is in scope."""

from symbackprop.terms.build import access, add, apply, mul, power, reduce, where
from symbackprop.terms.build import compare as compared
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.rewrite import ranges_of, rewrite, rewrite_equation
from symbackprop.terms.term import Access, Add, Apply, Axis, Function, Reduce, Reduction, Relation
from tests.terms.exact import Exact, numbers

I, J = Index("i"), Index("j")
N, H = Poly.of(Dim("N")), Poly.of(Dim("H"))
ROWS, COLUMNS = Axis(I, ZERO, N - 1), Axis(J, ZERO, H - 1)
RANGES = ranges_of([ROWS])


def x(row, column):
    return access("x", [Poly.of(row), Poly.of(column)])


def total(body, *axes):
    return reduce(Reduction.SUM, axes, body)


def nothing(*_):
    return None


def test_where_no_rule_says_anything_the_term_is_the_same_object():
    term = total(apply(Function.TANH, mul(x(I, J), total(x(J, I), Axis(I, ZERO, H - 1)))), COLUMNS)
    assert rewrite(term, nothing, RANGES) is term
    assert rewrite(term, nothing, RANGES, nothing) is term


def test_what_is_put_in_is_not_captured():
    """Σ_j y[j] with Σ_j x[i, j] for each y[j]: two sums, of which each has its own index."""
    inner = total(x(I, J), COLUMNS)
    term = total(access("y", [Poly.of(J)]), COLUMNS)

    def rule(part, _):
        return inner if isinstance(part, Access) and part.tensor == "y" else None

    found = rewrite(term, rule, RANGES)
    for sizes in ({"N": 2, "H": 3}, {"N": 1, "H": 1}):
        value = Exact(sizes, numbers(1))
        for at in value.positions([ROWS]):
            assert value(found, at) == sizes["H"] * value(inner, at)


def test_the_ranges_are_those_in_scope():
    seen = []

    def rule(part, ranges):
        if isinstance(part, Access):
            seen.append([(axis.low, axis.high) for axis in ranges.values()])
            assert part.free <= set(ranges)

    rewrite(add(x(I, I), total(x(I, J), COLUMNS)), rule, RANGES)
    assert sorted(map(len, seen)) == [1, 2]
    assert [(ROWS.low, ROWS.high), (COLUMNS.low, COLUMNS.high)] in seen


def test_each_object_is_tried_once():
    term, tried = access("a"), []
    for _ in range(60):
        term = apply(Function.ATAN2, term, apply(Function.EXP, term))

    def rule(part, _):
        tried.append(part)

    assert rewrite(term, rule, {}) is term
    assert len(tried) == len(set(tried)) == 121


def test_rules_go_outermost_first_and_what_comes_after_innermost_first():
    a, b = access("a"), access("b")
    term = apply(Function.TANH, add(a, b))
    order = []
    rewrite(term, lambda part, _: order.append(part), {}, lambda part, _: order.append(part))
    assert order[0] is order[-1] is term
    assert order[1] is order[-2] is add(a, b)

    def swapped(part, _):
        return power(part.args[0], 2) if isinstance(part, Apply) else None

    assert rewrite(apply(Function.EXP, term), nothing, {}, swapped) is power(power(add(a, b), 2), 2)


def test_what_a_rule_gives_stands_as_it_is():
    a, b = access("a"), access("b")

    def rule(part, _):
        return add(part, b) if isinstance(part, Access) else None

    assert rewrite(mul(a, b), rule, {}) is mul(add(a, b), add(b, b))

    def stop(part, _):
        return part if isinstance(part, Add) else None

    later = []
    rewrite(mul(add(a, b), b), stop, {}, lambda part, _: later.append(part))
    assert add(a, b) not in later


def test_conditions_and_gathers_are_gone_through():
    label = access("label", [Poly.of(I)])
    term = where(compared(Relation.GT, access("a"), access("b")), access("z", [label]), access("b"))

    def rule(part, _):
        renamed = isinstance(part, Access) and part.tensor in ("a", "label")
        return Access(f"{part.tensor}2", part.subscripts) if renamed else None

    found = rewrite(term, rule, RANGES)
    assert found.tensors == {"a2", "label2", "b", "z"}


def test_equations():
    equation = Equation("y", (Poly.of(I),), (ROWS,), total(x(I, J), COLUMNS))
    assert rewrite_equation(equation, nothing) is equation

    def doubled(part, ranges):
        assert I in ranges
        return mul(2, part) if isinstance(part, Reduce) else None

    assert rewrite_equation(equation, nothing, doubled).rhs is mul(2, equation.rhs)
