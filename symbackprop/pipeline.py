"""The architecture on a page: from a network to its derivation, its module and its proof.

Network ── read ──> Program ── stages ──> ScheduledDerivation ── stages ──> ScheduledModule       (see `stages`)
    ScheduledModule ── lower ──> values ── numpy or plain ──> module text ── load ──> module
    ScheduledDerivation ── build ──> Document, the same ── measure ──> Cost
    Derived, module ── verify ──> Report        Derived, what somebody claims of it ── check ──> ClaimReport
"""

from __future__ import annotations

import hashlib
import linecache
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from symbackprop import jax, plain
from symbackprop import torch as torch_target
from symbackprop.cost.cost_summary import Cost
from symbackprop.cost.operations import operations_of_tensors
from symbackprop.derivation import Derivation, choice, cost_of, tensor_name
from symbackprop.derive.differentiate import Derived
from symbackprop.derive.second_order import directional_program
from symbackprop.errors import InvalidArgument, UnknownTensor
from symbackprop.language import Network
from symbackprop.lower import ModuleIR, UpdateIR, lower_module, lower_update
from symbackprop.lower.passes import READABLE_PASSES, improved_module
from symbackprop.lower.values import Function
from symbackprop.numpy import emit
from symbackprop.numpy.budget import read_bytes
from symbackprop.numpy.recompute import Budget
from symbackprop.optimizers import Optimizer
from symbackprop.phrases import language_of
from symbackprop.schedule import ScheduledDerivation, ScheduledModule, unshared
from symbackprop.shard import Sharded, shard
from symbackprop.stages import derived_of, functions_of, in_order, refuse_cycles, tangents_of, training_form
from symbackprop.terms.collecting import collecting_seldom
from symbackprop.terms.fixed_sizes import fixed_sizes
from symbackprop.terms.program import DType, Program, TensorKind

if TYPE_CHECKING:  # what only some of the functions need takes as long to import as all the rest
    from symbackprop.claims import ClaimReport, Claims
    from symbackprop.measured.machine import Machine
    from symbackprop.measured.predict import Prediction
    from symbackprop.measured.profile import Profile
    from symbackprop.report import Page
    from symbackprop.verify import Report

Source = Network | Program | Derivation
Wrt = str | Sequence[Any] | None
STYLES = ("fast", "plain")
BACKENDS = ("numpy", "jax", "torch")
VERIFIED = ("numpy", "torch")  # backends whose modules `verify` runs


def derive(net: Source, wrt: Wrt = None) -> Derivation:
    """The equations of the loss's gradients; of a layer, those of the product of its Jacobian with given cotangents.

    `wrt`: names or tensors to differentiate by, exactly those (parameters, float inputs, intermediates: their δ); by
    default every parameter, of a layer every float input too. The gradient by a tensor has that tensor's shape.
    Raises what is wrong with the network as a whole (`UndefinedTensor`, `CyclicEquations`, `UnreachedParameter`, ...),
    `UnknownTensor` for a name in `wrt` that is none of its tensors, and `InvalidArgument` for one of another kind.
    """
    return Derivation(_derived(net, wrt), _symbols(net))


