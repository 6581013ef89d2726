"""What a generated function does first: arguments to arrays, sizes from shapes, and every check of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.numpy.sample import size_conditions
from symbackprop.python_text.names import Names
from symbackprop.python_text.scalars import Naming, condition_text, poly_text, scalar_text
from symbackprop.terms.build import integer_condition
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Distribution, DType, Noise, Program, Tensor, TensorKind
from symbackprop.terms.term import PolyValue, Term, subterms


def extents_text(shape: Sequence[Poly], names: Naming) -> str:
    items = [poly_text(extent, names) for extent in shape]
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


@dataclass(frozen=True, slots=True)
class Door:
    """The head of one function: its signature's parts and its first lines."""

    inputs: tuple[str, ...]
    keywords: tuple[str, ...]  # sizes that no argument's shape gives
    noise: tuple[str, ...]
    buffers: bool
    homes: Mapping[str, str]  # the argument that each size is read off
    lines: tuple[str, ...]


def make_door(
    program: Program, names: Names, inputs: Sequence[str], noise: Sequence[str], used: Iterable[str],
    uses: set[str], buffers: bool, function: str, dividing: Sequence[Term] = (),
) -> Door:  # fmt: skip
    """The head of a function that reads the tensors `used`; parameters come as a dict.

    `uses`: the names that its body uses, among them sizes and the variables of compound sizes; `dividing`: that what
    it divides by is not 0.
    """
    table = program.table
    parameters = [tensor for tensor in program.tensors if tensor.kind is TensorKind.PARAMETER]
    states = [tensor for tensor in program.tensors if tensor.kind is TensorKind.BUFFER] if buffers else []
    arguments = [*parameters, *(table[name] for name in inputs), *states]
    names.touched = set()
    checks = [_check_line(tensor, names) for tensor in arguments]
    divisors = condition_lines(dividing, program.dims, names, function, dividing=True)
    drawing = _noise(table, noise, names)
    definitions = names.definitions(names.touched | uses)
    wanted = names.touched & set(program.dims)
    homes = _homes(arguments)
    keywords = tuple(dim for dim in program.dims if dim in wanted and dim not in homes)
    lines: list[str] = []
    add, of, call = lines.append, names.of, names.module
    used = set(used)
    dtype = of("dtype")
    array = {tensor.name: of(tensor.name) for tensor in arguments}
    if parameters:
        add(f"{names.local('arrays')}, {dtype} = {call('_parameters')}(params)")
        for tensor in parameters:
            if tensor.name in used:
                add(f'{array[tensor.name]} = {names.local("arrays")}["{tensor.name}"]')
            else:
                array[tensor.name] = f'{names.local("arrays")}["{tensor.name}"]'
    else:
        floats = [n for n in inputs if table[n].dtype is DType.FLOAT]
        add(f"{dtype} = {call('_common_dtype')}({', '.join(floats)})")
    for name in inputs:
        if table[name].dtype is DType.FLOAT:
            add(f'{array[name]} = {call("_float")}("{name}", {name}, {dtype})')
        else:
            add(f'{array[name]} = {call("_integer")}("{name}", {name})')
    if states:
        add(f"{names.local('states')} = {call('_buffers')}(buffers, {dtype})")
        for tensor in states:
            if tensor.name in used:
                add(f'{array[tensor.name]} = {names.local("states")}["{tensor.name}"]')
            else:
                array[tensor.name] = f'{names.local("states")}["{tensor.name}"]'
    lines += _bind_sizes(arguments, homes, array, names, [dim for dim in program.dims if dim in wanted])
    for dim in keywords:
        add(f'{of(dim)} = {call("_size")}("{dim}", {dim})')
    lines += divisors
    lines += definitions
    lines += [line.replace(_ARRAY, array[tensor.name]) for tensor, line in zip(arguments, checks, strict=True)]
    for tensor in arguments:
        if tensor.high is not None:
            add(f'{call("_below")}("{tensor.name}", {array[tensor.name]}, {poly_text(tensor.high, names.expanded())})')
    known = set(homes) | set(keywords)
    declared = [c for c in size_conditions(program.assumptions) if {dim.name for dim in _term_dims(c)} <= known]
    lines += condition_lines(declared, program.dims, names, function)
    lines += drawing
    read = {dim: name for dim, (name, _) in homes.items()}
    return Door(tuple(inputs), keywords, tuple(noise), buffers, read, tuple(lines))


