"""The text of a generated module: what the template needs, worked out, and put into it."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, meta

from symbackprop.lower import values
from symbackprop.lower.module import ModuleIR
from symbackprop.lower.update import UpdateIR
from symbackprop.numpy.array import Function
from symbackprop.numpy.door import Door, condition_lines, extents_text, make_door
from symbackprop.numpy.examples import example_of
from symbackprop.numpy.initial import initial_lines, initial_sizes
from symbackprop.numpy.names import Names
from symbackprop.numpy.optimizer import optimizer_context
from symbackprop.numpy.selfcheck import unchecked
from symbackprop.numpy.statements import WIDTH, StatementWriter
from symbackprop.numpy.stored import store_module, store_update
from symbackprop.numpy.text import poly_text
from symbackprop.resources import templates
from symbackprop.schedule import by_label
from symbackprop.terms.divisors import nonzero_conditions, nonzero_in
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import DType, Program, Tensor, TensorKind
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.size_facts import size_facts

VERSION = "0.2.0"  # of the generator, written into every module; the project's, as a test makes sure
HELPERS = ("_window", "_erf", "_sigmoid", "_log_sigmoid", "_log_cosh", "_exp_normalized", "_scatter_add", "_sum_rows",
           "_sum_products")  # fmt: skip
TEMPLATES = ("module.py.j2", "door.py.j2", "check.py.j2", "optimizer.py.j2")
# Called by the template's own lines:
CALLED = ("_fresh", "_taking", "_own", "_DIGEST", "_size", "forward", "backward")
OF_LOSS, OF_LAYER = ("value_and_grad",), ("vjp", "_cotangent", "_copied", "_float")


def emit(module: ModuleIR[values.Function], update: UpdateIR[values.Function] | None = None) -> str:
    """The module's source, the same for the same network everywhere; with an optimiser's update if there is one."""
    emitter = _Emitter(store_module(module))
    optimizer = None if update is None else optimizer_context(store_update(update), emitter.used)
    context = {**emitter.context(), "optimizer": optimizer}
    environment = _environment()
    wanted = _holes()
    assert wanted == context.keys(), f"template and context differ in {sorted(wanted ^ context.keys())}"
    return environment.get_template("module.py.j2").render(context)


@lru_cache(maxsize=1)
def _holes() -> set[str]:
    """The names that the templates have room for."""
    holes: set[str] = set()
    for name in TEMPLATES:
        source = (templates() / "numpy" / name).read_text(encoding="utf-8")
        holes |= meta.find_undeclared_variables(_environment().parse(source))
    return holes


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates() / "numpy"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


class _Emitter:
    def __init__(self, module: ModuleIR[Function]) -> None:
        self.module, self.program = module, module.program
        own = {*self.program.dims, *self.program.table, *module.backward_program.table}
        if module.predict_program is not None:
            own |= module.predict_program.table.keys()
        self.names = Names(own)
        self.used: set[str] = set()
        compound: dict[Poly, str] = {}
        for tensor in self._tensors():
            for place, extent in enumerate(tensor.shape):
                axis = tensor.axes[place] if place < len(tensor.axes) else ""
                compound.setdefault(extent, f"{axis}_size" if axis else f"{tensor.name}_size{place}")
        for extent in sorted(compound, key=lambda poly: len(str(poly))):  # the simple first, which others contain
            self.names.hold(extent, compound[extent])

    def _tensors(self) -> Iterator[Tensor]:
        yield from self.program.tensors
        yield from self.module.backward_program.tensors
        if self.module.predict_program is not None:
            yield from self.module.predict_program.tensors

    # --- the functions -----------------------------------------------------------------------------
    def body(self, function: Function) -> tuple[list[str], set[str]]:
        """Lines of the function's statements and the local names that they use."""
        self.names.touched = set()
        writer = StatementWriter(self.names, self.used)
        writer.body(function.body)
        # Functions of numbers alone are written within expressions: seen here, not as statements.
        self.used |= {helper for helper in HELPERS if any(f"{helper}(" in line for line in writer.lines)}
        return writer.lines, self.names.touched

    def context(self) -> dict[str, object]:
        program, module, names = self.program, self.module, self.names
        of = names.of
        backward, backward_uses = self.body(module.backward)
        cotangents, cotangent_uses = self._cotangents()
        backward_uses |= cotangent_uses
        gradients, gradient_lines = self._gradients()
        forward, forward_uses = self.body(module.forward)
        backward_sizes = names.definitions(backward_uses)
        dims = [dim for dim in program.dims if dim in names.touched]
        inputs = [tensor.name for tensor in program.of_kind(TensorKind.INPUT)]
        noise = [tensor.name for tensor in program.of_kind(TensorKind.RANDOM)]
        states = program.of_kind(TensorKind.BUFFER)
        given = {buffer.name for buffer in module.forward.arguments} | set(module.cached)
        equations = (*program.equations, *module.backward_program.equations)
        dividing = nonzero_conditions(program, equations, size_facts(program))
        uses = forward_uses | set(dims)
        door = make_door(program, names, inputs, noise, given, uses, bool(states), "forward", dividing)
        predict, predict_door = self._predict(bool(states))
        initial, initial_shapes, initial_definitions = self._initial(program.of_kind(TensorKind.PARAMETER))
        initial_buffers, initial_buffer_shapes, initial_buffer_definitions = self._initial(states)
        printer = Printer(Namer(program.table | module.backward_program.table))
        own = OF_LAYER if program.cotangents else OF_LOSS
        for called in (*CALLED, *own):  # so that the list of aliases below is complete
            names.module(called)
        back_program, cached = module.backward_program, set(module.cached)
        read = [buffer.name for buffer in module.backward.arguments]
        example = example_of(program)
        return {
            "name": program.name,
            "version": VERSION,
            "digest": _digest(module),
            "module": names.module,
            "helpers": [helper for helper in HELPERS if helper in self.used],
            # a function, since the template itself asks for further names before it comes to this
            "aliases": lambda: [(alias, name) for name, alias in sorted(names.aliases.items()) if alias != name],
            "dims": _literal(program.dims),
            "inputs": self._shapes(program.of_kind(TensorKind.INPUT)),
            "parameters": self._shapes(program.of_kind(TensorKind.PARAMETER)),
            "noise": self._shapes(program.of_kind(TensorKind.RANDOM)),
            "buffers": self._shapes(states),
            "cotangents": self._shapes(program.of_kind(TensorKind.COTANGENT)),
            "cotangent_lines": cotangents,
            "outputs": self._shapes(self._outputs()),
            "wrt": _wrapped(_literal([tensor for tensor, _ in module.gradients]), len("WRT = ")),
            "others": any(name not in program.table or program.table[name].kind is not TensorKind.PARAMETER
                          for name, _ in module.gradients),
            "equations": [printer.labelled(equation) for equation in by_label(program.equations)],
            "facts": self._facts(printer),
            "back_equations": [printer.labelled(equation) for equation in by_label(back_program.equations)],
            "signature": _signature(door, "forward"),
            "full_signature": _signature(door, "forward", tuple(cotangents)),
            "passing": _passing(door),
            "door": list(door.lines),
            "forward": forward,
            "results": [(name, of(name), name in module.cached) for name in module.results],
            "take": names.local("take"),
            "cache_items": [(dim, of(dim)) for dim in dims] + [(name, of(name)) for name in module.cached],
            "dtype": of("dtype"),
            "backward_head": [(name, of(name)) for name in (*dims, *read) if name in cached or name in dims]
            + [(tensor, of(tensor)) for tensor in self._kept_gradients()],
            "backward_sizes": backward_sizes,
            "backward": backward,
            "gradient_lines": gradient_lines,
            "gradients": gradients,
            "predict": predict,
            "predict_door": None if predict_door is None else list(predict_door.lines),
            "predict_signature": None if predict_door is None else _signature(predict_door, "predict"),
            "predict_result": self._predict_result(),
            "nexts": [(name, dict(program.updates).get(name, name)) for name in (tensor.name for tensor in states)],
            "homes": _wrapped_dict(door.homes, "_HOMES = "),
            "initial": initial,
            "initial_shapes": initial_shapes,
            "initial_definitions": initial_definitions,
            "initial_sizes": initial_sizes(program, program.of_kind(TensorKind.PARAMETER)),
            "initial_buffers": initial_buffers,
            "initial_buffer_shapes": initial_buffer_shapes,
            "initial_buffer_definitions": initial_buffer_definitions,
            "initial_buffer_sizes": initial_sizes(program, states),
            "sample": ", ".join(f"{dim}={size}" for dim, size in example.sizes.items()),
            "sample_names": sorted(program.dims),
            "arrangements": example.lines,
            "unmet": [repr(f"  no data were found that meet {fact}: not checked there") for fact in example.unmet],
            "unchecked": _literal(sorted(unchecked(program, [tensor for tensor, _ in module.gradients]))),
            "check_parameters": [
                (t.name, extents_text(t.shape, names.expanded()))
                for t in (*program.of_kind(TensorKind.PARAMETER), *states)
            ],
            "check_inputs": self._check_inputs(door),
            "keywords": _literal(door.keywords),
            "local": of,
            "called": names.aliases,
        }  # fmt: skip

    def _outputs(self) -> list[Tensor]:
        """What predict returns, or a layer's forward: the same, unless there is no predict."""
        if self.program.cotangents:
            return [self.program.table[name] for name in self.program.results]
        predict = self.module.predict_program
        return [] if predict is None else [predict.table[name] for name in predict.outputs]

    def _cotangents(self) -> tuple[dict[str, tuple[str, str]], set[str]]:
        """For each cotangent its variable and its shape, and the local names that these use."""
        self.names.touched = set()
        of, tensors = self.names.of, self.program.of_kind(TensorKind.COTANGENT)
        lines = {tensor.name: (of(tensor.name), extents_text(tensor.shape, self.names)) for tensor in tensors}
        return lines, self.names.touched

    def _initial(self, tensors: Sequence[Tensor]) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[str]]:
        """(name, expression) of each tensor's initial value, (name, shape) of those whose shapes could be empty, and
        the compound sizes that these use."""
        self.names.touched = set()
        lines = initial_lines(tensors, self.names)
        doubtful = [t for t in tensors if any(e.constant is None and not isinstance(e.atom, Dim) for e in t.shape)]
        shapes = [(tensor.name, extents_text(tensor.shape, self.names)) for tensor in doubtful]
        given = [t.initializer.argument for t in tensors if t.initializer and t.initializer.argument is not None]
        dims = [dim for dim in self.program.dims if dim in initial_sizes(self.program, tensors)]
        divisors = condition_lines(nonzero_in(given), dims, self.names, "initial values", dividing=True)
        return lines, shapes, [*divisors, *self.names.definitions(self.names.touched)]

    def _kept_gradients(self) -> list[str]:
        """Adjoints that are tensors of forward, so that they are in the cache."""
        arguments = {buffer.name for buffer in self.module.backward.arguments}
        own = self.program.table
        return list(dict.fromkeys(a for _, a in self.module.gradients if a in own and a not in arguments))

    def _gradients(self) -> tuple[list[tuple[str, str]], list[str]]:
        """(tensor, expression) of what backward returns; an array is returned once, and never one of the cache's."""
        seen: set[str] = set()
        out = []
        for tensor, adjoint in self.module.gradients:
            text = self.names.of(adjoint)
            if adjoint in seen or adjoint in self.program.table:
                text += ".copy()"
            seen.add(adjoint)
            out.append((tensor, text))
        return out, []

    def _predict(self, states: bool) -> tuple[list[str] | None, Door | None]:
        program, function = self.module.predict_program, self.module.predict
        if program is None or function is None:
            return None, None
        lines, uses = self.body(function)
        read = {buffer.name for buffer in function.arguments}
        whole = {**self.program.table, **program.table}
        merged = self.program.with_(tensors=tuple(whole.values()))
        inputs = [t.name for t in self.program.of_kind(TensorKind.INPUT) if t.name in read]
        dividing = nonzero_conditions(program, program.equations, size_facts(program))
        door = make_door(merged, self.names, inputs, [], read, uses, states, "predict", dividing)
        return lines, door

    def _predict_result(self) -> str | None:
        program = self.module.predict_program
        if program is None:
            return None
        texts = []
        for output in program.outputs:
            given = program.table[output].kind is not TensorKind.INTERMEDIATE
            texts.append(self.names.of(output) + (".copy()" if given else ""))
        return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"

    # --- what it is --------------------------------------------------------------------------------
    def _shapes(self, tensors: Sequence[Tensor]) -> dict[str, str]:
        """The value of each tensor's entry in the tables, as text."""
        out = {}
        for tensor in tensors:
            shape = _literal([poly_text(extent) for extent in tensor.shape])
            out[tensor.name] = f'({shape}, "{"int" if tensor.dtype is DType.INT else "float"}")'
        return out

    def _facts(self, printer: Printer) -> list[str]:
        facts = []
        for fact in self.program.assumptions:
            ranges = ", ".join(f"{axis.index} = {axis.low}..{axis.high}" for axis in fact.axes)
            facts.append(printer.condition(fact.condition) + (f" for {ranges}" if ranges else ""))
        return facts

    def _check_inputs(self, door: Door) -> list[tuple[str, str, str]]:
        """(name, shape, exclusive bound or "float" or "bernoulli") of what the module's own check draws."""
        table = self.program.table
        out = []
        for name in (*door.inputs, *door.noise, *(t.name for t in self.program.of_kind(TensorKind.COTANGENT))):
            tensor = table[name]
            bound = poly_text(tensor.high, self.names.expanded()) if tensor.high is not None else "2"
            kind = bound if tensor.dtype is DType.INT else ""
            out.append((name, extents_text(tensor.shape, self.names.expanded()), kind))
        return out


