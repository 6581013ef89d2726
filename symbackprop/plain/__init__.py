"""From values to NumPy as a person would write it: one expression an equation, no storage.

plain_text   the one function, and the text around it
"""

from symbackprop.plain.plain_text import emit

__all__ = ["emit"]
