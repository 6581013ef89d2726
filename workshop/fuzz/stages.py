"""A made-up network through every stage, each compared with an oracle that shares no code with it."""

from __future__ import annotations

import enum
import random
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import lcm, prod
from types import ModuleType
from typing import Any

import numpy as np

from symbackprop.derive.differentiate import Derived
from symbackprop.derive.second_order import directional_program
from symbackprop.errors import InvalidSize, SymbackpropError, UnsplittableIndex
from symbackprop.feasible.size_conditions import size_failure
from symbackprop.schedule import unshared
from symbackprop.shard import Sharded, check_sharded, index_names, shard
from symbackprop.shard.local import local
from symbackprop.shard.simulate import check_blocks
from symbackprop.sources import c_module, double_precision, imported, jax_text, loaded, torch_text
from symbackprop.stages import derived_of, functions_of, in_order, refuse_cycles, tangents_of
from symbackprop.terms.check_program import check
from symbackprop.terms.inside import check_inside
from symbackprop.terms.needed import needed_for
from symbackprop.terms.program import DType, Program, TensorKind
from symbackprop.verify.data import draw
from symbackprop.verify.evaluators import ModuleEvaluator, StepEvaluator
from symbackprop.verify.exact import check_exact
from symbackprop.verify.prime_sizes import aligned_sizes
from workshop.devices import compare_devices, divisible
from workshop.fuzz.compiled import Compared, builds, wide_sizes
from workshop.fuzz.corners import compare_corners
from workshop.fuzz.generate import network_of
from workshop.fuzz.modules import (
    Mismatch,
    compare_evaluated,
    compare_module,
    compare_statements,
    compare_values,
    generated_source,
    load_module,
    lowered_values,
    reference_values,
)
from workshop.fuzz.statements import StatementDiffers
from workshop.fuzz.tangents import wrong_tangent


class Stage(enum.Enum):
    """The stages, in the order in which they run."""

    READ = "read"  # Python text -> checked program
    DERIVE = "derive"  # -> forward and backward programs, well-formed, every element inside its tensor
    SCHEDULE = "schedule"  # -> the functions of a module, each in an order in which it can be computed
    EXACT = "exact"  # gradients and values in residues against forward mode on the program as written
    CORNERS = "corners"  # gradients at zeros and ties, where branches that are not taken are singular
    TANGENT = "tangent"  # the program of a Jacobian-vector product against forward mode
    SECOND = "second"  # the same for a derivative of the derivative
    MODULE = "module"  # the generated module against the interpreter
    DEVICES = "devices"  # the functions on a mesh of devices, exactly and in NumPy, against those on one
    JAX = "jax"  # so those of other libraries, where these are installed
    TORCH = "torch"
    C = "c"  # compiled by the compiler that is found


LIBRARIES = (Stage.JAX, Stage.TORCH)  # which need what a stage is named after
DEFAULT = (Stage.READ, Stage.DERIVE, Stage.SCHEDULE, Stage.EXACT, Stage.CORNERS, Stage.TANGENT, Stage.MODULE)


_WORK = 6_000  # of one interpretation where strides are powers of two


