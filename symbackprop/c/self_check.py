"""NAME_test.c: the network's functions called on numbers from a seed, and what they should return."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from symbackprop.c.memory import elements
from symbackprop.c.module_text import Kit
from symbackprop.c.public_functions import Argument, Public
from symbackprop.c.self_check_data import (
    INIT,
    STEPS,
    WEIGHTS,
    Array,
    Drawing,
    differentiated,
    drawing,
    high_of,
    ordered,
    weighted,
    weights,
)
from symbackprop.c.self_check_step import StepCheck, step_check
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.update import UpdateIR
from symbackprop.lower.values import Function
from symbackprop.python_text.digest import fixed_text
from symbackprop.resources import fields_of, filled
from symbackprop.terms.program import DType, Tensor, TensorKind
from symbackprop.version import VERSION

TEMPLATES = ("self_check.c.j2",)
NOTHING = ("self_check_nothing.c.j2",)
TOLERANCE = {"single": "2e-4", "double": "1e-9"}  # times the norm of the terms of a sum
_ZERO = 1e-3  # of the largest gradient: what rounding errors of one that is 0 are measured by
_STEPS = (5, 10, 15)  # of differences, as powers of one half


@dataclass(frozen=True, slots=True)
class Slope:
    """A central difference: `parts`: (what is moved, its gradient, elements); `single`, `double`: (step, by how much
    difference and gradient differ in exact arithmetic)."""

    parts: tuple[tuple[str, str, int], ...]
    forward: str
    both: str
    loss: str
    single: tuple[str, str]
    double: tuple[str, str]


@dataclass(frozen=True, slots=True)
class SelfCheckText:
    name: str
    title: str
    version: str
    digest: str
    at: str
    seeds: dict[str, int]
    tolerance: dict[str, str]
    members: tuple[str, ...]
    work: int
    buffers: bool
    rows: tuple[tuple[str, int, str, tuple[str, ...]], ...]
    noise: tuple[tuple[str, str], ...]
    written: tuple[tuple[str, str, int, tuple[str, ...]], ...]
    calls: tuple[tuple[str, tuple[tuple[str, str, int, str, str], ...]], ...]
    slope: Slope | None
    step: StepCheck | None


def self_check(module: ModuleIR[Function], kit: Kit, update: UpdateIR[Function] | None = None) -> str:
    """The file; one that says so where no data are found that meet the assumptions and at which all is finite.
    `update`: of the kit's optimiser."""
    drawn = drawing(module)
    if drawn is None:
        return filled("c", NOTHING, {"name": kit.name})
    return filled("c", TEMPLATES, fields_of(_Writer(module, kit, drawn).text(update)))


