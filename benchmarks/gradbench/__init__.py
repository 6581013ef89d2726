"""Nine evaluations of GradBench, a public comparison of automatic differentiation: value and derivative, in float64.

| evaluation | value | derivative |
|---|---|---|
| gmm | log posterior of a Gaussian mixture under a Wishart prior | gradient |
| kmeans | Σ over points of the squared distance to the nearest centroid | gradient over the Hessian's diagonal |
| lstm | cross-entropy of a stack of recurrent layers with diagonal weights | gradient |
| llsq | least squares of a polynomial on a grid, against the sign | gradient |
| lse | log-sum-exp of a vector | gradient |
| ode | the last component of a chain of equations, by Runge-Kutta | gradient |
| det | a determinant by minors, each minor once | gradient |
| ba | bundle adjustment: reprojections of points by cameras | the Jacobian's blocks, an observation each |
| ht | hand tracking: a skinned hand's surface against measured points | the Jacobian's blocks, a point each |

A case is `evaluation:size,size`. The definitions are those of https://github.com/gradbench/gradbench, some with other
layouts (`cases.py`). There gmm, lstm, ba and ht are from F. Srajer, Z. Kukelova, A. Fitzgibbon, A benchmark of selected
algorithmic differentiation tools on some problems in computer vision and machine learning, Optimization Methods and
Software 33 (2018); llsq, ode and det are from B. Bell's cmpad. Not here: `particle` and `saddle`, which nest
optimisers, and `hello`.
"""

from benchmarks.gradbench.cases import CASES, make
from benchmarks.step import Suite

_HERE = "benchmarks.gradbench"
SUITE = Suite(
    cases=CASES,
    make=make,
    contenders={
        "generated": f"{_HERE}.generated",
        "generated-c": f"{_HERE}.generated:build_c",
        "pytorch": f"{_HERE}.in_pytorch",
        "jax": f"{_HERE}.in_jax",
    },
    base="pytorch",
    reference="pytorch",
    dtype="float64",
    tolerance=1e-8,
)
