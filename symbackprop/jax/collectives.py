"""Functions on a device: their exchanges as collectives of `jax.lax`, over the mesh axes of a `shard_map`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symbackprop.array_text.fragment import Code
from symbackprop.array_text.reads import sliced
from symbackprop.array_text.statement_lines import is_whole
from symbackprop.jax.loops import JaxSpelling, JaxStatements
from symbackprop.lower.values import Define, Function, Read, Step, Value
from symbackprop.python_text.bracketed import call, one_or_several
from symbackprop.shard import Exchange, ExchangeKind
from symbackprop.shard.local import Local
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.term import Axis

__all__ = ["DeviceStatements"]


class DeviceStatements(JaxStatements):
    """The lines of a function on a device. What differs between the devices along a mesh axis is said so where it
    begins as zeros, so that a scan may carry it."""

    def __init__(
        self, spelling: JaxSpelling, tensors: Mapping[str, Tensor], function: Function, kept: Iterable[str], on: Local
    ) -> None:
        super().__init__(spelling, tensors, function.facts, kept, function.given)
        self.on = on
        for axis in on.places.values():
            spelling.traced.add(axis.index)
            self.loops[axis.index] = axis

    # --- where tensors are ---------------------------------------------------------------------------------
    def _varies(self, name: str) -> tuple[str, ...]:
        """The mesh axes along which the devices have different values of it."""
        placement = self.on.sharded.placements.get(self._whole(name)[0])
        if placement is None:
            return tuple(self.on.places)
        axes = {axis for _, axis in placement.split()} | {axis for axis, _ in placement.in_parts}
        return tuple(axis for axis in self.on.places if axis in axes)

    def _zeros(self, name: str) -> None:
        is_new = name not in self.begun
        super()._zeros(name)
        axes = self._varies(name)
        if is_new and axes:
            variable = self.spelling(name)
            cast = call("jax.lax.pcast", variable, _names(axes), 'to="varying"')
            self.line(f"{variable} = {cast}", last=False)

    # --- exchanges -----------------------------------------------------------------------------------------
    def step(self, step: Step) -> None:
        if isinstance(step, Define) and self._whole(step.tensor)[0] in self.on.exchanges:
            self._exchange(step, self.on.exchanges[self._whole(step.tensor)[0]])
        else:
            super().step(step)

    def _whole(self, name: str, dimension: int | None = None) -> tuple[str, int | None]:
        """The tensor that a row is of; and a dimension of that, as one of the row."""
        while name in self.rows_of:
            name, along = self.rows_of[name]
            if dimension is not None and along < dimension:
                dimension -= 1
        return name, dimension

    def _exchange(self, step: Define, exchange: Exchange) -> None:
        """What the device has of the source, handed to a collective; its result is what it has of the target."""
        assert isinstance(step.value, Read)
        source, target = self.tensors[step.value.tensor], self.tensors[step.tensor]
        _, dimension = self._whole(step.tensor, exchange.dimension)
        along = None if dimension is None else _index(step.subscripts[dimension])
        given = step.axes
        _, place = self._whole(step.value.tensor, exchange.dimension)
        if along is not None and place is not None:
            subscript = step.value.subscripts[place]  # as many places as the source has, from its first on
            assert isinstance(subscript, Poly)
            low = Poly.of(along) - subscript
            own = Axis(along, low, low + source.shape[place] - 1)
            given = tuple(own if axis.index == along else axis for axis in step.axes)
        ev, left = self._expressions(step, given), [_index(subscript) for subscript in step.subscripts]
        order = tuple(index for index in left if index is not None and index in ev.axes)
        text = self.library.exactly(ev.code(step.value), order).text
        made = self._collective(exchange, text, order.index(along) if along is not None else 0)
        name = self.spelling(step.tensor)
        if step.tensor not in self.begun and is_whole(step, target):
            self.begun.add(step.tensor)
            self.line(f"{name} = {made}")
            return
        self._zeros(step.tensor)
        part = sliced(self._expressions(step, step.axes), Code(name), step.subscripts, target.shape, views=False)
        assert part is not None, step
        self.line(self.library.written(name, part.text[len(name) :], step.op, made, scalar=not target.shape))

    def _collective(self, exchange: Exchange, text: str, place: int) -> str:
        """`place`: of the dimension that is exchanged."""
        names = _names(exchange.axes)
        match exchange.kind:
            case ExchangeKind.ALL_GATHER:
                return call("jax.lax.all_gather", text, names, f"axis={place}", "tiled=True", 'to="invarying"')
            case ExchangeKind.REDUCE_SCATTER:
                return call("jax.lax.psum_scatter", text, names, f"scatter_dimension={place}", "tiled=True")
            case ExchangeKind.PLOGSUMEXP:
                return call(self.spelling.helper("plogsumexp"), text, names)
            case ExchangeKind.HALO:
                before, after = (self.spelling.poly(width) for width in self.on.widths(exchange))
                return call(self.spelling.helper("with_halo"), text, names, str(place), before, after)
            case _:
                return call(f"jax.lax.{exchange.kind.value}", text, names)


def _index(subscript: Poly | Value) -> Index | None:
    """The index that runs along a dimension; none where one position is meant."""
    indices = subscript.indices() if isinstance(subscript, Poly) else ()
    return indices[0] if len(indices) == 1 else None


def _names(axes: Sequence[str]) -> str:
    quoted = [f'"{axis}"' for axis in axes]
    return one_or_several(quoted)
