"""What equations become: matrix products for contractions, loops for recurrences and windows alone, shared storage.

Values are compared with the reference interpreter at sizes that are distinct primes.
"""

import pytest
from sympy import And, Eq, Piecewise, erf, exp, log, oo, sqrt, tanh

from symbackprop import LogSumExp, Network, Product, ReduceMax, Sum, zoo
from symbackprop.cli import networks
from symbackprop.lower import lower_module
from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import Allocate, Contract, Fold, Gather, If, Loop, Map, Note, Role, Scatter, statements_in
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.function import store
from symbackprop.sources import module_text
from symbackprop.stages import derived_of, functions_of, in_order
from symbackprop.terms.term import Reduction
from symbackprop.verify.data import draw
from workshop.fuzz.modules import compare_module, load_module, reference_values


def lowered(net):
    program = net.to_program()
    return lower_module(functions_of(program, in_order(derived_of(program)))).mapped(store)


def lowered_functions(module):
    return [f for f in (module.forward, module.backward, module.predict) if f is not None]


def of_type(function, *types):
    return [statement for statement in statements_in(function.body) if isinstance(statement, types)]


def compare(net, sizes, seed=3):
    """The generated module against the interpreter: loss, gradients, outputs; afresh and with a workspace."""
    program = net.to_program()
    derived = derived_of(program)
    data = draw(program, sizes, seed=seed)
    reference = reference_values(program, derived, sizes, data)
    assert reference is not None
    compare_module(load_module(module_text(program, in_order(derived))), program, sizes, data, reference)


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_is_well_formed(name):
    module = lowered(networks.find(name))
    for function in lowered_functions(module):
        check(function)
        assert not [s for s in of_type(function, Allocate) if s.buffer.role is Role.ARGUMENT]


def dense():
    net = Network("dense")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x = net.input("x", (N, D))
    W, b = net.parameter("W", (H, D)), net.parameter("b", (H,))
    z, a = net.tensors("z a")
    z[n, j] = Sum(W[j, i] * x[n, i], i) + b[j]
    a[n, j] = tanh(z[n, j])
    net.loss = Sum(a[n, j] ** 2, n, j) / N
    return net


def test_a_dense_layer_is_matrix_products_without_temporaries():
    module = lowered(dense())
    assert len(of_type(module.forward, Contract)) == 2  # W x, and the sum of squares
    assert len(of_type(module.backward, Contract)) == 1
    assert not of_type(module.forward, Loop, If)
    assert not [s for s in of_type(module.forward, Allocate) if s.buffer.role is Role.TEMPORARY]
    compare(dense(), {"N": 3, "D": 5, "H": 7})


def test_a_recurrence_is_one_loop_and_its_input_one_product_before_it():
    net = Network("recurrent")
    T, N, D, H = net.dims("T N D H")
    n, i, j, k = net.indices(n=N, i=D, j=H, k=H)
    t = net.index("t", (1, T))
    x = net.input("x", (T, N, D))
    W, U = net.parameter("W", (H, D)), net.parameter("U", (H, H))
    h = net.tensor("h")
    h[0, n, j] = 0
    h[t, n, j] = tanh(Sum(W[j, i] * x[t - 1, n, i], i) + Sum(U[j, k] * h[t - 1, n, k], k))
    net.loss = Sum(h[t, n, j] ** 2, t, n, j)
    module = lowered(net)
    (loop,) = of_type(module.forward, Loop)
    assert len([s for s in loop.body if isinstance(s, Contract)]) == 1
    (back,) = of_type(module.backward, Loop)
    assert back.descending
    assert not [s for s in statements_in(loop.body) if isinstance(s, Allocate)]
    compare(net, {"T": 5, "N": 2, "D": 3, "H": 7})


