"""How parameters and buffers start.

Fans follow PyTorch: of a shape (out, in, *window), fan_in = in*window and fan_out = out*window. The schemes are those
of Glorot and Bengio (2010), He et al. (2015) and LeCun et al. (1998); the uniform ones have the same variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbackprop.numpy.door import extents_text
from symbackprop.python_text.scalars import Naming, scalar_text
from symbackprop.terms.build import UNIT, add, mul, number, poly_value, power
from symbackprop.terms.poly import ONE, Poly
from symbackprop.terms.program import Program, Tensor
from symbackprop.terms.term import PolyValue, Term, subterms

_VARIANCE_TIMES_FAN = {"glorot": 2, "he": 2, "lecun": 1}


def initial_sizes(program: Program, tensors: Sequence[Tensor]) -> list[str]:
    """The sizes that the initial values need, in their order of declaration."""
    wanted = {dim.name for tensor in tensors for extent in tensor.shape for dim in extent.dims()}
    for tensor in tensors:
        if tensor.initializer is not None and tensor.initializer.argument is not None:
            for term in subterms(tensor.initializer.argument):
                if isinstance(term, PolyValue):
                    wanted |= {dim.name for dim in term.poly.dims()}
    return [dim for dim in program.dims if dim in wanted]


def initial_lines(tensors: Sequence[Tensor], names: Naming) -> list[tuple[str, str]]:
    """(name, expression of an array) for each tensor; the expressions use `rng` and the sizes."""
    return [(tensor.name, _expression(tensor, names)) for tensor in tensors]


def _expression(tensor: Tensor, names: Naming) -> str:
    shape = extents_text(tensor.shape, names)
    start = tensor.initializer
    scheme = start.name if start is not None else ("zeros" if tensor.rank < 2 else "glorot_uniform")
    argument = start.argument if start is not None else None
    if scheme in ("zeros", "ones"):
        return f"np.{scheme}({shape})"
    if scheme == "constant":
        assert argument is not None
        return f"np.full({shape}, {scalar_text(argument, names)})"
    if scheme == "normal":
        return f"rng.normal(0, {scalar_text(argument or UNIT, names)}, {shape})"
    method, distribution = scheme.split("_")
    variance = _variance(method, tensor.shape)
    if distribution == "uniform":
        limit = scalar_text(power(mul(number(3), variance), Fraction(1, 2)), names)
        return f"rng.uniform(-1, 1, {shape}) * {_grouped(limit)}"
    if distribution == "normal":
        return f"rng.normal(0, {scalar_text(power(variance, Fraction(1, 2)), names)}, {shape})"
    raise ValueError(f"{tensor.name}: unknown initializer {scheme}")


def _variance(method: str, shape: Sequence[Poly]) -> Term:
    if len(shape) < 2:
        raise ValueError("schemes with fans need two axes at least")
    window = ONE
    for size in shape[2:]:
        window = window * size
    fan_out, fan_in = shape[0] * window, shape[1] * window
    fan = poly_value(fan_in) if method != "glorot" else add(poly_value(fan_in), poly_value(fan_out))
    return mul(number(_VARIANCE_TIMES_FAN[method]), power(fan, -1))


def _grouped(text: str) -> str:
    return f"({text})" if " " in text else text
