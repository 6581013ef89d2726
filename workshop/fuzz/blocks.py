"""Blocks: a definition or a few that belong together, over indices of sizes in use."""

from __future__ import annotations

from workshop.fuzz.expressions import Expressions
from workshop.fuzz.reads import Indices, Reader, Value, shifted
from workshop.fuzz.sizes import Form, Index, Size, integer, plus, pooled, product, times, total
from workshop.fuzz.writer import Kind, TensorInfo, Writer

MOST_ELEMENTS = 40


class Blocks:
    """Adds definitions to the network being made up."""

    def __init__(self, writer: Writer, reader: Reader, expressions: Expressions) -> None:
        self.writer, self.reader, self.expressions, self.rng = writer, reader, expressions, writer.rng

    # --- parts -------------------------------------------------------------------------------------
    def some_size(self) -> Size:
        if len(self.writer.dims) < 2 or (len(self.writer.dims) < 5 and self.writer.chance(0.25)):
            return self.writer.new_dim()
        if self.writer.chance(0.15):
            return integer(self.rng.choice((1, 2, 2, 3, 3, 4)))
        if self.writer.chance(0.08):
            return plus(self.rng.choice(self.writer.dims), self.rng.choice((1, 2)))
        return self.rng.choice(self.writer.dims)

    def some_indices(self, rank: int | None = None) -> Indices:
        """Full indices, different ones, over not too many positions."""
        wanted = rank if rank is not None else self.rng.choices((0, 1, 2, 3, 4), (6, 30, 40, 16, 6))[0]
        out: list[Index] = []
        elements = 1
        for _ in range(wanted):
            size = self.some_size()
            if elements * size.value <= MOST_ELEMENTS:
                elements *= size.value
                out.append(self.writer.index(size, avoid=tuple(out)))
        return tuple(out)

    def plain(self, indices: Indices, value: Value) -> TensorInfo:
        """T[i, j] = value."""
        info = self.writer.intermediate(tuple(index.base for index in indices), value.low, value.high)
        self.writer.define(info, [index.name for index in indices], value.text)
        return info

    # --- blocks ------------------------------------------------------------------------------------
    def pointwise(self) -> None:
        indices = self.some_indices()
        self.plain(indices, self.expressions.expression(indices, self.rng.randint(1, 3)))

    def contraction(self) -> None:
        """A sum over a product of two to four factors with shared, batch and outer axes, and a bias."""
        indices = self.some_indices(self.rng.choice((1, 2, 2, 2, 3)))
        bound: list[Index] = []
        for _ in range(self.rng.choice((1, 1, 1, 2))):
            bound.append(self.writer.index(self.some_size(), avoid=(*indices, *bound)))
        inner = (*indices, *bound)
        count = self.rng.choice((2, 2, 2, 3, 4))
        factors = [self.reader.leaf(inner) for _ in range(count)]
        if self.writer.chance(0.15):
            factors[0] = self.expressions.expression(inner, 1)
        text = "*".join(f"({factor.text})" for factor in factors)
        most = 1.0
        for factor in factors:
            most *= factor.bound
        value = self.expressions.reduction(
            tuple(bound), Value(text, -most, most), self.rng.choice(("Sum",) * 5 + ("Mean",))
        )
        if self.writer.chance(0.5):
            bias = self.reader.leaf(indices)
            value = Value(f"{value.text} + {bias.text}", value.low + bias.low, value.high + bias.high)
        if self.writer.chance(0.5) or value.bound > 20:
            value = self.expressions.squashed(value)
        self.plain(indices, value)

    def softmax(self) -> None:
        """Scores, masked with -oo perhaps, their weights in one of the forms, and what the weights mix."""
        indices = self.some_indices(self.rng.choice((1, 2, 2)))
        if not indices:
            return self.pointwise()
        over = indices[-1]
        if self.writer.chance(0.3):
            over = self.writer.index(self.rng.choice([i.base for i in indices]), avoid=indices)
            indices = (*indices, over)
        body = self.expressions.expression(indices, self.rng.randint(0, 2))
        if body.bound > 4:
            body = self.expressions.squashed(body)
        text = body.text
        masked = self.writer.chance(0.6)
        if masked:
            others = [i for i in indices if i is not over]
            conditions = [f"{over.name} >= 1", f"{over.name} < 1"]
            if others:
                conditions += [f"{over.name} {sign} {others[0].name}" for sign in ("<=", "<", ">", ">=")] * 2
            condition = self.rng.choice(conditions) if self.writer.chance(0.8) else self.expressions.condition(indices)
            text = f"Piecewise(({text}, {condition}), (-oo, True))"
        if self.writer.chance(0.7):
            scores = self.plain(indices, Value(text, -60 if masked else body.low, body.high))
            text = f"{scores.name}[{', '.join(i.name for i in indices)}]"
            if masked:
                self.writer.hidden.add(scores.name)  # -oo inside: nothing else may read it
        elif masked and self.writer.chance(0.2):
            return None
        forms = [f"exp({text} - LogSumExp({text}, {over.name}))", f"exp({text})/Sum(exp({text}), {over.name})"]
        if not masked:
            forms.append(f"exp({text} - ReduceMax({text}, {over.name}))")
            forms.append(f"1 + {text} - LogSumExp({text}, {over.name})")
        form = self.rng.choice(forms)
        rest = tuple(i for i in indices if i is not over)
        if self.writer.chance(0.2):
            value = self.rng.choice((f"exp(LogSumExp({text}, {over.name}))", f"exp(ReduceMax({text}, {over.name}))"))
            self.plain(rest, Value(f"{value}/5", 0, 8))
        elif self.writer.chance(0.5):
            mixed = self.reader.leaf(indices)
            self.plain(rest, Value(f"Sum(({form})*({mixed.text}), {over.name})", -2, 2))
        else:
            self.plain(indices, Value(form, -4, 1))
        return None

    def window(self) -> None:
        """A convolution or a pooling with padding, stride and dilation, or of the windows that lie inside."""
        indices = self.some_indices(self.rng.choice((0, 1, 1)))
        s = self.rng.choice(self.writer.dims) if self.writer.dims else self.writer.new_dim()
        guards: tuple[str, ...] = ()
        around: tuple[str, ...] = ()
        step, dilation = self.rng.choice((1, 1, 2)), self.rng.choice((1, 1, 2))
        if self.writer.chance(0.4) and s.value > 1:  # without padding
            k = self.rng.choice([d for d in self.writer.dims if d.value <= s.value] + [integer(1)])
            if k is s or k.text == s.text:
                k = integer(1)
            if k.form is Form.DIM:
                self.writer.assume(f"Le({k.text}, {s.text})")
            out = self.writer.index(pooled(s, k, step), avoid=indices)
            p = self.writer.index(k, avoid=(*indices, out))
            front = out.name if step == 1 else f"{step}*{out.name}"
            place = f"{front} + {p.name}"
        else:
            out = self.writer.index(s, avoid=indices)
            k = self.rng.choice((integer(2), integer(3), *self.writer.dims))
            p = self.writer.index(k, avoid=(*indices, out))
            padding = self.rng.choice((1, 1, 2))
            front = out.name if step == 1 else f"{step}*{out.name}"
            behind = p.name if dilation == 1 else f"{dilation}*{p.name}"
            place = f"{front} + {behind} - {padding}"
            guards = (f"{front} + {behind} >= {padding}", f"{place} < {s.text}")
            if self.writer.chance(0.3):
                end = f"{front} + {dilation}*({k.text} - 1) - {padding}"
                guards, around = (), (f"{front} >= {padding}", f"{end} < {s.text}")
        axes = [(i.base, i.name) for i in indices] + [(s, place)]
        self.rng.shuffle(axes)
        data = self._known_or_new(tuple(size for size, _ in axes))
        text = f"{data.name}[{', '.join(subscript for _, subscript in axes)}]"
        kind = self.writer.weighted({"Sum": 5, "ReduceMax": 1.5, "Mean": 1, "LogSumExp": 1})
        if kind == "Sum" or self.writer.chance(0.4):
            text = f"{self.reader.fresh((*indices, p)).text}*{text}"
        if guards:
            text = self.reader.guard(text, guards, "-oo" if kind == "LogSumExp" and self.writer.chance(0.5) else "0")
        value = self.expressions.reduction((p,), Value(text, -4, 4), kind)
        if "-oo" in text:
            value = Value(f"exp({value.text})/30", 0, 4)
        if around:
            value = self.expressions.squashed(value) if self.writer.chance(0.7) else value
            text = f"{self.reader.leaf((*indices, out)).text}*({value.text})" if self.writer.chance(0.4) else value.text
            most = value.bound + 1
            value = Value(self.reader.guard(text, around, self.rng.choice(("0", "1"))), -most, most)
        self.plain((*indices, out), self.expressions.kept(value))

    def _known_or_new(self, shape: tuple[Size, ...]) -> TensorInfo:
        texts = [size.text for size in shape]
        for info in reversed(self.writer.readable()):
            if [size.text for size in info.shape] == texts and not any(info.origin):
                return info
        return self.writer.leaf(self.rng.choice((Kind.INPUT, Kind.PARAMETER)), shape)

    def entropy(self) -> None:
        """Softmax and cross-entropy, with labels that are rows of probabilities or integers."""
        indices = self.some_indices(2)
        if len(indices) < 2:
            return self.pointwise()
        n, k = indices
        scores = self.plain((n, k), self.expressions.kept(self.expressions.expression((n, k), self.rng.randint(0, 2))))
        z = f"{scores.name}[{n.name}, {k.name}]"
        if self.writer.chance(0.5):
            labels = self.writer.leaf(Kind.INPUT, (n.base, k.base))
            y = f"{labels.name}[{n.name}, {k.name}]"
            if self.writer.chance(0.7):
                self.writer.assume(f"Eq(Sum({y}, {k.name}), 1)")
            weighted = f"Sum({y}*{z}, {k.name})"
        else:
            labels = self.writer.leaf(Kind.LABEL, (n.base,), k.base)
            weighted = f"{scores.name}[{n.name}, {labels.name}[{n.name}]]"
        forms = (
            f"LogSumExp({z}, {k.name}) - {weighted}",
            f"log(Sum(exp({z}), {k.name})) - {weighted}",
        )
        self.plain((n,), Value(self.rng.choice(forms), -8, 10))
        return None

    def flat(self) -> None:
        """A left side that is an affine form: several axes in one, one axis reversed, or interleaved definitions."""
        indices = self.some_indices(self.rng.choice((1, 2, 2, 3)))
        if not indices:
            return self.pointwise()
        first, rest = indices[0], indices[1:]
        names = [index.name for index in rest]
        match self.writer.weighted({"flat": 3, "reversed": 1, "interleaved": 2, "concat": 2}):
            case "flat" if rest:
                second, others = rest[0], rest[1:]
                value = self.expressions.expression(indices, self.rng.randint(0, 2))
                size = product(first.base, second.base)
                info = self.writer.intermediate((size, *(i.base for i in others)), value.low, value.high)
                place = f"{first.name}*{second.base.factor} + {second.name}"
                self.writer.define(info, [place, *(i.name for i in others)], value.text)
            case "interleaved":
                c = self.rng.choice((2, 2, 3))
                info = self.writer.intermediate((times(c, first.base), *(i.base for i in rest)), -6, 6)
                for r in range(c):
                    value = self.expressions.expression(indices, self.rng.randint(0, 2))
                    self.writer.define(info, [shifted(f"{c}*{first.name}", r), *names], value.text)
            case "concat":
                other = self.writer.index(self.some_size(), avoid=indices)
                info = self.writer.intermediate((total(first.base, other.base), *(i.base for i in rest)), -6, 6)
                value = self.expressions.expression(indices, self.rng.randint(0, 2))
                self.writer.define(info, [first.name, *names], value.text)
                value = self.expressions.expression((other, *rest), self.rng.randint(0, 2))
                self.writer.define(info, [f"{first.base.text} + {other.name}", *names], value.text)
            case _:
                value = self.expressions.expression(indices, self.rng.randint(0, 2))
                info = self.writer.intermediate(tuple(i.base for i in indices), value.low, value.high)
                self.writer.define(info, [f"{first.base.last()} - {first.name}", *names], value.text)
        return None

    def boxes(self) -> None:
        """A tensor in pieces: a first or last row of its own, two or three of them, or a corner, edges and inside."""
        indices = self.some_indices(self.rng.choice((1, 2, 2)))
        size = self.rng.choice(self.writer.dims) if self.writer.dims else self.writer.new_dim()
        names = [index.name for index in indices]

        def piece(info: TensorInfo, places: list[str], over: Indices) -> None:
            value = self.expressions.expression(over, self.rng.randint(0, 2))
            self.writer.define(info, places, value.text)

        rest = tuple(i.base for i in indices)
        match self.writer.weighted({"first": 2, "last": 2, "both": 1, "corner": 1, "above": 1.5}):
            case "first":
                t = self.writer.index(size, 1, 1, avoid=indices)
                info = self.writer.intermediate((plus(size, 1), *rest), -6, 6)
                piece(info, ["0", *names], indices)
                piece(info, [t.name, *names], (t, *indices))
            case "last":
                t = self.writer.index(size, avoid=indices)
                info = self.writer.intermediate((plus(size, 1), *rest), -6, 6)
                piece(info, [t.name, *names], (t, *indices))
                piece(info, [size.text, *names], indices)
            case "both":
                t = self.writer.index(size, 1, 1, avoid=indices)
                info = self.writer.intermediate((plus(size, 2), *rest), -6, 6)
                piece(info, [t.name, *names], (t, *indices))
                piece(info, [f"{size.text} + 1", *names], indices)
                piece(info, ["0", *names], indices)
            case "corner":
                other = self.some_size()
                s, t = self.writer.index(size, 1, 1), self.writer.index(other, 1, 1, new=True)
                info = self.writer.intermediate((plus(size, 1), plus(other, 1)), -6, 6)
                piece(info, ["0", "0"], ())
                piece(info, [s.name, "0"], (s,))
                piece(info, ["0", t.name], (t,))
                piece(info, [s.name, t.name], (s, t))
            case _:
                t = self.writer.index(size, 1, 1, avoid=indices)
                info = self.writer.intermediate((size, *rest), -6, 6, (1, *(0 for _ in rest)))
                piece(info, [t.name, *names], (t, *indices))
