"""A function of pytrees as JAX differentiates it: from one flat vector to another, with its products and second derivatives.

Invariant: judges nothing; :mod:`gradient_check.jax` does.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import tree_flatten_with_path, tree_leaves, tree_unflatten

from ._tree import Leaf, Leaves, described, epsilon

#: A function of arrays that gives one.
Function = Callable[..., Any]

#: The modes of differentiation, in the words of ``jax.test_util.check_grads``, and what they are called in a report.
MODES = {"rev": "reverse mode", "fwd": "forward mode"}

#: The machine epsilons of types, by their names in JAX's programs.
EPSILONS = {"bf16": 2.0**-7, "f16": 2.0**-10, "f32": 2.0**-23}

#: What JAX says of a function that it can't differentiate in a mode.
ABSENCE = ("forward-mode", "reverse-mode", "do not support jvp")


class Arguments(Leaves):
    """The arguments of a function. Floating-point leaves are parameters; integers, keys and all else stay what they are."""

    def __init__(self, f: Function, args: tuple[Any, ...]):
        self._names = _parameter_names(f, len(args))
        found, self._structure = tree_flatten_with_path(args)
        self._contents = [_canonical(value, self._label(path)) for path, value in found]
        leaves, parts = [], []
        for (path, _), value in zip(found, self._contents):
            if isinstance(value, np.ndarray):
                leaves.append(Leaf(self._label(path), path, value.shape, value.dtype, False))
                parts.append(value)
        super().__init__(leaves, parts, "args")

    def _label(self, path: tuple[Any, ...]) -> str:
        return ".".join([self._names[path[0].idx], *(_key(key) for key in path[1:])])

    def build(self, flat: Any) -> tuple[Any, ...]:
        """The arguments with these numbers."""
        arrays = iter(jnp.reshape(jnp.asarray(flat)[place], leaf.shape).astype(leaf.dtype) for leaf, place in self.ranges())
        contents = [next(arrays) if isinstance(value, np.ndarray) else value for value in self._contents]
        arguments: tuple[Any, ...] = tree_unflatten(self._structure, [_unwrapped(value) for value in contents])
        return arguments

    def by_name(self, value: Any, of: str) -> dict[str, Any]:
        found, _ = tree_flatten_with_path(as_arguments(value))
        given = {}
        for path, part in found:
            if path[0].idx >= len(self._names):
                raise ValueError(f"{of} has {path[0].idx + 1} parts, but there are {len(self._names)} arguments")
            label = self._label(path)
            hits = [leaf.name for leaf in self.leaves if leaf.name == label or leaf.name.startswith(f"{label}.")]
            if not hits:
                known = ", ".join(leaf.name for leaf in self.leaves[:20])
                raise ValueError(f"{of} has a part {label!r}, which is no parameter: there are {known}")
            given.update(dict.fromkeys(hits, part))
        return given


class _Constant(NamedTuple):
    """A leaf that is no parameter, as it was given."""

    value: Any


def as_arguments(args: Any) -> tuple[Any, ...]:
    """``args`` as a tuple: one pytree that is not a tuple, or a list, is the only argument."""
    if isinstance(args, (tuple, list)) and not hasattr(args, "_fields"):
        return tuple(args)
    return (args,)


def _canonical(value: Any, name: str) -> np.ndarray | _Constant:
    """A parameter as an array of the type that JAX gives it, or a constant."""
    if not isinstance(value, (float, complex)) and not hasattr(value, "dtype"):
        return _Constant(value)
    if hasattr(value, "dtype") and not jnp.issubdtype(value.dtype, jnp.inexact):
        return _Constant(value)
    array = jnp.asarray(value)
    if jnp.issubdtype(array.dtype, jnp.complexfloating):
        raise TypeError(
            f"{name} is complex, and steps are real: pass its real and imaginary parts as two arrays, as in "
            "check(lambda re, im: f(re + 1j * im), (z.real, z.imag))"
        )
    if array.dtype not in (np.float64, np.float32):
        raise TypeError(
            f"{name} has dtype {array.dtype}, whose steps are too coarse: cast it with .astype(jnp.float32), and inside the "
            f"function back with .astype(jnp.{array.dtype}) where it is to compute in that type"
        )
    return np.asarray(array)


def _unwrapped(value: Any) -> Any:
    return value.value if isinstance(value, _Constant) else value


def _key(key: Any) -> str:
    """A step into a pytree as a word: the key of a dict, the place in a list, the name of a field."""
    return str(next((getattr(key, name) for name in ("key", "idx", "name") if hasattr(key, name)), key))


def _parameter_names(f: Function, count: int) -> list[str]:
    """The names of the first ``count`` positional parameters of ``f``."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}.{i}" for i in range(count - len(names))]
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
    return names[:count] + [f"args.{i}" for i in range(len(names), count)]


