"""What every layer needs to add equations to a network: names for its tensors, indices for its axes.

A layer is a function that adds equations; this module only finds names. Tensors of a layer called `name` carry it
behind theirs: `W1`, `b1` for "1", `W_head`, `b_head` for "head". Without a name the first number at which all the
layer's names are free is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sympy import Expr, Idx, expand

from symbackprop.errors import DuplicateName, InvalidArgument
from symbackprop.language.network import Network
from symbackprop.language.symbols import TensorSymbol

_LETTERS = "ijklmopqrsuvwabcdefgh"


@dataclass(frozen=True, slots=True)
class Layer:
    """The network that a layer adds to, and the suffix of its tensors' names."""

    net: Network
    suffix: str

    def parameter(self, name: str, shape: Sequence[Any], init: Any = None) -> TensorSymbol:
        """As `net.parameter`, with the layer's suffix behind the name; DuplicateName where that is taken."""
        return self.net.parameter(self._own(name), tuple(shape), init)

    def tensor(self, name: str) -> TensorSymbol:
        """As `net.tensor`, with the layer's suffix behind the name."""
        return self.net.tensor(self._own(name))

    def buffer(self, name: str, shape: Sequence[Any], init: Any) -> TensorSymbol:
        """As `net.buffer`, with the layer's suffix behind the name."""
        return self.net.buffer(self._own(name), tuple(shape), init)

    def random(self, name: str, shape: Sequence[Any], distribution: str, **arguments: Any) -> TensorSymbol:
        """As `net.random`, with the layer's suffix behind the name."""
        return self.net.random(self._own(name), tuple(shape), distribution, **arguments)

    def _own(self, name: str) -> str:
        """The name with the layer's suffix; DuplicateName where something has it already."""
        own = name + self.suffix
        if self.net.has_name(own):
            raise DuplicateName(
                f"layer {self.suffix.lstrip('_')}", expected="a name of its own for each layer", found=f"{own} before",
                remedy=f"give it another name; or, to share the weights of the layer before, write its equation once "
                f"more with the same parameters, W{self.suffix} = net.symbols['W{self.suffix}']",
            )  # fmt: skip
        return own

    def biased(self, value: Expr, name: str, shape: Sequence[Any], at: Any, bias: bool) -> Expr:
        """value + b[at], b being a parameter of that name and shape that starts at 0; the value without `bias`."""
        return value + self.parameter(name, shape, "zeros")[at] if bias else value

    def index(self, wanted: str, extent: Any, *taken: Any) -> Idx:
        """An index over 0..extent-1, or over an inclusive pair, that is none of `taken`.

        It is called `wanted` where that name is free or has this very range, else `wanted2`, `wanted3`, ...
        """
        for number in count(1):
            name = wanted if number == 1 else f"{wanted}{number}"
            found = self.net.index_if_free(name, extent)
            if found is not None and found not in taken:
                return found
        raise AssertionError("unreachable")

    def indices(self, tensor: TensorSymbol) -> tuple[Idx, ...]:
        """An index for each axis of the tensor, all different."""
        chosen = list[Idx]()
        for place, extent in enumerate(tensor.shape):
            wanted = self.net.axis_names(tensor)[place] or letter_of(extent, _LETTERS[place])
            chosen.append(self.index(wanted, extent, *chosen))
        return tuple(chosen)


def layer(tensor: Any, kind: str, name: str | None, names: Sequence[str]) -> Layer:
    """The layer of that name on the tensor's network; `names` are those its tensors will have, without suffix."""
    net = network_of(tensor, f"layers.{kind}")
    if name is not None:
        return Layer(net, name if name.isdigit() else f"_{name}")
    suffixes = (str(number) for number in count(1))
    return Layer(net, next(s for s in suffixes if not any(net.has_name(known + s) for known in names)))


def letter_of(extent: Any, otherwise: str) -> str:
    """The small letter of a size that is called by one letter: n for N."""
    name = str(extent)
    return name.lower() if len(name) == 1 and name.isalpha() else otherwise


def indices_of(tensor: TensorSymbol) -> tuple[Idx, ...]:
    """An index for each axis of a tensor, outside of any layer."""
    return Layer(network_of(tensor, f"indices of {tensor}"), "").indices(tensor)


def network_of(tensor: Any, subject: str) -> Network:
    """The network to add equations to; InvalidArgument where there is none, such as that of a program's tensor."""
    owner = require_tensor(tensor, subject).network
    if not isinstance(owner, Network):
        raise InvalidArgument(subject, expected="a tensor of a network", found=f"{tensor} of the program {owner.name}",
                              remedy="a program is complete")  # fmt: skip
    return owner


def require_tensor(tensor: Any, subject: str) -> TensorSymbol:
    """The tensor itself; InvalidArgument where it is something else, such as a sum of tensors."""
    if not isinstance(tensor, TensorSymbol):
        raise InvalidArgument(subject, expected="a tensor of a network", found=repr(tensor),
                              remedy="give an element's value a name first: h[n, i] = ...")  # fmt: skip
    return tensor


def require_rank(tensor: TensorSymbol, rank: int, kind: str, axes: str, or_more: bool = False) -> tuple[Expr, ...]:
    """The tensor's shape, which must have that rank; InvalidArgument naming the axes otherwise."""
    shape = require_tensor(tensor, f"layers.{kind}").shape
    if len(shape) < rank if or_more else len(shape) != rank:
        raise InvalidArgument(
            f"layers.{kind}({tensor.name})",
            expected=f"a tensor of axes {axes}",
            found=f"rank {len(shape)}, ({', '.join(map(str, shape))})",
        )
    return shape


def require_axis(tensor: TensorSymbol, axis: int, subject: str) -> int:
    """The place of an axis that may be counted from the end; InvalidArgument where the tensor has none there."""
    rank = len(tensor.shape)
    if not -rank <= axis < rank:
        raise InvalidArgument(f"{subject}: axis", expected=f"an axis of {tensor.name}", found=str(axis))
    return axis % rank


def put(subscripts: Sequence[Any], place: int, *others: Any) -> tuple[Any, ...]:
    """The subscripts with `others`, one or none, in the place of one."""
    return (*subscripts[:place], *others, *subscripts[place + 1 :])


def require_shape(tensor: Any, shape: Sequence[Any], subject: str, what: str) -> None:
    """InvalidArgument unless `tensor` is one of that shape; `what` says what it is the shape of."""
    found = require_tensor(tensor, subject).shape
    same = len(found) == len(shape) and all(expand(a - b) == 0 for a, b in zip(found, shape, strict=True))
    if not same:
        raise InvalidArgument(
            subject, expected=f"{what}, ({', '.join(map(str, shape))})",
            found=f"{tensor.name} ({', '.join(map(str, tensor.shape))})",
        )  # fmt: skip


def activated(net_layer: Layer, value: TensorSymbol, activation: Any, name: str) -> TensorSymbol:
    """activation(value), element by element, as a tensor of that name; the value itself without an activation."""
    if activation is None:
        return value
    if not callable(activation):
        raise InvalidArgument("activation", expected="a function such as sympy.tanh", found=repr(activation))
    out = net_layer.tensor(name)
    indices = net_layer.indices(value)
    out[indices] = activation(value[indices])
    return out
