"""The generated `mlp` beside scikit-learn's MLPClassifier and PyTorch: the same weights, batch and gradients."""

import numpy as np
import pytest

import symbackprop
from symbackprop import zoo

D, H, C, N = 64, 32, 10, 96
CLOSE = {"rtol": 1e-10, "atol": 1e-10}


@pytest.fixture(scope="module")
def batch():
    """N handwritten digits: (N, D) pixels and (N,) labels."""
    data = pytest.importorskip("sklearn.datasets").load_digits()
    return data.data[:N] / 16, data.target[:N]


@pytest.fixture(scope="module")
def generated(batch):
    """(params, loss, grads) of the generated module in float64."""
    x, labels = batch
    module = symbackprop.load(zoo.load("mlp"))
    params = module.init_params(0, D=D, H=H, C=C, dtype=np.float64)
    params["b1"] = np.linspace(-1, 1, H)
    loss, grads = module.value_and_grad(params, x, np.eye(C)[labels])
    return params, loss, grads


def test_scikit_learn(batch, generated):
    """One step of plain gradient descent at rate 1 moves each weight by its gradient."""
    x, labels = batch
    params, loss, grads = generated
    classifier = pytest.importorskip("sklearn.neural_network").MLPClassifier(
        (H,),
        activation="tanh",
        solver="sgd",
        alpha=0,
        batch_size=N,
        learning_rate_init=1.0,
        momentum=0,
        nesterovs_momentum=False,
        shuffle=False,
        random_state=0,
    )
    classifier.partial_fit(x, labels, classes=range(C))
    weights = [*classifier.coefs_, *classifier.intercepts_]
    start = [params["W1"].T, params["W2"].T, params["b1"], params["b2"]]
    for weight, value in zip(weights, start, strict=True):
        weight[...] = value
    classifier.partial_fit(x, labels)
    assert classifier.loss_ == pytest.approx(loss, rel=1e-10)
    expected = [grads["W1"].T, grads["W2"].T, grads["b1"], grads["b2"]]
    for weight, value, grad in zip(weights, start, expected, strict=True):
        np.testing.assert_allclose(value - weight, grad, **CLOSE)


def test_pytorch(batch, generated):
    torch = pytest.importorskip("torch")
    x, labels = map(torch.tensor, batch)
    params, loss, grads = generated
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    hidden = torch.tanh(torch.nn.functional.linear(x, weights["W1"], weights["b1"]))
    logits = torch.nn.functional.linear(hidden, weights["W2"], weights["b2"])
    expected = torch.nn.functional.cross_entropy(logits, labels)
    expected.backward()
    assert expected.item() == pytest.approx(float(loss), rel=1e-10)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, weights[name].grad.numpy(), **CLOSE)