def _signature(door: Door, function: str, cotangents: Sequence[str] = ()) -> str:
    parts = ["params", *door.inputs, *(f"{name}=None" for name in cotangents)]
    keywords = [*door.keywords]
    if door.buffers:
        keywords.append("buffers")
    if function == "forward":
        keywords += [*(f"{name}=None" for name in door.noise), "rng=None", "workspace=None"]
    return ", ".join([*parts, *(["*", *keywords] if keywords else [])])


def _passing(door: Door) -> str:
    """The same arguments, handed on."""
    keywords = [f"{name}={name}" for name in (*door.keywords, *(["buffers"] if door.buffers else []), *door.noise)]
    return ", ".join(["params", *door.inputs, *keywords, "rng=rng", "workspace=workspace"])


def _wrapped(text: str, taken: int) -> str:
    """A tuple's text over several lines where one does not hold it. `taken`: what stands before it."""
    if taken + len(text) <= WIDTH:
        return text
    lines = textwrap.wrap(text[1:-1].rstrip(",") + ",", WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return "\n".join(["(", *(f"    {line}" for line in lines), ")"])


def _wrapped_dict(items: Mapping[str, str], before: str) -> str:
    """A dictionary's text over several lines where one does not hold it. `before`: what stands before it."""
    entries = [f'"{key}": "{value}"' for key, value in items.items()]
    text = f"{{{', '.join(entries)}}}"
    if len(before) + len(text) <= WIDTH:
        return text
    return "\n".join(["{", *(f"    {entry}," for entry in entries), "}"])


def _literal(items: Sequence[str]) -> str:
    quoted = [f'"{item}"' for item in items]
    return f"({quoted[0]},)" if len(quoted) == 1 else f"({', '.join(quoted)})"


def _digest(module: ModuleIR[Function]) -> str:
    """Of everything that the module is generated from."""
    h = hashlib.blake2b(digest_size=8)
    programs: list[Program] = [module.program, module.backward_program]
    if module.predict_program is not None:
        programs.append(module.predict_program)
    for program in programs:
        for item in (program.name, program.dims, program.loss, program.outputs, program.updates, program.wrt):
            h.update(repr(item).encode())
        for tensor in program.tensors:
            h.update(f"{tensor.name} {tensor.kind} {tensor.shape} {tensor.dtype} {tensor.high}".encode())
            start, noise = tensor.initializer, tensor.noise
            h.update(f"{start and (start.name, start.argument)} {noise and noise.distribution}".encode())
            for argument in noise.arguments if noise else ():
                h.update(argument.digest)
        for equation in program.equations:
            h.update(f"{equation.target} {equation.axes and list(map(str, equation.axes))} {equation.op}".encode())
            h.update(equation.lhs.digest + equation.rhs.digest)
        for fact in program.assumptions:
            h.update(fact.condition.digest)
    return h.hexdigest()


__all__ = ["VERSION", "emit"]
