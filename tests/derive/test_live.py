"""Which guards go with a δ: as few as tell where its element is read, and none where nothing can be infinite."""

from __future__ import annotations

import pytest
from sympy import Abs, And, Max, Piecewise, exp, log, sqrt, tanh

from symbackprop import Network, Sum, derive
from symbackprop.functions import hardtanh, relu


class Bench:
    def __init__(self) -> None:
        self.net = Network("live")
        self.N, self.M = self.net.dims("N M")
        self.n, self.m = self.net.indices(n=self.N, m=self.M)
        self.x = self.net.parameter("x", (self.N,))
        self.t = self.net.tensor("t")

    def gradient(self, loss: object, of: str = "d_x") -> list[str]:
        """The equations of the gradient, and of what counts reads."""
        self.net.loss = loss
        lines = [str(equation).split("    for")[0] for equation in derive(self.net).backward]
        return [line for line in lines if line.startswith(of) or "_reads" in line.split(" ")[0]]


@pytest.fixture
def b() -> Bench:
    return Bench()


def test_an_element_that_is_always_read_needs_no_guard(b):
    b.t[b.n] = sqrt(b.x[b.n])
    assert b.gradient(Sum(b.t[b.n], b.n)) == ["d_x[n] = 1/(2·t[n])"]


def test_branches_that_read_it_in_any_case_need_no_guard(b):
    b.t[b.n] = sqrt(b.x[b.n])
    loss = Sum(Piecewise((b.t[b.n], b.x[b.n] > 1), (2 * b.t[b.n], True)), b.n)
    assert b.gradient(loss) == ["d_x[n] = d_t[n]/(2·t[n])"]


def test_a_finite_derivative_needs_no_guard(b):
    b.t[b.n] = tanh(b.x[b.n])
    loss = Sum(Piecewise((b.t[b.n] ** 2, b.x[b.n] > 1), (0, True)), b.n)
    assert b.gradient(loss) == ["d_x[n] = d_t[n]·(1 - t[n]^2)"]


def test_the_guard_of_the_reader_goes_along_a_chain(b):
    b.t[b.n] = sqrt(b.x[b.n])
    s = b.net.tensor("s")
    s[b.n] = 3 * b.t[b.n]
    loss = Sum(Piecewise((s[b.n], b.x[b.n] > 0), (0, True)), b.n)
    assert b.gradient(loss) == ["d_x[n] = [x[n] > 0]·1.5·d_s[n]/t[n]"]


def test_several_readers(b):
    y = b.net.input("y", (b.N,))
    b.t[b.n] = sqrt(b.x[b.n])
    first = Piecewise((b.t[b.n], b.x[b.n] > 0), (0, True))
    loss = Sum(first + Piecewise((b.t[b.n] ** 2, y[b.n] > 0), (0, True)), b.n)
    assert b.gradient(loss) == ["d_x[n] = [x[n] > 0 or y[n] > 0]·d_t[n]/(2·t[n])"]


def test_reads_are_counted_where_it_takes_a_sum_to_tell(b):
    c = b.net.input("c", (b.N, b.M))
    b.t[b.n] = sqrt(b.x[b.n])
    loss = Sum(Piecewise((c[b.n, b.m] * b.t[b.n], c[b.n, b.m] > 0), (0, True)), b.n, b.m)
    assert b.gradient(loss) == [
        "t_reads[n] = Σ_m [c[n, m] > 0]",
        "d_x[n] = [t_reads[n] ≠ 0]·d_t[n]/(2·t[n])",
    ]


def test_a_maximum_and_relu_select_as_branches_do(b):
    b.t[b.n] = log(b.x[b.n])
    assert b.gradient(Sum(Max(b.t[b.n], -1), b.n))[-1].startswith("d_x[n] = [")


def test_an_overflow_is_no_reason_to_count(b):
    """Nor is a unit that is off in a layer that reads all of a row."""
    W, s = b.net.input("W", (b.M,)), b.net.tensor("s")
    b.t[b.n] = exp(b.x[b.n])
    s[b.n, b.m] = relu(W[b.m] * b.t[b.n])
    assert not [line for line in b.gradient(Sum(s[b.n, b.m], b.n, b.m)) if "reads" in line]


