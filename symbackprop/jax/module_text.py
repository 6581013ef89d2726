"""The text of a module in JAX: pure functions over dicts of arrays, the loss with its derived `custom_vjp`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.array_text.heads import read_sizes, unpacked
from symbackprop.array_text.line_breaks import wrapped
from symbackprop.array_text.weights import without_guards
from symbackprop.jax.library import JaxLibrary
from symbackprop.jax.loops import JaxSpelling, JaxStatements
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.python_text.bracketed import dict_text, one_or_several, tuple_text
from symbackprop.python_text.digest import digest, fixed_text
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.initial_values import Drawn, initial_sizes, start_of
from symbackprop.python_text.module_tables import listed, module_tables
from symbackprop.python_text.python_lines import collection_lines, names_text, table_lines
from symbackprop.python_text.scalars import PLAIN, Naming, Plain, condition_text, poly_text, scalar_text
from symbackprop.resources import fields_of, filled
from symbackprop.schedule.numbering import by_label
from symbackprop.terms.divisors import nonzero_conditions
from symbackprop.terms.leaves import dims_of
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Distribution, DType, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.size_facts import size_conditions
from symbackprop.version import VERSION

TEMPLATES = ("module.py.j2",)
HELPERS = ("log_cosh", "exp_normalized", "sliding_window_view", "look_up", "add_inside")
OWN = ("_forward", "_adjoints", "_predict", "_arguments")  # functions of the module that others of it call
_GIVEN = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes: `positional` inputs, and by name alone sizes that no shape gives, buffers and noise.
    `cotangents`: of a layer's outputs, which stand behind its inputs where gradients are asked for."""

    positional: tuple[str, ...]
    sizes: tuple[str, ...]
    buffers: bool
    noise: tuple[str, ...]
    cotangents: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self._text(())

    @property
    def gradients(self) -> str:
        """That of what returns gradients."""
        return self._text([f"{name}=None" for name in self.cotangents])

    def _text(self, more: Sequence[str]) -> str:
        keywords = [*self.sizes, *(["buffers"] if self.buffers else []), *(f"{name}=None" for name in self.noise)]
        keywords += ["rng=None"] if self.noise else []
        return ", ".join(["params", *self.positional, *more, *(["*", *keywords] if keywords else [])])

    @property
    def given(self) -> str:
        """The arguments of `_arguments`."""
        inputs = dict_text([(name, name) for name in (*self.positional, *self.noise)])
        sizes = dict_text([(name, name) for name in self.sizes])
        return f"params, {inputs}, {'buffers' if self.buffers else '{}'}, {'rng' if self.noise else 'None'}, {sizes}"


@dataclass(frozen=True, slots=True)
class ModuleText:
    """Everything that the template is filled with, each field a hole of it."""

    name: str
    dims: tuple[str, ...]
    at: str  # the sizes that are fixed, behind the name
    version: str
    digest: str
    equations: tuple[str, ...]  # lines, and so are
    gradients: tuple[str, ...]  # the equations of the backward pass
    layer: bool  # whether there are outputs and no loss
    tables: tuple[str, ...]  # lines
    differentiable: tuple[str, ...]  # lines: what `custom_vjp` has a derivative by
    conditions: tuple[str, ...]  # lines: what holds of sizes, with those that stand in it
    called: Mapping[str, str]  # what the module's own names are, and variables of its functions
    helpers: tuple[str, ...]
    initial: tuple[tuple[str, str, tuple[str, ...]], ...]  # functions of initial values: name, sizes, lines
    training: Signature
    predicting: Signature | None
    forward: tuple[str, ...]  # lines
    backward: tuple[str, ...]
    predict: tuple[str, ...]
    cotangents: tuple[tuple[str, str], ...]  # of a layer's outputs: (output, cotangent)
    predicted: tuple[str, ...]
    updates: tuple[str, ...]  # lines: the buffers' next values
    drawn: tuple[tuple[str, str], ...]  # noise: (name, how it is drawn)
    bounded: tuple[tuple[str, str], ...]  # integers: (name, the exclusive bound)


