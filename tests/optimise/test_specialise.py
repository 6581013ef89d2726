"""Of a network for training and prediction each is left without a word of the other; any other is itself."""

from sympy import Piecewise

from symbackprop import Network, Sum, stages
from symbackprop.terms.term import Training, subterms
from tests.optimise.networks import perceptron
from tests.terms.exact import Elements, numbers

in_training, in_prediction = stages.TRAINING_PASSES[0], stages.PREDICTION_PASSES[0]  # the two of `specialise`


def network():
    net = Network("dropout")
    (N,) = net.dims("N")
    n = net.index("n", N)
    x, mask = net.input("x", (N,)), net.input("mask", (N,))
    y, z = net.tensors("y z")
    y[n] = 3 * Piecewise((x[n] * mask[n], net.training), (x[n], True)) + 1
    z[n] = y[n] ** 2
    net.loss = Sum(z[n], n)
    net.output(z)
    return net.to_program()


def test_each_has_its_branch():
    program, given = network(), numbers(2)
    for special, factor in ((in_training, lambda at: given("mask", at)), (in_prediction, lambda at: 1)):
        found = special(program)
        assert not any(isinstance(term, Training) for e in found.equations for term in subterms(e.rhs))
        elements = Elements(found, {"N": 4}, given)
        assert all(elements.of("y", (n,)) == 3 * given("x", (n,)) * factor((n,)) + 1 for n in range(4))
        same = [one is other for one, other in zip(found.equations, program.equations, strict=True)]
        assert same.count(False) == 1


def test_they_are_those_of_the_file():
    assert [(each.__module__, each.__name__) for each in (in_training, in_prediction)] == [
        ("symbackprop.optimise.specialise", "in_training"),
        ("symbackprop.optimise.specialise", "in_prediction"),
    ]


def test_what_says_nothing_of_training_is_itself():
    program = perceptron()[0].to_program()
    assert in_training(program) is in_prediction(program) is program
