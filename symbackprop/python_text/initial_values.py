"""How parameters and buffers start, whatever the library that draws them.

Fans follow PyTorch: of a shape (out, in, *window), fan_in = in*window and fan_out = out*window. The schemes are those
of Glorot and Bengio (2010), He et al. (2015) and LeCun et al. (1998); the uniform ones have the same variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from symbackprop.terms.build import NIL, UNIT, add, mul, number, poly_value, power
from symbackprop.terms.leaves import dims_of
from symbackprop.terms.poly import ONE, Poly
from symbackprop.terms.program import Program, Tensor
from symbackprop.terms.term import Term

_VARIANCE_TIMES_FAN = {"glorot": 2, "he": 2, "lecun": 1}


class Drawn(Enum):
    CONSTANT = "constant"  # every element is the scale
    NORMAL = "normal"  # of mean 0, the scale being the standard deviation
    UNIFORM = "uniform"  # between -scale and scale


@dataclass(frozen=True, slots=True)
class Start:
    drawn: Drawn
    scale: Term


def start_of(tensor: Tensor) -> Start:
    """How the tensor starts: as declared, else by Glorot's uniform scheme, a vector as zeros."""
    scheme = "zeros" if tensor.rank < 2 else "glorot_uniform"
    argument = None
    if tensor.initializer is not None:
        scheme, argument = tensor.initializer.name, tensor.initializer.argument
    match scheme:
        case "zeros":
            return Start(Drawn.CONSTANT, NIL)
        case "ones":
            return Start(Drawn.CONSTANT, UNIT)
        case "constant":
            assert argument is not None
            return Start(Drawn.CONSTANT, argument)
        case "normal":
            return Start(Drawn.NORMAL, argument or UNIT)
    method, distribution = scheme.split("_")
    drawn = Drawn(distribution)
    variance = _variance(method, tensor.shape)
    squared = mul(number(3), variance) if drawn is Drawn.UNIFORM else variance
    return Start(drawn, power(squared, Fraction(1, 2)))


def start_arguments(tensors: Sequence[Tensor]) -> list[Term]:
    """Those that are given to initializers."""
    return [t.initializer.argument for t in tensors if t.initializer and t.initializer.argument is not None]


def initial_sizes(program: Program, tensors: Sequence[Tensor]) -> list[str]:
    """The sizes that the initial values need, in their order of declaration."""
    wanted = {dim.name for tensor in tensors for extent in tensor.shape for dim in extent.dims()}
    wanted |= {dim.name for argument in start_arguments(tensors) for dim in dims_of(argument)}
    return [dim for dim in program.dims if dim in wanted]


def _arguments(tensors: Sequence[Tensor]) -> list[Term]:
    """Those that are given to initializers."""
    return [t.initializer.argument for t in tensors if t.initializer and t.initializer.argument is not None]


def _variance(method: str, shape: Sequence[Poly]) -> Term:
    if len(shape) < 2:
        raise ValueError("schemes with fans need two axes at least")
    window = ONE
    for size in shape[2:]:
        window = window * size
    fan_out, fan_in = shape[0] * window, shape[1] * window
    fan = poly_value(fan_in) if method != "glorot" else add(poly_value(fan_in), poly_value(fan_out))
    return mul(number(_VARIANCE_TIMES_FAN[method]), power(fan, -1))
