"""The text of a module in JAX: pure functions over dicts of arrays, the loss with its derived `custom_vjp`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.jax.device_text import DeviceLines, DeviceText, OnDevices
from symbackprop.jax.functions import FunctionLines, Signature
from symbackprop.jax.loops import JaxSpelling
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.python_text.bracketed import tuple_text
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
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Distribution, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.size_facts import size_conditions
from symbackprop.version import VERSION

TEMPLATES = ("module.py.j2", "devices.py.j2")
HELPERS = (
    "log_cosh", "exp_normalized", "reduce_few", "sliding_window_view", "look_up", "add_inside", "varying", "plogsumexp",
    "with_halo",
)  # fmt: skip
OWN = ("_forward", "_adjoints", "_predict", "_arguments")  # functions of the module that others of it call
ON_DEVICES = ("_run",)
_GIVEN = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)


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
    devices: DeviceText | None
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


def emit(module: ModuleIR[Function], wrt: Sequence[str], devices: OnDevices | None = None) -> str:
    """The module's source, the same for the same network everywhere.

    `module`: with the adjoints of every tensor that `custom_vjp` returns; `wrt`: those that `value_and_grad` does;
    `devices`: the same on a mesh of devices, if that is wanted.
    """
    return filled("jax", TEMPLATES, fields_of(_Writer(module, wrt, devices).text()))


class _Writer(FunctionLines):
    def __init__(self, module: ModuleIR[Function], wrt: Sequence[str], devices: OnDevices | None) -> None:
        programs = [p for p in (module.program, module.backward_program, module.predict_program) if p is not None]
        programs += [] if devices is None else devices.programs
        tensors = [tensor for program in programs for tensor in program.tensors]
        own = {name for program in programs for name in (*program.dims, *program.table)}
        super().__init__(module, Names(own, ("jax", "jnp")))
        self.names.hold_extents(tensors, "{}{}_size")
        for name in (*OWN, *(ON_DEVICES if devices is not None else ())):
            self.names.module(name)
        self.wrt, self.devices = wrt, devices

    def text(self) -> ModuleText:
        """The module's text in parts."""
        module, program, back = self.module, self.program, self.module.backward_program
        printer = Printer(Namer.of(program.with_(tensors=tuple({**back.table, **program.table}.values()))))
        predict = module.predict_program
        backward, carried = self.backward()
        training, forward = self.forward(carried)
        predicting, predicted = self.predict()
        devices = None if self.devices is None else DeviceLines(self.devices, self.names, self.wrt).text()
        helpers = self.helpers | (set() if devices is None else devices.called)
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
            helpers=tuple(helper for helper in HELPERS if helper in helpers),
            devices=devices,
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

    # --- sizes ---------------------------------------------------------------------------------------
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
