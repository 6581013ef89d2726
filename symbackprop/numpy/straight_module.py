"""Modules whose sizes are numbers, and so small that Python's numbers are faster than arrays: their functions as text.

    forward ── _numbers ──> lists of numbers ── _forward_numbers ──> loss, what backward needs
    backward ──────────────────────────────── _backward_numbers ──> gradients ── _filled ──> arrays

All is computed in double precision and rounded once, to the dtype of the parameters. As measured, an operation on
numbers takes 13 to 18 ns where there are many; a step on arrays 1.0 to 1.9 µs for each call of NumPy, all in all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbackprop.lower import values
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Bind, Define, MapOp
from symbackprop.numpy.function_text import Functions, initial_helpers
from symbackprop.numpy.scalar_operations import Unsayable
from symbackprop.numpy.straight import Element, Straight
from symbackprop.numpy.straight_text import FUNCTIONS, StraightWriter, unpacked
from symbackprop.numpy.unroll import unrolled
from symbackprop.numpy.unroll_values import TooMany, elements_of
from symbackprop.python_text.bracketed import dict_text, tuple_text
from symbackprop.python_text.door import Door, cotangent_lines, make_door
from symbackprop.python_text.filled_lines import filled_lines
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.init_params import initial_functions
from symbackprop.python_text.python_lines import (
    WIDTH,
    FunctionText,
    call_lines,
    collection_lines,
    table_lines,
    unpacking,
)
from symbackprop.terms.program import DType, Program, Tensor, TensorKind

__all__ = ["StraightModule", "StraightTables", "straight_functions", "straightened"]

_MOST, _EACH = 2000, 40  # operations, and as many for each step, to say which takes longer to read with arrays
_WORTH, _OVERHEAD = 50, 0  # operations that take as long as a call of NumPy, and as what a step on arrays needs besides


@dataclass(frozen=True, slots=True)
class StraightModule:
    """The functions of a module, as statements on numbers. `kept`: the elements that forward leaves for backward."""

    forward: Straight
    backward: Straight
    predict: Straight | None
    kept: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class StraightTables:
    """What the template asks for. `results`: lines, the shapes of what each phase returns; `numpys`: lines, the
    functions that take the place of `math`'s; `operators`, `integers`: whether there are functions of Python's
    `operator`, and integers among the arguments."""

    results: tuple[str, ...]
    numpys: tuple[str, ...]
    operators: bool
    integers: bool


def straightened(module: ModuleIR[values.Function]) -> StraightModule | None:
    """The functions, where the sizes are numbers and this is faster than arrays are."""
    program = module.program
    if program.dims or program.of_kind(TensorKind.RANDOM, TensorKind.BUFFER):
        return None
    shared = () if module.shared is None else (module.shared,)
    steps = sum(isinstance(step, Bind | Define) for each in module.differentiating for step in steps_in(each.body))
    most = max(_MOST, _EACH * steps)
    try:
        backward = unrolled((module.backward,), [adjoint for _, adjoint, _ in module.returned], most)
        cotangents = {tensor.name for tensor in program.of_kind(TensorKind.COTANGENT)}
        kept = tuple(element for element in backward.given if element.tensor not in cotangents)
        forward = unrolled((*shared, module.forward), module.results, most, kept)
        predict = None
        if module.predict is not None and module.predict_program is not None:
            predict = unrolled((*shared, module.predict), module.predict_program.outputs, most)
    except (TooMany, Unsayable):
        return None
    both = (forward, backward)
    if sum(each.operations for each in both) > _OVERHEAD + _WORTH * sum(each.calls for each in both):
        return None
    return StraightModule(forward, backward, predict, kept)


# --- as text -----------------------------------------------------------------------------------------
def straight_functions(
    module: ModuleIR[values.Function], straight: StraightModule, names: Names
) -> tuple[Functions, StraightTables]:
    """The functions of the module, and the tables that they use."""
    writer = _Writer(module, straight, names)
    initial, helpers = initial_functions(module.program, names), initial_helpers(module.program)
    computing = writer.computing()
    functions = Functions(initial, computing, (), (), writer.door("forward"), frozenset(helpers), False, (0, 0))
    return functions, writer.tables()


class _Writer:
    """`called`: the functions of numbers that the statements call."""

    def __init__(self, module: ModuleIR[values.Function], straight: StraightModule, names: Names) -> None:
        self.module, self.straight, self.names = module, straight, names
        self.program: Program = module.program
        self.called: dict[str, list[MapOp]] = {}
        self.dtype, self.given, self.value, self.kept = map(names.local, ("dtype", "given", "value", "kept"))

    def door(self, phase: str) -> Door:
        inputs = self.program.of_kind(TensorKind.INPUT)
        if phase == "predict":
            read = self.predict_reads()
            inputs = tuple(tensor for tensor in inputs if tensor.name in read)
        return make_door(self.program, inputs, (), ())

    def predict_reads(self) -> set[str]:
        functions = (self.module.predict, self.module.shared)
        return {name for function in functions if function is not None for name in function.given}

    @property
    def cotangents(self) -> tuple[Tensor, ...]:
        return self.program.of_kind(TensorKind.COTANGENT)

    def computing(self) -> tuple[FunctionText, ...]:
        functions, reading = [self.forward(), self.backward(), self.step()], [self.reading("forward")]
        numbers = [
            self.numbers_of("forward", self.straight.forward),
            self.numbers_of("backward", self.straight.backward),
        ]
        if self.straight.predict is not None:
            functions.append(self.predict())
            reading += [self.reading("predict")] if self.reader("predict") != self.reader("forward") else []
            numbers.append(self.numbers_of("predict", self.straight.predict))
        return (*functions, *numbers, *reading)

    # --- what is called ----------------------------------------------------------------------------
    def read(self, phase: str) -> list[str]:
        """The lines that check the arguments and make numbers of them."""
        args = ["workspace", "params", *(tensor.name for tensor in self.door(phase).inputs)]
        return call_lines(self.names.module(self.reader(phase)), args, f"{self.dtype}, {self.given} = ")

    def reader(self, phase: str) -> str:
        """The function that checks a phase's arguments."""
        return "_given" if self.order(phase) == self.order("forward") else "_given_to_predict"

    def computed(self, phase: str, given: str) -> str:
        numbers = self.names.module(f"_{phase}_numbers")
        return f"{self.names.module('_computed')}({numbers}, {given})"

    def filled(self, phase: str, first: str, rest: str) -> str:
        return f'{self.names.module("_filled")}(workspace, "{phase}", {self.dtype}, {first}, {rest})'

    def forward(self) -> FunctionText:
        entries = [f'"left by": {self.names.module("_DIGEST")}', f'"dtype": {self.dtype}', f'"kept": {self.kept}']
        lines = [*self.read("forward"), f"    {self.value}, {self.kept} = {self.computed('forward', self.given)}"]
        if self.cotangents:
            results = self.module.results
            lines.append(f"    {self.value} = {self.outputs('forward', results, self.value)}")
            several = " as a tuple" if len(results) > 1 else ""
            about = f"(outputs, cache): {', '.join(results)}{several}, and what `backward` needs."
        else:
            lines.append(f"    {self.value}, _ = {self.filled('forward', self.value, '()')}")
            about = "(loss, cache): the loss, a scalar of the parameters' dtype, and what `backward` needs."
        lines += collection_lines(entries, f"return {self.value}, ", "{}", 1)
        return FunctionText("forward", self.door("forward").signature(), about, tuple(lines))

    def outputs(self, phase: str, results: Sequence[str], numbers: str) -> str:
        """The arrays of a phase's results: one, or a tuple."""
        found = f"{self.filled(phase, '0.0', numbers)}[1]"
        return f'{found}["{results[0]}"]' if len(results) == 1 else f"{self.names.module('tuple')}({found}.values())"

    def backward(self) -> FunctionText:
        lines = [f"    _, {self.dtype}, {self.kept} = {self.names.module('_kept')}(cache, workspace)"]
        about, given = (
            "The gradients of the loss whose forward pass left the cache: a dict, each of its tensor's shape.",
            self.kept,
        )
        if self.cotangents:
            lines += cotangent_lines(Scope(self.names), self.cotangents, self.dtype, self.names.module("_unfilled"))
            lists = [f"{self.names.of(t.name)}.astype(np.float64).tolist()" for t in self.cotangents]
            lines += collection_lines([self.kept, *lists], f"{self.given} = ", "()", 1)
            about, given = (
                "The gradients, a dict, each of its tensor's shape; a cotangent that is left out is zero.",
                self.given,
            )
        lines.append(f"    return {self.filled('backward', '0.0', self.computed('backward', given))}[1]")
        words = ("cache", *(f"{tensor.name}=None" for tensor in self.cotangents), "*", "workspace=None")
        return FunctionText("backward", words, about, tuple(lines))

    def step(self) -> FunctionText:
        door = self.door("forward")
        if self.cotangents:
            names = [tensor.name for tensor in self.cotangents]
            results, cache = self.value, self.kept
            lines = call_lines(self.names.module("forward"), [door.passing], f"{results}, {cache} = ")
            args = [cache, *names, "workspace=workspace"]
            lines += call_lines(self.names.module("backward"), args, f"return {results}, ")
            words = door.signature(f"{name}=None" for name in names)
            return FunctionText("vjp", words, "(outputs, gradients): see `forward` and `backward`.", tuple(lines))
        lines = [
            *self.read("forward"),
            f"    {self.value}, {self.kept} = {self.computed('forward', self.given)}",
            f"    return {self.filled('backward', self.value, self.computed('backward', self.kept))}",
        ]
        return FunctionText("value_and_grad", door.signature(), "(loss, gradients).", tuple(lines))

    def predict(self) -> FunctionText:
        assert self.module.predict_program is not None
        outputs = self.module.predict_program.outputs
        found = self.outputs("predict", outputs, self.computed("predict", self.given))
        lines = [*self.read("predict"), f"    return {found}"]
        about = f"The outputs ({', '.join(outputs)})."
        return FunctionText("predict", self.door("predict").signature(), about, tuple(lines))

    def reading(self, phase: str) -> FunctionText:
        """What checks the arguments: soon where they are as they should be, else as the tables say."""
        order, door, call = self.order(phase), self.door(phase), self.names.module
        texts = [tensor.name for tensor in order]
        number = len(door.parameters)
        holders = [f'params.get("{tensor.name}")' for tensor in door.parameters]
        lines = [f"    {call('isinstance')}(workspace, {call('Workspace')}) or {call('_owned')}(workspace)"]
        lines += [f"    if {call('type')}(params) is {call('dict')} and {call('len')}(params) == {number}:"]
        if number:
            lines += _wrapped(f"{', '.join(texts[:number])} = {', '.join(holders)}", 2)
        kinds = " is ".join([*(f"{call('type')}({text})" for text in texts), "np.ndarray"])
        floats = [tensor.name for tensor in order if tensor.dtype is DType.FLOAT]
        conditions = [kinds, f"{' is '.join(f'{name}.dtype' for name in floats)} in {call('_QUICK')}"]
        conditions += [f"{name}.dtype is {call('_INTEGER')}" for name in texts if name not in floats]
        conditions += [f"{t.name}.shape == {tuple_text([str(extent) for extent in t.shape])}" for t in order]
        conditions += [f"{t.name}.view(np.uintp).max() < {t.high}" for t in order if t.high is not None]
        lines += _wrapped(f"if ({' and '.join(conditions)}):", 2)
        lists = [f"{name}.tolist()" for name in texts]
        lines += collection_lines(lists, f"return {floats[0]}.dtype, ", "()", 3)
        arguments = dict_text([(tensor.name, tensor.name) for tensor in door.inputs])
        lines.append(f"    return {call('_as_numbers')}(workspace, params, {arguments})")
        about = "The dtype, and the arguments as numbers, in lists: all of them as the tables say."
        return FunctionText(self.reader(phase), ("workspace", "params", *texts[number:]), about, tuple(lines))

    # --- what is computed --------------------------------------------------------------------------
    def numbers_of(self, phase: str, straight: Straight) -> FunctionText:
        names = Scope(self.names)
        writer = StraightWriter(names, straight)
        if phase == "backward":
            lines = self.kept_and_cotangents(writer)
        else:
            lines = self.arguments(self.order(phase), straight, writer, [])
        wanted = [writer.text(expression) for expression in straight.wanted]
        before = "return "
        if phase == "forward":
            results, wanted = (
                wanted[: -len(self.straight.kept) or None],
                wanted[len(wanted) - len(self.straight.kept) :],
            )
            before = f"return {tuple_text(results) if self.cotangents else results[0]}, "
        self.called[phase] = list(writer.called)
        keywords = [f"{writer.function(op)}={FUNCTIONS[op][1]}" for op in writer.called]
        lines = [*lines, *writer.lines, "", *collection_lines(wanted, before, "()", 1)]
        about = f"What `{phase}` computes, of numbers."
        return FunctionText(f"_{phase}_numbers", (self.given, *keywords), about, tuple(lines))

    def kept_and_cotangents(self, writer: StraightWriter) -> list[str]:
        """What forward left, an element each, and lists beside it."""
        kept = [writer.variable(element) for element in self.straight.kept]
        if not self.cotangents:
            return unpacking(kept, self.given) if kept else []
        lines = self.arguments(self.cotangents, self.straight.backward, writer, [self.kept])
        return [*lines, *(unpacking(kept, self.kept) if kept else [])]

    def arguments(
        self, tensors: Sequence[Tensor], straight: Straight, writer: StraightWriter, before: Sequence[str]
    ) -> list[str]:
        """The numbers of the arguments that are read, each under its name; `before`: what stands before them."""
        read = {element.tensor for element in straight.given}
        held, lines = [*before], []
        for tensor in tensors:
            elements = elements_of(tensor)
            if tensor.name not in read:
                held.append("_")
            elif not tensor.rank:
                held.append(writer.variable(elements[0]))
            else:
                name = writer.names.of(tensor.name)
                held.append(name)
                lines += _unpacking(unpacked(writer, elements), name)
        return [*unpacking(held, self.given), *lines]

    def order(self, phase: str) -> list[Tensor]:
        return [*self.program.of_kind(TensorKind.PARAMETER), *self.door(phase).inputs]

    # --- tables ------------------------------------------------------------------------------------
    def tables(self) -> StraightTables:
        back = {**self.program.table, **self.module.backward_program.table}
        outputs = self.module.results if self.cotangents else ()
        shapes = {"forward": {name: self.program.table[name] for name in outputs}}
        shapes["backward"] = {name: back[of] for name, of, _ in self.module.returned}
        if self.module.predict_program is not None:
            table = self.module.predict_program.table
            shapes["predict"] = {name: table[name] for name in self.module.predict_program.outputs}
        results = [f'"{phase}": {_shapes(tensors)}' for phase, tensors in shapes.items()]
        numpys = [
            f'"_{phase}_numbers": {dict_text([(FUNCTIONS[op][0], FUNCTIONS[op][2]) for op in called])}'
            for phase, called in self.called.items()
        ]
        return StraightTables(
            results=tuple(table_lines(results, "_RESULTS = ")),
            numpys=tuple(table_lines(numpys, "_NUMPYS = ")),
            operators=any(MapOp.DIVIDE in called for called in self.called.values()),
            integers=any(tensor.dtype is DType.INT for tensor in self.order("forward")),
        )


def _shapes(tensors: Mapping[str, Tensor]) -> str:
    return dict_text([(name, tuple_text([str(extent) for extent in tensor.shape])) for name, tensor in tensors.items()])


def _wrapped(text: str, indent: int) -> list[str]:
    """A line, or as many as it takes: an `if (…):`, or an assignment, whose value gets parentheses then."""
    margin = "    " * indent
    if len(margin) + len(text) <= WIDTH:
        return [margin + text]
    before, opening, rest = text.partition("(") if text.startswith("if (") else text.partition(" = ")
    inner, closing = (rest[:-2], "):") if opening == "(" else (rest, ")")
    opening = "(" if opening == "(" else " = ("
    return [
        f"{margin}{before}{opening}",
        *filled_lines(inner.split(" "), f"{margin}    ", f"{margin}    ", WIDTH),
        margin + closing,
    ]


def _unpacking(targets: str, value: str) -> list[str]:
    """The targets, in parentheses, over as many lines as they take."""
    if len(targets) + len(value) + 7 <= WIDTH:
        return [f"    {targets} = {value}"]
    inner = targets.removeprefix("(").removesuffix(")").split(" ")
    return ["    (", *filled_lines(inner, "        ", "        ", WIDTH), f"    ) = {value}"]