class Verdict(enum.Enum):
    PASSED = "passed"
    REFUSED = "refused"  # the language refused the network with an error of its own
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a network: where it stopped, and why."""

    verdict: Verdict
    stage: Stage
    error: str = ""  # the error's class, or what differed
    message: str = ""
    notes: tuple[str, ...] = ()  # stages that had nothing to compare

    def same_as(self, other: Outcome) -> bool:
        """Whether both fail in the same way, whatever the names."""
        return (self.verdict, self.stage, self.error) == (other.verdict, other.stage, other.error)


class TooSlow(Exception):
    """A network took longer than the time for one (see `run.timed`)."""


@dataclass(slots=True)
class Trial:
    """What the stages so far have made of a network."""

    source: str
    seed: int
    sizes: dict[str, int] = field(default_factory=dict)
    network: Any = None
    program: Program | None = None
    derived: Derived | None = None
    wrt: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    def other_sizes(self) -> dict[str, int]:
        """Small sizes, equal ones and ones among them, that meet the network's conditions; else those of the trial."""
        assert self.program is not None
        rng = random.Random(self.seed)
        for _ in range(5):
            sizes = {name: rng.choice((1, 1, 2, 3)) for name in self.program.dims}
            if size_failure(self.program, sizes, allow_empty=True) is None:
                return sizes
        return self.sizes

    def aligned_sizes(self) -> dict[str, int]:
        """Sizes of powers of two, beside them, or of 1, which it is decided by the seed; else those of the trial."""
        assert self.program is not None
        choices = aligned_sizes(self.program, self.seed, _WORK)
        return choices[self.seed % len(choices)] if choices else self.sizes

    def made(self) -> tuple[Program, Derived]:
        assert self.program is not None
        assert self.derived is not None
        return self.program, self.derived


def examine(source: str, stages: Sequence[Stage] = DEFAULT, seed: int = 0) -> Outcome:
    """Runs the stages in order; the first failure is the outcome."""
    trial = Trial(source, seed)
    stage = Stage.READ
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for stage in stages:
                STAGES[stage](trial)
    except TooSlow as error:
        return Outcome(Verdict.FAILED, stage, "TooSlow", f"{error}\n{_place(error)}")
    except StatementDiffers as error:
        return Outcome(Verdict.FAILED, stage, "statement differs", str(error))
    except Mismatch as error:
        return Outcome(Verdict.FAILED, stage, error.what, str(error))
    except SymbackpropError as error:
        verdict = Verdict.REFUSED if stage is Stage.READ else Verdict.FAILED
        return Outcome(verdict, stage, type(error).__name__, str(error))
    except Exception as error:  # any other exception at all is a finding
        return Outcome(Verdict.FAILED, stage, _error_name(error), f"{type(error).__name__}: {error}\n{_place(error)}")
    return Outcome(Verdict.PASSED, stage, notes=tuple(trial.notes))


def _error_name(error: Exception) -> str:
    """The exception's class and the function it was raised in."""
    trace = error.__traceback__
    name = "?"
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith(("symbackprop", "workshop", "fuzzed")):
            name = f"{module.removeprefix('symbackprop.')}.{trace.tb_frame.f_code.co_name}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {name}"


def _place(error: Exception) -> str:
    lines = []
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        lines.append(f"  {frame.f_globals.get('__name__', '?')}:{trace.tb_lineno} {frame.f_code.co_name}")
        trace = trace.tb_next
    return "\n".join(lines[-8:])


# --- the stages ----------------------------------------------------------------------------------------
def _read(trial: Trial) -> None:
    trial.network, trial.sizes = network_of(trial.source)
    program: Program = trial.network.to_program()
    check(program)
    refuse_cycles(program)
    trial.sizes = {name: trial.sizes[name] for name in program.dims}
    trial.program = program


def _derive(trial: Trial) -> None:
    program = trial.program
    assert program is not None
    trial.wrt = _chosen(program, trial.seed)
    trial.derived = derived_of(program, trial.wrt, checked=True)
    check_inside(trial.derived.joint)


def _chosen(program: Program, seed: int) -> tuple[str, ...]:
    """Every parameter, and sometimes the inputs (of a layer always) and an intermediate that the loss depends on."""
    rng = random.Random(seed)
    wrt = list(program.by_default)
    assert program.loss is not None
    needed = needed_for(program, [program.loss])
    if rng.random() < 0.2 and not program.default_wrt:
        wrt += [t.name for t in program.of_kind(TensorKind.INPUT) if t.dtype is DType.FLOAT and t.name in needed]
    inside = [t.name for t in program.of_kind(TensorKind.INTERMEDIATE) if t.name in needed and t.name != program.loss]
    if inside and rng.random() < 0.1:
        wrt.append(rng.choice(inside))
    return tuple(wrt)


