"""What a program costs, as polynomials in its sizes: operations, bytes moved, peak memory; and on a mesh of devices."""

from symbackprop.cost.cost_summary import Cost, CostRow, measure
from symbackprop.cost.sharded_cost import Collective, DeviceMemory, DeviceWork, ShardedCost, measure_sharded

__all__ = [
    "Collective", "Cost", "CostRow", "DeviceMemory", "DeviceWork", "ShardedCost", "measure", "measure_sharded",
]  # fmt: skip
