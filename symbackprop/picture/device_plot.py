"""What each device sends and holds, over the number of devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symbackprop.cost import ShardedCost
from symbackprop.errors import InvalidSize
from symbackprop.phrases import language_of
from symbackprop.picture.log_plot import Curve, Panel, log_plot

__all__ = ["device_plot"]


def device_plot(cost: ShardedCost, dims: Mapping[Any, int], language: str = "en") -> str:
    """The text of an SVG file: the bytes that one device sends in a step, and those that it holds, at 1, 2, 4, …
    devices along each mesh axis, as long as every dimension lies in equal blocks.

    `dims`: a number for every size; and for mesh axes how many devices lie along them while those along another one
    grow, 1 where it is not said. InvalidSize for a size that is missing or that the network does not have.
    """
    words, known = language_of(language), {str(name): value for name, value in dims.items()}
    missing = [name for name in cost.dims if name not in known and name not in cost.mesh]
    if missing:
        raise InvalidSize(
            f"sizes of {cost.network}", expected="a number for each", found=f"none for {', '.join(missing)}"
        )
    sent, held = [], []
    for axis in cost.mesh:
        grown = cost.doubled(axis, {**dict.fromkeys(cost.mesh, 1), **known})
        others = {other: known.get(other, 1) for other in cost.mesh if other != axis}
        name = words.listing.text(items=[axis, *(f"{other} = {number}" for other, number in others.items())])
        sent.append(Curve(name, tuple((count, float(found.bytes_sent)) for count, found in grown)))
        held.append(Curve(name, tuple((count, float(found.memory.total)) for count, found in grown)))
    panels = (
        Panel(words.each_sends, words.devices_along, tuple(sent), "B"),
        Panel(words.each_holds, words.devices_along, tuple(held), "B"),
    )
    return log_plot(panels, words.plot_of_devices.text(name=cost.network))
