"""Subscripts of values: polynomials in axes and loop variables, or integer values where a position is looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from symbackprop.lower.values import Value
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Axis

Subscripts: TypeAlias = Sequence[Poly | Value]
Pads: TypeAlias = tuple[tuple[Poly, Poly], ...]  # along each dimension, how far below 0 and above the last position


def indices_of(subscript: Poly | Value) -> frozenset[Index]:
    """The axes, and of a polynomial the loop variables, that stand in it."""
    return frozenset(subscript.indices()) if isinstance(subscript, Poly) else subscript.axes


def whole_axis(place: int, subscripts: Subscripts, axes: Mapping[Index, Axis], size: Poly) -> Axis | None:
    """The axis that runs along the whole of a dimension of that size, and along no other; None where there is none."""
    subscript = subscripts[place]
    mine = [axes[i] for i in subscript.indices() if i in axes] if isinstance(subscript, Poly) else []
    if len(mine) != 1:
        return None
    (axis,) = mine
    others = (indices_of(other) for number, other in enumerate(subscripts) if number != place)
    if subscript != Poly.of(axis.index) - axis.low or axis.extent != size or any(axis.index in o for o in others):
        return None
    return axis


# --- beyond the edges ----------------------------------------------------------------------------------
def pads_of(subscripts: Subscripts, shape: Sequence[Poly], excess: Callable[[Poly], Poly | None]) -> Pads | None:
    """How far each subscript may lie outside of its dimension. `excess`: the largest value of a polynomial, or 0 where
    that is negative; None where it is not known, and so are the pads."""
    pads: list[tuple[Poly, Poly]] = []
    for subscript, size in zip(subscripts, shape, strict=True):
        low, high = (excess(-subscript), excess(subscript - size + 1)) if isinstance(subscript, Poly) else (None, None)
        if low is None or high is None:
            return None
        pads.append((low, high))
    return tuple(pads)


def framed(shape: Sequence[Poly], pads: Pads) -> list[Poly]:
    """The shape with the pads around it."""
    return [low + size + high for size, (low, high) in zip(shape, pads, strict=True)]


def shifted(subscripts: Subscripts, pads: Pads) -> list[Poly]:
    """Polynomial subscripts in what has the pads around it."""
    return [s + low for s, (low, _) in zip(subscripts, pads, strict=True) if isinstance(s, Poly)]


# --- lengths -------------------------------------------------------------------------------------------
def likely_length(axis: Axis, shape: Sequence[Poly]) -> tuple[int, int, str]:
    """How long a loop over the axis is likely to be: a number, a size of its own, or one like those of the shape."""
    constant = axis.extent.constant
    if constant is not None:
        return 0, constant, axis.index.name
    own = {atom for size in shape for atom in size.atoms() if isinstance(atom, Dim)}
    mixed = axis.extent.atom is None or not isinstance(axis.extent.atom, Dim)
    shares = any(atom in own for atom in axis.extent.atoms())
    return 1 + shares + 2 * mixed, 0, axis.index.name
