"""Which axes are places of windows, and which offsets in them."""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop import Network
from symbackprop.jax.windows import Convolution, Pooling, Surroundings, convolution, pooling
from symbackprop.lower import lower_module
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Contract, Define, inside
from symbackprop.sources import program_of
from symbackprop.stages import derived_of, functions_of, in_order
from tests.jax.moving import by_channel, downwards, pooled, strided, vector


def found_in(net: Network) -> Iterator[Convolution | Pooling | None]:
    """What the sums of forward are."""
    program = program_of(net)
    module = lower_module(functions_of(program, in_order(derived_of(program, ("x",)))))
    forward = module.forward
    for step in steps_in(forward.body):
        if isinstance(step, Define):
            where = Surroundings({axis.index: axis for axis in step.axes}, forward.facts)
            for part in inside(step.value):
                if isinstance(part, Contract) and len(part.factors) == 2:
                    yield convolution(part.factors, part.bound, where)
                elif isinstance(part, Contract):
                    yield pooling(part.factors[0], part.bound, where)


def windows_of(net: Network) -> list[list[tuple[str, str, str, bool]]]:
    """(the place, stride, dilation, whether it is turned) of each window."""
    return [[(str(w.place.index), str(w.stride), str(w.dilation), w.turned) for w in found.windows]
            for found in found_in(net) if found is not None]  # fmt: skip


def test_strides_and_dilations() -> None:
    assert sorted(windows_of(strided())[0]) == [("u", "1", "3", False), ("v", "2", "1", False)]


def test_offsets_that_go_down_are_turned() -> None:
    assert windows_of(downwards())[0] == [("t", "1", "2", False)]


def test_places_that_go_down_are_told() -> None:
    assert [("t", "1", "1", False)] in windows_of(vector())
    assert [("t", "1", "1", True)] in windows_of(vector())


def test_sums_over_windows() -> None:
    assert [("k", "1", "3", False)] in windows_of(pooled())


def test_a_kernel_for_each_channel_is_none() -> None:
    assert windows_of(by_channel()) == []