@collecting_seldom()
def generate(
    net: Source, backend: str = "numpy", wrt: Wrt = None, *, dims: Mapping[str, int] | None = None,
    style: str = "fast", optimizer: Optimizer | None = None, memory: int | str | None = None,
) -> str:  # fmt: skip
    """The source of a standalone module that needs its target's library alone.

    `backend`: "numpy"; "jax": pure functions over dicts of arrays, under `jit`, `vmap` and `grad`; "torch": operators
    of `torch.library` over the derived first and second derivatives, and an `nn.Module`. `wrt`: as `derive` has it.
    `dims`: sizes that are fixed, as in `{"N": 32}`; the module is written for these numbers and takes no others, and
    sizes that are not named stay symbolic. Where all are fixed and operations are few, it computes with Python's
    numbers, not with arrays. `style`: "fast", or "plain": one function, `loss_and_gradients` (of a layer
    `layer_and_gradients`), an expression an equation, to be read. `optimizer`: one of `symbackprop.optimizers`; the
    module has its `init_optimizer` and `update` then. `memory`: the most that a step (`value_and_grad`, `vjp`) may take
    beside its arguments, as "200MB" or in bytes, in float32; backward then computes the cheapest values once more that
    let it fit, and the module's docstring says which. Every size is a number then.
    Raises what `derive` does, `TooManyAxes` for an array of more than 32 axes, `UnknownSymbol` and `InvalidSize` for
    sizes in `dims` that the network does not have or that cannot be, and `InvalidArgument` for an optimiser beside
    `style="plain"`, or beside a `wrt` that leaves a parameter out, or a `memory` that no choice fits.
    """
    if choice("generate: backend", backend, BACKENDS) != "numpy":
        _refuse_options(backend, style, optimizer, memory)
        program = at_sizes(net, dims)
        return (jax_text if backend == "jax" else torch_text)(program, _wrt_names(program, wrt))
    if choice("generate: style", style, STYLES) == "plain":
        if optimizer is not None:
            raise InvalidArgument("generate: optimizer", expected='none with style="plain", which has one function',
                                  found=repr(optimizer), remedy='write style="fast"')  # fmt: skip
        if memory is not None:
            raise InvalidArgument("generate: memory", expected='none with style="plain", which plans none',
                                  found=repr(memory), remedy='write style="fast"')  # fmt: skip
        return plain_text(program := at_sizes(net, dims), _derived(program, wrt))
    program = at_sizes(net, dims)
    return module_text(program, _derived(program, wrt), optimizer, memory)


def load(
    net: Source, wrt: Wrt = None, *, backend: str = "numpy", dims: Mapping[str, int] | None = None,
    style: str = "fast", optimizer: Optimizer | None = None, memory: int | str | None = None,
) -> ModuleType:  # fmt: skip
    """The generated module, imported. Arguments and errors as those of `generate`."""
    source = generate(net, backend, wrt, dims=dims, style=style, optimizer=optimizer, memory=memory)
    name = program_of(net).name
    return _imported(name, source) if backend == "torch" else _load(name, source)


def verify(
    net: Source, dims: Mapping[str, int] | None = None, method: str = "all", seed: int = 0, *, style: str = "fast",
    backend: str = "numpy",
) -> Report:  # fmt: skip
    """Every gradient checked: exactly, against forward mode modulo a prime, and numerically, on the module.

    `dims`: the sizes to check at; small ones that tell axes apart are chosen for the others. `method`: "all", "exact",
    "module" or "numeric". `seed`: of the data. `style`, `backend`: of the module, as `generate` has them.
    Raises what `generate` does, and `InvalidSize` for sizes that the network does not have or that cannot be. A wrong
    gradient is no error: the report has it, and its `passed` is False.
    """
    from symbackprop.verify import ModuleEvaluator, PlainEvaluator, StepEvaluator, verify_program

    if choice("verify: backend", backend, VERIFIED) != "numpy":
        module = load(net, backend=backend, style=style)
        derived = _derived(net, None).derived
        return verify_program(program_of(net), derived, module, dims=dims, method=method, seed=seed, kind=StepEvaluator)
    is_plain = choice("verify: style", style, STYLES) == "plain"
    program, scheduled = program_of(net), _derived(net, None)
    module = _load(program.name, (plain_text if is_plain else module_text)(program, scheduled))
    kind = PlainEvaluator if is_plain else ModuleEvaluator
    return verify_program(program, scheduled.derived, module, dims=dims, method=method, seed=seed, kind=kind)


