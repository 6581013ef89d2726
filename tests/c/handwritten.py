"""Two networks, and what is written by hand for them in C, to the interface that generated texts have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symbackprop import Network, Sum
from symbackprop.c.compiled import Texts


def noisy() -> Network:
    """A loss, labels, noise and a buffer."""
    net = Network("noisy")
    N, D, K = net.dims("N D K")
    n, d = net.indices(n=N, d=D)
    x, label = net.input("x", (N, D)), net.input("label", (N,), dtype="int", high=K)
    w, c = net.parameter("w", (D,)), net.parameter("c", (K,), init="normal")
    keep, m, y = net.random("keep", (N, D), "bernoulli", p=0.5), net.buffer("m", (), "zeros"), net.tensor("y")
    y[n] = Sum(w[d] * x[n, d] * keep[n, d], d) + c[label[n]] - m[()]
    net.loss = Sum(y[n] ** 2, n)
    new = net.tensor("new")
    new[()] = m[()] + Sum(y[n], n)
    net.update(m[()], new[()])
    net.output(y)
    return net


def layer() -> Network:
    """Two outputs, no loss."""
    net = Network("layer")
    N, D, K = net.dims("N D K")
    n, d, k = net.indices(n=N, d=D, k=K)
    x, W, y, s = net.input("x", (N, D)), net.parameter("W", (K, D)), *net.tensors("y s")
    y[n, k] = Sum(W[k, d] * x[n, d], d)
    s[n] = Sum(x[n, d] ** 2, d)
    net.output(y, s)
    return net


_BEGIN = """#include <stdint.h>
#include <string.h>
#ifdef {name}_DOUBLE
typedef double real;
#else
typedef float real;
#endif
enum {{ N = {N}, D = {D}, K = {K} }};
"""

_NOISY = """
static int forward(const real *w, const real *c, const real *x, const int32_t *label, const real *m, const real *keep,
                   real *loss, real *work)
{
    *loss = 0;
    for (int n = 0; n < N; n++) {
        if (label[n] < 0 || label[n] >= K) return 1;
        work[n] = c[label[n]] - *m;
        for (int d = 0; d < D; d++) work[n] += w[d] * x[n * D + d] * keep[n * D + d];
        *loss += work[n] * work[n];
    }
    return 0;
}

static int backward(const real *x, const int32_t *label, const real *keep, real *gw, real *gc, real *work)
{
    memset(gw, 0, D * sizeof(real));
    memset(gc, 0, K * sizeof(real));
    for (int n = 0; n < N; n++) {
        for (int d = 0; d < D; d++) gw[d] += 2 * work[n] * x[n * D + d] * keep[n * D + d];
        gc[label[n]] += 2 * work[n];
        work[n] = 0; /* forward left it, and it is spent */
    }
    return 0;
}

int noisy_forward_at(void *const *at) { return forward(at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7]); }
int noisy_backward_at(void *const *at) { return backward(at[2], at[3], at[5], at[6], at[7], at[8]); }
int noisy_value_and_grad_at(void *const *at)
{
    return forward(at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[9])
        || backward(at[2], at[3], at[5], at[7], at[8], at[9]);
}
int noisy_next_buffers_at(void *const *at)
{
    real *next = at[6];
    *next = *(const real *)at[4];
    for (int n = 0; n < N; n++) *next += ((const real *)at[7])[n];
    return 0;
}
int noisy_predict_at(void *const *at)
{
    const real *w = at[0], *c = at[1], *x = at[2], *m = at[4];
    const int32_t *label = at[3];
    real *y = at[5];
    for (int n = 0; n < N; n++) {
        y[n] = c[label[n]] - *m;
        for (int d = 0; d < D; d++) y[n] += w[d] * x[n * D + d] / 2;
    }
    return 0;
}
"""

_LAYER = """
int layer_forward_at(void *const *at)
{
    const real *W = at[0], *x = at[1];
    real *y = at[2], *s = at[3];
    memset(y, 0, N * K * sizeof(real));
    memset(s, 0, N * sizeof(real));
    for (int n = 0; n < N; n++)
        for (int d = 0; d < D; d++) {
            s[n] += x[n * D + d] * x[n * D + d];
            for (int k = 0; k < K; k++) y[n * K + k] += W[k * D + d] * x[n * D + d];
        }
    return 0;
}
int layer_predict_at(void *const *at) { return layer_forward_at(at); }
int layer_backward_at(void *const *at)
{
    const real *W = at[0], *x = at[1], *dy = at[2], *ds = at[3];
    real *gW = at[4], *gx = at[5];
    memset(gW, 0, K * D * sizeof(real));
    for (int n = 0; n < N; n++)
        for (int d = 0; d < D; d++) {
            gx[n * D + d] = 2 * ds[n] * x[n * D + d];
            for (int k = 0; k < K; k++) {
                gx[n * D + d] += dy[n * K + k] * W[k * D + d];
                gW[k * D + d] += dy[n * K + k] * x[n * D + d];
            }
        }
    return 0;
}
"""


def noisy_texts(sizes: Mapping[str, int], made_from: str = "") -> Texts:
    """`made_from`: what the library says of itself, but for its dtype."""
    given = ("w", "c", "x", "label", "m", "keep")
    phases: dict[str, Any] = dict.fromkeys(("forward", "backward", "value_and_grad", "next_buffers"), given)
    phases["predict"] = given[:-1]
    text = _BEGIN.format(name="noisy", **sizes) + _NOISY
    text += f"""
const char *noisy_made_from(void) {{ return sizeof(real) == 8 ? "{made_from} float64" : "{made_from} float32"; }}
"""
    return Texts("noisy", {"noisy.c": text}, phases, {"": sizes["N"], "predict": 1})


def layer_texts(sizes: Mapping[str, int]) -> Texts:
    given = ("W", "x")
    phases = {"forward": given, "predict": given, "backward": (*given, "d_y", "d_s")}
    return Texts("layer", {"layer.c": _BEGIN.format(name="layer", **sizes) + _LAYER}, phases, {"": 1})
