"""The examples that train with an emitted optimiser, in runs of seconds: they learn, and what they report is right."""

import importlib
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module
    for name in ("modules", "characters", "train_char_gpt", "train_char_lstm", "train_trees", "train_vae_digits"):
        sys.modules.pop(name, None)


def silent(_line):
    pass


def test_the_texts_held_out_are_not_trained_on(example):
    texts = example("characters").corpus()
    training, validation = texts.text(texts.training), texts.text(texts.validation)
    known = set(training.split("\n"))
    assert len(validation) > 10_000
    assert not [line for line in validation.split("\n") if len(line) > 30 and line in known]
    tokens, targets = example("characters").windows(texts.training, [0, 17], 5)
    assert texts.text(tokens[1]) == training[17:22]
    assert texts.text(targets[1]) == training[18:23]


def test_the_bigram_model_by_counting(example):
    characters = example("characters")
    numbers = np.array([0, 1, 0, 1, 1])
    texts = characters.Corpus("ab", numbers, np.array([0, 1, 1]))
    found = [-(np.log((2 + s) / (2 + 2 * s)) + np.log((1 + s) / (2 + 2 * s))) / 2 for s in (0.01, 0.03, 0.1, 0.3, 1.0)]
    assert characters.bigram_loss(texts) == pytest.approx(min(found))


def test_the_gpt_learns(example, monkeypatch):
    script = example("train_char_gpt")
    monkeypatch.setattr(script, "LAYERS", 1)
    monkeypatch.setattr(script, "WIDTH", 32)
    monkeypatch.setattr(script, "CONTEXT", 24)
    lines = []
    module, params, texts, loss = script.run(40, report=lines.append)
    assert loss < 0.8 * np.log(len(texts.letters))
    assert "validation" in lines[-1]
    tokens = texts.numbers("The statement")[None]
    assert module.predict(params, tokens).shape == (1, 13, len(texts.letters))


def test_the_lstm_learns(example, monkeypatch):
    script = example("train_char_lstm")
    monkeypatch.setattr(script, "UNITS", 32)
    monkeypatch.setattr(script, "CONTEXT", 24)
    *_, texts, loss = script.run(40, report=silent)
    assert loss < 0.8 * np.log(len(texts.letters))


def test_the_autoencoder_beats_independent_pixels(example):
    pytest.importorskip("sklearn")
    script = example("train_vae_digits")
    module, params, bound = script.train(15, report=silent)
    training, validation = script.images()
    assert bound < script.independent(training, validation)
    # decoding the mean of a code is what `predict` does
    rebuilt, mean = module.predict(params, validation[:3])
    np.testing.assert_allclose(script.decode(params, mean), rebuilt, rtol=1e-4)


def test_the_picture_is_a_png(example):
    pytest.importorskip("sklearn")
    script = example("train_vae_digits")
    picture = script.grid(np.linspace(0, 1, 6 * 64).reshape(6, 64), columns=3, scale=2)
    assert picture.shape == (2 * 19, 2 * 28)
    content = script.png(picture)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    start = content.index(b"IDAT") + 4
    length = int.from_bytes(content[start - 8 : start - 4], "big")
    rows = np.frombuffer(zlib.decompress(content[start : start + length]), np.uint8).reshape(38, 57)
    assert not rows[:, 0].any()
    np.testing.assert_array_equal(rows[:, 1:], np.rint(picture * 255))


def test_gradients_through_trees_by_differences(example):
    """What is written by hand around the layers passes δ on rightly."""
    trees = example("train_trees")
    modules, rng = trees.made(), np.random.default_rng(3)
    sizes = {"cell": {"H": 3, "M": 4}, "leaf": {"H": 3}, "verdict": {"H": 3}}
    params = {name: module.init_params(rng, **sizes[name], dtype=np.float64) for name, module in modules.items()}
    some = trees.forest(rng, 5, 3)
    _, grads = trees.step(modules, params, some)
    for module, arrays in params.items():
        for name, array in arrays.items():
            direction = rng.standard_normal(array.shape)
            slope = 0.0
            for sign in (1, -1):
                moved = {**params, module: {**arrays, name: array + sign * 1e-6 * direction}}
                slope += sign * trees.step(modules, moved, some)[0] / 2e-6
            assert np.sum(grads[module][name] * direction) == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_trees_that_are_deeper_than_those_learnt_from(example):
    trees = example("train_trees")
    lines = []
    _, _, found = trees.train(300, report=lines.append)
    assert found > 0.95
    assert "deeper trees" in lines[-1]
