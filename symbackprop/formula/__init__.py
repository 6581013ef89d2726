"""Formulas as trees, whatever they speak of: their grammar, where they need parentheses, how wide they are and where to
break them, and the notations that write them: text, LaTeX and MathML."""
