"""What a generated function does first: arguments to arrays, sizes from shapes, and every check of them.

What the module's tables say is checked by one function of the module, `_arguments`; here are the lines that call it,
and the checks that are a function's own: relations between sizes, what is divided by, and noise that is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symbackprop.python_text.bracketed import dict_text, tuple_text
from symbackprop.python_text.identifiers import Scope
from symbackprop.python_text.python_lines import call_lines, unpacking
from symbackprop.python_text.scalars import Naming, condition_text, poly_text, scalar_text
from symbackprop.terms.build import integer_condition
from symbackprop.terms.leaves import dims_of
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Distribution, Noise, Program, Tensor, TensorKind
from symbackprop.terms.size_facts import size_conditions
from symbackprop.terms.term import Term


def extents_text(shape: Sequence[Poly], names: Naming) -> str:
    return tuple_text([poly_text(extent, names) for extent in shape])


@dataclass(frozen=True, slots=True)
class Door:
    """A function's arguments. `keywords`: sizes that no argument's shape gives; `sizes`: all that are known then."""

    inputs: tuple[Tensor, ...]
    noise: tuple[Tensor, ...]
    buffers: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]
    keywords: tuple[str, ...]
    sizes: tuple[str, ...]

    def signature(self, more: Iterable[str] = ()) -> tuple[str, ...]:
        """The arguments as they stand in the function's head, `more` of them behind the inputs."""
        keywords = [*self.keywords, *(["buffers"] if self.buffers else [])]
        if self.noise:
            keywords += [*(f"{tensor.name}=None" for tensor in self.noise), "rng=None"]
        return ("params", *(tensor.name for tensor in self.inputs), *more, "*", *keywords, "workspace=None")

    @property
    def passing(self) -> str:
        """The same arguments, handed on."""
        words = [*self.keywords, *(["buffers"] if self.buffers else []), *(tensor.name for tensor in self.noise)]
        words += ["rng"] if self.noise else []
        keywords = [f"{name}={name}" for name in (*words, "workspace")]
        return ", ".join(["params", *(tensor.name for tensor in self.inputs), *keywords])


def make_door(program: Program, inputs: Sequence[Tensor], noise: Sequence[Tensor], used: Iterable[str]) -> Door:
    """The arguments of a function of the parameters, these inputs and noise. `used`: the sizes that it uses."""
    parameters, buffers = program.of_kind(TensorKind.PARAMETER), program.of_kind(TensorKind.BUFFER)
    arguments = (*parameters, *inputs, *buffers)
    extents = [extent for tensor in (*arguments, *noise) for extent in tensor.shape]
    extents += [tensor.high for tensor in arguments if tensor.high is not None]
    wanted = {*used, *(dim.name for extent in extents for dim in extent.dims())}
    given = {extent.atom.name for tensor in arguments for extent in tensor.shape if isinstance(extent.atom, Dim)}
    keywords = tuple(dim for dim in program.dims if dim in wanted - given)
    sizes = tuple(dim for dim in program.dims if dim in given or dim in keywords)
    return Door(tuple(inputs), tuple(noise), tuple(buffers), tuple(parameters), keywords, sizes)


def opening_lines(door: Door, names: Scope, keyword_sizes: bool) -> list[str]:
    """The call that checks the arguments and gives the dtype, the sizes and arrays. `keyword_sizes`: whether some
    function of the module has sizes as keywords."""
    call = names.module
    args = ["workspace", "params", dict_text([(t.name, t.name) for t in (*door.inputs, *door.noise)])]
    if keyword_sizes:
        args.append(dict_text([(dim, f'{call("_size")}("{dim}", {dim})') for dim in door.keywords]))
    if door.buffers:
        args.append("buffers")
    arrays = [names.of(t.name) for t in (*door.parameters, *door.inputs, *door.noise, *door.buffers)]
    sizes = tuple_text([names.of(dim) for dim in door.sizes])
    head = f"{names.of('dtype')}, {sizes}, "
    lines = call_lines(call("_arguments"), args, f"{head}{tuple_text(arrays)} = ")
    if len(lines) == 1:
        return lines
    held = names.local("arrays")
    return [*call_lines(call("_arguments"), args, f"{head}{held} = "), *unpacking(arrays, held)]


# --- a function's own checks ---------------------------------------------------------------------------
def condition_lines(
    conditions: Iterable[Term], dims: Sequence[str], names: Scope, function: str, dividing: bool = False
) -> list[str]:
    """Lines that raise ValueError where a condition on sizes does not hold. `dividing`: each says `size != 0`."""
    lines = []
    for condition in conditions:
        mine = {dim.name for dim in dims_of(condition)}
        text = condition_text(condition, names.expanded())
        found = ", ".join(f"{dim} = {{{names.of(dim)}}}" for dim in dims if dim in mine)
        integer = integer_condition(condition)
        why = f" since {poly_text(integer[1], names.expanded())} divides" if dividing and integer else ""
        args = [text, f'"{function}: sizes"', f'"{text}{why}"', f'f"{found}"']
        lines += call_lines(names.module("_require"), args)
    return lines


def assumed_conditions(program: Program, door: Door) -> list[Term]:
    """The relations declared between sizes that the function knows."""
    known = set(door.sizes)
    return [c for c in size_conditions(program) if {dim.name for dim in dims_of(c)} <= known]


def cotangent_lines(names: Scope, cotangents: Sequence[Tensor], dtype: str, take: str) -> list[str]:
    """Those that make arrays of the cotangents, of which one at least is given. `take`: what gives storage."""
    none = " and ".join(f"{tensor.name} is None" for tensor in cotangents)
    expected = f'"a cotangent, {" or ".join(tensor.name for tensor in cotangents)}"'
    args = [f"not ({none})", '"backward"', expected, '"none"', names.module("TypeError")]
    lines = call_lines(names.module("_require"), args)
    for tensor in cotangents:
        args = [f'"{tensor.name}"', tensor.name, extents_text(tensor.shape, names), dtype, take]
        lines += call_lines(names.module("_cotangent"), args, f"{names.of(tensor.name)} = ")
    return lines


def noise_lines(noise: Sequence[Tensor], names: Scope) -> list[str]:
    """Noise that was not passed is drawn, all from one generator."""
    lines = [f"    rng = {names.module('_generator')}(rng)"] if noise else []
    for tensor in noise:
        assert tensor.noise is not None
        variable, shape = names.of(tensor.name), extents_text(tensor.shape, names)
        drawn = f'{names.module("_drawing")}("{tensor.name}", rng){_draw(tensor.noise, shape, names)}'
        lines.append(f"    if {variable} is None:")
        lines += call_lines("np.asarray", [drawn, names.of("dtype")], f"{variable} = ", 2)
    return lines


def _draw(noise: Noise, shape: str, names: Naming) -> str:
    args = [scalar_text(arg, names, 3) for arg in noise.arguments]
    match noise.distribution:
        case Distribution.BERNOULLI:
            return f".random({shape}) < {args[0]}"
        case Distribution.NORMAL:
            return f".normal({args[0]}, {args[1]}, {shape})"
        case Distribution.UNIFORM:
            return f".uniform({args[0]}, {args[1]}, {shape})"


__all__ = [
    "Door", "assumed_conditions", "condition_lines", "cotangent_lines", "extents_text", "make_door", "noise_lines",
    "opening_lines",
]  # fmt: skip
