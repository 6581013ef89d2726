"""Windows: how many there are, and what they read, by plain enumeration."""

import pytest
from sympy import Integer, Symbol

from symbackprop.errors import InvalidArgument
from symbackprop.layers.window import Window, numbers, sides_of, windows


def positions(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> int:
    """How many windows lie inside the padded axis."""
    reach = dilation * (kernel - 1) + 1
    return len([start for start in range(0, size + before + after, stride) if start + reach <= size + before + after])


@pytest.mark.parametrize("size", [5, 6, 9])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(1, 1, 1), (2, 2, 1), (3, 1, 2), (3, 2, 1), (2, 3, 2)])
@pytest.mark.parametrize("side", [(0, 0), (1, 0), (1, 2)])
def test_how_many(size: int, kernel: int, stride: int, dilation: int, side: tuple[int, int]) -> None:
    window = Window(*map(Integer, (size, kernel, stride, dilation, *side)))
    assert window.out == positions(size, kernel, stride, dilation, *side)
    last = (window.out - 1, kernel - 1)
    assert window.position(*last) <= size - 1 + side[1]
    assert window.position(0, 0) == -side[0]
    assert window.padded == (side != (0, 0))


@pytest.mark.parametrize("size", [5, 6, 7, 8])
def test_a_window_more_may_hang_over_the_end(size: int) -> None:
    window = Window(*map(Integer, (size, 2, 3, 1, 0, 0)), ceil_mode=True)
    assert window.out == len(range(0, size, 3)) - (1 if (size - 1) // 3 * 3 >= size else 0)
    with pytest.raises(InvalidArgument, match="ceil_mode"):
        _ = Window(Integer(8), Symbol("K"), Symbol("S"), Integer(1), Integer(0), Integer(0), ceil_mode=True).out


def test_paddings() -> None:
    space = (Integer(7),)
    assert [(w.before, w.after) for w in windows("conv", space, 4, 1, 1, "same")] == [(1, 2)]
    assert [(w.before, w.after) for w in windows("conv", space, 3, 2, 2, "causal")] == [(4, 0)]
    assert [(w.before, w.after) for w in windows("conv", space, 3, 1, 1, "valid")] == [(0, 0)]
    assert sides_of("conv", (1, (2, 3)), 2) == [(1, 1), (2, 3)]
    assert numbers("conv", "stride", 2, 3) == (2, 2, 2)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "says"),
    [(0, 1, 0, "kernel_size"), (2, 2, "same", "stride 1"), (2, 1, "full", "valid"), ((2, 2), 1, 0, "kernel_size"),
     (2, 0.5, 0, "stride"), (2, 1, -1, "padding"), (2, 1, ((1, 2, 3),), "before"), (True, 1, 0, "kernel_size")],
)  # fmt: skip
def test_refused(kernel: object, stride: object, padding: object, says: str) -> None:
    with pytest.raises(InvalidArgument, match=says):
        windows("conv1d", (Integer(7),), kernel, stride, 1, padding)
