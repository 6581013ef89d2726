"""Polynomials against the integers they stand for, at all small sizes and positions, and against SymPy's."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest
import sympy

from symbackprop.terms.poly import ONE, ZERO, Dim, Floor, Index, Poly, floor_div

N, K, i, j = Dim("N"), Dim("K"), Index("i"), Index("j")
ATOMS = (N, K, i, j)
POINTS = [dict(zip(ATOMS, point, strict=True)) for point in product((1, 2, 3, 5), (1, 2, 4), (-2, 0, 1, 3), (0, 3))]


def at(poly: Poly, point: dict[object, int]) -> int:
    return poly.evaluate(point.__getitem__)


@dataclass(frozen=True)
class Made:
    """A polynomial, and the integer that was meant."""

    poly: Poly
    means: Callable[[dict[object, int]], int]


def drawn(rng: random.Random, depth: int, floors: bool) -> Made:
    if depth == 0:
        if rng.random() < 0.3:
            plain = rng.randint(-6, 6)
            return Made(Poly.of(plain), lambda point: plain)
        atom = rng.choice(ATOMS)
        return Made(Poly.of(atom), lambda point: point[atom])
    a, b = drawn(rng, depth - 1, floors), drawn(rng, depth - 1, floors)
    kind, plain = rng.randrange(7 if floors else 5), rng.choice((-3, -1, 2, 3, 4, 6))
    match kind:
        case 0:
            return Made(a.poly + b.poly, lambda point: a.means(point) + b.means(point))
        case 1:
            return Made(a.poly - b.poly, lambda point: a.means(point) - b.means(point))
        case 2:
            return Made(a.poly * b.poly, lambda point: a.means(point) * b.means(point))
        case 3:
            return Made(plain - a.poly * plain, lambda point: plain - a.means(point) * plain)
        case 4:
            return Made(-(a.poly**2), lambda point: -(a.means(point) ** 2))
        case 5:
            return Made(a.poly // plain, lambda point: a.means(point) // plain)
        case _:
            below = rng.choice((N, K))
            times = rng.choice((1, 2))
            return Made(a.poly // (Poly.of(below) * times), lambda point: a.means(point) // (point[below] * times))


@pytest.mark.parametrize("floors", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_arithmetic_is_that_of_integers(seed: int, floors: bool) -> None:
    rng = random.Random(seed)
    for _ in range(4):
        made = drawn(rng, 3, floors)
        for point in POINTS:
            assert at(made.poly, point) == made.means(point), (str(made.poly), point)


def expanded(poly: Poly) -> sympy.Expr:
    return sympy.expand(sum(c * sympy.prod(symbol(atom) ** power for atom, power in m) for m, c in poly.terms))


def symbol(atom: object) -> sympy.Symbol:
    return sympy.Symbol(str(atom))


@pytest.mark.parametrize("seed", range(12))
def test_without_floors_it_is_sympys(seed: int) -> None:
    """Equal polynomials are one object, whatever way they were made; coefficients and degrees are as SymPy has them."""
    rng, seen = random.Random(seed), dict[sympy.Expr, Poly]()
    for _ in range(12):
        poly = drawn(rng, 3, False).poly
        expected = expanded(poly)
        assert seen.setdefault(expected, poly) is poly
        again = sum((Poly({monomial: c}) for monomial, c in reversed(poly.terms)), start=ZERO)
        assert again is poly
        for atom in ATOMS:
            theirs = sympy.Poly(expected, symbol(atom))
            assert expanded(poly.coefficient(atom)) == sympy.expand(theirs.coeff_monomial(symbol(atom)))
            assert poly.degree(atom) == max(theirs.degree(), 0)
        theirs = sympy.Poly(expected, *map(symbol, ATOMS))
        assert poly.constant_part == theirs.coeff_monomial(1)
        assert poly.constant == (expected if expected.is_Integer else None)
        assert expanded(poly.without_indices()) == expected.subs({symbol(i): 0, symbol(j): 0})
        total = sympy.Poly(expected, symbol(i), symbol(j)).total_degree()
        assert poly.is_affine == (total <= 1)
        assert {symbol(atom) for atom in poly.atoms()} == expected.free_symbols


@pytest.mark.parametrize("seed", range(20))
def test_substituting_is_composing(seed: int) -> None:
    """At once: i for j and j for i swaps them, inside floors too."""
    rng = random.Random(seed)
    made = drawn(rng, 3, True)
    put = {atom: drawn(rng, 1, False).poly for atom in rng.sample((i, j), rng.choice((1, 2)))}
    swapped = {i: Poly.of(j), j: Poly.of(i)}
    for mapping in (put, swapped):
        found = made.poly.substitute(mapping)
        for point in POINTS:
            inner = {**point, **{atom: at(poly, point) for atom, poly in mapping.items()}}
            assert at(found, point) == made.means(inner), (str(made.poly), mapping, point)
    assert made.poly.substitute({Index("elsewhere"): ZERO}) is made.poly


def test_floors_of_numbers() -> None:
    for above, below in product(range(-9, 10), range(-4, 5)):
        if below:
            assert floor_div(Poly.of(above), Poly.of(below)) == above // below
    with pytest.raises(ZeroDivisionError, match=r"floor of \(N\)/0"):
        Poly.of(N) // 0


def test_what_divides_is_taken_out() -> None:
    """So that equal extents are one object: (2*N + 1)//2 is N, (N*K + 1)//K is N + 1//K."""
    n, k = Poly.of(N), Poly.of(K)
    assert (2 * n + 1) // 2 is n
    assert (6 * n + 4 * k + 9) // 2 is 3 * n + 2 * k + 4
    assert (3 * n * k) // k is 3 * n
    assert (n * k + n) // n is k + 1
    assert (n * k + 2 * k + 1) // k == n + 2 + Poly.of(1) // k
    assert (4 * n + 2) // 4 is n  # 0 <= 2 < 4
    assert (2 * n + 2 * k) // 4 is (n + k) // 2
    assert (n + k) // (n + k) is ONE
    assert n // -1 is -n
    (floor,) = ((2 * n + 6 * k) // 4).atoms(deep=False)
    assert (str(floor.numerator), floor.denominator) == ("3*K + N", 2)


def bracketed(atom: object) -> str:
    if isinstance(atom, Floor):
        return f"(({atom.numerator.format(bracketed)})//({atom.denominator.format(bracketed)}))"
    return str(atom)


@pytest.mark.parametrize("seed", range(12))
def test_the_text_is_python(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(6):
        made = drawn(rng, 3, True)
        code = compile(made.poly.format(bracketed), "poly", "eval")
        for point in POINTS:
            assert eval(code, {str(atom): number for atom, number in point.items()}) == made.means(point), made.poly


def test_the_text_reads_as_written() -> None:
    k, t = Poly.of(Dim("K")), Poly.of(Index("t"))
    assert str(k - t - 1) == "K - t - 1"
    assert str(-t + 1) == "-t + 1"
    assert str(ZERO) == "0"
    assert str(-2 * k * k) == "-2*K**2"
    assert (2 * k * t).format(lambda atom: f"[{atom}]", times="·", power_text="^") == "2·[K]·[t]"
    assert str(Poly.of(Index("", 2))) == "#2"
    assert repr(k) == "Poly(K)"


def test_an_integer_equals_its_polynomial_alone() -> None:
    assert Poly.of(3) == 3
    assert Poly.of(3) != 4
    assert Poly.of(N) != 1
    assert Poly.of(N) - Poly.of(N) == 0
    assert Poly.of(N).atom is N
    assert Poly.of(i).index is i
    assert Poly.of(N).index is None
    assert (2 * Poly.of(i)).index is None
    assert (Poly.of(i) ** 2).atom is None


def test_what_stands_inside_floors() -> None:
    poly = (Poly.of(N) + Poly.of(i)) // 2 + Poly.of(K)
    assert set(poly.atoms()) == {N, K, i, *poly.atoms(deep=False)}
    assert set(poly.dims()) == {N, K}
    assert poly.indices() == (i,)
    assert not poly.is_affine
    assert poly.without_indices() is Poly.of(K)
    assert ((Poly.of(N) // 2) * Poly.of(i)).is_affine
    assert not (Poly.of(i) * Poly.of(j)).is_affine


@pytest.mark.parametrize("seed", range(6))
def test_it_comes_back_from_a_pickle_as_itself(seed: int) -> None:
    poly = drawn(random.Random(seed), 3, True).poly
    assert pickle.loads(pickle.dumps(poly)) is poly
