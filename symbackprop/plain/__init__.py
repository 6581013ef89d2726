"""From values to NumPy as a person would write it: one expression an equation, no storage.

code         a piece of NumPy: its text, how strongly it binds, the axes of its dimensions
spelling     names, numbers and integer arrays of positions
alignment    the axes of one statement, in order, and what runs along them
reads        elements: slices, windows, fancy indices
products     sums over products: `@`, sums and `einsum`
expressions  everything else that a value is made of
statements   steps: definitions, loops, conditions
weights      softmax without the guards that nothing masked needs
module       the one function, and the text around it
"""

from symbackprop.plain.plain_text import emit

__all__ = ["emit"]
