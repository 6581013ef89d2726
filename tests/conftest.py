"""A program written out in terms, for the stages that read programs: a perceptron and its gradients."""

from types import SimpleNamespace

import pytest

from symbackprop import stages
from symbackprop.terms.build import UNIT, access, add, apply, div, mul, poly_value, power, reduce, sub
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, zeros
from symbackprop.terms.term import Axis, Function, Reduction

from .remembered import Memory

SIZES = {"n": "N", "i": "D", "j": "H", "k": "C"}


def axes(letters):
    return tuple(Axis(Index(letter), ZERO, Poly.of(Dim(SIZES[letter])) - 1) for letter in letters)


def tensor(name, kind, letters, **rest):
    shape = tuple(Poly.of(Dim(SIZES[letter])) for letter in letters)
    return Tensor(name, kind, shape, zeros(len(letters)), axes=tuple(letters), **rest)


def element(name, letters):
    return access(name, [Poly.of(Index(letter)) for letter in letters])


def total(letters, body):
    return reduce(Reduction.SUM, axes(letters), body)


def equation(name, letters, rhs):
    return Equation(name, tuple(Poly.of(Index(letter)) for letter in letters), axes(letters), rhs)


@pytest.fixture(scope="session")
def perceptron():
    """`program` with `forward` and `backward`: z = W x + b, a = tanh(z), u = V a, loss by squares of u − y over N."""
    given, learned, inner = TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.INTERMEDIATE
    x, y, W, b, V = (element(*pair) for pair in (("x", "ni"), ("y", "nk"), ("W", "ji"), ("b", "j"), ("V", "kj")))
    z, a, u = (element(*pair) for pair in (("z", "nj"), ("a", "nj"), ("u", "nk")))
    d_u, d_z = element("d_u", "nk"), element("d_z", "nj")
    size = poly_value(Poly.of(Dim("N")))
    forward = (
        equation("z", "nj", add(total("i", mul(W, x)), b)),
        equation("a", "nj", apply(Function.TANH, z)),
        equation("u", "nk", total("j", mul(V, a))),
        equation("loss", "", div(total("nk", power(sub(u, y), 2)), size)),
    )
    backward = (
        equation("d_u", "nk", div(mul(2, sub(u, y)), size)),
        equation("d_V", "kj", total("n", mul(d_u, a))),
        equation("d_z", "nj", mul(sub(UNIT, power(a, 2)), total("k", mul(d_u, V)))),
        equation("d_W", "ji", total("n", mul(d_z, x))),
        equation("d_b", "j", total("n", d_z)),
    )
    tensors = (
        *(tensor(*row) for row in (("x", given, "ni"), ("y", given, "nk"))),
        *(tensor(*row) for row in (("W", learned, "ji"), ("b", learned, "j"), ("V", learned, "kj"))),
        *(tensor(*row) for row in (("z", inner, "nj"), ("a", inner, "nj"), ("u", inner, "nk"), ("loss", inner, ""))),
        *(
            tensor(f"d_{of}", inner, letters, adjoint_of=of)
            for of, letters in (("u", "nk"), ("V", "kj"), ("z", "nj"), ("W", "ji"), ("b", "j"))
        ),
    )
    pairs = tuple((name, f"d_{name}") for name in ("W", "b", "V"))
    program = Program("perceptron", ("N", "D", "H", "C"), tensors, forward + backward, loss="loss", wrt=pairs)
    return SimpleNamespace(program=program, forward=forward, backward=backward)


@pytest.fixture(autouse=True, scope="session")
def unmeasured(tmp_path_factory):
    """What was measured of this machine is none of the tests' business, nor theirs of its user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def checked_between_stages():
    """What must hold behind every pass is asked behind every pass, whoever runs the stages."""
    ask = stages._checked
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "_checked", lambda value, check, checked: ask(value, check, checked=True))
        yield


@pytest.fixture(autouse=True, scope="session")
def memory(checked_between_stages):
    with pytest.MonkeyPatch.context() as patch:
        yield Memory(patch)


@pytest.fixture(autouse=True)
def made_anew_where_anything_is_patched(request, memory):
    memory.on = "monkeypatch" not in request.fixturenames
