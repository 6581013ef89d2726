"""Axes that are split into equal groups; and channels of a convolution, read and written in groups."""

from __future__ import annotations

from typing import Any, NamedTuple

from sympy import Eq, Expr, Idx, floor, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.network import Network
from symbackprop.layers.naming import Layer, letter_of


def share(net: Network, kind: str, size: Any, groups: Any) -> Any:
    """size/groups, which must be whole: for symbolic sizes a condition checked where the module is called."""
    if groups == 1:
        return size
    quotient = sympify(size) / groups
    if quotient.is_integer:
        return quotient
    if quotient.is_number:
        raise InvalidArgument(f"layers.{kind}: groups", expected=f"a divisor of {size}", found=str(groups))
    net.assume(Eq(size, groups * floor(quotient)))
    return floor(quotient)


class Channels(NamedTuple):
    """Of a convolution: what is read, `channel`, and written, `filter`, over the indices c and f within their group,
    of which there are `inner` and `own`."""

    inner: Any
    own: Any
    c: Idx
    f: Idx
    channel: Expr
    filter: Expr


def in_groups(this: Layer, kind: str, channels: Any, filters: Any, groups: Any, *taken: Idx) -> Channels:
    """The channels and filters of each group; a filter reads the channels of its own group alone."""
    inner, own = (share(this.net, kind, size, groups) for size in (channels, filters))
    c = this.index(letter_of(inner, "c"), inner, *taken)
    f = this.index(letter_of(own, "f"), own, c, *taken)
    if groups == 1:
        return Channels(inner, own, c, f, c, f)
    g = this.index("g", groups, c, f, *taken)
    return Channels(inner, own, c, f, g * inner + c, g * own + f)
