"""What a program costs, as polynomials in its sizes: operations, bytes moved, peak memory."""

from symbackprop.cost.report import Cost, CostRow, measure

__all__ = ["Cost", "CostRow", "measure"]
