"""Checks the derivatives that JAX gives for a function: those of its ``custom_vjp`` and ``custom_jvp`` rules.

>>> import jax, jax.numpy as jnp
>>> from gradient_check.jax import check
>>> @jax.custom_vjp
... def square(x): return x**2
>>> square.defvjp(lambda x: (x**2, x), lambda x, g: (x * g,))  # not 2 x g
>>> check(lambda x: jnp.sum(square(x)), jnp.array([0.5, -1.5])).verdict
'disagree'
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np

from . import _native
from ._finish import finished, message, name_of
from ._jax import MODES, Problem, Product, as_arguments, is_absent
from ._progress import bar
from ._report import Coordinates, Report, wrapped
from ._settings import BATCH_BYTES, options_of

__all__ = ["assert_gradient", "check", "check_grads"]

#: No batch has more points: a function may need much more memory than its parameters.
LONGEST_BATCH = 64
#: Where a value comes from that differs from the function's own.
RULES = {
    "rev": "the fwd function of its custom_vjp has to return the value first, then what bwd needs",
    "fwd": "the rule of its custom_jvp has to return the value first, then its tangent",
}
#: What to do where float32 is too coarse.
WIDER = (
    "this was in float32: with jax.config.update('jax_enable_x64', True) and float64 arguments the error bars are about a "
    "million times smaller"
)
#: The names of the products to the compiled part.
NAMES = {"rev": "vjp", "fwd": "jvp"}
#: ``check_grads`` checks no more coordinates one by one.
MOST_COORDINATES = 1000


def check(
    f: Callable[..., Any],
    args: Any,
    *,
    modes: Iterable[str] = ("rev", "fwd"),
    has_aux: bool = False,
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
    progress: bool | None = None,
) -> Report:
    """Checks the derivatives that JAX gives for ``f(*args)`` by finite differences with error bars.

    Where ``f`` gives one number, the gradient of the reverse mode is checked entry by entry. Where it gives an array, or a
    pytree of them, Jᵀv is checked for a random v. The forward mode is checked by J·u for random u, and where there are both
    products, so is the identity vᵀ(J·u) = (Jᵀv)ᵀu.

    Everything is computed in the types of ``args`` as JAX has them, float32 by default. With ``jax_enable_x64`` and float64
    arguments the check sees errors that are a million times smaller.

    Parameters
    ----------
    f
        A function that JAX can differentiate. It is compiled and vectorized for the check where that is possible.
    args
        The arguments of ``f``: a tuple of pytrees, or a single one that is no tuple or list. Floating-point leaves are
        parameters, with names such as ``params.layers.0.kernel``; integers, keys and all that is no array stay what they
        are. Close over what is not to be differentiated, as in ``check(lambda w: f(w, 0.1), (w,))``.
    modes
        ``"rev"``, ``"fwd"`` or both. A mode that JAX does not have for ``f`` is left out, and a note says so: there is no
        forward mode through a ``custom_vjp``. Where no mode is left, JAX's own error comes out.
    has_aux
        ``f`` returns its value and something else, which is ignored.
    lower, upper
        Bounds, one for all or in the structure of ``args``: ``f`` is not evaluated outside.
    fixed
        What nothing moves: names of arrays (``"params.encoder"`` is everything below it), or a dict of names and boolean
        masks.
    sample, seed, accuracy, exact, strict, resolution, eps, progress
        As for :func:`gradient_check.check`.

    Raises
    ------
    TypeError, ValueError
        Where the pieces do not fit together; for complex arguments, and for those of 16 bits. What ``f`` or a rule raises
        comes out as it went in.
    Interrupted
        A KeyboardInterrupt with the report of what was measured.
    """
    problem = Problem.of(f, as_arguments(args), has_aux)
    return _checked(
        problem,
        modes,
        name_of(f),
        strict=strict,
        progress=progress,
        lower=lower,
        upper=upper,
        fixed=fixed,
        sample=sample,
        seed=seed,
        accuracy=accuracy,
        exact=exact,
        resolution=resolution,
        eps=eps,
    )


def assert_gradient(f: Callable[..., Any], args: Any, **settings: Any) -> Report:
    """Checks the derivatives that JAX gives for ``f``, and fails unless they agree: for tests.

    The message of the AssertionError is the whole report. The parameters are those of :func:`check`.
    """
    __tracebackhide__ = True
    report = check(f, args, **settings)
    if not report.ok:
        raise AssertionError(message(report, sys._getframe(1)))
    return report


def check_grads(
    f: Callable[..., Any],
    args: Any,
    order: int,
    modes: Iterable[str] = ("fwd", "rev"),
    atol: Any = None,
    rtol: Any = None,
    eps: float | None = None,
) -> None:
    """Takes the place of ``jax.test_util.check_grads``: fails unless the derivatives up to ``order`` agree.

    Of the second order it checks the derivatives, in each mode, of the gradient and of J·u for a random u; where ``f`` gives
    several numbers, of Jᵀv for a random v in place of the gradient. Higher orders go on likewise.

    Unlike JAX's, it needs no tolerance, finds its own steps, and looks at every coordinate (at a sample of 1000 and at
    directions through all where there are more) in place of one direction. A derivative that can't be confirmed fails too.

    Parameters
    ----------
    f, args
        The function and its arguments, as for :func:`check`.
    order
        1 for first derivatives, 2 for second ones too, and so on.
    modes
        ``"fwd"``, ``"rev"`` or both. A mode that JAX does not have for ``f`` is left out where there is the other.
    atol, rtol
        A coordinate g that is not confirmed passes where it is certainly no further than atol + rtol·\\|d\\| from the
        derivative: \\|g − d\\| + B ≤ atol + rtol·\\|d\\|, for the finite difference d and its error bar B. This is not the
        ``accuracy`` of :func:`check`, which is relative to the largest entry of an array, as rtol is to each. Tolerances only
        let more pass; unless one is given, the error bars decide. One that is not given is 0. Either may be a dict by dtype.
    eps
        A step for all coordinates alike. Best left out: then each has the one at which truncation and rounding balance.

    Raises
    ------
    AssertionError
        Where a derivative is wrong or could not be confirmed; the message is the whole report.
    """
    __tracebackhide__ = True
    modes = _modes(modes)
    problem = Problem.of(f, as_arguments(args))
    sample = MOST_COORDINATES if problem.tree.size > MOST_COORDINATES else None
    absolute, relative = (_of_type(tolerance, problem.tree.dtype) for tolerance in (atol, rtol))
    for derived, context in _derivatives(problem, order, modes, name_of(f)):
        report = _checked(derived, modes, context, sample=sample, eps=eps)
        if not report.ok and not _is_within(report, absolute, relative):
            if absolute or relative:
                report.note(f"beyond atol={absolute:g}, rtol={relative:g}, or not known to be within")
            raise AssertionError(message(report, sys._getframe(1)))


def _derivatives(problem: Problem, order: int, modes: list[str], context: str) -> Iterator[tuple[Problem, str]]:
    """The function, and its derivatives below ``order``, with what to call them."""
    yield problem, context
    if order > 1:
        present, _ = _present(problem, modes)
        for mode in present:
            product = "the gradient" if mode == "rev" and problem.size == 1 else {"rev": "Jᵀv", "fwd": "J·u"}[mode]
            of = f"{product} of {context}" if context else product
            yield from _derivatives(problem.derivative(mode), order - 1, modes, of)


def _modes(modes: Iterable[str]) -> list[str]:
    given = [modes] if isinstance(modes, str) else list(modes)
    for mode in given:
        if mode not in MODES:
            raise ValueError(f"{mode!r} is not a mode: there are 'rev' and 'fwd'")
    if not given:
        raise ValueError("modes is empty, so there is nothing to check: give 'rev', 'fwd' or both")
    return [mode for mode in MODES if mode in given]


def _present(problem: Problem, modes: list[str]) -> tuple[dict[str, Product], dict[str, Exception]]:
    """The products of the modes that JAX has for a function; and why it has not the others."""
    present, absent = {}, {}
    for mode in modes:
        try:
            present[mode] = problem.product(mode)
        except Exception as error:
            if not is_absent(error):
                raise
            absent[mode] = error
    if not present:
        raise absent[modes[0]]
    return present, absent


def _checked(
    problem: Problem,
    modes: Iterable[str],
    context: str,
    *,
    strict: bool = False,
    progress: bool | None = None,
    seed: int = 0,
    **settings: Any,
) -> Report:
    """The report of one function in some modes."""
    present, absent = _present(problem, _modes(modes))
    is_gradient = problem.size == 1 and "rev" in present
    options = options_of(problem.tree, kind=problem.dtype, seed=seed, **settings)
    wrong = list(_wrong_values(problem, present))
    raw: list[dict[str, Any]] = []
    with bar(progress) as moved:
        options["progress"] = moved
        if is_gradient:
            raw.append(_run_gradient(problem, present["rev"], options))
        products = {NAMES[mode]: product for mode, product in present.items() if mode == "fwd" or not is_gradient}
        if products and not any(part["interrupted"] for part in raw):
            try:
                raw += _run_products(problem, products, options)
            except KeyboardInterrupt:
                # Before the first product was measured; the gradient was, perhaps.
                if not raw:
                    raise
                raw[-1]["interrupted"] = True
    headline = "gradient" if is_gradient else "derivative"
    report = Report([*raw, *wrong], headline=headline, seed=seed, strict=strict, context=context)
    for mode, error in absent.items():
        report.note(f"the {MODES[mode]} was left out, because JAX has none for this function: {error}")
    if len(problem.outputs) > 1:
        report.note(f"y is, one after the other, {_places(problem)}")
    if report.verdict == "inconclusive" and problem.dtype == np.float32:
        report.note(WIDER)
    return finished(report)


def _run_gradient(problem: Problem, product: Product, options: dict[str, Any]) -> dict[str, Any]:
    """Checks the gradient of a function that gives one number, many points at a time where JAX can vectorize it."""

    def gradient(point: np.ndarray, _: Any) -> list[tuple[str, list[int], np.ndarray]]:
        flat = _numbers(product.times(jnp.asarray(point), np.ones(1)))
        return [(leaf.name, list(leaf.shape), flat[place]) for leaf, place in problem.tree.ranges() if leaf.size]

    parts: dict[str, Callable[..., Any]] = {
        "gradient": gradient,
        "value": lambda point, _: float(problem.fast(jnp.asarray(point))[0]),
    }
    many = problem.many()
    if many is not None:
        values = _padded(many, problem.tree.size)
        # Both by the same program, so that they round alike.
        parts |= {"value": lambda point, _: float(values(point, _)[0]), "values": values}
        options = {**options, "batch": min(LONGEST_BATCH, max(2, BATCH_BYTES // (8 * problem.tree.size)))}
    return _native.check(_caller(parts), problem.tree.point, options)


def _padded(many: Callable[..., Any], size: int) -> Callable[..., Any]:
    """A function on many points of this size, compiled once for each power of two, not for each number of points."""

    def values(points: np.ndarray, _: Any) -> np.ndarray:
        rows = points.reshape(-1, size)
        more = (1 << (len(rows) - 1).bit_length()) - len(rows)
        return _numbers(many(np.concatenate([rows, np.repeat(rows[-1:], more, axis=0)])))[: len(rows)]

    return values


def _run_products(problem: Problem, products: dict[str, Product], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Checks Jᵀv, J·u or both."""

    def called(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arrays: _numbers(function(*(jnp.asarray(array) for array in arrays if array is not None)))

    parts = {name: called(product.times) for name, product in products.items()}
    parts["values"] = called(problem.fast)
    shape = list(problem.outputs[0].shape) if len(problem.outputs) == 1 else [problem.size]
    options = {**options, "output": ("y", shape), "parts": list(products)}
    return _native.check_vector(_caller(parts), problem.tree.point, options)


def _caller(parts: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    return lambda part, point, vector: parts[part](point, vector)


def _numbers(array: Any) -> np.ndarray:
    return np.asarray(array, dtype=np.float64).ravel()


def _wrong_values(problem: Problem, present: dict[str, Product]) -> Iterator[dict[str, Any]]:
    """A finding for each mode whose rule gives another value than the function."""
    # A random function is another finding.
    if not problem.is_value(problem.fast(problem.point)):
        return
    plain = _numbers(problem.value)
    for mode, product in present.items():
        value = _numbers(product.value)
        if problem.is_value(value):
            continue
        i = int(np.argmax(np.nan_to_num(np.abs(plain - value), nan=np.inf)))
        where = "" if problem.size == 1 else f", in number {i} of {problem.size}"
        text = f"f gives {plain[i]:.9g}, but {value[i]:.9g} where JAX differentiates it in {MODES[mode]}{where}: {RULES[mode]}"
        yield {
            "name": f"value in {MODES[mode]}",
            "verdict": 1,
            "reason": None,
            "text": wrapped(text),
            "json": json.dumps({"verdict": "disagree", "value": plain[i], "value_in_rule": value[i]}),
            "interrupted": False,
        }


def _places(problem: Problem) -> str:
    """Which numbers of the vector are which outputs."""
    ends = np.cumsum([output.size for output in problem.outputs])
    return ", ".join(
        f"{output.name} (y[{end - output.size}:{end}], shape {output.shape})" for output, end in zip(problem.outputs, ends)
    )


def _of_type(tolerance: Any, dtype: np.dtype) -> float:
    """A tolerance for a type, of one number or a dict by dtype; 0 where there is none."""
    if isinstance(tolerance, dict):
        tolerance = {np.dtype(key): value for key, value in tolerance.items()}.get(dtype)
    return float(tolerance or 0.0)


def _is_within(report: Report, atol: float, rtol: float) -> bool:
    """Whether all that is not confirmed is within the tolerances, error bars included."""
    return all(_part_is_within(part, atol, rtol) for part in report._raw if part["verdict"] != 0)


def _part_is_within(part: dict[str, Any], atol: float, rtol: float) -> bool:
    if part["name"] == "adjoint":
        pairs = [pair for pair in json.loads(part["json"])["pairings"] if pair["verdict"] != "agree"]
        return all(abs(pair["forward"] - pair["reverse"]) <= atol + rtol * abs(pair["forward"]) for pair in pairs)
    if "index" not in part:
        return False
    c = Coordinates(part)
    # A finding that is no coordinate's, such as a product that is not linear, is not a matter of tolerance.
    if not (c.verdict == part["verdict"]).any():
        return False
    return bool(np.all((c.verdict == 0) | (np.abs(c.error) + c.error_bar <= atol + rtol * np.abs(c.numeric))))
