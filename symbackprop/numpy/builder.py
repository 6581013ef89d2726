"""What is built up while a function gets its storage: its statements, its sizes, the buffers of its tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from symbackprop.lower.nesting import Nesting
from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import Allocate, Array, Buffer, Let, Map, Operand, Role, Statement, written
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.program import Tensor, fresh_name
from symbackprop.terms.prove import Facts


class Builder(Nesting[Statement]):
    """The state of one function. `tensors`: what it knows of them; `buffers`: where they are; `bound`: where what has
    been bound to a name is, a window whose axes are its dimensions."""

    def __init__(self, tensors: Mapping[str, Tensor], facts: Facts, taken: Iterable[str]) -> None:
        super().__init__(facts)
        self.tensors, self.taken = tensors, set(taken)
        self.buffers: dict[str, Buffer] = {}
        self.bound: dict[str, Array] = {}
        self.readers: Counter[str] = Counter()  # of each tensor and bound value, how many steps read it
        self.sizes: dict[Poly, Poly] = {}
        self.lets: list[Statement] = []
        self.temporaries = 0
        self.versions: Counter[Buffer] = Counter()
        self.made: dict[Hashable, tuple[int, Array]] = {}

    def emit(self, statement: Statement) -> None:
        super().emit(statement)
        target = written(statement)
        if target is not None:
            self.touch(target)

    def touch(self, buffer: Buffer) -> None:
        """What was made of the buffer no longer holds."""
        self.versions[buffer] += 1

    def once(self, source: Buffer, key: Hashable, make: Callable[[], Array]) -> Array:
        """What is made of the buffer, made once as long as nothing writes into that."""
        version, made = self.made.get((source, key), (-1, None))
        if made is None or version != self.versions[source]:
            made = make()
            self.made[source, key] = self.versions[source], made
        return made

    def map(self, op: MapOp, out: Array, *args: Operand, quiet: bool = False) -> Array:
        self.emit(Map(op, out, args, quiet))
        return out

    def size(self, extent: Poly) -> Poly:
        """The extent, or a new size that is 0 where the extent could be negative; one, too, for a difference that
        cannot but is not plainly so, since strides are compared term by term."""
        found = self.sizes.get(extent)
        if found is None:
            if plainly_nonnegative(extent) or (len(extent.terms) == 1 and self.facts.proves(extent)):
                return extent
            name = fresh_name("size", self.taken)
            self.lets.append(Let(name, extent))
            found = self.sizes[extent] = Poly.of(Dim(name))
        return found

    def temporary(self, axes: Sequence[Index], extents: Sequence[Poly], kind: Kind = Kind.FLOAT) -> Array:
        """New storage with these axes."""
        self.temporaries += 1
        buffer = Buffer(f".{self.temporaries}", tuple(extents), kind, Role.TEMPORARY)
        self.emit(Allocate(buffer))
        return Array(buffer, tuple(Poly.of(axis) for axis in axes), tuple(axes), tuple(extents))

    @contextmanager
    def body(self) -> Iterator[list[Statement]]:
        """Statements emitted inside go to the list; what is made inside may not be there after it."""
        made = dict(self.made)
        try:
            with super().body() as statements:
                yield statements
        finally:
            self.made = made
