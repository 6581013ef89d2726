"""Matrix notation: the layout of tensors, the matrix form of equations, and what it says in indices."""

from symbackprop.matrix.choose import layouts
from symbackprop.matrix.convert import matrix_form
from symbackprop.matrix.entries import in_indices
from symbackprop.matrix.form import Layout, MatrixEquation, NoMatrixForm

__all__ = ["Layout", "MatrixEquation", "NoMatrixForm", "in_indices", "layouts", "matrix_form"]
