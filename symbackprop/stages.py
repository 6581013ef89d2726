"""The stages from a network's equations to the functions of its module: their passes, in the order in which they run.

    Program ── TRAINING_PASSES, NAMING_PASSES ──> Program ── differentiate ──> Derived
    Derived ── DERIVED_PASSES ──> Derived ── numbered ──> ScheduledDerivation
    ScheduledDerivation, Program ── module_programs ──> ModulePrograms ── MODULE_PASSES ──> ModulePrograms
    ModulePrograms ── module_functions ──> ScheduledModule

Every list is literal, and this module alone puts passes together: pipeline, claims, fuzzer, benchmarks and tests run
these functions. What holds between the passes is said by the checkers of the rooms; with `checked` they are asked
after every one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from symbackprop.derive.check_named import check_named
from symbackprop.derive.differentiate import Derived, differentiate
from symbackprop.derive.forward_mode import tangent_program
from symbackprop.derive.looked_up import read_where_equal
from symbackprop.derive.parts import name_parts
from symbackprop.derive.select import select_products
from symbackprop.optimise.assumed_sums import apply_assumptions
from symbackprop.optimise.by_parts import by_parts
from symbackprop.optimise.compact import compact_statistics
from symbackprop.optimise.dead_equations import drop_dead, drop_zeros
from symbackprop.optimise.hoist import hoist
from symbackprop.optimise.inline import inline_adjoints
from symbackprop.optimise.inline_in_loops import inline_in_loops
from symbackprop.optimise.monotone import monotone_outside
from symbackprop.optimise.predict import predict_program
from symbackprop.optimise.reassociate import reassociate
from symbackprop.optimise.reuse import reuse_values
from symbackprop.optimise.roots import roots_apart
from symbackprop.optimise.share import share_subterms
from symbackprop.optimise.specialise import in_prediction, in_training
from symbackprop.optimise.training import training_program
from symbackprop.schedule import (
    ModulePrograms,
    ScheduledDerivation,
    ScheduledModule,
    labelled,
    module_functions,
    numbered,
    recurring_reads,
    schedule,
)
from symbackprop.schedule.check_scheduled import check_numbered, check_scheduled
from symbackprop.stable import stable_forms
from symbackprop.terms.check_program import check
from symbackprop.terms.deep import within_stack
from symbackprop.terms.program import Program, TensorKind

T = TypeVar("T")
Pass: TypeAlias = Callable[[T], T]


def _by_parts(programs: ModulePrograms) -> ModulePrograms:
    forward, backward = by_parts(programs.forward, programs.backward)
    predict = programs.predict
    if predict is not None:
        (predict,) = by_parts(predict, beside=(programs.forward, programs.backward))
    return ModulePrograms(forward, backward, predict)


def _rooted(programs: ModulePrograms) -> ModulePrograms:
    forward, predict = programs.forward, programs.predict
    read = programs.backward.equations
    wanted = {name for equation in read for name in equation.reads()} | {*forward.outputs, *forward.results}
    forward = roots_apart(forward, wanted | {new for _, new in forward.updates})
    return replace(programs, forward=forward, predict=predict and roots_apart(predict, predict.outputs))


def _inlined(programs: ModulePrograms) -> ModulePrograms:
    backward = programs.backward
    adjoints = {adjoint for _, adjoint in backward.wrt}
    return replace(programs, backward=inline_in_loops(backward, adjoints))


def _hoisted(programs: ModulePrograms) -> ModulePrograms:
    forward, backward = hoist(programs.forward, recurring_reads), hoist(programs.backward, recurring_reads)
    predict = None if programs.predict is None else hoist(programs.predict, recurring_reads)
    return ModulePrograms(forward, backward, predict)


TRAINING_PASSES: tuple[Pass[Program], ...] = (in_training, stable_forms, monotone_outside, read_where_equal)
PREDICTION_PASSES: tuple[Pass[Program], ...] = (in_prediction, stable_forms, monotone_outside, read_where_equal)
TANGENT_PASSES: tuple[Pass[Program], ...] = (stable_forms, read_where_equal)
NAMING_PASSES: tuple[Pass[Program], ...] = (name_parts, select_products)
DERIVED_PASSES: tuple[Pass[Derived], ...] = (
    reuse_values,
    apply_assumptions,
    inline_adjoints,
    reuse_values,
    compact_statistics,
    reassociate,
    drop_zeros,
    share_subterms,
    drop_dead,
)
MODULE_PASSES: tuple[Pass[ModulePrograms], ...] = (_by_parts, _rooted, _inlined, _hoisted)


# --- the stages ----------------------------------------------------------------------------------------
def refuse_cycles(program: Program) -> None:
    """CyclicEquations where no order computes the equations as they were written, in training or in prediction."""
    with within_stack(program):
        training, predicting = in_training(program), in_prediction(program)
        schedule(training)
        if predicting is not training:
            schedule(predicting)


def training_form(program: Program, checked: bool = False) -> Program:
    """What the loss is computed by, in stable forms."""
    with within_stack(program):
        return _run(program, TRAINING_PASSES, check, checked)


def swept(program: Program, wrt: Sequence[str] | None = None, again: bool = False, checked: bool = False) -> Derived:
    """The adjoints of the loss for every tensor of `wrt` (default: `Program.by_default`), as the reverse sweep leaves
    them.

    δ of an intermediate is by the equations that name it, whatever stable form or equal value would do without it.
    `again`: the gradient is to be differentiated once more (see `differentiate`); what is assumed of a tensor of `wrt`
    holds where it is, not beside it, and is not made use of.
    """
    if wrt is None:
        wrt = program.by_default
    written = program
    inner = {name for name in wrt if program.table[name].kind is TensorKind.INTERMEDIATE}
    if inner:
        program = program.with_(opaque=program.opaque | inner)
    if again:
        kept = tuple(fact for fact in program.assumptions if fact.condition.tensors.isdisjoint(wrt))
        program = program.with_(assumptions=kept)
    named = _named(program, TRAINING_PASSES, checked)
    derived = _checked(differentiate(named, wrt, again), _check_derived, checked)
    return replace(derived, written=written, named=named) if program is written else derived


def optimised(derived: Derived, checked: bool = False) -> Derived:
    """The same gradients in fewer operations and in the form that textbooks print."""
    return _run(derived, DERIVED_PASSES, _check_derived, checked)


def derived_of(
    program: Program, wrt: Sequence[str] | None = None, again: bool = False, checked: bool = False
) -> Derived:
    """The derivation of a program: the adjoints of its loss (see `swept`), optimised."""
    return optimised(swept(program, wrt, again, checked), checked)


def tangents_of(program: Program, wrt: Sequence[str], many: str = "", checked: bool = False) -> Program:
    """The program of the derivative along directions of `wrt` (see `tangent_program`), in training and prediction."""
    return _checked(tangent_program(_named(program, TANGENT_PASSES, checked), wrt, many), check, checked)


def in_order(derived: Derived, checked: bool = False) -> ScheduledDerivation:
    """The derivation in the order in which it is computed, its equations numbered."""
    return _checked(numbered(derived), _check_order, checked)


def module_programs(program: Program, derived: Derived, checked: bool = False) -> ModulePrograms:
    """The programs of a module's functions: what the loss and its gradients need, and what the outputs do.

    `program`: the network as it was written.
    """
    predict = None
    if program.outputs:
        predict = labelled(predict_program(_predicting(program, derived, checked)), derived.forward)
    programs = ModulePrograms(training_program(derived), derived.backward, predict)
    return _run(programs, MODULE_PASSES, _check_programs, checked)


def functions_of(program: Program, scheduled: ScheduledDerivation, checked: bool = False) -> ScheduledModule:
    """What the functions of a module compute, and in which order; `program`: the network as it was written."""
    programs = module_programs(program, scheduled.derived, checked)
    module = module_functions(programs, known=(scheduled.forward, scheduled.backward))
    return _checked(module, _check_module, checked)


def _predicting(program: Program, derived: Derived, checked: bool) -> Program:
    """The program of the outputs, its parts named: that of the loss where nothing is said of training."""
    alike = in_prediction(program) is program and TRAINING_PASSES[1:] == PREDICTION_PASSES[1:]
    if alike and derived.named is not None and derived.written == program:
        return derived.named
    return _named(program, PREDICTION_PASSES, checked)


def _named(program: Program, passes: Sequence[Pass[Program]], checked: bool) -> Program:
    with within_stack(program):
        return _run(_run(program, passes, check, checked), NAMING_PASSES, _check_parts, checked)


# --- what holds between them -----------------------------------------------------------------------------
def _run(value: T, passes: Sequence[Pass[T]], check: Callable[[T], object], checked: bool) -> T:
    for one in passes:
        value = _checked(one(value), check, checked)
    return value


def _checked(value: T, check: Callable[[T], object], checked: bool) -> T:
    if checked:
        check(value)
    return value


def _check_parts(program: Program) -> None:
    check_named(check(program))


def _check_derived(derived: Derived) -> None:
    _check_parts(derived.forward)
    check(derived.joint)


def _check_order(scheduled: ScheduledDerivation) -> None:
    forward, backward = scheduled.forward, scheduled.backward
    check_scheduled(forward)
    check_scheduled(backward, given=forward.program.table)
    check_numbered(forward, backward)


def _check_programs(programs: ModulePrograms) -> None:
    check(programs.forward)
    check(programs.backward, given=programs.forward.tensors)
    if programs.predict is not None:
        check(programs.predict)


def _check_module(module: ScheduledModule) -> None:
    alike = () if module.shared is None else {equation.target for equation in module.shared.equations}
    if module.shared is not None:
        check_scheduled(module.shared)
    check_scheduled(module.forward, given=alike)
    check_scheduled(module.backward, given=module.cached)
    if module.predict is not None:
        check_scheduled(module.predict, given=alike)
