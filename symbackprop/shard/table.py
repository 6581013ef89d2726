"""What each exchange is for and what it takes: equation, placement, collective, elements that a device sends.

The elements are terms in the network's sizes and the numbers of devices, each called as its mesh axis: of a ring, which
takes the fewest (P. Patarasuk, X. Yuan, Bandwidth optimal all-reduce algorithms, JPDC 69, 2009). Times the bytes of an
element, that is the traffic.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.shard.form import Exchange, ExchangeKind, Placement, Sharded
from symbackprop.terms.build import UNIT, add, div, mul, number, poly_value
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import show
from symbackprop.terms.term import Term

__all__ = ["Row", "placement_text", "rows", "sent"]


@dataclass(frozen=True, slots=True)
class Row:
    """`label`, `equation`: what asks for the exchange; `placement`: of its result; `collective`: over which mesh axes;
    `sent`: the elements that each device sends."""

    label: str
    equation: str
    placement: str
    collective: str
    sent: Term

    def __str__(self) -> str:
        return f"{self.label}  {self.equation}  {self.placement}  {self.collective}  {show(self.sent)}"


def rows(sharded: Sharded) -> tuple[Row, ...]:
    """A row for each exchange, in the order in which they are computed."""
    found = []
    for scheduled in (sharded.forward, sharded.backward):
        for equation in dict.fromkeys(scheduled.equations):
            exchange = sharded.exchange_of(equation)
            if exchange is not None:
                placement = placement_text(sharded.placements[exchange.target])
                collective = f"{exchange.kind.value} over {', '.join(exchange.axes)}"
                found.append(Row(equation.label, show(equation), placement, collective, sent(sharded, exchange)))
    return tuple(found)


def placement_text(placement: Placement) -> str:
    """As `(data, -, model)`."""
    return f"({', '.join(axis or '-' for axis in placement.axes)})"


def sent(sharded: Sharded, exchange: Exchange) -> Term:
    """The elements that each device sends."""
    tensor, placement = sharded.table[exchange.source], sharded.placements[exchange.source]
    local: Term = UNIT
    for dimension, extent in enumerate(tensor.shape):
        axis = placement.axes[dimension]
        if exchange.kind is ExchangeKind.HALO and dimension == exchange.dimension:
            local = mul(local, add(_width(exchange.before), _width(exchange.after)))
        else:
            local = mul(local, poly_value(extent) if axis is None else div(poly_value(extent), _devices(axis)))
    group = mul(*map(_devices, exchange.axes))
    match exchange.kind:
        case ExchangeKind.HALO:
            return local
        case ExchangeKind.ALL_GATHER:
            return mul(local, add(group, number(-1)))
        case ExchangeKind.REDUCE_SCATTER:
            times = 1
        case ExchangeKind.PLOGSUMEXP:
            times = 4
        case _:
            times = 2
    return mul(times, local, div(add(group, number(-1)), group))


def _devices(axis: str) -> Term:
    return poly_value(Poly.of(Dim(axis)))


def _width(poly: Poly) -> Term:
    return poly_value(Poly.of(0) if Facts().proves(-poly) else poly)
