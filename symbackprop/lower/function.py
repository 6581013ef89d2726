"""The steps of a schedule to a function of the array language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symbackprop.lower.array import Allocate, Buffer, Function, Kind, Note, Role
from symbackprop.lower.buffers import share_buffers
from symbackprop.lower.builder import Builder
from symbackprop.lower.writing import lower_equation
from symbackprop.schedule import Compute, Loop, Step, equations_of
from symbackprop.terms.build import NIL, TRUE, compare, logic_and, poly_value
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import DType, Equation, Op, Program
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.size_facts import size_facts
from symbackprop.terms.term import Relation, Term
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
    builder = Builder(program, size_facts(program), {}, taken, known)
    for tensor in given:
        record = program.table[tensor]
        shape = tuple(builder.size(extent) for extent in record.shape)
        kind = Kind.INT if record.dtype is DType.INT else Kind.FLOAT
        builder.buffers[tensor] = Buffer(tensor, shape, kind, Role.ARGUMENT)
    arguments = tuple(builder.buffers.values())
    lowering = _Lowering(builder, Printer(Namer(program.table)), quiet)
    for step in steps:
        if isinstance(step, Loop):
            lowering.allocate_for(step)
        lowering.step(step)
    for tensor in wanted:
        if tensor not in builder.buffers:
            lowering.allocate(tensor, fill=0)
    body = share_buffers((*builder.lets, *builder.bodies[0]))
    return Function(name, arguments, body, tuple(builder.buffers.items()))


class _Lowering:
    def __init__(self, builder: Builder, printer: Printer, quiet: frozenset[str]) -> None:
        self.builder, self.printer, self.quiet = builder, printer, quiet

    # --- storage -----------------------------------------------------------------------------------
    def allocate(self, tensor: str, fill: int | None) -> None:
        record = self.builder.table[tensor]
        shape = tuple(self.builder.size(extent) for extent in record.shape)
        buffer = Buffer(tensor, shape, role=Role.TENSOR)
        self.builder.buffers[tensor] = buffer
        self.builder.emit(Allocate(buffer, fill))

    def allocate_for(self, step: Step) -> None:
        """Storage for what the step defines first."""
        for equation in equations_of((step,)):
            if equation.target not in self.builder.buffers:
                whole = isinstance(step, Compute) and self._whole(equation)
                assigned = all(e.op is Op.ASSIGN for e in equations_of((step,)) if e.target == equation.target)
                fill = None if whole or (assigned and equation.op is Op.ASSIGN) else 0
                self.first = equation if whole else None
                self.allocate(equation.target, fill)

    def _whole(self, equation: Equation) -> bool:
        """Whether it defines every element of its target, each by its own subscript."""
        tensor = self.builder.table[equation.target]
        axes = {axis.index: axis for axis in equation.axes}
        seen = set()
        for place, subscript in enumerate(equation.subscripts):
            index = subscript.index if isinstance(subscript, Poly) else None
            if index is None or index in seen or index not in axes:
                return False
            seen.add(index)
            if axes[index].low != tensor.origin[place] or axes[index].high != tensor.highest[place]:
                return False
        return True

    first: Equation | None = None

    # --- steps -------------------------------------------------------------------------------------
    def step(self, step: Step) -> None:
        match step:
            case Compute(equation, _, only_when):
                self.builder.emit(Note(self._note(equation)))
                if equation.target not in self.builder.buffers:
                    self.allocate_for(step)
                possible = logic_and(only_when, self._nonempty(step))
                if possible is TRUE:
                    self._compute(step)
                else:
                    with self.builder.when(possible):
                        self._compute(step)
            case Loop(variable, low, high, descending, body):
                known = self.builder.known
                self.builder.known = known.unfinished(equation.target for equation in equations_of((step,)))
                with self.builder.loop(variable, low, high, descending):
                    for inner in body:
                        self.step(inner)
                self.builder.known = known

    def _compute(self, step: Compute) -> None:
        first, self.first = self.first is step.equation, None
        self.builder.quiet = step.equation.target in self.quiet
        lower_equation(self.builder, step.equation, step.pins, first)

    def _nonempty(self, step: Compute) -> Term:
        """That none of the axes is empty, where a size could make one so."""
        standing = {
            index for s in step.equation.subscripts for index in (s.indices() if isinstance(s, Poly) else s.free)
        }
        conditions = []
        for axis in step.axes:
            if axis.index not in standing:
                continue  # summed over: an empty sum is 0
            length = axis.high - axis.low
            if not self.builder.facts.proves(length):
                conditions.append(compare(Relation.GE, poly_value(length), NIL))
        return logic_and(*conditions)

    def _note(self, equation: Equation) -> str:
        return self.printer.labelled(equation)


__all__ = ["lower_function"]
