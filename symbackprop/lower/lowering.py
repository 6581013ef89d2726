"""A schedule to steps: each equation defines its target's elements, or adds to them, where its left side says.

A `+=` equation whose guard only keeps it inside the target is a padded definition without that guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symbackprop.lower.by_kind import EvaluatorByKind
from symbackprop.lower.context import Context
from symbackprop.lower.evaluator import Evaluator
from symbackprop.lower.reading import placed
from symbackprop.lower.values import Clear, Define, Function, Kind, MapOp, Note, Scalar, Value
from symbackprop.schedule import Compute, Loop, Step, equations_of
from symbackprop.terms.build import (
    NIL,
    TRUE,
    conjuncts,
    logic_and,
    poly_value,
    reduce,
    substitute,
    where,
)
from symbackprop.terms.domains import margins, plain_subscripts, says_inside
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Program, Tensor
from symbackprop.terms.readings import nonempty
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.term import Access, Axis, Reduction, Subscript, Term, Where
from symbackprop.terms.wild import Known


def lower_function(
    name: str,
    program: Program,
    steps: Sequence[Step],
    given: Sequence[str],
    known: Known,
    taken: Iterable[str],
    wanted: Iterable[str] = (),
    quiet: frozenset[str] = frozenset(),
) -> Function:
    """The function that computes the targets of the steps from the given tensors.

    `program` knows every tensor; `wanted`: tensors that must exist even if no equation defines them (as zeros);
    `quiet`: those in which floating-point errors mean nothing.
    """
    context = Context(program, given, known)
    facts = context.facts
    lowering = _Lowering(context, Printer(Namer.of(program)), quiet)
    for step in steps:
        if isinstance(step, Loop):
            lowering.begin(step)
        lowering.step(step)
    for tensor in wanted:
        if tensor not in context.begun:
            context.emit(Clear(tensor))
            context.begun.add(tensor)
    tensors = {tensor: program.table[tensor] for tensor in program.table if tensor in context.begun}
    return Function(name, tensors, tuple(given), facts, frozenset(taken), tuple(context.bodies[0]))


class _Lowering:
    def __init__(self, context: Context, printer: Printer, quiet: frozenset[str]) -> None:
        self.context, self.printer, self.quiet = context, printer, quiet

    def begin(self, step: Step) -> Equation | None:
        """Zeros in what the step defines first but does not define throughout; else the equation that does."""
        first: Equation | None = None
        for equation in equations_of([step]):
            if equation.target in self.context.begun:
                continue
            self.context.begun.add(equation.target)
            if isinstance(step, Compute) and _defines_whole(equation, self.context.table[equation.target]):
                first = equation
            elif not all(e.op is Op.ASSIGN for e in equations_of([step]) if e.target == equation.target):
                self.context.emit(Clear(equation.target))
        return first

    def step(self, step: Step) -> None:
        match step:
            case Compute(equation, _, only_when):
                self.context.emit(Note(self.printer.labelled(equation), equation.label))
                first = self.begin(step)
                possible = logic_and(only_when, self._nonempty(step))
                if possible is TRUE:
                    self._compute(step, first is equation)
                else:
                    with self.context.when(possible):
                        self._compute(step, first is equation)
            case Loop(variable, low, high, descending, body):
                known = self.context.known
                self.context.known = known.unfinished(equation.target for equation in equations_of([step]))
                with self.context.loop(variable, low, high, descending):
                    for inner in body:
                        self.step(inner)
                self.context.known = known

    def _compute(self, step: Compute, first: bool) -> None:
        target, begun = step.equation.target, self.context.begun
        self.context.quiet = target in self.quiet
        if first:  # all at once: what it reads of itself it never does
            begun.discard(target)
        lower_equation(self.context, step.equation, step.pins, first)
        begun.add(target)

    def _nonempty(self, step: Compute) -> Term:
        """That none of the axes is empty, where a size could make one so."""
        standing = _standing(step.equation.subscripts)
        written = [axis for axis in step.axes if axis.index in standing]  # an empty sum is 0
        return logic_and(*nonempty(written, self.context.facts))


def _defines_whole(equation: Equation, tensor: Tensor) -> bool:
    """Whether it defines every element of its target, each by its own subscript."""
    standing = _standing(equation.subscripts)
    axes = [axis for axis in equation.axes if axis.index in standing]
    return plain_subscripts(equation.subscripts, axes, tensor) is not None


# --- one equation --------------------------------------------------------------------------------------
def lower_equation(context: Context, equation: Equation, pins: Sequence[tuple[Index, Poly]], first: bool) -> None:
    """The step for the equation. `first`: whether it is the whole of its target's first value."""
    mapping: dict[Index, Poly] = dict(pins)
    subscripts = tuple(_pinned(subscript, mapping) for subscript in equation.subscripts)
    rhs = substitute(equation.rhs, mapping)
    axes = [axis for axis in equation.axes if axis.index not in mapping]
    standing = _standing(subscripts)
    missing = [axis for axis in axes if axis.index not in standing]
    if missing:
        rhs = reduce(Reduction.SUM, missing, rhs)
        axes = [axis for axis in axes if axis.index in standing]
    tensor = context.table[equation.target]
    op = Op.ASSIGN if first else equation.op
    ev = EvaluatorByKind(context, _in_order(axes, subscripts))
    if op is Op.ASSIGN and all(isinstance(subscript, Poly) for subscript in subscripts):
        _define(ev, tensor, placed(ev, subscripts, tensor.origin), rhs, op)
    else:
        _add(ev, tensor, subscripts, rhs)


