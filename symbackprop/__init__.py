"""Write a network as equations in SymPy; get its derivation, its NumPy code and its proof."""

from symbackprop.language import LogSumExp, Mean, Network, Product, ReduceMax, ReduceMin, Sum, delta
from symbackprop.pipeline import check_derivation, cost, derive, generate, hessian_vector_product, load, report, verify

__all__ = [
    "LogSumExp",
    "Mean",
    "Network",
    "Product",
    "ReduceMax",
    "ReduceMin",
    "Sum",
    "check_derivation",
    "cost",
    "delta",
    "derive",
    "generate",
    "hessian_vector_product",
    "load",
    "report",
    "verify",
]