def convolution(stride, padding):
    net = Network("convolution")
    N, C, O, H, K = net.dims("N C O H K")
    R = (H + 2 * padding - K) // stride + 1
    n, c, o, r, k = net.indices(n=N, c=C, o=O, r=R, k=K)
    x, w = net.input("x", (N, C, H)), net.parameter("w", (O, C, K))
    v = net.parameter("v", (C,))
    s, z = net.tensors("s z")
    place = stride * r + k - padding
    net.assume(H + 2 * padding >= K)
    p = net.index("p", H)
    s[n, c, p] = v[c] * x[n, c, p]
    inside = Piecewise((s[n, c, place], And(place >= 0, place < H)), (0, True)) if padding else s[n, c, place]
    z[n, o, r] = tanh(Sum(w[o, c, k] * inside, c, k))
    net.loss = Sum(z[n, o, r] ** 2, n, o, r)
    return net


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 1), (2, 1), (3, 2)])
def test_a_convolution_loops_over_its_window_alone(stride, padding):
    net = convolution(stride, padding)
    module = lowered(net)
    assert not of_type(module.forward, Loop)
    (loop,) = of_type(module.backward, Loop)
    assert len([s for s in loop.body if isinstance(s, Contract)]) == 1  # a product for each offset,
    assert len([s for s in loop.body if isinstance(s, Map) and s.op is MapOp.ADD]) == 1  # and its strided addition
    compare(net, {"N": 2, "C": 3, "O": 5, "H": 11, "K": 2})


def test_pooling_scatters_without_a_loop():
    net = Network("pooling")
    N, H = net.dims("N H")
    n, h, d = net.indices(n=N, h=H, d=2)
    p = net.index("p", 2 * H)
    x, w = net.input("x", (N, 2 * H)), net.parameter("w", (2 * H,))
    a, m = net.tensors("a m")
    a[n, p] = w[p] * x[n, p]
    m[n, h] = ReduceMax(a[n, 2 * h + d], d)
    net.loss = Sum(m[n, h] ** 2, n, h)
    assert not of_type(lowered(net).backward, Loop)
    compare(net, {"N": 3, "H": 5})


def test_gathers_scatter_back():
    net = Network("gather")
    N, V, D = net.dims("N V D")
    n, d = net.indices(n=N, d=D)
    token, E = net.input("token", (N,), dtype="int", high=V), net.parameter("E", (V, D))
    e = net.tensor("e")
    e[n, d] = tanh(E[token[n], d])
    net.loss = Sum(e[n, d] ** 2, n, d)
    module = lowered(net)
    assert of_type(module.forward, Gather)
    (scatter,) = of_type(module.backward, Scatter)
    assert not scatter.unique
    compare(net, {"N": 11, "V": 3, "D": 5})


def test_picked_elements_of_distinct_rows_need_no_sorting():
    net = Network("picked")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    label, W = net.input("label", (N,), dtype="int", high=C), net.parameter("W", (N, C))
    z = net.tensor("z")
    z[n, c] = tanh(W[n, c])
    net.loss = Sum(z[n, label[n]] ** 2, n) + Sum(z[n, c], n, c)
    for scatter in of_type(lowered(net).backward, Scatter):
        assert scatter.unique
    compare(net, {"N": 7, "C": 3})


def test_several_factors_are_contracted_pairwise():
    net = Network("bilinear")
    N, A, B, C = net.dims("N A B C")
    n, a, b, c = net.indices(n=N, a=A, b=B, c=C)
    x, y = net.input("x", (N, A)), net.input("y", (N, B))
    T = net.parameter("T", (C, A, B))
    z = net.tensor("z")
    z[n, c] = Sum(T[c, a, b] * x[n, a] * y[n, b], a, b)
    net.loss = Sum(z[n, c] ** 2, n, c)
    assert len(of_type(lowered(net).forward, Contract)) == 3
    compare(net, {"N": 3, "A": 2, "B": 5, "C": 7})


def test_infinities_behind_a_guard():
    net = Network("guarded")
    N, T, S = net.dims("N T S")
    n, t, s = net.indices(n=N, t=T, s=S)
    W, v = net.parameter("W", (N, T, S)), net.parameter("v", (N, S))
    score, p, o = net.tensors("score p o")
    score[n, t, s] = Piecewise((W[n, t, s], s <= t - 1), (-oo, True))  # the first row is masked everywhere
    p[n, t, s] = exp(score[n, t, s] - LogSumExp(score[n, t, s], s))
    o[n, t] = Sum(p[n, t, s] * v[n, s], s)
    net.loss = Sum(o[n, t] ** 2, n, t)
    compare(net, {"N": 2, "T": 5, "S": 3})


