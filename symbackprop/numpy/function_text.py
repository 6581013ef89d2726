"""The functions of a generated module as text: what they are called with, compute and return."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symbackprop.lower.module_values import ModuleIR
from symbackprop.numpy.array import Function
from symbackprop.numpy.door import (
    Door,
    assumed_conditions,
    condition_lines,
    dims_of,
    extents_text,
    make_door,
    noise_lines,
    opening_lines,
)
from symbackprop.numpy.helpers import Helper
from symbackprop.numpy.init_params import initial_body, initial_sizes
from symbackprop.numpy.kept_rows import Rows, rows_needed
from symbackprop.numpy.python_lines import WIDTH, call_lines, collection_lines, table_lines, unpacking
from symbackprop.numpy.statement_text import StatementWriter
from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.terms.divisors import nonzero_conditions
from symbackprop.terms.program import Program, Tensor, TensorKind
from symbackprop.terms.size_facts import size_facts
from symbackprop.terms.term import Term


@dataclass(frozen=True, slots=True)
class FunctionText:
    """A function of the module. `lines`: its body, under the docstring `about`."""

    name: str
    signature: tuple[str, ...]
    about: str
    lines: tuple[str, ...]

    @property
    def head(self) -> list[str]:
        """The line, or lines, that begin it."""
        lines = call_lines(self.name, self.signature, "def ", 0)
        return [*lines[:-1], f"{lines[-1]}:"]


@dataclass(frozen=True, slots=True)
class Functions:
    """Those of one module: `initial` give parameters and buffers, `computing` the loss and what follows from it.

    `forward`: what it is called with; `helpers`: those that are called; `keyword_sizes`: whether some
    function has sizes as keywords.
    """

    initial: tuple[FunctionText, ...]
    computing: tuple[FunctionText, ...]
    forward: Door
    helpers: frozenset[Helper]
    keyword_sizes: bool


@dataclass(frozen=True, slots=True)
class _Body:
    """A function's statements as text, with the names that they use and the helpers that they call."""

    lines: tuple[str, ...]
    names: Scope
    helpers: frozenset[Helper]
    sizes: tuple[str, ...]  # that it uses


def functions_of(module: ModuleIR[Function], names: Names) -> Functions:
    """The functions of the module."""
    shared, forward, backward, predict = (
        None if function is None else _written(module.program, names, function)
        for function in (module.shared, module.forward, module.backward, module.predict)
    )
    assert forward is not None
    assert backward is not None
    cotangents = module.program.of_kind(TensorKind.COTANGENT)
    shapes = {dim.name for tensor in cotangents for extent in tensor.shape for dim in extent.dims()}
    kept = tuple(dim for dim in module.program.dims if dim in shapes or dim in backward.sizes)
    running = [function for function in (module.shared, module.predict) if function is not None]
    rows = rows_needed(running, module.predict_program.outputs) if module.predict_program is not None else ()
    writer = _Writer(module, names, shared, kept, rows)
    forward_door, divided = writer.forward_door(forward)
    predict_door, divided_there = (None, ()) if predict is None else writer.predict_door(predict)
    keyword_sizes = any(door.keywords for door in (forward_door, predict_door) if door is not None)
    computing = [
        writer.forward(forward, forward_door, divided, keyword_sizes),
        writer.backward(backward),
        _vjp(names, forward_door, cotangents) if cotangents else _value_and_grad(names, forward_door),
    ]
    if predict is not None and predict_door is not None:
        computing.append(writer.predict(predict, predict_door, divided_there, keyword_sizes))
    if shared is not None:
        computing.append(writer.shared_part(shared))
    initial, called = _initial(module.program, names)
    if module.program.of_kind(TensorKind.BUFFER):
        initial = (*initial, _next_buffers(module.program, names))
    helpers = called.union(*(body.helpers for body in (shared, forward, backward, predict) if body is not None))
    helpers |= {Helper.LAST_ROWS} if rows else set()
    return Functions(initial, tuple(computing), forward_door, frozenset(helpers), keyword_sizes)


