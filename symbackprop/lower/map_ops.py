"""What values are made with, element by element: the kinds of their numbers, and operations by their names."""

from __future__ import annotations

from symbackprop.terms.interning import ByIdentity
from symbackprop.terms.term import Reduction


class Kind(ByIdentity):
    """What the elements are: floats of the parameters' dtype, integers or truth values."""

    FLOAT = "float"
    INT = "int"
    BOOL = "bool"


class MapOp(ByIdentity):
    """Operations on elements, by NumPy's names where it has them. None takes a sign: -x is x·(-1)."""

    COPY = "copy"  # as it is, or an integer or truth value as a float
    ADD = "add"
    SUBTRACT = "subtract"
    MULTIPLY = "multiply"
    DIVIDE = "divide"
    FLOOR_DIVIDE = "floor_divide"
    SQUARE = "square"
    SQRT = "sqrt"
    POWER = "power"
    EXP = "exp"
    EXPM1 = "expm1"
    LOG = "log"
    LOG1P = "log1p"
    SIN = "sin"
    COS = "cos"
    TAN = "tan"
    ASIN = "arcsin"
    ACOS = "arccos"
    ATAN = "arctan"
    ATAN2 = "arctan2"
    SINH = "sinh"
    COSH = "cosh"
    TANH = "tanh"
    ASINH = "arcsinh"
    ACOSH = "arccosh"
    ATANH = "arctanh"
    ERF = "erf"
    SIGMOID = "sigmoid"
    LOG_SIGMOID = "log_sigmoid"
    SOFTPLUS = "softplus"
    LOG_ADD_EXP = "logaddexp"
    LOG_COSH = "log_cosh"
    EXP_NORMALIZED = "exp_normalized"  # exp(u - v), 0 where v is -oo
    ABS = "abs"
    SIGN = "sign"
    FLOOR = "floor"
    CEILING = "ceil"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    GREATER = "greater"
    GREATER_EQUAL = "greater_equal"
    EQUAL = "equal"
    NOT_EQUAL = "not_equal"
    AND = "logical_and"
    OR = "logical_or"
    NOT = "logical_not"
    SELECT = "select"  # (mask, then, otherwise)


# The operation of two that a reduction repeats.
OF_TWO = {Reduction.SUM: MapOp.ADD, Reduction.PRODUCT: MapOp.MULTIPLY, Reduction.MAX: MapOp.MAXIMUM,
          Reduction.MIN: MapOp.MINIMUM}  # fmt: skip

__all__ = ["OF_TWO", "Kind", "MapOp"]
