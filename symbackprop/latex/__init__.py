"""How the tensors, sizes and indices of a program are written in print."""

from symbackprop.latex.printed_names import Names

__all__ = ["Names"]
