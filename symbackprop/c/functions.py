"""The elementary functions of the C target: its own, in plain arithmetic, so that a result has the same bits on every
machine of IEEE 754 and loops over them are vectorised.

Each stands in a template of `templates/c/functions`, which says how it is computed; errors are in
docs/reference/c_functions.md. The file they are printed in includes <math.h>, <stdint.h> and <string.h> and has the
type PREFIX_real, float or under PREFIX_DOUBLE double.

>>> [name.partition(" ")[0] for name in function_lines([MapOp.ABS], "net") if "net_abs" in name]
['net_INLINE']
>>> c_function(MapOp.ADD), c_function(MapOp.EXP), c_function(MapOp.ABS, Kind.INT)
(None, 'exp', 'abs_int')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbackprop.lower.map_ops import Kind, MapOp
from symbackprop.resources import filled

__all__ = ["FUNCTIONS", "INTEGER_FUNCTIONS", "c_function", "function_lines"]

# The function of each operation that is no operator of C, behind the prefix, by the kind of its result.
FUNCTIONS: Mapping[MapOp, str] = {
    MapOp.SQUARE: "square",
    MapOp.SQRT: "sqrt",
    MapOp.POWER: "power",
    MapOp.EXP: "exp",
    MapOp.EXPM1: "expm1",
    MapOp.LOG: "log",
    MapOp.LOG1P: "log1p",
    MapOp.TANH: "tanh",
    MapOp.SIN: "sin",
    MapOp.COS: "cos",
    MapOp.TAN: "tan",
    MapOp.ASIN: "arcsin",
    MapOp.ACOS: "arccos",
    MapOp.ATAN: "arctan",
    MapOp.ATAN2: "arctan2",
    MapOp.SINH: "sinh",
    MapOp.COSH: "cosh",
    MapOp.ASINH: "arcsinh",
    MapOp.ACOSH: "arccosh",
    MapOp.ATANH: "arctanh",
    MapOp.ERF: "erf",
    MapOp.SIGMOID: "sigmoid",
    MapOp.LOG_SIGMOID: "log_sigmoid",
    MapOp.SOFTPLUS: "softplus",
    MapOp.LOG_ADD_EXP: "logaddexp",
    MapOp.LOG_COSH: "log_cosh",
    MapOp.EXP_NORMALIZED: "exp_normalized",
    MapOp.ABS: "abs",
    MapOp.SIGN: "sign",
    MapOp.FLOOR: "floor",
    MapOp.CEILING: "ceil",
    MapOp.MAXIMUM: "maximum",
    MapOp.MINIMUM: "minimum",
    MapOp.SELECT: "choose",
}
# And of what is computed with integers.
INTEGER_FUNCTIONS: Mapping[MapOp, str] = {
    MapOp.FLOOR_DIVIDE: "floor_divide_int",
    MapOp.POWER: "whole_power",  # of a number by an integer
    MapOp.SQUARE: "square_int",
    MapOp.ABS: "abs_int",
    MapOp.SIGN: "sign_int",
    MapOp.MAXIMUM: "maximum_int",
    MapOp.MINIMUM: "minimum_int",
}
_WIDE = "_long"

# The templates that each template's text is made with, which come before it.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "numbers": (),
    "bits": ("numbers",),
    "select": ("bits",),
    "choose": ("select",),
    "below": ("bits",),
    "negative": ("bits",),
    "same": ("bits",),
    "capped": ("select",),
    "abs": ("bits",),
    "signed": ("bits",),
    "sqrt": ("numbers",),
    "ln2": ("numbers",),
    "limits": ("numbers",),
    "tiny": ("numbers",),
    "least": ("numbers",),
    "enlarge": ("numbers",),
    "sqrt_half": ("numbers",),
    "integer_part": ("numbers",),
    "thirds": ("numbers",),
    "exp_tail": ("numbers",),
    "exp_of": ("exp_tail", "bits", "ln2"),
    "expm1_of": ("exp_tail", "bits", "ln2"),
    "log_of": ("bits", "ln2", "sqrt_half", "integer_part"),
    "log1p_of": ("log_of",),
    "exp": ("exp_of", "capped", "signed", "abs", "limits"),
    "expm1": ("expm1_of", "capped", "below", "negative", "signed", "abs", "limits", "tiny"),
    "log": ("log_of", "select", "below", "negative", "abs", "least", "enlarge"),
    "log1p": ("log1p_of", "select", "below", "negative", "abs", "tiny"),
    "tanh": ("exp_of", "capped", "below", "abs", "signed"),
    "sigmoid": ("exp", "select", "negative", "abs"),
    "softplus": ("exp", "log1p_of", "select", "below", "negative", "abs", "tiny"),
    "log_sigmoid": ("softplus",),
    "exp_normalized": ("exp", "select", "below", "negative", "abs"),
    "erf": ("exp_of", "capped", "below", "abs", "signed"),
    "square": ("numbers",),
    "sign": ("select", "below", "abs", "signed", "least"),
    "floor": ("select", "below", "negative", "abs", "signed", "integer_part"),
    "ceil": ("floor",),
    "maximum": ("select", "below", "abs"),
    "minimum": ("select", "below", "abs"),
    "product_lost": ("bits",),
    "power": (
        "product_lost",
        "exp_of",
        "floor",
        "same",
        "negative",
        "select",
        "below",
        "abs",
        "signed",
        "ln2",
        "limits",
        "least",
        "enlarge",
        "sqrt_half",
        "integer_part",
        "thirds",
    ),
    "logaddexp": ("maximum", "exp", "log1p_of", "select", "below", "abs", "tiny"),
    "log_cosh": ("exp", "log1p_of", "select", "below", "abs"),
    "half_pi": ("numbers",),
    "parts": (),
    "angle": (),
    "large_angle": ("angle", "half_pi", "product_lost", "abs"),
    "angle_of": ("large_angle",),
    "sin_of": ("angle", "parts"),
    "sin": ("angle_of", "sin_of", "tiny"),
    "cos": ("angle_of", "sin_of"),
    "tan": ("angle_of", "sin_of", "tiny"),
    "atan_of": ("half_pi", "select", "below"),
    "arctan": ("atan_of", "abs", "signed", "tiny"),
    "arctan2": ("atan_of", "negative", "abs", "signed", "least", "enlarge"),
    "asin_tail": ("numbers",),
    "root_lost": ("product_lost", "select", "below", "least"),
    "arcsin": ("asin_tail", "root_lost", "half_pi", "sqrt", "abs", "signed"),
    "arccos": ("asin_tail", "root_lost", "half_pi", "sqrt", "abs", "negative"),
    "root_large": ("numbers",),
    "sinh": ("exp_of", "capped", "below", "abs", "signed", "limits"),
    "cosh": ("exp_of", "capped", "abs", "limits"),
    "arcsinh": ("log", "log1p_of", "sqrt", "signed", "root_large"),
    "arccosh": ("log", "log1p_of", "root_lost", "sqrt", "root_large"),
    "arctanh": ("log1p", "signed"),
    "whole_power": ("select",),
    "abs_int": (),
    "square_int": (),
    "sign_int": (),
    "maximum_int": (),
    "minimum_int": (),
    "floor_divide_int": (),
}
_NEEDS = {**_NEEDS, **{n.replace("_int", _WIDE): () for n in INTEGER_FUNCTIONS.values() if n.endswith("_int")}}
_SHARED = "polynomial.j2"


def c_function(op: MapOp, kind: Kind = Kind.FLOAT, wide: bool = False) -> str | None:
    """The name, behind the prefix, of what computes an operation whose result is of a kind; None: C has an operator.
    `wide`: of integers of 64 bits."""
    name = (INTEGER_FUNCTIONS if kind is Kind.INT else FUNCTIONS).get(op)
    return name if name is None or not wide else name.replace("_int", _WIDE)


def function_lines(ops: Iterable[MapOp | tuple[MapOp, Kind, bool]], prefix: str) -> tuple[str, ...]:
    """The text of the functions for operations (of floats, or of a kind, wide or not), each after what it needs."""
    each = [op if isinstance(op, tuple) else (op, Kind.FLOAT, False) for op in ops]
    wanted = {name for op, kind, wide in each if (name := c_function(op, kind, wide)) is not None}
    texts = [_text(name, prefix) for name in _in_order(wanted)]
    return tuple("\n".join(texts).splitlines())


def _in_order(wanted: Iterable[str]) -> tuple[str, ...]:
    """What is wanted and what it needs, in the order of the table."""
    needed: set[str] = set()
    left = list(wanted)
    while left:
        name = left.pop()
        if name not in needed:
            needed.add(name)
            left += _NEEDS[name]
    return tuple(name for name in _NEEDS if name in needed)


def _text(name: str, prefix: str) -> str:
    context = {"prefix": prefix, "real": f"{prefix}_real"}
    if name.endswith(("_int", _WIDE)):
        context |= {"which": name, "integer": "int64_t" if name.endswith(_WIDE) else "int32_t"}
    return filled("c", (f"functions/{name.replace(_WIDE, '_int')}.c.j2", f"functions/{_SHARED}"), context)
