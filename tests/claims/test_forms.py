"""The ways in which people write a claim: each is read as it is meant, as a wrong one beside it shows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import sympy
from sympy import Derivative, Eq, KroneckerDelta, Piecewise, exp, tanh

from symbackprop import Mean, Network, Sum, check_derivation, delta, derive, errors, generate, hessian_vector_product
from symbackprop.claims import Verdict
from symbackprop.language import names_of


def perceptron() -> SimpleNamespace:
    net = Network("perceptron")
    N, D, H = net.dims("N D H")
    n, i, j, k, _ = net.indices(n=N, i=D, j=H, k=H, m=N)
    x, y = net.input("x", (N, D)), net.input("y", (N, H))
    W, b, V = net.parameter("W", (H, D)), net.parameter("b", (H,)), net.parameter("V", (H, H))
    z, a, o, s = net.tensors("z a o s")
    z[n, j] = Sum(W[j, i] * x[n, i], i) + b[j]
    a[n, j] = tanh(z[n, j])
    o[n, j] = Sum(V[j, k] * a[n, k], k)
    s[()] = Sum((o[n, j] - y[n, j]) ** 2, n, j) / (2 * N)
    net.loss = s
    return SimpleNamespace(**names_of(net), net=net)


# (claim, its two sides or one; a wrong one that differs from it by a slip of this very form)
TRUE_AND_FALSE = {
    "matrix product": ("delta(W), delta(z).T @ x", "delta(W), delta(a).T @ x"),
    "matrix product of a square one": ("delta(a), delta(o) @ V", "delta(a), delta(o) @ V.T"),
    "transposed both": ("delta(W).T, x.T @ delta(z)", "delta(V).T, o.T @ a"),
    "product of what is no name": (
        "delta(W), (delta(a)*(1 - a**2)).T @ x", "delta(W), (delta(a)*(1 + a**2)).T @ x",
    ),
    "product in a product": (
        "delta(z), ((o - y) @ V)*(1 - tanh(z)**2)/N", "delta(z), (o - y) @ (V*(1 - V**2))/N",
    ),
    "chained products": ("x @ delta(W).T @ V, x @ (x.T @ delta(z)) @ V", "x @ delta(W).T @ V, x @ x.T @ delta(a) @ V"),
    "vectors": ("delta(W)[j], delta(z).T[j] @ x", "delta(W)[j], delta(a).T[j] @ x"),
    "inner product": ("delta(W)[j] @ W[j], (delta(z).T[j] @ x) @ W[j]", "delta(W)[j] @ W[j], delta(b)[j]"),
    "whole": ("delta(z), delta(a)*(1 - a**2)", "delta(z), delta(a)*(1 - a)"),
    "whole, with functions": ("delta(z), delta(a)*(1 - tanh(z)**2)", "delta(z), delta(a)*(1 - tanh(a)**2)"),
    "whole, with numbers and sizes": ("delta(o), (o - y)/N", "delta(o), (o - y)/H"),
    "whole, a number": ("delta(y) + delta(o), 0", "delta(o), 0"),
    "rows": ("delta(z)[n], delta(a)[n]*(1 - a[n]**2)", "delta(z)[n], delta(a)[n]*(1 - a[n])"),
    "sums of rows": ("delta(b), Sum(delta(z)[n], n)", "delta(b), Mean(delta(z)[n], n)"),
    "transposed functions": ("tanh(z).T @ delta(o), delta(V).T", "tanh(o).T @ delta(o), delta(V).T"),
    "functions multiplied": (
        "(2*tanh(z)).T @ (delta(o)/2), delta(V).T", "tanh(z).T @ (delta(o)/2), delta(V).T",
    ),
    "SymPy's transpose": ("delta(V).T, sympy.transpose(tanh(z)) @ delta(o)", "delta(V), sympy.transpose(a) @ delta(o)"),
    "conditions on whole tensors": (
        "delta(z), delta(a)*Piecewise((1 - a**2, z > 0), (1 - a**2, True))",
        "delta(z), Piecewise((delta(a)*(1 - a**2), z > 0), (0, True))",
    ),
    "an element of a transposed": (
        "delta(z).T[j, n], delta(a)[n, j]*(1 - a.T[j, n]**2)", "delta(z).T[j, n], a.T[j, n]",
    ),
    "equation": ("Eq(delta(W)[j, i], Sum(delta(z)[n, j]*x[n, i], n))", "Eq(delta(W)[j, i], Sum(a[n, j]*x[n, i], n))"),
    "equation between whole tensors": ("Eq(delta(W), delta(z).T @ x)", "Eq(delta(W), 2*delta(z).T @ x)"),
    "text": ("'delta(W)[j, i] = Sum(delta(z)[n, j]*x[n, i], n)'", "'delta(W)[j, i] = Sum(delta(a)[n, j]*x[n, i], n)'"),
    "text with two signs": ("'delta(b)[j] == Sum(delta(z)[n, j], n)'", "'delta(b)[j] == Sum(delta(z)[n, j], n)/N'"),
    "text of whole tensors": ("'delta(W) = delta(z).T @ x'", "'delta(W) = delta(a).T @ x'"),
    "text with a condition": (
        "'delta(z)[n, j] = delta(a)[n, j]*(1 - a[n, j]**2 if j >= 0 else 7)'",
        "'delta(z)[n, j] = delta(a)[n, j]*(1 - a[n, j]**2 if j > 0 else 7)'",
    ),
    "limits of the index": (
        "delta(W)[j, i], Sum(delta(z)[n, j]*x[n, i], (n, 0, N - 1))",
        "delta(W)[j, i], Sum(delta(z)[n, j], (n, 0, N - 1))",
    ),
    "limits of their own": (
        "delta(b)[j], delta(z)[0, j] + Sum(delta(z)[n, j], (n, 1, N - 1))",
        "delta(b)[j], Sum(delta(z)[n, j], (n, 1, N - 1))",
    ),
    "limits with an index": (
        "Sum(delta(b)[k], (k, 0, j)), Sum(Piecewise((delta(b)[k], k <= j), (0, True)), k)",
        "Sum(delta(b)[k], (k, 0, j)), Sum(Piecewise((delta(b)[k], k < j), (0, True)), k)",
    ),
    "SymPy's own sum": (
        "delta(W)[j, i], sympy.Sum(delta(z)[n, j]*x[n, i], (n, 0, N - 1))",
        "delta(W)[j, i], sympy.Sum(delta(a)[n, j]*x[n, i], (n, 0, N - 1))",
    ),
    "scaled": ("N*delta(o)[n, j], o[n, j] - y[n, j]", "delta(o)[n, j], o[n, j] - y[n, j]"),
    "between two δ": ("Sum(delta(z)[n, j], n), delta(b)[j]", "Sum(delta(a)[n, j], n), delta(b)[j]"),
    "a sum of δ": (
        "Sum(W[j, i]*delta(W)[j, i], i) + b[j]*delta(b)[j], Sum(z[n, j]*delta(z)[n, j], n)",
        "Sum(W[j, i]*delta(W)[j, i], i), Sum(z[n, j]*delta(z)[n, j], n)",
    ),
    "with the δ on the right": (
        "1 - o[n, j]/N, 1 - delta(o)[n, j] - y[n, j]/N", "1 - o[n, j], 1 - delta(o)[n, j] - y[n, j]",
    ),
    "local derivative": (
        "Derivative(a[n, j], z[n, j]), 1 - a[n, j]**2", "Derivative(a[n, j], z[n, j]), 1 - z[n, j]**2",
    ),
    "local derivative, other indices": (
        "Derivative(a[n, j], z[m, k]), (1 - a[n, j]**2)*KroneckerDelta(n, m)*KroneckerDelta(j, k)",
        "Derivative(a[n, j], z[m, k]), (1 - a[n, j]**2)*KroneckerDelta(j, k)",
    ),
    "derivative through others": (
        "Derivative(o[n, j], W[k, i]), V[j, k]*(1 - a[n, k]**2)*x[n, i]",
        "Derivative(o[n, j], W[k, i]), V[j, k]*x[n, i]",
    ),
    "derivative of a scalar": ("Derivative(s, o[n, j]), delta(o)[n, j]", "Derivative(s, o[n, j]), o[n, j]"),
    "derivative of nothing": ("Derivative(z[n, j], y[m, k]), 0", "Derivative(z[n, j], y[m, k]), 1"),
    "derivative by itself": (
        "Derivative(z[n, j], z[m, k]), KroneckerDelta(n, m)*KroneckerDelta(j, k)", "Derivative(z[n, j], z[m, k]), 1",
    ),
    "the chain rule": (
        "delta(z)[n, j], Sum(delta(o)[m, k]*Derivative(o[m, k], z[n, j]), m, k)",
        "delta(z)[n, j], Sum(delta(o)[n, k]*Derivative(o[n, k], a[n, j]), k)",
    ),
    "a δ by its scalar": ("delta(s), 1", "delta(s), 2"),
    "an input's δ": ("delta(x), delta(z) @ W", "delta(y), delta(o)"),
}  # fmt: skip
_NAMES = {
    "sympy": sympy, "Derivative": Derivative, "Eq": Eq, "KroneckerDelta": KroneckerDelta, "Mean": Mean,
    "Piecewise": Piecewise, "Sum": Sum, "delta": delta, "tanh": tanh,
}  # fmt: skip


@pytest.mark.parametrize("form", TRUE_AND_FALSE)
def test_a_form(form: str) -> None:
    b = perceptron()
    for text, verdict in zip(TRUE_AND_FALSE[form], (Verdict.PROVED, Verdict.REFUTED), strict=True):
        exec(f"net.claim({text})", {**_NAMES, **vars(b)})
        row = check_derivation(b.net, [b.net.claims[-1]]).rows[0]
        assert row.verdict is verdict, (text, row)
        assert row.claim
    assert generate(b.net) == generate(perceptron().net)


@pytest.mark.parametrize("claims", [
    lambda b: (delta(b.o), (b.o - b.y) / b.N),
    lambda b: [(delta(b.o), (b.o - b.y) / b.N), Eq(delta(b.s), 1), "delta(s) = 1"],
    lambda b: {delta(b.o)[b.n, b.j]: (b.o[b.n, b.j] - b.y[b.n, b.j]) / b.N},
    lambda b: Eq(delta(b.s), 1),
    lambda b: "delta(s) = 1",
    lambda b: (pair for pair in [(delta(b.s), 1)]),
])  # fmt: skip
def test_claims_of_a_call(claims) -> None:
    b = perceptron()
    assert check_derivation(b.net, claims(b)).passed


def test_derivatives_through_time() -> None:
    """∂h[t]/∂h[s] is by all the steps between."""
    net = Network("rnn")
    T, H = net.dims("T H")
    t, s = net.index("t", (1, T)), net.index("s", (1, T))
    j, k, l = net.indices(j=H, k=H, l=H)
    h0, U = net.input("h0", (H,)), net.parameter("U", (H, H))
    h, a = net.tensors("h a")
    h[0, j] = h0[j]
    a[t, j] = Sum(U[j, k] * h[t - 1, k], k)
    h[t, j] = tanh(a[t, j])
    net.loss = Sum(h[T, j] ** 2, j)
    net.claim(Derivative(h[t, j], h[t - 1, k]), (1 - h[t, j] ** 2) * U[j, k])
    net.claim(Derivative(h[t, j], h[t, k]), KroneckerDelta(j, k))
    net.claim(delta(h)[t - 1, k], Sum(delta(h)[t, j] * Derivative(h[t, j], h[t - 1, k]), j))
    net.claim(Derivative(h[T, j], h0[k]), Sum(Derivative(h[T, j], h[1, l]) * Derivative(h[1, l], h0[k]), l))
    net.claim(Derivative(h[t, j], a[s, k]), Derivative(h[t, j], h[s, k]) * (1 - h[s, k] ** 2))
    own = Piecewise(((1 - h[t, j] ** 2) * KroneckerDelta(j, k), Eq(s, t)), (0, True))
    net.claim(Derivative(h[t, j], a[s, k]), own)
    *right, wrong = check_derivation(net).rows
    assert [row.verdict for row in right] == [Verdict.PROVED] * 5
    assert wrong.verdict is Verdict.REFUTED
    assert wrong.derivation == ("Derivative(h[t, j], a[s, k]) = Derivative(h[t, j], h[s, k])·(1 - h[s, k]^2)",)
    assert set(wrong.position) == {"t", "j", "s", "k"}


def test_a_softmax() -> None:
    net = Network("softmax")
    N, C = net.dims("N C")
    n, c, k = net.indices(n=N, c=C, k=C)
    z, y, p = net.parameter("z", (N, C)), net.input("y", (N, C)), net.tensor("p")
    p[n, c] = sympy.exp(z[n, c]) / Sum(sympy.exp(z[n, k]), k)
    net.loss = Sum((p[n, c] - y[n, c]) ** 2, n, c)
    net.claim(Derivative(p[n, c], z[n, k]), p[n, c] * (KroneckerDelta(c, k) - p[n, k]))
    net.claim(Derivative(p[n, c], z[n, k]), p[n, c] * (1 - p[n, k]))
    assert [row.verdict for row in check_derivation(net).rows] == [Verdict.PROVED, Verdict.REFUTED]


def test_tensors_of_the_claims_alone() -> None:
    """They are there for claims; for everything else they are not."""
    b, other = perceptron(), perceptron()
    g, h = b.net.tensors("g h")
    g[b.n, b.j] = 1 - b.a[b.n, b.j] ** 2
    h[b.n, b.j] = g[b.n, b.j] * delta_free(b)
    with pytest.raises(errors.UnreachedTensor, match="tensor g"):
        b.net.to_program()
    b.net.claim(delta(b.z)[b.n, b.j], delta(b.a)[b.n, b.j] * h[b.n, b.j])
    b.net.claim(delta(b.z), delta(b.a) * g + delta(g))
    b.net.claim(Derivative(g[b.n, b.j], b.a[b.n, b.j]), -2 * b.a[b.n, b.j])
    q, c = b.net.tensor("q"), b.net.input("c", (b.N,))
    q[b.n] = c[b.n]
    with pytest.raises(errors.UnreachedTensor, match="tensor q"):
        b.net.to_program()
    b.net.claim(delta(b.s), Sum(q[b.n] - c[b.n], b.n) + 1)
    assert b.net.to_program() == other.net.to_program().with_(indices=b.net.to_program().indices)
    assert generate(b.net) == generate(other.net)
    assert str(derive(b.net)) == str(derive(other.net))
    assert check_derivation(b.net).passed


def delta_free(b: SimpleNamespace):
    return Sum(Piecewise((1, Eq(b.k, b.j)), (0, True)), b.k)


def test_a_tensor_that_only_the_claims_of_a_call_read() -> None:
    b = perceptron()
    g = b.net.tensor("g")
    g[b.n, b.j] = 1 - b.a[b.n, b.j] ** 2
    assert check_derivation(b.net, [(delta(b.z), delta(b.a) * g)]).passed
    with pytest.raises(errors.UnreachedTensor, match="a buffer or a claim"):
        derive(b.net)


def squares() -> SimpleNamespace:
    """½ Σ_n (x[n]·w - y[n])^3: its Hessian depends on w."""
    net = Network("squares")
    N, D = net.dims("N D")
    n, i, _ = net.indices(n=N, i=D, k=D)
    x, y, w = net.input("x", (N, D)), net.input("y", (N,)), net.parameter("w", (D,))
    z = net.tensor("z")
    z[n] = Sum(w[i] * x[n, i], i) - y[n]
    net.loss = Sum(z[n] ** 3, n) / 2
    return SimpleNamespace(**names_of(net), net=net)


def test_second_order() -> None:
    b = squares()
    program = hessian_vector_product(b.net)
    n, i, v = b.n, b.i, names_of(program)["v_w"]
    product = 3 * Sum(b.x[n, i] * b.z[n] * Sum(b.x[n, b.k] * v[b.k], b.k), n)
    rows = check_derivation(program, [
        (delta(b.w)[i], product),
        (delta(names_of(program)["w"]), 3 * b.x.T @ (b.z * (b.x @ v))),
        "delta(w)[i] = 3*Sum(x[n, i]*x[n, k]*z[n]*v_w[k], n, k)",
        (delta(b.w)[i], product / 3),
    ]).rows  # fmt: skip
    assert [row.verdict for row in rows] == [Verdict.PROVED] * 3 + [Verdict.REFUTED]
    assert "off by the factor" in rows[3].finding
    with pytest.raises(errors.UnknownTensor, match="tensors of squares_hessian_vector_product: x, y"):
        check_derivation(program, [(delta(perceptron().W), 0)])
    with pytest.raises(errors.InvalidClaim, match="found none"):
        check_derivation(program)


def test_a_derivation() -> None:
    b = squares()
    assert check_derivation(derive(b.net), [(delta(b.w), b.x.T @ delta(b.z)), "delta(z) = 3*z**2/2"]).passed


REFUSED = {
    "shapes that do not agree": (
        "delta(z), delta(a)*b", errors.InvalidClaim, "delta(a) of shape (N, H) and b of shape (H,)",
    ),
    "a row for a matrix": ("delta(z), delta(a)[n]", errors.InvalidClaim, "that of delta(z) being (N, H), found (H,)"),
    "inner axes": ("delta(W), delta(z) @ x", errors.InvalidClaim, "delta(z) of shape (N, H) and x of shape (N, D)"),
    "a number in a product": (
        "delta(a), 2 @ V", errors.InvalidClaim, "vectors and matrices in 2 @ V, found 2 of shape ()",
    ),
    "an element transposed": ("delta(z)[n, j], a[n, j].T", errors.InvalidClaim, "found a[n, j] of shape ()"),
    "a sum of whole tensors": ("Sum(delta(z), n), delta(b)", errors.InvalidReduction, "Sum(delta(z)[n, j], n)"),
    "a sum over an axis": (
        "Sum(delta(z), 0), delta(b)", errors.InvalidReduction, "the tensor's element stands in the sum",
    ),
    "NumPy's sum": ("delta(z).sum(0), delta(b)", errors.UnknownMethod, "write Sum(delta(z)[n, j], j)"),
    "NumPy's mean": ("delta(b)[j], z[n, j].mean()", errors.UnknownMethod, "write Mean(z[n, j], j)"),
    "NumPy's dot": ("delta(W), delta(z).T.dot(x)", errors.UnknownMethod, "write Sum(W[j, i]*x[n, i], i)"),
    "a slice": ("delta(W)[j, i], delta(z)[:, j] @ x", errors.InvalidSubscript, "as in delta(z)[n, j]"),
    "limits downwards": (
        "delta(b)[j], Sum(delta(z)[n, j], (n, N - 1, 0))", errors.InvalidReduction, "write (n, 0, N - 1)",
    ),
    "limits beyond": ("delta(b)[j], Sum(delta(z)[n, j], (n, 0, N))", errors.OutOfRange, "axis 0 runs over 0..N - 1"),
    "limits beyond the index": (
        "delta(b)[j], Sum(delta(b)[k], (k, 0, j + 1))", errors.InvalidReduction, "mask with Piecewise",
    ),
    "derivative of an expression": (
        "Derivative(tanh(z[n, j]), z[n, j]), 1", errors.InvalidClaim, "g = net.tensor('g')",
    ),
    "derivative of a δ": ("Derivative(delta(z)[n, j], z[m, k]), 1", errors.InvalidClaim, "hessian_vector_product"),
    "second derivative": (
        "Derivative(a[n, j], z[n, j], z[n, j]), 1", errors.InvalidClaim, "Derivative(a[n, j], z[m, k])",
    ),
    "whole derivative": ("Derivative(a, z), 1 - a**2", errors.InvalidClaim, "Derivative(a[n, j], z[m, k])"),
    "derivative by an index": ("Derivative(a[n, j], n), 1", errors.InvalidClaim, "Derivative(a[n, j], z[m, k])"),
    "diff": ("a[n, j].diff(z[n, j]), 1", errors.InvalidArgument, "Derivative(a[n, j], z[n, j])"),
    "sympy.diff": ("sympy.diff(a[n, j]*z[n, j], z[n, j]), 1", errors.InvalidArgument, "Derivative(a[n, j], z[n, j])"),
    "two equal signs of Python": (
        "delta(z)[n, j] == delta(a)[n, j]", errors.InvalidClaim, "the two were compared at once",
    ),
    "one side": ("delta(z)[n, j]", errors.InvalidClaim, "found delta(z)[n, j] alone"),
    "an equation with itself": ("Eq(delta(z)[n, j], delta(z)[n, j])", errors.InvalidClaim, "write net.claim("),
    "no gradient": ("a[n, j], tanh(z[n, j])", errors.InvalidClaim, "write net.claim(delta(a)[...], ...)"),
    "two whole tensors without one": ("a, tanh(z)", errors.InvalidClaim, "a δ or a derivative on the left"),
    "δ of a name": ("delta('z')[n, j], 1", errors.InvalidClaim, "write delta(z), or the whole claim as text"),
    "text on the right": ("delta(z)[n, j], 'a[n, j]'", errors.InvalidClaim, 'net.claim("delta(z)[n, j] = value")'),
    "text of an unknown name": ("'delta(q)[n] = 1'", errors.UnknownSymbol, "found q"),
    "text of a known one, misspelt": ("'delta(z)[n, j] = tahnh(z[n, j])'", errors.UnknownSymbol, "did you mean tanh?"),
    "a tensor called": ("'delta(z)[n, j] = a(n, j)'", errors.UnknownSymbol, "as in z[n, j]"),
    "text with a circumflex": ("'delta(z)[n, j] = z[n, j]^2'", errors.InvalidClaim, "expected ** for a power"),
    "text without an equation": ("'delta(z)[n, j]'", errors.InvalidClaim, "expected an equation"),
    "text with two": ("'delta(s) = 1 = 1'", errors.InvalidClaim, "none, or more than one"),
    "text with Python's sum": ("'delta(s) = sum(z[n, j] for n in N)'", errors.UnknownSymbol, "did you mean Sum?"),
    "text that would run": ("'delta(s) = __import__(\"os\").getpid()'", errors.InvalidClaim, "names, numbers"),
    "text with a huge number": ("'delta(s) = 9**9**9'", errors.InvalidClaim, "at most 10000 bits"),
    "text with an attribute": ("'delta(s) = z.shape'", errors.InvalidClaim, "found z.shape"),
    "an array": ("delta(s), [1, 2]", errors.UnknownFunction, "[1, 2] (list)"),
}  # fmt: skip


@pytest.mark.parametrize("form", REFUSED)
def test_refused(form: str) -> None:
    b = perceptron()
    text, error, message = REFUSED[form]
    with pytest.raises(error) as caught:
        exec(f"net.claim({text})", {**_NAMES, **vars(b)})
    assert type(caught.value) is error
    assert message in str(caught.value)
    assert not b.net.claims


def test_whole_tensors_stand_in_claims_alone() -> None:
    b = perceptron()
    u = b.net.tensor("u")
    for value in (b.x @ b.W.T, b.z.T[b.j, b.n], 2 * b.z, b.a * b.z):
        with pytest.raises(errors.InvalidSubscript, match="write the elements and the sums"):
            u[b.n, b.j] = value
    with pytest.raises(errors.UnknownFunction, match="a Derivative stands in claims alone"):
        u[b.n, b.j] = Derivative(b.a[b.n, b.j], b.z[b.n, b.j])


def test_the_derivative_of_a_whole_vector() -> None:
    """Of a softmax it is summed by a Σ that is like the inner product with the cotangent, which is never computed."""
    for right, proved in (("p[i]*(KroneckerDelta(i, k) - p[k])", True), ("p[i]*(1 - p[k])", False)):
        net = Network("softmax")
        N = net.dim("N")
        i, k = net.indices(i=N, k=N)
        u, y, p = net.parameter("u", (N,)), net.input("y", (N,)), net.tensor("p")
        p[i] = exp(u[i]) / Sum(exp(u[i]), i)
        net.loss = Sum(p[i] * y[i], i)
        net.claim(Derivative(p[i], u[k]), eval(right, {"p": p, "i": i, "k": k, "KroneckerDelta": KroneckerDelta}))
        (row,) = check_derivation(net).rows
        assert (row.verdict is Verdict.PROVED) is proved, row
        assert proved or row.verdict is Verdict.REFUTED