def _schedule(trial: Trial) -> None:
    program, derived = trial.made()
    functions_of(program, in_order(derived, checked=True), checked=True)


def _exact(trial: Trial) -> None:
    program, derived = trial.made()
    _checked(trial, program, derived, trial.sizes)
    if trial.seed % 3 == 0:
        _checked(trial, program, derived, trial.other_sizes())


def _checked(trial: Trial, program: Program, derived: Derived, sizes: Mapping[str, int]) -> None:
    """Raises `Mismatch` where a value or gradient of the derived programs is not that of the program as written."""
    result = check_exact(program, derived, sizes, trial.seed)
    if result.method != "exact":
        trial.notes.append(f"exact: {result.method}")
    for difference in result.differences:
        what = "gradient" if difference.gradient else "value"
        kind = f"{what} undefined" if difference.failure else f"wrong {what}"
        found = difference.failure or f"expected {difference.truth:.12g}, found {difference.derived:.12g}"
        raise Mismatch(kind, f"{difference.tensor}{list(difference.index)}: {found}, at {dict(sizes)}")


def _corners(trial: Trial) -> None:
    program, derived = trial.made()
    compare_corners(program, derived, trial.sizes, trial.seed)


def _tangent(trial: Trial) -> None:
    """Jacobian-vector products, by all that the network is differentiated by and is given."""
    program, derived = trial.made()
    wrt = [name for name, _ in derived.backward.wrt if program.table[name].kind is not TensorKind.INTERMEDIATE]
    product = tangents_of(program, wrt, checked=True)
    refuse_cycles(product)
    found = wrong_tangent(program, product, wrt, trial.sizes, trial.seed)
    if found is not None:
        raise Mismatch("wrong tangent", f"{found}, at {trial.sizes}")


def _second(trial: Trial) -> None:
    """Hessian-vector products: the derivative of Σ gradient·v, checked as the first one."""
    program, _ = trial.made()
    first = derived_of(program, trial.wrt, again=True, checked=True)
    directional = directional_program(first)
    second = derived_of(directional, trial.wrt, checked=True)
    check_inside(second.joint)
    in_order(second, checked=True)
    _checked(trial, directional, second, trial.sizes)


def _module(trial: Trial) -> None:
    """The lowered values and the module against the interpreter, in double precision; and its statements on the storage
    that they have against contiguous copies, in single and in double, where strides are powers of two."""
    program, derived = trial.made()
    text = generated_source(program, derived)
    module, values, aligned = load_module(text), lowered_values(program, derived), trial.aligned_sizes()
    for sizes in (trial.sizes, trial.other_sizes(), aligned):
        for attempt in range(3):
            data = draw(program, sizes, trial.seed + attempt)
            reference = reference_values(program, derived, sizes, data)
            if reference is not None:
                with np.errstate(divide="ignore" if reference.poles else None):
                    compare_values(values, program, sizes, data, reference)
                    compare_module(module, program, sizes, data, reference)
                break
        else:
            trial.notes.append("module: not finite")
    data = draw(program, aligned, trial.seed)
    for dtype in (np.float32, np.float64):
        compare_statements(text, program, aligned, data, dtype)


def _in_library(backend: str, trial: Trial) -> None:
    """The module of another library against the interpreter, in double precision."""
    program, derived = trial.made()
    kind = StepEvaluator if backend == "torch" else ModuleEvaluator
    with double_precision(backend):
        module = _LOADED[backend](program, trial.wrt)
        for sizes in (trial.sizes, trial.other_sizes()):
            for attempt in range(3):
                data = draw(program, sizes, trial.seed + attempt)
                reference = reference_values(program, derived, sizes, data)
                if reference is not None:
                    compare_evaluated(kind(module, program, sizes), data, reference)
                    break
            else:
                trial.notes.append(f"{backend}: not finite")


