"""What SymPy's own Sum and Product do to a Piecewise inside them: they fold it outwards, up to themselves, out of the
reductions inside, whose indices its conditions may use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Basic, Idx, Symbol, preorder_traversal

from symbackprop.errors import CapturedIndex
from symbackprop.language.reductions import IndexReduction


def refuse_captured(total: Any, subject: Callable[[], str]) -> None:
    """CapturedIndex where an index of a condition that was folded is bound in a branch too: nobody can tell what was
    meant."""
    for expr in preorder_traversal(total.function):
        if not isinstance(expr, sympy.Piecewise):
            continue
        nodes = (node for pair in expr.args for node in preorder_traversal(pair.expr))
        bound = {str(index) for node in nodes for index in _bound_in(node)}
        for pair in expr.args if bound else ():
            for node in preorder_traversal(pair.cond):
                if isinstance(node, Idx | Symbol) and str(node) in bound:
                    raise CapturedIndex(
                        subject(),
                        expected=f"conditions inside SymPy's own {type(total).__name__} on indices that no branch "
                        "binds (it folds a Piecewise outwards, where they lose their meaning)",
                        found=f"{node} in the condition {pair.cond}, bound in a branch as well",
                        remedy="import Sum and Product from symbackprop, which leave a Piecewise where it stands",
                    )


def _bound_in(node: Any) -> list[Basic]:
    if isinstance(node, IndexReduction):
        return list(node.indices)
    if isinstance(node, sympy.Sum | sympy.Product):
        return [limit[0] for limit in node.limits]
    return []
