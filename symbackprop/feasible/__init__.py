"""Values for the elements of tensors that meet what a network assumes of them."""

from symbackprop.feasible.check import meets
from symbackprop.feasible.failures import UnmetAssumption, World, described
from symbackprop.feasible.meet import meet

__all__ = ["UnmetAssumption", "World", "described", "meet", "meets"]
