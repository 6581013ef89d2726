"""Text that every Python ships, in characters: the corpus, its batches, a bigram model, and training on it.

The texts are those of the module `pydoc_data.topics`, Python's own help. Every tenth topic is held out for validation,
without those of its lines that stand in the training text too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pydoc_data.topics import topics

import numpy as np
from modules import count, rates

LONG = 30  # characters of a line that counts as the same text when it is met again


@dataclass(frozen=True)
class Corpus:
    """`letters`: the characters of the training text in order; `training`, `validation`: their numbers."""

    letters: str
    training: np.ndarray
    validation: np.ndarray

    def numbers(self, text):
        place = {letter: number for number, letter in enumerate(self.letters)}
        return np.array([place[letter] for letter in text if letter in place])

    def text(self, numbers):
        return "".join(self.letters[number] for number in numbers)


def corpus():
    names = sorted(topics)
    held = set(names[::10])
    training = "\n".join(topics[name] for name in names if name not in held)
    known = {line for line in training.split("\n") if len(line) > LONG}
    lines = "\n".join(topics[name] for name in names if name in held).split("\n")
    empty = Corpus("".join(sorted(set(training))), np.array([]), np.array([]))
    validation = "\n".join(line for line in lines if line not in known)
    return Corpus(empty.letters, empty.numbers(training), empty.numbers(validation))


def bigram_loss(texts):
    """Nats per character, on the validation text, of the frequencies of pairs in the training text, the amount of
    smoothing being the best for the validation text."""
    size = len(texts.letters)
    counts = np.zeros((size, size))
    np.add.at(counts, (texts.training[:-1], texts.training[1:]), 1)
    before, after = texts.validation[:-1], texts.validation[1:]
    losses = []
    for more in (0.01, 0.03, 0.1, 0.3, 1.0):
        chances = (counts + more) / (counts + more).sum(axis=1, keepdims=True)
        losses.append(-np.log(chances[before, after]).mean())
    return float(min(losses))


def windows(numbers, starts, length):
    """(tokens, targets), each (N, length): what stands from each start on, and what follows each place of it."""
    rows = numbers[np.asarray(starts)[:, None] + np.arange(length + 1)]
    return rows[:, :-1], rows[:, 1:]


def validation_loss(module, params, texts, length, arrange, limit=None):
    """Nats per character over the validation text cut into windows of `length`."""
    starts = np.arange(0, len(texts.validation) - length - 1, length)[:limit]
    total = 0.0
    for part in np.array_split(starts, max(1, len(starts) // 16)):
        inputs = arrange(*windows(texts.validation, part, length))
        total += float(module.forward(params, *inputs)[0]) * len(part)
    return total / len(starts)


def train(module, params, texts, *, steps, batch, length, rate, seed, arrange=lambda *inputs: inputs, report=print):
    """Trains in place, tells how it goes, and returns the validation loss. `arrange`: windows to the inputs."""
    rng = np.random.default_rng(seed)
    state, workspace = module.init_optimizer(params), module.Workspace()
    report(f"{module.NAME}: {count(params):,} parameters, {len(texts.training):,} characters to train on")
    start, losses = time.perf_counter(), []
    for step, lr in enumerate(rates(rate, steps), 1):
        starts = rng.integers(0, len(texts.training) - length, batch)
        loss, grads = module.value_and_grad(
            params, *arrange(*windows(texts.training, starts, length)), workspace=workspace
        )
        module.update(params, grads, state, lr, clip_norm=1.0)
        losses.append(float(loss))
        if step % max(1, steps // 20) == 0 or step == steps:
            found = validation_loss(module, params, texts, length, arrange, limit=64)
            seconds = time.perf_counter() - start
            recent = np.mean(losses[-max(1, steps // 20) :])
            report(f"step {step:5}/{steps}  training loss {recent:.3f}  validation {found:.3f}  {seconds:6.1f} s")
    return validation_loss(module, params, texts, length, arrange)


def sample(texts, chances, *, start, count, context, temperature, seed):
    """`count` characters after `start`. `chances`: numbers of the last `context` characters to those of the next."""
    rng = np.random.default_rng(seed)
    numbers = list(texts.numbers(start))
    for _ in range(count):
        p = np.asarray(chances(np.array(numbers[-context:])), np.float64) ** (1 / temperature)
        numbers.append(rng.choice(len(p), p=p / p.sum()))
    return texts.text(numbers)


def finish(module, params, texts, loss, chances, context, options, report=print):
    """A sample and the verdict: 0 where the loss is below the bigram model's."""
    text = sample(texts, chances, start="The ", count=options.sample, context=context, temperature=0.6, seed=0)
    report(f"\n--- sample ---\n{text}\n--------------")
    bigram = bigram_loss(texts)
    report(f"validation loss {loss:.3f} nats per character; a bigram model's {bigram:.3f}")
    return 0 if loss < bigram else 1


def add_options(parser, steps):
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=int, default=400, help="characters to print")
