"""Trees of arrays as one flat vector, and back.

A point may be an array, a number, a list of numbers, or any nesting of dicts, lists, tuples and named tuples of them. Its
leaves have names such as ``layers.0.weight``; those of a floating-point type are parameters, and integers, booleans, strings
and ``None`` stay what they are.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

#: Leaves that are no parameters.
CONSTANTS = (int, bool, str, bytes, type(None))


class Leaf(NamedTuple):
    """One array of a point."""

    name: str
    path: tuple[Any, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    #: Whether it is a Python number, which functions get as such.
    scalar: bool

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class Leaves:
    """The parameters of a point: named arrays, one after the other in a flat vector.

    Invariant: knows nothing of how they are nested; that is a subclass's.
    """

    def __init__(self, leaves: list[Leaf], parts: list[np.ndarray], name: str):
        if not leaves:
            raise ValueError(
                f"{name} has no floating-point numbers, so there is nothing to differentiate by: pass 2.0 for 2, or an array "
                "with dtype=float"
            )
        self.leaves = leaves
        single = any(leaf.dtype == np.float32 for leaf in leaves)
        self.dtype = np.dtype(np.float32 if single else np.float64)
        self.point = np.concatenate([part.ravel() for part in parts]).astype(self.dtype)
        self.size = self.point.size
        if not self.size:
            raise ValueError(f"{name} is empty: there is nothing to differentiate by")

    @property
    def blocks(self) -> list[tuple[str, list[int]]]:
        """Names and shapes."""
        return [(leaf.name, list(leaf.shape)) for leaf in self.leaves if leaf.size]

    def ranges(self) -> Iterator[tuple[Leaf, slice]]:
        """Each leaf with its place in the flat vector."""
        start = 0
        for leaf in self.leaves:
            yield leaf, slice(start, start + leaf.size)
            start += leaf.size

    def by_name(self, value: Any, of: str) -> dict[str, Any]:
        """The parts of ``value``, which has the structure of the point, by the names of the leaves that they belong to."""
        raise NotImplementedError

    def spread(self, value: Any, what: str, default: float) -> np.ndarray | None:
        """Bounds as one number a parameter: given as a number for all, or in the structure of the point."""
        if value is None:
            return None
        if np.isscalar(value) or (isinstance(value, np.ndarray) and value.ndim == 0):
            return np.full(self.size, float(np.asarray(value)))
        flat = np.full(self.size, default)
        given = self.by_name(value, what)
        for leaf, place in self.ranges():
            part = given.get(leaf.name)
            if part is not None:
                try:
                    bounds = np.broadcast_to(np.asarray(part, dtype=float), leaf.shape).ravel()
                except ValueError:
                    raise ValueError(_misfit(what, part, leaf)) from None
                # None, as SciPy has it, is no bound.
                flat[place] = np.where(np.isnan(bounds), default, bounds)
        unknown = [name for name in given if all(leaf.name != name for leaf in self.leaves)]
        if unknown:
            known = ", ".join(leaf.name for leaf in self.leaves[:20])
            raise ValueError(f"{what} has {unknown[0]!r}, which does not exist: there are {known}")
        return flat

    def fixed(self, fixed: Any) -> np.ndarray:
        """Which parameters stay: by the names of arrays, or of what holds them; or masks by name."""
        mask = np.zeros(self.size, dtype=bool)
        if fixed is None:
            return mask
        if isinstance(fixed, np.ndarray) and fixed.dtype == bool and len(self.leaves) == 1:
            fixed = {self.leaves[0].name: fixed}
        named = fixed.items() if isinstance(fixed, dict) else [(n, True) for n in _names(fixed)]
        for name, part in named:
            hits = [(leaf, at) for leaf, at in self.ranges() if leaf.name == name or leaf.name.startswith(f"{name}.")]
            if not hits:
                known = ", ".join(leaf.name for leaf in self.leaves[:20])
                raise ValueError(f"cannot fix {name!r}, which does not exist: there are {known}")
            for leaf, place in hits:
                try:
                    mask[place] = np.broadcast_to(np.asarray(part, dtype=bool), leaf.shape).ravel()
                except ValueError:
                    raise ValueError(_misfit("the mask in `fixed`", part, leaf)) from None
        return mask


class Tree(Leaves):
    """The structure of a point: which of its leaves are parameters, and how to build it from their numbers."""

    def __init__(self, x: Any, name: str = "x"):
        self.leaves: list[Leaf] = []
        parts: list[np.ndarray] = []
        self._x, self._name = x, name
        self._skeleton = self._scan(x, (), parts)
        super().__init__(self.leaves, parts, name)
        self._by_path = {leaf.path: leaf for leaf in self.leaves}

    def _scan(self, x: Any, path: tuple[Any, ...], parts: list[np.ndarray]) -> Any:
        if isinstance(x, dict):
            return x, {key: self._scan(value, (*path, key), parts) for key, value in x.items()}
        if isinstance(x, (list, tuple)) and not _is_numbers(x):
            return type(x), [self._scan(value, (*path, key), parts) for key, value in zip(_keys(x), x, strict=True)]
        if isinstance(x, CONSTANTS):
            return None, x
        where = self.label(path)
        if isinstance(x, (np.ma.MaskedArray, np.matrix)):
            lost = "whose mask would be lost: pass x.data, and name the masked entries in `fixed`"
            if isinstance(x, np.matrix):
                lost = "on which * is another product: pass np.asarray(x)"
            raise TypeError(f"{where} is {described(x)}, {lost}")
        array = np.asarray(x)
        if array.dtype.kind == "f" and array.dtype.itemsize in (4, 8):
            # In the byte order of this machine.
            array = array.astype(array.dtype.newbyteorder("="), copy=False)
        if array.dtype.kind in "iub":
            if not path:
                # The whole point: someone wrote 2 where 2.0 was meant.
                raise TypeError(
                    f"{where} has dtype {array.dtype}, for which there is no derivative: pass floating-point numbers, such "
                    f"as np.asarray({self._name}, dtype=float)"
                )
            return None, x
        if array.dtype.kind == "c":
            raise TypeError(
                f"{where} is complex: pass its real and imaginary parts as two arrays, as in {{'re': x.real, 'im': x.imag}}"
            )
        if array.dtype not in (np.float64, np.float32):
            if array.dtype.kind == "f":
                raise TypeError(f"{where} has dtype {array.dtype}: steps need float64 or float32. Pass {self._name} as float64")
            if callable(x):
                raise TypeError(f"{where} is a function: the order is check(f, grad, x)")
            raise TypeError(f"{where} is {described(x)}, not a number or an array of numbers")
        leaf = Leaf(where, path, array.shape, array.dtype, type(x) is float)
        self.leaves.append(leaf)
        parts.append(array)
        return leaf, len(self.leaves) - 1

    def label(self, path: tuple[Any, ...]) -> str:
        """The name of the leaf at ``path``."""
        if not path:
            return self._name
        label = ".".join(str(key) for key in path)
        return label if isinstance(path[0], str) else f"{self._name}.{label}"

    def build(self, flat: np.ndarray, batch: int | None = None) -> Any:
        """The point of these numbers; with ``batch`` of so many rows, every array with an axis in front."""
        if batch is None:
            views = [
                float(flat[place][0]) if leaf.scalar else _as(flat[place].reshape(leaf.shape), leaf.dtype)
                for leaf, place in self.ranges()
            ]
        else:
            views = [
                _as(np.ascontiguousarray(flat[:, place]).reshape(batch, *leaf.shape), leaf.dtype)
                for leaf, place in self.ranges()
            ]
        return _rebuild(self._skeleton, views)

    def read(self, given: Any, of: str) -> tuple[list[tuple[str, list[int], np.ndarray]], np.dtype]:
        """The arrays of a derivative that has the structure of the point, and the coarsest of their types."""
        if not self.is_nested:
            if isinstance(given, dict):
                raise TypeError(f"{of} is a dict, but {self._name} is {_shaped(self.leaves[0])}: return the same")
            arrays = [(self.leaves[0], given)]
        else:
            arrays = list(self._pairs(self._x, given, (), of))
        found, coarsest = [], np.dtype(np.float64)
        for leaf, value in arrays:
            # Nothing was given: a finding of the check, not an error. Nor is anything of an empty array.
            if value is None or (leaf.size == 0 and np.size(value) == 0):
                continue
            array, dtype = numbers(value, f"{of} for {leaf.name}" if self.is_nested else of)
            coarsest = _coarser(coarsest, dtype)
            shape = list(array.shape)
            # A gradient of one number may come as a number or as an array of one.
            if array.size == 1 and leaf.size == 1:
                shape = list(leaf.shape)
            found.append((leaf.name, shape, np.ascontiguousarray(array.ravel(), dtype=np.float64)))
        return found, coarsest

    def by_name(self, value: Any, of: str) -> dict[str, Any]:
        if not self.is_nested:
            return {self.leaves[0].name: value}
        return {leaf.name: part for leaf, part in self._pairs(self._x, value, (), of)}

    @property
    def is_nested(self) -> bool:
        return self.leaves[0].path != ()

    def _pairs(self, x: Any, given: Any, path: tuple[Any, ...], of: str) -> Iterator[tuple[Leaf, Any]]:
        if isinstance(x, dict):
            if not isinstance(given, dict):
                keys = ", ".join(repr(key) for key in list(x)[:8])
                raise TypeError(_unlike(of, given, self.label(path), f"a dict with the keys {keys}"))
            for key, value in x.items():
                yield from self._below(value, given.get(key), (*path, key), of)
            for key in given:
                if key not in x:
                    name = self.label((*path, key))
                    if isinstance(given[key], (dict, list, tuple)):
                        raise TypeError(f"{of} has {name!r}, but {self._name} has no such entry")
                    shape = np.shape(given[key])
                    yield Leaf(name, (*path, key), shape, np.dtype(np.float64), False), given[key]
        else:
            if not isinstance(given, (list, tuple)) or len(given) != len(x):
                expected = f"a {type(x).__name__} of length {len(x)}"
                raise TypeError(_unlike(of, given, self.label(path), expected))
            for key, value, part in zip(_keys(x), x, given, strict=True):
                yield from self._below(value, part, (*path, key), of)

    def _below(self, x: Any, given: Any, path: tuple[Any, ...], of: str) -> Iterator[tuple[Leaf, Any]]:
        leaf = self._by_path.get(path)
        if leaf is not None:
            yield leaf, given
        elif given is not None and isinstance(x, (dict, list, tuple)) and not _is_numbers(x):
            yield from self._pairs(x, given, path, of)


def numbers(value: Any, what: str) -> tuple[np.ndarray, np.dtype]:
    """``value`` as an array of float64, and the type that it came in."""
    array = as_array(value)
    if array.dtype.kind == "c":
        raise TypeError(f"{what} is complex, but a real number was expected: return its real part")
    if array.dtype.kind not in "fiub" and str(array.dtype) not in HALVES:
        raise TypeError(f"{what} is {described(value)}, not a number or an array of numbers")
    dtype = array.dtype if array.dtype.kind not in "iub" else np.dtype(np.float64)
    return array.astype(np.float64), dtype


#: Types of 16 bits that NumPy knows from others, and their machine epsilons.
HALVES = {"bfloat16": 2.0**-7}


def epsilon(dtype: np.dtype) -> float:
    """The machine epsilon of a type; that of float64 for wider ones."""
    if str(dtype) in HALVES:
        return HALVES[str(dtype)]
    return max(float(np.finfo(dtype).eps), float(np.finfo(np.float64).eps))


def _coarser(left: np.dtype, right: np.dtype) -> np.dtype:
    return left if epsilon(left) >= epsilon(right) else right


def as_array(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError("a masked array was returned, whose mask would be lost: return an array with zeros there")
    try:
        return np.asarray(value)
    except ValueError:
        # Ragged: parts of several shapes.
        return np.empty(0, dtype=object)


def _as(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return array if array.dtype == dtype else array.astype(dtype)


def _is_numbers(x: Any) -> bool:
    """Whether a list is a vector, or a matrix, written out."""
    if not x or hasattr(x, "_fields"):
        return False
    if isinstance(x, (list, tuple)):
        if all(isinstance(value, (list, tuple)) for value in x):
            return all(_is_numbers(value) for value in x)
        return all(isinstance(value, (float, np.floating)) or _is_int(value) for value in x) and any(
            isinstance(value, (float, np.floating)) for value in x
        )
    return False


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _rebuild(skeleton: Any, views: list[Any]) -> Any:
    kind, content = skeleton
    if isinstance(kind, Leaf):
        return views[content]
    if kind is None:
        return content
    if isinstance(kind, dict):
        # A copy, for the sake of what else a subclass has, such as the factory of a defaultdict.
        built = {} if type(kind) is dict else copy.copy(kind)
        built.update((key, _rebuild(value, views)) for key, value in content.items())
        return built
    parts = [_rebuild(value, views) for value in content]
    return kind(*parts) if hasattr(kind, "_fields") else kind(parts)


def _names(fixed: Any) -> list[str]:
    if isinstance(fixed, str):
        return [fixed]
    names = list(fixed)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"`fixed` takes names of arrays, or a dict of names and masks, not {name!r}")
    return names


def _keys(x: list[Any] | tuple[Any, ...]) -> list[Any]:
    """The names of the parts of a named tuple; else their places."""
    return list(getattr(x, "_fields", range(len(x))))


def _misfit(what: str, part: Any, leaf: Leaf) -> str:
    return f"{what} for {leaf.name} has shape {np.shape(part)}, but {leaf.name} has {leaf.shape}"


def described(value: Any) -> str:
    """What a value is, with its article."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        is_number = value.dtype.kind in "fiubc"
        return f"an array of shape {value.shape}" if is_number else f"an array of dtype {value.dtype}"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _shaped(leaf: Leaf) -> str:
    return "a number" if leaf.shape == () else f"an array of shape {leaf.shape}"


def _unlike(of: str, given: Any, where: str, expected: str) -> str:
    if hasattr(given, "shape"):
        had = f"an array of shape {given.shape}"
    elif isinstance(given, (list, tuple)):
        had = f"{described(given)} of length {len(given)}"
    else:
        had = described(given)
    return f"{of} is {had} where {where} is {expected}: return the structure of the point, with None for what has none"
