"""Walks over terms, written once: what uses one states what is particular to it, and no walk goes along all paths.

A term is a graph: what stands in many places is one object. Each walk meets an object once, however many paths lead to
it, and none calls itself, so that no term is too deep. What is `inside` a term is a parameter: all that stands there
(`children_of`), or what its value is made of (`values_of`), or less.

    subterms    every term inside, outermost first            (`term`)
    fold        a value for each term from those of what is inside it
    rewrite     a term for each term, under binders too       (`rewrite`)
    occurrences every term with the guards that lead to it    (`readings`)
    visits      every term with what is known of the indices around it, as it is evaluated
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from symbackprop.terms.poly import Index
from symbackprop.terms.term import (
    CONDITIONS,
    Access,
    Add,
    Apply,
    Mul,
    Power,
    Reduce,
    Term,
    Where,
    children_of,
    subterms,
)

T = TypeVar("T")
_OF_NO_VALUES = frozenset((Access, *CONDITIONS))
Inside = Callable[[Term], Sequence[Term]]


def values_of(term: Term) -> tuple[Term, ...]:
    """The terms directly inside that its value is computed from: no condition, no subscript."""
    if isinstance(term, Where):
        return term.then, term.otherwise
    return () if type(term) in _OF_NO_VALUES else term.children


def fold(
    term: Term, combine: Callable[[Term, list[T]], T], inside: Inside = children_of, known: dict[Term, T] | None = None
) -> T:
    """`combine` of the term and of what it made of those inside it, in their order.

    `known`: what it made of terms before, and to which is added.

    >>> from symbackprop.terms.build import access, apply, mul
    >>> from symbackprop.terms.term import Function
    >>> a = apply(Function.TANH, access("a"))
    >>> fold(mul(a, apply(Function.EXP, a)), lambda term, parts: 1 + sum(parts))
    6
    """
    found: dict[Term, T] = {} if known is None else known
    if term in found:
        return found[term]
    parts = inside(term)
    stack = [(term, parts, iter(parts))]
    while stack:
        top, parts, left = stack[-1]
        for part in left:
            if part not in found:
                below = inside(part)
                if below:
                    stack.append((part, below, iter(below)))
                    break
                found[part] = combine(part, [])
        else:
            found[top] = combine(top, [found[part] for part in parts])
            stack.pop()
    return found[term]


def visits(
    root: Term, around: Mapping[Index, T], under: Callable[[Reduce], Mapping[Index, T]]
) -> Iterator[tuple[Term, Mapping[Index, T]]]:
    """Each term inside, once for all places at which its indices run alike, with what is known of the indices there:
    `around` the whole, and what is known `under` the reductions that it stands in or is.

    A bound index's number says nothing of its range, so a term is the same work only under the same ranges.
    """
    seen: set[tuple[Term, frozenset[tuple[Index, T]]]] = set()
    stack = [(root, around)]
    while stack:
        term, here = stack.pop()
        key = term, frozenset((index, here[index]) for index in term.free if index in here)
        if key not in seen:
            seen.add(key)
            here = {**here, **under(term)} if isinstance(term, Reduce) else here
            yield term, here
            stack.extend((child, here) for child in reversed(children_of(term)))


def parents_first(term: Term) -> list[Term]:
    """The term and all inside it, each object once, before all that stand in it."""
    order: list[Term] = []
    fold(term, lambda inner, _: order.append(inner), lambda inner: children_of(inner)[::-1])
    return order[::-1]


def depth(term: Term) -> int:
    """How many terms stand inside each other."""
    return fold(term, lambda _, depths: 1 + max(depths, default=0))


def size(term: Term) -> int:
    """How many terms there are, each as often as it stands there: of the tree that the term unfolds to."""
    return fold(term, lambda _, sizes: 1 + sum(sizes))


def shared(term: Term) -> set[Term]:
    """The compound terms inside it that have several parents: the tree that it unfolds to holds each several times."""
    seen, several, stack = {term}, set[Term](), [term]
    while stack:
        for child in children_of(stack.pop()):
            if child not in seen:
                seen.add(child)
                stack.append(child)
            elif isinstance(child, Add | Mul | Power | Apply | Where | Reduce):
                several.add(child)
    return several


def read_outside_sums(term: Term) -> set[str]:
    """The tensors that its value is computed from but for what stands under reductions."""

    def inside(inner: Term) -> tuple[Term, ...]:
        return () if isinstance(inner, Reduce) else values_of(inner)

    return {inner.tensor for inner in subterms(term, inside) if isinstance(inner, Access)}


__all__ = ["Inside", "depth", "fold", "parents_first", "read_outside_sums", "shared", "size", "values_of", "visits"]
