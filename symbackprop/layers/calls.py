"""A call of a layer or loss: what is shared with another, what was called before, what is refused as a whole; and the
names that there are to call.

`like=h`, h being a tensor that another call of the layer made, is that layer once more: with its parameters, and with
its options but where others are given. Tensors that the other call was given, and names, are each call's own.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from symbackprop.errors import InvalidArgument, UnknownMethod
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.naming import Layer, maker_of, network_of

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_FUNCTIONS = {
    "activation": "sympy.tanh", "recurrent": "layers.lstm", "norm": "layers.layer_norm",
    "block": "lambda h: layers.dense(h, 64)", "blocks": "lambda h: layers.dense(h, 64)",
}  # fmt: skip
_OWN = ("name", "like", "init")


def only(package: str, names: Sequence[str]) -> tuple[Callable[[], list[str]], Callable[[str], object]]:
    """`__dir__` and `__getattr__` of a package of functions: completion shows them without the files that they stand
    in, and another name is refused by a list of them."""

    def shown() -> list[str]:
        return sorted(names)

    def missing(name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        raise UnknownMethod(f"{package.rpartition('.')[2]}.{name}", expected=f"one of {', '.join(names)}", found=name,
                            remedy="what is not there is written in equations")  # fmt: skip

    return shown, missing


def written(*needed: str, x: str = "") -> Callable[[Callable[_Parameters, _Result]], Callable[_Parameters, _Result]]:
    """A decorator of layers and losses.

    `needed`: the arguments that have to be given where `like` gives none; `x`: the argument whose network it is, by
    default the first. InvalidArgument where the arguments do not fit; where anything is refused, nothing was written. A
    call that is the same as one before, and declares neither parameters nor noise nor state, gives what that one gave.
    """

    def decorate(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
        signature = inspect.signature(function)
        kind, where = function.__name__, f"{function.__module__.split('.')[1]}.{function.__name__}"
        of = x or next(iter(signature.parameters))

        @functools.wraps(function)
        def call(*args: _Parameters.args, **options: _Parameters.kwargs) -> _Result:
            try:
                given = signature.bind(*args, **options)
            except TypeError as error:
                raise InvalidArgument(where, expected=_shown(kind, signature), found=str(error)) from None
            arguments = given.arguments
            net = network_of(arguments[of], where)
            if arguments.get("like") is not None:
                arguments.update(_inherited(kind, where, maker_of(arguments["like"], kind, net), arguments))
            for each in needed:
                if arguments.get(each) is None:
                    raise InvalidArgument(f"{where}: {each}", expected="a size, or like= a tensor that another made",
                                          found="neither")  # fmt: skip
            _check_functions(where, signature, arguments)
            result = net.once(_key(where, arguments), lambda: function(*given.args, **given.kwargs))
            maker = result.maker if isinstance(result, TensorSymbol) else None
            if isinstance(maker, Layer) and maker.kind == kind:
                maker.options.update(_options(arguments))
            return result

        return call

    return decorate


def _check_functions(where: str, signature: inspect.Signature, arguments: Mapping[str, Any]) -> None:
    """InvalidArgument where no function is given for one; None is one only where the layer has none by default."""
    for name, example in _FUNCTIONS.items():
        if name not in arguments or (arguments[name] is None and signature.parameters[name].default is None):
            continue
        for each in arguments[name] if name == "blocks" else (arguments[name],):
            if not callable(each):
                raise InvalidArgument(f"{where}: {name}", expected=f"a function such as {example}", found=repr(each),
                                      remedy="write its name without quotes, subscripts or arguments")  # fmt: skip


def _shown(kind: str, signature: inspect.Signature) -> str:
    """The call, without types: `dense(x, units, activation=None, ...)`."""
    parameters = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return f"{kind}{signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)}"


def _key(where: str, arguments: Mapping[str, Any]) -> Hashable | None:
    """What tells calls apart, the shapes of tensors too, which grow with their equations; None where something cannot
    be looked up."""
    shapes = tuple(
        each.shape for each in arguments.values() if isinstance(each, TensorSymbol) and each.rank is not None
    )
    key = (where, shapes, tuple((name, arguments[name]) for name in sorted(arguments)))
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _options(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a layer like this one inherits: no tensors, nothing that is each layer's own."""
    plain = {name: _options(each) if isinstance(each, dict) else each for name, each in arguments.items()}
    return {
        name: each for name, each in plain.items() if name not in _OWN and not isinstance(each, TensorSymbol | Layer)
    }


def _inherited(kind: str, where: str, maker: Layer, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the layer whose parameters are shared, but for those that are given; of an embedding, whose table
    is the weights of a dense layer, how many units that has."""
    if arguments.get("init") is not None:
        raise InvalidArgument(f"{where}: init", expected="none with like=, whose weights start as they do",
                              found=str(arguments["init"]))  # fmt: skip
    tied = {"units": maker.parameters["E"].shape[0]} if maker.kind != kind else {}
    found = tied or dict(maker.options)
    for name, own in arguments.items():
        found[name] = {**found.get(name, {}), **own} if isinstance(own, dict) else own
    return found
