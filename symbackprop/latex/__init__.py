"""Equations as people read them elsewhere: LaTeX, and SymPy expressions."""

from symbackprop.latex.derivation import derivation
from symbackprop.latex.document import document
from symbackprop.latex.names import Names
from symbackprop.latex.printer import LatexPrinter

__all__ = ["LatexPrinter", "Names", "derivation", "document"]
