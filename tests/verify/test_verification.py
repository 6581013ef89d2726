"""Reports: what passes, what is printed, what JSON holds."""

from __future__ import annotations

import json
import math

import pytest

from symbackprop.verify.verification import Report, Row, Verdict

RIGHT = Row("W", "exact", Verdict.PASS, 6, error=0.0)
WRONG = Row("b", "numeric", Verdict.FAIL, 3, (2,), 1.5, -1.5, 3.0, 1e-5)


def test_one_failure_fails_the_report() -> None:
    assert Report("net", (RIGHT,)).passed
    report = Report("net", (RIGHT, WRONG), ({"N": 2},))
    assert not report.passed
    assert report.failures == (WRONG,)


@pytest.mark.parametrize("verdict", [Verdict.NOISY, Verdict.UNCHECKED])
def test_what_no_method_showed_has_not_passed(verdict: Verdict) -> None:
    unsure = Row("W", "numeric", verdict)
    assert not Report("net", (unsure,)).passed
    assert Report("net", (RIGHT, unsure)).passed


def test_nothing_checked_is_not_a_pass() -> None:
    assert not Report("net", ()).passed


def test_text_names_tensor_entry_and_both_values() -> None:
    text = str(Report("net", (RIGHT, WRONG), ({"N": 2, "D": 3},)))
    assert text.splitlines()[0] == "net: gradients NOT verified"
    assert "N=2, D=3" in text
    (line,) = [line for line in text.splitlines() if "FAIL" in line]
    for part in ("b", "numeric", "[2]", "1.5", "-1.5", "3.0e+00"):
        assert part in line.split()


def test_json_is_valid_with_numbers_that_are_none() -> None:
    report = Report("net", (Row("W", "numeric", Verdict.FAIL, 1, (0, 1), math.nan, math.inf),), ({"N": 2},), 7)
    plain = json.loads(report.to_json())
    assert plain["passed"] is False
    assert plain["seed"] == 7
    assert plain["sizes"] == [{"N": 2}]
    assert plain["rows"][0] == {
        "tensor": "W", "method": "numeric", "verdict": "FAIL", "entries": 1, "index": [0, 1], "analytic": "nan",
        "reference": "inf", "error": None, "step": None, "note": "",
    }  # fmt: skip
