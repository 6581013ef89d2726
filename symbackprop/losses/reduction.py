"""What losses have in common: the reduction of a tensor of losses, the shapes that must agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

from sympy import Expr, Idx, Piecewise

from symbackprop.errors import InvalidArgument
from symbackprop.language.reductions import Mean, Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.naming import indices_of, layer, require_shape, require_tensor

Reduction = Literal["mean", "sum", "none"]


def reduced(values: TensorSymbol, reduction: str) -> Any:
    """The mean or the sum of all elements, or the tensor itself; `check_reduction` has seen the word."""
    match reduction:
        case "mean":
            return over_all(Mean, values)
        case "sum":
            return over_all(Sum, values)
        case _:
            return values


def over_all(reduction: Callable[..., Expr], tensor: TensorSymbol, value: Callable[[Expr], Expr] | None = None) -> Expr:
    """The reduction of all elements of a tensor, or of the value of each."""
    indices = indices_of(tensor)
    element = tensor[indices] if value is None else value(tensor[indices])
    return reduction(element, *indices) if indices else element


def weighted_mean(values: TensorSymbol, weights: TensorSymbol) -> Expr:
    """Σ values by Σ weights, values being those times the weights already; 0 where all weights are 0."""
    total, count = over_all(Sum, values), over_all(Sum, weights)
    return Piecewise((total / count, count > 0), (0, True))


def check_reduction(kind: str, reduction: str, known: Sequence[str] = get_args(Reduction)) -> None:
    if reduction not in known:
        raise InvalidArgument(f"losses.{kind}: reduction", expected=f"one of {', '.join(known)}", found=repr(reduction))


def same_shape(kind: str, x: TensorSymbol, y: TensorSymbol) -> None:
    require_tensor(x, f"losses.{kind}")
    require_shape(y, x.shape, f"losses.{kind}", f"the shape of {x.name}")


def trailing(kind: str, weight: TensorSymbol, x: TensorSymbol, indices: Sequence[Idx]) -> Expr:
    """The element of a weight that has the last axes of x, at the indices of an element of x."""
    first = max(len(x.shape) - len(weight.shape), 0)
    require_shape(weight, x.shape[first:], f"losses.{kind}", f"the last axes of {x.name}")
    return weight[tuple(indices[first:])]


def elementwise(
    kind: str, x: TensorSymbol, y: TensorSymbol, value: Callable[[Expr, Expr], Any], reduction: str, name: str | None,
    weight: TensorSymbol | None = None,
) -> Any:  # fmt: skip
    """The loss value(x, y) of each pair of elements, times its weight, as a tensor of its own, reduced."""
    check_reduction(kind, reduction)
    same_shape(kind, x, y)
    this = layer(x, kind, name, (kind,))
    indices = this.indices(x)
    values = this.tensor(kind)
    own = value(x[indices], y[indices])
    values[indices] = own if weight is None else trailing(kind, weight, x, indices) * own
    return reduced(values, reduction)
