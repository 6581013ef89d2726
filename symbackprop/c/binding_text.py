"""The text of a Python module over the compiled library: the functions of a NumPy module, called by ctypes.

    arguments ── the door, that of NumPy's modules ──> arrays ── pointers ──> NAME_…_at(void *const *at)

The module's sizes are numbers, and its library lies beside it; or some are symbols, and whoever runs the text hands it
what gives the functions of a library for sizes and a dtype (`compiled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symbackprop.c.used_sizes import dims_in, sizes_of
from symbackprop.lower.update import UpdateIR
from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.digest import digest_of, fixed_text
from symbackprop.python_text.door import (
    Door,
    assumed_conditions,
    condition_lines,
    cotangent_lines,
    extents_text,
    make_door,
    noise_lines,
    opening_lines,
)
from symbackprop.python_text.door_tables import DoorTables, door_tables, looked_up
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.init_params import initial_functions
from symbackprop.python_text.initial_values import start_arguments
from symbackprop.python_text.module_tables import module_tables
from symbackprop.python_text.optimizer_tables import OptimizerTables, optimizer_tables
from symbackprop.python_text.python_lines import (
    FunctionText,
    call_lines,
    collection_lines,
    names_text,
    returned_lines,
    table_lines,
    unpacking,
)
from symbackprop.resources import fields_of, filled
from symbackprop.schedule import ScheduledModule
from symbackprop.terms.divisors import nonzero_conditions
from symbackprop.terms.leaves import dims_of
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import DType, Program, Tensor, TensorKind
from symbackprop.terms.size_facts import size_facts
from symbackprop.terms.term import Apply, Function, Term, subterms
from symbackprop.version import VERSION

__all__ = ["TEMPLATES", "BindingText", "Library", "binding_text"]

TEMPLATES = (
    "ctypes.py.j2", "optimizer.py.j2", "python/functions.py.j2", "python/given.py.j2", "python/kept.py.j2",
    "python/owned.py.j2", "python/door.py.j2", "python/optimizer.py.j2", "python/optimizer_door.py.j2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Library:
    """What a module whose sizes are numbers says of the library beside it. `files`: by the dtype that each computes in;
    `prefix`: that of its names; `work`, `predict_work`: reals of work memory; `step`: the optimiser's function."""

    prefix: str
    files: tuple[tuple[str, str], ...]
    work: int
    predict_work: int
    step: str = ""


@dataclass(frozen=True, slots=True)
class BindingText:
    """Everything that the templates are filled with, each field a hole of theirs."""

    name: str
    at: str  # the sizes that are fixed, behind the name
    version: str
    digest: str
    layer: bool  # whether there are outputs and no loss
    tables: tuple[str, ...]  # lines
    initial: tuple[FunctionText, ...]
    computing: tuple[FunctionText, ...]
    results: tuple[FunctionText, ...]  # functions that give the shapes of what a function returns
    phases: tuple[str, ...]  # lines: what each function of the library is given, and those tables
    integers: str  # the names of inputs that are integers, a tuple of strings; "" where there are none
    unbounded: str  # those of which nothing says how large they may be
    library: Library | None
    others: bool  # whether there are gradients by what is no parameter
    optimizer: OptimizerTables | None
    again: str  # the parameters, looked up where a call may be that of before; "" where none may
    door: DoorTables
    erf: bool  # whether initial values need it
    aliases: tuple[tuple[str, str], ...]  # of the module's own names that the network has too


def binding_text(
    functions: ScheduledModule, library: Library | None = None, update: UpdateIR[Any] | None = None
) -> str:
    """The module's source, the same for the same network everywhere. `library`: None where it is asked for by sizes;
    `update`: of an optimiser."""
    return filled("c", TEMPLATES, fields_of(_Writer(functions, library, update).text()))


