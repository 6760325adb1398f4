"""The checks of functions on NumPy arrays."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _native
from ._finish import finished, message, name_of
from ._functions import First, Functions, pair
from ._progress import bar
from ._report import Report
from ._settings import options_of
from ._tree import Tree, epsilon, numbers
from ._vector import flatten, vector


def check(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any] | bool,
    x: Any,
    *,
    lower: Any = None,
    upper: Any = None,
    fixed: Any = None,
    sample: int | None = None,
    seed: int = 0,
    accuracy: float = 0.0,
    exact: bool = False,
    strict: bool = False,
    resolution: float | None = None,
    eps: float | None = None,
    batched: bool = False,
    threads: int | None = None,
    executor: Any = None,
    progress: bool | None = None,
) -> Report:
    """Checks ``grad``, the gradient of ``f``, at ``x`` by finite differences with error bars.

    ``f(x)`` is one number; ``grad(x)`` has the structure of ``x``: an array for an array, a dict for a dict. With
    ``grad=True`` ``f`` returns both, the number first. ``x`` may be an array, a number, a list of numbers, or any nesting of
    dicts, lists and tuples of them, whose names appear in the report; integers stay as they are.

    Parameters
    ----------
    lower, upper
        Bounds, one for all or in the structure of ``x``: ``f`` is not evaluated outside.
    fixed
        What nothing moves: names of arrays (``"encoder"`` is everything below it), or a dict of names and boolean masks.
    sample
        How many coordinates to check in place of all, dealt to the arrays in turn; of each array at least one.
    seed
        Of all that is random.
    accuracy
        ``f`` and ``grad`` are right to this part of themselves, such as 1e-6 where a solver stops at a tolerance.
    exact
        Both are computed to rounding: every difference beyond the error bars is wrong, however small.
    strict
        What an agreement leaves open (entries that are zero, or too small to be told from it) is no agreement.
    resolution
        How tight an agreement has to be, relative to the scale of its array: a millionth where the noise of ``f`` allows it,
        unless said.
    eps
        The step of the first look, for all coordinates alike; without it each has the one at which truncation and rounding
        balance. Where it is not sharp enough, further looks take other steps.
    batched
        ``f`` takes ``x`` with one more axis in front of every array, for many points, and returns one number for each.
    threads
        How many evaluations of ``f`` are under way at a time: on so many threads, of use where ``f`` releases the GIL, or by
        the executor, twice as many as it has workers unless said. Without both, ``f`` is called on this thread only.
    executor
        A ``concurrent.futures.Executor`` that evaluates ``f``: processes, or machines.
    progress
        A bar while it runs (needs tqdm): where it takes long and someone is watching, unless said.

    Raises
    ------
    TypeError, ValueError
        Where the pieces do not fit together. What ``f`` or ``grad`` raises comes out as it went in, unless the check can do
        without that evaluation.
    Interrupted
        A KeyboardInterrupt with the report of what was measured; a plain one where nothing was.
    """
    tree = Tree(x)
    functions = Functions(tree, batched, executor)
    if grad is True:
        if batched:
            raise ValueError("batched=True needs f and grad as two functions: f is called with many points, grad with one")
        both = f
        functions.cost, functions.gradient = First(both), lambda point: pair(both(point))[1]
    elif callable(f) and callable(grad):
        functions.cost, functions.gradient = f, grad
    else:
        raise TypeError("check(f, grad, x) takes two functions, or grad=True where f returns the cost and its gradient")
    given = functions.gradient(tree.build(tree.point.copy()))
    if given is None:
        raise TypeError("grad returned None, not a gradient: is there a `return`?")
    kind = tree.read(given, "the gradient")[1]
    options = options_of(
        tree,
        lower=lower,
        upper=upper,
        fixed=fixed,
        sample=sample,
        seed=seed,
        accuracy=accuracy,
        exact=exact,
        resolution=resolution,
        eps=eps,
        batched=batched,
        threads=threads,
        executor=executor,
        kind=kind,
    )
    with bar(progress) as moved:
        options["progress"] = moved
        raw = _native.check(functions, tree.point, options)
    return finished(Report([raw], headline="gradient", seed=seed, strict=strict, context=name_of(f)))


def check_directional(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any] | bool,
    x: Any,
    *,
    directions: int = 3,
    lower: Any = None,
    upper: Any = None,
    fixed: Any = None,
    seed: int = 0,
    accuracy: float = 0.0,
    exact: bool = False,
    batched: bool = False,
    threads: int | None = None,
    executor: Any = None,
) -> Report:
    """Checks a gradient along random directions, for points with too many numbers to check each.

    It takes some 20 evaluations of ``f`` for each array and one of ``grad``; an array that fails is bisected down to its
    wrong coordinates. The parameters are those of :func:`check`; ``directions`` is how many for each array.
    """
    tree = Tree(x)
    functions = Functions(tree, batched, executor)
    cost, gradient = (First(f), lambda point: pair(f(point))[1]) if grad is True else (f, grad)
    if not callable(cost) or not callable(gradient):
        raise TypeError("check_directional(f, grad, x) takes two functions, or grad=True where f returns both")
    functions.cost = cost
    arrays, kind = tree.read(gradient(tree.build(tree.point.copy())), "the gradient")
    flat = flatten(tree, arrays, "the gradient")
    options = options_of(
        tree,
        lower=lower,
        upper=upper,
        fixed=fixed,
        seed=seed,
        accuracy=accuracy,
        exact=exact,
        batched=batched,
        threads=threads,
        executor=executor,
        kind=kind,
        directions=directions,
    )
    raw = _native.check_directional(functions, tree.point, flat, options)
    return finished(Report([raw], headline="gradient", seed=seed, strict=False, context=name_of(f)))


def check_jacobian(f: Callable[[Any], Any], jacobian: Callable[[Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``jacobian(x)``, all derivatives of the values ``f(x)``.

    For an ``x`` that is one array it has the shape of ``f(x)`` followed by that of ``x``, or is a matrix with a row for each
    value and a column for each parameter; for a dict or list of arrays it has such an array for each of them.
    """
    return finished(vector(f, x, settings, jacobian=jacobian))