def test_a_recurrence_that_is_read_on_in_any_case_needs_no_guard(b):
    """h[k - 1] is read in both branches of h[k]; t[k] in one of them."""
    k, h = b.net.index("k", (1, b.N)), b.net.tensor("h")
    h[0] = 1
    b.t[k] = sqrt(b.x[k - 1])
    h[k] = Piecewise((h[k - 1] * b.t[k], b.x[k - 1] > 0), (h[k - 1], True))
    assert b.gradient(h[b.N]) == ["d_x[k] = [x[k] > 0]·d_t[k + 1]/(2·t[k + 1])"]


def test_what_is_read_at_some_positions_alone(b):
    b.t[b.n] = sqrt(b.x[b.n])
    assert b.gradient(b.t[b.N - 1] ** 2) == ["d_x[n] = [n = N - 1]·d_t[n]/(2·t[n])"]


def test_a_branch_beside_a_kink_is_no_reason_to_guard_its_other_branch(b):
    """w[n, m] meets 1 where t[n] is not read: its gradient is that of relu, whether t[n] is read elsewhere or not."""
    y, w = b.net.input("y", (b.N,)), b.net.parameter("w", (b.N, b.M))
    b.t[b.n] = log(b.x[b.n])
    lines = b.gradient(Sum(relu(w[b.n, b.m] * Piecewise((b.t[b.n], y[b.n] > 0), (1, True))), b.n, b.m), "d_w")
    assert lines[-1] == "d_w[n, m] = [loss_relu[n, m] > 0]·d_loss_arg[n, m]·(t[n] if [y[n] > 0] else 1)"


def test_reads_are_counted_inside_their_tensor_whatever_stands_in_front(b):
    """The window's own guard stands before the clip's, which is the reader's."""
    k, a = b.net.index("k", 2), b.net.tensor("a")
    b.t[b.n] = exp(b.x[b.n])
    window = Piecewise((b.t[2 * b.n + k - 1], And(2 * b.n + k >= 1, 2 * b.n + k - 1 < b.N)), (0, True))
    a[b.n] = hardtanh(Sum(window, k))
    counted, _ = b.gradient(Sum(a[b.n], b.n))
    assert counted == ("t_reads_2[i + 2·n - 1] += [1 ≤ i + 2·n ≤ N]·[a_sum[n] < 1 and -1 < a_sum[n]]")


def test_what_data_make_infinite_is_selected_where_it_is_a_factor(b):
    """y = 0 and a unit that is off: 0 times log 0."""
    y, w = b.net.input("y", (b.N,)), b.net.parameter("w", (b.M,))
    b.t[b.n] = log(y[b.n])
    loss = Sum(relu(w[b.m] * b.t[b.n] + b.x[b.n]), b.n, b.m)
    assert b.gradient(loss, "d_w") == ["d_w[m] = Σ_n [loss_relu[n, m] > 0]·d_loss_arg[n, m]·t[n]"]


def test_where_the_product_has_more_axes_than_its_delta_it_is_selected_where_the_factor_is_read(b):
    y, w, k = b.net.input("y", (b.N, b.M)), b.net.parameter("w", (b.N, b.M)), b.net.index("k", b.N)
    u, a = b.net.tensors("u a")
    u[b.n, b.m] = log(y[b.n, b.m])
    a[b.n, k] = relu(Sum(w[k, b.m] * u[b.n, b.m], b.m))
    b.t[b.n] = Sum(a[b.n, k] * b.x[k], k)
    assert b.gradient(Sum(b.t[b.n], b.n), "d_w") == [
        "u_reads[n, m] = Σ_k [a[n, k] > 0]",
        "d_w[k, m] = Σ_n [u_reads[n, m] ≠ 0]·d_a_sum[n, k]·u[n, m]",
    ]


def test_a_modulus_selects_at_zero(b):
    b.t[b.n] = sqrt(b.x[b.n])
    assert b.gradient(Sum(Abs(b.t[b.n]), b.n)) == ["d_x[n] = [t[n] ≠ 0]·d_t[n]/(2·t[n])"]


def test_a_modulus_selects_at_zero_where_its_delta_may_be_infinite(b):
    b.t[b.n] = log(Abs(b.x[b.n]))
    assert b.gradient(Sum(tanh(b.t[b.n]), b.n)) == ["d_x[n] = [x[n] ≠ 0]·d_t_abs[n]·sign(x[n])"]


def test_a_modulus_of_what_is_finite_needs_no_guard(b):
    b.t[b.n] = tanh(Abs(b.x[b.n]))
    assert b.gradient(Sum(b.t[b.n], b.n)) == ["d_x[n] = d_t_abs[n]·sign(x[n])"]