class _Writer:
    def __init__(self, functions: ScheduledModule, library: Library | None, update: UpdateIR[Any] | None) -> None:
        self.functions, self.library, self.update = functions, library, update
        self.program, self.back = functions.forward.program, functions.backward_program
        self.there = None if functions.predict is None else functions.predict.program
        tensors = [t for p in (self.program, self.back, self.there) if p is not None for t in p.tensors]
        self.names = Names({*self.program.dims, *(tensor.name for tensor in tensors)}, ("np", "ctypes", "os"))
        self.table: dict[str, Tensor] = {**self.back.table, **self.program.table}
        self.cotangents = [self.program.table[name] for _, name in self.program.cotangents]

    def text(self) -> BindingText:
        program = self.program
        computing = [self.forward(), self.backward(), self.step()]
        computing += [self.predict()] if self.there is not None else []
        updates = [self.next_buffers()] if program.of_kind(TensorKind.BUFFER) else []
        results = [*self.results()]
        starts = start_arguments(program.of_kind(TensorKind.PARAMETER, TensorKind.BUFFER))
        keyword_sizes = any(door.keywords for door in self.doors)
        integers = [tensor.name for tensor in self.given if tensor.dtype is DType.INT]
        unbounded = [tensor.name for tensor in self.given if tensor.name in integers and tensor.high is None]
        initial = (*initial_functions(program, self.names), *updates)
        phases = tuple(self.phases())
        return BindingText(
            name=program.name,
            at=fixed_text(program),
            version=VERSION,
            digest=digest_of(program, self.back, self.there, self.update),
            layer=bool(program.cotangents),
            tables=tuple(module_tables(program, self.there, [name for name, _ in self.back.wrt])),
            initial=initial,
            computing=tuple(computing),
            results=tuple(results),
            phases=phases,
            integers=names_text(integers) if integers else "",
            unbounded=names_text(unbounded) if unbounded else "",
            library=self.library,
            others=any(
                name not in program.table or program.table[name].kind is not TensorKind.PARAMETER
                for name, _ in self.back.wrt
            ),
            optimizer=None if self.update is None else _optimizer(self.update),
            again=self._held() if any(self._calls_again(door) for door in self.doors) else "",
            door=door_tables(program, keyword_sizes),
            erf=any(_has_erf(argument) for argument in starts),
            aliases=tuple((alias, name) for name, alias in sorted(self.names.aliases.items()) if alias != name),
        )

    # --- what the functions are called with ---------------------------------------------------------
    @property
    def given(self) -> tuple[Tensor, ...]:
        """What forward is given, in the library's order."""
        kinds = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)
        return tuple(tensor for kind in kinds for tensor in self.program.of_kind(kind))

    @property
    def predict_given(self) -> tuple[Tensor, ...]:
        read = self._predict_reads()
        kinds = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER)
        tensors = (tensor for kind in kinds for tensor in self.program.of_kind(kind))
        return tuple(t for t in tensors if t.kind is not TensorKind.INPUT or t.name in read)

    def _predict_reads(self) -> set[str]:
        assert self.there is not None
        functions = (self.functions.predict, self.functions.shared)
        equations = [equation for each in functions if each is not None for equation in each.equations]
        return {name for equation in equations for name in equation.reads()}.union(self.there.outputs)

    @property
    def doors(self) -> tuple[Door, ...]:
        return (self.forward_door, *((self.predict_door,) if self.there is not None else ()))

    @property
    def forward_door(self) -> Door:
        program, functions = self.program, self.functions
        used = sizes_of(functions.forward, functions.backward, functions.shared)
        used |= dims_in(extent for tensor in self.cotangents for extent in tensor.shape)
        used |= {dim.name for condition in self._divided() for dim in dims_of(condition)}
        return make_door(program, program.of_kind(TensorKind.INPUT), program.of_kind(TensorKind.RANDOM), used)

    @property
    def predict_door(self) -> Door:
        assert self.there is not None
        inputs = [tensor for tensor in self.predict_given if tensor.kind is TensorKind.INPUT]
        used = sizes_of(self.functions.predict, self.functions.shared)
        used |= {dim.name for condition in _divided(self.there) for dim in dims_of(condition)}
        return make_door(self.program, inputs, (), used)

    def _divided(self) -> tuple[Term, ...]:
        equations = (*self.program.equations, *self.back.equations)
        return nonzero_conditions(self.program, equations, size_facts(self.program))

    def _head(self, door: Door, names: Scope, divided: Sequence[Term], function: str) -> list[str]:
        keyword_sizes = any(each.keywords for each in self.doors)
        lines = opening_lines(door, names, keyword_sizes)
        lines += condition_lines(divided, self.program.dims, names, function, dividing=True)
        lines += condition_lines(assumed_conditions(self.program, door), self.program.dims, names, function)
        return [*lines, *noise_lines(door.noise, names)]

    def _call(self, phase: str, door: Door, names: Scope, given: str, left: str = "") -> list[str]:
        sizes = tuple_text([names.of(dim) for dim in door.sizes])
        args = [f'"{phase}"', names.local("workspace"), names.of("dtype"), sizes, given, *([left] if left else [])]
        return call_lines(names.module("_called"), args, f"{names.local('call')} = ")

    def _packed(self, tensors: Iterable[Tensor], names: Scope) -> list[str]:
        variables = [names.of(tensor.name) for tensor in tensors]
        return collection_lines(variables, f"{names.local('given')} = ", "()", 1)

    def _again(self, phase: str, door: Door, names: Scope, returned: Sequence[str]) -> list[str]:
        """The call once more where all arguments are those of the last one, and are arrays alone."""
        if not self._calls_again(door):
            return []
        call, args = names.local("call"), [f'"{phase}"', "workspace", "params", *(t.name for t in door.inputs)]
        lines = call_lines(names.module("_again"), args, f"{call} = ")
        return [*lines, f"    if {call} is not None:", *(f"    {line}" for line in returned)]

    def _held(self) -> str:
        return looked_up({"params": self.program.of_kind(TensorKind.PARAMETER)})["params"]

    @staticmethod
    def _calls_again(door: Door) -> bool:
        return not (door.keywords or door.buffers or door.noise)

    # --- what they compute --------------------------------------------------------------------------
    def _started(self, function: str, phase: str) -> tuple[list[str], Scope]:
        """The checks, and the call of the library."""
        names, door = Scope(self.names), self.forward_door
        lines = self._head(door, names, self._divided(), function)
        lines += self._packed(self.given, names)
        return [*lines, *self._call(phase, door, names, names.local("given"))], names

    def forward(self) -> FunctionText:
        lines, names = self._started("forward", "forward")
        call, given, door = names.local("call"), names.local("given"), self.forward_door
        entries = [f'"left by": {names.module("_DIGEST")}', f'"dtype": {names.of("dtype")}']
        entries += [f'"{dim}": {names.of(dim)}' for dim in door.sizes]
        entries += [f'"given": {given}', f'"work": {call}.work']
        if self.cotangents:
            results = self.program.results
            lines += collection_lines(entries, f"return {self._outputs(call, results)}, ", "{}", 1)
            several = " as a tuple" if len(results) > 1 else ""
            about = f"(outputs, cache): {', '.join(results)}{several}, and what `backward` needs."
        else:
            lines += collection_lines(entries, f"return {call}.loss[()], ", "{}", 1)
            about = "(loss, cache): the loss, a scalar of the parameters' dtype, and what `backward` needs."
        return FunctionText("forward", door.signature(), about, tuple(lines))

    def _outputs(self, call: str, results: Sequence[str]) -> str:
        found = f"{call}.results"
        return f'{found}["{results[0]}"]' if len(results) == 1 else f"{self.names.module('tuple')}({found}.values())"

    def backward(self) -> FunctionText:
        names, door = Scope(self.names), self.forward_door
        given, left = names.local("given"), names.local("left")
        kept = [names.local("_"), *(names.of(name) for name in ("dtype", *door.sizes)), given, left]
        lines = unpacking(kept, f"{names.module('_kept')}(cache, {names.local('workspace')})")
        lines += self._cotangent_lines(names)
        lines += self._call("backward", door, names, self._with_cotangents(given, names), left)
        lines.append(f"    return {names.local('call')}.results.copy()")
        about = "The gradients of the loss whose forward pass left the cache: a dict, each of its tensor's shape."
        if self.cotangents:
            about = "The gradients, a dict, each of its tensor's shape; a cotangent that is left out is zero."
        words = ("cache", *(f"{tensor.name}=None" for tensor in self.cotangents), "*", "workspace=None")
        return FunctionText("backward", words, about, tuple(lines))

    def _cotangent_lines(self, names: Scope) -> list[str]:
        if not self.cotangents:
            return []
        return cotangent_lines(names, self.cotangents, names.of("dtype"), names.module("_unfilled"))

    def _with_cotangents(self, given: str, names: Scope) -> str:
        more = [names.of(tensor.name) for tensor in self.cotangents]
        return f"(*{given}, {', '.join(more)})" if more else given

    def step(self) -> FunctionText:
        door, phase = self.forward_door, "vjp" if self.cotangents else "value_and_grad"
        lines, names = self._started("forward", "forward" if self.cotangents else phase)
        call = names.local("call")
        if not self.cotangents:
            returned = f"return {call}.loss[()], {call}.results.copy()"
            lines = [*self._again(phase, door, names, [f"    {returned}"]), *lines, f"    {returned}"]
            return FunctionText(phase, door.signature(), "(loss, gradients).", tuple(lines))
        workspace = names.local("workspace")
        lines.insert(0, f"    {workspace} = {names.module('_or_new')}({workspace})")
        outputs = names.local("outputs")
        lines.append(f"    {outputs} = {self._outputs(call, self.program.results)}")
        lines += self._cotangent_lines(names)
        lines += self._call("vjp", door, names, self._with_cotangents(names.local("given"), names))
        lines.append(f"    return {outputs}, {call}.results.copy()")
        words = door.signature(f"{tensor.name}=None" for tensor in self.cotangents)
        return FunctionText(phase, words, "(outputs, gradients): see `forward` and `backward`.", tuple(lines))

    def predict(self) -> FunctionText:
        assert self.there is not None
        names, door, outputs = Scope(self.names), self.predict_door, self.there.outputs
        lines = self._head(door, names, _divided(self.there), "predict")
        lines += self._packed(self.predict_given, names)
        lines += self._call("predict", door, names, names.local("given"))
        returned = returned_lines([self._outputs(names.local("call"), outputs)])
        lines = [*self._again("predict", door, names, returned), *lines, *returned]
        noise = ", with noise replaced by its mean" if self.program.of_kind(TensorKind.RANDOM) else ""
        about = f"The outputs ({', '.join(outputs)}){noise}."
        return FunctionText("predict", door.signature(), about, tuple(lines))

    def next_buffers(self) -> FunctionText:
        names, door, program = Scope(self.names), self.forward_door, self.program
        given, left, call = names.local("given"), names.local("left"), names.local("call")
        kept = [names.local("_"), *(names.of(name) for name in ("dtype", *door.sizes)), given, left]
        updated = [name for name, _ in program.updates]
        place = {tensor.name: place for place, tensor in enumerate(self.given)}
        lines = unpacking(kept, f"{names.module('_kept')}(cache)")
        sizes = tuple_text([names.of(dim) for dim in door.sizes])
        if updated:
            args = ['"next_buffers"', "None", names.of("dtype"), sizes, given, left]
            lines += call_lines(names.module("_called"), args, f"{call} = ")
        entries = [
            f'"{t.name}": '
            + (f'{call}.results["{t.name}"]' if t.name in updated else f"{given}[{place[t.name]}].copy()")
            for t in program.of_kind(TensorKind.BUFFER)
        ]
        lines += table_lines(entries, "return ", 1)
        about = "The buffers after the step whose forward pass left the cache."
        return FunctionText("next_buffers", ("cache",), about, tuple(lines))

    # --- tables -------------------------------------------------------------------------------------
    @property
    def _shapes(self) -> dict[str, dict[str, tuple[Poly, ...]]]:
        """What each function of the library fills, the loss apart: names to shapes."""
        gradients = {name: self.table[name].shape for name, _ in self.back.wrt}
        outputs = self.program.results if self.cotangents else ()
        found = {
            "forward": {name: self.table[name].shape for name in outputs},
            "backward": gradients,
            "vjp" if self.cotangents else "value_and_grad": gradients,
        }
        if self.there is not None:
            found["predict"] = {name: self.there.table[name].shape for name in self.there.outputs}
        if self.program.updates:
            found["next_buffers"] = {name: self.table[name].shape for name, _ in self.program.updates}
        return found

    def results(self) -> Iterable[FunctionText]:
        for phase, shapes in self._shapes.items():
            if phase in ("vjp", "value_and_grad"):
                continue
            names = Scope(self.names)
            door = self.predict_door if phase == "predict" else self.forward_door
            entries = [f'"{name}": {extents_text(shape, names)}' for name, shape in shapes.items()]
            words = tuple(names.of(dim) for dim in door.sizes)
            lines = tuple(table_lines(entries, "return ", 1))
            yield FunctionText(self._shapes_of(phase), words, f"The shapes of what `{phase}` returns.", lines)

    def _shapes_of(self, phase: str) -> str:
        return self.names.module(f"_{phase}_shapes")

    def phases(self) -> Iterable[str]:
        """Of each function the names of what it is given, in order, and of sizes, and what gives shapes."""
        given = [tensor.name for tensor in self.given]
        backward = [*given, *(tensor.name for tensor in self.cotangents)]
        taken: Mapping[str, list[str]] = {"backward": backward, "vjp": backward}
        entries = []
        for phase in self._shapes:
            names = taken.get(phase, given)
            names = [tensor.name for tensor in self.predict_given] if phase == "predict" else names
            shapes = self._shapes_of("backward" if phase in ("vjp", "value_and_grad") else phase)
            door = self.predict_door if phase == "predict" else self.forward_door
            entries.append(f'"{phase}": ({names_text(names)}, {names_text(door.sizes)}, {shapes})')
        yield from table_lines(entries, "_PHASES = ")


def _optimizer(update: UpdateIR[Any]) -> OptimizerTables:
    return optimizer_tables(update, tuple_text(update.given), "(np.float32, np.float64)")


def _divided(program: Program) -> tuple[Term, ...]:
    return nonzero_conditions(program, program.equations, size_facts(program))


def _has_erf(term: Term) -> bool:
    return any(isinstance(inner, Apply) and inner.function is Function.ERF for inner in subterms(term))