def _standing(subscripts: Sequence[Subscript]) -> set[Index]:
    return {index for s in subscripts for index in (s.indices() if isinstance(s, Poly) else s.free)}


def _pinned(subscript: Subscript, mapping: Mapping[Index, Poly]) -> Subscript:
    if isinstance(subscript, Poly):
        return subscript.substitute(dict[Atom, Poly](mapping.items()))
    pinned = substitute(subscript, mapping)
    assert isinstance(pinned, Access)
    return pinned


def _in_order(axes: Sequence[Axis], subscripts: Sequence[Subscript]) -> list[Axis]:
    """The axes as they stand on the left."""
    table = {axis.index: axis for axis in axes}
    found = [index for subscript in subscripts if isinstance(subscript, Poly) for index in subscript.indices()]
    return list(dict.fromkeys([*(table[index] for index in found if index in table), *axes]))


def _define(
    ev: Evaluator, tensor: Tensor, subscripts: tuple[Poly | Value, ...], rhs: Term, op: Op, padded: bool = False
) -> None:
    value = ev.integer(rhs) if tensor.dtype is DType.INT else ev.operand(rhs)
    ev.context.emit(Define(tensor.name, subscripts, tuple(ev.axes.values()), value, op, padded))


def _add(ev: Evaluator, tensor: Tensor, subscripts: tuple[Subscript, ...], rhs: Term) -> None:
    """`+=`, its guards dropped where the definition is padded by what they say."""
    guards = conjuncts(rhs.condition) if isinstance(rhs, Where) and rhs.otherwise is NIL else ()
    inside = list(margins(subscripts, tensor))
    leaves = bool(guards) and not all(map(ev.never_negative, inside))
    with ev.guarded(logic_and(*guards)):
        target = placed(ev, subscripts, tensor.origin)
    if not leaves:
        _define(ev, tensor, target, rhs, Op.ACCUMULATE)
    elif any(isinstance(subscript, Access) for subscript in subscripts):
        # where the guard adds nothing, any row will do
        clamped = tuple(_clamped(ev, place, size) for place, size in zip(target, tensor.shape, strict=True))
        _define(ev, tensor, clamped, rhs, Op.ACCUMULATE)
    else:
        assert isinstance(rhs, Where)
        kept = [guard for guard in guards if not says_inside(guard, inside)]
        with ev.guarded(logic_and(*guards)):
            _define(ev, tensor, target, where(logic_and(*kept), rhs.then, NIL), Op.ACCUMULATE, padded=True)


def _clamped(ev: Evaluator, place: Poly | Value, size: Poly) -> Poly | Value:
    """The place, or the nearest one inside."""
    if isinstance(place, Value) or (ev.never_negative(place) and ev.never_negative(size - 1 - place)):
        return place
    value = ev.map(MapOp.MAXIMUM, ev.position(place), Scalar(NIL), kind=Kind.INT)
    return ev.map(MapOp.MINIMUM, value, Scalar(poly_value(size - 1)), kind=Kind.INT)
