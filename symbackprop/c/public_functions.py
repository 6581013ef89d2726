"""The functions that others call: which arguments they take, and which of the functions that compute they hand these
to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from symbackprop.c.memory import Plan, elements
from symbackprop.c.names import CNames
from symbackprop.lower.module_values import ModuleIR
from symbackprop.terms.program import DType, Program, Tensor, TensorKind

Of: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Argument:
    """Of a public function: `declared` as it stands in its signature; `parts`: (what a tensor in it is known by, the
    type of its elements, the expression that points to it)."""

    declared: str
    parts: tuple[tuple[str, str, str], ...]

    @property
    def variable(self) -> str:
        return self.declared.rpartition("*")[2]


@dataclass(frozen=True, slots=True)
class Body:
    """A function that computes: `taken`, its parameters, and `lines`."""

    name: str
    taken: tuple[str, ...]
    given: tuple[str, ...]
    lines: tuple[str, ...]

    def called(self, of: Of, holder: Mapping[str, str]) -> str:
        """The call; `of`: expressions of pointers; `holder`: whose place is known by another name."""
        return f"{self.name}({', '.join(of[holder.get(name, name)] for name in self.given)});"


@dataclass(frozen=True, slots=True)
class Public:
    """A function that others call: the static ones that it calls, each with its arguments."""

    name: str
    taken: tuple[Argument, ...]
    unused: tuple[str, ...]
    checks: tuple[tuple[str, int, int], ...]
    calls: tuple[str, ...]
    at: tuple[str, ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """As they stand in its signature."""
        return tuple(argument.declared for argument in self.taken)


class PublicFunctions:
    """`table`: every tensor; `plan`: where in work memory those are that no argument holds."""

    def __init__(
        self, module: ModuleIR[Any], names: CNames, table: Mapping[str, Tensor], plan: Plan, results: Sequence[str]
    ) -> None:
        self.module, self.program, self.names, self.table = module, module.program, names, table
        self.plan, self.results, self.name = plan, results, names.prefix

    def _given(self, *kinds: TensorKind) -> list[Tensor]:
        return list(self.program.of_kind(*kinds))

    @property
    def predicted(self) -> list[str]:
        """The outputs that predict computes, and is not given."""
        return [] if self.module.predict_program is None else own_outputs(self.module.predict_program)

    def all(self, bodies: Sequence[Body]) -> Iterable[Public]:
        """`bodies`: what computes, forward, backward and, if there is one, predict."""
        module, program = self.module, self.program
        forward, backward, *predict = bodies
        offsets = {buffer.name: buffer.offset for buffer in self.plan.buffers}
        params = [self._struct("params", "params", self._given(TensorKind.PARAMETER))]
        inputs = [self._single(tensor) for tensor in self._given(TensorKind.INPUT)]
        buffers = self._given(TensorKind.BUFFER)
        held = [self._struct("buffers", "buffers", buffers)] if buffers else []
        noise = [self._single(tensor) for tensor in self._given(TensorKind.RANDOM)]
        base = [*params, *inputs, *held, *noise]
        cotangents = [self._single(program.table[name]) for _, name in program.cotangents]
        outs = [self._out(name) for name in module.results]
        pairs = [(f"grad {name}", self.table[name]) for name, _ in module.gradients]
        grads = self._struct("grads", "grads", pairs, False)
        work = Argument(f"{self.name}_real *work", (("work", "real", "work"),))
        holder = {adjoint: f"grad {name}" for name, adjoint, copied in module.returned if not copied}
        holder |= {name: f"out {name}" for name in self.results}

        def place(of: Of, name: str) -> str:
            return f"{of['work']} + {offsets[name]}" if name in offsets else of[holder.get(name, name)]

        def copy(of: Of, target: str, source: str) -> str:
            size = max(elements(self.table[source]), 1)
            return f"memcpy({of[target]}, {place(of, source)}, {size} * sizeof(real));"

        def ran(of: Of) -> list[str]:
            there = [copy(of, f"out {name}", name) for name in module.results if name not in self.results]
            return [forward.called(of, holder), *there]

        def back(of: Of) -> list[str]:
            copies = [copy(of, f"grad {name}", adjoint) for name, adjoint, copied in module.returned if copied]
            return [backward.called(of, holder), *copies]

        yield self._public("forward", [*base, *outs, work], ran)
        yield self._public("backward", [*base, *cotangents, grads, work], back)
        if not program.cotangents:
            yield self._public("value_and_grad", [*base, *outs, grads, work], lambda of: [*ran(of), *back(of)])
        if program.updates:
            following = [(f"next {name}", self.table[name]) for name, _ in program.updates]
            nexts = self._struct("buffers", "next", following, False)
            yield self._public("next_buffers", [*base, nexts, work],
                               lambda of: [copy(of, f"next {name}", new) for name, new in program.updates])  # fmt: skip
        if predict and module.predict is not None and module.predict_program is not None:
            read = module.predict.given
            mine = [*params, *(each for each in inputs if each.parts[0][0] in read), *held]
            outputs = module.predict_program.outputs
            new = {name: f"out {name}" for name in self.predicted}

            def predicted(of: Of) -> list[str]:
                known = [name for name in outputs if name not in new]
                return [predict[0].called(of, new), *(copy(of, f"out {name}", name) for name in known)]

            yield self._public("predict", [*mine, *(self._out(name) for name in outputs), work], predicted)

    def _public(self, name: str, arguments: Sequence[Argument], lines: Callable[[Of], list[str]]) -> Public:
        """As it is called with structs, and with a table that has a pointer for each tensor."""
        parts = [part for argument in arguments for part in argument.parts]
        calls = lines({key: text for key, _, text in parts})
        at = lines({key: f"({kind} *)at[{place}]" for place, (key, kind, _) in enumerate(parts)})
        words = set(re.findall(r"(?<!>)\b\w+", " ".join(calls)))  # but for fields
        unused = [argument.variable for argument in arguments if argument.variable not in words]
        inputs = {key for key, _, _ in parts}
        checks = [
            (self.names(tensor.name), elements(tensor), tensor.high.constant or 0)
            for tensor in self._given(TensorKind.INPUT)
            if tensor.dtype is DType.INT and tensor.high is not None and tensor.name in inputs
        ]
        return Public(name, tuple(arguments), tuple(unused), tuple(checks), tuple(calls), tuple(at))

    def _single(self, tensor: Tensor) -> Argument:
        name, kind = self.names(tensor.name), "int32_t" if tensor.dtype is DType.INT else "real"
        public = kind if kind == "int32_t" else f"{self.name}_real"
        return Argument(f"const {public} *{name}", ((tensor.name, f"const {kind}", name),))

    def _out(self, name: str) -> Argument:
        variable = f"{self.names(name)}_out"
        return Argument(f"{self.name}_real *{variable}", ((f"out {name}", "real", variable),))

    def _struct(
        self, struct: str, variable: str, tensors: Sequence[Tensor | tuple[str, Tensor]], const: bool = True
    ) -> Argument:
        parts = []
        for each in tensors:
            key, tensor = each if isinstance(each, tuple) else (each.name, each)
            kind = "int32_t" if tensor.dtype is DType.INT else "real"
            parts.append((key, f"{'const ' * const}{kind}", f"{variable}->{self.names(tensor.name)}"))
        return Argument(f"{'const ' * const}{self.name}_{struct} *{variable}", tuple(parts))


def own_outputs(program: Program) -> list[str]:
    return [name for name in program.outputs if program.table[name].kind is TensorKind.INTERMEDIATE]


__all__ = ["Argument", "Body", "Public", "PublicFunctions", "own_outputs"]
