"""The text of modules: which passes and which target make it, and how it becomes a module."""

from __future__ import annotations

import hashlib
import linecache
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

from symbackprop import c, jax, plain
from symbackprop import torch as torch_target
from symbackprop.c.binding_text import binding_text
from symbackprop.c.compiled import Compiled, Texts, texts_of
from symbackprop.cost.operations import operations_of_tensors
from symbackprop.derivation import Derivation, tensor_name
from symbackprop.derive.second_order import directional_program
from symbackprop.errors import InvalidArgument, InvalidSize, UnknownTensor
from symbackprop.language import Network
from symbackprop.lower import ModuleIR, UpdateIR, lower_module, lower_update
from symbackprop.lower.passes import LOOP_PASSES, READABLE_PASSES, improved, improved_module
from symbackprop.lower.values import Function
from symbackprop.numpy import emit
from symbackprop.numpy.budget import read_bytes
from symbackprop.numpy.recompute import Budget
from symbackprop.optimizers import Optimizer
from symbackprop.schedule import ScheduledDerivation, ScheduledModule, unshared
from symbackprop.shard import Sharded, shard
from symbackprop.shard.local import local
from symbackprop.stages import derived_of, functions_of, in_order, refuse_cycles, training_form
from symbackprop.terms.collecting import collecting_seldom
from symbackprop.terms.fixed_sizes import fixed_sizes
from symbackprop.terms.program import DType, Program, TensorKind

Source = Network | Program | Derivation
Wrt = str | Sequence[Any] | None
BACKENDS = ("numpy", "jax", "torch", "c")


def program_of(net: Source) -> Program:
    """The program that a network, derivation or program stands for, checked."""
    match net:
        case Network():
            return net.to_program()
        case Derivation():
            return net.program
        case Program():
            return net
        case _:
            raise InvalidArgument("net", expected="a Network", found=type(net).__name__)


def at_sizes(net: Source, dims: Mapping[str, int] | None) -> Program:
    """The program with numbers in the place of these sizes; `UnknownSymbol` or `InvalidSize` where that cannot be."""
    program = program_of(net)
    if dims is None:
        return program
    from symbackprop.verify.asked import check_some_sizes

    refuse_cycles(program)  # as it was written, before sizes of one leave no cycle
    return fixed_sizes(program, check_some_sizes(program, dims))


@collecting_seldom()
def scheduled_derivation(net: Source, wrt: Wrt, again: bool = False) -> ScheduledDerivation:
    program = program_of(net)
    refuse_cycles(program)
    return in_order(derived_of(program, wrt_names(program, wrt), again))


@collecting_seldom()
def module_text(
    program: Program,
    scheduled: ScheduledDerivation,
    optimizer: Optimizer | None = None,
    memory: int | str | None = None,
) -> str:
    update = (
        None
        if optimizer is None
        else update_of(program, [name for name, _ in scheduled.derived.backward.wrt], optimizer)
    )
    budget = None if memory is None else _budget(program, memory)
    module = improved_module(lowered(program, scheduled))
    if budget is None:
        return emit(module, update)
    integers = frozenset(tensor.name for tensor in module.program.tensors if tensor.dtype is DType.INT)
    return emit(module, update, Budget(budget, operations_of_tensors(module.program.equations, integers)))


def _budget(program: Program, memory: int | str) -> int:
    """The bytes; InvalidArgument where they are none, or where a size has no number."""
    if program.dims:
        written = ", ".join(f'"{dim}": 32' for dim in program.dims)
        raise InvalidArgument(
            "memory", expected="that every size is a number, so that a step's peak is one",
            found=f"no number for {', '.join(program.dims)}",
            remedy=f"give each one: dims={{{written}}}, or --dims in the command",
        )  # fmt: skip
    return read_bytes(memory)


@collecting_seldom()
def plain_text(program: Program, scheduled: ScheduledDerivation) -> str:
    return readable_text(functions_of(program, scheduled), scheduled)


def readable_text(module: ScheduledModule, scheduled: ScheduledDerivation) -> str:
    values = lower_module(unshared(module, (scheduled.forward,)))  # there is no `predict` that could share anything
    return plain.emit(improved_module(values, READABLE_PASSES))


