"""A made-up network through every stage, each compared with an oracle that shares no code with it."""

from __future__ import annotations

import enum
import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from symbackprop.derive.differentiate import Derived, differentiate
from symbackprop.errors import SymbackpropError
from symbackprop.fuzz.generate import network_of
from symbackprop.interpret import Float, Interpreter, Precise, Residues, forward_gradients
from symbackprop.interpret.failures import Degenerate
from symbackprop.lower.schedule import schedule
from symbackprop.optimise.dead import needed_for
from symbackprop.optimise.passes import optimise
from symbackprop.terms.check import check
from symbackprop.terms.program import DType, Program, TensorKind
from symbackprop.verify.data import Data, draw

SEEDS = 4  # how often residues are drawn anew where a division by zero came up


class Stage(enum.Enum):
    """The stages, in the order in which they run."""

    READ = "read"  # Python text -> checked program
    DERIVE = "derive"  # -> forward and backward programs, well-formed
    SCHEDULE = "schedule"  # an order of computation exists
    EXACT = "exact"  # gradients and values in residues against forward mode on the program as written
    SECOND = "second"  # the same for a derivative of the derivative
    MODULE = "module"  # the generated module against the interpreter


DEFAULT = (Stage.READ, Stage.DERIVE, Stage.SCHEDULE, Stage.EXACT, Stage.MODULE)


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


class Mismatch(AssertionError):
    """Two values that must agree do not."""

    def __init__(self, what: str, message: str) -> None:
        super().__init__(message)
        self.what = what


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
        if module.startswith("symbackprop") or module.startswith("fuzzed"):
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
    trial.sizes = {name: trial.sizes[name] for name in program.dims}
    trial.program = program


def _derive(trial: Trial) -> None:
    program = trial.program
    assert program is not None
    trial.wrt = _chosen(program, trial.seed)
    trial.derived = optimise(differentiate(program, trial.wrt))
    check(trial.derived.forward)
    check(trial.derived.joint)


def _chosen(program: Program, seed: int) -> tuple[str, ...]:
    """Every parameter, and sometimes the inputs and an intermediate that the loss depends on."""
    rng = random.Random(seed)
    wrt = [tensor.name for tensor in program.of_kind(TensorKind.PARAMETER)]
    assert program.loss is not None
    needed = needed_for(program, [program.loss])
    if rng.random() < 0.2:
        wrt += [t.name for t in program.of_kind(TensorKind.INPUT) if t.dtype is DType.FLOAT and t.name in needed]
    inside = [t.name for t in program.of_kind(TensorKind.INTERMEDIATE) if t.name in needed and t.name != program.loss]
    if inside and rng.random() < 0.1:
        wrt.append(rng.choice(inside))
    return tuple(wrt)


def _schedule(trial: Trial) -> None:
    _, derived = trial.made()
    schedule(derived.forward)
    schedule(derived.backward, given=frozenset(t.name for t in derived.forward.tensors))


def _exact(trial: Trial) -> None:
    program, derived = trial.made()
    for attempt in range(SEEDS):
        seed = trial.seed * SEEDS + attempt
        data = draw(program, trial.sizes, seed, exact=True)
        try:
            compare_exactly(program, derived, trial.sizes, data, seed)
        except Degenerate:
            continue
        return
    trial.notes.append("exact: degenerate")


def compare_exactly(program: Program, derived: Derived, sizes: Mapping[str, int], data: Data, seed: int) -> None:
    """Raises `Mismatch` where a value or gradient of the derived programs is not that of the program as written."""
    residues = Residues(seed)
    plain = Interpreter(program, sizes, data, residues)
    forward = Interpreter(derived.forward, sizes, data, residues)
    backward = Interpreter(derived.backward, sizes, data, residues, outer=forward)
    wrt = [name for name, _ in derived.backward.wrt]
    loss, truth = forward_gradients(plain, wrt)
    value = forward.loss()
    if not _same(loss, value):
        _confirm(program, derived, sizes, seed, "loss")
    for name, adjoint in derived.backward.wrt:
        found = backward.array(adjoint)
        for index in np.ndindex(*found.shape):
            if not _same(truth[name][index], found[index]):
                _confirm(program, derived, sizes, seed, name)
    for name in program.outputs:
        left, right = plain.array(name), forward.array(name)
        if not all(_same(left[index], right[index]) for index in np.ndindex(*left.shape)):
            _confirm(program, derived, sizes, seed, name)