def test_logarithms_behind_a_guard():
    net = Network("entropy")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, w = net.input("x", (N, K)), net.parameter("w", (K,))
    q = net.tensor("q")
    q[n, k] = Piecewise((log(w[k] * x[n, k]), x[n, k] * w[k] > 0), (0, True))
    net.loss = Sum(Piecewise((x[n, k] * q[n, k], x[n, k] > 0), (0, True)), n, k)
    compare(net, {"N": 5, "K": 3})


def test_diagonals_reversals_and_products():
    net = Network("views")
    N = net.dim("N")
    i, j = net.indices(i=N, j=N)
    A, b = net.parameter("A", (N, N)), net.parameter("b", (N,))
    u, v = net.tensors("u v")
    u[i] = A[i, i] * b[N - 1 - i] + Product(1 + A[i, j] / 9, j)
    v[i] = Sum(A[j, N - 1 - j] * A[i, j], j) + erf(u[i])
    net.loss = Sum(v[i] ** 2, i)
    compare(net, {"N": 5})


def test_flat_and_interleaved_left_sides():
    net = Network("flat")
    N, C, H = net.dims("N C H")
    n, c, h = net.indices(n=N, c=C, h=H)
    w = net.parameter("w", (N, C, H))
    flat, pair = net.tensors("flat pair")
    flat[n, c * H + h] = tanh(w[n, c, h])
    pair[n, 2 * c] = flat[n, c * H]
    pair[n, 2 * c + 1] = w[n, c, H - 1]
    m, q = net.index("m", C * H), net.index("q", 2 * C)
    net.loss = Sum(flat[n, m] ** 2, n, m) + Sum(pair[n, q] ** 3, n, q)
    compare(net, {"N": 2, "C": 3, "H": 5})


def test_a_recurrence_over_its_own_past_reads_nothing_unfinished():
    net = Network("past")
    T, D = net.dims("T D")
    d, e = net.indices(d=D, e=D)
    t, s = net.index("t", (1, T)), net.index("s", T)
    w, U = net.parameter("w", (T, T)), net.parameter("U", (D, D))
    x = net.input("x", (D,))
    h = net.tensor("h")
    h[0, d] = x[d]
    h[t, d] = tanh(Sum(Piecewise((w[t - 1, s] * Sum(U[d, e] * h[s, e], e), s < t), (0, True)), s))
    net.loss = Sum(h[t, d] ** 2, t, d)
    compare(net, {"T": 5, "D": 3})


def test_empty_ranges():
    net = Network("empty")
    T, K = net.dims("T K")
    k = net.index("k", K)
    t, r = net.index("t", (1, T - 1)), net.index("r", (0, T - 3))
    s = net.index("s", T)
    w = net.parameter("w", (T, K))
    a, g = net.tensors("a g")
    a[0, k] = w[0, k]
    a[t, k] = a[t - 1, k] * w[t, k]
    g[s, k] = Sum(w[r + 2, k] * w[r, k], r) + a[s, k]
    net.loss = Sum(g[s, k] ** 2, s, k)
    for steps in (1, 2, 3, 5):
        compare(net, {"T": steps, "K": 2})


def test_assumed_sums_are_used():
    net = Network("assumed")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    y, W = net.input("y", (N, C)), net.parameter("W", (N, C))
    p = net.tensor("p")
    net.assume(Eq(Sum(y[n, c], c), 1))
    p[n, c] = exp(W[n, c] - LogSumExp(W[n, c], c))
    net.loss = Sum(LogSumExp(W[n, c], c) - Sum(y[n, c] * W[n, c], c), n) / sqrt(N)
    net.output(p)
    compare(net, {"N": 3, "C": 5})


def test_each_equation_is_noted():
    notes = [s.text for s in of_type(lowered(dense()).forward, Note)]
    assert notes[0].startswith("(F1) z[n, j] = ")
    assert any(text.startswith("(F2) a[n, j] = tanh") for text in notes)


def test_reductions_are_ufuncs():
    module = lowered(networks.find("softmax_regression"))
    folds = [*of_type(module.shared, Fold), *of_type(module.forward, Fold)]
    assert {fold.reduction for fold in folds} == {Reduction.MAX, Reduction.SUM}
