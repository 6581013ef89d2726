"""LaTeX and SymPy forms of terms, equations and derivations."""

from fractions import Fraction

import pytest

from symbackprop import Network, Sum, derive
from symbackprop.errors import InvalidArgument, UnknownTensor
from symbackprop.formula.latex import latex, prose
from symbackprop.language.sympy_form import SympyForm
from symbackprop.latex import Names
from symbackprop.terms.build import (
    NEGATIVE_INFINITY,
    NIL,
    access,
    add,
    apply,
    compare,
    indicator,
    logic_and,
    mul,
    neg,
    number,
    poly_value,
    power,
    reduce,
    where,
)
from symbackprop.terms.namer import Namer
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Axis, Function, Reduction, Relation
from symbackprop.terms.writing import Writer

I, J = Poly.of(Index("i")), Poly.of(Index("j"))
SIZE = Poly.of(Dim("N"))
X = access("x", (I,))
Z1 = access("z1", (I, J))


def show(term):
    return latex(Writer(Names({}, {})).term(term, {Index("i"): "i", Index("j"): "j"}))


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (Z1, "z^{(1)}_{i,j}"),
        (power(Z1, 2), r"\left(z^{(1)}_{i,j}\right)^{2}"),
        (power(X, 2), "x_{i}^{2}"),
        (power(X, Fraction(-1, 2)), r"\frac{1}{\sqrt{x_{i}}}"),
        (power(add(X, 1), 3), r"\left(x_{i} + 1\right)^{3}"),
        (mul(Fraction(-1, 2), X), r"-\frac{x_{i}}{2}"),
        (mul(X, power(poly_value(SIZE), -1)), r"\frac{x_{i}}{N}"),
        (add(X, neg(Z1)), "x_{i} - z^{(1)}_{i,j}"),
        (mul(X, add(Z1, number(-1))), r"x_{i} \, \left(z^{(1)}_{i,j} - 1\right)"),
        (number(Fraction(1, 3)), r"\frac{1}{3}"),
        (number(Fraction(1, 100000)), r"10^{-5}"),
        (apply(Function.TANH, X), r"\tanh\left(x_{i}\right)"),
        (apply(Function.LOG_SIGMOID, X), r"\operatorname{log\_sigmoid}\left(x_{i}\right)"),
        (apply(Function.ABS, X), r"\left| x_{i} \right|"),
        (apply(Function.MAX, X, Z1), r"\max\left(x_{i},\, z^{(1)}_{i,j}\right)"),
        (where(compare(Relation.GE, poly_value(J), poly_value(I)), X, NIL), r"\mathbf{1}\left[j \ge i\right] \, x_{i}"),
        (indicator(compare(Relation.EQ, poly_value(J), poly_value(I))), r"\mathbf{1}\left[i = j\right]"),
        (
            where(compare(Relation.GE, poly_value(J), poly_value(I)), X, NEGATIVE_INFINITY),
            r"\begin{cases} x_{i} & \text{if } j \ge i \\ -\infty & \text{otherwise} \end{cases}",
        ),
        (access("x", (2 * I + J,)), "x_{2 \\, i + j}"),
        (access("E", (access("token", (I,)), J)), r"E_{\mathrm{token}_{i},j}"),
        (access("x", (SIZE // 2 - 1,)), r"x_{\left\lfloor \frac{N}{2} \right\rfloor - 1}"),
    ],
)
def test_terms(term, expected):
    assert show(term) == expected


def test_reductions():
    axis = Axis(Index("k"), ZERO, SIZE - 1)
    body = access("z", (I, Poly.of(Index("k"))))
    assert show(mul(X, reduce(Reduction.SUM, [axis], body))).startswith(r"x_{i} \, \sum_{")
    assert r"\log \sum_{" in show(reduce(Reduction.LOGSUMEXP, [axis], body))
    assert r"\max_{0 \le " in show(reduce(Reduction.MAX, [axis], body))
    assert r"^{N - 1} z_{i," in show(reduce(Reduction.PRODUCT, [axis], body))


def test_conditions():
    both = logic_and(compare(Relation.GE, poly_value(I), NIL), compare(Relation.NE, X, number(3)))
    assert r" \land " in show(indicator(both))


def test_names():
    names = [
        "W",
        "W1",
        "W_1",
        "W01",
        "mu",
        "mu2",
        "score",
        "delta",
        "δ",
        "Ω",
        "é",
        "_",
        "log_z",
        "Alpha",
        "x_hat",
        "xhat",
    ]
    shape = (Poly.of(Dim("N")),)
    tensors = [Tensor(name, TensorKind.INTERMEDIATE, shape, (ZERO,)) for name in names]
    found = {name: latex(symbol) for name, symbol in Names.of_tensors(tensors, None).symbols.items()}
    assert len(set(found.values())) == len(names)
    assert all(symbol.isascii() for symbol in found.values())
    assert (found["W1"], found["W_1"], found["x_hat"]) == ("W^{(1)}", r"\mathrm{W\_1}", r"\hat{x}")
    assert prose("log_z") == r"log\_z"


def test_notation_overrules_names():
    net = Network("n")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w1 = net.input("x", (N, D)), net.parameter("w1", (D,))
    z = net.tensor("z")
    z[n] = Sum(x[n, i] * w1[i], i) ** 2
    net.loss = Sum(z[n], n)
    net.notation(w1=r"\vec{w}", z="z_q", N="B", i=r"\iota", loss="J")
    derivation = derive(net)
    first, second, _ = derivation.forward
    assert first.latex() == r"s_{n} = \sum_{\iota=0}^{D - 1} \vec{w}_{\iota} \, x_{n,\iota}"
    assert second.latex() == r"{z_q}_{n} = s_{n}^{2}"
    (gradient,) = derivation.gradient(w1)
    assert gradient.latex().startswith(r"\frac{\partial J}{\partial \vec{w}_{\iota}} = ")
    assert "B - 1" in gradient.latex()


@pytest.mark.parametrize("symbol", ["", "a^", "a_b_c", "a}", "{a", "a$", "x & y", r"a \\ b", r"\begin{x}", "z'^2", 3])
def test_bad_notation_is_refused(symbol):
    net = Network("n")
    net.dim("N")
    with pytest.raises(InvalidArgument, match="notation of N"):
        net.notation(N=symbol)
    with pytest.raises(UnknownTensor, match="notation: M"):
        net.notation(M="M")


def test_an_equation(perceptron):
    writer = Writer(Names.of(perceptron.program), Namer(perceptron.program.table))
    assert latex(writer.equation(perceptron.forward[0])) == r"z_{n,j} = \sum_{i=0}^{D - 1} W_{j,i} \, x_{n,i} + b_{j}"
    assert latex(writer.equation(perceptron.backward[0])).startswith(r"\delta^{u}_{n,k} = ")
    assert latex(writer.equation(perceptron.backward[3])) == (
        r"\frac{\partial \mathcal{L}}{\partial W_{j,i}} = \sum_{n=0}^{N - 1} \delta^{z}_{n,j} \, x_{n,i}"
    )


def test_sympy_form(perceptron):
    form = SympyForm(perceptron.program.table)
    lines = [f"{form.left(item)} = {form.right(item)}" for item in (*perceptron.forward, *perceptron.backward)]
    assert lines[0] == "z[n, j] = b[j] + Sum(W[j, i]*x[n, i], i)"
    assert lines[3] == "loss = Sum((u[n, k] - y[n, k])**2, n, k)/N"
    assert lines[6] == "d_z[n, j] = (1 - a[n, j]**2)*Sum(V[k, j]*d_u[n, k], k)"