def _written(program: Program, names: Names, function: Function) -> _Body:
    scope = Scope(names)
    writer = StatementWriter(scope)
    writer.body(function.body)
    scope.definitions()  # which use sizes too
    sizes = tuple(dim for dim in program.dims if dim in scope.used)
    return _Body(tuple(writer.lines), scope, frozenset(writer.helpers), sizes)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the functions that compute. `kept`: the sizes that backward needs; `rows`: what predict needs few of."""

    module: ModuleIR[Function]
    names: Names
    shared: _Body | None
    kept: tuple[str, ...]
    rows: tuple[Rows, ...]

    # --- what they are called with -----------------------------------------------------------------
    def forward_door(self, body: _Body) -> tuple[Door, tuple[Term, ...]]:
        """The arguments, and that what it divides by is not 0."""
        program = self.module.program
        equations = (*program.equations, *self.module.backward_program.equations)
        divided = nonzero_conditions(program, equations, size_facts(program))
        inputs, noise = program.of_kind(TensorKind.INPUT), program.of_kind(TensorKind.RANDOM)
        return make_door(program, inputs, noise, self._sizes(body, divided) | set(self.kept)), divided

    def predict_door(self, body: _Body) -> tuple[Door, tuple[Term, ...]]:
        program, own = self.module.program, self.module.predict_program
        assert own is not None
        assert self.module.predict is not None
        divided = nonzero_conditions(own, own.equations, size_facts(own))
        functions = [function for function in (self.module.predict, self.module.shared) if function is not None]
        read = {buffer.name for function in functions for buffer in function.arguments}
        inputs = [tensor for tensor in program.of_kind(TensorKind.INPUT) if tensor.name in read]
        return make_door(program, inputs, (), self._sizes(body, divided)), divided

    def _sizes(self, body: _Body, divided: Iterable[Term]) -> set[str]:
        shared = () if self.shared is None else self.shared.sizes
        return {*body.sizes, *shared, *(dim.name for condition in divided for dim in dims_of(condition))}

    # --- what they compute -------------------------------------------------------------------------
    def forward(self, body: _Body, door: Door, divided: Sequence[Term], keyword_sizes: bool) -> FunctionText:
        names, module = body.names, self.module
        lines = self._head(body, door, divided, keyword_sizes, "forward")
        lines += self._call_of_shared(names, module.shared_results)
        lines += body.lines
        entries = [f'"left by": {names.module("_DIGEST")}', f'"dtype": {names.of("dtype")}']
        entries += [f'"{name}": {names.of(name)}' for name in (*self.kept, *module.cached)]
        if module.program.cotangents:
            return self._layer(names, door, [*lines, "", *collection_lines(entries, "cache = ", "{}", 1)])
        loss = f"{names.of(module.results[0])}[()]"
        returned = collection_lines(entries, f"return {loss}, ", "{}", 1)
        if len(returned) > 1:
            returned = [*collection_lines(entries, "cache = ", "{}", 1), f"    return {loss}, cache"]
        lines += ["", *returned]
        about = "(loss, cache): the loss, a scalar of the parameters' dtype, and what `backward` needs."
        return FunctionText("forward", door.signature(), about, tuple(lines))

    def _layer(self, names: Scope, door: Door, lines: list[str]) -> FunctionText:
        """A layer's forward, whose outputs are the caller's own: the cache keeps those that it needs."""
        results = self.module.results
        for name in results:
            if name in self.module.cached:
                args = [f'"{name} returned"', names.of(name), names.local("take")]
                lines += call_lines(names.module("_copied"), args, f"{names.of(name)} = ")
        outputs = tuple_text([*map(names.of, results)]) if len(results) > 1 else names.of(results[0])
        several = " as a tuple" if len(results) > 1 else ""
        about = f"(outputs, cache): {', '.join(results)}{several}, and what `backward` needs."
        return FunctionText("forward", door.signature(), about, (*lines, f"    return {outputs}, cache"))

    def backward(self, body: _Body) -> FunctionText:
        names = body.names
        kept = [names.of(name) for name in ("dtype", *self.kept, *self.module.cached)]
        lines = unpacking([names.local("take"), *kept], f"{names.module('_kept')}(cache, workspace)")
        cotangents = self.module.program.of_kind(TensorKind.COTANGENT)
        given = self._cotangent_lines(names, cotangents)
        lines += [f"    {line}" for line in names.definitions()]
        lines += [*given, *body.lines, ""]
        lines += collection_lines(self._gradients(names), "return ", "{}", 1)
        about = "The gradients of the loss whose forward pass left the cache: a dict, each of its tensor's shape."
        if cotangents:
            about = "The gradients, a dict, each of its tensor's shape; a cotangent that is left out is zero."
        words = ("cache", *(f"{tensor.name}=None" for tensor in cotangents), "*", "workspace=None")
        return FunctionText("backward", words, about, tuple(lines))

    def _cotangent_lines(self, names: Scope, cotangents: Sequence[Tensor]) -> list[str]:
        if not cotangents:
            return []
        none = " and ".join(f"{tensor.name} is None" for tensor in cotangents)
        expected = f'"a cotangent, {" or ".join(tensor.name for tensor in cotangents)}"'
        args = [f"not ({none})", '"backward"', expected, '"none"', names.module("TypeError")]
        lines = call_lines(names.module("_require"), args)
        for tensor in cotangents:
            shape = extents_text(tensor.shape, names)
            args = [f'"{tensor.name}"', tensor.name, shape, names.of("dtype"), names.local("take")]
            lines += call_lines(names.module("_cotangent"), args, f"{names.of(tensor.name)} = ")
        return lines

    def _gradients(self, names: Scope) -> list[str]:
        """What backward returns; an array is returned once, and never one of the cache's."""
        returned = self.module.returned
        return [f'"{tensor}": {names.of(of)}{".copy()" if copied else ""}' for tensor, of, copied in returned]

    def predict(self, body: _Body, door: Door, divided: Sequence[Term], keyword_sizes: bool) -> FunctionText:
        names, program, function = body.names, self.module.predict_program, self.module.predict
        assert program is not None
        assert function is not None
        lines = self._head(body, door, divided, keyword_sizes, "predict")
        lines += self._few_rows(names)
        read = {*program.outputs, *(buffer.name for buffer in function.arguments)}
        wanted = [name for name in self.module.shared_results if name in read]
        outputs = [
            names.of(name) + ("" if program.table[name].kind is TensorKind.INTERMEDIATE else ".copy()")
            for name in program.outputs
        ]
        lines += self._called_and_returned(names, wanted, body, outputs)
        noise = ", with noise replaced by its mean" if self.module.program.of_kind(TensorKind.RANDOM) else ""
        about = f"The outputs ({', '.join(program.outputs)}){noise}."
        return FunctionText("predict", door.signature(), about, tuple(lines))

    def _few_rows(self, names: Scope) -> list[str]:
        """Storage of a few rows for what needs no more."""
        if not self.rows:
            return []
        take, counts, function = names.local("take"), names.local("counts"), names.module(Helper.LAST_ROWS.value)
        entries = [f'"{names.of(each.tensor)}": ({each.axis}, {each.count})' for each in self.rows]
        return [
            "    # of these the last rows are enough, {name: (axis, how many)}",
            *collection_lines(entries, f"{counts} = ", "{}", 1),
            f"    {take} = {function}({take}, {counts})",
        ]

    def _called_and_returned(
        self, names: Scope, wanted: Sequence[str], body: _Body, outputs: Sequence[str]
    ) -> list[str]:
        """The call of what is shared, the body, and the outputs."""
        alone = [names.of(name) for name in self.module.shared_results[:1]]
        if not body.lines and self.shared is not None and outputs == alone:
            lines = call_lines(names.module("_shared"), self._handed(names), "return ")
            place = "[0]" if len(self.module.shared_results) > 1 else ""
            if len(lines[-1]) + len(place) <= WIDTH:
                return [*lines[:-1], f"{lines[-1]}{place}"]
        called = self._call_of_shared(names, wanted)
        return [*called, *body.lines, *([""] if body.lines else []), *_returned(outputs)]

    def shared_part(self, body: _Body) -> FunctionText:
        names, function = body.names, self.module.shared
        assert function is not None
        results = [names.of(name) for name in self.module.shared_results]
        lines = [f"    {line}" for line in names.definitions()]
        first = 1 if not lines and body.lines[:1] == ("",) else 0  # no empty line under the docstring
        lines += [*body.lines[first:], *_returned(results)]
        about = "What `forward` and `predict` compute alike."
        return FunctionText("_shared", tuple(self._handed(names)), about, tuple(lines))

    def _call_of_shared(self, names: Scope, wanted: Sequence[str]) -> list[str]:
        """The call of what is shared, whose first results are those wanted."""
        if self.shared is None:
            return []
        results = self.module.shared_results
        assert list(results[: len(wanted)]) == list(wanted)
        targets = [*map(names.of, wanted), *(["*_"] if len(wanted) < len(results) else [])]
        handed, function = self._handed(names), names.module("_shared")
        lines = call_lines(function, handed, f"{', '.join(targets)} = ")
        if len(lines) == 1 or len(targets) < 5:
            return lines
        held = names.local("shared")
        return [*call_lines(function, handed, f"{held} = "), *unpacking(targets, held)]

    def _handed(self, names: Scope) -> list[str]:
        """What the shared part is called with."""
        assert self.shared is not None
        assert self.module.shared is not None
        arguments = (*self.shared.sizes, *(buffer.name for buffer in self.module.shared.arguments))
        return [names.local("take"), names.of("dtype"), *map(names.of, arguments)]

    # --- how they begin ----------------------------------------------------------------------------
    def _head(self, body: _Body, door: Door, divided: Sequence[Term], keyword_sizes: bool, function: str) -> list[str]:
        names, dims = body.names, self.module.program.dims
        opening = opening_lines(door, names, keyword_sizes)
        opening += condition_lines(divided, dims, names, function, dividing=True)
        checks = condition_lines(assumed_conditions(self.module.program, door), dims, names, function)
        checks += noise_lines(door.noise, names)
        return [*opening, *(f"    {line}" for line in names.definitions()), *checks]


