"""The functions of a generated module as text: what they are called with, compute and return."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.lower.module_values import ModuleIR
from symbackprop.numpy.array import Function
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.helpers import Helper, helpers_in
from symbackprop.numpy.kept_rows import Rows, rows_needed
from symbackprop.numpy.lifetimes import Life, Lives, lives_of
from symbackprop.numpy.statement_text import StatementWriter
from symbackprop.numpy.storage_text import Storage, Storages, storage_of
from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.door import (
    Door,
    assumed_conditions,
    condition_lines,
    cotangent_lines,
    make_door,
    noise_lines,
    opening_lines,
)
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.init_params import initial_functions
from symbackprop.python_text.initial_values import start_arguments
from symbackprop.python_text.python_lines import (
    WIDTH,
    FunctionText,
    call_lines,
    collection_lines,
    returned_lines,
    table_lines,
    unpacking,
)
from symbackprop.terms.divisors import nonzero_conditions
from symbackprop.terms.leaves import dims_of
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.size_facts import size_facts
from symbackprop.terms.term import Term


@dataclass(frozen=True, slots=True)
class Functions:
    """Those of one module: `initial` give parameters and buffers, `computing` the loss and what follows from it,
    `storage` what those compute in, `makes` the table of those.

    `forward`: what it is called with; `helpers`: those that are called; `keyword_sizes`: whether some
    function has sizes as keywords; `moments`: the last of forward, and the one after all others.
    """

    initial: tuple[FunctionText, ...]
    computing: tuple[FunctionText, ...]
    storage: tuple[FunctionText, ...]
    makes: tuple[str, ...]
    forward: Door
    helpers: frozenset[Helper]
    keyword_sizes: bool
    moments: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Body:
    """A function's statements as text, with the names and sizes that they use and the helpers that they call.

    `storage`: what is there before.
    """

    lines: tuple[str, ...]
    names: Scope
    helpers: frozenset[Helper]
    sizes: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]  # variables, and those of their copies
    storage: Storage | None


def functions_of(module: ModuleIR[Function], names: Names) -> Functions:
    """The functions of the module."""
    program = module.program
    cotangents = program.of_kind(TensorKind.COTANGENT)
    # a layer's outputs are the caller's own, and the cache keeps those that it needs
    copied = [name for name in module.results if name in module.cached] if cotangents else []
    lives = lives_of(module)
    bodies = {
        function.name: _written(
            program, names, function, lives,
            copied if function is module.forward else (), takes=bool(cotangents) and function is module.backward,
        )
        for function in module.functions
    }  # fmt: skip
    running = [function for function in (module.shared, module.predict) if function is not None]
    rows = rows_needed(running, module.predict_program.outputs) if module.predict_program is not None else ()
    storages = {name: body.storage for name, body in bodies.items() if body.storage is not None}
    storage = Storages(names, program.dims, storages, bool(rows))
    shapes = {dim.name for tensor in cotangents for extent in tensor.shape for dim in extent.dims()}
    wanted = {*shapes, *bodies["backward"].sizes, *storage.sizes("backward")}
    writer = _Writer(module, names, bodies, storage, tuple(dim for dim in program.dims if dim in wanted), rows)
    computing, forward_door, keyword_sizes = writer.computing()
    initial = initial_functions(module.program, names)
    if module.program.of_kind(TensorKind.BUFFER):
        initial = (*initial, _next_buffers(module.program, names))
    helpers = initial_helpers(program).union(*(body.helpers for body in bodies.values())) | (
        {Helper.LAST_ROWS} if rows else set()
    )
    return Functions(
        initial, computing, tuple(each.function for each in storages.values()), tuple(storage.table()), forward_door,
        frozenset(helpers), keyword_sizes, (lives.forward, lives.kept),
    )  # fmt: skip


def _written(
    program: Program, names: Names, function: Function, lives: Lives, copied: Sequence[str], takes: bool
) -> _Body:
    """`copied`: tensors of which there are copies; `takes`: whether more storage is wanted than statements want."""
    scope, there = Scope(names), Scope(names)  # of what is computed, and of what that finds there
    bound = Bound(there, lives.of[function.name], lives.places[function.name])
    bound.takes = takes
    writer = StatementWriter(scope, bound)
    writer.body(function.body)
    lines = [*writer.let_lines(scope), *writer.lines]
    returned = Life(lives.forward, lives.forward, lives.kept)
    copies = tuple((scope.of(name), bound.copy(function.buffer(name), returned)) for name in copied)
    storage = storage_of(function.name, program.dims, writer)
    scope.definitions()  # which use sizes too
    sizes = tuple(dim for dim in program.dims if dim in scope.used)
    return _Body(tuple(lines), scope, frozenset(writer.helpers), sizes, copies, storage)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the functions that compute. `bodies`: by their names; `kept`: the sizes that backward needs; `rows`: what
    predict needs few of."""

    module: ModuleIR[Function]
    names: Names
    bodies: Mapping[str, _Body]
    storages: Storages
    kept: tuple[str, ...]
    rows: tuple[Rows, ...]

    @property
    def shared(self) -> _Body | None:
        return self.bodies.get("shared")

    def computing(self) -> tuple[tuple[FunctionText, ...], Door, bool]:
        """The functions, what forward is called with, and whether some have sizes as keywords."""
        forward, predict = self.bodies["forward"], self.bodies.get("predict")
        door, divided = self.forward_door(forward)
        predict_door, divided_there = (None, ()) if predict is None else self.predict_door(predict)
        keyword_sizes = any(each.keywords for each in (door, predict_door) if each is not None)
        functions = [
            self.forward(forward, door, divided, keyword_sizes),
            self.backward(self.bodies["backward"]),
            self.step(door),
        ]
        if predict is not None and predict_door is not None:
            functions.append(self.predict(predict, predict_door, divided_there, keyword_sizes))
        if self.shared is not None:
            functions.append(self.shared_part(self.shared))
        return tuple(functions), door, keyword_sizes

    # --- what they are called with -----------------------------------------------------------------
    def forward_door(self, body: _Body) -> tuple[Door, tuple[Term, ...]]:
        """The arguments, and that what it divides by is not 0."""
        program = self.module.program
        equations = (*program.equations, *self.module.backward_program.equations)
        divided = nonzero_conditions(program, equations, size_facts(program))
        inputs, noise = program.of_kind(TensorKind.INPUT), program.of_kind(TensorKind.RANDOM)
        return make_door(program, inputs, noise, self._sizes("forward", body, divided) | set(self.kept)), divided

    def predict_door(self, body: _Body) -> tuple[Door, tuple[Term, ...]]:
        program, own = self.module.program, self.module.predict_program
        assert own is not None
        assert self.module.predict is not None
        divided = nonzero_conditions(own, own.equations, size_facts(own))
        functions = [function for function in (self.module.predict, self.module.shared) if function is not None]
        read = {buffer.name for function in functions for buffer in function.arguments}
        inputs = [tensor for tensor in program.of_kind(TensorKind.INPUT) if tensor.name in read]
        return make_door(program, inputs, (), self._sizes("predict", body, divided)), divided

    def _sizes(self, phase: str, body: _Body, divided: Iterable[Term]) -> set[str]:
        shared = () if self.shared is None else self.shared.sizes
        own = (dim.name for condition in divided for dim in dims_of(condition))
        return {*body.sizes, *shared, *self.storages.sizes(phase), *own}

    # --- what they compute -------------------------------------------------------------------------
    def forward(self, body: _Body, door: Door, divided: Sequence[Term], keyword_sizes: bool) -> FunctionText:
        names, module = body.names, self.module
        lines = self._head(body, door, divided, keyword_sizes, "forward")
        lines += self.storages.opening("forward", names)
        lines += self._call_of_shared(names, module.shared_results)
        lines += [*self.storages.unpacked("forward", names), *body.lines]
        entries = [f'"left by": {names.module("_DIGEST")}', f'"dtype": {names.of("dtype")}']
        entries += [f'"{name}": {names.of(name)}' for name in (*self.kept, *module.cached)]
        if module.program.cotangents:
            return self._layer(body, door, [*lines, "", *collection_lines(entries, "cache = ", "{}", 1)])
        loss = f"{names.of(module.results[0])}[()]"
        lines += ["", *collection_lines(entries, f"return {loss}, ", "{}", 1)]
        about = "(loss, cache): the loss, a scalar of the parameters' dtype, and what `backward` needs."
        return FunctionText("forward", door.signature(), about, tuple(lines))

    def _layer(self, body: _Body, door: Door, lines: list[str]) -> FunctionText:
        names, results, copies = body.names, self.module.results, dict(body.copies)
        lines += [f"    np.copyto({copy}, {name})" for name, copy in body.copies]
        variables = [copies.get(name, name) for name in map(names.of, results)]
        outputs = tuple_text(variables) if len(results) > 1 else variables[0]
        several = " as a tuple" if len(results) > 1 else ""
        about = f"(outputs, cache): {', '.join(results)}{several}, and what `backward` needs."
        return FunctionText("forward", door.signature(), about, (*lines, f"    return {outputs}, cache"))

    def backward(self, body: _Body) -> FunctionText:
        names = body.names
        kept = [names.of(name) for name in ("dtype", *self.kept, *self.module.cached)]
        lines = unpacking([names.local("_"), *kept], f"{names.module('_kept')}(cache, workspace)")
        cotangents = self.module.program.of_kind(TensorKind.COTANGENT)
        given = cotangent_lines(names, cotangents, names.of("dtype"), names.local("take")) if cotangents else []
        lines += [f"    {line}" for line in names.definitions()]
        lines += [*self.storages.opening("backward", names), *self.storages.unpacked("backward", names)]
        lines += [*given, *body.lines, ""]
        lines += collection_lines(self._gradients(names), "return ", "{}", 1)
        about = "The gradients of the loss whose forward pass left the cache: a dict, each of its tensor's shape."
        if cotangents:
            about = "The gradients, a dict, each of its tensor's shape; a cotangent that is left out is zero."
        words = ("cache", *(f"{tensor.name}=None" for tensor in cotangents), "*", "workspace=None")
        return FunctionText("backward", words, about, tuple(lines))

    def _gradients(self, names: Scope) -> list[str]:
        """What backward returns; an array is returned once, and never one of the cache's."""
        returned = self.module.returned
        return [f'"{tensor}": {names.of(of)}{".copy()" if copied else ""}' for tensor, of, copied in returned]

    def step(self, door: Door) -> FunctionText:
        """The two in one call."""
        names = self.names
        cotangents = [tensor.name for tensor in self.module.program.of_kind(TensorKind.COTANGENT)]
        results, given = "outputs" if cotangents else "loss", ", ".join(["cache", *cotangents])
        lines = [
            f"    workspace = {names.module('_spending')}(workspace)",
            "    try:",
            *call_lines(names.module("forward"), [door.passing], f"{results}, cache = ", 2),
            f"        return {results}, {names.module('backward')}({given}, workspace=workspace)",
            "    finally:",
            "        workspace._spends = False",
        ]
        words = door.signature(f"{name}=None" for name in cotangents)
        about = "(outputs, gradients): see `forward` and `backward`." if cotangents else "(loss, gradients)."
        return FunctionText("vjp" if cotangents else "value_and_grad", words, about, tuple(lines))

    def predict(self, body: _Body, door: Door, divided: Sequence[Term], keyword_sizes: bool) -> FunctionText:
        names, program, function = body.names, self.module.predict_program, self.module.predict
        assert program is not None
        assert function is not None
        lines = self._head(body, door, divided, keyword_sizes, "predict")
        lines += self._rows_lines(names)
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

    def _rows_lines(self, names: Scope) -> list[str]:
        """What needs storage of a few rows alone."""
        if not self.rows:
            return []
        entries = [f'"{names.of(each.tensor)}": ({each.axis}, {each.count})' for each in self.rows]
        return [
            "    # of these the last rows are enough, {name: (axis, how many)}",
            *collection_lines(entries, f"{names.local('rows')} = ", "{}", 1),
        ]

    def _called_and_returned(
        self, names: Scope, wanted: Sequence[str], body: _Body, outputs: Sequence[str]
    ) -> list[str]:
        """The call of what is shared, the body, and the outputs."""
        opening = self.storages.opening("predict", names)
        alone = [names.of(name) for name in self.module.shared_results[:1]]
        if not body.lines and self.shared is not None and outputs == alone:
            lines = call_lines(names.module("_shared"), self._handed(names), "return ")
            place = "[0]" if len(self.module.shared_results) > 1 else ""
            if len(lines[-1]) + len(place) <= WIDTH:
                return [*opening, *lines[:-1], f"{lines[-1]}{place}"]
        called = self._call_of_shared(names, wanted)
        lines = [*self.storages.unpacked("predict", names), *body.lines, *([""] if body.lines else [])]
        return [*opening, *called, *lines, *returned_lines(outputs)]

    def shared_part(self, body: _Body) -> FunctionText:
        names, function = body.names, self.module.shared
        assert function is not None
        results = [names.of(name) for name in self.module.shared_results]
        lines = [f"    {line}" for line in names.definitions()]
        lines += self.storages.unpacked("shared", names)
        first = 1 if not lines and body.lines[:1] == ("",) else 0  # no empty line under the docstring
        lines += [*body.lines[first:], *returned_lines(results)]
        about = "What `forward` and `predict` compute alike."
        words = tuple(self._handed(names))
        return FunctionText("_shared", words, about, tuple(lines))

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
        """What the shared part is called with: its storage, sizes and tensors."""
        assert self.shared is not None
        assert self.module.shared is not None
        arguments = (*self.shared.sizes, *(buffer.name for buffer in self.module.shared.arguments))
        return [*([names.local("storage")] if "shared" in self.storages.of else []), *map(names.of, arguments)]

    # --- how they begin ----------------------------------------------------------------------------
    def _head(self, body: _Body, door: Door, divided: Sequence[Term], keyword_sizes: bool, function: str) -> list[str]:
        names, dims = body.names, self.module.program.dims
        opening = opening_lines(door, names, keyword_sizes)
        opening += condition_lines(divided, dims, names, function, dividing=True)
        checks = condition_lines(assumed_conditions(self.module.program, door), dims, names, function)
        checks += noise_lines(door.noise, names)
        return [*opening, *(f"    {line}" for line in names.definitions()), *checks]


# --- what is there before the first step ---------------------------------------------------------------
def initial_helpers(program: Program) -> set[Helper]:
    """The helpers that the functions call which give parameters and buffers."""
    given = start_arguments(program.of_kind(TensorKind.PARAMETER, TensorKind.BUFFER))
    return {helper for argument in given for helper in helpers_in(argument)}


def _next_buffers(program: Program, names: Names) -> FunctionText:
    following = dict(program.updates)
    buffers = [tensor.name for tensor in program.of_kind(TensorKind.BUFFER)]
    entries = [f'"{name}": cache["{following.get(name, name)}"].copy()' for name in buffers]
    lines = [f"    {names.module('_kept')}(cache)", *table_lines(entries, "return ", 1)]
    about = "The buffers after the step whose forward pass left the cache."
    return FunctionText("next_buffers", ("cache",), about, tuple(lines))


__all__ = ["Functions", "functions_of", "initial_helpers"]
