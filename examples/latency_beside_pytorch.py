"""How long `predict` takes for one row: in C, in NumPy, and by PyTorch as it runs operator by operator.

    python examples/latency_beside_pytorch.py

A perceptron of two hidden layers, on one thread, with the same weights everywhere; the outputs are compared first. The
medians of many calls are printed, and what is not installed is left out with a word about it.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from sympy import tanh

from symbackprop import Network, layers, load
from symbackprop.errors import CompilerNotFound

INPUTS, OUTPUTS, CALLS = 64, 10, 2000


def network():
    """(1, INPUTS) to (1, OUTPUTS): every size is a number."""
    net = Network("classifier")
    h = layers.dense(net.input("x", (1, INPUTS)), 128, activation=tanh, name="1")
    h = layers.dense(h, 128, activation=tanh, name="2")
    net.output(layers.dense(h, OUTPUTS, name="3"))
    return net


def of_module(module, params):
    """A function of x."""
    workspace = module.Workspace()
    return lambda x: module.predict(params, x, workspace=workspace)


def of_pytorch(params):
    import torch

    torch.set_num_threads(1)
    shapes = [params[f"W{place}"].shape for place in (1, 2, 3)]
    linear = [torch.nn.Linear(inputs, outputs) for outputs, inputs in shapes]
    model = torch.nn.Sequential(linear[0], torch.nn.Tanh(), linear[1], torch.nn.Tanh(), linear[2])
    with torch.no_grad():
        for place, each in enumerate(linear, 1):
            each.weight.copy_(torch.from_numpy(params[f"W{place}"]))
            each.bias.copy_(torch.from_numpy(params[f"b{place}"]))

    def predict(x):
        with torch.inference_mode():
            return model(torch.from_numpy(x)).numpy()

    return predict


def seconds(function, x, calls):
    """The median of a call's time, once it is warm."""
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        function(x)
        times.append(time.perf_counter() - start)
    return statistics.median(times[calls // 10 :])


def main(calls=CALLS):
    """Prints a line for each, and returns the medians by name."""
    net = network()
    alone = load(net)
    params = alone.init_params(0)
    makers = {
        "NumPy": lambda: of_module(alone, params),
        "C": lambda: of_module(load(net, backend="c"), params),
        "PyTorch": lambda: of_pytorch(params),
    }
    x = np.random.default_rng(0).normal(size=(1, INPUTS)).astype(np.float32)
    expected, found = None, {}
    for name, make in makers.items():
        try:
            function = make()
        except CompilerNotFound as error:
            print(f"{name:8} skipped: {error}")
            continue
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            print(f"{name:8} skipped: PyTorch is not installed")
            continue
        value = np.array(function(x))
        expected = value if expected is None else expected
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)
        found[name] = seconds(function, x, calls)
        print(f"{name:8} {found[name] * 1e6:7.1f} µs")
    return found


if __name__ == "__main__":
    main()
    sys.exit(0)
