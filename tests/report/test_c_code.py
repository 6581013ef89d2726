"""The text in C cut into blocks: not a letter is changed, and every block has the right equations."""

import re

import pytest

import symbackprop
from symbackprop import Network, Sum, zoo
from symbackprop.report.c_code import TextInC, counterparts, read_c
from symbackprop.sources import at_sizes, c_kit, program_of, scheduled_derivation
from symbackprop.verify.prime_sizes import choose_sizes

NAMES = ["mlp", "lstm", "lenet", "neural_ode", "crf", "resnet", "vae", "deep_mlp", "gru_seq2seq"]


def in_c(net, **sizes):
    program = program_of(net)
    kit, own = c_kit(at_sizes(net, choose_sizes(program, given=sizes)))
    return TextInC(kit, counterparts(own, scheduled_derivation(net, None)))


def chunks(text):
    return [chunk for part in read_c(text) for chunk in part.chunks]


def labels_of(scheduled):
    programs = scheduled.derived.forward, scheduled.derived.backward
    return {equation.label: equation.target for program in programs for equation in program.equations if equation.label}


@pytest.mark.parametrize("name", NAMES)
def test_the_chunks_are_the_file(name):
    net = zoo.load(name)
    text = in_c(net)
    found = chunks(text)
    assert "".join(chunk.text for chunk in found) == text.kit.header + text.kit.source
    assert {label for chunk in found for label in chunk.labels} == set(labels_of(scheduled_derivation(net, None)))
    for chunk in found:
        said = re.findall(r"^ *\/\* \(([FB]\d+(?:, [FB]\d+)*)\)", chunk.text, re.MULTILINE)
        assert len(said) <= 1 or not chunk.function
        if chunk.labels and chunk.own:
            there = [text.labels[label] for label in said[0].split(", ")]
            assert chunk.labels == tuple(filter(None, there))
            assert chunk.text.lstrip().startswith("/* (")
            statements = chunk.lines[[line.endswith("*/") for line in chunk.lines].index(True) + 1 :]
            assert statements[-1].rstrip().endswith((";", "}"))  # neither a head of what follows nor an empty line
            ends = [line.strip() == "}" for line in statements]
            if ends[-1]:  # of a loop of its own
                assert sum(ends) <= sum(line.endswith("{") for line in statements)


def test_what_stands_in_one_nest_and_ahead_of_a_loop():
    found = [chunk for chunk in chunks(in_c(zoo.load("lstm"))) if chunk.labels]
    (first, second), (ahead, third) = found[:2], found[2:4]
    assert [chunk.labels for chunk in (first, second, ahead, third)] == [("F1",), ("F2",), ("F3",), ("F3",)]
    assert first.text.rstrip().endswith("= (real)0;")  # the loops around both begin with the first
    assert len(second.lines) == 2
    assert not ahead.own
    assert third.own
    assert {chunk.labels for chunk in found if not chunk.own} >= {("B6", "B9"), ("B7", "B10"), ("B8", "B11")}


def test_numbers_are_those_of_the_page():
    """At a size of 1 factors go, and one equation with them."""
    net = zoo.load("neural_ode")
    text = in_c(net, H=1)
    shown = labels_of(scheduled_derivation(net, None))
    own = labels_of(scheduled_derivation(at_sizes(net, choose_sizes(program_of(net), given={"H": 1})), None))
    assert own != shown
    assert text.renumbered
    assert not in_c(zoo.load("mlp")).renumbered
    for label, there in text.labels.items():
        assert there == "" or shown[there] == own[label]
    assert [own[label] for label, there in text.labels.items() if not there] == ["d_k4"]


def test_an_equation_that_some_sizes_leave_out():
    net = Network("last")
    (N,) = net.dims("N")
    (n,) = net.indices(n=N)
    x, w = net.input("x", (N,)), net.parameter("w", (N,))
    a, b = net.tensors("a b")
    a[n] = w[n] * x[n]
    b[n] = a[n] ** 3 / N
    net.loss = Sum(b[n], n)
    for size in (1, 5):
        text = in_c(net, N=size)
        assert set(filter(None, text.labels.values())) <= set(labels_of(symbackprop.derive(net).scheduled))
        assert {label for chunk in chunks(text) for label in chunk.labels} == set(filter(None, text.labels.values()))
