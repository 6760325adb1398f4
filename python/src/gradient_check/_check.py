"""The checks of functions on NumPy arrays."""

from __future__ import annotations

import contextvars
import operator
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _native
from ._progress import bar
from ._report import Report
from ._tree import Leaves, Tree, _a, _array, _what, epsilon, numbers

#: A batch of points takes about this many bytes, so that it stays in the cache of a processor and no large cost runs out of
#: memory.
BATCH_BYTES = 32 * 2**20
#: No batch has more points.
LONGEST_BATCH = 1024


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a check; ``report`` has what was measured until then, and so does the text."""

    def __init__(self, report: Report):
        super().__init__(str(report))
        self.report = report


class _Functions:
    """The functions of a check as the compiled part calls them: ``self(part, flat point, flat vector)``."""

    def __init__(self, tree: Tree, batched: bool = False, executor: Any = None):
        self.tree, self.batched, self.executor = tree, batched, executor
        self.cost: Callable[..., Any] | None = None
        self.gradient: Callable[..., Any] | None = None
        self.vector: Callable[..., Any] | None = None
        #: Where other threads call: what of this one they should see, such as ``np.errstate``.
        self.context = contextvars.copy_context()
        self.thread = threading.get_ident()
        self.parts: dict[str, Callable[[np.ndarray, Any], np.ndarray]] = {}

    def __call__(self, part: str, point: np.ndarray, vector: np.ndarray | None) -> Any:
        """The answer of a part, as the compiled side reads it."""
        if threading.get_ident() == self.thread:
            return self._answer(part, point, vector)
        return self.context.copy().run(self._answer, part, point, vector)

    def _answer(self, part: str, point: np.ndarray, vector: np.ndarray | None) -> Any:
        if part == "value" and self.cost is not None:
            if self.batched:
                return float(self._values(point)[0])
            return self._evaluate(_Cost(self.cost, self.tree), point)
        if part == "values" and self.cost is not None:
            return self._values(point)
        if part == "gradient" and self.gradient is not None:
            return self.tree.read(self.gradient(self.tree.build(point)), "the gradient")[0]
        return self.parts[part](point, vector)

    def _evaluate(self, call: Callable[[np.ndarray], Any], point: np.ndarray) -> Any:
        if self.executor is None:
            return call(point)
        return self.executor.submit(call, point).result()

    def _values(self, points: np.ndarray) -> np.ndarray:
        assert self.cost is not None
        rows = points.reshape(-1, self.tree.size)
        values: np.ndarray = self._evaluate(_Costs(self.cost, self.tree), rows)
        return values


class _Cost:
    """A cost of a flat vector; it can be sent to another process."""

    def __init__(self, function: Callable[..., Any], tree: Tree):
        self.function, self.tree = function, tree

    def __call__(self, point: np.ndarray) -> float:
        return cost_of(self.function(self.tree.build(point)))


class _Costs:
    """The costs of many points."""

    def __init__(self, function: Callable[..., Any], tree: Tree):
        self.function, self.tree = function, tree

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        given = self.function(self.tree.build(rows, len(rows)))
        values, _ = numbers(given, "what f returned")
        if values.shape != (len(rows),):
            raise ValueError(
                f"f returned shape {values.shape} for a batch of {len(rows)} points: with batched=True it takes arrays with "
                f"one more axis in front and returns one number for each point, shape ({len(rows)},)"
            )
        return np.ascontiguousarray(values)


def cost_of(value: Any) -> float:
    """One number, of what a cost returned."""
    if isinstance(value, float):
        return value
    if value is None:
        raise TypeError("f returned None, not a number: is there a `return`?")
    if isinstance(value, (tuple, list)) and len(value) == 2 and np.ndim(value[0]) == 0 and np.ndim(value[1]) > 0:
        raise TypeError("f returned a pair: pass grad=True if it returns the cost and its gradient")
    array = _array(value)
    if array.dtype.kind == "c":
        raise TypeError("f returned a complex number, but a cost is real: return its real part or its modulus")
    if array.dtype.kind not in "fiub" and str(array.dtype) != "bfloat16":
        raise TypeError(f"f returned {_what(value, array)}, not a number")
    if array.size != 1:
        raise TypeError(
            f"f returned an array of shape {array.shape}, but a cost is one number: sum it, or use check_jacobian, "
            "check_vjp or check_jvp for a function of many values"
        )
    return float(array.reshape(()))


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
        How many threads call ``f`` at a time. Unless said ``f`` is called on this thread only; several are of use where ``f``
        releases the GIL.
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
    functions = _Functions(tree, batched, executor)
    if grad is True:
        if batched:
            raise ValueError("batched=True needs f and grad as two functions: f is called with many points, grad with one")
        both = f
        functions.cost, functions.gradient = _First(both), lambda point: _pair(both(point))[1]
    elif callable(f) and callable(grad):
        functions.cost, functions.gradient = f, grad
    else:
        raise TypeError("check(f, grad, x) takes two functions, or grad=True where f returns the cost and its gradient")
    given = functions.gradient(tree.build(tree.point.copy()))
    if given is None:
        raise TypeError("grad returned None, not a gradient: is there a `return`?")
    kind = tree.read(given, "the gradient")[1]
    options = _options(
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
    return _finished(Report([raw], headline="gradient", seed=seed, strict=strict, context=_name(f)))


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
    functions = _Functions(tree, batched, executor)
    cost, gradient = (_First(f), lambda point: _pair(f(point))[1]) if grad is True else (f, grad)
    if not callable(cost) or not callable(gradient):
        raise TypeError("check_directional(f, grad, x) takes two functions, or grad=True where f returns both")
    functions.cost = cost
    arrays, kind = tree.read(gradient(tree.build(tree.point.copy())), "the gradient")
    flat = _flat(tree, arrays, "the gradient")
    options = _options(
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
    return _finished(Report([raw], headline="gradient", seed=seed, strict=False, context=_name(f)))


def check_jacobian(f: Callable[[Any], Any], jacobian: Callable[[Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``jacobian(x)``, all derivatives of the values ``f(x)``.

    For an ``x`` that is one array it has the shape of ``f(x)`` followed by that of ``x``, or is a matrix with a row for each
    value and a column for each parameter; for a dict or list of arrays it has such an array for each of them.
    """
    return _vector(f, x, settings, jacobian=jacobian)


