"""Trains a network whose shape is data: logical expressions, each a tree of its own, read by one generated layer.

    python examples/train_trees.py [--steps 500] [--seed 0]

The three networks below are written as equations, and their modules generated. What the language does not have, a
computation that follows a tree, is written by hand around them in a dozen lines of NumPy: `values` applies the cell to
all nodes of one height at a time, from the leaves up, and `gradients` pulls δ back through the same nodes, from the
roots down, by the cell's own `backward`. The trees held out are deeper than those that it learns from.
"""

from __future__ import annotations

import argparse
import sys
from collections import namedtuple

import numpy as np
from modules import generated, rates
from sympy import tanh

from symbackprop import Network, Sum, optimizers
from symbackprop.functions import softplus

UNITS, HIDDEN, BATCH, RATE = 12, 24, 64, 5e-3
DEEP, DEEPER = 4, 7  # heights of the trees to learn from, and of those held out
TARGET = 0.97
OPERATORS = (np.logical_and, np.logical_or, np.logical_xor)
# Nodes, children before parents. `operator`: of an inner node; `truth`: of every node; `roots`: one of each tree.
Forest = namedtuple("Forest", "height left right operator truth roots")


def cell():
    """The state of a node from those of its children, by its operator's own weights: a layer."""
    net = Network("cell")
    N, H, M = net.dims("N H M")
    n, j, k, m = net.indices(n=N, j=H, k=H, m=M)
    left, right = net.input("left", (N, H)), net.input("right", (N, H))
    operator = net.input("operator", (N,), dtype="int", high=len(OPERATORS))
    A, B = (net.parameter(name, (len(OPERATORS), M, H), init="glorot_uniform") for name in "AB")
    C, c = net.parameter("C", (H, M)), net.parameter("c", (len(OPERATORS), M))
    inner, state = net.tensors("inner state")
    both = Sum(A[operator[n], m, k] * left[n, k] + B[operator[n], m, k] * right[n, k], k)
    inner[n, m] = tanh(both + c[operator[n], m])
    state[n, j] = tanh(Sum(C[j, m] * inner[n, m], m))
    net.output(state)
    return net


def leaf():
    """The state of a leaf, which is true or false: a layer."""
    net = Network("leaf")
    N, H = net.dims("N H")
    n, j = net.indices(n=N, j=H)
    value, E, state = net.input("value", (N,), dtype="int", high=2), net.parameter("E", (2, H)), net.tensor("state")
    state[n, j] = E[value[n], j]
    net.output(state)
    return net


def verdict():
    """The loss at the roots, by their states too: from there δ goes into the trees."""
    net = Network("verdict")
    N, H = net.dims("N H")
    n, j = net.indices(n=N, j=H)
    root, truth = net.input("root", (N, H)), net.input("truth", (N,))
    w, score = net.parameter("w", (H,), init="normal"), net.tensor("score")
    score[n] = Sum(w[j] * root[n, j], j)
    net.loss = Sum(softplus(score[n]) - truth[n] * score[n], n) / N
    net.output(score)
    return net


# --- data -----------------------------------------------------------------------------------------------
def forest(rng, count, most):
    """Random trees of the heights 1 to `most`."""
    height, left, right, operator, truth, roots = [], [], [], [], [], []

    def node(h, children, op, value):
        for column, entry in zip((height, left, right, operator, truth), (h, *children, op, value), strict=True):
            column.append(entry)
        return len(height) - 1

    def tree(h):
        if h == 0:
            return node(0, (0, 0), 0, bool(rng.integers(2)))
        children = [tree(h - 1), tree(int(rng.integers(h)))]
        if rng.integers(2):
            children.reverse()
        op = int(rng.integers(len(OPERATORS)))
        return node(h, children, op, bool(OPERATORS[op](*(truth[child] for child in children))))

    for _ in range(count):
        roots.append(tree(int(rng.integers(1, most + 1))))
    return Forest(*map(np.array, (height, left, right, operator, truth, roots)))


# --- by hand --------------------------------------------------------------------------------------------
def values(modules, params, trees):
    """(the states of all nodes, what the layers kept: the nodes of a height and their cache, from the leaves up)"""
    nodes = np.flatnonzero(trees.height == 0)
    found, cache = modules["leaf"].forward(params["leaf"], trees.truth[nodes].astype(int))
    states, kept = np.empty((len(trees.height), found.shape[1]), found.dtype), [(nodes, cache)]
    states[nodes] = found
    for height in range(1, trees.height.max() + 1):
        nodes = np.flatnonzero(trees.height == height)
        children = states[trees.left[nodes]], states[trees.right[nodes]]
        states[nodes], cache = modules["cell"].forward(params["cell"], *children, trees.operator[nodes])
        kept.append((nodes, cache))
    return states, kept


def gradients(modules, trees, kept, d_roots):
    """The gradients of both layers' parameters, for δ of the states at the roots."""
    delta = np.zeros((len(trees.height), d_roots.shape[1]), d_roots.dtype)
    delta[trees.roots] = d_roots
    total = None
    for nodes, cache in reversed(kept[1:]):
        grads = modules["cell"].backward(cache, delta[nodes])
        delta[trees.left[nodes]] += grads.pop("left")  # a node has one parent, so no child stands here twice
        delta[trees.right[nodes]] += grads.pop("right")
        total = grads if total is None else {name: total[name] + grad for name, grad in grads.items()}
    nodes, cache = kept[0]
    return {"cell": total, "leaf": modules["leaf"].backward(cache, delta[nodes])}


def step(modules, params, trees):
    """(loss, gradients by the parameters of each module)"""
    states, kept = values(modules, params, trees)
    truth = trees.truth[trees.roots].astype(states.dtype)
    loss, grads = modules["verdict"].value_and_grad(params["verdict"], states[trees.roots], truth)
    return loss, {**gradients(modules, trees, kept, grads.pop("root")), "verdict": grads}


def accuracy(modules, params, trees):
    states, _ = values(modules, params, trees)
    scores = modules["verdict"].predict(params["verdict"], states[trees.roots])
    return float(np.mean((scores > 0) == trees.truth[trees.roots]))


def made():
    """The modules, by name."""
    adam = optimizers.adamw(weight_decay=0.0)
    return {
        "cell": generated(cell(), adam),
        "leaf": generated(leaf(), adam),
        "verdict": generated(verdict(), adam, wrt=["w", "root"]),
    }


def train(steps, seed=0, report=print):
    """(modules, parameters, accuracy on deeper trees)"""
    modules, rng = made(), np.random.default_rng(seed)
    sizes = {"cell": {"H": UNITS, "M": HIDDEN}, "leaf": {"H": UNITS}, "verdict": {"H": UNITS}}
    params = {name: module.init_params(rng, **sizes[name]) for name, module in modules.items()}
    states = {name: module.init_optimizer(params[name]) for name, module in modules.items()}
    test = forest(np.random.default_rng(12345), 1000, DEEPER)
    losses = []
    for number, rate in enumerate(rates(RATE, steps), 1):
        loss, grads = step(modules, params, forest(rng, BATCH, DEEP))
        losses.append(float(loss))
        for name, module in modules.items():
            module.update(params[name], grads[name], states[name], rate, clip_norm=1.0)
        if number % 100 == 0 or number == steps:
            found = accuracy(modules, params, test)
            report(f"step {number:5}  loss {np.mean(losses[-100:]):.4f}  accuracy on deeper trees {found:.1%}")
    return modules, params, accuracy(modules, params, test)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    *_, found = train(options.steps, options.seed)
    if found < TARGET:
        print(f"stays below {TARGET:.0%}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
