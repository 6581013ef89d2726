"""Networks of the zoo as users of CasADi write them: expressions of matrices (MX), at batch 1, with their gradients.

A matrix of CasADi lies column by column, so images and sequences are handed over with what is summed over first. There
is no convolution and no pooling among its operations: windows are gathered, which tables of indices do. Recurrences
are a cell that is called (`called`) or CasADi's own `mapaccum` (`accumulated`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from benchmarks.step import Arrays

Sizes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class InCasadi:
    """`function`: of parameters, then data, to the loss and the gradients by the parameters; `given`: what it takes, of
    what ours takes; `returned`: gradients in the shapes of ours."""

    function: ca.Function
    given: Callable[[Arrays], list[np.ndarray]]
    returned: Callable[[list[np.ndarray]], dict[str, np.ndarray]]

    def step(self, arrays: Arrays) -> tuple[float, dict[str, np.ndarray]]:
        """In double precision."""
        loss, *gradients = self.function(*self.given(arrays))
        return float(loss), self.returned([np.asarray(gradient) for gradient in gradients])

    @property
    def work(self) -> int:
        """Bytes of what its caller hands it to work with, in float on a processor of 32 bits."""
        f = self.function
        return 4 * (f.sz_w() + f.sz_iw() + f.sz_arg() + f.sz_res())


def made(weights: list[ca.MX], data: list[ca.MX], loss: ca.MX, **more: Any) -> InCasadi:
    """With one gradient each, of which common parts are computed once."""
    outs = [loss, *(ca.gradient(loss, weight) for weight in weights)]
    return InCasadi(ca.Function("f", [*weights, *data], outs, {"cse": True}), **more)


def cross_entropy(scores: ca.MX, wanted: ca.MX) -> ca.MX:
    return ca.logsumexp(scores) - ca.dot(wanted, scores)


def one_hot(label: np.ndarray, size: int) -> np.ndarray:
    return np.eye(size)[label[0]]


# --- a perceptron --------------------------------------------------------------------------------------
def mlp(sizes: Sizes) -> InCasadi:
    D, H, C = (sizes[name] for name in "DHC")
    W1, b1, W2, b2 = (ca.MX.sym(name, *shape) for name, shape in
                      {"W1": (H, D), "b1": (H,), "W2": (C, H), "b2": (C,)}.items())  # fmt: skip
    x, y = ca.MX.sym("x", D), ca.MX.sym("y", C)
    loss = cross_entropy(W2 @ ca.tanh(W1 @ x + b1) + b2, y)
    names = ("W1", "b1", "W2", "b2")

    def given(arrays: Arrays) -> list[np.ndarray]:
        return [*(arrays[name] for name in names), arrays["x"][0], arrays["y"][0]]

    def returned(found: list[np.ndarray]) -> dict[str, np.ndarray]:
        shapes = ((H, D), (H,), (C, H), (C,))
        return {name: value.reshape(shape) for name, value, shape in zip(names, found, shapes, strict=True)}

    return made([W1, b1, W2, b2], [x, y], loss, given=given, returned=returned)


# --- convolutions --------------------------------------------------------------------------------------
def gathered(values: ca.MX, places: np.ndarray) -> ca.MX:
    """(rows, columns) of the elements at these places."""
    return ca.reshape(values.nz[places.ravel(order="F").tolist()], *places.shape)


def convolved(image: ca.MX, kernel: ca.MX, bias: ca.MX, shape: tuple[int, int, int], size: int) -> ca.MX:
    """(features, positions); `shape`: height, width and bands of the image, whose last axis lies fastest."""
    height, width, bands = shape
    rows, columns = height - size + 1, width - size + 1
    places = np.arange(height * width * bands).reshape(shape)
    windows = [places[r : r + rows, s : s + columns, b].ravel()
               for b in range(bands) for r in range(size) for s in range(size)]  # fmt: skip
    return kernel @ gathered(image, np.stack(windows)) + ca.repmat(bias, 1, rows * columns)


def pooled(image: ca.MX, shape: tuple[int, int, int]) -> ca.MX:
    """The largest of each block of two rows and two columns, one vector."""
    height, width, _ = shape
    places = np.arange(np.prod(shape)).reshape(shape)[: height // 2 * 2, : width // 2 * 2]
    corners = [gathered(image, places[d::2, e::2].reshape(-1, 1)) for d in (0, 1) for e in (0, 1)]
    return ca.fmax(ca.fmax(corners[0], corners[1]), ca.fmax(corners[2], corners[3]))


def lenet(sizes: Sizes) -> InCasadi:
    B, H, W, C, F, G, R, S, M = (sizes[name] for name in "BHWCFGRSM")
    V1, U1 = H - R + 1, W - R + 1
    H1, W1 = V1 // 2, U1 // 2
    V2, U2 = H1 - S + 1, W1 - S + 1
    H2, W2 = V2 // 2, U2 // 2
    shapes = {"K1": (F, B * R * R), "b1": (F,), "K2": (G, F * S * S), "b2": (G,),
              "W3": (M, H2 * W2 * G), "b3": (M,), "W4": (C, M), "b4": (C,)}  # fmt: skip
    of = {name: ca.MX.sym(name, *shape) for name, shape in shapes.items()}
    x, y = ca.MX.sym("x", H * W * B), ca.MX.sym("y", C)
    z1 = convolved(x, of["K1"], of["b1"], (H, W, B), R)
    p1 = pooled(ca.vec(ca.fmax(z1, 0)), (V1, U1, F))
    z2 = convolved(p1, of["K2"], of["b2"], (H1, W1, F), S)
    p2 = pooled(ca.vec(ca.fmax(z2, 0)), (V2, U2, G))
    a3 = ca.fmax(of["W3"] @ p2 + of["b3"], 0)
    loss = cross_entropy(of["W4"] @ a3 + of["b4"], y)

    def given(arrays: Arrays) -> list[np.ndarray]:
        lying = {**arrays, "W3": arrays["W3"].transpose(0, 2, 3, 1)}
        image = arrays["x"][0].transpose(1, 2, 0).ravel()
        return [*(lying[name].reshape(shape) for name, shape in shapes.items()), image, one_hot(arrays["label"], C)]

    def returned(found: list[np.ndarray]) -> dict[str, np.ndarray]:
        own = shapes | {"K1": (F, B, R, R), "K2": (G, F, S, S), "W3": (M, H2, W2, G)}
        grads = {name: value.reshape(shape) for (name, shape), value in zip(own.items(), found, strict=True)}
        return grads | {"W3": grads["W3"].transpose(0, 3, 1, 2)}

    return made(list(of.values()), [x, y], loss, given=given, returned=returned)


# --- a recurrence --------------------------------------------------------------------------------------
def sigmoid(u: ca.MX) -> ca.MX:
    return 1 / (1 + ca.exp(-u))


def cell_of(D: int, H: int) -> ca.Function:
    """(c, h) one below the other, from those of the step before."""
    state, x = ca.MX.sym("state", 2 * H), ca.MX.sym("x", D)
    W, U, b = ca.MX.sym("W", 4 * H, D), ca.MX.sym("U", 4 * H, H), ca.MX.sym("b", 4 * H)
    enters, forgets, candidate, leaves = ca.vertsplit(W @ x + U @ state[H:] + b, H)
    c = sigmoid(forgets) * state[:H] + sigmoid(enters) * ca.tanh(candidate)
    after = ca.vertcat(c, sigmoid(leaves) * ca.tanh(c))
    return ca.Function("cell", [state, x, W, U, b], [after], {"never_inline": True})


def called(cell: ca.Function, start: ca.MX, x: ca.MX, weights: list[ca.MX]) -> ca.MX:
    for t in range(x.shape[1]):
        start = cell(start, x[:, t], *weights)
    return start


def accumulated(cell: ca.Function, start: ca.MX, x: ca.MX, weights: list[ca.MX]) -> ca.MX:
    steps = x.shape[1]
    return cell.mapaccum(steps, {"base": 4})(start, x, *(ca.repmat(weight, 1, steps) for weight in weights))[:, -1]


def lstm(sizes: Sizes, steps: Callable[[ca.Function, ca.MX, ca.MX, list[ca.MX]], ca.MX] = called) -> InCasadi:
    T, D, H, C = (sizes[name] for name in "TDHC")
    shapes = {"W": (4 * H, D), "U": (4 * H, H), "b": (4 * H,), "V": (C, H), "d": (C,)}
    of = {name: ca.MX.sym(name, *shape) for name, shape in shapes.items()}
    x, y = ca.MX.sym("x", D, T), ca.MX.sym("y", C)
    last = steps(cell_of(D, H), ca.MX.zeros(2 * H), x, [of["W"], of["U"], of["b"]])
    loss = cross_entropy(of["V"] @ last[H:] + of["d"], y)

    def given(arrays: Arrays) -> list[np.ndarray]:
        weights = [arrays[name].reshape(shape) for name, shape in shapes.items()]
        return [*weights, arrays["x"][:, 0].T, one_hot(arrays["label"], C)]

    def returned(found: list[np.ndarray]) -> dict[str, np.ndarray]:
        own = shapes | {"W": (4, H, D), "U": (4, H, H), "b": (4, H)}
        return {name: value.reshape(shape) for (name, shape), value in zip(own.items(), found, strict=True)}

    return made(list(of.values()), [x, y], loss, given=given, returned=returned)


def lstm_accumulated(sizes: Sizes) -> InCasadi:
    return lstm(sizes, accumulated)


NETWORKS: Mapping[str, tuple[Callable[[Sizes], InCasadi], ...]] = {
    "mlp": (mlp,),
    "lenet": (lenet,),
    "lstm": (lstm, lstm_accumulated),
}
