"""Which factors of a product are a standardised value: `γ[j]·(z[n, j] - μ[n])/σ[n]` is γ times a quotient.

A value over one with fewer indices, multiplied by more, is a value of its own: x̂, which the gradient by γ and the
adjoint of z are both stated in.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Access, Add, Power, Term, accesses

__all__ = ["find_quotient"]


def find_quotient(factors: Sequence[Term], tensors: dict[str, Tensor]) -> tuple[tuple[int, ...], str] | None:
    """(the places of its numerator and denominators, the tensor that it standardises) of the one quotient among the
    factors of a product; None where there is none, nothing is multiplied by it, or it could be another."""
    below = [place for place, factor in enumerate(factors) if _is_denominator(factor)]
    if not below:
        return None
    indices = frozenset().union(*(factors[place].free for place in below))
    above = [
        (place, tensor)
        for place, factor in enumerate(factors)
        if place not in below and indices < factor.free and (tensor := _standardised(factor, tensors)) is not None
    ]
    others = [factor for place, factor in enumerate(factors) if factor.tensors and place not in below]
    if len(above) != 1 or len(others) < 2:
        return None
    place, tensor = above[0]
    return (place, *below), tensor


def _is_denominator(factor: Term) -> bool:
    return isinstance(factor, Power) and factor.exponent < 0 and bool(factor.tensors)


def _standardised(factor: Term, tensors: dict[str, Tensor]) -> str | None:
    """The tensor that is read with every index of an element or sum, if it is no parameter."""
    if not isinstance(factor, Access | Add):
        return None
    whole = [read.tensor for read in accesses(factor) if read.free == factor.free]
    kind = tensors[whole[0]].kind if whole and whole[0] in tensors else TensorKind.PARAMETER
    return whole[0] if kind is not TensorKind.PARAMETER else None
