"""A derivation on a mesh of devices: where each tensor lies, which equations are collectives, and what they send.

In the notation of J. Austin et al., How to Scale Your Model (2025), chapter 3, as `shard.table` has it in text. A
collective changes where a tensor lies, not what it is: what it is made of and what it makes have one symbol.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

from symbackprop.cost.bytes_moved import FLOAT_BYTES, INT_BYTES
from symbackprop.cost.device_share import Device
from symbackprop.cost.sharded_cost import measure_sharded
from symbackprop.document.cost_formulas import CostWriter
from symbackprop.document.model import Block, Math, Paragraph, Reference, Runs, Section, Table
from symbackprop.document.sentences import joined
from symbackprop.formula.tree import (
    Call,
    Fence,
    Fenced,
    Formula,
    Joint,
    Letter,
    Mark,
    Quotient,
    Row,
    Scripted,
    Word,
    chain,
    integer,
    negative,
    times,
)
from symbackprop.latex.printed_names import Names
from symbackprop.shard import Exchange, ExchangeKind, Placement, Sharded
from symbackprop.shard.table import COLLECTIVES, traffic
from symbackprop.terms.build import UNIT, mul, poly_value, split_coefficient
from symbackprop.terms.namer import Letters, Namer
from symbackprop.terms.poly import ONE, Dim, Poly
from symbackprop.terms.program import DType, Equation, Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Reduction
from symbackprop.terms.writing import Writer

__all__ = ["on_devices", "placed_names"]


def on_devices(sharded: Sharded, program: Program, names: Names) -> Section:
    """The section. `program`: the derivation's own, with its tensors; `names`: theirs."""
    return Section("devices", names.words.on_several_devices, tuple(_Builder(sharded, program, names).blocks()))


def placed_names(sharded: Sharded, program: Program, names: Names) -> Names:
    """The names of the sharded programs' tensors: the derivation's own keep theirs, and all that collectives make of a
    tensor has one name."""
    first: dict[str, str] = {}  # of each tensor that which has its name

    def leader(name: str) -> str:
        while name in first:
            name = first[name]
        return name

    for exchange in sharded.exchanges.values():
        one, other = leader(exchange.source), leader(exchange.target)
        if one != other:
            kept, left = (other, one) if other in names.symbols else (one, other)
            first[left] = kept
    leaders = [tensor for name, tensor in sharded.table.items() if leader(name) == name and name not in names.symbols]
    exchanged = {exchange.source for exchange in sharded.exchanges.values()}
    fresh = [replace(tensor, part_of=None) if tensor.name in exchanged else tensor for tensor in leaders]
    defined = {name: found for one in sharded.programs for name, found in one.definitions.items()}
    others = {*program.dims, *sharded.mesh, *(name for tensor in program.tensors for name in tensor.axes)}
    every = Names.of_tensors((*program.tensors, *fresh), program.loss, dict(program.notation), program.cotangents,
                             {**defined, **program.definitions}, others)  # fmt: skip
    known = {**{tensor.name: every.symbols[tensor.name] for tensor in fresh}, **names.symbols}
    symbols = {name: known[leader(name)] for name in sharded.table}
    gradients = {name: names.gradients[leader(name)] for name in sharded.table if leader(name) in names.gradients}
    return replace(names, symbols={**names.symbols, **symbols}, gradients={**names.gradients, **gradients})


