"""How parameters and buffers start.

Fans follow PyTorch: of a shape (out, in, *window), fan_in = in*window and fan_out = out*window. The schemes are those
of Glorot and Bengio (2010), He et al. (2015) and LeCun et al. (1998); the uniform ones have the same variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbackprop.numpy.door import condition_lines, dims_of, extents_text
from symbackprop.numpy.helpers import Helper, helpers_in
from symbackprop.numpy.python_lines import WIDTH, call_lines, names_text, table_lines
from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.identifiers import Scope
from symbackprop.python_text.scalars import Naming, poly_text, scalar_text
from symbackprop.terms.build import UNIT, add, mul, number, poly_value, power
from symbackprop.terms.divisors import nonzero_in
from symbackprop.terms.poly import ONE, Dim, Poly
from symbackprop.terms.program import Program, Tensor
from symbackprop.terms.term import Term

_VARIANCE_TIMES_FAN = {"glorot": 2, "he": 2, "lecun": 1}


def initial_sizes(program: Program, tensors: Sequence[Tensor]) -> list[str]:
    """The sizes that the initial values need, in their order of declaration."""
    wanted = {dim.name for tensor in tensors for extent in tensor.shape for dim in extent.dims()}
    wanted |= {dim.name for argument in _arguments(tensors) for dim in dims_of(argument)}
    return [dim for dim in program.dims if dim in wanted]


def _arguments(tensors: Sequence[Tensor]) -> list[Term]:
    """Those that are given to initializers."""
    return [t.initializer.argument for t in tensors if t.initializer and t.initializer.argument is not None]


def initial_body(
    program: Program, tensors: Sequence[Tensor], names: Scope, result: str, seed: str
) -> tuple[list[str], set[Helper]]:
    """The body of the function that returns the tensors' initial values, and the helpers that it calls.

    `result`: the variable that collects them; `seed`: what the generator is made of.
    """
    require = names.module("_require")
    dims = initial_sizes(program, tensors)
    alike = {(tensor.shape, tensor.initializer): tensor for tensor in reversed(tensors)}  # many start so
    texts = {start: _expression(tensor, names) for start, tensor in reversed(alike.items())}
    entries = [f'"{tensor.name}": {texts[tensor.shape, tensor.initializer]}' for tensor in tensors]
    given = _arguments(tensors)
    checks = condition_lines(nonzero_in(given), dims, names, "initial values", dividing=True)
    nonempty = [line for tensor in tensors for line in _nonempty(tensor, names)]
    kind = 'np.dtype(dtype).kind == "f", "dtype", "a floating-point type", np.dtype(dtype)'
    lines = [f"    {require}({kind})"]
    if len(dims) == 1:
        lines.append(f'    {names.of(dims[0])} = {names.module("_size")}("{dims[0]}", {dims[0]})')
    elif dims:
        args = [names.module("_size"), names_text(dims), tuple_text(dims)]
        lines += call_lines(names.module("map"), args, f"{', '.join(map(names.of, dims))} = ")
    lines += checks
    lines += [f"    {line}" for line in [*names.definitions(), *nonempty]]
    if any(_scheme(tensor) not in ("zeros", "ones", "constant") for tensor in tensors):
        lines.append(f"    rng = np.random.default_rng({seed})")
    table = table_lines(entries, f"{result} = ", 1)
    if len(table) == 1 and len(whole := _typed(f"{{{', '.join(entries)}}}")) <= WIDTH:
        lines.append(whole)
    else:
        lines += [*table, _typed(result)]
    return lines, {helper for argument in given for helper in helpers_in(argument)}


def _typed(table: str) -> str:
    return f"    return {{name: np.asarray(value, dtype) for name, value in {table}.items()}}"


def _nonempty(tensor: Tensor, names: Scope) -> list[str]:
    """The check of a shape that could be empty at sizes which are not."""
    doubtful = [extent for extent in tensor.shape if extent.constant is None and not isinstance(extent.atom, Dim)]
    if not doubtful:
        return []
    holds = " and ".join(f"{poly_text(extent, names)} >= 1" for extent in dict.fromkeys(doubtful))
    expected = f"f\"sizes of at least 1 in {{{names.module('_SHAPES')}['{tensor.name}']}}\""
    shape = extents_text(tensor.shape, names)
    return [f'{names.module("_require")}({holds}, "{tensor.name}", {expected}, {shape})']


def _scheme(tensor: Tensor) -> str:
    if tensor.initializer is not None:
        return tensor.initializer.name
    return "zeros" if tensor.rank < 2 else "glorot_uniform"


def _expression(tensor: Tensor, names: Naming) -> str:
    shape = extents_text(tensor.shape, names)
    scheme, argument = _scheme(tensor), next(iter(_arguments([tensor])), None)
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
        return f"rng.uniform(-1, 1, {shape}) * " + (f"({limit})" if " " in limit else limit)
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
