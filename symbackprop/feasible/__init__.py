"""Values for the elements of tensors that meet what a network assumes of them."""

from symbackprop.feasible.meet import UnmetAssumption, World, described, meet

__all__ = ["UnmetAssumption", "World", "described", "meet"]
