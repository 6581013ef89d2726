"""A sum that is assumed to have a value is read as it in the backward program: on data of which that is true."""

from fractions import Fraction

from sympy import Eq

from symbackprop import Network, Sum, stages
from symbackprop.optimise.assumed_sums import apply_assumptions
from symbackprop.terms.term import Reduce, Reduction, subterms
from tests.optimise.networks import perceptron
from tests.terms.exact import Elements, numbers

SIZES = {"N": 2, "K": 3}


def derived(assumed):
    net = Network("weights")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    y, u = net.input("y", (N, K)), net.parameter("u", (N,))
    if assumed:
        net.assume(Eq(Sum(y[n, k], k), 1))
    z = net.tensor("z")
    z[n] = u[n] ** 2
    net.loss = Sum(y[n, k] * z[n], n, k)
    return stages.swept(net.to_program(), ("u",))


def sums(found):
    return [term for e in found.backward.equations for term in subterms(e.rhs)
            if isinstance(term, Reduce) and term.reduction is Reduction.SUM]  # fmt: skip


def test_the_sum_is_gone_and_the_gradient_stays_where_the_assumption_holds():
    before = derived(True)
    after = apply_assumptions(before)
    assert sums(before)
    assert not sums(after)
    plain = numbers(3)

    def given(tensor, place):
        value = plain(tensor, place)
        rest = sum(plain("y", (place[0], k)) for k in range(2))
        return Fraction(1) - rest if tensor == "y" and place[1] == 2 else value

    for data, same in ((given, True), (plain, False)):
        one, other = (Elements(each.joint, SIZES, data).every("d_u") for each in (before, after))
        assert (one == other) is same


def test_without_such_an_assumption_nothing_changes():
    for before in (derived(False), stages.swept(perceptron()[0].to_program(), ("W",))):
        assert apply_assumptions(before) is before