class _Writer:
    def __init__(self, module: ModuleIR[Function], kit: Kit, drawn: Drawing) -> None:
        self.module, self.program, self.kit, self.drawn = module, module.program, kit, drawn
        self.places = {
            key: f"at.{text.replace('->', '.')}"
            for function in kit.functions
            for argument in function.taken
            for key, _, text in argument.parts
        }
        self.largest = max((weighted(drawn.values[adjoint])[1] for _, adjoint in module.gradients), default=0.0)

    def text(self, update: UpdateIR[Function] | None) -> SelfCheckText:
        program, kit = self.program, self.kit
        return SelfCheckText(
            name=kit.name,
            title=program.name,
            version=VERSION,
            digest=kit.digest,
            at=fixed_text(program),
            seeds={"init": INIT, "drawn": self.drawn.seed, "weights": WEIGHTS, "steps": STEPS},
            tolerance=TOLERANCE,
            members=tuple(self.members()),
            work=self.work,
            buffers=bool(program.of_kind(TensorKind.BUFFER)),
            rows=tuple(self.row(tensor) for tensor in ordered(program)),
            noise=tuple((self.field(t), self.places[t.name]) for t in program.of_kind(TensorKind.RANDOM)),
            written=tuple(self.literal(program.table[name]) for name in sorted(self.drawn.moved)),
            calls=tuple((self.called(each), tuple(self.compared(each))) for each in kit.functions),
            slope=self.slope(),
            step=self.step(update),
        )

    @property
    def work(self) -> int:
        plans = [self.kit.plan, *([self.kit.predict_plan] if self.kit.predict_plan is not None else [])]
        return max(1, *(plan.size for plan in plans))

    # --- what is called ----------------------------------------------------------------------------
    def members(self) -> Iterator[str]:
        """Room for every argument."""
        seen: set[str] = set()
        for argument in (argument for function in self.kit.functions for argument in function.taken):
            kind, _, variable = argument.declared.removeprefix("const ").rpartition(" *")
            if variable not in seen:
                seen.add(variable)
                yield f"{kind} {variable}{'' if _is_struct(argument) else f'[{self.count(argument.parts[0][0])}]'}"

    def count(self, key: str) -> int:
        """The elements of what an argument's part is known by."""
        if key == "work":
            return self.work
        return max(self.value(key).size, 1)

    def value(self, key: str) -> Array:
        """What the part holds in the end."""
        values = self.drawn.values
        match key.partition(" "):
            case "grad", _, name:
                return np.asarray(values[dict(self.module.gradients)[name]])
            case "next", _, name:
                return np.asarray(values[dict(self.program.updates)[name]])
            case "out", _, name:
                return np.asarray(values[name] if name in self.module.results else self.drawn.predicted[name])
            case _:
                return np.asarray(values[key])

    def called(self, function: Public) -> str:
        given = (f"{'&' * _is_struct(argument)}at.{argument.variable}" for argument in function.taken)
        return f"{self.kit.name}_{function.name}({', '.join(given)})"

    def compared(self, function: Public) -> Iterator[tuple[str, str, int, str, str]]:
        for argument in function.taken:
            for key, _, _ in argument.parts:
                kind, found, name = key.partition(" ")
                if not found:
                    continue
                value = self.value(key)
                if function.name == "predict":
                    value = np.asarray(self.drawn.predicted[name])
                total, size = weighted(value)
                size += _ZERO * self.largest if kind == "grad" else 0.0
                words = {"out": name, "grad": f"the gradient by {name}", "next": f"next {name}"}[kind]
                yield f"{function.name}: {words}", self.places[key], value.size, repr(total), repr(max(size, 1e-30))

    # --- what is given -----------------------------------------------------------------------------
    def row(self, tensor: Tensor) -> tuple[str, int, str, tuple[str, ...]]:
        place, count = self.places[tensor.name], max(elements(tensor), 1)
        if tensor.dtype is DType.INT:
            return place, count, "integers", (str(high_of(tensor)),)
        numbers = self.drawn.style.of(tensor.kind)
        return place, count, "fresh" if numbers[0] == 0 else "moved", tuple(map(repr, numbers))

    def field(self, tensor: Tensor) -> str:
        """The name in C."""
        return self.places[tensor.name].rpartition(".")[2]

    def literal(self, tensor: Tensor) -> tuple[str, str, int, tuple[str, ...]]:
        whole = tensor.dtype is DType.INT
        numbers = [repr(int(x)) if whole else repr(float(x)) for x in self.drawn.data[tensor.name].ravel()]
        lines = tuple(f"{', '.join(numbers[place : place + 8])}," for place in range(0, len(numbers), 8))
        return self.places[tensor.name], "int32_t" if whole else "double", len(numbers), lines

    # --- an optimiser ------------------------------------------------------------------------------
    def step(self, update: UpdateIR[Function] | None) -> StepCheck | None:
        if update is None or self.kit.optimizer is None:
            return None
        begun = {tensor.name: self.drawn.data[tensor.name] for tensor in self.program.of_kind(TensorKind.PARAMETER)}
        return step_check(update, self.kit.optimizer, self.places, begun)

    # --- differences -------------------------------------------------------------------------------
    def slope(self) -> Slope | None:
        """Along what nothing is assumed of."""
        assumed = {name for fact in self.program.assumptions for name in fact.condition.tensors}
        parts = [(name, adjoint) for name, adjoint in self.module.gradients
                 if name in self.drawn.data and name not in assumed]  # fmt: skip
        if self.program.cotangents or not parts:
            return None
        exact = sum(weighted(self.drawn.values[adjoint])[0] for _, adjoint in parts)
        differences = {0.5**power: self.difference([name for name, _ in parts], 0.5**power) for power in _STEPS}
        loss = abs(float(self.drawn.values[self.module.results[0]]))
        best = []
        for epsilon in (2.0**-23, 2.0**-52):
            step = min(differences, key=lambda h, e=epsilon: abs(differences[h] - exact) + 16 * e * loss / h)  # type: ignore[misc]
            best.append((repr(step), repr(abs(differences[step] - exact))))
        functions = {function.name: self.called(function) for function in self.kit.functions}
        return Slope(
            tuple((self.places[name], self.places[f"grad {name}"], self.count(name)) for name, _ in parts),
            functions["forward"],
            functions["value_and_grad"],
            self.places[f"out {self.module.results[0]}"],
            best[0],
            best[1],
        )

    def difference(self, names: Sequence[str], step: float) -> float:
        losses = []
        for sign in (1, -1):
            data = dict(self.drawn.data)
            for name in names:
                data[name] = data[name] + sign * step * weights(data[name].size).reshape(data[name].shape)
            losses.append(float(differentiated(self.module, data, backward=False)[self.module.results[0]]))
        return (losses[0] - losses[1]) / (2 * step)


def _is_struct(argument: Argument) -> bool:
    return "->" in argument.parts[0][2] if argument.parts else True


__all__ = ["NOTHING", "TEMPLATES", "SelfCheckText", "Slope", "self_check"]