class Problem:
    """A function of one vector that gives one vector, and what JAX derives from it.

    ``tree`` names the parameters, ``outputs`` the arrays that it gives, one after the other. ``value`` is what it gives when
    it is not compiled, where that is known.
    """

    def __init__(self, tree: Arguments, vector: Function, outputs: list[Leaf], value: Any = None):
        self.tree, self.vector, self.outputs = tree, vector, outputs
        self.point = jnp.asarray(tree.point)
        self.size = sum(output.size for output in outputs)
        #: The coarsest type on the way.
        self.dtype = max((leaf.dtype for leaf in [*tree.leaves, *outputs]), key=epsilon)
        self._products: dict[str, Product] = {}
        self._epsilon = _coarsest(vector, self.point, self.dtype)
        self.fast, self.value = compiled(vector, self.point)
        if value is not None and not self.is_value(value):
            # Python draws random numbers, or keeps a state, that compilation would freeze.
            self.fast, self.value = vector, value

    @classmethod
    def of(cls, f: Function, args: tuple[Any, ...], has_aux: bool = False) -> Problem:
        """The problem of ``f(*args)``; with ``has_aux`` of the first of the two that it returns."""
        tree = Arguments(f, args)

        def result(flat: Any) -> Any:
            given = f(*tree.build(flat))
            if not has_aux:
                return given
            if not isinstance(given, (tuple, list)) or len(given) != 2:
                raise TypeError(f"with has_aux=True f returns its value and something else as a pair, not {described(given)}")
            return given[0]

        first = result(tree.point)
        outputs = _outputs(first)
        return cls(tree, lambda flat: _concatenated(result(flat)), outputs, _concatenated(first))

    def is_value(self, value: Any) -> bool:
        """Whether another way to compute the function gives the same: to half its digits, and to some bits of the point."""
        own, value = np.asarray(self.value, dtype=np.float64), np.asarray(value, dtype=np.float64)
        if own.shape != value.shape:
            return False
        allowed = np.sqrt(self._epsilon) * _largest(own) + 256 * self._epsilon * _largest(self.tree.point)
        return np.allclose(own, value, rtol=0.0, atol=allowed, equal_nan=True)

    def product(self, mode: str) -> Product:
        """Jᵀv for ``rev``, J·u for ``fwd``.

        Raises what JAX does where it has no such mode for the function; see :func:`is_absent`.
        """
        if mode not in self._products:
            function, size = (self._vjp, self.size) if mode == "rev" else (self._jvp, self.tree.size)
            function, (value, _) = compiled(function, self.point, jnp.ones(size, self.point.dtype))
            self._products[mode] = Product(function, value)
        return self._products[mode]

    def _vjp(self, flat: Any, v: Any) -> tuple[Any, Any]:
        y, pull = jax.vjp(self.vector, flat)
        return y, pull(jnp.asarray(v, y.dtype))[0]

    def _jvp(self, flat: Any, u: Any) -> tuple[Any, Any]:
        y, tangent = jax.jvp(self.vector, (flat,), (jnp.asarray(u, flat.dtype),))
        return y, tangent

    def many(self) -> Function | None:
        """The function on many points at a time; ``None`` where JAX can't vectorize it."""
        rows = self.point[np.newaxis]
        fast = jax.jit(jax.vmap(self.vector))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                same = self.fast is not self.vector and self.is_value(fast(rows)[0])
        except Exception:  # Whatever it is, the function by itself did not raise it.
            return None
        return fast if same else None

    def derivative(self, mode: str) -> Problem:
        """The derivative as a function to differentiate again: Jᵀv for a random v, or J·u for a random u.

        It is the gradient where the function gives one number and the mode is ``rev``.
        """
        if mode == "rev":
            v = np.ones(1) if self.size == 1 else _random(self.size)
            return Problem(self.tree, lambda flat: self._vjp(flat, v)[1], self.tree.leaves)
        u = _random(self.tree.size)
        return Problem(self.tree, lambda flat: self._jvp(flat, u)[1], self.outputs)


