"""SymPy's expressions as the graphs that they are: an object that stands in many places is met once.

As trees they may be far larger, and SymPy's own `has`, `atoms` and `preorder_traversal` go along every path.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic, Idx


def nodes(expr: Basic, closed: tuple[type, ...] = ()) -> Iterator[Basic]:
    """Every object in it once, outermost first. What is `closed` is not entered."""
    seen, stack = set[Basic](), [expr]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack += () if isinstance(node, (Idx, *closed)) else reversed(node.args)


def holds(expr: Basic, *kinds: type) -> bool:
    """Whether there is an object of one of the kinds in it."""
    return any(isinstance(node, kinds) for node in nodes(expr))
