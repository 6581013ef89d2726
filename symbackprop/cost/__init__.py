"""What a program costs, as polynomials in its sizes: operations, bytes moved, peak memory."""

from symbackprop.cost.cost_summary import Cost, CostRow, measure

__all__ = ["Cost", "CostRow", "measure"]
