"""Of a tensor along which a loop goes, a step needs the rows around its own alone.

A loop over t that reads and writes U[t + c, ...] for some numbers c, and U nowhere else, needs a window of rows. A row
enters the window as the loop comes to it, and leaves it when it is left behind: what a step hands to the next is all of
the window but for that one row. So a recurrence is a scan with rows as what it carries, rows that it is given, and rows
that it returns.

    window ::= tensor, dimension, sign, base, width, loop     rows at sign·t + base + 0 .. width - 1 of that dimension
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.lower.value_walks import computed_in, rebuilt, rewritten, steps_in
from symbackprop.lower.values import Clear, Define, If, Loop, Read, Step, Value, inside, with_children
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Op, Tensor
from symbackprop.terms.prove import Facts

__all__ = ["Window", "by_rows", "first_assigned", "windows_of"]

Subscripts = Sequence[Poly | Value]


@dataclass(frozen=True, slots=True)
class Window:
    """`written`: whether rows of it are defined, so that they leave."""

    tensor: Tensor
    dimension: int
    sign: int
    base: Poly
    width: int
    written: bool
    loop: Loop[Step]

    @property
    def forwards(self) -> bool:
        """Whether the window goes up."""
        return (self.sign > 0) != self.loop.descending

    @property
    def entering(self) -> int:
        """The place at which rows enter."""
        return self.width - 1 if self.forwards else 0

    @property
    def leaving(self) -> int:
        return 0 if self.forwards else self.width - 1

    @property
    def handed(self) -> list[int]:
        """The places of what a step is handed by the one before it, which has it a place further on."""
        return [place for place in range(self.width) if place != self.entering]

    def further(self, place: int) -> int:
        """The place that a row at that place has been at in the step before."""
        return place + 1 if self.forwards else place - 1

    def row(self, place: int) -> str:
        """The name of the row at that place of the window: no name of a tensor."""
        steps = abs(self.entering - place)
        return f"<{self.tensor.name}_{f'before{steps if steps > 1 else str()}' if steps else self.loop.variable.name}>"

    def at(self, variable: Poly, place: int) -> Poly:
        """Where the row lies in the tensor, at a value of the loop's variable."""
        return variable * self.sign + self.base + place

    @property
    def shape(self) -> tuple[Poly, ...]:
        return _without(self.tensor.shape, self.dimension)

    def row_tensor(self, place: int) -> Tensor:
        origin, axes = _without(self.tensor.origin, self.dimension), _without(self.tensor.axes, self.dimension)
        return replace(self.tensor, name=self.row(place), shape=self.shape, origin=origin, axes=axes)


def _without(items: Sequence[Poly] | Sequence[str], place: int) -> tuple:  # type: ignore[type-arg]
    return (*items[:place], *items[place + 1 :])


def windows_of(
    step: Loop[Step], tensors: Mapping[str, Tensor], facts: Facts, traced: Iterable[Index]
) -> dict[str, Window]:
    """Those of the tensors of which the loop needs no more. `traced`: variables of loops outside."""
    uses: dict[str, list[Subscripts | None]] = {}
    written: set[str] = set()
    for inner in steps_in(step.body):
        if isinstance(inner, Clear):
            uses.setdefault(inner.tensor, []).append(None)
        if isinstance(inner, Define):
            written.add(inner.tensor)
            uses.setdefault(inner.tensor, []).append(None if inner.padded else inner.subscripts)
        for top in computed_in(inner):
            for value in inside(top):
                if isinstance(value, Read):
                    uses.setdefault(value.tensor, []).append(None if value.padded else value.subscripts)
    found = {}
    for name, places in uses.items():
        if None not in places:
            window = _window(step, tensors[name], [p for p in places if p is not None], name in written)
            if window is not None and _lies_inside(step, window, facts, frozenset(traced)):
                found[name] = window
    return found


def _window(step: Loop[Step], tensor: Tensor, uses: Sequence[Subscripts], written: bool) -> Window | None:
    variable = Poly.of(step.variable)
    moving = [
        {place for place, s in enumerate(subscripts) if not isinstance(s, Poly) or step.variable in s.indices()}
        for subscripts in uses
    ]
    if not moving or any(places != moving[0] or len(places) != 1 for places in moving):
        return None
    (dimension,) = moving[0]
    polys = [subscripts[dimension] for subscripts in uses]
    first = polys[0]
    if not isinstance(first, Poly):
        return None
    sign = first.coefficient(step.variable).constant
    if sign not in (1, -1):
        return None
    rest = [poly - variable * sign for poly in polys if isinstance(poly, Poly)]
    if len(rest) != len(polys) or any(poly.indices() for poly in rest):
        return None
    offsets = [(poly - rest[0]).constant for poly in rest]
    numbers = [offset for offset in offsets if offset is not None]
    if len(numbers) != len(offsets) or any(number != int(number) for number in numbers):
        return None
    low, high = int(min(numbers)), int(max(numbers))
    return Window(tensor, dimension, int(sign), rest[0] + low, high - low + 1, written, step)


def _lies_inside(step: Loop[Step], window: Window, facts: Facts, traced: frozenset[Index]) -> bool:
    ends = [window.at(end, place) for end in (step.low, step.high) for place in (0, window.width - 1)]
    size = window.tensor.shape[window.dimension]
    return all(traced.isdisjoint(end.indices()) and facts.proves(end) and facts.proves(size - 1 - end) for end in ends)


def by_rows(step: Loop[Step], windows: Mapping[str, Window], facts: Facts) -> tuple[Step, ...]:
    """The body of the loop, each row a tensor of its own."""

    def moved(name: str, subscripts: Subscripts) -> tuple[str, tuple[Poly | Value, ...]]:
        window = windows[name]
        subscript = subscripts[window.dimension]
        assert isinstance(subscript, Poly)
        place = (subscript - window.at(Poly.of(step.variable), 0)).constant
        assert place is not None
        return window.row(int(place)), _without(subscripts, window.dimension)  # type: ignore[arg-type]

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        same = with_children(value, children)
        if not isinstance(same, Read) or same.tensor not in windows:
            return same
        name, subscripts = moved(same.tensor, same.subscripts)
        return Read(name, subscripts, same.over, same.kind, False)

    def step_of(inner: Step, _: Facts) -> list[Step]:
        if not isinstance(inner, Define):
            return [inner]
        subscripts = tuple(s if isinstance(s, Poly) else rebuilt(s, changed) for s in inner.subscripts)
        inner = replace(inner, value=rebuilt(inner.value, changed), subscripts=subscripts)
        if inner.tensor in windows:
            name, kept = moved(inner.tensor, inner.subscripts)
            inner = replace(inner, tensor=name, subscripts=kept)
        return [inner]

    return rewritten(step.body, step_of, facts)


def first_assigned(body: Sequence[Step], row: str, whole: bool) -> bool:
    """Whether the row is defined as a whole before anything reads it. `whole`: the first definition's."""
    for step in body:
        if isinstance(step, If | Loop):
            names = {s.tensor for s in steps_in([step]) if isinstance(s, Define)}
            if row in names or any(_reads(s, row) for s in steps_in([step])):
                return False
        if _reads(step, row):
            return False
        if isinstance(step, Define) and step.tensor == row:
            return step.op is Op.ASSIGN and whole
    return False


def _reads(step: Step, row: str) -> bool:
    tops = computed_in(step)
    return any(isinstance(value, Read) and value.tensor == row for top in tops for value in inside(top))
