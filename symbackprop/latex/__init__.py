"""Terms and equations in LaTeX: names, the printer, the width of a formula and where it may be broken."""

from symbackprop.latex.names import Names
from symbackprop.latex.printer import LatexPrinter

__all__ = ["LatexPrinter", "Names"]