@collecting_seldom()
def torch_text(program: Program, wrt: Sequence[str]) -> str:
    """The PyTorch module, with the derivation of the second derivatives by what is given."""
    scheduled = scheduled_derivation(program, wrt)
    given = [name for name, _ in scheduled.derived.backward.wrt
             if program.table[name].kind is not TensorKind.INTERMEDIATE]  # fmt: skip
    first = lower_module(unshared(functions_of(program, scheduled), (scheduled.forward,)))
    directional = directional_program(scheduled_derivation(program, given, again=True).derived)
    cotangents = [name for _, name in program.cotangents]
    again = scheduled_derivation(directional, [*given, *cotangents])
    second = lower_module(unshared(functions_of(directional, again), (again.forward,)))
    return torch_target.emit(*(improved_module(module, READABLE_PASSES) for module in (first, second)))


@collecting_seldom()
def jax_text(program: Program, wrt: Sequence[str], indices: Mapping[str, str] | None = None) -> str:
    """`wrt`: the gradients that its functions return; its `custom_vjp` has those by all else that is differentiable.
    `indices`: those that are split over mesh axes, if it is to have functions for several devices too."""
    assumed = {name for fact in program.assumptions for name in fact.condition.tensors}
    given = program.of_kind(TensorKind.PARAMETER, TensorKind.INPUT)
    floats = [t.name for t in given if t.dtype is DType.FLOAT and t.name not in assumed]
    scheduled = scheduled_derivation(program, list(dict.fromkeys([*floats, *wrt])))
    module = lower_module(unshared(functions_of(program, scheduled), (scheduled.forward,)))
    devices = None if indices is None else _on_devices(program, wrt, indices)
    return jax.emit(improved_module(module, READABLE_PASSES), wrt, devices)


def _on_devices(program: Program, wrt: Sequence[str], indices: Mapping[str, str]) -> jax.OnDevices:
    own = local(sharded_functions(program, wrt, indices))
    return jax.OnDevices(own, improved_module(lower_module(own.module), READABLE_PASSES))


def c_values(program: Program, wrt: Wrt = None) -> ModuleIR[Function]:
    """The module's functions for C, as values: each does all that it needs itself, on tensors as they lie."""
    scheduled = scheduled_derivation(program, wrt)
    module = lower_module(unshared(functions_of(program, scheduled), (scheduled.forward,)))
    return c.laid_out(improved_module(module, LOOP_PASSES))


def c_update(program: Program, wrt: Sequence[str], optimizer: Optimizer | None) -> UpdateIR[Function] | None:
    """The optimiser's functions for C."""
    if optimizer is None:
        return None
    update = update_of(program, wrt, optimizer)
    scalars, elements = improved(update.scalars, LOOP_PASSES), improved(update.elements, LOOP_PASSES)
    return replace(update, scalars=scalars, elements=elements)


@collecting_seldom()
def c_files(program: Program, wrt: Sequence[str], optimizer: Optimizer | None = None) -> Mapping[str, str]:
    """The files in C, by their names; InvalidArgument where a size is no number."""
    update = c_update(program, wrt, optimizer)
    return c.files(c_values(program, wrt), functions_of(program, scheduled_derivation(program, wrt)), update)


@collecting_seldom()
def c_text(program: Program, wrt: Sequence[str], optimizer: Optimizer | None = None) -> str:
    """One file that needs no other; InvalidArgument where a size is no number."""
    update = c_update(program, wrt, optimizer)
    return c.text(c_values(program, wrt), update)


@collecting_seldom()
def c_module(program: Program, wrt: Sequence[str], optimizer: Optimizer | None = None) -> ModuleType:
    """The module over libraries that are compiled when a call needs them, one for its sizes and dtype."""

    def complete(sizes: Mapping[str, int]) -> Mapping[str, int]:
        from symbackprop.verify.prime_sizes import choose_sizes

        try:
            return choose_sizes(program, budget=sys.maxsize, given=sizes)
        except InvalidSize:  # of which some ranges are empty, at those that are given
            return choose_sizes(program, ones=True, budget=sys.maxsize, given=sizes)

    def texts(sizes: Mapping[str, int]) -> Texts:
        return texts_of(c_values(fixed_sizes(program, sizes), wrt), update)

    update = c_update(program, wrt, optimizer)
    compiled = Compiled(program.dims, texts, complete)
    text = binding_text(functions_of(program, scheduled_derivation(program, wrt)), update=update)
    return loaded(program.name, text, _compiled=compiled)


def sharded_functions(program: Program, wrt: Wrt, indices: Mapping[str, str]) -> Sharded:
    return shard(functions_of(program, scheduled_derivation(program, wrt)), indices)