def _c(trial: Trial) -> None:
    """C of several compilers against the interpreter, sizes wide or small; of some also a Jacobian-vector product, and
    the module that `load` returns."""
    program, derived = trial.made()
    large = trial.seed // 4 % 2 == 1
    compared = Compared(program, derived, trial.wrt, trial.seed, large)
    other = {0: wide_sizes(program, trial.seed, trial.sizes), 2: trial.other_sizes()}
    if not compared.at(other.get(trial.seed % 4) or trial.sizes, builds(trial.seed)):
        trial.notes.append("c: not finite")
    trial.notes += sorted(set(compared.notes))
    if trial.seed % 20 == 5:
        _tangent_in_c(trial, large)
    if trial.seed % 40 == 10:
        _in_library("c", trial)


def _tangent_in_c(trial: Trial, large: bool) -> None:
    """The program of a Jacobian-vector product, as a layer that is differentiated once more."""
    program, derived = trial.made()
    wrt = [name for name, _ in derived.backward.wrt if program.table[name].kind is not TensorKind.INTERMEDIATE]
    product = tangents_of(program, wrt)
    compared = Compared(product, derived_of(product, wrt), wrt, trial.seed, large)
    if compared.at(trial.sizes, builds(trial.seed)):
        trial.notes.append("c: a Jacobian-vector product")


_LOADED: dict[str, Callable[[Program, tuple[str, ...]], ModuleType]] = {
    "jax": lambda program, wrt: loaded("fuzzed", jax_text(program, wrt)),
    "torch": lambda program, wrt: imported("fuzzed", torch_text(program, wrt)),
    "c": c_module,
}


def _devices(trial: Trial) -> None:
    """Some of its indices on one or two mesh axes: what each device has, exactly and by its local functions."""
    program, derived = trial.made()
    rng = random.Random(trial.seed)
    functions = functions_of(program, in_order(derived))
    names = index_names(unshared(functions))
    for _ in range(2):
        indices = {
            name: rng.choice(("data", "model")) for name in rng.sample(names, min(len(names), rng.choice((1, 2))))
        }
        mesh = {axis: rng.choice((2, 2, 3)) for axis in indices.values()}
        try:
            sharded = check_sharded(shard(functions, indices))
            local(sharded)
        except UnsplittableIndex:
            trial.notes.append("devices: refused")
            continue
        sizes = next(filter(partial(_fit, sharded, program, mesh), _multiples(program, mesh, rng)), None)
        if sizes is None:
            trial.notes.append("devices: no sizes")
            continue
        found = compare_devices(program, sharded, sizes, mesh, trial.seed, trial.wrt)
        if found:
            raise Mismatch(found[0], f"{found[1]}, {indices} on {mesh}, at {sizes}")


def _multiples(program: Program, mesh: Mapping[str, int], rng: random.Random) -> Iterator[dict[str, int]]:
    """Sizes that may do: multiples of the devices for some."""
    every = lcm(*mesh.values())
    for attempt in range(12):
        factor = every * prod(mesh.values()) // every if attempt > 5 else every
        yield {dim: factor * rng.choice((1, 1, 2)) if attempt < 2 or rng.random() < 0.7 else rng.choice((1, 2, 3))
               for dim in program.dims}  # fmt: skip


def _fit(sharded: Sharded, program: Program, mesh: Mapping[str, int], sizes: Mapping[str, int]) -> bool:
    try:
        check_blocks(sharded, sizes, mesh)
    except InvalidSize:
        return False
    return (
        size_failure(program, sizes) is None and prod(sizes.values()) <= 4096 and divisible(local(sharded), sizes, mesh)
    )


STAGES: dict[Stage, Callable[[Trial], None]] = {
    Stage.READ: _read,
    Stage.DERIVE: _derive,
    Stage.SCHEDULE: _schedule,
    Stage.EXACT: _exact,
    Stage.CORNERS: _corners,
    Stage.TANGENT: _tangent,
    Stage.SECOND: _second,
    Stage.MODULE: _module,
    Stage.DEVICES: _devices,
    Stage.JAX: partial(_in_library, "jax"),
    Stage.TORCH: partial(_in_library, "torch"),
    Stage.C: _c,
}
