"""Reads: which subscripts fit an axis, and the tensors that fit the indices at hand."""

from __future__ import annotations

from dataclasses import dataclass

from workshop.fuzz.sizes import Form, Index, Size, plus, product, times, total, window
from workshop.fuzz.writer import Kind, TensorInfo, Writer

Indices = tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A subscript, and the conditions under which it lies in its axis."""

    text: str
    guards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """An expression and the interval that its values lie in, roughly."""

    text: str
    low: float
    high: float

    @property
    def bound(self) -> float:
        return max(abs(self.low), abs(self.high))


def shifted(name: str, offset: int) -> str:
    return name if offset == 0 else f"{name} + {offset}" if offset > 0 else f"{name} - {-offset}"


class Reader:
    """Finds and invents reads over given indices."""

    def __init__(self, writer: Writer, invent: float = 0.5) -> None:
        self.writer, self.rng = writer, writer.rng
        self.invent = invent  # how likely a read is one of a new leaf

    # --- subscripts --------------------------------------------------------------------------------
    def place(self, axis: Size, origin: int, indices: Indices, guarded: bool = True) -> Place | None:
        """A subscript that fits an axis of positions origin .. origin + size - 1."""
        if origin:
            return self._above(axis, origin, indices)
        options: list[tuple[float, Place]] = []
        for index in indices:
            options += self._by_index(axis, index, guarded)
        options += self._by_parts(axis, indices)
        if not options or self.writer.chance(0.06):
            options += self._constants(axis)
        if self.writer.chance(0.08) and axis.form in (Form.DIM, Form.INTEGER):
            gathered = self.gather(axis, indices)
            if gathered:
                return gathered
        return self._pick(options)

    def _pick(self, options: list[tuple[float, Place]]) -> Place | None:
        if not options:
            return None
        return self.rng.choices([place for _, place in options], [weight for weight, _ in options])[0]

    def _above(self, axis: Size, origin: int, indices: Indices) -> Place | None:
        """A tensor that starts above 0 is read by indices that do, or at its first or last position."""
        fitting = [i for i in indices if i.base.text == axis.text and i.low == origin and i.up == origin]
        if fitting:
            return Place(self.rng.choice(fitting).name)
        last = axis.text if origin == 1 else f"{axis.text} + {origin - 1}"
        return Place(self.rng.choice((str(origin), last)))

    def _by_index(self, axis: Size, index: Index, guarded: bool) -> list[tuple[float, Place]]:
        """i + c and (c - i) that fit, and with low weight ones that need a guard."""
        same, extra = self._extra(axis, index)
        out: list[tuple[float, Place]] = []
        if same:
            least, most = -index.low, extra - index.up
            for offset in range(least, most + 1):
                plain = offset == 0 or (axis.form is Form.PLUS and offset >= 0)
                out.append((8.0 if plain else 2.0, Place(shifted(index.name, offset))))
                back = axis.last(offset) if offset >= 0 else f"{axis.text} + {-offset - 1}"
                out.append((0.7, Place(f"{back} - {index.name}")))
            if not index.full and index.up <= extra:
                out.append((1.5, Place(index.high)))  # which is there where the index has a position at all
            if guarded and self.writer.chance(0.15):
                for offset in (least - 1, most + 1, most + 2):
                    if not self._meets(axis, index, offset):
                        continue
                    text = shifted(index.name, offset)
                    guard = f"{text} >= 0" if offset < least else f"{text} < {axis.text}"
                    if offset < least and self.writer.chance(0.5):
                        guard = f"{index.name} >= {-offset}"
                    out.append((4.0, Place(text, (guard,))))
                if self.writer.chance(0.2):
                    text = f"{axis.last()} + 1 - {index.name}"
                    out.append((2.0, Place(text, (f"{index.name} >= 1",))))
        elif guarded and self.writer.chance(0.04):
            out.append((1.0, Place(index.name, (f"{index.name} < {axis.text}",))))
        elif index.base.form is Form.INTEGER and axis.least > 1:
            for step in (2, 3):
                if step * index.high_value < axis.least:
                    out.append((1.5, Place(f"{step}*{index.name}")))
        return out

    @staticmethod
    def _meets(axis: Size, index: Index, offset: int) -> bool:
        """Whether index + offset may lie in the axis at all, where both have fixed sizes."""
        fixed = axis.form is Form.INTEGER and index.base.form is Form.INTEGER
        return not fixed or (index.low + offset < axis.value and index.high_value + offset >= 0)

    def _extra(self, axis: Size, index: Index) -> tuple[bool, int]:
        """Whether the axis has the index's base plus a number of positions, and that number."""
        if axis.text == index.base.text:
            return True, 0
        if axis.form is Form.PLUS and axis.parts[0].text == index.base.text:
            return True, axis.parts[1].value
        if index.base.form is Form.INTEGER and index.high_value < axis.least:
            return True, axis.least - index.base.value  # what is sure of it, that is
        if axis.form is Form.TOTAL and axis.parts[0].text == index.base.text:
            return True, 0
        return False, 0

    def _by_parts(self, axis: Size, indices: Indices) -> list[tuple[float, Place]]:
        """Subscripts made of several indices, where the size is made of several sizes."""
        full = [index for index in indices if index.full]

        def fits(size: Size) -> list[str]:
            return [index.name for index in full if index.base.text == size.text]

        out: list[tuple[float, Place]] = []
        match axis.form:
            case Form.TIMES:
                c, base = axis.parts
                for name in fits(base):
                    out += [(1.5, Place(f"{c.text}*{name} + {r}" if r else f"{c.text}*{name}")) for r in range(c.value)]
                    out += [(3.0, Place(f"{c.text}*{name} + {inner}")) for inner in fits(c)]
                    out += [(1.0, Place(f"{name} + {base.factor}*{inner}")) for inner in fits(c)]
            case Form.PRODUCT:
                a, b = axis.parts
                pairs = [(i, j) for i in fits(a) for j in fits(b)]
                out += [(6.0, Place(f"{i}*{b.factor} + {j}")) for i, j in pairs]
                out += [(1.5, Place(f"{j}*{a.factor} + {i}")) for i, j in pairs]
                out += [(0.5, Place(f"{i}*{b.factor}")) for i in fits(a)]
            case Form.TOTAL:
                a, b = axis.parts
                out += [(4.0, Place(f"{a.text} + {j}")) for j in fits(b)]
            case Form.WINDOW:
                h, p, stride, dilation = axis.parts
                for i in fits(h):
                    front = i if stride.value == 1 else f"{stride.text}*{i}"
                    out += [
                        (8.0, Place(f"{front} + {j}" if dilation.value == 1 else f"{front} + {dilation.text}*{j}"))
                        for j in fits(p)
                    ]
                    out.append((0.5, Place(front)))
            case Form.DIM:
                for index in full:
                    if index.base.form is Form.POOLED and index.base.parts[0].text == axis.text:
                        _, k, step = index.base.parts
                        front = index.name if step.value == 1 else f"{step.text}*{index.name}"
                        out += [(8.0, Place(f"{front} + {j}")) for j in fits(k)]
                        out.append((0.5, Place(front)))
        return out

    def _constants(self, axis: Size) -> list[tuple[float, Place]]:
        out = [(2.0, Place("0")), (2.0, Place(axis.last()))]
        out += [(1.0, Place(str(position))) for position in range(1, min(axis.least, 4))]
        if axis.form is Form.DIM:
            out.append((0.5, Place(f"{axis.text}//2")))
            out.append((0.3, Place(f"floor(({axis.text} - 1)/2)")))
        if axis.form is Form.PLUS:
            out.append((1.0, Place(axis.parts[0].text)))
        return out

    def gather(self, axis: Size, indices: Indices) -> Place | None:
        """An integer input's element as subscript."""
        known = [
            info
            for info in self.writer.tensors.values()
            if info.kind is Kind.LABEL and info.bound and info.bound.text == axis.text
        ]
        if known and self.writer.chance(0.7):
            info = self.rng.choice(known)
        else:
            chosen = [index for index in indices if index.base.form in (Form.DIM, Form.INTEGER)]
            chosen = self.rng.sample(chosen, min(len(chosen), self.rng.choice((0, 1, 1, 2))))
            shape = tuple(plus(index.base, max(0, index.up)) for index in chosen)
            info = self.writer.leaf(Kind.LABEL, shape, axis)
        subscripts = []
        for size in info.shape:
            options = [place for index in indices for _, place in self._by_index(size, index, guarded=False)]
            options = options or [place for _, place in self._constants(size)]
            subscripts.append(self.rng.choice(options).text)
        return Place(element(info, subscripts))

    # --- reads -------------------------------------------------------------------------------------
    def read(self, info: TensorInfo, indices: Indices, guarded: bool = True) -> Value | None:
        """An element of the tensor over the indices, zero-padded where a subscript leaves its axis."""
        places = []
        for size, origin in zip(info.shape, info.origin, strict=True):
            place = self.place(size, origin, indices, guarded)
            if place is None:
                return None
            places.append(place)
        text = element(info, [place.text for place in places])
        guards = tuple(guard for place in places for guard in place.guards)
        if not guards:
            return Value(text, info.low, info.high)
        other = self.rng.choice(("0", "0", "0", "1", "Rational(-1, 2)"))
        return Value(self.guard(text, guards, other), min(info.low, -0.5), max(info.high, 1.0))

    def guard(self, text: str, guards: tuple[str, ...], other: str = "0") -> str:
        """The text where the guards hold: one condition, or one Piecewise inside the other."""
        if len(guards) > 1 and self.writer.chance(0.5):
            joined = ", ".join(guards)
            return f"Piecewise(({text}, And({joined})), ({other}, True))"
        for condition in guards:
            text = f"Piecewise(({text}, {condition}), ({other}, True))"
        return text

    def leaf(self, indices: Indices, guarded: bool = True) -> Value:
        """A read of a tensor that is there, or of one invented for the purpose."""
        if not self.writer.chance(self.invent):
            known = [info for info in self.writer.readable() if len(info.shape) <= max(1, len(indices)) + 1]
            self.rng.shuffle(known)
            read = self.writer.read_names()
            known.sort(key=lambda info: info.name in read)
            for info in known[: 2 if self.writer.chance(0.6) else 4]:
                if self._fits(info, indices):
                    value = self.read(info, indices, guarded)
                    if value is not None:
                        return value
        return self.fresh(indices, guarded)

    def fresh(self, indices: Indices, guarded: bool = True) -> Value:
        """A read of a new leaf."""
        value = self.read(self.invented(indices), indices, guarded)
        if value is None:
            raise AssertionError("an invented tensor fits the indices it was invented for")
        return value

    def _fits(self, info: TensorInfo, indices: Indices) -> bool:
        """Whether most axes have an index of their own, so that the read is no constant one."""
        texts = {index.base.text for index in indices}
        parts = {part.text for size in info.shape for part in size.parts if part.form is Form.DIM}
        return not info.shape or any(size.text in texts for size in info.shape) or bool(parts & texts)

    def invented(self, indices: Indices, kind: Kind | None = None) -> TensorInfo:
        """A leaf whose axes fit some of the indices."""
        chosen = [index for index in indices if self.writer.chance(0.75)]
        self.rng.shuffle(chosen)
        if chosen and self.writer.chance(0.06):
            chosen.append(self.rng.choice(chosen))  # a diagonal read
        shape: list[Size] = []
        elements = 1
        while chosen and len(shape) < 4:
            index = chosen.pop()
            size = self._axis_for(index, chosen)
            if elements * size.value > 64:
                continue
            elements *= size.value
            shape.append(size)
        choice = kind or {
            "parameter": Kind.PARAMETER, "input": Kind.INPUT, "random": Kind.RANDOM, "buffer": Kind.BUFFER,
        }[self.writer.weighted({"parameter": 60, "input": 30, "random": 5, "buffer": 5})]  # fmt: skip
        return self.writer.leaf(choice, tuple(shape))

    def _axis_for(self, index: Index, others: list[Index]) -> Size:
        """A size of which the index, maybe with a second one out of `others`, makes a subscript."""
        base = plus(index.base, max(0, index.up))
        kind = self.writer.weighted({"plain": 16, "plus": 1.5, "times": 1, "product": 1.5, "window": 2, "total": 0.5})
        partner = next((other for other in others if other.full), None)
        if kind == "plus":
            return plus(base, self.rng.choice((1, 2)))
        if kind == "times" and index.full:
            return times(self.rng.choice((2, 3)), index.base)
        if kind == "product" and index.full and partner:
            others.remove(partner)
            return product(index.base, partner.base)
        if kind == "window" and index.full and partner:
            others.remove(partner)
            stride, dilation = self.rng.choice(((1, 1), (2, 1), (1, 2), (3, 1), (2, 2), (2, 3)))
            return window(index.base, partner.base, stride, dilation)
        if kind == "total" and index.full and index.base.form is Form.DIM and self.writer.dims:
            return total(index.base, self.rng.choice(self.writer.dims))
        return base


def element(info: TensorInfo, subscripts: list[str]) -> str:
    if not subscripts:
        return info.name
    return f"{info.name}[{', '.join(subscripts)}]"