def refuse_options(backend: str, style: str, optimizer: object, memory: object) -> None:
    """InvalidArgument where an option is one of other targets."""
    options = [("style", style, "fast"), ("memory", memory, None)]
    options += [("optimizer", optimizer, None)] if backend != "c" else []
    for name, value, default in options:
        if value != default:
            other = '"numpy" or "c"' if name == "optimizer" else '"numpy"'
            raise InvalidArgument(f"generate: {name}", expected=f'none with backend="{backend}"', found=repr(value),
                                  remedy=f"leave {name} out, or write backend={other}")  # fmt: skip


def refuse_shard(backend: str, shard: object) -> None:
    """InvalidArgument for what JAX's modules alone can be asked for."""
    if shard is not None:
        raise InvalidArgument(f"generate: shard, backend {backend}", expected="none: devices are JAX's alone",
                              found=repr(shard), remedy='write backend="jax"')  # fmt: skip


def lowered(program: Program, scheduled: ScheduledDerivation) -> ModuleIR[Function]:
    """The module's functions, as values."""
    return lower_module(functions_of(program, scheduled))


def update_of(program: Program, wrt: Sequence[str], optimizer: Optimizer) -> UpdateIR[Function]:
    """The optimiser's functions, for a module whose gradients are by `wrt`."""
    if not isinstance(optimizer, Optimizer):
        raise InvalidArgument("optimizer", expected="one of symbackprop.optimizers", found=repr(optimizer),
                              remedy="call it, as in optimizers.adamw()")  # fmt: skip
    parameters = [tensor.name for tensor in program.of_kind(TensorKind.PARAMETER)]
    if not parameters or not set(parameters) <= set(wrt):
        raise InvalidArgument("optimizer", expected=f"gradients by every parameter ({', '.join(parameters) or 'none'})",
                              found=", ".join(wrt), remedy="leave wrt out" if parameters else "")  # fmt: skip
    equations = training_form(optimizer.network.to_program(needs_loss=False))
    return lower_update(optimizer.title, equations, optimizer.states)


def loaded(name: str, source: str, **there: object) -> ModuleType:
    """`there`: what the module has before its source runs."""
    module = ModuleType(name)
    vars(module).update(there)
    return _run(module, name, source)


def _run(module: ModuleType, name: str, source: str) -> ModuleType:
    filename = f"<symbackprop {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    module.__file__ = filename
    try:
        exec(compile(source, filename, "exec"), module.__dict__)
    except ModuleNotFoundError as error:
        if error.name not in BACKENDS:
            raise
        raise InvalidArgument(
            "load: backend", expected=f"that {error.name} is installed", found="none",
            remedy=f"pip install 'symbackprop[{error.name}]', or write the module with generate and load it elsewhere",
        ) from None  # fmt: skip
    return module


def imported(name: str, source: str) -> ModuleType:
    """The module under a name that finds it, once for a source: torch.compile imports it, and operators have one
    definition each."""
    key = f"symbackprop_{name}_{hashlib.blake2b(source.encode(), digest_size=8).hexdigest()}"
    if key not in sys.modules:
        sys.modules[key] = _run(ModuleType(key), name, source)
    return sys.modules[key]


@contextmanager
def double_precision(backend: str) -> Iterator[None]:
    """Where the backend has to be told that numbers may have 64 bits."""
    if backend != "jax":
        yield
        return
    import jax as library

    with library.enable_x64(True):
        yield


def wrt_names(program: Program, wrt: Wrt) -> tuple[str, ...]:
    if wrt is None:
        if not program.by_default:
            raise InvalidArgument(program.name, expected="a parameter to differentiate by", found="none",
                                  remedy="declare one, or name float inputs in wrt")  # fmt: skip
        return program.by_default
    names = tuple(tensor_name(item) for item in ([wrt] if isinstance(wrt, str) or not _is_list(wrt) else wrt))
    for place, name in enumerate(names):
        tensor = program.table.get(name)
        if tensor is None or (program.cotangents and name == program.loss):
            raise UnknownTensor("wrt", expected=f"a tensor of {program.name}", found=name)
        allowed = tensor.kind in (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.INTERMEDIATE)
        if not allowed or tensor.dtype is not DType.FLOAT:
            kind = "an int input" if tensor.dtype is DType.INT else f"a {tensor.kind.value} tensor"
            raise InvalidArgument(f"wrt: {name}", expected="a parameter, float input or intermediate", found=kind)
        if name in names[:place]:
            raise InvalidArgument(f"wrt: {name}", expected="each tensor once", found="it twice")
    if not names:
        raise InvalidArgument("wrt", expected="at least one tensor", found="none")
    return names


def _is_list(wrt: object) -> bool:
    return isinstance(wrt, list | tuple | set | frozenset)
