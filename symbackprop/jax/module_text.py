"""The text of a module in JAX: pure functions over dicts of arrays, the loss with its derived `custom_vjp`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

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
from symbackprop.python_text.python_lines import collection_lines, table_lines
from symbackprop.python_text.scalars import PLAIN, Naming, poly_text, scalar_text
from symbackprop.resources import fields_of, filled
from symbackprop.schedule.numbering import by_label
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Distribution, DType, Tensor, TensorKind
from symbackprop.terms.show import Namer, Printer
from symbackprop.version import VERSION

TEMPLATES = ("module.py.j2",)
HELPERS = ("log_cosh", "exp_normalized", "sliding_window_view", "look_up", "add_inside")
OWN = ("_forward", "_adjoints", "_predict", "_arguments")  # functions of the module that others of it call
_GIVEN = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes: `positional` inputs, and by name alone sizes that no shape gives, buffers and noise."""

    positional: tuple[str, ...]
    sizes: tuple[str, ...]
    buffers: bool
    noise: tuple[str, ...]

    @property
    def text(self) -> str:
        keywords = [*self.sizes, *(["buffers"] if self.buffers else []), *(f"{name}=None" for name in self.noise)]
        keywords += ["rng=None"] if self.noise else []
        return ", ".join(["params", *self.positional, *(["*", *keywords] if keywords else [])])

    @property
    def given(self) -> str:
        """The arguments by name, as tables."""
        noise = [f'"{name}": {name}' for name in self.noise]
        inputs = "{" + ", ".join([f'"{name}": {name}' for name in self.positional] + noise) + "}"
        sizes = "{" + ", ".join(f'"{name}": {name}' for name in self.sizes) + "}"
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
    called: Mapping[str, str]  # what the module's own names are
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
        programs = (module.program, module.backward_program, module.predict_program)
        tensors = [tensor for program in programs if program is not None for tensor in program.tensors]
        self.table = {tensor.name: tensor for tensor in reversed(tensors)}
        self.names = Names({*self.program.dims, *self.table}, ("jax", "jnp", "np"))
        self.names.hold_extents(tensors, "{}{}_size")
        self.library = JaxLibrary()
        self.helpers: set[str] = set()
        for own in OWN:
            self.names.module(own)

    def text(self) -> ModuleText:
        """The module's text in parts."""
        module, program, back = self.module, self.program, self.module.backward_program
        printer = Printer(Namer.of(program.with_(tensors=tuple({**back.table, **program.table}.values()))))
        carried = self._carried()
        training, forward = self._forward(carried)
        predicting, predict = self._predict()
        return ModuleText(
            name=program.name,
            dims=program.dims,
            at=fixed_text(program),
            version=VERSION,
            digest=digest(module),
            equations=_listed(printer.labelled(equation) for equation in by_label(program.equations)),
            gradients=_listed(printer.labelled(equation) for equation in by_label(back.equations)),
            layer=bool(program.cotangents),
            tables=tuple(self._tables()),
            forward=tuple(forward),
            backward=tuple(self._backward(carried)),
            predict=tuple(predict),
            called=self.names.aliases,
            helpers=tuple(helper for helper in HELPERS if helper in self.helpers),
            initial=tuple(self._initial()),
            training=training,
            predicting=predicting,
            cotangents=program.cotangents,
            predicted=module.predict_program.outputs if module.predict_program is not None else (),
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
        module = self.module
        programs = [p for p in (module.program, module.backward_program, module.predict_program) if p is not None]
        statements.body(without_guards(function.body, programs, function.facts))
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

    def _forward(self, carried: Sequence[str]) -> tuple[Signature, list[str]]:
        function, program = self.module.forward, self.program
        given = function.given
        spelling, lines = self._body(function, (*program.results, *self.module.cached))
        of = spelling.of
        results = one_or_several([self._array(spelling, name) for name in program.results])
        cached = [(name, of(name)) for name in self.module.cached]
        cached += [(cotangent, f"jnp.zeros_like({of(output)})") for output, cotangent in program.cotangents]
        if carried:
            cached.append(("sizes", f"jnp.zeros(({', '.join(map(of, carried))}, 0), {spelling.dtype})"))
        end = wrapped(f"    return {results}, {dict_text(cached)}")
        head, missing = self._head(spelling, given, spelling.local("given"), carried)
        also = [name for name in self._noise_sizes() if name not in self._known_sizes(_GIVEN[:3])]
        keywords = tuple(dict.fromkeys([*self._keywords(missing, _GIVEN[:3]), *also]))
        dtype = f'{spelling.dtype} = {spelling.local("given")}["dtype"]'
        inputs = tuple(tensor.name for tensor in program.of_kind(TensorKind.INPUT))
        noise = tuple(tensor.name for tensor in program.of_kind(TensorKind.RANDOM))
        signature = Signature(inputs, keywords, bool(program.of_kind(TensorKind.BUFFER)), noise)
        sizes = [f'{of(dim)} = {spelling.local("given")}["{dim}"]' for dim in missing]
        return signature, [f"    {line}" for line in [dtype, *sizes, *head]] + lines + end

    def _predict(self) -> tuple[Signature | None, list[str]]:
        function, program = self.module.predict, self.module.predict_program
        if function is None or program is None:
            return None, []
        spelling, lines = self._body(function, program.outputs)
        of = spelling.of
        results = one_or_several([self._array(spelling, name) for name in program.outputs])
        given = list(function.given)
        head, missing = self._head(spelling, given, spelling.local("given"))
        dtype = f'{spelling.dtype} = {spelling.local("given")}["dtype"]'
        inputs = tuple(t.name for t in program.of_kind(TensorKind.INPUT) if t.name in given)
        buffers = bool(self.program.of_kind(TensorKind.BUFFER))
        sizes = [f'{of(dim)} = {spelling.local("given")}["{dim}"]' for dim in missing]
        signature = Signature(inputs, tuple(self._keywords(missing, (), inputs)), buffers, ())
        body = [f"    {line}" for line in [dtype, *sizes, *head]] + lines
        return signature, [*body, *wrapped(f"    return {results}")]

    def _backward(self, carried: Sequence[str]) -> list[str]:
        module, program = self.module, self.program
        cotangents = [cotangent for _, cotangent in program.cotangents]
        cached = module.cached
        kept = [adjoint for _, adjoint in module.gradients]
        spelling, lines = self._body(module.backward, kept)
        of, source = spelling.of, spelling.local("cache")
        entries = [(name, self._array(spelling, adjoint)) for name, adjoint in module.gradients]
        end = wrapped(f"    return {dict_text(entries)}")
        read = [name for name in cached if name in spelling.used]
        head, missing = self._head(spelling, [*read, *[c for c in cotangents if c in spelling.used]], source)
        if missing:
            assert set(missing) <= set(carried)
            head = [f'{", ".join(map(of, carried))}, _ = {source}["sizes"].shape', *head]
        floats = [n for n in (*cached, *cotangents) if self.table[n].dtype is DType.FLOAT]
        dtype = f'{spelling.dtype} = {source}["{floats[0] if floats else "sizes"}"].dtype'
        return [f"    {line}" for line in [dtype, *head]] + lines + end

    def _array(self, spelling: JaxSpelling, name: str) -> str:
        """The tensor, as an array of the dtype: what has no axes may be a number."""
        variable = spelling.of(name)
        return variable if self.table[name].rank else f"jnp.asarray({variable}, {spelling.dtype})"

    # --- sizes ---------------------------------------------------------------------------------------
    def _carried(self) -> list[str]:
        """The sizes that backward needs and what it is handed does not show."""
        module = self.module
        spelling, _ = self._body(module.backward, [adjoint for _, adjoint in module.gradients])
        spelling.definitions()
        cotangents = [cotangent for _, cotangent in self.program.cotangents]
        there = {*module.cached, *cotangents} & spelling.used
        shown = {dim.name for name in there for extent in self.table[name].shape for dim in _alone(extent)}
        floats = [n for n in (*module.cached, *cotangents) if self.table[n].dtype is DType.FLOAT]
        missing = [dim for dim in self.program.dims if dim in spelling.used and dim not in shown]
        return missing or ([] if floats else list(self.program.dims[:1]))

    def _known_sizes(self, kinds: Sequence[TensorKind]) -> set[str]:
        return {d.name for t in self.program.of_kind(*kinds) for extent in t.shape for d in _alone(extent)}

    def _keywords(self, missing: Sequence[str], kinds: Sequence[TensorKind], inputs: Sequence[str] = ()) -> list[str]:
        """Those that no shape among the arguments gives."""
        if kinds:
            return [dim for dim in missing if dim not in self._known_sizes(kinds)]
        known = self._known_sizes((TensorKind.PARAMETER, TensorKind.BUFFER))
        known |= {d.name for name in inputs for extent in self.table[name].shape for d in _alone(extent)}
        return [dim for dim in missing if dim not in known]

    def _noise_sizes(self) -> list[str]:
        return [d.name for t in self.program.of_kind(TensorKind.RANDOM) for extent in t.shape for d in extent.dims()]

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
        args = [scalar_text(arg, _Sizes(self.library), 3) for arg in tensor.noise.arguments]
        shape = _shape_text(tensor.shape, PLAIN)
        match tensor.noise.distribution:
            case Distribution.BERNOULLI:
                return f"jax.random.bernoulli(key, {args[0]}, {shape}).astype(dtype)"
            case Distribution.NORMAL:
                return f"{args[0]} + {args[1]} * jax.random.normal(key, {shape}, dtype)"
            case Distribution.UNIFORM:
                return f"jax.random.uniform(key, {shape}, dtype, {args[0]}, {args[1]})"

    # --- what it is ------------------------------------------------------------------------------------
    def _tables(self) -> Iterable[str]:
        program, predict = self.program, self.module.predict_program
        yield from collection_lines([f'"{dim}"' for dim in program.dims], "DIMS = ", "()")
        if program.fixed:
            yield from table_lines([f'"{name}": {size}' for name, size in program.fixed], "SIZES = ")
        outputs = [program.table[name] for name in program.results] if program.cotangents else []
        if not program.cotangents and predict is not None:
            outputs = [predict.table[name] for name in predict.outputs]
        tables = {
            "INPUTS": program.of_kind(TensorKind.INPUT), "PARAMETERS": program.of_kind(TensorKind.PARAMETER),
            "OUTPUTS": outputs, "COTANGENTS": program.of_kind(TensorKind.COTANGENT),
            "NOISE": program.of_kind(TensorKind.RANDOM), "BUFFERS": program.of_kind(TensorKind.BUFFER),
        }  # fmt: skip
        for title, tensors in tables.items():
            yield from table_lines([f'"{t.name}": ({_symbolic(t)}, "{t.dtype.value}")' for t in tensors], f"{title} = ")
        known = [name for name, _ in self.module.gradients if program.table[name].kind in _GIVEN]
        yield from collection_lines([f'"{name}"' for name in self.wrt], "WRT = ", "()")
        yield from collection_lines([f'"{name}"' for name in known], "_DIFFERENTIABLE = ", "()")  # by `custom_vjp`


class _Sizes:
    """Sizes by their own names, functions of them by the library."""

    def __init__(self, library: JaxLibrary) -> None:
        self.numbers = library

    def erf(self, number: str) -> str:
        return f"jax.lax.erf({number})"

    def module(self, name: str) -> str:
        return name

    def __call__(self, name: str) -> str:
        return name

    def whole(self, poly: Poly) -> str | None:
        return None


def _alone(extent: Poly) -> list[Dim]:
    return [extent.atom] if isinstance(extent.atom, Dim) else []


def _shape_text(shape: Sequence[Poly], names: Naming) -> str:
    return tuple_text([poly_text(extent, names) for extent in shape]) if shape else "()"


def _symbolic(tensor: Tensor) -> str:
    return tuple_text([f'"{poly_text(extent)}"' for extent in tensor.shape]) if tensor.shape else "()"


def _listed(texts: Iterable[str]) -> tuple[str, ...]:
    """Lines of a docstring."""
    return tuple(
        line for text in texts for line in wrap(text, 114, initial_indent="    ", subsequent_indent="        ",
                                                break_long_words=False, break_on_hyphens=False)
    )  # fmt: skip


__all__ = ["emit"]
