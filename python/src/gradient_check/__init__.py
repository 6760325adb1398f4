"""Checks derivatives written by hand, and says where they are wrong, why, and what the check could have missed.

>>> import numpy as np
>>> from gradient_check import check
>>> def f(x): return np.sum(x**3)
>>> def grad(x): return 3 * x**2
>>> check(f, grad, np.array([0.5, -1.5])).ok
True
"""

from ._check import (
    assert_gradient,
    check,
    check_directional,
    check_hessian,
    check_hvp,
    check_jacobian,
    check_jvp,
    check_vjp,
)
from ._finish import Interrupted
from ._native import __version__
from ._report import Coordinates, Report

__all__ = [
    "Coordinates",
    "Interrupted",
    "Report",
    "__version__",
    "assert_gradient",
    "check",
    "check_directional",
    "check_hessian",
    "check_hvp",
    "check_jacobian",
    "check_jvp",
    "check_vjp",
]
