"""Expressions over given indices: the functions, reductions and conditions of the language, within their domains."""

from __future__ import annotations

import math
from collections.abc import Callable

from workshop.fuzz.functions import CONSTANTS, GROWING, INSIDE, POSITIVE, SQUASHING
from workshop.fuzz.reads import Indices, Reader, Value
from workshop.fuzz.sizes import Form, Index, Size
from workshop.fuzz.writer import Kind, Writer

MOST = 6.0  # values beyond this are squashed


def call(name: str, *args: Value | str) -> str:
    return f"{name}({', '.join(arg.text if isinstance(arg, Value) else arg for arg in args)})"


CHOICES: dict[str, float] = {
    "leaf": 3.0, "sum": 3.0, "product": 3.0, "squash": 2.5, "grow": 2.5, "inside": 1.0, "positive": 1.0,
    "power": 0.8, "extremum": 0.9, "piecewise": 1.0, "reduce": 3.0, "number": 0.7, "quotient": 0.6, "variable": 0.2,
}  # fmt: skip


class Expressions:
    """Makes expressions; every read goes through `reader`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self.writer, self.reader, self.rng = writer, reader, writer.rng

    # --- intervals ---------------------------------------------------------------------------------
    def squashed(self, value: Value) -> Value:
        """A function of the value that lies within -1.6 .. 2."""
        template = self.rng.choice(tuple(SQUASHING))
        if value.bound > 3 and "{0}" in template:
            template = "tanh({})"
        return Value(template.format(value.text), *SQUASHING[template])

    def kept(self, value: Value) -> Value:
        """The value, squashed or scaled where it is large."""
        if value.bound <= MOST:
            return value
        if self.writer.chance(0.3):
            scale = math.ceil(value.bound / 2)
            return Value(f"({value.text})/{scale}", value.low / scale, value.high / scale)
        return self.squashed(value)

    def inside(self, value: Value) -> Value:
        """A value within -0.9 .. 0.9."""
        if value.bound <= 0.9:
            return value
        if self.writer.chance(0.5):
            return Value(f"{self.rng.choice(('0.5', 'Rational(4, 5)'))}*tanh({value.text})", -0.8, 0.8)
        return Value(f"sin({value.text})/2", -0.5, 0.5)

    def positive(self, value: Value) -> Value:
        """A value above 0.2."""
        if value.low > 0.2 and value.bound < MOST:
            return value
        if value.bound > 2.5:
            value = self.squashed(value)
        match self.rng.randrange(5):
            case 0:
                return Value(f"1 + ({value.text})**2", 1, 1 + value.bound**2)
            case 1:
                return Value(f"softplus({value.text}) + Rational(1, 2)", 0.5, 0.5 + max(1.0, value.high + 1))
            case 2 if value.bound < 1.6:
                return Value(f"exp({value.text})", math.exp(-1.6), math.exp(value.high))
            case 3:
                return Value(f"Abs({value.text}) + 0.3", 0.3, 0.3 + value.bound)
            case _:
                return Value(f"sigmoid({value.text}) + Rational(1, 4)", 0.25, 1.25)

    # --- expressions -------------------------------------------------------------------------------
    def expression(self, indices: Indices, depth: int) -> Value:
        """An expression over the indices, at most `depth` operations deep."""
        if depth <= 0:
            return self.reader.leaf(indices)
        choice = self.writer.weighted(CHOICES)
        make: Callable[[Indices, int], Value] = getattr(self, f"_{choice}")
        return self.kept(make(indices, depth - 1))

    def _leaf(self, indices: Indices, depth: int) -> Value:
        return self.reader.leaf(indices)

    def _two(self, indices: Indices, depth: int) -> tuple[Value, Value]:
        first = self.expression(indices, depth)
        second = self.expression(indices, self.rng.randint(0, depth))
        if first.text == second.text:  # SymPy would fold it
            second = self.reader.fresh(indices)
        return first, second

    def _sum(self, indices: Indices, depth: int) -> Value:
        a, b = self._two(indices, depth)
        if self.writer.chance(0.3):
            return Value(f"{a.text} - ({b.text})", a.low - b.high, a.high - b.low)
        if self.writer.chance(0.15):
            text, constant = self._constant()
            return Value(f"{a.text} + ({text})*({b.text})", *_hull(a, b, constant))
        return Value(f"{a.text} + {b.text}", a.low + b.low, a.high + b.high)

    def _constant(self) -> tuple[str, float]:
        text = self.rng.choice(tuple(CONSTANTS))
        return text, CONSTANTS[text]

    def _product(self, indices: Indices, depth: int) -> Value:
        a, b = self._two(indices, depth)
        bound = a.bound * b.bound
        return Value(f"({a.text})*({b.text})", 0.0 if min(a.low, b.low) >= 0 else -bound, bound)

    def _quotient(self, indices: Indices, depth: int) -> Value:
        a, b = self._two(indices, depth)
        b = self.positive(b)
        bound = a.bound / b.low
        return Value(f"({a.text})/({b.text})", 0.0 if a.low >= 0 else -bound, bound)

    def _squash(self, indices: Indices, depth: int) -> Value:
        return self.squashed(self.expression(indices, depth))

    def _grow(self, indices: Indices, depth: int) -> Value:
        value = self.expression(indices, depth)
        template = self.rng.choice(tuple(GROWING))
        low, high = GROWING[template]
        bound = max(1.0, value.bound)
        return Value(template.format(value.text), low * bound, high * bound)

    def _inside(self, indices: Indices, depth: int) -> Value:
        value = self.inside(self.expression(indices, depth))
        template = self.rng.choice(tuple(INSIDE))
        return Value(template.format(value.text), *INSIDE[template])

    def _positive(self, indices: Indices, depth: int) -> Value:
        value = self.positive(self.expression(indices, depth))
        template = self.rng.choice(tuple(POSITIVE))
        return Value(template.format(value.text, value.text), *POSITIVE[template](value.low, value.high))

    def _power(self, indices: Indices, depth: int) -> Value:
        value = self.expression(indices, depth)
        exponent = self.rng.choice((2, 2, 3, 4))
        if value.bound**exponent > 30:
            value = self.squashed(value)
        bound = value.bound**exponent
        return Value(f"({value.text})**{exponent}", -bound if exponent % 2 else 0.0, bound)

    def _variable(self, indices: Indices, depth: int) -> Value:
        """An exponent that is an expression, and the angle of a point."""
        a, b = self._two(indices, depth)
        a = self.positive(a)
        if self.writer.chance(0.3):
            return Value(f"atan2({a.text}, {b.text})", -3.2, 3.2)
        b = self.inside(b)
        bound = max(a.high, 1 / a.low)
        return Value(f"({a.text})**({b.text})", 1 / bound, bound)

    def _extremum(self, indices: Indices, depth: int) -> Value:
        a, b = self._two(indices, depth)
        name = self.rng.choice(("Max", "Min"))
        args = [a, b]
        if self.writer.chance(0.25):
            args.append(self.reader.leaf(indices))
        elif self.writer.chance(0.3):
            args.append(Value("0", 0, 0))
        return Value(call(name, *args), min(v.low for v in args), max(v.high for v in args))

    def _number(self, indices: Indices, depth: int) -> Value:
        """An index, a size or an integer input as a number, in an expression with something else."""
        other = self.expression(indices, min(depth, 1))
        bound = max(1.0, other.bound)
        texts = [f"({other.text})/{size.factor}" for size in self.writer.dims]
        texts += [f"({other.text})/sqrt({size.text})" for size in self.writer.dims]
        for index in indices:
            texts += [
                f"cos({index.name}*({other.text}))",
                f"({other.text})*({index.name} + 1)/({index.high} + 1)" if index.surely_some else f"{other.text}",
                f"sin({index.name}) + ({other.text})",
                f"({other.text})*(-1)**{index.name}",
                f"({other.text})*Mod({index.name}, 3)",
                f"({other.text})*floor({index.name}/2)/({index.high} + 1)" if index.surely_some else f"{other.text}",
                f"({other.text})**2/({index.name} + 1)",
            ]
            for second in indices:
                if second is not index:
                    texts.append(f"({other.text})*exp(-({index.name} - {second.name})**2)")
                    texts.append(f"({other.text})*KroneckerDelta({index.name}, {second.name})")
        label = next((info for info in self.writer.tensors.values() if info.kind is Kind.LABEL), None)
        if label is not None:
            value = self.reader.read(label, indices, guarded=False)
            if value is not None:
                texts += [f"({other.text})*{value.text}/{max(1, math.ceil(value.high))}"] * 3
        return Value(self.rng.choice(texts or [other.text]), -(bound**2) - 1, bound**2 + 1)

    # --- conditions --------------------------------------------------------------------------------
    def condition(self, indices: Indices) -> str:
        """A condition on indices, values or integer inputs that SymPy does not fold."""
        kinds = {"values": 1.0, "training": 0.3}
        if len(indices) > 1:
            kinds["pair"] = 3.0
        if indices:
            kinds["index"] = 2.0
        if any(info.kind is Kind.LABEL for info in self.writer.tensors.values()):
            kinds["label"] = 2.0
        match self.writer.weighted(kinds):
            case "pair":
                i, j = self.rng.sample(indices, 2)
                plain = f"{i.name} {self.rng.choice(('<', '<=', '>', '>='))} {j.name}"
                sloped = f"{i.name} + {j.name} < {i.base.text}"
                special = self.rng.choice((f"Eq({i.name}, {j.name})", f"Ne({i.name}, {j.name})", sloped))
                return plain if self.writer.chance(0.7) else special
            case "index":
                i = self.rng.choice(indices)
                return self.rng.choice((
                    f"{i.name} >= {i.low + 1}", f"{i.name} < {i.low + 2}", f"Eq({i.name}, {i.low})",
                    f"Ne({i.name}, {i.low + 1})", f"2*{i.name} < {i.base.text}", f"Eq(Mod({i.name}, 2), 0)",
                ))  # fmt: skip
            case "training":
                return "net.training"
            case "label":
                info = self.rng.choice([info for info in self.writer.tensors.values() if info.kind is Kind.LABEL])
                value = self.reader.read(info, indices, guarded=False)
                if value is not None:
                    others = [i.name for i in indices if info.bound and i.base.text == info.bound.text] or ["0", "1"]
                    return f"{self.rng.choice(('Eq', 'Ne', 'Ge', 'Lt'))}({value.text}, {self.rng.choice(others)})"
        if self.writer.chance(0.15):  # out of a reduction SymPy moves nothing
            total = self._reduce(indices, 1)
            return f"{total.text} {self.rng.choice(('<', '>'))} {self.rng.choice(('0.3', '-0.7'))}"
        a = self.reader.leaf(indices, guarded=False)  # SymPy may move a guard out into the condition
        if self.writer.chance(0.5):
            return f"{a.text} {self.rng.choice(('<', '>', '<=', '>='))} {self.rng.choice(('0', '0.3', '-1'))}"
        b = self.reader.fresh(indices, guarded=False)
        return f"{a.text} {self.rng.choice(('<', '>'))} {b.text}"

    def conditions(self, indices: Indices) -> str:
        first = self.condition(indices)
        if self.writer.chance(0.2):
            return f"{self.rng.choice(('And', 'Or'))}({first}, {self.condition(indices)})"
        return f"Not({first})" if self.writer.chance(0.07) else first

    def _piecewise(self, indices: Indices, depth: int) -> Value:
        a, b = self._two(indices, depth)
        branches = [(a, self.conditions(indices))]
        if self.writer.chance(0.25):
            branches.append((self.reader.leaf(indices), self.conditions(indices)))
        if self.writer.chance(0.35):
            b = Value("0", 0, 0)
        text = "".join(f"({value.text}, {condition}), " for value, condition in branches)
        values = [value for value, _ in branches] + [b]
        return Value(f"Piecewise({text}({b.text}, True))", min(v.low for v in values), max(v.high for v in values))

    # --- reductions --------------------------------------------------------------------------------
    def bound_index(self, indices: Indices) -> Index:
        """An index to reduce over: of a size in use, seldom one that is already in use (it shadows), or part of one."""
        if indices and self.writer.chance(0.05):
            return self.rng.choice(indices)
        sizes: list[Size] = list(self.writer.dims)
        sizes += [s for info in self.writer.tensors.values() for s in info.shape if s.form is not Form.WINDOW]
        size = self.rng.choice(sizes)
        if self.writer.chance(0.1):
            low, up = self.rng.choice(((1, 0), (0, -1), (1, 1), (1, -1), (2, 0)))
            return self.writer.index(size, low, up, avoid=indices)
        return self.writer.index(size, avoid=indices, new=self.writer.chance(0.3))

    def _reduce(self, indices: Indices, depth: int) -> Value:
        bound = [self.bound_index(indices)]
        if self.writer.chance(0.2):
            second = self.bound_index((*indices, bound[0]))
            if second.name != bound[0].name:
                bound.append(second)
        names = {index.name for index in bound}
        inner = (*(index for index in indices if index.name not in names), *bound)
        return self.reduction(tuple(bound), self.expression(inner, depth))

    def reduction(self, bound: Indices, body: Value, name: str = "") -> Value:
        """A reduction of the body over the indices."""
        count = math.prod(index.count for index in bound)
        some = all(index.surely_some for index in bound)
        over = ", ".join(index.name for index in bound)
        name = name or self.writer.weighted(
            {"Sum": 8, "Product": 0.8, "Mean": 1.5, "ReduceMax": 1.2, "ReduceMin": 0.6, "LogSumExp": 1.2}
            if some
            else {"Sum": 4, "Product": 1, "exp(LogSumExp)": 1}
        )
        grown = max(1.0, math.log(max(1, count)) + 1)
        match name:
            case "Sum":
                low, high = min(0.0, count * body.low), max(0.0, count * body.high)
                if some and "Piecewise" not in body.text and self.writer.chance(0.06):
                    return Value(f"sympy.Sum({body.text}, {over})", low, high)
                return Value(f"Sum({body.text}, {over})", low, high)
            case "Product":
                if body.bound ** max(1, count) > 10 or count > 6:
                    body = self.positive(self.squashed(body))
                    body = Value(f"({body.text})/{math.ceil(body.high)}", body.low / math.ceil(body.high), 1)
                most = max(1.0, body.bound) ** max(1, count)
                if some and "Piecewise" not in body.text and self.writer.chance(0.1):
                    return Value(f"sympy.Product({body.text}, {over})", 0.0 if body.low >= 0 else -most, most)
                return Value(f"Product({body.text}, {over})", 0.0 if body.low >= 0 else -most, most)
            case "Mean" | "ReduceMax" | "ReduceMin":
                return Value(f"{name}({body.text}, {over})", body.low, body.high)
            case "LogSumExp":
                if self.writer.chance(0.3):
                    return Value(f"log(Sum(exp({body.text}), {over}))", body.low, body.high + grown)
                return Value(f"LogSumExp({body.text}, {over})", body.low, body.high + grown)
            case _:
                if body.bound > 1.5:
                    body = self.squashed(body)
                return Value(f"exp(LogSumExp({body.text}, {over}))/{max(1, count)}", 0, math.exp(body.high))


def _hull(a: Value, b: Value, constant: float) -> tuple[float, float]:
    ends = (constant * b.low, constant * b.high)
    return a.low + min(ends), a.high + max(ends)