def check_vjp(f: Callable[[Any], Any], vjp: Callable[[Any, Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``vjp(x, v)`` = Jᵀv, the product of a reverse pass: ``v`` has the shape of ``f(x)``, the product that of ``x``."""
    return _vector(f, x, settings, vjp=vjp)


def check_jvp(f: Callable[[Any], Any], jvp: Callable[[Any, Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``jvp(x, u)`` = J·u, the product of a forward pass: ``u`` has the structure of ``x``."""
    return _vector(f, x, settings, jvp=jvp)


def check_hessian(grad: Callable[[Any], Any], hessian: Callable[[Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``hessian(x)`` as the Jacobian of the gradient ``grad``, and that it is symmetric.

    ``x`` is one array of n numbers; the Hessian is an n×n matrix, or has the shape of ``x`` twice. The gradient itself is
    taken to be right: check it first. Where Jacobian and differences agree on a matrix that is not symmetric, it is ``grad``
    that is wrong, and so is the verdict.
    """
    tree = Tree(x)
    start = tree.build(tree.point.copy())
    if not tree._is_nested and np.size(grad(start)) == 1 < tree.size:
        raise TypeError("grad returned one number: check_hessian takes the gradient, not the cost")
    entries, kind = numbers(hessian(tree.build(tree.point.copy())), "the Hessian")
    if entries.size != tree.size**2:
        raise ValueError(f"the Hessian has {entries.size} numbers, but {tree.size}×{tree.size} are expected")
    report = _vector(grad, x, settings, headline="Hessian", jacobian=hessian)
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
    return report


def check_hvp(grad: Callable[[Any], Any], hvp: Callable[[Any, Any], Any], x: Any, **settings: Any) -> Report:
    """Checks ``hvp(x, u)`` = H·u, the product of the Hessian with ``u``, against differences of the gradient ``grad``.

    All three have the structure of ``x``.
    """
    tree = Tree(x)

    def flat(given: Any, of: str) -> np.ndarray:
        return _flat(tree, tree.read(given, of)[0], of)

    return _vector(
        lambda point: flat(grad(point), "the gradient"),
        x,
        settings,
        headline="Hessian-vector product",
        jvp=lambda point, u: flat(hvp(point, u), "the product"),
    )


def assert_gradient(f: Callable[[Any], Any], grad: Callable[[Any], Any] | bool, x: Any, **settings: Any) -> Report:
    """Checks a gradient, and fails unless it agrees: for tests.

    The message of the AssertionError is the whole report. The parameters are those of :func:`check`.
    """
    __tracebackhide__ = True
    report = check(f, grad, x, **settings)
    if not report.ok:
        raise AssertionError(_message(report, sys._getframe(1)))
    return report


def _message(report: Report, frame: Any) -> str:
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    return f"{report}\nchecked at {place}, seed {report._seed}"


class _First:
    """The cost of a function that returns it with its gradient."""

    def __init__(self, both: Callable[[Any], Any]):
        self.both = both

    def __call__(self, point: Any) -> Any:
        return _pair(self.both(point))[0]


def _pair(given: Any) -> tuple[Any, Any]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise TypeError(f"with grad=True f returns the cost and its gradient as a pair, not {_a(given)}")
    return given[0], given[1]


def _vector(
    f: Callable[[Any], Any],
    x: Any,
    settings: dict[str, Any],
    *,
    headline: str = "derivative",
    jacobian: Callable[[Any], Any] | None = None,
    vjp: Callable[[Any, Any], Any] | None = None,
    jvp: Callable[[Any, Any], Any] | None = None,
) -> Report:
    known = {
        "lower",
        "upper",
        "fixed",
        "sample",
        "seed",
        "accuracy",
        "exact",
        "strict",
        "resolution",
        "eps",
        "threads",
        "progress",
    }
    for name in settings:
        if name not in known:
            raise TypeError(f"{name!r} is not a setting of this check: there are {', '.join(sorted(known))}")
    strict, seed = settings.pop("strict", False), settings.get("seed", 0)
    progress = settings.pop("progress", None)
    tree = Tree(x)
    functions = _Functions(tree)
    first = f(tree.build(tree.point.copy()))
    output = Output(first)
    kinds = [np.dtype(np.float64)]

    def values(point: np.ndarray, _: Any) -> np.ndarray:
        return output.read(f(tree.build(point)), "what f returned")[0]

    functions.parts["values"] = values
    start = tree.build(tree.point.copy())
    if jacobian is not None:
        kinds.append(_rows(jacobian(start), tree, output)[1])
        functions.parts["jacobian"] = lambda point, _: _rows(jacobian(tree.build(point)), tree, output)[0]
    if vjp is not None:
        kinds.append(tree.read(vjp(start, output.build(np.ones(output.size))), "the product")[1])

        def backward(point: np.ndarray, v: np.ndarray) -> np.ndarray:
            return _flat(tree, tree.read(vjp(tree.build(point), output.build(v)), "the product")[0], "the product")

        functions.parts["vjp"] = backward
    if jvp is not None:
        kinds.append(output.read(jvp(start, tree.build(np.ones(tree.size, tree.dtype))), "the product")[1])

        def forward(point: np.ndarray, u: np.ndarray) -> np.ndarray:
            return output.read(jvp(tree.build(point), tree.build(u)), "the product")[0]

        functions.parts["jvp"] = forward
    kind = max(kinds, key=epsilon)
    options = _options(tree, kind=kind, **settings)
    options["output"] = (output.name, list(output.shape))
    options["parts"] = [part for part in ("jacobian", "vjp", "jvp") if part in functions.parts]
    with bar(progress) as moved:
        options["progress"] = moved
        raw = _native.check_vector(functions, tree.point, options)
    return _finished(Report(raw, headline=headline, seed=seed, strict=strict, context=_name(f)))


class Output:
    """The shape of what a function of many values returns: one array, or several one after the other."""

    def __init__(self, first: Any):
        if isinstance(first, (list, tuple)) and any(np.ndim(part) for part in first):
            raise TypeError(f"f returned a {type(first).__name__} of arrays: return one array, such as their np.concatenate")
        if isinstance(first, dict):
            raise TypeError("f returned a dict: return one array, or check each of its outputs by itself")
        if first is None:
            raise TypeError("f returned None, not an array: is there a `return`?")
        array, self.dtype = numbers(first, "what f returned")
        self.name, self.shape, self.size = "y", array.shape, array.size
        if not self.size:
            raise ValueError("f returned an empty array: there is nothing to differentiate")

    def read(self, given: Any, what: str) -> tuple[np.ndarray, np.dtype]:
        """The numbers of an array of this shape."""
        array, dtype = numbers(given, what)
        if array.shape != self.shape and not (array.size == self.size == 1):
            raise ValueError(f"{what} has shape {array.shape}, but f(x) has {self.shape}")
        return np.ascontiguousarray(array.ravel()), dtype

    def build(self, flat: np.ndarray) -> Any:
        """An array of this shape."""
        kind = self.dtype if self.dtype.kind == "f" else np.dtype(np.float64)
        return np.asarray(flat, dtype=kind).reshape(self.shape) if self.shape else kind.type(flat[0])


def _rows(given: Any, tree: Tree, output: Output) -> tuple[np.ndarray, np.dtype]:
    """A Jacobian as a matrix by rows, flat."""
    if not tree._is_nested:
        array, kind = numbers(given, "the Jacobian")
        matrix = (output.size, tree.size)
        if array.shape not in (matrix, (*output.shape, *tree.leaves[0].shape)):
            if array.size != output.size * tree.size or array.shape == matrix[::-1]:
                raise ValueError(
                    f"the Jacobian has shape {array.shape}, but {matrix} is expected: a row for each of the {output.size} "
                    f"values and a column for each of the {tree.size} parameters"
                )
        return np.ascontiguousarray(array.ravel()), kind
    arrays, kind = tree.read(given, "the Jacobian")
    found = {name: array for name, _, array in arrays}
    columns = []
    for leaf, _ in tree.ranges():
        part = found.get(leaf.name, np.zeros(output.size * leaf.size))
        if part.size != output.size * leaf.size:
            raise ValueError(
                f"the Jacobian for {leaf.name} has {part.size} numbers, but {output.size}×{leaf.size} are expected"
            )
        columns.append(part.reshape(output.size, leaf.size))
    return np.ascontiguousarray(np.hstack(columns).ravel()), kind


def _flat(tree: Tree, arrays: list[tuple[str, list[int], np.ndarray]], of: str) -> np.ndarray:
    """Arrays by name as one vector, with zeros where there is none."""
    unknown = [name for name, _, _ in arrays if all(leaf.name != name for leaf in tree.leaves)]
    if unknown:
        raise ValueError(f"{of} has {unknown[0]!r}, but the point has no such entry")
    found = {name: (shape, array) for name, shape, array in arrays}
    flat = np.zeros(tree.size)
    for leaf, place in tree.ranges():
        if leaf.name in found:
            shape, array = found[leaf.name]
            if shape != list(leaf.shape):
                raise ValueError(f"{of} for {leaf.name} has shape {tuple(shape)}, but {leaf.name} has {leaf.shape}")
            flat[place] = array
    return flat


def _options(
    tree: Leaves,
    *,
    kind: np.dtype,
    lower: Any = None,
    upper: Any = None,
    fixed: Any = None,
    sample: int | None = None,
    seed: int = 0,
    accuracy: float = 0.0,
    exact: bool = False,
    resolution: float | None = None,
    eps: float | None = None,
    batched: bool = False,
    threads: int | None = None,
    executor: Any = None,
    directions: int = 3,
) -> dict[str, Any]:
    low, high = tree.spread(lower, "lower", -np.inf), tree.spread(upper, "upper", np.inf)
    stays = tree.fixed(fixed)
    if stays.any():
        low = np.full(tree.size, -np.inf) if low is None else low
        high = np.full(tree.size, np.inf) if high is None else high
        low[stays] = high[stays] = tree.point[stays]
    if threads is not None:
        threads = whole("threads", threads, 1)
    if executor is not None:
        if not callable(getattr(executor, "submit", None)):
            raise TypeError(f"executor is {_a(executor)}: give a concurrent.futures.Executor, such as a ProcessPoolExecutor()")
        threads = workers(executor) if threads is None else threads
    seed = whole("seed", seed, 0)
    if sample is not None:
        sample = whole("sample", sample, 1)
    for name, value in (("resolution", resolution), ("accuracy", accuracy or None)):
        if value is not None and not 0.0 < value < 1.0:
            raise ValueError(f"invalid {name} {value}: it must be between 0 and 1, for example 1e-6")
    if eps is not None and not (eps > 0.0 and np.isfinite(eps)):
        raise ValueError(f"invalid eps {eps}: a step is positive and finite")
    batch = min(LONGEST_BATCH, max(2, BATCH_BYTES // (8 * tree.size))) if batched else 1
    if not np.isfinite(tree.point).all():
        i = int(np.flatnonzero(~np.isfinite(tree.point))[0])
        leaf, place = next((leaf, place) for leaf, place in tree.ranges() if place.start <= i < place.stop)
        index = ",".join(str(k) for k in np.unravel_index(i - place.start, leaf.shape)) if leaf.shape else ""
        where = f"{leaf.name}[{index}]" if index else leaf.name
        raise ValueError(f"the point has the value {tree.point[i]} at {where}: every parameter must be finite")
    return {
        "blocks": tree.blocks,
        "lower": None if low is None else low.tolist(),
        "upper": None if high is None else high.tolist(),
        "seed": int(seed),
        "sample": sample,
        "accuracy": float(accuracy),
        "exact": bool(exact),
        "resolution": resolution,
        "step": eps,
        "working_epsilon": epsilon(kind),
        "directional_test": True,
        "directions": int(directions),
        "threads": int(threads or 1),
        "anywhere": executor is not None or bool(threads and threads > 1),
        "batch": batch,
        "output": None,
        "parts": [],
        "progress": None,
    }


def whole(name: str, value: Any, least: int) -> int:
    """A setting that is a whole number."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}: give a whole number") from None
    if not least <= number < 2**64:
        raise ValueError(f"{name} is {number}: give a whole number from {least} to 2**64 - 1")
    return number


def workers(executor: Any) -> int:
    """How many evaluations an executor makes at a time, as far as it says so."""
    for name in ("_max_workers", "num_workers", "max_workers"):
        count = getattr(executor, name, None)
        if isinstance(count, int) and count > 0:
            return count
    client = getattr(executor, "_client", None)
    if client is not None and hasattr(client, "nthreads"):
        return max(1, int(sum(client.nthreads().values())))
    return os.cpu_count() or 1


def _name(function: Any) -> str:
    name = getattr(function, "__qualname__", "")
    return "" if "<lambda>" in name else name.split("<locals>.")[-1]


#: Called with every report, such as by the plugin for pytest.
observers: list[Callable[[Report], None]] = []


def _finished(report: Report) -> Report:
    for observer in observers:
        observer(report)
    if report.interrupted:
        raise Interrupted(report)
    return report
