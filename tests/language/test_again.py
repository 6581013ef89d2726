"""A cell that is run again: the same statement is the same thing, another in its place is refused, and what is refused
leaves no trace."""

from __future__ import annotations

import pytest
from sympy import Eq, Le

from symbackprop import Network, Sum, check_derivation, delta, derive, errors, generate
from symbackprop.terms.program import Program

from .bench import Bench

SOURCE = {
    "sizes": 'N, D, H = net.dims("N D H")\nK = net.dim("K")\nM = net.dim("M")',
    "indices": 'n, i, j = net.indices(n=N, i=D, j=H)\nt = net.index("t", (1, N))',
    "given": 'x, y = net.input("x", (N, D)), net.input("y", (N,))\nc = net.input("c", (N,), dtype="int", high=K)',
    "learned": 'W, b = net.parameter("W", (H, D), "he_normal"), net.parameter("b", (H,))'
    '\nE = net.parameter("E", (K, H))',
    "noise": 'mask = net.random("mask", (N, H), "bernoulli", p=0.5)',
    "state": 'mean = net.buffer("mean", (H,), "zeros")',
    "tensors": 'z, a, h = net.tensors("z a h")\ns = net.tensor("s")',
    "facts": "net.assume(Eq(Sum(x[n, i], i), 1))\nnet.assume(Le(M, N))\nnet.assume(Le(2, M))",
    "equations": "z[n, j] = Sum(W[j, i]*x[n, i], i) + b[j]\na[n, j] = z[n, j]**2*mask[n, j] + E[c[n], j] - mean[j]",
    "recurrence": "h[0, j] = 0\nh[t, j] = h[t - 1, j] + a[t - 1, j]",
    "scalar": "s[()] = Sum(h[M, j]**2, j)",
    "next": "net.update(mean[j], mean[j]/2 + Sum(z[n, j], n)/(2*N))",
    "loss": "net.loss = s + Sum(y[n]*a[n, 0], n)",
    "outputs": "net.output(a)\nnet.output(h)",
    "claims": 'net.claim(delta(z)[n, j], 2*z[n, j]*delta(a)[n, j]*mask[n, j])\nnet.claim("delta(s) = 1")',
    "notation": 'net.notation(W=r"\\Theta", N="B")',
}


def program_of(cells: list[str]) -> tuple[Program, Network]:
    names = {"Network": Network, "Sum": Sum, "Eq": Eq, "Le": Le, "delta": delta, "net": Network("m")}
    for cell in cells:
        exec(SOURCE[cell], names)
    net = names["net"]
    assert isinstance(net, Network)
    return net.to_program(), net


def test_every_cell_can_be_run_again() -> None:
    once, _ = program_of(list(SOURCE))
    for cell in SOURCE:
        again, net = program_of([*SOURCE, cell])
        assert again == once, cell
        assert len(net.claims) == 2
    twice, net = program_of([*SOURCE, *SOURCE])
    assert twice == once
    assert generate(net) == generate(program_of(list(SOURCE))[1])
    assert len(check_derivation(net).rows) == 2


def test_a_cell_can_be_run_again_at_once() -> None:
    again, _ = program_of([cell for cell in SOURCE for _ in range(2)])
    assert again == program_of(list(SOURCE))[0]


def test_what_is_declared_again_is_itself() -> None:
    b = Bench()
    assert b.net.input("x", (b.N, b.D)) is b.x
    assert b.net.dim("N") == b.N
    assert b.net.tensors("z y") == (b.z, b.y)


def test_a_network_built_anew_replaces_the_one_before() -> None:
    first, again = Bench(), Bench()
    first.finish()
    again.y[again.n] = 2 * Sum(again.x[again.n, again.i] * again.w[again.i], again.i) + again.label[again.n]
    assert derive(first.net).name == "bench"
    with pytest.raises(errors.ForeignTensor, match="found y of another network of that name; run what"):
        again.z[again.n] = first.y[first.n]
    with pytest.raises(errors.InvalidOutput, match="another network of that name"):
        again.net.output(first.z)


