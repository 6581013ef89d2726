"""Readers: one tensor that may be infinite or undefined, read in several places, each behind guards of its own.

What is drawn here is what a δ needs guards for: an element that some readers cut off and others do not, at shifted,
strided and mixed-radix subscripts, through gathers, in recurrences, in branches inside branches, beside other factors.
"""

from __future__ import annotations

from workshop.fuzz.reads import Indices, Place, Value, element, shifted
from workshop.fuzz.recurrences import Recurrences
from workshop.fuzz.sizes import Index, Size, plus
from workshop.fuzz.writer import TensorInfo

WILD = (
    "log({}**2)", "sqrt({}**2)", "exp({})", "sinh({})", "({}**2)**Rational(3, 4)", "tanh(1/{})", "log(Abs({}))",
    "asin({}/2)", "exp({})*log({}**2)",
)  # fmt: skip
KINKS = (
    "relu({})", "hardtanh({})", "Max({}, Rational(-1, 3))", "Min({}, 1)", "hardsigmoid({})", "leaky_relu({})",
    "Abs({})", "Max(Min({}, 2), -2)",
)  # fmt: skip


class Readers(Recurrences):
    """The block of a tensor and its readers."""

    def readers(self) -> None:
        tensor = self._wild()
        for _ in range(self.rng.choice((1, 2, 2, 3))):
            if self.writer.chance(0.2):
                self._in_steps(tensor)
            else:
                self._reader(tensor)

    def _wild(self) -> TensorInfo:
        indices = self.some_indices(self.rng.choice((1, 1, 2)))
        inner = self.reader.fresh(indices, guarded=False)  # no plain zero
        text = self.rng.choice(WILD).replace("{}", f"({inner.text})")
        if self.writer.chance(0.15):
            text = self._behind(text, indices, "1")
        return self.plain(indices, Value(text, -4, 4))

    # --- one reader --------------------------------------------------------------------------------
    def _reader(self, tensor: TensorInfo) -> None:
        """Maybe a reduction, maybe kinks, around what is read."""
        indices = self.some_indices(self.rng.choice((0, 1, 1, 2)))
        bound = [self.writer.index(self.some_size(), avoid=indices)] if self.writer.chance(0.6) else []
        inner = (*indices, *bound)
        value = Value(self._kinked(self._term(tensor, inner), inner), -4, 4)
        if bound:
            value = self.expressions.reduction(tuple(bound), value, self.writer.weighted(
                {"Sum": 5, "ReduceMax": 1, "ReduceMin": 0.5, "Mean": 1} if bound[0].surely_some else {"Sum": 1}
            ))  # fmt: skip
        text = self._kinked(value.text, indices) if self.writer.chance(0.5) else value.text
        self.plain(indices, self.expressions.kept(Value(text, -8, 8)))

    def _in_steps(self, tensor: TensorInfo) -> None:
        """h[t] from h[t - 1] and an element that the step may not read."""
        size, indices = self._steps(), self._state()
        t = self.writer.index(size, 1, 1, avoid=indices)
        info = self.writer.intermediate((plus(size, 1), *(i.base for i in indices)), -4, 4)
        self._begin(info, "0", indices, 0)
        before = self._previous(info, t, f"{t.name} - 1", indices, 0)
        read = self._term(tensor, (t, *indices))
        text = self.rng.choice((f"({before})*({read})", f"({before})/2 + {read}", self._behind(read, indices, before)))
        value = self._kinked(self.expressions.squashed(Value(text, -6, 6)).text, (t, *indices))
        self.writer.define(info, [t.name, *(i.name for i in indices)], value)

    def _term(self, tensor: TensorInfo, indices: Indices) -> str:
        """An element of the tensor behind guards, alone or beside others."""
        text = self._element(tensor, indices)
        match self.writer.weighted({"alone": 4, "kink": 2, "factor": 3, "twice": 2, "branch": 3}):
            case "kink":
                return self.rng.choice(KINKS).format(text)
            case "factor":
                return f"{self.reader.leaf(indices).text}*{text}"
            case "twice":
                sign = self.rng.choice(("*", "+", "-"))
                return f"({text} {sign} {self._element(tensor, indices)})"
            case "branch":
                other = self.rng.choice(("0", "1", "2", self.reader.leaf(indices).text))
                return f"{self.reader.leaf(indices).text}*{self._behind(text, indices, other)}"
            case _:
                return text

    def _kinked(self, text: str, indices: Indices) -> str:
        """Behind none, one or two of: a kink, a condition on data, a maximum with something else."""
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            match self.rng.randrange(3):
                case 0:
                    text = self.rng.choice(KINKS).format(text)
                case 1:
                    text = self._behind(text, indices, self.rng.choice(("0", "1", self.reader.leaf(indices).text)))
                case _:
                    text = f"{self.rng.choice(('Max', 'Min'))}({text}, {self.reader.leaf(indices).text})"
        return text

    def _behind(self, text: str, indices: Indices, other: str) -> str:
        condition = self.expressions.condition(indices)
        if self.writer.chance(0.3):
            return f"Piecewise(({other}, {condition}), ({text}, True))"
        return f"Piecewise(({text}, {condition}), ({other}, True))"

    # --- one element -------------------------------------------------------------------------------
    def _element(self, tensor: TensorInfo, indices: Indices) -> str:
        places = [self._place(size, indices) for size in tensor.shape]
        text = element(tensor, [place.text for place in places])
        guards = tuple(dict.fromkeys(guard for place in places for guard in place.guards))
        return self.reader.guard(text, guards, self.rng.choice(("0", "0", "1", "Rational(-1, 2)"))) if guards else text

    def _place(self, axis: Size, indices: Indices) -> Place:
        """A subscript of any kind, with the guards that hold it inside."""
        kind = self.writer.weighted({"shift": 4, "stride": 2, "window": 2, "radix": 1.5, "back": 1, "gather": 1.5,
                                     "end": 0.7})  # fmt: skip
        if kind == "gather":
            gathered = self.reader.gather(axis, indices)
            if gathered is not None:
                return gathered
        if kind == "end" or not indices:
            return Place(self.rng.choice(("0", axis.last())))
        first = self.rng.choice(indices)
        second: Index = self.rng.choice(indices)
        match kind:
            case "stride":
                text = shifted(f"{self.rng.choice((2, 2, 3))}*{first.name}", self.rng.choice((-1, 0, 0, 1)))
            case "window":
                step = self.rng.choice((1, 1, 2))
                text = shifted(f"{step}*{first.name} + {second.name}", self.rng.choice((-2, -1, 0)))
            case "radix":
                text = f"{first.name}*{second.base.factor} + {second.name}"
            case "back":
                text = f"{axis.last()} - {shifted(first.name, self.rng.choice((-1, 0, 1)))}"
            case _:
                if first.base.text == axis.text and first.full and self.writer.chance(0.3):
                    return Place(first.name)
                text = shifted(first.name, self.rng.choice((-2, -1, -1, 0, 1, 1, 2)))
        return Place(text, (f"{text} >= 0", f"{text} < {axis.text}"))


__all__ = ["Readers"]
