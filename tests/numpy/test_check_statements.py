"""The array language's checker: it lets pass what is right, and says what is wrong of anything else."""

from dataclasses import replace

import pytest

from symbackprop.lower.check_values import IllFormed
from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Contract,
    Counter,
    Fold,
    Function,
    Gather,
    If,
    Loop,
    Map,
    Role,
    Scalar,
    Scatter,
)
from symbackprop.numpy.check_statements import check
from symbackprop.terms.build import TRUE, UNIT
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.term import Reduction

N, D, H = (Poly.of(Dim(name)) for name in "NDH")
n, d, h, t = (Index(name) for name in "ndht")


def array(buffer, subscripts, axes, extents):
    return Array(buffer, tuple(Poly.of(s) for s in subscripts), tuple(axes), tuple(extents))


X = Buffer("x", (N, D), role=Role.ARGUMENT)
W = Buffer("W", (H, D), role=Role.ARGUMENT)
Z = Buffer("z", (N, H))
x, w, z = array(X, (n, d), (n, d), (N, D)), array(W, (h, d), (h, d), (H, D)), array(Z, (n, h), (n, h), (N, H))
PRODUCT = Contract(z, x, w, (), (d,))
GOOD = Function("f", (X, W), (Allocate(Z), PRODUCT, Map(MapOp.TANH, z, (z,))), (("z", Z),))
V, PICKED = Buffer("v", (N,)), Buffer("picked", (N, D))
LABEL = Buffer("label", (N,), Kind.INT, Role.ARGUMENT)
label, picked = array(LABEL, (n,), (n,), (N,)), array(PICKED, (n, d), (n, d), (N, D))
FOLD = Fold(Reduction.SUM, array(V, (n,), (n,), (N,)), z)
GATHER, SCATTER = Gather(picked, W, 1, label), Scatter(Z, 1, label, z)
COUNT = Counter(h, H, Poly.of(t), ONE)


def with_body(*statements):
    return replace(GOOD, arguments=(X, W, LABEL), body=statements)


def test_well_formed():
    check(GOOD)
    check(with_body(Allocate(Z), Allocate(V), FOLD, Allocate(PICKED), GATHER, SCATTER))
    check(with_body(Allocate(Z), If(TRUE, (PRODUCT,), (Map(MapOp.COPY, z, (Scalar(UNIT),)),))))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ((PRODUCT,), "z has no storage"),
        ((Allocate(Z), Map(MapOp.COPY, x, (Scalar(UNIT),))), "x is an argument and is written"),
        ((Allocate(Z), replace(PRODUCT, inner=(n,))), "summed axes of the left factor differ"),
        ((Allocate(Z), replace(PRODUCT, right=array(W, (h, 0), (h,), (H,)))), "summed axes of the right factor differ"),
        ((If(TRUE, (), (Allocate(Z),)), Map(MapOp.TANH, z, (z,))), "z has no storage"),
        ((Allocate(Z), Map(MapOp.COPY, z, (x,))), "axes that the result lacks"),
        ((Allocate(Z), Map(MapOp.COPY, z, (replace(z, extents=(N, D)),))), "extents along h differ"),
        ((Allocate(Z), Map(MapOp.COPY, z, (array(Z, (n, t), (n,), (N,)),))), "unknown index"),
        ((Allocate(Z), Map(MapOp.COPY, z, (array(Z, (n,), (n,), (N,)),))), "z has rank 2"),
        ((If(TRUE, (Allocate(Z),)), Map(MapOp.TANH, z, (z,))), "z has no storage"),
        ((Allocate(X),), "an argument is not allocated"),
        ((Allocate(Z), replace(PRODUCT, batch=(t,))), "groups and axes differ"),
        ((Allocate(Z), replace(PRODUCT, right=array(W, (n, d), (h, d), (H, D)))), "unknown index|no subscript uses"),
        ((Allocate(Z), replace(PRODUCT, right=replace(w, extents=(N, D)))), "extents along h differ"),
        ((Allocate(Z), Allocate(V), replace(FOLD, source=FOLD.out)), "nothing is folded"),
        ((Allocate(PICKED), replace(GATHER, rows=2)), "rows of another rank"),
        ((Allocate(PICKED), replace(GATHER, out=array(PICKED, (n, d), (d, n), (D, N)))), "do not come first"),
        ((Allocate(V), Allocate(PICKED), Map(MapOp.COPY, array(V, (n,), (n,), (N,)), (Scalar(UNIT),)),
          replace(GATHER, index=array(V, (n,), (n,), (N,)))), "the index is no integer"),
        ((Allocate(Z), replace(SCATTER, source=array(Z, (n, h), (h, n), (H, N)))), "do not come first"),
        ((Allocate(Z), replace(SCATTER, rows=2)), "rows of another rank"),
        ((Allocate(Z), Map(MapOp.COPY, z, (COUNT,))), "unknown index in"),
        ((Allocate(Z), Map(MapOp.COPY, z, (Counter(h, N, ZERO, ONE),))), "extents along h differ"),
        ((Loop(t, ZERO, N - 1, False, (Loop(t, ZERO, N - 1, False, ()),)),), "the variable t is in use"),
        ((If(TRUE, (Allocate(Z),), (PRODUCT,)),), "z has no storage"),
    ],
)  # fmt: skip
def test_ill_formed(body, complaint):
    with pytest.raises(IllFormed, match=complaint):
        check(with_body(*body))


def test_loop_variables_are_known_inside_their_loop():
    row = array(Z, (t, h), (h,), (H,))
    step = Map(MapOp.COPY, row, (Scalar(UNIT),))
    check(with_body(Allocate(Z), Loop(t, ZERO, N - 1, False, (step,))))
    with pytest.raises(IllFormed, match="unknown index"):
        check(with_body(Allocate(Z), step))
