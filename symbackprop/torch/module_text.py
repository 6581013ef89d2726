"""The text of a PyTorch module: its operators, the functions that they run, and what they are called by."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.python_text.bracketed import dict_text, tuple_text
from symbackprop.python_text.digest import digest, fixed_text
from symbackprop.python_text.identifiers import Names
from symbackprop.python_text.initial_values import initial_sizes
from symbackprop.python_text.module_tables import listed, module_tables
from symbackprop.python_text.python_lines import call_lines, table_lines
from symbackprop.python_text.scalars import condition_text
from symbackprop.resources import fields_of, filled
from symbackprop.schedule import by_label
from symbackprop.terms.divisors import nonzero_conditions
from symbackprop.terms.leaves import dims_of
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.size_facts import size_conditions
from symbackprop.torch.function_text import Arguments, FunctionText, Written, arguments_of, shape_text
from symbackprop.torch.library import TorchSpelling
from symbackprop.torch.starts import initial_text, noise_text
from symbackprop.version import VERSION

TEMPLATES = ("module.py.j2", "operators.py.j2", "door.py.j2", "calls.py.j2", "neural.py.j2")
HELPERS = (
    "exp_normalized", "log_cosh", "sign", "look_up", "add_at", "add_inside", "sliding_window_view", "extremum",
    "positions",
)  # fmt: skip
_CALLED = ("_arguments", "_computed", "_differentiated", "_predicted", "_shapes", "_predict_given", "_in_range")
_KINDS = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.RANDOM, TensorKind.BUFFER, TensorKind.COTANGENT)


@dataclass(frozen=True, slots=True)
class Call:
    """How a function of the module is called: its arguments as they stand in its head, and handed on."""

    signature: str  # behind `params`
    passing: str
    opening: str  # the arguments of `_arguments`
    neural: str  # the signature of a method of the nn.Module, whose buffers are its own
    inputs: str  # what such a method hands on to another


@dataclass(frozen=True, slots=True)
class ModuleText:
    """Everything that the templates are filled with, each field a hole of theirs."""

    name: str
    at: str  # the sizes that are fixed, behind the name
    version: str
    digest: str
    operator: str  # the operators' common name
    equations: tuple[str, ...]  # lines, and so are
    gradients: tuple[str, ...]  # the equations of the backward pass
    layer: bool  # whether there are outputs and no loss
    tables: tuple[str, ...]  # lines
    functions: tuple[FunctionText, ...]
    shapes: tuple[FunctionText, ...]  # functions that give shapes of arguments at sizes
    called: Mapping[str, str]  # what the module's own names are
    aliases: tuple[tuple[str, str], ...]  # of those, the ones that the network has too
    helpers: tuple[str, ...]
    given: int  # how many arguments the operators have
    like: int  # the place of one of floats
    results: tuple[str, ...]  # what forward returns first
    kept: str  # places, in what forward returns, of what backward reads
    wrt: str  # pairs: the place among the arguments, the name
    nexts: str  # places, in what forward returns, of the buffers' next values
    call: Call
    gradient_signature: str  # of what computes gradients
    predict: Call | None
    predict_inputs: str  # what forward of an nn.Module hands on to predict
    predict_like: int
    cotangents: tuple[str, ...]
    outputs: tuple[str, ...]
    buffers: bool
    once: bool  # whether training and prediction differ in a layer
    initial: str  # the signature of `init_params`, behind `rng`
    initial_sizes: tuple[str, ...]
    start: tuple[FunctionText, ...]


def emit(module: ModuleIR[Function], second: ModuleIR[Function]) -> str:
    """The module's source, the same for the same network everywhere.

    `second`: of the program whose loss is the inner product of the gradients with directions `v_<w>`, differentiated by
    all arguments that the module is differentiated by, and by the cotangents of a layer.
    """
    return filled("torch", TEMPLATES, fields_of(_Writer(module, second).text()))


class _Writer:
    """Collects what the templates need. All functions share the module's names."""

    def __init__(self, module: ModuleIR[Function], second: ModuleIR[Function]) -> None:
        self.module, self.second, self.program = module, second, module.program
        programs = (module.program, module.backward_program, second.program, second.backward_program)
        tensors = [t for p in (*programs, module.predict_program) if p is not None for t in p.tensors]
        self.names = Names({*self.program.dims, *(tensor.name for tensor in tensors)}, ("torch", "Tensor"))
        self.names.hold_extents(tensors, "{}_size{}")
        for name in _CALLED:
            self.names.module(name)
        self.helpers: set[str] = set()
        self.spellings: list[TorchSpelling] = []

    # --- what the functions are given and leave -------------------------------------------------------
    @cached_property
    def arguments(self) -> Arguments:
        return arguments_of(self.program)

    @cached_property
    def left(self) -> tuple[str, ...]:
        """What forward returns: results, what backward reads beside the arguments, the buffers' next values."""
        nexts = [following for _, following in self.program.updates]
        return (*dict.fromkeys((*self.program.results, *self.kept)), *nexts)

    @cached_property
    def kept(self) -> tuple[str, ...]:
        read = {*self.module.backward.given, *(adjoint for _, adjoint in self.module.gradients)}
        own, cotangents = set(self.arguments.names), {name for _, name in self.program.cotangents}
        return tuple(n for n in self.program.table if n in read and n not in own and n not in cotangents)

    @cached_property
    def table(self) -> dict[str, Tensor]:
        return {**self.module.backward_program.table, **self.program.table}

    @property
    def cotangents(self) -> tuple[Tensor, ...]:
        return tuple(self.program.table[name] for _, name in self.program.cotangents)

    @cached_property
    def by(self) -> tuple[str, ...]:
        """The arguments among what is differentiated by."""
        return tuple(name for name, _ in self.module.gradients if name in self.arguments.names)

    # --- functions ----------------------------------------------------------------------------------
    def _begin(self, name: str, about: str, arguments: Arguments, more: Sequence[Tensor] = ()) -> Written:
        spelling = TorchSpelling(self.names, arguments.names[arguments.like])
        spelling.helpers = self.helpers
        return Written(name, about, arguments, spelling, tuple(more))

    def _functions(self) -> list[Written]:
        module, given = self.module, self.arguments
        forward = self._begin("_forward", "What the operator `forward` computes.", given)
        forward.check_integers()
        forward.compute([f for f in (module.shared, module.forward) if f is not None], self.program)
        forward.give_back(self.left)
        more = [*(self.table[name] for name in self.kept), *self.cotangents]
        backward = self._begin("_backward", "The gradients.", given, more)
        backward.compute([module.backward], module.backward_program)
        backward.give_back(adjoint for _, adjoint in module.gradients)
        shapes = self._begin("_forward_shapes", "Of what `_forward` returns.", given)
        shapes.give_shapes(self.table[name] for name in self.left)
        gradients = self._begin("_backward_shapes", "Of what `_backward` returns.", given)
        gradients.give_shapes(self.table[name] for name, _ in module.gradients)
        return [forward, shapes, backward, gradients, self._second_function()]

    def _second_function(self) -> Written:
        """(the gradients by what is differentiated by, and those by the cotangents) of <gradients, directions>."""
        second, table = self.second, self.second.program.table
        cotangents = [table[name] for _, name in self.program.cotangents]
        directions = [table[f"v_{name}"] for name in self.by]
        about = "The gradients of the inner product of the gradients with directions, and that product."
        found = self._begin("_second", about, self.arguments, [*cotangents, *directions])
        found.compute(second.differentiating, second.backward_program.with_(
            tensors=(*second.program.tensors, *second.backward_program.tensors)))  # fmt: skip
        gradients = dict(second.gradients)
        last = [gradients[t.name] for t in cotangents] if cotangents else [second.program.results[0]]
        found.give_back([*(gradients[name] for name in self.by), *last])
        return found

    def _predicting(self) -> tuple[Written, Written] | None:
        module, program = self.module, self.module.predict_program
        if module.predict is None or program is None:
            return None
        given = arguments_of(self.program, module.predict.given)
        predict = self._begin("_predict", "What the operator `predict` computes.", given)
        predict.check_integers()
        predict.compute([f for f in (module.shared, module.predict) if f is not None], program)
        predict.give_back(program.outputs)
        shapes = self._begin("_predict_shapes", "Of what `_predict` returns.", given)
        shapes.give_shapes(program.table[name] for name in program.outputs)
        return predict, shapes

    # --- arguments at sizes ---------------------------------------------------------------------------
    def _shapes(self, name: str, arguments: Arguments) -> FunctionText:
        """The function of all sizes that gives (shapes, what noise is drawn from) by name."""
        names = TorchSpelling(self.names, "")
        tensors = arguments.tensors
        shapes = table_lines([f'"{t.name}": {shape_text(t.shape, names)}' for t in tensors], "shapes = ", 1)
        noise = dict_text([(t.name, noise_text(t, names)) for t in tensors if t.kind is TensorKind.RANDOM])
        known = {*arguments.given_sizes, *arguments.sizes}
        conditions = [c for c in size_conditions(self.program) if {dim.name for dim in dims_of(c)} <= known]
        conditions += [c for c in nonzero_conditions(self.program, (), Facts())
                       if {dim.name for dim in dims_of(c)} <= known]  # fmt: skip
        checks = []
        for condition in conditions:
            text = condition_text(condition, names.expanded())
            found = ", ".join(f"{dim.name} = {{{names.of(dim.name)}}}" for dim in dict.fromkeys(dims_of(condition)))
            checks += call_lines("_require", [text, '"sizes"', f'"{text}"', f'f"{found}"'])
        lines = [*checks, *(f"    {line}" for line in names.definitions()), *shapes]
        head = tuple(call_lines(name, [names.of(dim) for dim in self.program.dims], "def ", 0))
        head = (*head[:-1], head[-1] + ":")
        about = "(shapes, what noise is drawn from) of arguments, at sizes."
        return FunctionText(about, head, tuple(lines), (f"    return shapes, {noise}",))

    def _call(self, arguments: Arguments, shapes: str, more: Sequence[str] = ()) -> Call:
        inputs, noise, buffers = (
            [t.name for t in arguments.tensors if t.kind is kind]
            for kind in (TensorKind.INPUT, TensorKind.RANDOM, TensorKind.BUFFER)
        )
        drawn = [*(f"{name}=None" for name in noise), *(["rng=None"] if noise else [])]
        words = [*arguments.sizes, *(["buffers"] if buffers else []), *drawn]
        own, own_names = [*arguments.sizes, *drawn], [*arguments.sizes, *noise, *(["rng"] if noise else [])]

        def signature(words: Sequence[str], first: str, more: Sequence[str] = ()) -> str:
            return ", ".join([first, *inputs, *more, *(["*", *words] if words else [])])

        passing = [*inputs, *(f"{w}={w}" for w in (*arguments.sizes, *noise, *(["rng"] if noise else [])))]
        passing += ["buffers=self._buffers"] if buffers else []
        given = dict_text([(name, name) for name in (*inputs, *noise)])
        sizes = dict_text([(dim, dim) for dim in arguments.sizes])
        opening = [
            self.names.module(shapes),
            "params",
            given,
            "buffers" if buffers else "{}",
            sizes,
            *(["rng"] if noise else []),
        ]
        inner = [*inputs, *(f"{name}={name}" for name in own_names)]
        return Call(
            signature(words, "params", more), ", ".join(passing), ", ".join(opening),
            signature(own, "self"), ", ".join(inner),
        )  # fmt: skip

    # --- all of it ------------------------------------------------------------------------------------
    def text(self) -> ModuleText:
        """The module's text in parts."""
        program, module = self.program, self.module
        written, there = self._functions(), self._predicting()
        asked = {dim for one in written for dim in one.asked(program.dims)}
        asked |= self._missing(self.arguments)
        given = Arguments(self.arguments.tensors, tuple(dim for dim in program.dims if dim in asked))
        functions = [one.text(program.dims, given.sizes) for one in written]
        shapes = [self._shapes("_shapes", given)]
        predicted, predict_call = None, None
        if there is not None:
            asked = {d for one in there for d in one.asked(program.dims)} | self._missing(there[0].arguments)
            predicted = Arguments(there[0].arguments.tensors, tuple(dim for dim in program.dims if dim in asked))
            functions += [one.text(program.dims, predicted.sizes) for one in there]
            shapes.append(self._shapes("_predict_given", predicted))
            predict_call = self._call(predicted, "_predict_given")
        places = {name: place for place, name in enumerate(given.names)}
        left = {name: place for place, name in reversed(list(enumerate(self.left)))}
        start = [*self._start()]
        printer = Printer(Namer.of(program.with_(tensors=tuple(self.table.values()))))
        nexts = len(self.left) - len(program.updates)
        sizes = initial_sizes(program, program.of_kind(TensorKind.PARAMETER, TensorKind.BUFFER))
        return ModuleText(
            name=program.name,
            at=fixed_text(program),
            version=VERSION,
            digest=digest(module),
            operator=f"{re.sub('[^a-zA-Z0-9_]', '_', program.name)}_{digest(module)}",
            equations=listed(printer.labelled(equation) for equation in by_label(program.equations)),
            gradients=listed(printer.labelled(equation) for equation in by_label(module.backward_program.equations)),
            layer=bool(program.cotangents),
            tables=tuple(module_tables(
                program, module.predict_program, [name for name, _ in module.gradients], every=True
            )),
            functions=tuple(functions),
            shapes=tuple(shapes),
            called=self.names.aliases,
            aliases=tuple(
                (alias, name) for name, alias in sorted(self.names.aliases.items())
                if alias != name and (name in _CALLED or name in dir(builtins))
            ),
            helpers=tuple(helper for helper in HELPERS if helper in self.helpers),
            given=len(given.tensors),
            like=given.like,
            results=program.results,
            kept=tuple_text([str(left[name]) for name in self.kept]) if self.kept else "()",
            wrt=tuple_text([str(places.get(name, -1)) for name, _ in module.gradients]),
            nexts=dict_text([(buffer, str(nexts + place)) for place, (buffer, _) in enumerate(program.updates)]),
            call=self._call(given, "_shapes"),
            gradient_signature=self._call(given, "_shapes", [f"{t.name}=None" for t in self.cotangents]).signature,
            predict=predict_call,
            predict_inputs=predict_call.inputs if predict_call is not None else "",
            predict_like=predicted.like if predicted is not None else 0,
            cotangents=tuple(tensor.name for tensor in self.cotangents),
            outputs=module.predict_program.outputs if module.predict_program is not None else (),
            buffers=bool(program.of_kind(TensorKind.BUFFER)),
            once=bool(program.of_kind(TensorKind.RANDOM) or program.updates),
            initial=", ".join(["rng=None", "*", *sizes, "dtype=torch.float32", "device=None"]),
            initial_sizes=tuple(sizes),
            start=tuple(start),
        )  # fmt: skip

    def _missing(self, arguments: Arguments) -> set[str]:
        """The sizes in the arguments' shapes that none of them gives."""
        extents = [extent for tensor in arguments.tensors for extent in tensor.shape]
        extents += [tensor.high for tensor in arguments.tensors if tensor.high is not None]
        return {dim.name for extent in extents for dim in extent.dims()} - arguments.given_sizes

    def _start(self) -> Iterator[FunctionText]:
        """The functions that say how parameters and buffers start."""
        for kind, name in ((TensorKind.PARAMETER, "_parameters"), (TensorKind.BUFFER, "_buffers")):
            tensors, names = self.program.of_kind(kind), TorchSpelling(self.names, "")
            table = table_lines([f'"{t.name}": {initial_text(t, names)}' for t in tensors], "return ", 1)
            used = initial_sizes(self.program, self.program.of_kind(TensorKind.PARAMETER, TensorKind.BUFFER))
            head = f"def {name}({', '.join(names.of(dim) for dim in used)}):"
            lines = tuple(f"    {line}" for line in names.definitions())
            if tensors or kind is TensorKind.PARAMETER:
                yield FunctionText(
                    "How each starts: from what it is drawn, its shape, a number.", (head,), lines, tuple(table)
                )


__all__ = ["emit"]
