"""The language: networks as SymPy equations, read into terms."""

from symbackprop.language.network import Network
from symbackprop.language.reductions import LogSumExp, Mean, Product, ReduceMax, ReduceMin, Sum
from symbackprop.language.symbols import TensorSymbol

__all__ = ["LogSumExp", "Mean", "Network", "Product", "ReduceMax", "ReduceMin", "Sum", "TensorSymbol"]