def check_derivation(
    net: Source, claims: Claims = None, dims: Mapping[str, int] | None = None, seed: int = 0
) -> ClaimReport:
    """Gradients derived by hand: each proved equal to the derived one, or refuted with the term that differs.

    `claims`: those to look at, of `net.claim`, or as it takes them: pairs (`delta(z)[n, j]`, value), equations, texts;
    by default all of `net.claims`. `dims`: sizes to look at; small ones are chosen for the others. Of a program,
    such as `hessian_vector_product` returns, the claims are about the gradients of its loss. Raises what is wrong with
    the network or a claim, and `InvalidClaim` where there is none.
    """
    from symbackprop.claims import check_claims, claims_about

    source = program_of(net) if isinstance(net, Derivation) else net
    if not isinstance(source, Network | Program):
        raise InvalidArgument("net", expected="a Network", found=type(net).__name__)
    made = claims_about(source, claims)
    program = source.with_claims(made) if isinstance(source, Network) else source
    refuse_cycles(program)
    return check_claims(program, made, dims, seed)


def cost(net: Source) -> Cost:
    """Multiply-adds, bytes moved and peak memory of forward, backward and the alternatives, in the sizes.

    The alternatives are central differences, two losses for each entry of each parameter, and a chain rule that does
    not keep its δ. The peak is what the module takes in float32 without a workspace, arguments excluded; backward's
    includes what forward left, so that the larger of the two is that of a step. Raises what `derive` does.
    """
    return cost_of(program_of(net), _derived(net, None))


def report(
    net: Source, dims: Mapping[str, int] | None = None, *, seed: int = 0, title: str | None = None, author: str = "",
    date: str = "", language: str = "en", step: Mapping[str, int] | None = None,
) -> str:  # fmt: skip
    """The derivation as one HTML page beside the code, with the graph, the cost and the verification of the network.

    `dims`: the sizes to check at, and at which the plot of the cost begins. `seed`: of the data of the check.
    `title`, `author`, `date`, `language`: as `Derivation.document` has them. `step`: sizes, every one of the network's,
    at which a step is measured on this machine and shown by equation. A page whose verification failed says so.
    Raises what `generate` does.
    """
    page = report_page(net, dims, seed=seed, title=title, author=author, date=date, language=language, step=step)
    return page.html


def hessian_vector_product(net: Source, wrt: Wrt = None, *, gradient: bool = False) -> Program:
    """A program whose gradient by each w of `wrt` is the Hessian-vector product, with an input `v_<w>` for each.

    Its loss is the directional derivative Σ_w <∂L/∂w, v_w>; L is the loss, or of a layer the inner product of its
    outputs with their cotangents, which are inputs then. `derive`, `generate`, `load`, `verify` take it. `gradient`:
    whether these also give, by default, the gradient by each `v_<w>`: that is ∂L/∂w, computed on the way. What is
    assumed of a w holds where it is, not beside it: the gradient that is differentiated again makes no use of that.
    Raises DuplicateName where the network has the name `v_<w>` itself.
    """
    return directional_program(_derived(net, wrt, again=True).derived, gradient)


def jacobian_vector_product(net: Source, wrt: Wrt = None, *, directions: str = "") -> Program:
    """A program of the derivative along the directions v_w, with an input `v_<w>` of its shape for each w of `wrt`.

    Of a layer its outputs are Σ_w ∂y/∂w·v_w for each output y, in their order; of a network with a loss its loss is the
    directional derivative Σ_w <∂L/∂w, v_w>. No backward pass stands behind it (forward mode). `wrt` as `derive` has it,
    but for intermediates. `directions`: the name of a new size, of so many directions at once: each `v_<w>` and each
    result has a last axis for them, and what they share is computed once; that of a loss is an output then. `derive`,
    `generate`, `load`, `verify` take it. Raises DuplicateName where the network has the name `v_<w>` itself.
    """
    program = program_of(net)
    names = _wrt_names(program, wrt)
    for name in names:
        if program.table[name].kind is TensorKind.INTERMEDIATE:
            raise InvalidArgument(f"wrt: {name}", expected="a parameter or float input", found="an intermediate tensor",
                                  remedy="a direction is one of what is given")  # fmt: skip
    if directions and (not directions.isidentifier() or directions in {*program.dims, *program.table}):
        raise InvalidArgument("directions", expected="a name of its own", found=repr(directions),
                              remedy="it is a new size")  # fmt: skip
    refuse_cycles(program)
    return tangents_of(program, names, directions)


