"""What must hold of sharded programs; run in tests behind the planning.

Checked: every read is of what the device has; every value in parts is used linearly, and combined over just the mesh
axes over which it is in parts before it is used otherwise; every exchange takes what its source's placement has and
leaves what its target's says.
"""

from __future__ import annotations

from dataclasses import replace

from symbackprop.shard.form import COMBINING, Exchange, ExchangeKind, Halo, Placement, Sharded
from symbackprop.shard.ownership import Setting
from symbackprop.shard.parts_of import Misplaced, PartsOf
from symbackprop.terms.program import Equation
from symbackprop.terms.show import show
from symbackprop.terms.term import Reduction

__all__ = ["check_sharded", "setting_of"]


def setting_of(sharded: Sharded) -> Setting:
    """What is known of the tensors of sharded programs."""
    return Setting(sharded.table, sharded.placements, Setting.facts_of(sharded.forward.program))


def check_sharded(sharded: Sharded) -> Sharded:
    """The same; Misplaced where an equation is not what each device can compute."""
    setting = setting_of(sharded)
    for scheduled in (sharded.forward, sharded.backward):
        for equation in dict.fromkeys(scheduled.equations):
            exchange = sharded.exchange_of(equation)
            if exchange is not None:
                _check_exchange(exchange, sharded, equation)
                continue
            placement = sharded.placements[equation.target]
            if placement.halos:
                _fail(equation, "an exchange, which alone fills a halo", "none")
            expected = frozenset(axis for axis, _ in placement.in_parts)
            for term, parts in PartsOf(setting, equation).addends():
                if not parts <= expected:
                    _fail(equation, f"{show(term)} in parts over {_text(expected)}", _text(parts))
    return sharded


def _check_exchange(exchange: Exchange, sharded: Sharded, equation: Equation) -> None:
    made = after(sharded.placements[exchange.source], exchange)
    if made is None or made != sharded.placements[exchange.target]:
        found = str(sharded.placements[exchange.target])
        _fail(equation, "a source that the exchange can take" if made is None else str(made), found)


def after(source: Placement, exchange: Exchange) -> Placement | None:
    """Where the target of an exchange is; None where its source is not such as it takes."""
    parts, dimension = dict(source.in_parts), exchange.dimension
    if exchange.kind in COMBINING.values():
        if any(COMBINING.get(parts.pop(axis, Reduction.PRODUCT)) is not exchange.kind for axis in exchange.axes):
            return None
        return replace(source, in_parts=tuple(parts.items()))
    (axis,) = exchange.axes
    if dimension is None:
        return None
    others = tuple(halo for halo in source.halos if halo.dimension != dimension)
    axes = list(source.axes)
    match exchange.kind:
        case ExchangeKind.REDUCE_SCATTER:
            if axes[dimension] is not None or axis in axes or parts.pop(axis, None) is not Reduction.SUM:
                return None
            axes[dimension] = axis
        case ExchangeKind.ALL_GATHER:
            if axes[dimension] != axis:
                return None
            axes[dimension] = None
        case ExchangeKind.HALO:
            if axes[dimension] != axis:
                return None
            others = (*others, Halo(dimension, exchange.before, exchange.after))
    return Placement(tuple(axes), tuple(parts.items()), others)


def _text(axes: frozenset[str]) -> str:
    return ", ".join(sorted(axes)) or "none"


def _fail(equation: Equation, expected: str, found: str) -> None:
    raise Misplaced(show(equation), expected=expected, found=found)
