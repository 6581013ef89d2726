r"""The notation that an author chooses: LaTeX for names, checked so that it is valid wherever the name stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from symbackprop.errors import InvalidArgument, UnknownTensor
from symbackprop.language.told import quoted

__all__ = ["read_notation"]

_FORBIDDEN = re.compile(r"(?<!\\)[$%#&~]|\\\\|\\(begin|end|def|input|include|write|tag|label|left|right)(?![A-Za-z])")


def read_notation(
    given: dict[str, Any], known: Collection[str], chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    r"""name -> LaTeX. What has a subscript or a prime of its own is put in braces, so that another can follow.

    >>> read_notation({"W": "W_q", "x": r"\xi"}, {"W", "x"})
    {'W': '{W_q}', 'x': '\\xi'}
    """
    out: dict[str, str] = {}
    before = {name: symbol for name, symbol in (chosen or {}).items() if name not in given}
    for name, latex in given.items():
        if name not in known:
            raise UnknownTensor(f"notation: {name}", expected="a tensor, size or index of the network",
                                found="none of that name", remedy="declare it before")  # fmt: skip
        symbol = _checked(f"notation of {name}", latex)
        other = next((other for other, used in (before | out).items() if used == symbol), None)
        if other is not None:
            raise InvalidArgument(f"notation of {name}", expected="a symbol of its own", found=f"that of {other}")
        out[name] = symbol
    return out


def _checked(subject: str, latex: Any) -> str:
    remedy = r'give one symbol, as in net.notation(W1=r"W^{(1)}")'
    if not isinstance(latex, str) or not latex.strip():
        raise InvalidArgument(subject, expected="a LaTeX symbol as a string", found=quoted(latex), remedy=remedy)
    symbol = latex.strip()
    if not symbol.isascii() or not symbol.isprintable() or (bad := _FORBIDDEN.search(symbol)):
        found = repr(bad[0]) if symbol.isascii() and symbol.isprintable() and bad else repr(symbol)
        raise InvalidArgument(subject, expected="a symbol of LaTeX's mathematics alone", found=found, remedy=remedy)
    depth, top = 0, ""
    for token in re.findall(r"\\[A-Za-z]+|\\.|.", symbol):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            break
        top += token if depth == 0 and token != "}" and not token.startswith("\\") else ""
    if depth or symbol[-1] in "_^\\":
        raise InvalidArgument(subject, expected="braces that match, and something behind each _ and ^",
                              found=repr(symbol), remedy=remedy)  # fmt: skip
    if top.count("^") > 1 or top.count("_") > 1 or ("^" in top and "'" in top):
        raise InvalidArgument(subject, expected="one superscript and one subscript at most", found=repr(symbol),
                              remedy="put the inner ones in braces")  # fmt: skip
    return f"{{{symbol}}}" if "_" in top or "'" in top else symbol
