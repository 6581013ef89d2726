"""Equality at sizes that are too small proves nothing, and is not taken for a proof."""

from __future__ import annotations

from sympy import cosh, tanh

from symbackprop import Network, Sum, check_derivation, delta
from symbackprop.claims import Verdict
from symbackprop.claims.ground import ground_of
from symbackprop.claims.proof import Prover
from symbackprop.claims.room import extents_of, have_room, roomy_sizes
from symbackprop.language.claims import read_claim
from symbackprop.terms.poly import Dim, Poly


def wide() -> tuple[Network, tuple[object, object]]:
    """δw is a sum over m; at M = 1 it is one term, and an identity of sinh and cosh keeps it from a symbolic proof."""
    net = Network("wide")
    M = net.dim("M")
    m = net.index("m", M)
    w, a = net.parameter("w", (M,)), net.tensor("a")
    a[m] = tanh(w[m])
    net.loss = Sum(a[m], m)
    return net, (delta(w)[m], 1 / cosh(w[m]) ** 2)


def test_an_identity_of_functions_is_shown_exactly_where_there_is_room() -> None:
    net, claim = wide()
    (row,) = check_derivation(net, [claim]).rows
    assert row.verdict is Verdict.PROVED
    assert row.note.startswith("exactly, modulo a prime, at M=")
    (small,) = check_derivation(net, [claim], dims={"M": 1}).rows
    assert small.verdict is Verdict.UNDECIDED
    assert "every index takes several values" in small.note
    assert small.note.endswith("at M=1")


def test_room() -> None:
    n, d = Poly.of(Dim("N")), Poly.of(Dim("D"))
    assert have_room([n, d], {"N": 2, "D": 3})
    assert not have_room([n, d], {"N": 3, "D": 3})
    assert not have_room([n, d], {"N": 1, "D": 3})
    assert not have_room([n - d + 1, d], {"N": 5, "D": 3})
    assert have_room([], {"N": 1})


def test_larger_sizes_are_looked_for() -> None:
    net, claim = wide()
    ground = ground_of(net.to_program(), [read_claim(net.book, *claim)])
    (equation,) = ground.equations
    extents = extents_of(equation, Prover.of(ground).derived(equation))
    assert roomy_sizes(ground, extents, {"M": 1}) == {"M": 2}
    assert roomy_sizes(ground, extents, {"M": 1}, reach=16) == {"M": 17}