class _Builder:
    def __init__(self, sharded: Sharded, program: Program, names: Names) -> None:
        self.sharded, self.words = sharded, names.words
        self.names = placed_names(sharded, program, names)
        indices = (index for one in (program, *sharded.programs) for index in one.indices)
        self.writer = Writer(self.names, Namer(sharded.table, Letters.of(sharded.table.values(), tuple(indices))))
        self.costs = CostWriter((*program.dims, *sharded.mesh), self.names)

    def blocks(self) -> Iterator[Block]:
        words = self.words
        split = [words.index_on_axis(index=Math(self.names.index(index)), axis=Math(self._axis(axis)))
                 for index, axis in self.sharded.indices.items()]  # fmt: skip
        yield Paragraph(words.mesh_is(axes=[Math(self._axis(axis)) for axis in self.sharded.mesh], indices=split))
        yield Paragraph(self._notation())
        device = Device(self.sharded)
        given = (*device.inputs, *device.parameters)
        yield Paragraph(words.given_lie(tensors=[Math(self.placed(name)) for name in given]))
        yield Table("records", (words.equation, words.computed, words.lies), tuple(self._rows()))
        exchanges = [(e, exchange) for e in self._equations() for exchange in [self.sharded.exchange_of(e)] if exchange]
        if exchanges:
            yield Paragraph((words.bytes_are,))
            header = words.equation, words.lies, words.collective, words.bytes_sent
            yield Table("records", header, tuple(self._sent(*found) for found in exchanges))
        yield Paragraph((words.device_holds,))
        yield Table("cost", ("", words.bytes_held), tuple(self._memory()))

    def _notation(self) -> Runs:
        """What the notation means, as far as it is in use here."""
        words, placements = self.words, self.sharded.placements
        name, dimension = next(((name, place) for name, found in placements.items() for place, _ in found.split()),
                               ("", 0))  # fmt: skip
        axis = Math(self._axis(self.sharded.mesh[0]))
        said: list[Runs] = []
        if name:
            split, size = placements[name], self.sharded.table[name].shape[dimension]
            block = self._extent(size, replace(split, halos=()), dimension)
            along = Math(self._axis(split.axes[dimension] or ""))
            said.append(words.block_is(block=Math(block), size=Math(self.writer.poly(size, {})), axis=along))
        if any(found.halos for found in placements.values()):
            said.append((words.halo_is,))
        kinds = {kind for found in placements.values() for _, kind in found.in_parts}
        if Reduction.SUM in kinds:
            mark = _braced(_unreduced(self._axis(self.sharded.mesh[0]), Reduction.SUM))
            said.append(words.unreduced_is(mark=Math(mark), axis=axis))
        for kind in sorted(kinds - {Reduction.SUM}, key=lambda found: found.value):
            said.append(words.unreduced_otherwise(mark=Math(_unreduced(None, kind)), what=Math(Word(kind.value))))
        return joined([*said, *self._collectives(), (words.each_computes,), (words.devices_source,)], words)

    def _collectives(self) -> Iterator[Runs]:
        """What those do that are here."""
        words, found = self.words, {COLLECTIVES[exchange.kind][0] for exchange in self.sharded.exchanges.values()}
        told = {ExchangeKind.PSUM: words.all_reduce_is, ExchangeKind.REDUCE_SCATTER: words.reduce_scatter_is,
                ExchangeKind.ALL_GATHER: words.all_gather_is, ExchangeKind.HALO: words.halo_exchange_is}  # fmt: skip
        for kind, phrase in told.items():
            if COLLECTIVES[kind][0] in found:
                yield phrase(name=Math(Call(COLLECTIVES[kind][0], ())))

    # --- rows ----------------------------------------------------------------------------------------------
    def _equations(self) -> Iterator[Equation]:
        for scheduled in (self.sharded.forward, self.sharded.backward):
            yield from dict.fromkeys(scheduled.equations)

    def _rows(self) -> Iterator[tuple[Runs, ...]]:
        for equation in self._equations():
            exchange = self.sharded.exchange_of(equation)
            if exchange is None:
                computed: Formula = self.writer.equation(equation)
            else:
                computed = self._collective(exchange, (self.placed(exchange.source),))
            yield self._label(equation), (Math(computed),), (Math(self.placed(equation.target)),)

    def _sent(self, equation: Equation, exchange: Exchange) -> tuple[Runs, ...]:
        placed, collective = self.placed(equation.target), self._collective(exchange)
        return self._label(equation), (Math(placed),), (Math(collective),), (Math(self._bytes(equation, exchange)),)

    def _bytes(self, equation: Equation, exchange: Exchange) -> Formula:
        """As 8·(p - 1)/p·N·C/q."""
        found = traffic(self.sharded, equation)
        item = INT_BYTES if self.sharded.table[exchange.source].dtype is DType.INT else FLOAT_BYTES
        group = prod((Poly.of(Dim(axis)) for axis in found.over), start=ONE)
        factor = Quotient(self.writer.poly(group - 1, {}), self.writer.poly(group, {}))
        front, count = split_coefficient(mul(UNIT, *map(poly_value, found.extents)))
        elements = self.writer.term(count, {})
        split = self.writer.poly(prod((Poly.of(Dim(axis)) for axis in found.split), start=ONE), {})
        local = Quotient(elements, split) if found.split else elements
        return times(integer(int(found.times * item * front)), factor, *([local] if count is not UNIT else []))

    def _label(self, equation: Equation) -> Runs:
        labels = () if equation.number is None else equation.number.labels
        return self.words.listing(items=[Reference(label) for label in labels])

    def _memory(self) -> Iterator[tuple[Runs, ...]]:
        words, memory = self.words, measure_sharded(self.sharded).memory
        for said, value in ((words.parameters, memory.parameters), (words.held_gradients, memory.gradients),
                            (words.data, memory.data), (words.kept_values, memory.kept)):  # fmt: skip
            if value != 0:
                yield (said,), (Math(self.costs.formula(value)),)

    # --- placements and collectives ------------------------------------------------------------------------
    def placed(self, name: str) -> Formula:
        """As z[N_data, H_model]{U_rows}."""
        tensor, placement = self.sharded.table[name], self.sharded.placements[name]
        extents = [self._extent(extent, placement, dimension) for dimension, extent in enumerate(tensor.shape)]
        of = self.names.gradients.get(name)
        symbol = self.names.symbols[name] if of is None else Row((Mark("∂"), self.names.loss, Mark("/"), Mark("∂"), of))
        parts: list[Formula] = [symbol]
        if extents:
            parts.append(Fenced(Fence.BRACKETS, chain(Joint.LIST, extents)))
        if placement.in_parts:
            marks = [_unreduced(self._axis(axis), kind) for axis, kind in placement.in_parts]
            parts.append(_braced(chain(Joint.LIST, marks)))
        return Row(tuple(parts)) if len(parts) > 1 else parts[0]

    def _extent(self, extent: Poly, placement: Placement, dimension: int) -> Formula:
        axis, size = placement.axes[dimension], self.writer.poly(extent, {})
        if axis is None:
            return size
        is_alone = extent.constant is not None or (extent.atom is not None and not isinstance(size, Scripted))
        base = size if is_alone else Fenced(Fence.PARENTHESES, size)
        halo = placement.halo(dimension)
        ends = [] if halo is None else [(True, halo.before), (False, halo.after)]
        above = [_signed(minus, self.writer.poly(end, {})) for minus, end in ends if not Facts().proves(-end)]
        return Scripted(base, self._axis(axis), chain(Joint.COMMA, above) if above else None)

    def _axis(self, axis: str) -> Formula:
        return self.names.size(axis)

    def _collective(self, exchange: Exchange, of: tuple[Formula, ...] = ()) -> Formula:
        name, combining = COLLECTIVES[exchange.kind]
        below = [self._axis(axis) for axis in exchange.axes]
        if exchange.dimension is not None:
            below.append(self.writer.poly(self.sharded.table[exchange.target].shape[exchange.dimension], {}))
        if combining:
            below.append(Word(combining))
        return Call(name, of, chain(Joint.COMMA, below))


def _unreduced(axis: Formula | None, kind: Reduction) -> Formula:
    above = None if kind is Reduction.SUM else Word(kind.value)
    return Letter("U") if axis is None and above is None else Scripted(Letter("U"), axis, above)


def _braced(inner: Formula) -> Formula:
    return Fenced(Fence.BRACES, inner)


def _signed(minus: bool, end: Formula) -> Formula:
    """-1 and +1, in front of and behind a block."""
    return negative(end) if minus else Row((Mark("+"), end))
