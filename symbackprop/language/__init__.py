"""The language: networks as SymPy equations, read into terms."""

from symbackprop.language.claims import Claim, LocalDerivative
from symbackprop.language.network import Network
from symbackprop.language.programs import names_of
from symbackprop.language.reductions import LogSumExp, Mean, Product, ReduceMax, ReduceMin, Sum
from symbackprop.language.symbols import TensorSymbol, delta

__all__ = [
    "Claim", "LocalDerivative", "LogSumExp", "Mean", "Network", "Product", "ReduceMax", "ReduceMin", "Sum",
    "TensorSymbol", "delta", "names_of",
]  # fmt: skip
