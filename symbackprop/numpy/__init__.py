"""From array statements to the text of a standalone NumPy module."""

from symbackprop.numpy.module import emit

__all__ = ["emit"]
