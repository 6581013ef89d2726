"""Functions of values to lines of JAX: how they begin, what they compute and what they return."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symbackprop.array_text.heads import read_sizes, unpacked
from symbackprop.array_text.line_breaks import wrapped
from symbackprop.array_text.weights import without_guards
from symbackprop.jax.library import JaxLibrary
from symbackprop.jax.loops import JaxSpelling, JaxStatements
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.python_text.bracketed import dict_text, one_or_several, tuple_text
from symbackprop.python_text.identifiers import Names
from symbackprop.terms.leaves import dims_of
from symbackprop.terms.poly import Dim
from symbackprop.terms.program import DType, Tensor, TensorKind

__all__ = ["FunctionLines", "Signature"]


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


class FunctionLines:
    """Those of a module. `helpers`: those that its lines call."""

    def __init__(self, module: ModuleIR[Function], names: Names) -> None:
        assert module.shared is None
        self.module, self.program, self.names = module, module.program, names
        self.programs = [p for p in (module.program, module.backward_program, module.predict_program) if p is not None]
        self.table = {tensor.name: tensor for program in reversed(self.programs) for tensor in program.tensors}
        self.library = JaxLibrary()
        self.helpers: set[str] = set()
        self.cotangents = tuple(cotangent for _, cotangent in self.program.cotangents)

    def first(self, lines: Sequence[str]) -> list[str]:
        """What comes before the lines of a function."""
        return []

    def statements(self, spelling: JaxSpelling, function: Function, kept: Iterable[str], source: str) -> JaxStatements:
        """What writes the steps of a function."""
        tensors = {**self.table, **function.tensors}
        return JaxStatements(spelling, tensors, function.facts, kept, function.given, source)

    def body(self, function: Function, kept: Iterable[str], given: str) -> tuple[JaxSpelling, list[str]]:
        """Names and lines of a function; `kept`: what it returns; `given`: the variable of what it takes."""
        spelling = JaxSpelling(self.names, self.library)
        statements = self.statements(spelling, function, kept, spelling.local(given))
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

    def forward(self, carried: Sequence[str] | None) -> tuple[Signature, list[str]]:
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
        return signature, [*begin, *self.first(lines), *lines, *wrapped(f"    return {results}, {dict_text(kept)}")]

    def predict(self) -> tuple[Signature | None, list[str]]:
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
        spelling, lines = self.body(function, kept, "given")
        source = spelling.local("given")
        head, missing = self._head(spelling, function.given, source, also)
        begin = [f'{spelling.of(name)} = {source}["{name}"]' for name in missing]
        return spelling, [f"    {line}" for line in [f'{spelling.dtype} = {source}["dtype"]', *begin, *head]], lines

    def backward(self) -> tuple[list[str], list[str] | None]:
        """(lines, the sizes that an empty array of the dtype is to tell it, if it needs that: sizes or the dtype that
        nothing else shows)."""
        module, cached = self.module, (*self.module.cached, *self.cotangents)
        spelling, lines = self.body(module.backward, [adjoint for _, adjoint in module.gradients], "cache")
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
        return [f"    {line}" for line in [*begin, *head]] + self.first(lines) + lines + end, carried

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
