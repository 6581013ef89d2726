"""What stands in the brackets of `x[n, i]`."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Tuple, sympify

from symbackprop.errors import InvalidSubscript


def subscripts_of(name: str, key: Any) -> tuple[Expr, ...]:
    """The subscripts of `name[key]` as SymPy expressions; what can be no subscript is refused."""
    parts = key if isinstance(key, tuple | Tuple) else (key,)
    return tuple(_subscript(name, part) for part in parts)


def _subscript(name: str, part: Any) -> Expr:
    if isinstance(part, slice) or part is Ellipsis or part is None:
        raise InvalidSubscript(
            f"{name}[...]", expected="an index for each axis",
            found="a slice" if isinstance(part, slice) else repr(part),
            remedy=f"equations are written element by element, as in {name}[n, j]",
        )  # fmt: skip
    wanted, found = "indices, integers or sizes", type(part).__name__
    remedy = f"write an index for each axis, as in {name}[n, j]"
    try:
        subscript = sympify(part, strict=True)
    except Exception as error:  # whatever SymPy raises for an object that it does not know
        raise InvalidSubscript(f"{name}[{part!r}]", expected=wanted, found=found, remedy=remedy) from error
    if not isinstance(subscript, Expr):
        raise InvalidSubscript(f"{name}[{part}]", expected=wanted, found=found, remedy=remedy)
    return subscript
