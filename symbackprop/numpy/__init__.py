"""From values to the text of a standalone NumPy module: storage, statements, text."""

from symbackprop.numpy.module import emit

__all__ = ["emit"]
