"""Values that stand in many places: each is made of those before it, several times, in branches and in sums.

As trees they double with each step. What is drawn here is where a part is named once for all of its readers, and under
which conditions: of sizes, of indices, of data, of a reduction's own index.
"""

from __future__ import annotations

from workshop.fuzz.lookups import Lookups
from workshop.fuzz.reads import Indices, Value

MOST = 4.0  # of a value
# Some might be infinite or undefined for all that is known of their arguments, none is; with a bound of their values.
FUNCTIONS = {
    "exp({}/4)": 3.0, "sinh({}/4)": 1.2, "1/({} + 9)": 0.2, "log({} + 9)": 2.6, "sqrt({} + 9)": 3.7, "asin({}/9)": 0.5,
    "sigmoid({})": 1.0, "tanh({})": 1.0, "relu({})/2": 2.0, "sin({})": 1.0, "{}**2/4": 4.0,
}  # fmt: skip


class Shared(Lookups):
    """The block of such a value."""

    def shared(self) -> None:
        indices = self.some_indices(self.rng.choice((1, 1, 2)))
        reads: dict[str, set[str]] = {}
        values = [self._bound_to_a_name(self.reader.leaf(indices), reads) for _ in range(2)]
        for _ in range(self.rng.randint(4, 7)):
            value = self._doubled(values[-1], self.rng.choice(values[-3:]), indices)
            values.append(self._bound_to_a_name(value, reads))
        info = self.plain(indices, self.expressions.kept(values[-1]))
        info.reads |= reads[values[-1].text]

    def _bound_to_a_name(self, value: Value, reads: dict[str, set[str]]) -> Value:
        """The value under a name of Python's own, one object wherever it stands; `reads`: the tensors in each."""
        name = self.writer.fresh("v")
        self.writer.equations.append(f"{name} = {value.text}")
        reads[name] = self.writer.tensors_in(value.text).union(
            *(tensors for before, tensors in reads.items() if before in self.writer.words_in(value.text))
        )
        return Value(name, value.low, value.high)

    def _doubled(self, last: Value, other: Value, indices: Indices) -> Value:
        """The last value, in two places at least, and another."""
        template = self.rng.choice(tuple(FUNCTIONS))
        f, most = template.format(last.text), FUNCTIONS[template]
        match self.writer.weighted({"branch": 4, "guard": 3, "product": 2, "sum": 2, "cases": 1}):
            case "branch":
                text = f"Piecewise(({f}*{other.text}, {self._some_condition(indices)}), ({last.text}, True))"
                bound = max(most * other.bound, last.bound)
            case "guard":
                text = f"Piecewise(({other.text}*{last.text}/4, {self._some_condition(indices)}), (0, True)) + {f}"
                bound = other.bound + most
            case "cases":
                first, second = self._some_condition(indices), self._some_condition(indices)
                text = f"Piecewise(({f}, {first}), ({other.text}*{last.text}/4, {second}), (0, True))"
                bound = max(most, other.bound)
            case "sum":
                over = self.expressions.bound_index(indices)
                inner = (*(index for index in indices if index.name != over.name), over)
                text = f"tanh({last.text}*({self.reader.leaf(inner).text}))"
                if self.writer.chance(0.5):
                    text = f"Piecewise(({f}*{text}, {self._some_condition(inner)}), ({text}, True))"
                text = f"Sum({text}, {over.name}) + {other.text}*{last.text}/4"
                bound = over.count * max(1.0, most) + other.bound
            case _:
                text, bound = f"{f}*{other.text} - {last.text}/2", most * other.bound + last.bound / 2
        value = Value(text, -bound, bound)
        return value if bound <= MOST else self.expressions.squashed(value)

    def _some_condition(self, indices: Indices) -> str:
        if self.writer.dims and self.writer.chance(0.4):
            return f"{self.rng.choice(self.writer.dims).text} > {self.rng.choice((1, 2, 2, 3))}"
        return self.expressions.condition(indices)


__all__ = ["Shared"]
