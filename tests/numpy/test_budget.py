"""Bytes as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from symbackprop.errors import InvalidArgument
from symbackprop.numpy.budget import bytes_text, read_bytes


@pytest.mark.parametrize(("written", "count"), [
    ("200MB", 200_000_000), ("1.5GiB", 3 * 2**29), ("500 kB", 500_000), ("500 KB", 500_000), ("64KiB", 65536),
    (" 2 gb ", 2_000_000_000), ("12 B", 12), ("1TiB", 2**40), (4096, 4096), ("4096", 4096), ("0.5MB", 500_000),
])  # fmt: skip
def test_what_is_read(written: Any, count: int) -> None:
    assert read_bytes(written) == count


@pytest.mark.parametrize(
    "written", ["", "MB", "1e6 B", "2 iB", "2 XB", "-1MB", "0", "0MB", 0, -5, 2.5, True, None, "1,5GB"]
)
def test_what_is_refused(written: Any) -> None:
    with pytest.raises(InvalidArgument, match=r'expected a number of bytes, as "200MB"'):
        read_bytes(written)


def test_how_it_is_told() -> None:
    assert bytes_text(12) == "12 bytes"
    assert bytes_text(200_000_000) == "200 MB (200,000,000 bytes)"
    assert bytes_text(460_288) == "460.3 kB (460,288 bytes)"
