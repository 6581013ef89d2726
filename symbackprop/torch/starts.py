"""What is drawn: initial values of parameters and buffers, and noise."""

from __future__ import annotations

from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.initial_values import start_of
from symbackprop.python_text.scalars import scalar_text
from symbackprop.terms.program import Distribution, Tensor
from symbackprop.torch.function_text import shape_text
from symbackprop.torch.library import TorchSpelling

_DISTRIBUTIONS = {
    Distribution.BERNOULLI: "bernoulli", Distribution.NORMAL: "normal", Distribution.UNIFORM: "uniform",
}  # fmt: skip


def initial_text(tensor: Tensor, names: TorchSpelling) -> str:
    """(what it is drawn from, its shape, the scale) as `_started` of the module has them."""
    start = start_of(tensor)
    return tuple_text([f'"{start.drawn.value}"', shape_text(tensor.shape, names), scalar_text(start.scale, names)])


def noise_text(tensor: Tensor, names: TorchSpelling) -> str:
    """(what it is drawn from, the distribution's arguments) as `_drawn` of the module has them."""
    assert tensor.noise is not None
    arguments = [scalar_text(argument, names) for argument in tensor.noise.arguments]
    return tuple_text([f'"{_DISTRIBUTIONS[tensor.noise.distribution]}"', *arguments])


__all__ = ["initial_text", "noise_text"]
