"""A measured step on the page: its rows, its bars, its words, and that other pages have none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

import symbackprop
from symbackprop import pipeline, zoo
from symbackprop.measured import known
from symbackprop.phrases import LANGUAGES
from symbackprop.report.step_html import step_view
from tests.measured.machines import machine


@dataclass
class Row:
    label: str
    seconds: float
    multiply_adds: int = 0
    bytes_moved: int = 0
    peak: float | None = None


@dataclass
class Step:
    sizes: dict[str, int] = field(default_factory=lambda: {"N": 4, "D": 3})
    seconds: float = 5e-5
    rounds: int = 7
    peak: str = "1.0 G multiply-adds/s, 12 GB/s"
    rows: tuple[Row, ...] = (Row("F1", 3e-5, 1200, 4000, 0.5), Row("B1", 1e-5, 0, 40, 0.1), Row("rest", 1e-6))


def test_rows() -> None:
    view = step_view(Step())
    assert [row.label for row in view.rows] == ["F1", "B1", "calls, and what is returned"]
    assert view.rows[0].cells == ("30.0", "73%", "1,200", "4,000", "50%")
    assert view.rows[2].cells == ("1.0", "2%", "", "", "")
    assert len(view.head) == 5


def test_bars_are_as_long_as_the_times() -> None:
    widths = [
        [float(w) for w in re.findall(r'rect class="\w+" width="([\d.]+)"', row.bar)] for row in step_view(Step()).rows
    ]
    assert widths == [[160, 80], [53.3, 5.3], [5.3, 0]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words(language: str) -> None:
    words = LANGUAGES[language]
    told = " ".join(step_view(Step(), words).told)
    for part in ("N = 4", "50.0 µs", "7", "12 GB/s"):
        assert part in told
    assert "=" not in step_view(Step(sizes={}), words).told[0]


def test_the_page_has_it_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "measured_machine", lambda anew=False: machine())
    net = zoo.load("softmax_regression")
    sizes = {"N": 4, "D": 3, "C": 2}
    page = symbackprop.report(net, step=sizes)
    assert '<section id="step">' in page
    assert page.count('class="bar"') == len(pipeline.profile(net, sizes).rows)
    assert 'href="#step"' in page
    assert 'id="step"' not in symbackprop.report(net)
    with pytest.raises(symbackprop.errors.InvalidSize, match="none for D, C"):
        symbackprop.report(net, step={"N": 4})
