"""A number of bytes as people write it: "200MB", "1.5 GiB", an integer."""

from __future__ import annotations

import re
from fractions import Fraction

from symbackprop.errors import InvalidArgument

_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b\s*", re.IGNORECASE)


def read_bytes(memory: object) -> int:
    """The bytes. kB, MB, GB and TB count by 1000, KiB, MiB, GiB and TiB by 1024. Raises InvalidArgument."""
    found = _FORM.fullmatch(memory) if isinstance(memory, str) else None
    count = None
    if isinstance(memory, int) and not isinstance(memory, bool):
        count = memory
    elif isinstance(memory, str) and memory.strip().isdecimal():
        count = int(memory)
    elif found is not None and (found[2] or not found[3]):
        count = int(Fraction(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2].lower()])
    if count is None or count < 1:
        raise InvalidArgument(
            "memory", expected='a number of bytes, as "200MB", "1.5GiB" or 200000000', found=repr(memory)
        )
    return count


def bytes_text(count: int) -> str:
    """The number in the largest unit that leaves at least 1 of it, and exactly."""
    unit, size = next(((u, 1000**p) for u, p in (("GB", 3), ("MB", 2), ("kB", 1)) if count >= 1000**p), ("bytes", 1))
    return f"{count:,} bytes" if size == 1 else f"{count / size:.4g} {unit} ({count:,} bytes)"


__all__ = ["bytes_text", "read_bytes"]
