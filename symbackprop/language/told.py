"""What was written, as text for a message: what is large is cut short before it is printed, not after."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from sympy import Basic, preorder_traversal
from sympy.printing.str import StrPrinter

Subject = Callable[[], str]
"""What a message is about, as text: made where it is refused, not before."""

_MOST = 200  # objects of an expression, as the tree that is printed


def told(value: Any, most: int = 600) -> str:
    """The text of an expression or of any other value, on one line, of at most so many characters."""
    if isinstance(value, list | tuple):
        inside = ", ".join(told(item, most // 4) for item in value[:4]) + (", ..." if len(value) > 4 else "")
        text = f"[{inside}]" if isinstance(value, list) else f"({inside}{',' if len(value) == 1 else ''})"
    elif isinstance(value, Basic) and len(list(islice(preorder_traversal(value), _MOST + 1))) > _MOST:
        text = _Beginning().doprint(value)
    else:
        text = str(value)
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."


def quoted(value: Any) -> str:
    """A text in its quotes, anything else as it is told."""
    return repr(value) if isinstance(value, str) else told(value)


class _Beginning(StrPrinter):
    """Prints as many objects as are told of; the rest are dots. Nothing is sorted."""

    def __init__(self) -> None:
        super().__init__({"order": "none"})
        self.left = _MOST // 4

    def _print(self, expr: Any, **options: Any) -> Any:
        self.left -= 1
        return super()._print(expr, **options) if self.left >= 0 else "..."


__all__ = ["Subject", "quoted", "told"]
