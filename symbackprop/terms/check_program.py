"""What must hold of every program, forward, backward or second order; run between the stages in tests.

Checked: names are unique; every tensor read or written is known, with as many subscripts as it has axes; every index
is bound by its equation's axes or by a reduction; subscripts are affine or gathers by integer tensors; conditions stand
where conditions belong and numbers where numbers do; reductions number their indices in the canonical way; the loss is
a scalar, and read by nothing where it is a layer's inner product; outputs, updates and derivatives name tensors that
are there, and given tensors have no equations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from symbackprop.errors import SymbackpropError
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import DType, Equation, Op, Program, Tensor, TensorKind
from symbackprop.terms.show import show
from symbackprop.terms.term import (
    CONDITIONS,
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Connective,
    Function,
    Logic,
    Mul,
    Power,
    Reduce,
    Subscript,
    Term,
    Where,
    children_of,
)

_ARITY = {Function.ATAN2: 2, Function.POW: 2, Function.EXP_NORMALIZED: 2, Function.DIFFERENCE: 2}
_ANY_ARITY = (Function.MAX, Function.MIN, Function.LOG_ADD_EXP)


class MalformedProgram(SymbackpropError):
    """A stage made a program that breaks the rules of programs: a bug of symbackprop."""


def check(program: Program, given: Collection[Tensor] = ()) -> Program:
    """The program itself; MalformedProgram where it breaks a rule.

    `given`: tensors of another program that this one may read (a backward program reads those of its forward).
    """
    _check_names(program)
    table = {tensor.name: tensor for tensor in given} | program.table
    for equation in program.equations:
        _Checker(equation, table).check()
    _check_roles(program, table)
    return program


def _fail(subject: str, expected: str, found: str) -> None:
    raise MalformedProgram(subject, expected=expected, found=found)


def _check_names(program: Program) -> None:
    names = [*program.dims, *(tensor.name for tensor in program.tensors)]
    for name, times in Counter(names).items():
        if times > 1:
            _fail(f"program {program.name}", "each name once", f"{name} {times} times")
    for tensor in program.tensors:
        if len(tensor.shape) != len(tensor.origin):
            _fail(f"tensor {tensor.name}", "an origin for each axis", f"{len(tensor.origin)} for rank {tensor.rank}")
        named = [axis for axis in tensor.axes if axis]
        if len(set(named)) != len(named):
            _fail(f"tensor {tensor.name}", "different axis names", ", ".join(tensor.axes))
        for poly in (*tensor.shape, *tensor.origin):
            unknown = [d.name for d in poly.dims() if d.name not in program.dims]
            if unknown or poly.indices():
                _fail(f"tensor {tensor.name}", "a shape in the program's sizes", str(poly))


def _check_roles(program: Program, table: Mapping[str, Tensor]) -> None:
    subject = f"program {program.name}"
    if program.loss is not None and (program.loss not in table or table[program.loss].rank):
        _fail(subject, "a loss of rank 0", program.loss)
    for name in (*program.outputs, *(n for pair in (*program.updates, *program.wrt) for n in pair)):
        if name not in table:
            _fail(subject, "outputs, updates and derivatives among its tensors", name)
    _check_cotangents(program, table)
    for wanted, adjoint in program.wrt:
        if table[wanted].rank != table[adjoint].rank:
            _fail(subject, f"an adjoint of {wanted} of its rank", adjoint)
    for tensor in program.tensors:
        if tensor.kind is not TensorKind.INTERMEDIATE and tensor.name in program.definitions:
            _fail(subject, f"no equation for the {tensor.kind.value} {tensor.name}", "one")
    for name, equations in program.definitions.items():
        if any(e.op is Op.ACCUMULATE for e in equations) and sum(e.op is Op.ASSIGN for e in equations) > 1:
            _fail(subject, f"at most one `=` beside the `+=` of {name}", "more")


def _check_cotangents(program: Program, table: Mapping[str, Tensor]) -> None:
    subject = f"program {program.name}"
    for output, cotangent in program.cotangents:
        given = table.get(cotangent)
        if output not in table or given is None or given.kind is not TensorKind.COTANGENT:
            _fail(subject, f"a cotangent of {output}, given", cotangent)
        elif (given.shape, given.origin) != (table[output].shape, table[output].origin):
            _fail(subject, f"a cotangent of {output} of its shape", cotangent)
    for equation in program.equations if program.cotangents else ():
        if program.loss in equation.reads():
            _fail(show(equation), "no read of a layer's inner product, which is not computed", str(program.loss))


class _Checker:
    """One equation."""

    def __init__(self, equation: Equation, table: Mapping[str, Tensor]) -> None:
        self.equation, self.table = equation, table

    def fail(self, expected: str, found: str) -> None:
        _fail(show(self.equation), expected, found)

    def check(self) -> None:
        bound = [axis.index for axis in self.equation.axes]
        if len(set(bound)) != len(bound) or any(index.level for index in bound):
            self.fail("distinct free indices as axes", ", ".join(map(str, bound)))
        for axis in self.equation.axes:
            self.check_axis(axis)
        self.check_access(self.equation.lhs)
        self.check_number(self.equation.rhs)
        free = set(self.equation.rhs.free) | set(self.equation.lhs.free)
        if not free <= set(bound):
            self.fail("every index bound", ", ".join(sorted(map(str, free - set(bound)))))

    def check_axis(self, axis: Axis) -> None:
        for poly in (axis.low, axis.high):
            if poly.indices():
                self.fail("bounds in sizes alone", str(axis))

    def check_number(self, root: Term) -> None:
        """Every subterm that is reached stands where its kind belongs."""
        seen: set[Term] = set()
        stack: list[tuple[Term, bool]] = [(root, False)]
        while stack:
            term, wanted_condition = stack.pop()
            if isinstance(term, CONDITIONS) is not wanted_condition:
                self.fail("a condition" if wanted_condition else "a number", show(term))
            if term in seen:
                continue
            seen.add(term)
            stack.extend(self.check_one(term))

    def check_one(self, term: Term) -> list[tuple[Term, bool]]:
        """What is local to the term; returns its children, each with whether it must be a condition."""
        match term:
            case Access():
                self.check_access(term)
            case Add(args) | Mul(args) if len(args) < 2 or any(type(arg) is type(term) for arg in args):
                self.fail("flat sums and products of two at least", show(term))
            case Power(_, exponent) if exponent in (0, 1):
                self.fail("exponents other than 0 and 1", show(term))
            case Apply(function, args) if function not in _ANY_ARITY and len(args) != _ARITY.get(function, 1):
                self.fail(f"{_ARITY.get(function, 1)} arguments of {function.value}", str(len(args)))
            case Reduce(_, axes, body):
                levels = [axis.index.level for axis in axes]
                if levels != list(range(body.height + 1, body.height + 1 + len(axes))):
                    self.fail("bound indices numbered from the height of the body", f"{levels} over {body.height}")
                for axis in axes:
                    self.check_axis(axis)
            case Where(condition, then, otherwise):
                return [(condition, True), (then, False), (otherwise, False)]
            case Logic(connective, args):
                if (connective is Connective.NOT) != (len(args) == 1):
                    self.fail(f"the right number of arguments of {connective.value}", str(len(args)))
                return [(arg, True) for arg in args]
            case Compare(_, left, right):
                return [(left, False), (right, False)]
        return [(child, False) for child in children_of(term)]

    def check_access(self, access: Access) -> None:
        tensor = self.table.get(access.tensor)
        if tensor is None:
            self.fail("tensors of the program", access.tensor)
            return
        if len(access.subscripts) != tensor.rank:
            self.fail(f"{tensor.rank} subscripts of {tensor.name}", str(len(access.subscripts)))
        for subscript in access.subscripts:
            self.check_subscript(subscript, access)

    def check_subscript(self, subscript: Subscript, access: Access) -> None:
        if isinstance(subscript, Poly):
            if not subscript.is_affine:
                self.fail("affine subscripts", f"{subscript} in {show(access)}")
        elif subscript.tensor in self.table and self.table[subscript.tensor].dtype is not DType.INT:
            self.fail("gathers by integer tensors", f"{show(subscript)} in {show(access)}")


__all__ = ["MalformedProgram", "check"]
