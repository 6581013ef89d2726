"""The report reads well, as text and as JSON; claims come from the network or from the call."""

from __future__ import annotations

import json

import pytest

from symbackprop import check_derivation, delta
from symbackprop.claims import ClaimReport, Row, Verdict
from symbackprop.errors import ForeignTensor, InvalidArgument, InvalidClaim

from .networks import fresh, residual


def test_text() -> None:
    b = fresh("mlp")
    n, k = b.n, b.k
    b.net.claim(delta(b.z2)[n, k], (b.p[n, k] - b.y[n, k]) / b.N)
    b.net.claim(delta(b.z2)[n, k], (b.p[n, k] + b.y[n, k]) / b.N)
    report = check_derivation(b.net)
    assert isinstance(report, ClaimReport)
    lines = str(report).splitlines()
    assert lines[0] == "mlp: 2 claims, 1 proved, 1 REFUTED"
    assert lines[1].split() == [
        "proved", b.net.claims[0].place, "delta(z2)[n,", "k]", "=", "(p[n,", "k]", "-", "y[n,", "k])/N",
    ]  # fmt: skip
    assert lines[2] == "    for all sizes"
    assert lines[3].startswith(f"  REFUTED    {b.net.claims[1].place}  delta(z2)[n, k] = ")
    assert lines[4].startswith("    delta(z2)[")
    assert ": claimed " in lines[4]
    assert " at N=1, D=1, H=1, C=1" in lines[4]
    assert lines[5:] == [
        "    claim has +y[n, k], derived has -y[n, k]",
        "    derived  delta(z2)[n, k] = (p[n, k] - y[n, k])/N",
    ]


def test_json() -> None:
    b = residual()
    report = check_derivation(b.net, [(delta(b.y)[b.n, b.j], 0)], seed=3)
    found = json.loads(report.to_json())
    assert (found["network"], found["passed"], found["seed"]) == ("residual", False, 3)
    (claim,) = found["claims"]
    assert claim["verdict"] == "REFUTED"
    assert claim["claimed"] == 0
    assert claim["derived"] == report.rows[0].derived != 0
    assert claim["sizes"] == {"N": 1, "D": 1, "H": 1}
    assert claim["mistake"] == "MISSING"
    infinite = ClaimReport("x", (Row("a", "", Verdict.REFUTED, claimed=float("inf"), derived=0.0),))
    assert json.loads(infinite.to_json())["claims"][0]["claimed"] == "inf"


def test_the_same_every_time() -> None:
    texts = set()
    for _ in range(2):
        b = residual()
        texts.add(str(check_derivation(b.net, [(delta(b.z)[b.n, b.j], delta(b.y)[b.n, b.j])])))
    assert len(texts) == 1


def test_a_report_that_passes() -> None:
    b = residual()
    report = check_derivation(b.net, [b.net.claim(delta(b.b)[b.j], sum_of(b))])
    assert report.passed
    assert report.refuted == ()
    assert str(report).startswith("residual: 1 claim, 1 proved\n")


def sum_of(b):
    from symbackprop import Sum

    return Sum(delta(b.z)[b.n, b.j], b.n)


@pytest.mark.parametrize(
    ("claims", "error", "message"),
    [
        (lambda b: None, InvalidClaim, "network 'residual': expected a claim about a gradient of it, found none"),
        (lambda b: [], InvalidClaim, "write net.claim(delta(z)[n, j], value)"),
        (lambda b: [3], InvalidClaim, 'or "delta(z)[n, j] = value", found int'),
        (lambda b: [residual_claim()], ForeignTensor, "expected claims about network 'residual'"),
    ],
)
def test_what_is_no_claim(claims, error, message) -> None:
    b = residual()
    with pytest.raises(error) as caught:
        check_derivation(b.net, claims(b))
    assert message in str(caught.value)


def residual_claim():
    b = residual()
    return b.net.claim(delta(b.y)[b.n, b.j], 0)


def test_a_network_is_needed() -> None:
    with pytest.raises(InvalidArgument, match="expected a Network, found str"):
        check_derivation("mlp")
