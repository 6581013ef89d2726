"""The reference interpreter of programs, and the arithmetics it calculates with."""

from symbackprop.interpret.field import PRIME
from symbackprop.interpret.floats import Float, Single
from symbackprop.interpret.gradients import along, forward_gradients
from symbackprop.interpret.interpreter import Interpreter
from symbackprop.interpret.number_system import Arithmetic
from symbackprop.interpret.precise import Precise
from symbackprop.interpret.residues import Residues
from symbackprop.interpret.tangents import Tangents

__all__ = [
    "PRIME", "Arithmetic", "Float", "Interpreter", "Precise", "Residues", "Single", "Tangents", "along",
    "forward_gradients",
]  # fmt: skip
