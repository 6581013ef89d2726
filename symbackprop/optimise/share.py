"""Common subexpressions of the backward program: what occurs more than once is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.derive.axis_names import axis_names
from symbackprop.derive.differentiate import Derived
from symbackprop.terms.build import access
from symbackprop.terms.held_values import canonical, held_by
from symbackprop.terms.needed import needed_for
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, fresh_name
from symbackprop.terms.rewrite import Ranges, ranges_of, rewrite, rewrite_equation
from symbackprop.terms.term import Apply, Power, Reduce, Term, Where, subterms

Key = tuple[Term, tuple[tuple[Poly, Poly], ...]]


def share_subterms(derived: Derived) -> Derived:
    """Functions and reductions that stand in the backward program more than once get an equation of their own.

    Those under a guard are left where they are: outside it they might not exist.
    """
    backward = derived.backward
    if not _look_alikes(backward.equations):
        return derived
    counts: dict[Key, int] = {}

    def count(term: Term, ranges: Ranges) -> Term | None:
        if isinstance(term, Where):
            return term
        if _is_candidate(term):
            key = _key(term, ranges)
            counts[key] = counts.get(key, 0) + 1
            if counts[key] > 1:
                return term  # what is inside a shared term is computed once with it
        return None if term.tensors else term

    live = needed_for(backward, [adjoint for _, adjoint in backward.wrt])
    for equation in backward.equations:
        if equation.target in live:
            rewrite_equation(equation, count)
    if not any(number > 1 for number in counts.values()):
        return derived
    return _name_shared(derived, {key for key, number in counts.items() if number > 1})


def _look_alikes(equations: Sequence[Equation]) -> bool:
    """Whether two candidates are alike up to their indices (told without opening a reduction)."""
    seen: set[bytes] = set()
    for equation in equations:
        for inner in subterms(equation.rhs):
            if _is_candidate(inner):
                if inner.blind in seen:
                    return True
                seen.add(inner.blind)
    return False


def _is_candidate(term: Term) -> bool:
    match term:
        case Apply() | Reduce():
            return bool(term.tensors)
        case Power(_, exponent):
            return bool(term.tensors) and (exponent.denominator != 1 or exponent < 0)
        case _:
            return False


def _key(term: Term, ranges: Ranges) -> Key:
    """Equal for terms that are equal up to the names of indices running over the same ranges."""
    key, order = canonical(term)
    return key, tuple((ranges[index].low, ranges[index].high) for index in order)


def _name_shared(derived: Derived, shared: set[Key]) -> Derived:
    backward = derived.backward
    tensors = dict(backward.table)
    taken = set(tensors) | set(backward.dims)
    named: dict[Key, tuple[str, tuple[int, ...]]] = {}
    out: list[Equation] = []
    owner = ""

    def rule(term: Term, ranges: Ranges) -> Term | None:
        if isinstance(term, Where) or not term.tensors:
            return term
        if not _is_candidate(term):
            return None
        key = _key(term, ranges)
        if key not in shared:
            return None
        _, order = canonical(term)
        if key not in named:
            name = fresh_name(f"{owner}_shared", taken)
            in_scope = [index for index in ranges if index in term.free]
            axes = tuple(ranges[index] for index in in_scope)
            names = axis_names(term, axes, tensors, backward.indices)
            tensors[name], definition = held_by(name, term, axes, names, owner)
            out.append(definition)
            named[key] = name, tuple(order.index(index) for index in in_scope)
        name, permutation = named[key]
        return access(name, [Poly.of(order[place]) for place in permutation])

    for equation in backward.equations:
        owner = equation.target
        rhs = rewrite(equation.rhs, rule, ranges_of(equation.axes))
        out.append(equation.with_rhs(rhs))
    return replace(derived, backward=backward.with_(tensors=tuple(tensors.values()), equations=tuple(out)))