def _same(left: Any, right: Any) -> bool:
    return bool(left == right or (left != left and right != right))


def _confirm(program: Program, derived: Derived, sizes: Mapping[str, int], seed: int, name: str) -> None:
    """A difference in residues may be an identity that they lack: in high precision it must be there too."""
    for attempt in range(3):
        data = draw(program, sizes, seed + attempt)
        precise = Precise()
        plain = Interpreter(program, sizes, data, precise)
        forward = Interpreter(derived.forward, sizes, data, precise)
        backward = Interpreter(derived.backward, sizes, data, precise, outer=forward)
        try:
            wrt = [tensor for tensor, _ in derived.backward.wrt]
            loss, truth = forward_gradients(plain, wrt)
            pairs = [("loss", np.array(loss, dtype=object), np.array(forward.loss(), dtype=object))]
            pairs += [(tensor, truth[tensor], backward.array(adjoint)) for tensor, adjoint in derived.backward.wrt]
            pairs += [(output, plain.array(output), forward.array(output)) for output in program.outputs]
        except (Degenerate, ArithmeticError, ValueError):
            continue
        for what, expected, found in pairs:
            for index in np.ndindex(*expected.shape):
                a, b = complex(expected[index]), complex(found[index])
                if a != b and not (a != a and b != b) and not abs(a - b) <= 1e-12 * (1 + abs(a)):
                    kind = "loss" if what == "loss" else "output" if what in program.outputs else "gradient"
                    raise Mismatch(f"wrong {kind}", f"{what}{list(index)}: expected {a:.12g}, found {b:.12g}")


def _second(trial: Trial) -> None:
    """The derivative of Σ gradient·v by every parameter (v an input) against forward mode over the backward program."""
    raise NotImplementedError


def _module(trial: Trial) -> None:
    program, derived = trial.made()
    module = load_module(generated_source(program, derived))
    for attempt in range(2):
        data = draw(program, trial.sizes, trial.seed + attempt)
        reference = reference_values(program, derived, trial.sizes, data)
        if reference is None:
            continue
        compare_module(module, program, trial.sizes, data, reference)
        return
    trial.notes.append("module: not finite")


STAGES: dict[Stage, Callable[[Trial], None]] = {
    Stage.READ: _read,
    Stage.DERIVE: _derive,
    Stage.SCHEDULE: _schedule,
    Stage.EXACT: _exact,
    Stage.SECOND: _second,
    Stage.MODULE: _module,
}


# --- the generated module ------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Reference:
    """What the interpreter makes of the derived programs in floats."""

    loss: float
    gradients: dict[str, np.ndarray[Any, Any]]
    outputs: tuple[np.ndarray[Any, Any], ...]
    updates: dict[str, np.ndarray[Any, Any]]


def reference_values(program: Program, derived: Derived, sizes: Mapping[str, int], data: Data) -> Reference | None:
    """None where a value is not finite: floats out of a function's domain, or a loss that overflows."""
    forward = Interpreter(derived.forward, sizes, data, Float())
    backward = Interpreter(derived.backward, sizes, data, Float(), outer=forward)
    try:
        loss = float(forward.loss())
        gradients = {name: backward.array(adjoint) for name, adjoint in derived.backward.wrt}
        updates = {buffer: forward.array(following) for buffer, following in derived.forward.updates}
    except (ArithmeticError, ValueError, Degenerate):
        return None
    if not np.isfinite(loss) or not all(np.isfinite(array).all() for array in gradients.values()):
        return None
    outputs: tuple[np.ndarray[Any, Any], ...] = ()
    return Reference(loss, gradients, outputs, updates)


def generated_source(program: Program, derived: Derived) -> str:
    from symbackprop.pipeline import module_text  # the last stage; a run of the earlier ones does without

    return module_text(program, derived)


def load_module(text: str) -> ModuleType:
    module = ModuleType("fuzzed_module")
    exec(compile(text, "<generated>", "exec"), module.__dict__)
    return module


def compare_module(module: Any, program: Program, sizes: Mapping[str, int], data: Data, reference: Reference) -> None:
    raise NotImplementedError
