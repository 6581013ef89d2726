"""Penalties on the size of weights, to be added to a loss."""

from __future__ import annotations

from sympy import Abs, Expr, Integer

from symbackprop.language.reductions import Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.losses.reduction import over_all


def l1_penalty(*tensors: TensorSymbol) -> Expr:
    """Σ |w| over all elements of all tensors, each of any shape.

    Source: Tibshirani, "Regression shrinkage and selection via the lasso" (1996), equation 1; Goodfellow, Bengio and
    Courville, "Deep learning" (2016), equation 7.18.
    """
    return sum((over_all(Sum, w, Abs) for w in tensors), Integer(0))


def l2_penalty(*tensors: TensorSymbol) -> Expr:
    """½ Σ w² over all elements of all tensors, each of any shape.

    Source: Hoerl and Kennard, "Ridge regression" (1970); Goodfellow, Bengio and Courville, "Deep learning" (2016),
    section 7.1.1.
    """
    return sum((over_all(Sum, w, lambda each: each**2) for w in tensors), Integer(0)) / 2
