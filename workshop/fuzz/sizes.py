"""Sizes and indices of a network being made up: their text, their value for the trial run, and what is sure of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """How a size is made; it decides which subscripts fit an axis of that size."""

    DIM = "a symbolic size"
    INTEGER = "a number"
    PLUS = "base + c"  # parts: base, c
    TIMES = "c * base"  # parts: c, base
    PRODUCT = "a * b"  # parts: a, b
    TOTAL = "a + b"  # parts: a, b: one part behind the other
    WINDOW = "stride*(h - 1) + dilation*(p - 1) + 1"  # parts: h, p, stride, dilation
    POOLED = "(s - k)//stride + 1"  # parts: s, k, stride: how often a window of k fits into s


@dataclass(frozen=True, slots=True)
class Size:
    """A size: Python text over the network's sizes, its value in the trial run, its least value over all sizes."""

    text: str
    value: int
    least: int
    form: Form
    parts: tuple[Size, ...] = ()

    @property
    def factor(self) -> str:
        """The text as a factor of a product."""
        return self.text if self.form in (Form.DIM, Form.INTEGER) else f"({self.text})"

    def last(self, back: int = 0) -> str:
        """The text of the position `back` before the last one."""
        if self.form is Form.INTEGER:
            return str(self.value - 1 - back)
        if self.form is Form.PLUS and self.parts[1].value == back + 1:
            return self.parts[0].text
        return f"{self.text} - {back + 1}"


def dim(name: str, value: int) -> Size:
    return Size(name, value, 1, Form.DIM)


def integer(value: int) -> Size:
    return Size(str(value), value, value, Form.INTEGER)


def plus(base: Size, c: int) -> Size:
    if c == 0:
        return base
    if base.form is Form.INTEGER:
        return integer(base.value + c)
    return Size(f"{base.text} + {c}", base.value + c, base.least + c, Form.PLUS, (base, integer(c)))


def times(c: int, base: Size) -> Size:
    if base.form is Form.INTEGER:
        return integer(c * base.value)
    return Size(f"{c}*{base.factor}", c * base.value, c * base.least, Form.TIMES, (integer(c), base))


def product(a: Size, b: Size) -> Size:
    return Size(f"{a.factor}*{b.factor}", a.value * b.value, a.least * b.least, Form.PRODUCT, (a, b))


def total(a: Size, b: Size) -> Size:
    return Size(f"{a.text} + {b.text}", a.value + b.value, a.least + b.least, Form.TOTAL, (a, b))


def window(h: Size, p: Size, stride: int, dilation: int) -> Size:
    """The shortest axis over which a window of `p` slides `h` times."""

    def term(step: int, size: Size) -> str:
        return f"{size.factor} - 1" if step == 1 else f"{step}*({size.text} - 1)"

    value = stride * (h.value - 1) + dilation * (p.value - 1) + 1
    least = stride * (h.least - 1) + dilation * (p.least - 1) + 1
    text = f"{term(stride, h)} + {term(dilation, p)} + 1"
    return Size(text, value, least, Form.WINDOW, (h, p, integer(stride), integer(dilation)))


def pooled(s: Size, k: Size, stride: int) -> Size:
    """How often a window of `k` fits into `s` (k <= s must be given)."""
    text = f"({s.text} - {k.text})//{stride} + 1" if stride > 1 else f"{s.text} - {k.text} + 1"
    return Size(text, (s.value - k.value) // stride + 1, 1, Form.POOLED, (s, k, integer(stride)))


@dataclass(frozen=True, slots=True)
class Index:
    """An index over low .. base - 1 + up; a full index (low = up = 0) runs over an axis of size `base`."""

    name: str
    base: Size
    low: int = 0
    up: int = 0

    @property
    def full(self) -> bool:
        return self.low == 0 and self.up == 0

    @property
    def high_value(self) -> int:
        return self.base.value - 1 + self.up

    @property
    def count(self) -> int:
        """The number of positions in the trial run."""
        return max(0, self.high_value - self.low + 1)

    @property
    def surely_some(self) -> bool:
        """Whether there is a position whatever the sizes."""
        return self.base.least - 1 + self.up >= self.low

    @property
    def high(self) -> str:
        if self.base.form is Form.INTEGER:
            return str(self.high_value)
        if self.up == 1:
            return self.base.text
        return f"{self.base.text} - {1 - self.up}" if self.up < 1 else f"{self.base.text} + {self.up - 1}"
