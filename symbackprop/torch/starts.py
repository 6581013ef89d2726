"""What is drawn: initial values of parameters and buffers, and noise."""

from __future__ import annotations

from fractions import Fraction

from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.initial_values import initial_arguments, scheme, variance
from symbackprop.python_text.scalars import scalar_text
from symbackprop.terms.build import UNIT, mul, number, power
from symbackprop.terms.program import Distribution, Tensor
from symbackprop.torch.function_text import shape_text
from symbackprop.torch.library import TorchSpelling


def initial_text(tensor: Tensor, names: TorchSpelling) -> str:
    """(how it starts, its shape, the number that this takes) as `_started` of the module has them."""
    shape = shape_text(tensor.shape, names)
    name, argument = scheme(tensor), next(iter(initial_arguments([tensor])), None)
    if name in ("zeros", "ones"):
        return tuple_text(['"constant"', shape, "0.0" if name == "zeros" else "1.0"])
    if name == "constant":
        assert argument is not None
        return tuple_text(['"constant"', shape, scalar_text(argument, names)])
    if name == "normal":
        return tuple_text(['"normal"', shape, scalar_text(argument or UNIT, names)])
    method, distribution = name.split("_")
    spread = variance(method, tensor.shape)
    if distribution not in ("uniform", "normal"):
        raise ValueError(f"{tensor.name}: unknown initializer {name}")
    if distribution == "uniform":
        spread = mul(number(3), spread)
    return tuple_text([f'"{distribution}"', shape, scalar_text(power(spread, Fraction(1, 2)), names)])


def noise_text(tensor: Tensor, names: TorchSpelling) -> str:
    """(what it is drawn from, the distribution's arguments) as `_drawn` of the module has them."""
    assert tensor.noise is not None
    kinds = {Distribution.BERNOULLI: "bernoulli", Distribution.NORMAL: "normal", Distribution.UNIFORM: "uniform"}
    arguments = [scalar_text(argument, names) for argument in tensor.noise.arguments]
    return tuple_text([f'"{kinds[tensor.noise.distribution]}"', *arguments])


__all__ = ["initial_text", "noise_text"]
