"""From values to the text of a standalone NumPy module: storage, statements, text."""

from symbackprop.numpy.module_text import emit

__all__ = ["emit"]
