"""What each exchange is for and what it takes: equation, placement, collective, elements that a device sends.

Placements and collectives are in the notation of J. Austin et al., How to Scale Your Model (2025), chapter 3:

    z[N_data, H_model]            the dimension of extent N in blocks along the mesh axis data, that of H along model
    z[N_data, C]{U_model}         unreduced: each device along model has a part of every value; U^max: of a maximum
    AllReduce_model, ReduceScatter_{data,H}, AllGather_{data,H}, HaloExchange_{data,H}   over an axis, of a dimension

The elements are terms in the network's sizes and the numbers of devices, each called as its mesh axis: of a ring,
which takes the fewest (P. Patarasuk, X. Yuan, Bandwidth optimal all-reduce algorithms, JPDC 69, 2009), on the average
over the devices: where a halo meets the end of the tensor, or the elements do not go round evenly, some send less than
others. A halo is at most as long as what lies on that side. Times the bytes of an element, that is the traffic.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.shard.form import Exchange, ExchangeKind, Placement, Sharded
from symbackprop.terms.build import add, div, mul, number, poly_value
from symbackprop.terms.poly import ZERO, Dim, Poly
from symbackprop.terms.program import Equation, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import Printer, show
from symbackprop.terms.term import Reduction, Term

__all__ = ["COLLECTIVES", "Row", "Traffic", "collective_text", "placed_text", "rows", "sent", "traffic", "width"]

COLLECTIVES = {  # the name, and what combines if that is not a sum
    ExchangeKind.PSUM: ("AllReduce", ""),
    ExchangeKind.PMAX: ("AllReduce", "max"),
    ExchangeKind.PMIN: ("AllReduce", "min"),
    ExchangeKind.PLOGSUMEXP: ("AllReduce", "logsumexp"),
    ExchangeKind.REDUCE_SCATTER: ("ReduceScatter", ""),
    ExchangeKind.ALL_GATHER: ("AllGather", ""),
    ExchangeKind.HALO: ("HaloExchange", ""),
}

_PRINTER = Printer()


@dataclass(frozen=True, slots=True)
class Row:
    """`equation`, `exchange`: what is exchanged, and its label; `placed`: the result with its placement; `collective`:
    over which mesh axes; `sent`: the elements that each device sends."""

    equation: Equation
    exchange: Exchange
    placed: str
    collective: str
    sent: Term

    @property
    def label(self) -> str:
        return self.equation.label

    def __str__(self) -> str:
        return f"{self.label}  {self.placed}  {self.collective}  {show(self.sent)}"


def rows(sharded: Sharded) -> tuple[Row, ...]:
    """A row for each exchange, in the order in which they are computed."""
    found = []
    for scheduled in (sharded.forward, sharded.backward):
        for equation in dict.fromkeys(scheduled.equations):
            exchange = sharded.exchange_of(equation)
            if exchange is not None:
                tensor = sharded.table[exchange.target]
                placed = placed_text(tensor, sharded.placements[exchange.target])
                collective = collective_text(tensor, exchange)
                found.append(Row(equation, exchange, placed, collective, sent(sharded, equation)))
    return tuple(found)


def placed_text(tensor: Tensor, placement: Placement) -> str:
    """As `z[N_data, H_model]{U_rows}`."""
    extents = []
    for extent, axis in zip(tensor.shape, placement.axes, strict=True):
        said = _PRINTER.poly(extent, {})
        is_alone = extent.constant is not None or extent.atom is not None
        said = said if is_alone or axis is None else f"({said})"
        extents.append(said if axis is None else f"{said}_{axis}")
    unreduced = [f"U{'' if kind is Reduction.SUM else f'^{kind.value}'}_{axis}" for axis, kind in placement.in_parts]
    inside = f"[{', '.join(extents)}]" if extents else ""
    return f"{tensor.name}{inside}" + (f"{{{', '.join(unreduced)}}}" if unreduced else "")


def collective_text(tensor: Tensor, exchange: Exchange) -> str:
    """As `AllReduce_model` or `AllGather_{data,H}`."""
    name, combining = COLLECTIVES[exchange.kind]
    below = list(exchange.axes)
    if exchange.dimension is not None:
        below.append(_PRINTER.poly(tensor.shape[exchange.dimension], {}))
    over = below[0] if len(below) == 1 else f"{{{','.join(below)}}}"
    return f"{name}{f'^{combining}' if combining else ''}_{over}"


@dataclass(frozen=True, slots=True)
class Traffic:
    """`times`·(p - 1)/p·Π `extents`/Π `split`, p devices being along the axes `over` together."""

    times: int
    over: tuple[str, ...]
    extents: tuple[Poly, ...]
    split: tuple[str, ...]


def traffic(sharded: Sharded, equation: Equation) -> Traffic:
    """The elements that each device sends for an equation that is an exchange, at all steps of a loop together."""
    exchange = sharded.exchanges[equation.target]
    axes, placement = {axis.index: axis for axis in equation.axes}, sharded.placements[exchange.source]
    extents = [axes[subscript.index].extent for subscript in equation.subscripts]  # type: ignore[union-attr,index]
    split = [axis for place, axis in placement.split() if place != exchange.dimension]
    if exchange.kind is ExchangeKind.HALO and exchange.dimension is not None:
        extents[exchange.dimension] = width(exchange.before, exchange.after)
    times = {ExchangeKind.PLOGSUMEXP: 4, ExchangeKind.REDUCE_SCATTER: 1, ExchangeKind.ALL_GATHER: 1,
             ExchangeKind.HALO: 1}.get(exchange.kind, 2)  # fmt: skip
    return Traffic(times, exchange.axes, tuple(extents), tuple(split))


def sent(sharded: Sharded, equation: Equation) -> Term:
    """The same as a term."""
    found = traffic(sharded, equation)
    group = mul(*map(_devices, found.over))
    value: Term = mul(found.times, *map(poly_value, found.extents), div(add(group, number(-1)), group))
    for axis in found.split:
        value = div(value, _devices(axis))
    return value


def _devices(axis: str) -> Term:
    return poly_value(Poly.of(Dim(axis)))


def width(before: Poly, after: Poly) -> Poly:
    """How many elements a halo holds: none at an end that is not positive."""
    return sum((end for end in (before, after) if not Facts().proves(-end)), ZERO)
