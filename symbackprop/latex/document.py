"""A whole LaTeX document around a derivation."""

from __future__ import annotations

from symbackprop.latex.names import text

__all__ = ["PREAMBLE", "document"]

PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{amsmath,amssymb}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
"""


def document(body: str, title: str) -> str:
    """`body` as a document that any LaTeX engine typesets, with amsmath, amssymb and geometry alone."""
    return f"{PREAMBLE}\\begin{{document}}\n\\section*{{{text(title)}}}\n\n{body.rstrip()}\n\n\\end{{document}}\n"