def check_vjp(f: Callable[[Any], Any], vjp: Callable[[Any, Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``vjp(x, v)`` = Jᵀv, the product of a reverse pass: ``v`` has the shape of ``f(x)``, the product that of ``x``."""
    return finished(vector(f, x, settings, vjp=vjp))


def check_jvp(f: Callable[[Any], Any], jvp: Callable[[Any, Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``jvp(x, u)`` = J·u, the product of a forward pass: ``u`` has the structure of ``x``."""
    return finished(vector(f, x, settings, jvp=jvp))


def check_hessian(grad: Callable[[Any], Any], hessian: Callable[[Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``hessian(x)`` as the Jacobian of the gradient ``grad``, and that it is symmetric.

    ``x`` is one array of n numbers; the Hessian is an n×n matrix, or has the shape of ``x`` twice. The gradient itself is
    taken to be right: check it first. Where Jacobian and differences agree on a matrix that is not symmetric, it is ``grad``
    that is wrong, and so is the verdict.
    """
    tree = Tree(x)
    start = tree.build(tree.point.copy())
    if not tree.is_nested and np.size(grad(start)) == 1 < tree.size:
        raise TypeError("grad returned one number: check_hessian takes the gradient, not the cost")
    entries, kind = numbers(hessian(tree.build(tree.point.copy())), "the Hessian")
    if entries.size != tree.size**2:
        raise ValueError(f"the Hessian has {entries.size} numbers, but {tree.size}×{tree.size} are expected")
    report = vector(grad, x, settings, headline="Hessian", jacobian=hessian)
    matrix = entries.reshape(tree.size, tree.size)
    off = np.abs(matrix - matrix.T)
    # Of either entry no more is known than the check allows it.
    allowed = np.full(matrix.size, np.inf)
    allowed[report.coordinates.index] = report.coordinates.tolerance
    allowed = allowed.reshape(matrix.shape)
    allowed = allowed + allowed.T + 256 * epsilon(kind) * np.abs(matrix).max(initial=0.0)
    crooked = np.argwhere(off > allowed)
    if len(crooked):
        i, j = max(crooked.tolist(), key=lambda at: off[at[0], at[1]])
        report.reject(
            f"not symmetric: H[{i},{j}] is {matrix[i, j]:.9g}, but H[{j},{i}] is {matrix[j, i]:.9g}, and they "
            "would be equal if grad were the gradient of a function. Check grad first."
        )
    return finished(report)


def check_hvp(grad: Callable[[Any], Any], hvp: Callable[[Any, Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``hvp(x, u)`` = H·u, the product of the Hessian with ``u``, against differences of the gradient ``grad``.

    All three have the structure of ``x``.
    """
    tree = Tree(x)

    def flat(given: Any, of: str) -> np.ndarray:
        return flatten(tree, tree.read(given, of)[0], of)

    report = vector(
        lambda point: flat(grad(point), "the gradient"),
        x,
        settings,
        headline="Hessian-vector product",
        jvp=lambda point, u: flat(hvp(point, u), "the product"),
    )
    return finished(report)


def assert_gradient(f: Callable[[Any], Any], grad: Callable[[Any], Any] | bool, x: Any, **settings: Any) -> Report:
    """Checks a gradient, and fails unless it agrees: for tests.

    The message of the AssertionError is the whole report. The parameters are those of :func:`check`.
    """
    __tracebackhide__ = True
    report = check(f, grad, x, **settings)
    if not report.ok:
        raise AssertionError(message(report, sys._getframe(1)))
    return report
