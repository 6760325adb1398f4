"""Checks of functions that return arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _native
from ._finish import name_of
from ._functions import Functions
from ._progress import bar
from ._report import Report
from ._settings import options_of
from ._tree import Tree, epsilon, numbers


def vector(
    f: Callable[[Any], Any],
    x: Any,
    settings: dict[str, Any],
    *,
    headline: str = "derivative",
    jacobian: Callable[[Any], Any] | None = None,
    vjp: Callable[[Any, Any], Any] | None = None,
    jvp: Callable[[Any, Any], Any] | None = None,
) -> Report:
    """The report on the derivatives that there are, for who calls to finish."""
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
    functions = Functions(tree)
    first = f(tree.build(tree.point.copy()))
    output = Output(first)
    kinds = [np.dtype(np.float64)]

    def values(point: np.ndarray, _: Any) -> np.ndarray:
        return output.read(f(tree.build(point)), "what f returned")[0]

    functions.parts["values"] = values
    start = tree.build(tree.point.copy())
    if jacobian is not None:
        kinds.append(rows(jacobian(start), tree, output)[1])
        functions.parts["jacobian"] = lambda point, _: rows(jacobian(tree.build(point)), tree, output)[0]
    if vjp is not None:
        kinds.append(tree.read(vjp(start, output.build(np.ones(output.size))), "the product")[1])

        def backward(point: np.ndarray, v: np.ndarray) -> np.ndarray:
            return flatten(tree, tree.read(vjp(tree.build(point), output.build(v)), "the product")[0], "the product")

        functions.parts["vjp"] = backward
    if jvp is not None:
        kinds.append(output.read(jvp(start, tree.build(np.ones(tree.size, tree.dtype))), "the product")[1])

        def forward(point: np.ndarray, u: np.ndarray) -> np.ndarray:
            return output.read(jvp(tree.build(point), tree.build(u)), "the product")[0]

        functions.parts["jvp"] = forward
    kind = max(kinds, key=epsilon)
    options = options_of(tree, kind=kind, **settings)
    options["output"] = (output.name, list(output.shape))
    options["parts"] = [part for part in ("jacobian", "vjp", "jvp") if part in functions.parts]
    with bar(progress) as moved:
        options["progress"] = moved
        raw = _native.check_vector(functions, tree.point, options)
    return Report(raw, headline=headline, seed=seed, strict=strict, context=name_of(f))


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


def rows(given: Any, tree: Tree, output: Output) -> tuple[np.ndarray, np.dtype]:
    """A Jacobian as a matrix by rows, flat."""
    if not tree.is_nested:
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


def flatten(tree: Tree, arrays: list[tuple[str, list[int], np.ndarray]], of: str) -> np.ndarray:
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
