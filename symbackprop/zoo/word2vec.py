"""Word vectors: the skip-gram model, trained by telling a word's context from words drawn at random.

    score = U[context] · E[centre],   noise_score[k] = U[negative k] · E[centre]
    loss = −mean over n of log sigmoid(score) + Σ_k log sigmoid(−noise_score[k])

Shapes: centre and context (N,) and negative (N, K), integers below V: pairs of words seen together, and for each pair
K words drawn from a noise distribution; E (V, D) the vectors of words, U (V, D) those of contexts.

Source: T. Mikolov, I. Sutskever, K. Chen, G. Corrado, J. Dean, Distributed representations of words and phrases and
their compositionality, NeurIPS (2013), equation 4.
"""

from sympy import sqrt

from symbackprop import Network, Sum
from symbackprop.functions import log_sigmoid

net = Network("word2vec")
N, K, V, D = net.dims("N K V D")
n, k, d = net.indices(n=N, k=K, d=D)
centre = net.input("centre", (N,), dtype="int", high=V)
context = net.input("context", (N,), dtype="int", high=V)
negative = net.input("negative", (N, K), dtype="int", high=V)
E, U = net.parameter("E", (V, D), init=1 / sqrt(D)), net.parameter("U", (V, D), init="zeros")
vector, score, noise_score = net.tensors("vector score noise_score")

vector[n, d] = E[centre[n], d]
score[n] = Sum(U[context[n], d] * vector[n, d], d)
noise_score[n, k] = Sum(U[negative[n, k], d] * vector[n, d], d)
net.loss = -Sum(log_sigmoid(score[n]) + Sum(log_sigmoid(-noise_score[n, k]), k), n) / N
net.output(vector)
