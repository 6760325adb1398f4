"""The functions of a check as the compiled part calls them."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from ._tree import Tree, described, numbers


class Functions:
    """The functions of a check as the compiled part calls them: ``self(part, flat point, flat vector)``."""

    def __init__(self, tree: Tree, batched: bool = False, executor: Any = None):
        self.tree, self.batched, self.executor = tree, batched, executor
        self.cost: Callable[..., Any] | None = None
        self.gradient: Callable[..., Any] | None = None
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
            return self._evaluate(Cost(self.cost, self.tree), point)
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
        values: np.ndarray = self._evaluate(Costs(self.cost, self.tree), rows)
        return values


class Cost:
    """A cost of a flat vector; it can be sent to another process."""

    def __init__(self, function: Callable[..., Any], tree: Tree):
        self.function, self.tree = function, tree

    def __call__(self, point: np.ndarray) -> float:
        return cost_of(self.function(self.tree.build(point)))


class Costs:
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
    array, _ = numbers(value, "what f returned")
    if array.size != 1:
        raise TypeError(
            f"f returned an array of shape {array.shape}, but a cost is one number: sum it, or use check_jacobian, "
            "check_vjp or check_jvp for a function of many values"
        )
    return float(array.reshape(()))


class First:
    """The cost of a function that returns it with its gradient."""

    def __init__(self, both: Callable[[Any], Any]):
        self.both = both

    def __call__(self, point: Any) -> Any:
        return pair(self.both(point))[0]


def pair(given: Any) -> tuple[Any, Any]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise TypeError(f"with grad=True f returns the cost and its gradient as a pair, not {described(given)}")
    return given[0], given[1]
