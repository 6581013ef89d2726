"""Flattening behind layers whose results have sizes of their own: one axis, in C order, whatever the sizes."""

import inspect

import numpy as np
import pytest

from symbackprop import Network, Sum, layers, load

BEHIND = {
    "itself": lambda x, K, S: x,
    "conv 3": lambda x, K, S: layers.conv2d(x, 2, 3),
    "conv K": lambda x, K, S: layers.conv2d(x, 2, K),
    "pool": lambda x, K, S: layers.max_pool(x, 2),
    "conv and pool": lambda x, K, S: layers.max_pool(layers.conv2d(x, 2, K), 2),
    "patches": lambda x, K, S: layers.conv2d(x, 2, S, stride=S),
    "stride and padding": lambda x, K, S: layers.conv2d(x, 2, K, stride=S, padding=1),
}


@pytest.mark.parametrize("name", BEHIND)
def test_flatten_is_reshape(name):
    net = Network("q")
    N, C, H, W, K, S = net.dims("N C H W K S")
    n, c, h, w = net.indices(n=N, c=C, h=H, w=W)
    x, scale = net.input("x", (N, C, H, W)), net.parameter("scale", ())
    scaled, out = net.tensors("scaled out")
    scaled[n, c, h, w] = scale * x[n, c, h, w]
    y = BEHIND[name](scaled, K, S)
    flat = layers.flatten(y)
    at = layers.naming.indices_of(flat)
    copy = layers.naming.indices_of(y)
    out[copy] = y[copy]
    net.loss = Sum(flat[at] ** 2, *at) + Sum(out[copy], *copy)
    net.output(flat, out)

    module = load(net)
    rng = np.random.default_rng(7)
    data = rng.standard_normal((2, 3, 9, 11))
    sizes = {"C": 3, "H": 9, "W": 11, "K": 3, "S": 2}
    known = {size: sizes[size] for size in inspect.signature(module.init_params).parameters if size in sizes}
    params = module.init_params(rng, **known, dtype=np.float64)
    params["scale"] = np.array(1.5)
    known = {size: sizes[size] for size in inspect.signature(module.predict).parameters if size in sizes}
    found, expected = module.predict(params, data, **known)
    np.testing.assert_array_equal(found, expected.reshape(2, -1))
