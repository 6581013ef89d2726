"""What is kept of a machine: curves, products, peaks; and the file, which may be wrong or not be there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from symbackprop.measured.machine import Machine, at, cache_file, keep, kept
from tests.measured.machines import machine


def test_a_curve_goes_through_its_points() -> None:
    curve = ((10, 1.0), (1000, 4.0))
    assert [at(curve, n) for n in (1, 10, 1000)] == pytest.approx([1, 1, 4])
    assert at(curve, 100) == pytest.approx(2)  # half way in logarithms
    assert at(curve, 5000) == pytest.approx(20)


def test_products() -> None:
    made = machine()
    for m, k, n in ((1, 16, 256), (256, 256, 256), (16, 1, 1)):
        assert made.product(m, k, n) == pytest.approx(1e-6 + m * k * n / 1e9)
    assert made.product(64, 64, 64) == pytest.approx(1e-6 + 64**3 / 1e9, rel=0.05)
    assert made.product(512, 256, 256) == pytest.approx(2 * made.product(256, 256, 256))


def test_peaks() -> None:
    made = machine()
    assert made.multiply_adds == pytest.approx(1e9, rel=1e-3)
    assert made.bytes_moved == pytest.approx(12e9, rel=0.01)
    assert made.least(2_000_000, 12) == pytest.approx(2e-3, rel=1e-3)
    assert made.least(1, 12_000_000_000) == pytest.approx(1, rel=0.01)
    assert made.told == "1.0 G multiply-adds/s, 11.9 GB/s"


def test_what_no_cache_holds() -> None:
    made = machine()
    assert made.hot("add", 2**21) == pytest.approx(made.seconds("add", 131_072) * 2**21 / 131_072)
    assert made.cold(1000) == 0
    assert made.cold(12 * 2**22) == pytest.approx(9e-9 / 12, rel=0.01)


def test_as_data() -> None:
    made = machine()
    assert Machine.of(json.loads(json.dumps(made.as_dict()))) == made


@pytest.mark.parametrize("change", [
    {"format": 0}, {"sides": [1]}, {"products": ["x"]}, {"curves": {}}, {"curves": 3}, {"costs": None},
    {"curves": {"add": [[1, -1.0]]}}, {"curves": {"add": []}},
])  # fmt: skip
def test_other_data_are_none(change: dict[str, object]) -> None:
    assert Machine.of(machine().as_dict() | change) is None


def test_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file, made = cache_file(), machine()
    assert file is not None
    assert file.parent == tmp_path / "cache" / "symbackprop"
    assert kept(file) is None
    assert keep(made, file)
    assert kept(file) == made
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    file.write_text("{")
    assert kept(file) is None
    file.write_bytes(b"\xff")
    assert kept(file) is None
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert cache_file() != file


def test_a_file_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert not keep(machine(), cache_file())
    assert kept(cache_file()) is None
    assert not keep(machine(), None)
    assert kept(None) is None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    assert not keep(machine(), cache_file())
    assert list((tmp_path / "symbackprop").iterdir()) == []


def test_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("none")))
    assert cache_file() is None
