"""What is known of NumPy's operations by whoever writes them."""

from __future__ import annotations

from symbackprop.lower.values import MapOp
from symbackprop.terms.term import Reduction

# those that raise no floating-point errors
SILENT = frozenset(
    {MapOp.COPY, MapOp.SELECT, MapOp.EXP_NORMALIZED, MapOp.ABS, MapOp.MAXIMUM, MapOp.MINIMUM, MapOp.SIGN}
)
# what is reduced where there is nothing, as an argument: NumPy has no extremum of nothing
INITIAL = {Reduction.MAX: "initial=-np.inf", Reduction.MIN: "initial=np.inf"}

__all__ = ["INITIAL", "SILENT"]
