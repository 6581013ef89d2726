"""What every layer needs to add equations to a network: names for its tensors, indices for its axes.

A layer is a function that adds equations; this module only finds names. Tensors of a layer called `name` carry it
behind theirs: `W1`, `b1` for "1", `W_head`, `b_head` for "head". Without a name the first number at which all the
layer's names are free is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from numbers import Integral
from typing import Any

from sympy import Expr, Idx, expand

from symbackprop.errors import DuplicateName, ForeignTensor, InvalidArgument
from symbackprop.language.network import Network
from symbackprop.language.symbols import TensorSymbol

Activation = Callable[[Any], Any] | None
_LETTERS = "ijklmopqrsuvwabcdefgh"
_TIED = {("dense", "embedding"): {"W": "E"}}
"""What a layer shares with one of another kind: which of its parameters is which. It has the others for itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """The network that a layer adds to, and the suffix of its tensors' names.

    `kind`: what was called; `like`: the layer whose parameters it has; `parameters`: its own and those, without suffix;
    `parts`: the layers that it is made of; `options`: what it was called with (see `calls`).
    """

    net: Network
    suffix: str
    kind: str = ""
    like: Layer | None = None
    parameters: dict[str, TensorSymbol] = field(default_factory=dict)
    parts: dict[str, Layer] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"layer {self.suffix.lstrip('_')}"

    def parameter(self, name: str, shape: Sequence[Any], init: Any = None) -> TensorSymbol:
        """As `net.parameter`, with the layer's suffix behind the name, or that of the layer which this one is like.

        DuplicateName where the name is taken; InvalidArgument where the other layer has no such parameter.
        """
        found = self._shared(name, shape)
        if found is None:
            found = self.net.parameter(self._own(name), tuple(shape), init)
            found.maker = self
        self.parameters[name] = found
        return found

    def _shared(self, name: str, shape: Sequence[Any]) -> TensorSymbol | None:
        if self.like is None:
            return None
        tied = _TIED.get((self.kind, self.like.kind))
        found = self.like.parameters.get(tied.get(name, "") if tied else name)
        if found is None:
            if tied:
                return None
            others = ", ".join(map(str, self.like.parameters.values()))
            raise InvalidArgument(
                f"layers.{self.kind}: like", expected=f"a layer with a parameter {name} to share", found=others,
                remedy="leave out what it lacks, as bias=False does",
            )  # fmt: skip
        if not _same(found.shape, shape):
            raise InvalidArgument(
                f"layers.{self.kind}: like", expected=f"{found} of the shape that is needed here, {_text(shape)}",
                found=_text(found.shape), remedy="weights are shared by layers of the same sizes",
            )  # fmt: skip
        return found

    def part(self, name: str, made: TensorSymbol) -> TensorSymbol:
        """What one of the layers gave that this one is made of."""
        if isinstance(made.maker, Layer):
            self.parts[name] = made.maker
        return made

    def sharing(self, name: str) -> dict[str, Layer]:
        """The option `like` of the layer that is that part; none where it has no parameters to share."""
        part = self.like.parts.get(name) if self.like is not None else None
        return {"like": part} if part is not None and part.has_parameters else {}

    @property
    def has_parameters(self) -> bool:
        return bool(self.parameters) or any(part.has_parameters for part in self.parts.values())

    def tensor(self, name: str) -> TensorSymbol:
        """As `net.tensor`, with the layer's suffix behind the name."""
        return self.made(self.net.tensor(self._own(name)))

    def made(self, tensor: TensorSymbol) -> TensorSymbol:
        """The tensor, as this layer's."""
        tensor.maker = self
        return tensor

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
                str(self), expected="a name of its own for each layer", found=f"{own} before",
                remedy="give it another name; or, to share the weights, write like=h, h being a tensor of the layer "
                "before; where a cell was run again, run all that builds the network, from Network(...) on",
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


def layer(tensor: Any, kind: str, name: str | None, names: Sequence[str], like: Any = None) -> Layer:
    """The layer of that name on the tensor's network; `names` are those its tensors will have, without suffix; `like`:
    a tensor that a layer made whose parameters it is to have."""
    net = network_of(tensor, f"layers.{kind}")
    shared = None if like is None else maker_of(like, kind, net)
    if name is None:
        suffixes = (str(number) for number in count(1))
        free = next(each for each in suffixes if not any(net.has_name(known + each) for known in names))
        return Layer(net, free, kind, shared)
    kinds: tuple[Any, ...] = (str, Integral)
    text = str(name) if isinstance(name, kinds) and type(name) is not bool else ""
    if not text or not f"_{text}".isidentifier():
        raise InvalidArgument(
            f"layers.{kind}: name", expected="letters, digits and underscores", found=repr(name),
            remedy=f'it ends the names of tensors: layers.{kind}(..., name="head")',
        )  # fmt: skip
    return Layer(net, text if text.isdigit() else f"_{text}", kind, shared)


def maker_of(like: Any, kind: str, net: Network) -> Layer:
    """The layer that made the tensor `like` (or is it, within layers made of layers), whose parameters a layer of that
    kind is to have."""
    subject, expected = f"layers.{kind}: like", f"a tensor that layers.{kind} made"
    maker = like if isinstance(like, Layer) else require_tensor(like, subject).maker
    if isinstance(like, TensorSymbol) and like.network is not net:
        raise ForeignTensor(subject, expected=expected, found=f"{like} of another network",
                            remedy="weights are shared within a network")  # fmt: skip
    if not isinstance(maker, Layer):
        raise InvalidArgument(
            subject, expected=expected, found=f"{like}, which no layer made",
            remedy="write the layer's equation with that parameter, as in z[n, j] = Sum(W[j, i]*x[n, i], i)",
        )  # fmt: skip
    if maker.kind != kind and (kind, maker.kind) not in _TIED:
        raise InvalidArgument(subject, expected=expected, found=f"{like}, which layers.{maker.kind} made")
    if not maker.has_parameters:
        raise InvalidArgument(subject, expected="a layer with parameters", found=f"{like} of one without")
    return maker


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
    if not _same(found, shape):
        raise InvalidArgument(subject, expected=f"{what}, {_text(shape)}", found=f"{tensor.name} {_text(found)}")


def _same(shape: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(shape) == len(other) and all(expand(a - b) == 0 for a, b in zip(shape, other, strict=True))


def _text(shape: Sequence[Any]) -> str:
    return f"({', '.join(map(str, shape))})"


def activated(net_layer: Layer, value: TensorSymbol, activation: Activation, name: str) -> TensorSymbol:
    """activation(value), element by element, as a tensor of that name; the value itself without an activation."""
    if activation is None:
        return value
    if not callable(activation):
        raise InvalidArgument("activation", expected="a function such as sympy.tanh", found=repr(activation))
    out = net_layer.tensor(name)
    indices = net_layer.indices(value)
    out[indices] = activation(value[indices])
    return out
