"""Terms and equations as people read them elsewhere: LaTeX, and SymPy expressions."""

from symbackprop.latex.names import Names
from symbackprop.latex.printer import LatexPrinter
from symbackprop.latex.sympy_form import SympyForm

__all__ = ["LatexPrinter", "Names", "SympyForm"]
