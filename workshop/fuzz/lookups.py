"""Look-ups that decide more than a subscript: sums over equalities with integer inputs, and recurrences along them."""

from __future__ import annotations

from workshop.fuzz.readers import Readers
from workshop.fuzz.reads import Indices, Value
from workshop.fuzz.sizes import Index
from workshop.fuzz.writer import Kind


class Lookups(Readers):
    """Blocks of edges between vertices, and of trees that are data."""

    def edges(self) -> None:
        """y[v] = Σ_m [t[m] + c = v]·f, what each vertex gets from the edges that name it; or y[m] = Σ_v of the same."""
        v = self._vertex()
        m = self.writer.index(self.some_size(), avoid=(v,))
        rest = self.some_indices(self.rng.choice((0, 0, 1)))
        rest = tuple(index for index in rest if index.name not in (v.name, m.name))
        bound, kept = (m, v) if self.writer.chance(0.6) else (v, m)
        named = self.writer.leaf(Kind.LABEL, (m.base,), v.base if self.writer.chance(0.7) else self.some_size())
        shift = self.rng.choice(("", "", "", " + 1", " - 1"))
        conditions = [f"Eq({named.name}[{m.name}]{shift}, {v.name})"]
        if self.writer.chance(0.3):
            other = self.writer.leaf(Kind.LABEL, (m.base,), v.base)
            conditions.append(self.rng.choice((f"{other.name}[{m.name}] > 0", f"Eq({other.name}[{m.name}], {v.name})")))
        body = self.expressions.expression((m, *rest) if self.writer.chance(0.6) else (m, v, *rest), 1)
        condition = conditions[0] if len(conditions) == 1 else f"And({', '.join(conditions)})"
        text = f"Sum(Piecewise(({body.text}, {condition}), (0, True)), {bound.name})"
        value = Value(f"{self.rng.choice(('', '2*', '-'))}{text}{self.rng.choice(('', '/3'))}", -20, 20)
        if self.writer.chance(0.4):
            value = Value(f"{value.text} + {self.reader.leaf((kept, *rest)).text}", -20, 20)
        self._whole((kept, *rest), self.expressions.squashed(value))

    def _vertex(self) -> Index:
        """All vertices, or those from the second on, and one more."""
        return self.writer.index(self.some_size(), *((1, 1) if self.writer.chance(0.2) else ()))

    def _whole(self, indices: Indices, value: Value) -> None:
        """The value over the indices, of a tensor that may start above 0."""
        origin = tuple(index.low for index in indices)
        info = self.writer.intermediate(tuple(index.base for index in indices), value.low, value.high, origin)
        self.writer.define(info, [index.name for index in indices], value.text)

    def tree(self) -> None:
        """h[b] from h[parent[b]] where that comes before it, or after it; from two of them perhaps."""
        size, indices = self._steps(), self._state()
        b = self.writer.index(size, avoid=indices)
        info = self.writer.intermediate((size, *(i.base for i in indices)), -4, 4)
        before = self.writer.chance(0.6)
        terms = []
        for _ in range(self.rng.choice((1, 1, 2))):
            parent = self.writer.leaf(Kind.LABEL, (size,), size)
            place = f"{parent.name}[{b.name}]"
            sides = (place, b.name) if before else (b.name, place)
            guard = f"{sides[0]}{self.rng.choice(('', '', ' + 1'))} < {sides[1]}"
            other = self.reader.leaf(indices).text if self.writer.chance(0.4) else "0"
            terms.append(f"Piecewise(({self._previous(info, b, place, indices, 0)}, {guard}), ({other}, True))")
        value = self._step(b, indices, f"({' + '.join(terms)})")
        self.writer.define(info, [b.name, *(i.name for i in indices)], value.text)
