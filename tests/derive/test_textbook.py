"""Derived equations are those that textbooks print, as text and term for term."""

from __future__ import annotations

from sympy import Eq, Piecewise, exp, log, tanh

from symbackprop import LogSumExp, Network, Sum, zoo
from symbackprop.functions import sigmoid
from symbackprop.stages import derived_of
from symbackprop.terms.program import Program
from symbackprop.terms.show import Namer, Printer, show


def backward(program: Program) -> dict[str, list[str]]:
    derived = derived_of(program)
    printer = Printer(Namer(derived.backward.table))
    out: dict[str, list[str]] = {}
    for equation in derived.backward.equations:
        out.setdefault(equation.target, []).append(printer.equation(equation))
    return out


def classifier(assumed: bool, by_probability: bool) -> Network:
    net = Network("c")
    N, D, C = net.dims("N D C")
    n, i, k = net.indices(n=N, i=D, k=C)
    x, y = net.input("x", (N, D)), net.input("y", (N, C))
    W = net.parameter("W", (C, D))
    z, p = net.tensors("z p")
    z[n, k] = Sum(W[k, i] * x[n, i], i)
    p[n, k] = exp(z[n, k]) / Sum(exp(z[n, k]), k)
    if by_probability:
        net.loss = -Sum(y[n, k] * log(p[n, k]), n, k) / N
    else:
        net.loss = Sum(LogSumExp(z[n, k], k) - Sum(y[n, k] * z[n, k], k), n) / N
    net.output(p)
    if assumed:
        net.assume(Eq(Sum(y[n, k], k), 1))
    return net


def test_softmax_and_cross_entropy_give_p_minus_y() -> None:
    for net in (classifier(True, True), classifier(False, False), classifier(True, False)):
        assert backward(net.to_program())["d_z"] == ["d_z[n, k] = (p[n, k] - y[n, k])/N"]


def test_without_the_assumption_the_row_sum_stays() -> None:
    equations = backward(classifier(False, True).to_program())
    text = " ".join(line for lines in equations.values() for line in lines)
    assert "Σ_k y[n, k]" in text


def test_integer_labels_give_p_minus_an_indicator() -> None:
    assert backward(zoo.load("embedding").to_program())["d_z"] == ["d_z[n, k] = (p[n, k] - [k = label[n]])/N"]


def test_tanh_and_sigmoid_in_their_own_values() -> None:
    assert backward(zoo.load("mlp").to_program())["d_z1"] == ["d_z1[n, j] = d_a1[n, j]·(1 - a1[n, j]^2)"]
    lstm = backward(zoo.load("lstm").to_program())
    assert "d_z[t, n, 1, j] = d_forget_gate[t, n, j]·forget_gate[t, n, j]·(1 - forget_gate[t, n, j])" in lstm["d_z"]


def test_nielsen_recurrence_for_symbolic_depth() -> None:
    equations = backward(zoo.load("deep_mlp").to_program())
    assert equations["d_z"] == ["d_z[l, n, j] = d_a[l, n, j]·(1 - a[l, n, j]^2)"]
    assert equations["d_a"] == [
        "d_a[L, n, j] = Σ_k U[k, j]·d_logits[n, k]",
        "d_a[l, n, j] = Σ_{j'} W[l, j', j]·d_z[l + 1, n, j']",
    ]


def test_attention_scores_as_flash_attention_has_them() -> None:
    equations = backward(zoo.load("attention").to_program())
    assert equations["d_score"] == ["d_score[n, a, t, s] = w[n, a, t, s]·(d_w[n, a, t, s] + d_w_logsumexp[n, a, t])"]
    assert equations["d_w_logsumexp"] == ["d_w_logsumexp[n, a, t] = -Σ_k d_o[n, a, t, k]·o[n, a, t, k]"]


def test_logistic_loss_gives_a_minus_y() -> None:
    net = Network("l")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, y = net.input("x", (N, D)), net.input("y", (N,))
    w = net.parameter("w", (D,))
    z, a = net.tensors("z a")
    z[n] = Sum(w[i] * x[n, i], i)
    a[n] = sigmoid(z[n])
    net.loss = -Sum(y[n] * log(a[n]) + (1 - y[n]) * log(1 - a[n]), n) / N
    net.output(a)
    forward = derived_of(net.to_program()).forward
    assert "log_sigmoid(z[n])" in show(forward.definitions["loss"][0].rhs) or any(
        "log_sigmoid(z[n])" in show(e.rhs) for e in forward.equations
    )


def test_a_value_is_shared_under_other_index_names() -> None:
    net = Network("v")
    N, D = net.dims("N D")
    n, m, i, j = net.indices(n=N, m=N, i=D, j=D)
    w = net.parameter("w", (N, D))
    a, b = net.tensors("a b")
    a[n] = tanh(Sum(w[n, i] ** 2, i)) + 1
    b[m] = Piecewise((tanh(Sum(w[m, j] ** 2, j)), w[m, 0] > 0), (0, True))
    net.loss = Sum(a[n] * b[n], n)
    forward = derived_of(net.to_program()).forward
    assert sum("tanh" in show(e.rhs) for e in forward.equations) == 3  # a guarded part is a value of its own


def test_equations_come_back_as_the_users_own_expressions() -> None:
    from symbackprop import derive

    net = Network("c")
    N, D, C = net.dims("N D C")
    n, i, k = net.indices(n=N, i=D, k=C)
    x, y = net.input("x", (N, D)), net.input("y", (N, C))
    W, z, p = net.parameter("W", (C, D)), net.tensor("z"), net.tensor("p")
    z[n, k] = Sum(W[k, i] * x[n, i], i)
    p[n, k] = exp(z[n, k] - LogSumExp(z[n, k], k))
    net.loss = Sum(LogSumExp(z[n, k], k) - Sum(y[n, k] * z[n, k], k), n) / N
    net.output(p)
    (delta,) = derive(net).delta(z)
    assert delta.rhs == (p[n, k] - y[n, k]) / N
    assert repr(delta) == f"<{delta}>"


def test_the_delta_of_an_inlined_tensor_is_its_final_form() -> None:
    from symbackprop import derive

    derivation = derive(zoo.load("mlp"))
    assert [str(e).split("    ")[0] for e in derivation.delta("p_logsumexp")] == ["d_p_logsumexp[n] = 1/N"]
