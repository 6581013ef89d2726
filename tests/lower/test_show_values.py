"""Functions of values as text, a step a line."""

from __future__ import annotations

from symbackprop.lower.show_values import show
from symbackprop.lower.values import Bind, Clear, Contract, If, Kind, Loop, MapOp, Note
from symbackprop.terms.build import TRUE
from symbackprop.terms.poly import ZERO, Index
from symbackprop.terms.program import Op
from tests.lower.made import AXES, D, d, define, e, function, map_, n, read

X = read("x", n, d)


def test_steps() -> None:
    total = Contract((read("V", d, e), read("x", n, e)), (e,), False)
    mask = map_(MapOp.GREATER, X, total, kind=Kind.BOOL)
    added = define("y", map_(MapOp.COPY, read("label", n)), Op.ACCUMULATE)
    steps = (
        Note("what follows"), Clear("z"), Bind("v", (n, d), AXES, map_(MapOp.TANH, X)),
        define("y", map_(MapOp.SELECT, mask, X, read("v", n, d))),
        Loop(Index("t"), ZERO, D - 1, True, (If(TRUE, (added,)),)),
    )  # fmt: skip
    assert show(function(*steps)).splitlines() == [
        "f(x, V, s, label)",
        "    # what follows",
        "    z = 0",
        "    v[n, d] := tanh(x[n, d])",
        "    y[n, d] = select((x[n, d] > (Σ_{e} V[d, e] · x[n, e])), x[n, d], v[n, d])",
        "    for t in D - 1..0:",
        "        if true:",
        "            y[n, d] += float(label[n])",
    ]
