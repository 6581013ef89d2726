"""Claims are read as strictly as equations, where they are written, and leave the network as it is."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sympy import Piecewise, Symbol, tanh

from symbackprop import errors
from symbackprop.language import Network, Sum, delta, names_of
from symbackprop.language.claims import read_claim
from symbackprop.terms.show import show


def rnn() -> SimpleNamespace:
    net = Network("rnn")
    T, N, D, H = net.dims("T N D H")
    n, i, j, k = net.indices(n=N, i=D, j=H, k=H)
    t = net.index("t", (1, T))
    net.index("early", (1, T - 1))
    x, label = net.input("x", (T, N, D)), net.input("label", (N,), dtype="int", high=H)
    W, U, scale = net.parameter("W", (H, D)), net.parameter("U", (H, H)), net.parameter("scale", ())
    noise = net.random("noise", (N, H), "normal")
    h, s = net.tensors("h s")
    h[0, n, j] = noise[n, j]
    h[t, n, j] = tanh(Sum(W[j, i] * x[t - 1, n, i], i) + Sum(U[j, k] * h[t - 1, n, k], k))
    s[()] = scale * Sum(h[T, n, label[n]], n)
    names = {"net": net, **names_of(net)}
    net.loss = s
    return SimpleNamespace(**names)


def test_a_claim_is_read_into_terms() -> None:
    b = rnn()
    claim = b.net.claim(delta(b.h)[b.T, b.n, b.j], Piecewise((b.scale * delta(b.s), b.label[b.n] >= b.j), (0, True)))
    assert b.net.claims == [claim]
    assert claim.deltas == {"delta(h)": "h", "delta(s)": "s"}
    assert show(claim.left) == "delta(h)[T, n, j]"
    assert [str(axis) for axis in claim.axes] == ["n=0..N - 1", "j=0..H - 1"]
    assert "delta(s)" in claim.right.tensors
    assert "label[n]" in {show(read) for read in claim.reads}
    assert claim.place.startswith("test_claims.py:")
    assert str(claim) == claim.text
    assert claim.text.startswith("delta(h)[T, n, j] = ")


def test_a_claim_changes_nothing() -> None:
    from symbackprop import generate

    b, other = rnn(), rnn()
    b.net.claim(delta(b.s), 1)
    b.net.claim(delta(b.h)[b.early, b.n, b.j], Sum(b.U[b.k, b.j] * delta(b.h)[b.early + 1, b.n, b.k], b.k))
    assert b.net.to_program() == other.net.to_program()
    assert generate(b.net) == generate(other.net)
    read_claim(b.net.book, delta(b.s), 2)
    assert len(b.net.claims) == 2


def test_deltas_print_as_they_are_written() -> None:
    b = rnn()
    element = delta(b.h)[b.t, b.n, 0]
    assert str(element) == "delta(h)[t, n, 0]"
    assert delta(b.h)[b.t, b.n, 0] == element
    assert delta(b.s)[()] == delta(b.s)
    assert delta(b.U).shape == (b.H, b.H)
    from sympy import latex

    assert latex(delta(b.s)) == r"\delta_{s}"


REFUSED: list[tuple[str, Callable[[SimpleNamespace], object], type[Exception], str]] = [
    (
        "rank", lambda b: b.net.claim(delta(b.U)[b.j, b.k, b.n], 1), errors.RankMismatch,
        "expected 2 subscripts of delta(U) (H, H), found 3",
    ),
    (
        "a row where a number is", lambda b: b.net.claim(delta(b.s), delta(b.U)[b.j]), errors.InvalidClaim,
        "expected one shape on both sides, that of delta(s) being (), found (H,) on the right",
    ),
    (
        "range on the left", lambda b: b.net.claim(delta(b.h)[b.t + 1, b.n, b.j], 1),
        errors.OutOfRange, "axis 0 runs over 0..T",
    ),
    (
        "range of a δ", lambda b: b.net.claim(delta(b.h)[b.t, b.n, b.j], delta(b.h)[b.t + 1, b.n, b.j]),
        errors.OutOfRange, "claim delta(h)[t, n, j] = delta(h)[t + 1, n, j]: expected delta(h)[t + 1, n, j] inside h",
    ),
    (
        "range of a tensor", lambda b: b.net.claim(delta(b.W)[b.j, b.i], Sum(b.x[b.t, b.n, b.i], b.t, b.n)),
        errors.OutOfRange, "inside x, whose axis 0 runs over 0..T - 1",
    ),
    ("transposed", lambda b: b.net.claim(delta(b.W)[b.i, b.j], 1), errors.OutOfRange, "inside W"),
    ("unbound", lambda b: b.net.claim(delta(b.s), b.h[0, b.n, b.j]), errors.UnboundIndex, "which is bound by neither"),
    ("symbol", lambda b: b.net.claim(delta(b.s), Symbol("q")), errors.UnknownSymbol, "the SymPy symbol q"),
    ("no δ", lambda b: b.net.claim(b.h[0, b.n, b.j], 1), errors.InvalidClaim, "write net.claim(delta(h)[...], ...)"),
    ("no δ at all", lambda b: b.net.claim(b.s + 1, 1), errors.InvalidClaim, "expected a δ or a derivative on the left"),
    ("text on one side", lambda b: b.net.claim(delta(b.s), "one"), errors.InvalidClaim, "'one' as one side"),
    (
        "itself", lambda b: b.net.claim(delta(b.h)[b.t, b.n, b.j], 2 * delta(b.h)[b.t, b.n, b.j]),
        errors.InvalidClaim, "on its own right-hand side",
    ),
    ("noise", lambda b: b.net.claim(delta(b.noise)[b.n, b.j], 1), errors.InvalidArgument, "the random tensor noise"),
    ("an int input", lambda b: delta(b.label), errors.InvalidClaim, "the int input label"),
    ("δ of an element", lambda b: delta(b.h[0, b.n, b.j]), errors.InvalidClaim, "write delta(h)[...]"),
    ("δ of an expression", lambda b: delta(2 * b.s), errors.InvalidClaim, "give its value a tensor"),
    (
        "another network", lambda b: b.net.claim(delta(rnn().s), 1), errors.ForeignTensor,
        "another network of that name",
    ),
    ("assigned", lambda b: delta(b.h).__setitem__(0, 1), errors.InvalidClaim, "net.claim(delta(h)[...], value)"),
    ("output", lambda b: b.net.output(delta(b.h)), errors.InvalidOutput, "delta(h)"),
    (
        "in an equation", lambda b: b.net.tensor("q").__setitem__(b.n, delta(b.h)[0, b.n, 0]), errors.InvalidClaim,
        "a δ stands in claims alone",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("case", "error", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(case: Callable[[SimpleNamespace], object], error: type[Exception], message: str) -> None:
    b = rnn()
    with pytest.raises(error) as caught:
        case(b)
    assert type(caught.value) is error
    assert message in str(caught.value)
    assert not b.net.claims


def test_without_a_loss_there_is_no_delta() -> None:
    net = Network("early")
    w = net.parameter("w", ())
    with pytest.raises(errors.MissingLoss, match="behind the network's equations"):
        net.claim(delta(w), 1)


def test_names_of() -> None:
    net = Network("names")
    N = net.dim("N")
    net.index("w", N)
    i, w = net.index("i", N), net.parameter("w", (N,))
    assert names_of(net) == {"N": N, "i": i, "w": w}