def _returned(values: Sequence[str]) -> list[str]:
    """`return a, b`."""
    text = f"    return {', '.join(values)}"
    return [text] if len(text) <= WIDTH else collection_lines(values, "return ", "()", 1)


def _value_and_grad(names: Names, door: Door) -> FunctionText:
    lines = [
        *call_lines(names.module("forward"), [door.passing], "loss, cache = "),
        f"    return loss, {names.module('backward')}(cache, workspace=workspace)",
    ]
    return FunctionText("value_and_grad", door.signature(), "(loss, gradients).", tuple(lines))


def _vjp(names: Names, door: Door, cotangents: Sequence[Tensor]) -> FunctionText:
    given = ", ".join(tensor.name for tensor in cotangents)
    lines = [
        *call_lines(names.module("forward"), [door.passing], "outputs, cache = "),
        f"    return outputs, {names.module('backward')}(cache, {given}, workspace=workspace)",
    ]
    words = door.signature(f"{tensor.name}=None" for tensor in cotangents)
    return FunctionText("vjp", words, "(outputs, gradients): see `forward` and `backward`.", tuple(lines))


# --- what is there before the first step ---------------------------------------------------------------
def _initial(program: Program, names: Names) -> tuple[tuple[FunctionText, ...], set[Helper]]:
    parameters, buffers = program.of_kind(TensorKind.PARAMETER), program.of_kind(TensorKind.BUFFER)
    lines, helpers = initial_body(program, parameters, Scope(names), "params", "rng")
    about = "Initial parameters, a dict of arrays. `rng`: a NumPy Generator or a seed."
    words: tuple[str, ...] = ("rng", "*", *initial_sizes(program, parameters), "dtype=np.float32")
    functions = [FunctionText("init_params", words, about, tuple(lines))]
    if buffers:
        lines, more = initial_body(program, buffers, Scope(names), "buffers", "0")
        helpers |= more
        words = ("*", *initial_sizes(program, buffers), "dtype=np.float32")
        functions.append(FunctionText("init_buffers", words, "Initial buffers, a dict of arrays.", tuple(lines)))
    return tuple(functions), helpers


def _next_buffers(program: Program, names: Names) -> FunctionText:
    following = dict(program.updates)
    buffers = [tensor.name for tensor in program.of_kind(TensorKind.BUFFER)]
    entries = [f'"{name}": cache["{following.get(name, name)}"].copy()' for name in buffers]
    lines = [f"    {names.module('_kept')}(cache, None)", *table_lines(entries, "return ", 1)]
    about = "The buffers after the step whose forward pass left the cache."
    return FunctionText("next_buffers", ("cache",), about, tuple(lines))


__all__ = ["FunctionText", "Functions", "functions_of"]
