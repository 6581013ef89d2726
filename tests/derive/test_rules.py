"""The table of derivatives against mpmath's differences in fifty digits; its conventions at kinks and ties by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import mpmath
import pytest

from symbackprop.derive.rules import FLAT, partials
from symbackprop.terms.build import access, power
from symbackprop.terms.show import show
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Compare,
    Constant,
    ConstantKind,
    Function,
    Mul,
    Number,
    Power,
    Relation,
    Term,
    Where,
)
from tests.terms.test_arithmetic import MPMATH

Values = dict[str, mpmath.mpf]
U, V, W = (access(name) for name in "uvw")
SEVERAL: dict[Function, Callable[..., mpmath.mpf]] = {
    Function.ATAN2: mpmath.atan2,
    Function.LOG_ADD_EXP: lambda *args: mpmath.log(sum(map(mpmath.exp, args))),
    Function.POW: lambda base, exponent: base**exponent,
    Function.MAX: max,
    Function.MIN: min,
    Function.EXP_NORMALIZED: lambda u, v: mpmath.exp(u - v),
    Function.DIFFERENCE: lambda u, v: u - v,
}
FUNCTIONS = {**MPMATH, **SEVERAL}
ABOVE_ONE = {Function.ACOSH}  # where it is defined
INSIDE = {Function.ASIN, Function.ACOS, Function.ATANH}
POSITIVE = {Function.LOG, Function.LOG1P, Function.CSCH, Function.BOSE}


def value(term: Term, at: Values) -> mpmath.mpf:
    match term:
        case Number(plain):
            return mpmath.mpf(plain.numerator) / plain.denominator
        case Constant(ConstantKind.PI):
            return mpmath.pi()
        case Access(tensor):
            return at[tensor]
        case Add(args):
            return mpmath.fsum(value(arg, at) for arg in args)
        case Mul(args):
            return mpmath.fprod(value(arg, at) for arg in args)
        case Power(base, exponent):
            return mpmath.power(value(base, at), mpmath.mpf(exponent.numerator) / exponent.denominator)
        case Apply(function, args):
            return FUNCTIONS[function](*(value(arg, at) for arg in args))
        case Where(condition, then, otherwise):
            return value(then if holds(condition, at) else otherwise, at)
        case _:
            raise TypeError(term)


def holds(condition: Term, at: Values) -> bool:
    assert isinstance(condition, Compare)
    left, right = value(condition.left, at), value(condition.right, at)
    return {Relation.GT: left > right, Relation.GE: left >= right, Relation.EQ: left == right,
            Relation.NE: left != right}[condition.relation]  # fmt: skip


def compared(term: Apply | Power, at: Values) -> None:
    """Each partial derivative, told by the value's own name, is the slope of the function in that argument."""
    args = (term.base,) if isinstance(term, Power) else term.args
    with mpmath.workdps(50):
        known = {**at, "f": value(term, at)}
        for arg, found in zip(args, partials(term, access("f")), strict=True):
            assert isinstance(arg, Access)
            slope = mpmath.diff(lambda u, name=arg.tensor: value(term, {**at, name: u}), at[arg.tensor])
            told = mpmath.mpf(0) if found is None else value(found, known)
            assert mpmath.almosteq(told, slope, rel_eps=1e-15, abs_eps=1e-15), (term, at, found)


def points(function: Function) -> tuple[str, ...]:
    if function in ABOVE_ONE:
        return ("1.2", "3.5")
    if function in INSIDE:
        return ("-0.7", "0.4")
    return ("0.3", "2.5") if function in POSITIVE else ("-1.7", "0.6", "2.3")


@pytest.mark.parametrize("function", [f for f in MPMATH if f is not Function.STOP_GRADIENT], ids=lambda f: f.value)
def test_functions_of_one_argument(function: Function) -> None:
    for point in points(function):
        compared(Apply(function, (U,)), {"u": mpmath.mpf(point)})


@pytest.mark.parametrize("exponent", [2, 3, -1, -2, Fraction(1, 2), Fraction(-1, 2), Fraction(2, 3), Fraction(-7, 4)])
def test_powers(exponent: Fraction) -> None:
    for point in ("0.4", "2.7"):
        compared(Power(U, Fraction(exponent)), {"u": mpmath.mpf(point)})


@pytest.mark.parametrize("function", SEVERAL, ids=lambda function: function.value)
def test_functions_of_several_arguments(function: Function) -> None:
    counts = (2, 3) if function in (Function.LOG_ADD_EXP, Function.MAX, Function.MIN) else (2,)
    for count in counts:
        for row in (("0.7", "1.9", "0.2"), ("2.2", "-0.4", "2.1")):
            at = dict(zip("uvw", map(mpmath.mpf, row), strict=True))
            compared(Apply(function, (U, V, W)[:count]), at)


def test_every_function_has_a_rule() -> None:
    assert set(FUNCTIONS) == set(Function)
    for function in Function:
        partials(Apply(function, (U, V) if function in SEVERAL else (U,)), access("f"))


@pytest.mark.parametrize("function", sorted(FLAT, key=str), ids=lambda function: function.value)
def test_what_is_flat_by_definition_has_none(function: Function) -> None:
    assert partials(Apply(function, (U,)), access("f")) == (None,)


def test_kinks() -> None:
    """relu'(0) = 0 and |·|'(0) = 0."""
    for function in (Function.RELU, Function.ABS):
        (found,) = partials(Apply(function, (U,)), access("f"))
        assert found is not None
        assert value(found, {"u": mpmath.mpf(0), "f": mpmath.mpf(0)}) == 0


@pytest.mark.parametrize("function", [Function.MAX, Function.MIN])
def test_ties_share_equally(function: Function) -> None:
    found = partials(Apply(function, (U, V, W)), access("f"))
    two, three = mpmath.mpf(2), mpmath.mpf(3)
    outer = three if function is Function.MIN else mpmath.mpf(1)
    for row, expected in (((two, two, outer), (0.5, 0.5, 0)), ((two, two, two), (1 / 3, 1 / 3, 1 / 3))):
        at = {**dict(zip("uvw", row, strict=True)), "f": two}
        told = [value(one, at) for one in found if one is not None]
        assert [float(one) for one in told] == pytest.approx(expected)


def test_a_variable_exponent_at_zero() -> None:
    """x^0 is flat in x, also at x = 0; 0^e is flat in e."""
    by_base, by_exponent = partials(Apply(Function.POW, (U, V)), access("f"))
    assert by_base is not None
    assert by_exponent is not None
    zero, two = mpmath.mpf(0), mpmath.mpf(2)
    assert value(by_base, {"u": zero, "v": zero, "f": mpmath.mpf(1)}) == 0
    assert value(by_base, {"u": zero, "v": two, "f": zero}) == 0
    assert value(by_exponent, {"u": zero, "v": two, "f": zero}) == 0


def test_the_value_is_read_where_that_is_cheaper() -> None:
    """Textbooks' forms: p for exp, 1 - a² for tanh, a(1 - a) for the logistic function."""
    f = access("f")
    assert partials(Apply(Function.EXP, (U,)), f) == (f,)
    assert show(partials(Apply(Function.TANH, (U,)), f)[0]) == "1 - f^2"
    for function in (Function.TANH, Function.SIGMOID, Function.TAN, Function.EXPM1):
        (found,) = partials(Apply(function, (U,)), f)
        assert found is not None
        assert found.tensors == {"f"}
    assert partials(power(U, Fraction(-1, 2)), f)[0].tensors == {"f"}  # type: ignore[arg-type, union-attr]


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match="no derivative rule"):
        partials(Apply(Function.EXP, (U, V)), access("f"))
