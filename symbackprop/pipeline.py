"""The architecture on a page: from a network to its derivation, its module and its proof.

Network ── read ──> Program ── stages ──> ScheduledDerivation ── stages ──> ScheduledModule       (see `stages`)
    ScheduledModule ── lower ──> values ── numpy or plain ──> module text ── load ──> module
    ScheduledDerivation ── build ──> Document, the same ── measure ──> Cost
    Derived, module ── verify ──> Report        Derived, what somebody claims of it ── check ──> ClaimReport
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, overload

from symbackprop.cost.cost_summary import Cost
from symbackprop.cost.sharded_cost import ShardedCost, measure_sharded
from symbackprop.derivation import Derivation, choice, cost_of
from symbackprop.derive.second_order import directional_program
from symbackprop.errors import InvalidArgument
from symbackprop.language import Network
from symbackprop.lower import lower_module
from symbackprop.lower.passes import improved_module
from symbackprop.numpy import emit
from symbackprop.optimizers import Optimizer
from symbackprop.phrases import language_of
from symbackprop.shard import Sharded
from symbackprop.sources import (
    BACKENDS,
    Source,
    Wrt,
    at_sizes,
    c_files,
    c_module,
    c_text,
    double_precision,
    imported,
    jax_text,
    loaded,
    lowered,
    module_text,
    plain_text,
    program_of,
    readable_text,
    refuse_options,
    refuse_shard,
    scheduled_derivation,
    sharded_functions,
    torch_text,
    wrt_names,
)
from symbackprop.stages import functions_of, refuse_cycles, tangents_of
from symbackprop.terms.collecting import collecting_seldom
from symbackprop.terms.program import Program, TensorKind

if TYPE_CHECKING:  # what only some of the functions need takes as long to import as all the rest
    from symbackprop.claims import ClaimReport, Claims
    from symbackprop.measured.machine import Machine
    from symbackprop.measured.predict import Prediction
    from symbackprop.measured.profile import Profile
    from symbackprop.report import Page
    from symbackprop.verify import Report

STYLES = ("fast", "plain")


def derive(net: Source, wrt: Wrt = None) -> Derivation:
    """The equations of the loss's gradients; of a layer, those of the product of its Jacobian with given cotangents.

    `wrt`: names or tensors to differentiate by, exactly those (parameters, float inputs, intermediates: their δ); by
    default every parameter, of a layer every float input too. The gradient by a tensor has that tensor's shape.
    Raises what is wrong with the network as a whole (`UndefinedTensor`, `CyclicEquations`, `UnreachedParameter`, ...),
    `UnknownTensor` for a name in `wrt` that is none of its tensors, and `InvalidArgument` for one of another kind.
    """
    return Derivation(scheduled_derivation(net, wrt), _symbols(net))


@collecting_seldom()
def generate(
    net: Source, backend: str = "numpy", wrt: Wrt = None, *, dims: Mapping[str, int] | None = None,
    style: str = "fast", optimizer: Optimizer | None = None, memory: int | str | None = None,
    shard: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """The source of a standalone module that needs its target's library alone.

    `backend`: "numpy"; "jax": pure functions over dicts of arrays, under `jit`, `vmap` and `grad`; "torch": operators
    of `torch.library` over the derived first and second derivatives, and an `nn.Module`; "c": one file of C99, every
    size being a number. `wrt`: as `derive` has it.
    `dims`: sizes that are fixed, as in `{"N": 32}`; the module is written for these numbers and takes no others, and
    sizes that are not named stay symbolic. Where all are fixed and operations are few, it computes with Python's
    numbers, not with arrays. `style`: "fast", or "plain": one function, `loss_and_gradients` (of a layer
    `layer_and_gradients`), an expression an equation, to be read. `optimizer` (NumPy, C): one of
    `symbackprop.optimizers`; the module has its `init_optimizer` and `update` then, the files in C a function that is
    called as it is. `memory` (NumPy): the most that a step (`value_and_grad`, `vjp`) may take
    beside its arguments, as "200MB" or in bytes, in float32; backward then computes the cheapest values once more that
    let it fit, and the module's docstring says which. Every size is a number then. `shard` (JAX): which index is split
    over which axis of a mesh of devices, as in `{"n": "data", "j": "model"}`, each called as the printed derivation
    calls it; the module has PARAMETER_SPECS, INPUT_SPECS and `sharded_value_and_grad(mesh)` too (of a layer
    `sharded_vjp(mesh)`), with the collectives that its equations need.
    Raises what `derive` does, `TooManyAxes` for an array of more than 32 axes, `UnknownSymbol` and `InvalidSize` for
    sizes in `dims` that the network does not have or that cannot be, and `InvalidArgument` for an optimiser beside
    `style="plain"`, or beside a `wrt` that leaves a parameter out, a `memory` that no choice fits, or an option of
    another target; of `shard`, `UnknownIndex` for a name that is no index, and `UnsplittableIndex` for one along which
    a loop runs, or of which the devices' blocks do not suffice.
    """
    if choice("generate: backend", backend, BACKENDS) != "numpy":
        refuse_options(backend, style, optimizer, memory)
        program = at_sizes(net, dims)
        if backend == "jax":
            return jax_text(program, wrt_names(program, wrt), shard)
        refuse_shard(backend, shard)
        if backend == "c":
            return c_text(program, wrt_names(program, wrt), optimizer)
        return torch_text(program, wrt_names(program, wrt))
    refuse_shard(backend, shard)
    if choice("generate: style", style, STYLES) == "plain":
        if optimizer is not None:
            raise InvalidArgument("generate: optimizer", expected='none with style="plain", which has one function',
                                  found=repr(optimizer), remedy='write style="fast"')  # fmt: skip
        if memory is not None:
            raise InvalidArgument("generate: memory", expected='none with style="plain", which plans none',
                                  found=repr(memory), remedy='write style="fast"')  # fmt: skip
        return plain_text(program := at_sizes(net, dims), scheduled_derivation(program, wrt))
    program = at_sizes(net, dims)
    return module_text(program, scheduled_derivation(program, wrt), optimizer, memory)


def generate_files(
    net: Source, wrt: Wrt = None, *, dims: Mapping[str, int] | None = None, optimizer: Optimizer | None = None
) -> Mapping[str, str]:
    """The files of a network in C, by their names: NAME.h and NAME.c, NAME_ctypes.py, Makefile, CMakeLists.txt and
    what else there is. Arguments and errors as those of `generate`; every size is a number."""
    program = at_sizes(net, dims)
    return c_files(program, wrt_names(program, wrt), optimizer)


def load(
    net: Source, wrt: Wrt = None, *, backend: str = "numpy", dims: Mapping[str, int] | None = None,
    style: str = "fast", optimizer: Optimizer | None = None, memory: int | str | None = None,
    shard: Mapping[str, str] | None = None,
) -> ModuleType:  # fmt: skip
    """The generated module, imported. Arguments and errors as those of `generate`."""
    if backend == "c":
        refuse_options(backend, style, optimizer, memory)
        refuse_shard(backend, shard)
        program = at_sizes(net, dims)
        return c_module(program, wrt_names(program, wrt), optimizer)
    source = generate(net, backend, wrt, dims=dims, style=style, optimizer=optimizer, memory=memory, shard=shard)
    name = program_of(net).name
    return imported(name, source) if backend == "torch" else loaded(name, source)


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

    if choice("verify: backend", backend, BACKENDS) != "numpy":
        module = load(net, backend=backend, style=style)
        derived = scheduled_derivation(net, None).derived
        kind: type[ModuleEvaluator] = StepEvaluator if backend == "torch" else ModuleEvaluator
        with double_precision(backend):
            return verify_program(program_of(net), derived, module, dims=dims, method=method, seed=seed, kind=kind)
    is_plain = choice("verify: style", style, STYLES) == "plain"
    program, scheduled = program_of(net), scheduled_derivation(net, None)
    module = loaded(program.name, (plain_text if is_plain else module_text)(program, scheduled))
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


@overload
def cost(net: Source) -> Cost: ...
@overload
def cost(net: Source, shard: None) -> Cost: ...
@overload
def cost(net: Source, shard: Mapping[str, str]) -> ShardedCost: ...
def cost(net: Source, shard: Mapping[str, str] | None = None) -> Cost | ShardedCost:
    """Multiply-adds, bytes moved and peak memory of forward, backward and the alternatives, in the sizes.

    The alternatives are central differences, two losses for each entry of each parameter, and a chain rule that does
    not keep its δ. The peak is what the module takes in float32 without a workspace, arguments excluded; backward's
    includes what forward left, so that the larger of the two is that of a step. Raises what `derive` does.

    `shard`: the mesh axis of each index that is split over devices, as {"n": "data", "j": "model"}. Then the cost is
    that of each device of the mesh: multiply-adds, the bytes that it sends for each collective, and its memory, in the
    sizes and the numbers of devices along the mesh axes. Raises UnknownIndex for a name that no dimension has,
    UnsplittableIndex where a loop runs along what would be split.
    """
    if shard is not None:
        return measure_sharded(sharded(net, shard))
    return cost_of(program_of(net), scheduled_derivation(net, None))


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
    return directional_program(scheduled_derivation(net, wrt, again=True).derived, gradient)


def jacobian_vector_product(net: Source, wrt: Wrt = None, *, directions: str = "") -> Program:
    """A program of the derivative along the directions v_w, with an input `v_<w>` of its shape for each w of `wrt`.

    Of a layer its outputs are Σ_w ∂y/∂w·v_w for each output y, in their order; of a network with a loss its loss is the
    directional derivative Σ_w <∂L/∂w, v_w>. No backward pass stands behind it (forward mode). `wrt` as `derive` has it,
    but for intermediates. `directions`: the name of a new size, of so many directions at once: each `v_<w>` and each
    result has a last axis for them, and what they share is computed once; that of a loss is an output then. `derive`,
    `generate`, `load`, `verify` take it. Raises DuplicateName where the network has the name `v_<w>` itself.
    """
    program = program_of(net)
    names = wrt_names(program, wrt)
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
    return sharded_functions(program_of(net), wrt, indices)


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
    program, scheduled = program_of(net), scheduled_derivation(net, None)
    module = functions_of(program, scheduled)
    fast = improved_module(lower_module(module))
    source, plain_source = emit(fast), readable_text(module, scheduled)
    costs = cost_of(program, scheduled, fast)
    document = build(scheduled, level_of(scheduled), True, costs, words).titled(title, author, date)
    verification = verify_program(program, scheduled.derived, loaded(program.name, source), dims=dims, seed=seed)
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
    scheduled = scheduled_derivation(program, None)
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
    return predicted(improved_module(lowered(program, scheduled_derivation(program, None))), sizes, machine)


def _all_sizes(program: Program, dims: Mapping[str, int] | None) -> dict[str, int]:
    """The sizes, checked; InvalidSize says which are missing, and what to write."""
    from symbackprop.measured.profile import check_all
    from symbackprop.verify.asked import asked_sizes, check_sizes

    sizes = asked_sizes(dims) or {}
    check_all(program, sizes)
    return check_sizes(program, sizes)


def _symbols(net: Source) -> Mapping[str, Any]:
    match net:
        case Network() | Derivation():
            return net.symbols
        case _:
            return {}
