"""Recurrences: definitions that read themselves at another position, along one axis or two, either way."""

from __future__ import annotations

from workshop.fuzz.blocks import Blocks
from workshop.fuzz.reads import Indices, Value
from workshop.fuzz.sizes import Index, Size, integer, plus
from workshop.fuzz.writer import TensorInfo


class Recurrences(Blocks):
    """Blocks with recurrences. Every step is squashed, so that values stay moderate over any depth."""

    def recurrence(self) -> None:
        match self.writer.weighted({
            "ascending": 4, "descending": 2, "second_order": 1.5, "mutual": 2, "guarded": 1.5, "planar": 1.5,
            "attending": 1, "deep": 1.5, "logarithmic": 1, "diagonal": 0.7,
        }):  # fmt: skip
            case "ascending":
                self._along(descending=False)
            case "descending":
                self._along(descending=True)
            case "second_order":
                self._second_order()
            case "mutual":
                self._mutual()
            case "guarded":
                self._guarded()
            case "planar":
                self._planar()
            case "attending":
                self._attending()
            case "deep":
                self._deep()
            case "logarithmic":
                self._logarithmic()
            case _:
                self._diagonal()

    # --- parts -------------------------------------------------------------------------------------
    def _steps(self) -> Size:
        if len(self.writer.dims) < 2:
            return self.writer.new_dim()
        return integer(3) if self.writer.chance(0.1) else self.rng.choice(self.writer.dims)

    def _state(self) -> Indices:
        return self.some_indices(self.rng.choice((0, 1, 1, 1, 2)))

    def _previous(self, info: TensorInfo, t: Index, step: str, indices: Indices, at: int) -> str:
        """The state a step ago: as it is, or mixed by a matrix over its last axis."""
        names = [index.name for index in indices]

        def row(places: list[str]) -> str:
            return f"{info.name}[{', '.join((*places[:at], step, *places[at:]))}]"

        if indices and self.writer.chance(0.55):
            last = indices[-1]
            other = self.writer.index(last.base, avoid=(*indices, t))
            weight = self.reader.fresh((last, other))
            return f"Sum({weight.text}*{row([*names[:-1], other.name])}, {other.name})"
        return row(names)

    def _step(self, t: Index, indices: Indices, previous: str) -> Value:
        """A squashed combination of the previous state and what the step reads."""
        fresh = self.expressions.expression((t, *indices), self.rng.choice((0, 0, 1, 2)))
        kind = self.rng.randrange(5)
        if kind == 0:
            return Value(f"{previous}/2 + {fresh.text}/3", -4, 4)
        if kind == 1:
            gate = self.reader.fresh((t, *indices))
            return Value(f"sigmoid({gate.text})*{previous} + (1 - sigmoid({gate.text}))*tanh({fresh.text})", -2, 2)
        if kind == 2:
            return self.expressions.squashed(Value(f"({previous})*({fresh.text})", -6, 6))
        return self.expressions.squashed(Value(f"{previous} + {fresh.text}", -6, 6))

    def _begin(self, info: TensorInfo, place: str, indices: Indices, at: int) -> None:
        value = Value("0", 0, 0)
        if self.writer.chance(0.75):
            value = self.expressions.expression(indices, self.rng.choice((0, 0, 1)))
        names = [index.name for index in indices]
        self.writer.define(info, [*names[:at], place, *names[at:]], value.text)

    # --- the blocks --------------------------------------------------------------------------------
    def _along(self, descending: bool) -> None:
        """h[0] and h[t] from h[t-1] for t = 1..T, or h[T] and h[t] from h[t+1]; the axis stands anywhere."""
        size, indices = self._steps(), self._state()
        at = self.rng.choice((0, 0, len(indices)))
        short = self.writer.chance(0.3) and size.least >= 1
        up = (-1 if descending else 0) if short else (0 if descending else 1)
        t = self.writer.index(size, 0 if descending else 1, up, avoid=indices)
        shape = [i.base for i in indices]
        shape.insert(at, size if short else plus(size, 1))
        info = self.writer.intermediate(tuple(shape), -4, 4)
        end = (size.last() if short else size.text) if descending else "0"
        self._begin(info, end, indices, at)
        value = self._step(t, indices, self._previous(info, t, f"{t.name} {'+' if descending else '-'} 1", indices, at))
        names = [index.name for index in indices]
        self.writer.define(info, [*names[:at], t.name, *names[at:]], value.text)
        if self.writer.chance(0.4):
            rest = [*names[:at], self.rng.choice((size.last(), "0")), *names[at:]]
            self.plain(indices, Value(f"{info.name}[{', '.join(rest)}]", -4, 4))

    def _second_order(self) -> None:
        size, indices = self._steps(), self._state()
        t = self.writer.index(size, 2, 1, avoid=indices)
        info = self.writer.intermediate((plus(size, 1), *(i.base for i in indices)), -4, 4)
        self._begin(info, "0", indices, 0)
        self._begin(info, "1", indices, 0)
        before = self._previous(info, t, f"{t.name} - 2", indices, 0)
        value = self._step(t, indices, f"({self._previous(info, t, f'{t.name} - 1', indices, 0)} + {before}/2)")
        self.writer.define(info, [t.name, *(i.name for i in indices)], value.text)

    def _mutual(self) -> None:
        """Two states that read each other, and maybe a gate that starts at step 1."""
        size, indices = self._steps(), self._state()
        t = self.writer.index(size, 1, 1, avoid=indices)
        rest = tuple(i.base for i in indices)
        names = [i.name for i in indices]
        first = self.writer.intermediate((plus(size, 1), *rest), -4, 4)
        second = self.writer.intermediate((plus(size, 1), *rest), -4, 4)
        self._begin(first, "0", indices, 0)
        self._begin(second, "0", indices, 0)
        back = f"{t.name} - 1"
        inner = self._previous(second, t, back, indices, 0)
        if self.writer.chance(0.5):
            gate = self.writer.intermediate((size, *rest), -2, 2, (1, *(0 for _ in rest)))
            value = self._step(t, indices, self._previous(first, t, back, indices, 0))
            self.writer.define(gate, [t.name, *names], value.text)
            inner = f"{gate.name}[{', '.join((t.name, *names))}]*{inner}"
        value = self._step(t, indices, inner)
        self.writer.define(first, [t.name, *names], value.text)
        same = self._previous(first, t, t.name if self.writer.chance(0.6) else back, indices, 0)
        value = self._step(t, indices, f"({self._previous(second, t, back, indices, 0)} - {same})")
        self.writer.define(second, [t.name, *names], value.text)

    def _guarded(self) -> None:
        """h[t] over every t, the step before it read under a guard."""
        size, indices = self._steps(), self._state()
        t = self.writer.index(size, avoid=indices)
        info = self.writer.intermediate((size, *(i.base for i in indices)), -4, 4)
        if self.writer.chance(0.5):
            back = self.rng.choice((1, 1, 2))
            step, guard = f"{t.name} - {back}", f"{t.name} >= {back}"
        else:
            step, guard = f"{t.name} + 1", f"{t.name} + 1 < {size.text}"
        before = self._previous(info, t, step, indices, 0)
        other = self.reader.leaf(indices).text if self.writer.chance(0.4) else "0"
        value = self._step(t, indices, f"Piecewise(({before}, {guard}), ({other}, True))")
        self.writer.define(info, [t.name, *(i.name for i in indices)], value.text)

    def _planar(self) -> None:
        """g[i, j] from its neighbours, under guards or with edges of their own."""
        a, b = self._steps(), self._steps()
        if self.writer.chance(0.5):
            i = self.writer.index(a)
            j = self.writer.index(b, avoid=(i,))
            info = self.writer.intermediate((a, b), -2, 2)
            name, p, q = info.name, i.name, j.name
            parts = [
                f"Piecewise(({name}[{p} - 1, {q}], {p} >= 1), (0, True))",
                f"Piecewise(({name}[{p}, {q} - 1], {q} >= 1), (0, True))",
                f"Piecewise((Piecewise(({name}[{p} - 1, {q} - 1], {p} >= 1), (0, True)), {q} >= 1), (0, True))",
                f"Piecewise(({name}[{p} - 1, {q} + 1], And({p} >= 1, {q} + 1 < {b.text})), (0, True))",
                f"Piecewise(({name}[{p} + 1, {q}], {p} + 1 < {a.text}), (0, True))",
            ]
            ways = ((0, 1), (0, 1, 2), (0, 3), (1, 4), (2,), (0, 2, 3), (1, 3))
            chosen = " + ".join(parts[k] for k in self.rng.choice(ways))
            value = self._step(i, (j,), f"({chosen})")
            self.writer.define(info, [p, q], value.text)
            return
        i, j = self.writer.index(a, 1, 1), self.writer.index(b, 1, 1, new=True)
        info = self.writer.intermediate((plus(a, 1), plus(b, 1)), -2, 2)
        name, p, q = info.name, i.name, j.name
        for places, over in (([p, "0"], (i,)), (["0", q], (j,)), (["0", "0"], ())):
            edge = self.expressions.expression(over, self.rng.choice((0, 1)))
            self.writer.define(info, places, edge.text)
        near = f"{name}[{p} - 1, {q}] + {name}[{p}, {q} - 1]"
        if self.writer.chance(0.5):
            near += f" + {name}[{p} - 1, {q} - 1]"
        if self.writer.chance(0.3):
            near = f"Max({near.replace(' + ' + name, ', ' + name)})"
        value = self._step(i, (j,), f"({near})")
        self.writer.define(info, [p, q], value.text)

    def _attending(self) -> None:
        """h[t] from a guarded sum over all steps before it."""
        size, indices = self._steps(), self._state()
        t = self.writer.index(size, avoid=indices)
        s = self.writer.index(size, avoid=(*indices, t))
        info = self.writer.intermediate((size, *(i.base for i in indices)), -4, 4)
        weight = self.reader.fresh((t, s), guarded=False)
        names = [i.name for i in indices]
        earlier = self.rng.choice((f"{s.name} < {t.name}", f"{s.name} > {t.name}", f"{s.name} + 1 < {t.name}"))
        body = f"Piecewise(({weight.text}*{info.name}[{', '.join((s.name, *names))}], {earlier}), (0, True))"
        value = self._step(t, indices, f"Sum({body}, {s.name})/2")
        self.writer.define(info, [t.name, *names], value.text)

    def _deep(self) -> None:
        """Depth as an index: a[l] from W[l] a[l-1]."""
        size = self._steps()
        j = self.writer.index(self.some_size())
        batch = () if self.writer.chance(0.4) else (self.writer.index(self.some_size(), avoid=(j,)),)
        l = self.writer.index(size, 1, 1, avoid=(j, *batch))
        k = self.writer.index(j.base, avoid=(j, l, *batch))
        info = self.writer.intermediate((plus(size, 1), *(b.base for b in batch), j.base), -2, 2)
        self._begin(info, "0", (*batch, j), 0)
        weight = self.reader.fresh((l, j, k), guarded=False)
        inner = f"{info.name}[{', '.join((f'{l.name} - 1', *(b.name for b in batch), k.name))}]"
        bias = self.reader.fresh((l, j), guarded=False)
        pre = Value(f"Sum({weight.text}*{inner}, {k.name}) + {bias.text}", -6, 6)
        value = self.expressions.squashed(pre)
        self.writer.define(info, [l.name, *(b.name for b in batch), j.name], value.text)

    def _logarithmic(self) -> None:
        """A forward recursion in the logarithm, as a conditional random field's, or with a maximum."""
        size = self._steps()
        k = self.writer.index(self.some_size())
        j = self.writer.index(k.base, avoid=(k,))
        t = self.writer.index(size, 1, 0, avoid=(k, j))
        info = self.writer.intermediate((size, k.base), -6, 6)
        self._begin(info, "0", (k,), 0)
        move = self.reader.fresh((j, k), guarded=False)
        emit = self.reader.fresh((t, k), guarded=False)
        reduction = self.rng.choice(("LogSumExp", "LogSumExp", "ReduceMax", "ReduceMin", "Mean"))
        text = f"{reduction}({info.name}[{t.name} - 1, {j.name}] + {move.text}, {j.name}) + {emit.text}"
        self.writer.define(info, [t.name, k.name], text)

    def _diagonal(self) -> None:
        """A factorisation-like recurrence: u[i] from u[j], j < i, over the row of a matrix, divided by its diagonal."""
        size = self._steps()
        i = self.writer.index(size)
        j = self.writer.index(size, avoid=(i,))
        from workshop.fuzz.writer import Kind

        matrix = self.writer.leaf(self.rng.choice((Kind.PARAMETER, Kind.INPUT)), (size, size))
        right = self.reader.fresh((i,), guarded=False)
        info = self.writer.intermediate((size,), -3, 3)
        body = f"Piecewise(({matrix.name}[{i.name}, {j.name}]*{info.name}[{j.name}]/4, {j.name} < {i.name}), (0, True))"
        text = f"({right.text} - Sum({body}, {j.name}))/(2 + {matrix.name}[{i.name}, {i.name}]**2)"
        self.writer.define(info, [i.name], text)
