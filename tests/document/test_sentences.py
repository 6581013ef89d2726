"""Sentences: one behind the other, and for each loop its equations and the order of its index."""

from types import SimpleNamespace

from symbackprop import Network, Sum, derive
from symbackprop.document.model import Math, Reference
from symbackprop.document.sentences import joined, recurrences
from symbackprop.formula.text import text
from symbackprop.formula.tree import Letter
from symbackprop.phrases import language_of
from symbackprop.terms.writing import Writer


def test_sentences_stand_apart_as_the_language_has_it():
    first, second = ("One.",), (Math(Letter("x")), " two.")
    assert joined([first, second], language_of("en")) == ("One.", " ", Math(Letter("x")), " two.")
    assert joined([first, second], language_of("zh")) == ("One.", Math(Letter("x")), " two.")
    assert joined([], language_of("en")) == ()


def scheduled():
    net = Network("recurrence")
    (T,) = net.dims("T")
    t = net.index("t", (1, T))
    w, x, h = net.parameter("w", ()), net.input("x", (T,)), net.tensor("h")
    h[0] = 0
    h[t] = w * h[t - 1] + x[t - 1]
    net.loss = Sum(h[t] ** 2, t)
    return derive(net).scheduled


def test_each_loop_says_its_order():
    derivation = scheduled()
    found = SimpleNamespace(**{name: list(recurrences(getattr(derivation, name).steps, Writer())) for name in (
        "forward", "backward")})  # fmt: skip
    (forward,), (backward,) = found.forward, found.backward
    for paragraph, order in ((forward, ("1", "T")), (backward, ("T-1", "0"))):
        labels = [run.label for run in paragraph.runs if isinstance(run, Reference)]
        assert len(labels) == len(set(labels)) >= 1
        math, *_ = (run for run in paragraph.runs if isinstance(run, Math))
        first, _, last = text(math.formula).partition("=")[2].replace(" ", "").partition(",")
        assert (first, last.split(",")[-1][-1]) == order
        together = "Evaluated together, for " if len(labels) > 1 else "A recurrence, for "
        assert paragraph.runs[0] == together
    assert list(recurrences((), Writer())) == []
