"""What several equations add to a tensor is combined once."""

from __future__ import annotations

from symbackprop import Network, Sum
from symbackprop.shard import ExchangeKind
from tests.shard.cases import kinds, sharded


def test_additions_of_several_equations_are_one_sum() -> None:
    """The gradient of an embedding that is the output's weights too, of which two equations know."""
    one = sharded("gpt2", {"n": "data"})
    (summed,) = (e for e in one.exchanges.values() if e.target == "d_" + _tied(one))
    assert summed.kind is ExchangeKind.PSUM
    assert len(one.backward.program.definitions[summed.source]) > 1
    assert kinds(one, one.backward, "data")["psum"] == len(one.backward.program.wrt)


def _tied(one: object) -> str:
    """The parameter that is looked up and multiplied with."""
    backward = one.backward.program  # type: ignore[attr-defined]
    several = [name for name, adjoint in backward.wrt
               if any(e.target != adjoint and e.target.startswith(adjoint) for e in backward.equations)
               and len([e for e in backward.equations if e.target.startswith(adjoint + "_part")]) > 1]  # fmt: skip
    return several[0]


def test_a_copy_of_what_is_exchanged_is_the_exchange() -> None:
    net = Network("sum")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, s = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("s")
    s[i] = Sum(x[n, i], n)
    net.loss = Sum(s[i] * w[i], i)
    one = sharded(net, {"n": "data"})
    assert [e.target for e in one.exchanges.values()] == ["s"]
