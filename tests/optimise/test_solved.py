"""Definitions turned round give the elements that they define, exactly, at every position."""

import pytest

from symbackprop import Network, Sum
from symbackprop.optimise.solved import match_element, solved_forms
from symbackprop.terms.build import NIL, access, add, mul
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Axis
from tests.terms.exact import Elements, numbers


def program(write):
    """z[n, j], its mean, a reciprocal r[n] and a root s[n] of its squares, g[j] given, and x[n, j] as written."""
    net = Network("standardised")
    N, H = net.dims("N H")
    n, j, i = net.indices(n=N, j=H, i=H)
    u, g = net.parameter("u", (N, H)), net.parameter("g", (H,))
    z, m, r, x = net.tensors("z m r x")
    z[n, j] = u[n, j] ** 2 + g[j]
    m[n] = Sum(z[n, i], i) / H
    r[n] = 1 / Sum(u[n, i] ** 2, i)
    x[n, j] = write(z[n, j], m[n], r[n], g[j], H)
    net.loss = Sum(x[n, j] ** 2 + m[n] + r[n], n, j)
    return net.to_program()


SOLVED = {
    "standardised": lambda z, m, r, g, H: r * (z - m),
    "with a number": lambda z, m, r, g, H: 3 * r * z - r * m,
    "by a size": lambda z, m, r, g, H: r**2 * (z / H - m) + g,
    "a scale alone": lambda z, m, r, g, H: r * z,
}
OTHERS = {
    "what may be zero": lambda z, m, r, g, H: g * (z - m),
    "beside what may be zero": lambda z, m, r, g, H: r * g * z,
    "no scale": lambda z, m, r, g, H: z - m,
    "twice": lambda z, m, r, g, H: r * z + z * m,
    "squared": lambda z, m, r, g, H: r * z**2,
}


@pytest.mark.parametrize("name", SOLVED)
def test_the_value_is_the_element(name):
    made = program(SOLVED[name])
    (found,) = [form for form in solved_forms(made) if form.element.tensor == "z"]
    assert found.scale == {"r"}
    assert found.tensors == {"z"} | found.value.tensors
    assert "z" not in found.value.tensors
    for seed, sizes in enumerate(({"N": 2, "H": 3}, {"N": 1, "H": 1}, {"N": 3, "H": 2})):
        value = Elements(made, sizes, numbers(seed))
        for at in value.positions(found.axes):
            assert value(found.value, at) == value(found.element, at)


@pytest.mark.parametrize("name", OTHERS)
def test_what_says_nothing_of_an_element(name):
    assert [form for form in solved_forms(program(OTHERS[name])) if form.element.tensor == "z"] == []


def test_it_is_put_in_where_its_position_is_one_of_the_axes():
    made = program(SOLVED["standardised"])
    (form,) = solved_forms(made)
    N, H = Poly.of(Dim("N")), Poly.of(Dim("H"))
    p, q = Index("p"), Index("q")
    inside = {p: Axis(p, N * 0, N - 1), q: Axis(q, H * 0, H - 1)}
    element = access("z", [Poly.of(p), Poly.of(q)])
    term = add(mul(element, access("g", [Poly.of(q)])), access("m", [Poly.of(p)]))
    found = form.put_in(term, inside)
    assert "z" not in found.tensors
    value = Elements(made, {"N": 2, "H": 3}, numbers(4))
    for at in value.positions(inside.values()):
        assert value(found, at) == value(term, at)
    beyond = {**inside, q: Axis(q, H * 0, H)}
    assert form.put_in(term, beyond) is term
    assert match_element(form.element, access("z", [Poly.of(p), Poly.of(q) + 1]), form.axes, inside) is None
    assert match_element(form.element, access("z", [Poly.of(p), Poly.of(0)]), form.axes, inside) is None
    assert form.put_in(NIL, inside) is NIL
