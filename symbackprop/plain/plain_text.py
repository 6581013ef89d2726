"""The text of a plain module: one function, what it needs, and nothing else."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbackprop.array_text.heads import read_sizes, unpacked
from symbackprop.array_text.library import Library
from symbackprop.array_text.line_breaks import wrapped
from symbackprop.array_text.spelling import Spelling
from symbackprop.array_text.statement_lines import Statements, raises_warnings
from symbackprop.array_text.weights import without_guards
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_walks import (
    steps_in,
)
from symbackprop.lower.values import (
    Function,
    Step,
)
from symbackprop.python_text.bracketed import dict_text
from symbackprop.python_text.digest import digest, fixed_text
from symbackprop.python_text.identifiers import Names
from symbackprop.resources import fields_of, filled
from symbackprop.terms.program import DType, Tensor, TensorKind
from symbackprop.version import VERSION

TEMPLATES = ("module.py.j2",)
HELPERS = ("erf", "sigmoid", "log_cosh", "exp_normalized", "look_up", "add_inside")
OF_LOSS, OF_LAYER = "loss_and_gradients", "layer_and_gradients"
_GIVEN_BY_NAME = (TensorKind.INPUT, TensorKind.RANDOM, TensorKind.COTANGENT)


@dataclass(frozen=True, slots=True)
class ModuleText:
    """Everything that the template is filled with, each field a hole of it."""

    name: str
    at: str  # the sizes that are fixed, behind the name
    version: str
    digest: str
    called: Mapping[str, str]  # what the module's own names are
    aliases: tuple[tuple[str, str], ...]  # and of those that are Python's, the ones that the network has too
    windows: bool  # whether windows that overlap are read
    helpers: tuple[str, ...]
    quiet: bool  # whether something is computed whose floating-point errors mean nothing
    layer: bool  # whether there are outputs and no loss
    updates: bool  # whether the next buffers are returned
    function: str
    signature: str
    results: str
    head: tuple[str, ...]  # lines: of the arguments and sizes,
    lines: tuple[str, ...]  # of what is computed,
    returned: tuple[str, ...]  # and of what is returned


def emit(module: ModuleIR[Function]) -> str:
    """The module's source, the same for the same network everywhere."""
    return filled("plain", TEMPLATES, fields_of(_Writer(module).text()))


def _tensors(module: ModuleIR[Function]) -> dict[str, Tensor]:
    return {name: tensor for function in module.differentiating for name, tensor in function.tensors.items()}


