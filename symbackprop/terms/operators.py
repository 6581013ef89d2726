"""What terms are made with: constants, functions, reductions, relations and connectives, by their names."""

from __future__ import annotations

from typing import Any

from symbackprop.terms.interning import ByIdentity


class ConstantKind(ByIdentity):
    """Named constants."""

    PI = "pi"
    E = "e"
    EULER_GAMMA = "euler_gamma"
    GOLDEN_RATIO = "golden_ratio"
    CATALAN = "catalan"
    INFINITY = "oo"
    NEGATIVE_INFINITY = "-oo"


class Function(ByIdentity):
    """Scalar functions; each stage has its own table from these to what it needs."""

    EXP = "exp"
    EXPM1 = "expm1"
    LOG = "log"
    LOG1P = "log1p"
    SIN = "sin"
    COS = "cos"
    TAN = "tan"
    ASIN = "asin"
    ACOS = "acos"
    ATAN = "atan"
    ATAN2 = "atan2"
    SINH = "sinh"
    COSH = "cosh"
    TANH = "tanh"
    ASINH = "asinh"
    ACOSH = "acosh"
    ATANH = "atanh"
    ERF = "erf"
    SIGMOID = "sigmoid"
    LOG_SIGMOID = "log_sigmoid"
    SOFTPLUS = "softplus"
    LOG_ADD_EXP = "log_add_exp"  # log(exp(u) + exp(v) + ...), of any number of arguments
    LOG_COSH = "log_cosh"
    SECH = "sech"
    CSCH = "csch"
    BOSE = "bose"  # bose(u) = 1/(exp(u) - 1), as sigmoid(-u) = 1/(exp(u) + 1)
    RELU = "relu"
    ABS = "abs"
    SIGN = "sign"
    FLOOR = "floor"
    CEILING = "ceiling"
    POW = "pow"  # a variable exponent, pow(base, exponent)
    MAX = "max"  # any number of arguments
    MIN = "min"
    EXP_NORMALIZED = "exp_normalized"  # exp_normalized(u, v) = exp(u - v), and 0 where u or v is -oo: a softmax's p
    DIFFERENCE = "difference"  # difference(u, v) = u - v, taken before anything is added to it: see `optimise.by_parts`
    STOP_GRADIENT = "stop_gradient"


class Reduction(ByIdentity):
    SUM = "sum"
    PRODUCT = "product"
    MAX = "max"
    MIN = "min"
    LOGSUMEXP = "logsumexp"


class Relation(ByIdentity):
    GT = ">"
    GE = ">="
    EQ = "=="
    NE = "!="

    def holds(self, left: Any, right: Any) -> Any:
        """Whether it does between two numbers, or between those of two arrays."""
        match self:
            case Relation.GT:
                return left > right
            case Relation.GE:
                return left >= right
            case Relation.EQ:
                return left == right
            case Relation.NE:
                return left != right


class Connective(ByIdentity):
    AND = "and"
    OR = "or"
    NOT = "not"

    @property
    def opposite(self) -> Connective:
        """That of the opposite of what AND or OR connects."""
        return Connective.OR if self is Connective.AND else Connective.AND


__all__ = ["Connective", "ConstantKind", "Function", "Reduction", "Relation"]
