"""Write a network as equations in SymPy; get its derivation, its NumPy code and its proof."""

from symbackprop.language import LogSumExp, Mean, Network, Product, ReduceMax, ReduceMin, Sum

__all__ = ["LogSumExp", "Mean", "Network", "Product", "ReduceMax", "ReduceMin", "Sum"]