def sharded(net: Source, indices: Mapping[str, str], wrt: Wrt = None) -> Sharded:
    """Forward and backward on a mesh of devices: `indices` says which index is split over which mesh axis.

    As {"n": "data", "j": "model"}, each index called as the printed derivation calls it. Where every tensor lives and
    which collective each equation needs follows (`shard`). Raises what `derive` does, UnknownIndex for a name that no
    dimension has, UnsplittableIndex where a loop runs along what would be split.
    """
    program, scheduled = program_of(net), _derived(net, wrt)
    return shard(functions_of(program, scheduled), indices)


def report_page(
    net: Source, dims: Mapping[str, int] | None = None, *, seed: int = 0, title: str | None = None, author: str = "",
    date: str = "", language: str = "en", step: Mapping[str, int] | None = None,
) -> Page:  # fmt: skip
    """What `report` returns, with the verdict."""
    from symbackprop.document.compose import build
    from symbackprop.report import level_of, page
    from symbackprop.verify import verify_program

    words = language_of(language)
    measured = None if step is None else profile(net, step)
    program, scheduled = program_of(net), _derived(net, None)
    module = functions_of(program, scheduled)
    fast = improved_module(lower_module(module))
    source, plain_source = emit(fast), _plain_text(module, scheduled)
    costs = cost_of(program, scheduled, fast)
    document = build(scheduled, level_of(scheduled), True, costs, words).titled(title, author, date)
    verification = verify_program(program, scheduled.derived, _load(program.name, source), dims=dims, seed=seed)
    return page(program, scheduled, document, source, plain_source, costs, verification, dims, measured)


def profile(net: Source, dims: Mapping[str, int] | None = None, *, calibrate: bool = False) -> Profile:
    """A step of the module, measured by equation at `dims`, which name every size.

    `calibrate`: whether the machine that it is compared with is measured anew.
    Raises what `generate` does, and InvalidSize for sizes that are missing or too large for the machine's memory.
    """
    from symbackprop.measured.known import measured_machine
    from symbackprop.measured.profile import check_memory, profiled

    program = program_of(net)
    sizes = _all_sizes(program, dims)
    check_memory(program, sizes)
    scheduled = _derived(program, None)
    functions = functions_of(program, scheduled)
    source = emit(improved_module(lower_module(functions)))
    return profiled(program, functions, source, sizes, measured_machine(calibrate))


def prediction(net: Source, dims: Mapping[str, int] | None, machine: Machine) -> Prediction:
    """How long forward, backward and a step of the module take on the machine at `dims`, which name every size.

    In float32, with a workspace that has been used. Raises as `profile` does.
    """
    from symbackprop.measured.predict import predicted

    program = program_of(net)
    sizes = _all_sizes(program, dims)
    return predicted(improved_module(lowered(program, _derived(program, None))), sizes, machine)


def _all_sizes(program: Program, dims: Mapping[str, int] | None) -> dict[str, int]:
    """The sizes, checked; InvalidSize says which are missing, and what to write."""
    from symbackprop.measured.profile import check_all
    from symbackprop.verify.asked import asked_sizes, check_sizes

    sizes = asked_sizes(dims) or {}
    check_all(program, sizes)
    return check_sizes(program, sizes)


# --- the stages ----------------------------------------------------------------------------------------
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
def _derived(net: Source, wrt: Wrt, again: bool = False) -> ScheduledDerivation:
    program = program_of(net)
    refuse_cycles(program)
    return in_order(derived_of(program, _wrt_names(program, wrt), again))


@collecting_seldom()
def module_text(
    program: Program,
    scheduled: ScheduledDerivation,
    optimizer: Optimizer | None = None,
    memory: int | str | None = None,
) -> str:
    update = None if optimizer is None else _update(program, scheduled.derived, optimizer)
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
    return _plain_text(functions_of(program, scheduled), scheduled)


def _plain_text(module: ScheduledModule, scheduled: ScheduledDerivation) -> str:
    values = lower_module(unshared(module, (scheduled.forward,)))  # there is no `predict` that could share anything
    return plain.emit(improved_module(values, READABLE_PASSES))


