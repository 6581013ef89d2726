"""The language: networks as SymPy equations, read into terms."""

from symbackprop.language.claims import Claim, delta, names_of, read_claim
from symbackprop.language.network import Network
from symbackprop.language.reductions import LogSumExp, Mean, Product, ReduceMax, ReduceMin, Sum
from symbackprop.language.symbols import TensorSymbol

__all__ = [
    "Claim", "LogSumExp", "Mean", "Network", "Product", "ReduceMax", "ReduceMin", "Sum", "TensorSymbol", "delta",
    "names_of", "read_claim",
]  # fmt: skip