class Product(NamedTuple):
    """A product with the Jacobian, as a function of the point and a vector that gives f and the product."""

    function: Function
    #: f as its rule gives it.
    value: Any

    def times(self, flat: Any, vector: Any) -> Any:
        """The product alone."""
        return self.function(flat, vector)[1]


def _outputs(given: Any) -> list[Leaf]:
    outputs = []
    for path, value in tree_flatten_with_path(given)[0]:
        name = ".".join(["y", *(_key(key) for key in path)])
        if not isinstance(value, (bool, int, float, complex)) and not hasattr(value, "dtype"):
            raise TypeError(f"f returned {described(value)}, not an array: return it apart, with has_aux=True")
        dtype = jnp.result_type(value)
        if jnp.issubdtype(dtype, jnp.complexfloating):
            raise TypeError(
                "f returned complex numbers, but only real ones are checked: return their real and imaginary parts, as in "
                "jnp.stack([z.real, z.imag])"
            )
        if jnp.issubdtype(dtype, jnp.floating):
            outputs.append(Leaf(name, path, jnp.shape(value), np.dtype(dtype), False))
    if given is None:
        raise TypeError("f returned None, not a number: is there a `return`?")
    if not sum(output.size for output in outputs):
        raise TypeError("f returned no floating-point numbers, so there is nothing to differentiate")
    return outputs


def _concatenated(given: Any) -> Any:
    """The floating-point arrays of a pytree as one vector."""
    arrays = [jnp.asarray(value) for value in tree_leaves(given)]
    return jnp.concatenate([jnp.ravel(array) for array in arrays if jnp.issubdtype(array.dtype, jnp.floating)])


def _random(size: int) -> np.ndarray:
    """A vector with entries of either sign and of size ½ to 1."""
    rng = np.random.default_rng(0)
    return rng.choice([-1.0, 1.0], size) * rng.uniform(0.5, 1.0, size)


def is_absent(error: Exception) -> bool:
    """Whether JAX says by this that a function can't be differentiated in some mode."""
    return isinstance(error, (TypeError, ValueError, NotImplementedError)) and any(
        words in str(error).lower() for words in ABSENCE
    )


def compiled(function: Function, *example: Any) -> tuple[Function, Any]:
    """``function``, compiled where that is possible, and what it gives for an example."""
    fast = jax.jit(function)
    try:
        return fast, fast(*example)
    except Exception:  # Python decides by values, for example; or the function raises, as it does now.
        return function, function(*example)


def _coarsest(function: Function, point: Any, dtype: np.dtype) -> float:
    """The machine epsilon of the coarsest type in which a function computes, as far as JAX can tell."""
    try:
        steps = str(jax.make_jaxpr(function)(point))
    except Exception:  # Python decides by values, for example.
        return epsilon(dtype)
    return max([epsilon(dtype), *(eps for name, eps in EPSILONS.items() if f"{name}[" in steps)])


def _largest(array: np.ndarray) -> float:
    return float(np.abs(array[np.isfinite(array)]).max(initial=0.0))