@collecting_seldom()
def torch_text(program: Program, wrt: Sequence[str]) -> str:
    """The PyTorch module, with the derivation of the second derivatives by what is given."""
    scheduled = _derived(program, wrt)
    given = [name for name, _ in scheduled.derived.backward.wrt
             if program.table[name].kind is not TensorKind.INTERMEDIATE]  # fmt: skip
    first = lower_module(unshared(functions_of(program, scheduled), (scheduled.forward,)))
    directional = directional_program(_derived(program, given, again=True).derived)
    cotangents = [name for _, name in program.cotangents]
    again = _derived(directional, [*given, *cotangents])
    second = lower_module(unshared(functions_of(directional, again), (again.forward,)))
    return torch_target.emit(*(improved_module(module, READABLE_PASSES) for module in (first, second)))


@collecting_seldom()
def jax_text(program: Program, wrt: Sequence[str]) -> str:
    """`wrt`: the gradients that its functions return; its `custom_vjp` has those by all else that is differentiable."""
    assumed = {name for fact in program.assumptions for name in fact.condition.tensors}
    given = program.of_kind(TensorKind.PARAMETER, TensorKind.INPUT)
    floats = [t.name for t in given if t.dtype is DType.FLOAT and t.name not in assumed]
    scheduled = _derived(program, list(dict.fromkeys([*floats, *wrt])))
    module = lower_module(unshared(functions_of(program, scheduled), (scheduled.forward,)))
    return jax.emit(improved_module(module, READABLE_PASSES), wrt)


def _refuse_options(backend: str, style: str, optimizer: object, memory: object) -> None:
    """InvalidArgument where an option is one of NumPy's modules alone."""
    for name, value, default in (("style", style, "fast"), ("optimizer", optimizer, None), ("memory", memory, None)):
        if value != default:
            raise InvalidArgument(f"generate: {name}", expected=f'none with backend="{backend}"', found=repr(value),
                                  remedy=f'leave {name} out, or write backend="numpy"')  # fmt: skip


def lowered(program: Program, scheduled: ScheduledDerivation) -> ModuleIR[Function]:
    """The module's functions, as values."""
    return lower_module(functions_of(program, scheduled))


def _update(program: Program, derived: Derived, optimizer: Optimizer) -> UpdateIR[Function]:
    if not isinstance(optimizer, Optimizer):
        raise InvalidArgument("optimizer", expected="one of symbackprop.optimizers", found=repr(optimizer),
                              remedy="call it, as in optimizers.adamw()")  # fmt: skip
    parameters = [tensor.name for tensor in program.of_kind(TensorKind.PARAMETER)]
    found = [name for name, _ in derived.backward.wrt]
    if not parameters or not set(parameters) <= set(found):
        raise InvalidArgument("optimizer", expected=f"gradients by every parameter ({', '.join(parameters) or 'none'})",
                              found=", ".join(found), remedy="leave wrt out" if parameters else "")  # fmt: skip
    equations = training_form(optimizer.network.to_program(needs_loss=False))
    return lower_update(optimizer.title, equations, optimizer.states)


def _load(name: str, source: str) -> ModuleType:
    return _run(ModuleType(name), name, source)


def _run(module: ModuleType, name: str, source: str) -> ModuleType:
    filename = f"<symbackprop {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    module.__file__ = filename
    exec(compile(source, filename, "exec"), module.__dict__)
    return module


def _imported(name: str, source: str) -> ModuleType:
    """The module under a name that finds it, once for a source: torch.compile imports it, and operators have one
    definition each."""
    key = f"symbackprop_{name}_{hashlib.blake2b(source.encode(), digest_size=8).hexdigest()}"
    if key not in sys.modules:
        sys.modules[key] = _run(ModuleType(key), name, source)
    return sys.modules[key]


def _wrt_names(program: Program, wrt: Wrt) -> tuple[str, ...]:
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


def _symbols(net: Source) -> Mapping[str, Any]:
    match net:
        case Network() | Derivation():
            return net.symbols
        case _:
            return {}