def test_outputs_are_added_in_order() -> None:
    b = Bench()
    b.finish()
    b.net.output(b.z)
    b.net.output(b.z, b.y)
    b.net.output(b.y)
    assert b.net.to_program().outputs == ("z", "y")


def test_claims_in_other_words_are_others() -> None:
    b = Bench()
    b.finish()
    for text in ("delta(z)[n] = 2*z[n]", "delta(z)[n] = z[n]*2", "delta(z)[n] = 2*z[n]", "delta(z)[n] = 3*z[n]"):
        b.net.claim(text)
    assert [str(claim) for claim in b.net.claims] == [
        "delta(z)[n] = 2*z[n]", "delta(z)[n] = z[n]*2", "delta(z)[n] = 3*z[n]"
    ]  # fmt: skip


def test_what_is_refused_is_taken_back_as_a_whole() -> None:
    b, unchanged = Bench(), Bench()
    for bench in (b, unchanged):
        bench.finish()
        bench.net.update(bench.b[0], 1)
    before = str(b.net._book.names()), len(b.net._written.order)

    def write() -> None:
        q, k = b.net.tensor("q"), b.net.index("q2", 7)
        v = b.net.parameter("v", (b.net.dim("Q"),))
        q[k] = v[0] + k
        b.z[b.t + b.N - 1] = q[0]
        b.net.update(b.b[b.i], 2)
        b.net.assume(Le(b.K, b.D))
        b.net.output(b.z)
        b.net.parameter("w", (b.N, b.N))

    with pytest.raises(errors.DuplicateName):
        b.net.once(None, write)
    assert (str(b.net._book.names()), len(b.net._written.order)) == before
    assert b.net._written.outputs == []
    assert b.net._written.assumptions == []
    assert not b.net._book.facts
    assert [len(d.definitions) for d in b.net._book.tensors.values()] == [
        len(d.definitions) for d in unchanged.net._book.tensors.values()
    ]
    assert len(b.net._written.updates["b"]) == 1
    with pytest.raises(errors.UnknownSymbol):
        b.net.input("u", (unchanged.net.dim("Q"),))


def test_what_is_refused_leaves_no_trace_on_what_was_there() -> None:
    b, unchanged = Bench(), Bench()

    def write() -> None:
        q, m = b.net.tensor("q"), b.net.index("m", b.N)
        q[m] = Sum(b.x[m, b.i] * b.z[m, b.i, 0], b.i)
        b.net.loss = Sum(q[m] ** 2, m)
        b.net.notation(x="v")
        b.net.claim(delta(q)[m], 2 * q[m])
        b.net.description = "refused"
        b.net.parameter("w", (b.N, b.N))

    with pytest.raises(errors.DuplicateName):
        b.net.once(None, write)
    assert not b.net.claims
    assert b.net.description == ""
    with pytest.raises(errors.MissingLoss):
        assert b.net.loss
    b.finish()  # z has one axis here: as if nothing had read it with three
    unchanged.finish()
    assert b.net.to_program() == unchanged.net.to_program()
    assert b.net.to_program().notation == ()
    assert b.net.to_program().table["x"].axes == ("n", "i")


def test_once() -> None:
    b = Bench()
    calls = []

    def write(parameter: bool) -> object:
        calls.append(parameter)
        return b.net.parameter(f"v{len(calls)}", (b.D,)) if parameter else b.net.tensor(f"t{len(calls)}")

    assert b.net.once("key", lambda: write(False)) is b.net.once("key", lambda: write(False))
    assert b.net.once(None, lambda: write(False)) is not b.net.once(None, lambda: write(False))
    assert b.net.once("other", lambda: write(True)) is not b.net.once("other", lambda: write(True))
    assert calls == [False, False, False, True, True]