def emit(module: ModuleIR[Function], wrt: Sequence[str]) -> str:
    """The module's source, the same for the same network everywhere.

    `module`: with the adjoints of every tensor that `custom_vjp` returns; `wrt`: those that `value_and_grad` does.
    """
    return filled("jax", TEMPLATES, fields_of(_Writer(module, wrt).text()))


class _Writer:
    def __init__(self, module: ModuleIR[Function], wrt: Sequence[str]) -> None:
        assert module.shared is None
        self.module, self.program, self.wrt = module, module.program, wrt
        self.programs = [p for p in (module.program, module.backward_program, module.predict_program) if p is not None]
        tensors = [tensor for program in self.programs for tensor in program.tensors]
        self.table = {tensor.name: tensor for tensor in reversed(tensors)}
        self.names = Names({*self.program.dims, *self.table}, ("jax", "jnp"))
        self.names.hold_extents(tensors, "{}{}_size")
        self.library = JaxLibrary()
        self.helpers: set[str] = set()
        for own in OWN:
            self.names.module(own)
        self.cotangents = tuple(cotangent for _, cotangent in self.program.cotangents)

    def text(self) -> ModuleText:
        """The module's text in parts."""
        module, program, back = self.module, self.program, self.module.backward_program
        printer = Printer(Namer.of(program.with_(tensors=tuple({**back.table, **program.table}.values()))))
        predict = module.predict_program
        backward, carried = self._backward()
        training, forward = self._forward(carried)
        predicting, predicted = self._predict()
        known = [name for name, _ in module.gradients if program.table[name].kind in _GIVEN]
        return ModuleText(
            name=program.name,
            dims=program.dims,
            at=fixed_text(program),
            version=VERSION,
            digest=digest(module),
            equations=listed(printer.labelled(equation) for equation in by_label(program.equations)),
            gradients=listed(printer.labelled(equation) for equation in by_label(back.equations)),
            layer=bool(program.cotangents),
            tables=tuple(module_tables(program, predict, self.wrt, every=True)),
            differentiable=tuple(collection_lines([f'"{name}"' for name in known], "_DIFFERENTIABLE = ", "()")),
            conditions=tuple(self._conditions()),
            forward=tuple(forward),
            backward=tuple(backward),
            predict=tuple(predicted),
            called={**self.names.aliases, **{name: self.names.local(name) for name in ("given", "cache")}},
            helpers=tuple(helper for helper in HELPERS if helper in self.helpers),
            initial=tuple(self._initial()),
            training=training,
            predicting=predicting,
            cotangents=program.cotangents,
            predicted=predict.outputs if predict is not None else (),
            updates=tuple(table_lines([f'"{buffer}": cache["{t}"]' for buffer, t in program.updates], "return ", 1))
            if program.updates else (),
            drawn=tuple((t.name, self._draw(t)) for t in program.of_kind(TensorKind.RANDOM)),
            bounded=tuple((t.name, poly_text(t.high)) for t in program.tensors
                          if t.high is not None and t.kind is TensorKind.INPUT),
        )  # fmt: skip

    # --- functions -----------------------------------------------------------------------------------
    def _body(self, function: Function, kept: Iterable[str]) -> tuple[JaxSpelling, list[str]]:
        spelling = JaxSpelling(self.names, self.library)
        statements = JaxStatements(spelling, {**self.table, **function.tensors}, function.facts, kept, function.given)
        statements.body(without_guards(function.body, self.programs, function.facts))
        self.helpers |= spelling.helpers
        return spelling, statements.lines

    def _head(
        self, spelling: JaxSpelling, given: Sequence[str], source: str, also: Sequence[str] = ()
    ) -> tuple[list[str], list[str]]:
        """(lines that name what is given in the table `source` and the sizes, the sizes that no shape there gives)."""
        compound = spelling.definitions()
        lines = unpacked([(spelling.of(name), f'{source}["{name}"]') for name in given])
        wanted = [dim for dim in self.program.dims if dim in spelling.used or dim in also]
        arguments = [(self.table[name], spelling.of(name)) for name in given]
        sizes, missing = read_sizes(spelling, arguments, wanted)
        return [*lines, *sizes, *compound], missing

    def _forward(self, carried: Sequence[str] | None) -> tuple[Signature, list[str]]:
        """`carried`: as `_backward` returns it."""
        program, cached = self.program, self.module.cached
        spelling, begin, lines = self._given(self.module.forward, (*program.results, *cached), carried or ())
        of = spelling.of
        results = one_or_several([self._array(spelling, name) for name in program.results])
        kept = [(name, of(name)) for name in cached]
        kept += [(cotangent, f"jnp.zeros_like({of(output)})") for output, cotangent in program.cotangents]
        if carried is not None:
            kept.append(("sizes", f"jnp.zeros({tuple_text([*map(of, carried), '0'])}, {spelling.dtype})"))
        inputs, noise = program.of_kind(TensorKind.INPUT), program.of_kind(TensorKind.RANDOM)
        signature = self._signature(spelling, inputs, noise, self.cotangents)
        return signature, [*begin, *lines, *wrapped(f"    return {results}, {dict_text(kept)}")]

    def _predict(self) -> tuple[Signature | None, list[str]]:
        function, program = self.module.predict, self.module.predict_program
        if function is None or program is None:
            return None, []
        spelling, begin, lines = self._given(function, program.outputs)
        results = one_or_several([self._array(spelling, name) for name in program.outputs])
        inputs = [tensor for tensor in program.of_kind(TensorKind.INPUT) if tensor.name in function.given]
        return self._signature(spelling, inputs), [*begin, *lines, *wrapped(f"    return {results}")]

    def _given(
        self, function: Function, kept: Iterable[str], also: Sequence[str] = ()
    ) -> tuple[JaxSpelling, list[str], list[str]]:
        """(spelling, first lines, lines) of a function of what the door hands on. `also`: sizes that it names."""
        spelling, lines = self._body(function, kept)
        source = spelling.local("given")
        head, missing = self._head(spelling, function.given, source, also)
        begin = [f'{spelling.of(name)} = {source}["{name}"]' for name in missing]
        return spelling, [f"    {line}" for line in [f'{spelling.dtype} = {source}["dtype"]', *begin, *head]], lines

    def _backward(self) -> tuple[list[str], list[str] | None]:
        """(lines, the sizes that an empty array of the dtype is to tell it, if it needs that: sizes or the dtype that
        nothing else shows)."""
        module, cached = self.module, (*self.module.cached, *self.cotangents)
        spelling, lines = self._body(module.backward, [adjoint for _, adjoint in module.gradients])
        of, source = spelling.of, spelling.local("cache")
        end = wrapped(
            f"    return {dict_text([(n, self._array(spelling, adjoint)) for n, adjoint in module.gradients])}"
        )
        head, missing = self._head(spelling, [name for name in cached if name in spelling.used], source)
        floats = [name for name in cached if self.table[name].dtype is DType.FLOAT]
        carried = missing if missing or not floats else None
        begin = [f'{spelling.dtype} = {source}["{floats[0] if floats else "sizes"}"].dtype']
        if missing:
            begin.append(f'{", ".join(map(of, missing))}, _ = {source}["sizes"].shape')
        return [f"    {line}" for line in [*begin, *head]] + lines + end, carried

    def _array(self, spelling: JaxSpelling, name: str) -> str:
        """The tensor, as an array of the dtype: what has no axes may be a number."""
        variable = spelling.of(name)
        return variable if self.table[name].rank else f"jnp.asarray({variable}, {spelling.dtype})"

    # --- sizes ---------------------------------------------------------------------------------------
    def _signature(
        self, spelling: JaxSpelling, inputs: Sequence[Tensor], noise: Sequence[Tensor] = (),
        cotangents: tuple[str, ...] = (),
    ) -> Signature:  # fmt: skip
        """Of a function that uses what the spelling has been asked for; sizes that no shape gives are keywords."""
        buffers = self.program.of_kind(TensorKind.BUFFER)
        arguments = [*self.program.of_kind(TensorKind.PARAMETER), *inputs, *buffers]
        extents = [extent for tensor in (*arguments, *noise) for extent in tensor.shape]
        extents += [tensor.high for tensor in inputs if tensor.high is not None]
        terms = [argument for tensor in noise if tensor.noise for argument in tensor.noise.arguments]
        wanted = {dim.name for extent in extents for dim in extent.dims()} | spelling.used
        wanted |= {dim.name for term in terms for dim in dims_of(term)}
        shown = {extent.atom.name for tensor in arguments for extent in tensor.shape if isinstance(extent.atom, Dim)}
        sizes = tuple(dim for dim in self.program.dims if dim in wanted - shown)
        names = (tuple(tensor.name for tensor in tensors) for tensors in (inputs, noise))
        positional, drawn = names
        return Signature(positional, sizes, bool(buffers), drawn, cotangents)

    def _conditions(self) -> Iterable[str]:
        """What is declared of sizes, and those by which something is divided are not 0."""
        conditions = dict.fromkeys([*size_conditions(self.program), *nonzero_conditions(self.program, (), Facts())])
        entries = []
        for condition in conditions:
            dims = dict.fromkeys(dim.name for dim in dims_of(condition))
            entries.append(f'({names_text(list(dims))}, "{condition_text(condition)}")')
        return collection_lines(entries, "_CONDITIONS = ", "()")

    # --- beginnings ------------------------------------------------------------------------------------
    def _initial(self) -> Iterable[tuple[str, str, tuple[str, ...]]]:
        for name, kind in (("init_params", TensorKind.PARAMETER), ("init_buffers", TensorKind.BUFFER)):
            tensors = self.program.of_kind(kind)
            if not tensors and kind is TensorKind.BUFFER:
                continue
            scope = JaxSpelling(self.names, self.library)
            entries = [f'"{t.name}": {self._start(t, place, scope)},' for place, t in enumerate(tensors)]
            keywords = ", ".join([*initial_sizes(self.program, tensors), "dtype=jnp.float32"])
            lines = [*scope.definitions(), "return {", *(f"    {entry}" for entry in entries), "}"]
            yield name, keywords, tuple(lines)

    def _start(self, tensor: Tensor, place: int, scope: Scope) -> str:
        shape = _shape_text(tensor.shape, scope)
        start = start_of(tensor)
        scale = scalar_text(start.scale, scope, 2)
        key = f"jax.random.fold_in(key, {place})"
        match start.drawn:
            case Drawn.CONSTANT:
                return f"jnp.full({shape}, {scale}, dtype)"
            case Drawn.NORMAL:
                return f"{scale} * jax.random.normal({key}, {shape}, dtype)"
            case Drawn.UNIFORM:
                return f"{scale} * jax.random.uniform({key}, {shape}, dtype, -1, 1)"

    def _draw(self, tensor: Tensor) -> str:
        """How noise is drawn, of a key, a shape and a dtype, in the sizes by their own names."""
        assert tensor.noise is not None
        args = [scalar_text(arg, Plain(self.library), 3) for arg in tensor.noise.arguments]
        shape = _shape_text(tensor.shape, PLAIN)
        match tensor.noise.distribution:
            case Distribution.BERNOULLI:
                return f"jax.random.bernoulli(key, {args[0]}, {shape}).astype(dtype)"
            case Distribution.NORMAL:
                return f"{args[0]} + {args[1]} * jax.random.normal(key, {shape}, dtype)"
            case Distribution.UNIFORM:
                return f"jax.random.uniform(key, {shape}, dtype, {args[0]}, {args[1]})"


def _shape_text(shape: Sequence[Poly], names: Naming) -> str:
    return tuple_text([poly_text(extent, names) for extent in shape]) if shape else "()"


__all__ = ["emit"]
