"""How parameters and buffers start: schemes, and the variances that they are named for.

Fans follow PyTorch: of a shape (out, in, *window), fan_in = in*window and fan_out = out*window. The schemes are those
of Glorot and Bengio (2010), He et al. (2015) and LeCun et al. (1998); the uniform ones have the same variance.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.terms.build import add, mul, number, poly_value, power
from symbackprop.terms.poly import ONE, Dim, Poly
from symbackprop.terms.program import Program, Tensor
from symbackprop.terms.term import PolyValue, Term, subterms

_VARIANCE_TIMES_FAN = {"glorot": 2, "he": 2, "lecun": 1}


def dims_of(term: Term) -> list[Dim]:
    return [dim for inner in subterms(term) if isinstance(inner, PolyValue) for dim in inner.poly.dims()]


def initial_arguments(tensors: Sequence[Tensor]) -> list[Term]:
    """Those that are given to initializers."""
    return [t.initializer.argument for t in tensors if t.initializer and t.initializer.argument is not None]


def initial_sizes(program: Program, tensors: Sequence[Tensor]) -> list[str]:
    """The sizes that the initial values need, in their order of declaration."""
    wanted = {dim.name for tensor in tensors for extent in tensor.shape for dim in extent.dims()}
    wanted |= {dim.name for argument in initial_arguments(tensors) for dim in dims_of(argument)}
    return [dim for dim in program.dims if dim in wanted]


def scheme(tensor: Tensor) -> str:
    """The name of the one that the tensor starts by."""
    if tensor.initializer is not None:
        return tensor.initializer.name
    return "zeros" if tensor.rank < 2 else "glorot_uniform"


def variance(method: str, shape: Sequence[Poly]) -> Term:
    """Of the elements, by one of the schemes with fans."""
    if len(shape) < 2:
        raise ValueError("schemes with fans need two axes at least")
    window = ONE
    for size in shape[2:]:
        window = window * size
    fan_out, fan_in = shape[0] * window, shape[1] * window
    fan = poly_value(fan_in) if method != "glorot" else add(poly_value(fan_in), poly_value(fan_out))
    return mul(number(_VARIANCE_TIMES_FAN[method]), power(fan, -1))


__all__ = ["dims_of", "initial_arguments", "initial_sizes", "scheme", "variance"]
