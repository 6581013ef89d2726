"""What there is to name in a term: nothing in a product of elements, a part in a sum of several of them."""

from __future__ import annotations

from symbackprop.terms.products import is_sum
from symbackprop.terms.term import (
    CONDITIONS,
    Access,
    Add,
    Apply,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Term,
    Where,
    subterms,
)
from symbackprop.terms.walks import fold, shared

__all__ = ["is_compound", "is_flat", "is_polynomial", "widely_shared"]

_PATHS = 200  # contributions of one right-hand side, of which there is one for each path to an element


def is_flat(term: Term) -> bool:
    """A product of elements and sizes: nothing in it is to be named."""
    match term:
        case Access() | Number() | PolyValue():
            return True
        case Mul(args):
            return all(is_flat(arg) for arg in args)
        case Power():
            return not term.tensors
        case _:
            return False


def is_polynomial(term: Term) -> bool:
    """Sums and products of elements: what exists wherever they do."""
    return all(isinstance(inner, Access | Number | PolyValue | Add | Mul) or is_sum(inner) for inner in subterms(term))


def is_compound(term: Term) -> bool:
    """Whether several elements are read, those under binders included, conditions not."""
    return _leaves(term) > 1


def _leaves(term: Term) -> int:
    """How many elements are read, counted up to two: a term that shares its parts can have very many."""
    if not term.tensors:
        return 0
    match term:
        case Access():
            return 1
        case _ if isinstance(term, CONDITIONS):
            return 0
        case Reduce():
            return 2
        case Where(_, then, otherwise):
            return 1 + _some_leaves((then, otherwise))
        case Power(base, _):
            return _leaves(base)
        case Add(args) | Mul(args) | Apply(_, args):
            return _some_leaves(args)
        case _:
            return 0


def _some_leaves(terms: tuple[Term, ...]) -> int:
    total = 0
    for term in terms:
        total += _leaves(term)
        if total > 1:
            break
    return total


def widely_shared(term: Term) -> set[Term]:
    """What stands in several places of a term, if the paths through it are far too many to follow each."""
    return shared(term) if fold(term, _paths) > _PATHS else set()


def _paths(term: Term, inside: list[int]) -> int:
    """From the term to the elements in it: the leaves of the tree that it unfolds to."""
    return sum(inside) or int(isinstance(term, Access))