class _Writer:
    """Writes the function. Its names and sizes are taken as they are used, by what is computed and what is returned;
    its beginning, which gives them their values, is written last."""

    def __init__(self, module: ModuleIR[Function]) -> None:
        self.module, self.program = module, module.program
        tensors = (*self.program.tensors, *module.backward_program.tensors)
        self.names = Names({*self.program.dims, *(tensor.name for tensor in tensors)})
        self.names.hold_extents(tensors, "{}{}_size")
        self.spelling = Spelling(self.names, Library())

    def text(self) -> ModuleText:
        """The module's text in parts."""
        program = self.program
        body, given = self._body()
        lines, returned = self._computed(body, given), self._returned()
        head, keywords = self._head(given)
        used, aliases = self.spelling.helpers, sorted(self.names.aliases.items())
        return ModuleText(
            name=program.name,
            at=fixed_text(program),
            version=VERSION,
            digest=digest(self.module),
            called=self.names.aliases,
            aliases=tuple((alias, name) for name, alias in aliases if alias != name and name in dir(builtins)),
            windows="sliding_window_view" in used,
            helpers=tuple(helper for helper in HELPERS if helper in used),
            quiet=raises_warnings(steps_in(body)),
            layer=bool(program.cotangents),
            updates=bool(program.updates),
            function=OF_LAYER if program.cotangents else OF_LOSS,
            signature=self._signature(keywords),
            results=program.results[0] if len(program.results) == 1 else f"({', '.join(program.results)})",
            head=tuple(head),
            lines=tuple(lines),
            returned=tuple(returned),
        )

    def _signature(self, sizes: Sequence[str]) -> str:
        """`sizes`: those that no argument's shape gives."""
        inputs, cotangents, states, noise = (
            [tensor.name for tensor in self.program.of_kind(kind)]
            for kind in (TensorKind.INPUT, TensorKind.COTANGENT, TensorKind.BUFFER, TensorKind.RANDOM)
        )
        keywords = [*sizes, *(["buffers"] if states else []), *noise]
        return ", ".join(["params", *inputs, *cotangents, *(["*", *keywords] if keywords else [])])

    # --- what is computed --------------------------------------------------------------------------
    def _body(self) -> tuple[tuple[Step, ...], tuple[str, ...]]:
        """(the steps of forward and backward, the given tensors that they read)."""
        module = self.module
        body = tuple(step for function in module.differentiating for step in function.body)
        steps = without_guards(body, (self.program, module.backward_program), module.forward.facts)
        kept = [t.name for t in self.program.tensors if t.kind is not TensorKind.INTERMEDIATE]
        read = {name for function in module.differentiating for name in function.given}
        return steps, tuple(name for name in kept if name in read)

    def _computed(self, body: Sequence[Step], given: Sequence[str]) -> list[str]:
        tensors = {**_tensors(self.module), **self.program.table}
        kept = [*(adjoint for _, adjoint in self.module.gradients), *self.program.results]
        statements = Statements(self.spelling, tensors, self.module.forward.facts, kept, given)
        statements.body(body)
        return statements.lines

    # --- the end -----------------------------------------------------------------------------------
    def _returned(self) -> list[str]:
        """What the function returns. NumPy before 2 computes scalars in double precision: they go back to the dtype."""
        dtype, of = self.spelling.dtype, self.spelling.of
        entries = [(tensor, self._array(adjoint, copied)) for tensor, adjoint, copied in self.module.returned]
        if self.program.cotangents:
            table = self.program.table
            arrays = [self._array(n, table[n].kind is not TensorKind.INTERMEDIATE) for n in self.program.results]
            results = [arrays[0] if len(arrays) == 1 else f"({', '.join(arrays)})"]
        else:
            results = [f"{dtype}.type({of(self.program.results[0])})"]
        results.append(dict_text(entries))
        if self.program.updates:
            results.append(dict_text([(buffer, self._array(tensor)) for buffer, tensor in self.program.updates]))
        return wrapped(f"    return {', '.join(results)}")

    def _array(self, name: str, copied: bool = False) -> str:
        """The tensor, as an array of the dtype."""
        table = {**self.program.table, **self.module.backward_program.table}
        if not table[name].rank:
            return f"np.asarray({self.spelling.of(name)}, {self.spelling.dtype})"
        return self.spelling.of(name) + (".copy()" if copied else "")

    # --- the beginning -----------------------------------------------------------------------------
    def _head(self, given: Sequence[str]) -> tuple[list[str], list[str]]:
        """(lines that name the arguments' parts and the sizes, the sizes that no argument's shape gives)."""
        program, of = self.program, self.spelling.of
        lines: list[str] = []
        compound = self.spelling.definitions()
        touched = set(self.spelling.used)
        places: dict[str, str] = {}
        for kind, holder in ((TensorKind.PARAMETER, "params"), (TensorKind.BUFFER, "buffers")):
            mine = program.of_kind(kind)
            places |= {tensor.name: f'{holder}["{tensor.name}"]' for tensor in mine}
            lines += unpacked([(of(t.name), places[t.name]) for t in mine if t.name in given])
        for tensor in program.of_kind(*_GIVEN_BY_NAME):
            places[tensor.name] = tensor.name
            if tensor.name in given and of(tensor.name) != tensor.name:
                lines.append(f"{of(tensor.name)} = {tensor.name}")
        arguments = [program.table[name] for name in places]
        arguments.sort(key=lambda tensor: tensor.name not in given or tensor.kind is TensorKind.PARAMETER)
        if "<dtype>" in touched:
            first = [t for t in arguments if t.kind is TensorKind.PARAMETER] + arguments
            floats = [tensor for tensor in first if tensor.dtype is DType.FLOAT]
            text = f"{self._place(floats[0], places, given)}.dtype" if floats else "np.dtype(float)"
            lines.append(f"{self.spelling.dtype} = {text}")
        wanted = [dim for dim in program.dims if dim in touched]
        sources = [(tensor, self._place(tensor, places, given)) for tensor in arguments]
        found, missing = read_sizes(self.spelling, sources, wanted)
        lines += found
        lines += [f"{of(dim)} = {dim}" for dim in missing if of(dim) != dim]
        return [*lines, *compound], missing

    def _place(self, tensor: Tensor, places: dict[str, str], given: Sequence[str]) -> str:
        return self.spelling.of(tensor.name) if tensor.name in given else places[tensor.name]


__all__ = ["OF_LAYER", "OF_LOSS", "emit"]
