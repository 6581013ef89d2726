"""Matrix notation: the layout of tensors, the matrix form of equations, and its value."""

from symbackprop.matrix.choose import layouts
from symbackprop.matrix.convert import matrix_form
from symbackprop.matrix.evaluate import evaluate
from symbackprop.matrix.form import Layout, MatrixEquation, NoMatrixForm

__all__ = ["Layout", "MatrixEquation", "NoMatrixForm", "evaluate", "layouts", "matrix_form"]
