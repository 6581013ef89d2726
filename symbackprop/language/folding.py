"""What SymPy's own Sum and Product, and its conditions, do to a Piecewise inside a sum of SymPy's: they fold it
outwards, out of the sums inside, whose indices its conditions may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sympy
from sympy import Basic, Idx, Symbol

from symbackprop.errors import CapturedIndex
from symbackprop.language.nodes import nodes
from symbackprop.language.reductions import Branches, IndexReduction
from symbackprop.language.told import told

_BINDERS = (IndexReduction, sympy.Sum, sympy.Product)


def refuse_captured(total: Any, subject: Callable[[], str]) -> None:
    """CapturedIndex where a Piecewise that uses an index of SymPy's sum has a condition on an index that is bound
    further inside: if it was folded, nobody can tell what was meant."""
    own = {str(limit[0]) for limit in total.limits}
    for expr in nodes(total.function):
        if isinstance(expr, sympy.Piecewise):
            bound = {name for pair in expr.args for name in _bound_in(pair.expr)}
            conditions = [pair.cond for pair in expr.args]
        elif isinstance(expr, IndexReduction):  # it kept those inside it from being folded
            bound = set(map(str, expr.indices))
            inside = [node for node in nodes(expr.body) if isinstance(node, Branches)]
            conditions = [pair.cond for node in inside if own & _named(node) for pair in node.args]
        else:
            continue
        for condition in conditions if bound else ():
            expected = f"conditions inside SymPy's own {type(total).__name__} on indices that no branch"
            _refuse(condition, bound, expected, subject)


def refuse_folded(condition: Any, subject: Callable[[], str]) -> None:
    """CapturedIndex where what a condition compares is a sum of SymPy's over an index of the same condition."""
    bound = set(_bound_in(condition))
    if bound:
        _refuse(condition, bound, "conditions on other indices than SymPy's own Sum or Product in them", subject)


def _refuse(condition: Any, bound: set[str], expected: str, subject: Callable[[], str]) -> None:
    captured = sorted(bound & _named(condition))
    if captured:
        raise CapturedIndex(
            subject(),
            expected=f"{expected} binds (SymPy folds a Piecewise outwards, where they lose their meaning)",
            found=f"{captured[0]} in the condition {told(condition)}, bound by a sum as well",
            remedy="import Sum and Product from symbackprop, which leave a Piecewise where it stands",
        )


def _bound_in(expr: Basic) -> Iterator[str]:
    """What sums in it bind."""
    for node in nodes(expr):
        if isinstance(node, sympy.Sum | sympy.Product):
            yield from (str(limit[0]) for limit in node.limits)


def _named(expr: Basic) -> set[str]:
    """The indices and sizes that are free in it."""
    found: set[str] = set()
    for node in nodes(expr, _BINDERS):
        if isinstance(node, Idx | Symbol):
            found.add(str(node))
        elif isinstance(node, _BINDERS):
            found.update(map(str, node.free_symbols))
    return found