_ARRAY = "<array>"


def _check_line(tensor: Tensor, names: Names) -> str:
    """The check of a shape, with the array's text left open."""
    if tensor.high is not None:
        poly_text(tensor.high, names.expanded())  # its sizes are needed too
    return f'{names.module("_expect")}("{tensor.name}", {_ARRAY}, {extents_text(tensor.shape, names)})'


def _term_dims(term: Term) -> list[Dim]:
    return [dim for inner in subterms(term) if isinstance(inner, PolyValue) for dim in inner.poly.dims()]


def _homes(arguments: Sequence[Tensor]) -> dict[str, tuple[str, int]]:
    """For each size that stands alone in a shape, the first argument and axis where it does."""
    homes: dict[str, tuple[str, int]] = {}
    for tensor in arguments:
        for place, extent in enumerate(tensor.shape):
            if isinstance(extent.atom, Dim):
                homes.setdefault(extent.atom.name, (tensor.name, place))
    return homes


def _bind_sizes(
    arguments: Sequence[Tensor], homes: dict[str, tuple[str, int]], array: dict[str, str], names: Names, dims: list[str]
) -> list[str]:
    lines = []
    bound: dict[str, dict[int, str]] = {}
    wanted = set(dims)
    for dim, (name, place) in homes.items():
        if dim in wanted:
            bound.setdefault(name, {})[place] = dim
    for tensor in arguments:
        mine = bound.get(tensor.name)
        if mine is None:
            continue
        if len(mine) == tensor.rank and tensor.rank > 1:
            targets = ", ".join(names.of(mine[place]) for place in range(tensor.rank))
            lines.append(f"{targets} = {array[tensor.name]}.shape")
        else:
            lines += [f"{names.of(dim)} = {array[tensor.name]}.shape[{place}]" for place, dim in sorted(mine.items())]
    return lines


def condition_lines(
    conditions: Iterable[Term], dims: Sequence[str], names: Names, function: str, dividing: bool = False
) -> list[str]:
    """Lines that raise ValueError where a condition on sizes does not hold. `dividing`: each says `size != 0`."""
    lines = []
    for condition in conditions:
        mine = {dim.name for dim in _term_dims(condition)}
        text = condition_text(condition, names.expanded())
        found = ", ".join(f"{dim} = {{{names.of(dim)}}}" for dim in dims if dim in mine)
        integer = integer_condition(condition)
        why = f" since {poly_text(integer[1], names.expanded())} divides" if dividing and integer else ""
        lines.append(f"if not ({text}):")
        lines.append(f"    raise {names.module('ValueError')}(")
        lines.append(f'        f"{function}: sizes: expected {text}{why}, "')
        lines.append(f'        f"found {found}"')
        lines.append("    )")
    return lines


def _noise(table: dict[str, Tensor], noise: Sequence[str], names: Names) -> list[str]:
    """Noise that was not passed is drawn, all from one generator."""
    lines = []
    call, generator = names.module, names.local("generator")
    if noise:
        lines.append(f"{generator} = {call('_generator')}(rng)")
    for name in noise:
        tensor = table[name]
        assert tensor.noise is not None
        variable, shape = names.of(name), extents_text(tensor.shape, names)
        lines.append(f"if {name} is None:")
        lines.append(f'    {name} = {call("_drawable")}("{name}", {generator}){_draw(tensor.noise, shape, names)}')
        lines.append(f'{variable} = {call("_float")}("{name}", {name}, {names.of("dtype")})')
        lines.append(f'{call("_expect")}("{name}", {variable}, {shape})')
    return lines


def _draw(noise: Noise, shape: str, names: Names) -> str:
    args = [scalar_text(arg, names, 3) for arg in noise.arguments]
    match noise.distribution:
        case Distribution.BERNOULLI:
            return f".random({shape}) < {args[0]}"
        case Distribution.NORMAL:
            return f".normal({args[0]}, {args[1]}, {shape})"
        case Distribution.UNIFORM:
            return f".uniform({args[0]}, {args[1]}, {shape})"
