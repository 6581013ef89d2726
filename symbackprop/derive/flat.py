"""What there is to name in a term: nothing in a product of elements, a part in a sum of several of them."""

from __future__ import annotations

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
    Reduction,
    Term,
    Where,
    subterms,
)

__all__ = ["is_flat", "is_polynomial", "leaves"]


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
    return all(isinstance(inner, Access | Number | PolyValue | Add | Mul) or _is_sum(inner) for inner in subterms(term))


def _is_sum(term: Term) -> bool:
    return isinstance(term, Reduce) and term.reduction is Reduction.SUM


def leaves(term: Term) -> int:
    """How many elements are read, those under binders included, conditions not."""
    match term:
        case Access():
            return 1
        case _ if isinstance(term, CONDITIONS):
            return 0
        case Reduce():
            return 2
        case Where(_, then, otherwise):
            return 1 + leaves(then) + leaves(otherwise)
        case Power(base, _):
            return leaves(base)
        case Add(args) | Mul(args) | Apply(_, args):
            return sum(map(leaves, args))
        case _:
            return 0
