"""Which dimension of which tensor is split, from the indices that are: that whose index is, by its name.

The dimensions of a tensor have the names of the indices that they are read and written by, as print shows them. Where
two dimensions of one tensor would be split over one mesh axis, that one is whose index was named first in what the user
asked for; the other one is whole. δ of a tensor lies where the tensor does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbackprop.errors import InvalidArgument, UnknownIndex
from symbackprop.shard.form import Placement
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Tensor

__all__ = ["placements_of", "shard_indices"]


def shard_indices(asked: Mapping[str, str], names: Iterable[str], sizes: Iterable[str] = ()) -> dict[str, str]:
    """What was asked for, if each is one of the names: UnknownIndex, InvalidArgument where not, and for a mesh axis
    that is called as one of the sizes: the number of devices along an axis is called as the axis."""
    there, taken = dict.fromkeys(names), set(sizes)
    if not asked:
        raise InvalidArgument("shard", expected='indices on mesh axes, as {"n": "data"}', found="none")
    for name, axis in asked.items():
        if name not in there:
            raise UnknownIndex("shard", expected=f"an index of the network ({', '.join(there)})", found=str(name),
                               remedy="an index is called as the printed derivation calls it")  # fmt: skip
        if not axis.isidentifier():
            raise InvalidArgument(f"shard: {name}", expected="the name of a mesh axis", found=repr(axis))
        if axis in taken:
            raise InvalidArgument(f"shard: {name}", expected="a mesh axis with a name of its own",
                                  found=f"{axis}, a size of the network")  # fmt: skip
    return dict(asked)


def placements_of(
    tensors: Iterable[Tensor], equations: Iterable[Equation], indices: Mapping[str, str]
) -> dict[str, Placement]:
    """The placement of each tensor, of the given ones too."""
    written: dict[str, Equation] = {}
    for equation in equations:
        written.setdefault(equation.target, equation)
    return {tensor.name: _placed(dimension_names(tensor, written.get(tensor.name)), indices) for tensor in tensors}


def dimension_names(tensor: Tensor, definition: Equation | None) -> tuple[str, ...]:
    """The name of each dimension: its own, or that of the index that its equation has there, or none."""
    names = list(tensor.axes) or [""] * tensor.rank
    for place, name in enumerate(names):
        subscript = definition.subscripts[place] if definition is not None and not name else None
        if isinstance(subscript, Poly) and subscript.index is not None and not subscript.index.fresh:
            names[place] = subscript.index.name
    return tuple(names)


def _placed(names: tuple[str, ...], indices: Mapping[str, str]) -> Placement:
    axes: list[str | None] = [None] * len(names)
    for name, axis in indices.items():
        if name in names and axis not in axes:
            axes[names.index(name)] = axis
    return Placement(tuple(axes))
