"""The derivatives that JAX gives."""

from __future__ import annotations

import doctest
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

jax = pytest.importorskip("jax")
# Compilation takes nearly all of the time.
jax.config.update("jax_disable_most_optimizations", True)

import jax.numpy as jnp  # noqa: E402
from jax_rules import CASES, forward, reverse  # noqa: E402

import gradient_check.jax  # noqa: E402
from gradient_check import Interrupted  # noqa: E402
from gradient_check.jax import assert_gradient, check, check_grads  # noqa: E402


@contextmanager
def enable_x64(wanted: bool):
    """float64 within; ``jax.enable_x64`` is not in every version."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", wanted)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


@pytest.fixture
def x64():
    with enable_x64(True):
        yield


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("wide", [False, True], ids=["float32", "x64"])
def test_right_rules_pass_and_wrong_ones_do_not(name, wide):
    with enable_x64(wide):
        right, wrong = (check(*CASES[name](is_right)) for is_right in (True, False))
        if wide:
            assert right.verdict == "agree", right
            assert wrong.verdict == "disagree", wrong
        assert right.verdict != "disagree", right
        assert wrong.verdict != "agree", wrong


def names(report) -> list[str]:
    return [block["name"] for block in report.blocks]


class Layer(NamedTuple):
    kernel: Any
    bias: Any


@jax.tree_util.register_dataclass
@dataclass
class Model:
    layers: list
    scale: Any


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    layers = [Layer(rng.normal(size=(2, 3)), np.zeros(3)), Layer(rng.normal(size=(3, 1)), np.zeros(1))]
    return Model(layers, {"out": 1.5, "steps": 2})


def predict(model, x):
    for layer in model.layers:
        x = jnp.tanh(x @ layer.kernel + layer.bias)
    return jnp.sum(model.scale["out"] * x ** model.scale["steps"])


def test_leaves_are_named_by_their_paths(x64, model):
    report = check(predict, (model, np.ones((2, 2))))
    assert report.ok, report
    assert set(names(report)) == {
        "model.layers.0.kernel",
        "model.layers.0.bias",
        "model.layers.1.kernel",
        "model.layers.1.bias",
        "model.scale.out",
        "x",
    }


def test_names_without_a_signature(x64):
    assert names(check(lambda *xs: xs[0] * xs[1], (1.0, 2.0))) == ["xs.0", "xs.1"]
    assert names(check(jax.jit(lambda w: w**2), 2.0)) == ["w"]


def test_fixed_and_bounds_take_names_and_structures(x64, model):
    def f(model, x):
        return predict(model, x) + jnp.sqrt(x[0, 0])

    args = (model, np.array([[1e-9, 2.0]]))
    report = check(f, args, fixed="model", lower=(None, np.array([[0.0, -np.inf]])), modes="rev")
    assert report.verdict != "disagree", report
    with pytest.raises(ValueError, match="cannot fix 'models'"):
        check(f, args, fixed="models")
    with pytest.raises(ValueError, match="lower has a part 'y', which is no parameter|parts, but there are"):
        check(f, args, lower=(None, None, 3.0))


def test_integers_and_keys_stay(x64):
    def noisy(w, key, i, flag, name):
        assert name == "a" and flag is True
        return jnp.sum(jnp.sin(w)[i] * jax.random.normal(key, (2,)))

    w, i = np.array([0.3, 0.7, 1.1]), np.array([0, 2])
    for key in (jax.random.key(0), jax.random.PRNGKey(0)):
        report = check(noisy, (w, key, i, True, "a"))
        assert report.ok, report
        assert names(report) == ["w"]


def test_python_control_flow(x64):
    @jax.custom_jvp
    def f(x):
        return x**2 if x[0] > 0 else -x

    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        return f(x), 2.0 * x * t if float(x[0]) > 0 else t

    f.defjvp(rule)
    assert check(f, (np.array([0.5, 2.0]),)).ok
    report = check(f, (np.array([-0.5, 2.0]),))
    assert report.verdict == "disagree"


def test_a_function_that_can_not_be_vectorized(x64):
    def sine(x):
        like = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return jax.pure_callback(lambda x: np.sin(np.asarray(x)), like, x)

    f = reverse(sine, lambda x: (sine(x), x), lambda x, g: (g * jnp.cos(x),))
    assert check(lambda x: jnp.sum(f(x)), (np.array([0.4, 1.0]),)).ok


def test_a_random_function_is_not_frozen_by_compilation(x64):
    rng = np.random.default_rng(0)
    report = check(lambda x: jnp.sum(x**2) * (1.0 + 0.1 * rng.normal()), (np.array([0.4, 1.0]),))
    assert not report.ok
    assert "where JAX differentiates" not in str(report)


def test_has_aux(x64):
    assert check(lambda w: (jnp.sum(w**3), {"aux": "text"}), np.array([1.0, 2.0]), has_aux=True).ok
    with pytest.raises(TypeError, match="has_aux=True"):
        check(lambda w: jnp.sum(w), np.array([1.0, 2.0]), has_aux=True)


def test_a_pytree_of_outputs(x64):
    def f(w):
        return {"a": jnp.sin(w), "b": [jnp.sum(w**2), jnp.argmax(w)]}

    report = check(f, (np.array([0.4, 1.0]),))
    assert report.ok, report
    assert "y.a (y[0:2], shape (2,)), y.b.0 (y[2:3], shape ())" in str(report).replace("\n ", "")
    assert set(report.parts) == {"vjp", "jvp", "adjoint"}


def test_a_mode_that_is_not_there_is_left_out(x64):
    f = reverse(lambda x: x**2, lambda x: (x**2, x), lambda x, g: (2.0 * x * g,))
    report = check(f, 3.0)
    assert report.ok and "the forward mode was left out" in str(report)
    with pytest.raises(TypeError, match="custom_vjp"):
        check(f, 3.0, modes=["fwd"])
    report = check(lambda x: jax.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * x), (0, x))[1], 1.5)
    assert report.ok and "the reverse mode was left out" in str(report)


@pytest.mark.parametrize("mode", ["rev", "fwd"])
def test_a_rule_with_another_value(x64, mode):
    f = {
        "rev": reverse(jnp.sin, lambda x: (jnp.cos(x), x), lambda x, g: (g * jnp.cos(x),)),
        "fwd": forward(jnp.sin, lambda p, t: (jnp.cos(p[0]), t[0] * jnp.cos(p[0]))),
    }[mode]
    report = check(f, 1.0, modes=mode)
    assert report.verdict == "disagree"
    assert "f gives 0.841470985, but 0.540302306" in str(report)
    assert report.to_json()


def test_nan_does_not_pass(x64):
    f = reverse(lambda x: jnp.sqrt(x), lambda x: (jnp.sqrt(x), x), lambda x, g: (g * jnp.nan,))
    assert check(lambda x: jnp.sum(f(x)), np.array([1.0, 2.0])).verdict == "disagree"
    # The untaken branch of a `where`.
    report = check(lambda x: jnp.sum(jnp.where(x > 0.0, jnp.sqrt(x), 0.0)), np.array([1.0, -2.0]))
    assert report.verdict == "disagree"
    with pytest.raises(ValueError, match=r"at x\[1\]"):
        check(lambda x: jnp.sum(x), np.array([1.0, np.nan]))


def test_relu_at_zero_is_a_subgradient(x64):
    assert check(lambda x: jnp.sum(jax.nn.relu(x)), np.array([0.0, 1.0, -1.0])).ok


def test_errors_come_out_as_they_went_in(x64):
    class Own(Exception):
        pass

    def raising(*_):
        raise Own("in here")

    with pytest.raises(Own, match="in here"):
        check(raising, 1.0)
    with pytest.raises(Own, match="in here"):
        check(reverse(lambda x: x, lambda x: (x, None), raising), 1.0)
    with pytest.raises(Own, match="in here"):
        check(forward(lambda x: x, raising), 1.0)
    with pytest.raises(Own, match="in here"):
        check(lambda x: raising() if x != 1.0 else x, 1.0)


@pytest.mark.parametrize("x", [jnp.ones(2, jnp.bfloat16), np.ones(2, np.float16)], ids=["bfloat16", "float16"])
def test_half_precision_is_refused(x):
    with pytest.raises(TypeError, match=r"x has dtype b?float16.*cast it with .astype\(jnp.float32\)"):
        check(lambda x: jnp.sum(x), x)


@pytest.mark.parametrize("coarse", [jnp.bfloat16, jnp.float32])
def test_a_coarse_type_inside(x64, coarse):
    def f(w):
        return jnp.mean(jnp.sin(1.1 * w.astype(coarse)) ** 2).astype(w.dtype)

    f = reverse(f, lambda w: (jnp.mean(jnp.sin(1.1 * w) ** 2), w), lambda w, g: (g * 1.1 * jnp.sin(2.2 * w) / w.size,))
    assert check(f, np.array([0.4, 1.0, 2.3])).verdict != "disagree"


def test_what_is_refused(x64):
    with pytest.raises(TypeError, match="w.a is complex.*real and imaginary parts"):
        check(lambda w: jnp.sum(jnp.abs(w["a"])), ({"a": 1j * np.ones(2)},))
    with pytest.raises(TypeError, match="f returned complex numbers"):
        check(lambda w: w * 1j, 1.0)
    with pytest.raises(TypeError, match="is there a `return`"):
        check(lambda w: None, 1.0)
    with pytest.raises(TypeError, match="no floating-point numbers"):
        check(lambda w: jnp.argmax(w), np.ones(2))
    with pytest.raises(ValueError, match="nothing to differentiate by"):
        check(lambda n: n, 2)
    with pytest.raises(ValueError, match="'reverse' is not a mode"):
        check(jnp.sum, 2.0, modes=["reverse"])


def test_types_stay_what_they_are():
    def f(w):
        assert w.dtype == jnp.float32
        return jnp.sum(w**2)

    assert check(f, np.array([0.4, 1.0])).verdict != "disagree"


def test_the_example_of_the_module():
    assert doctest.testmod(gradient_check.jax).failed == 0


def test_assert_gradient(x64):
    assert assert_gradient(lambda w: jnp.sum(w**2), np.ones(2)).ok
    f = reverse(lambda x: x**2, lambda x: (x**2, x), lambda x, g: (x * g,))
    with pytest.raises(AssertionError, match="the gradient is wrong(.|\n)*test_jax.py:[0-9]+, seed 0"):
        assert_gradient(f, 2.0)


@jax.custom_vjp
def frozen(x):
    """x³, whose gradient is right, but not to be differentiated again."""
    return jnp.sum(x**3)


frozen.defvjp(lambda x: (frozen(x), x), lambda x, g: (g * 3.0 * x * jax.lax.stop_gradient(x),))


def test_second_order(x64):
    x = np.array([0.5, -1.5])
    check_grads(lambda x: jnp.sum(jnp.sin(x) ** 2), (x,), order=2)
    check_grads(lambda x: {"a": jnp.sin(x) * x[0], "b": x[1]}, (x,), order=2)
    check_grads(frozen, (x,), order=1)
    with pytest.raises(AssertionError, match="is wrong: the gradient of frozen"):
        check_grads(frozen, (x,), order=2, modes="rev")


def test_tolerances_of_check_grads(x64):
    f = reverse(lambda x: x**2, lambda x: (x**2, x), lambda x, g: (2.001 * x * g,))
    with pytest.raises(AssertionError):
        check_grads(f, (3.0,), 1)
    with pytest.raises(AssertionError, match="beyond atol=0, rtol=0.0001"):
        check_grads(f, (3.0,), 1, rtol=1e-4)
    check_grads(f, (3.0,), 1, rtol=1e-3)
    check_grads(f, (3.0,), 1, atol=1e-2)
    check_grads(f, (3.0,), 1, atol={np.float64: 1e-2, np.float32: 1.0})


def test_a_relative_tolerance_is_each_entrys_own(x64):
    # The second entry is wrong by half, and far below the scale of the array.
    scale = jnp.array([1.0, 1e-6])
    f = reverse(
        lambda x: jnp.sum(scale * x**2),
        lambda x: (jnp.sum(scale * x**2), x),
        lambda x, g: (2.0 * g * scale * x * jnp.array([1.0, 1.5]),),
    )
    with pytest.raises(AssertionError):
        check_grads(f, (np.array([1.0, 1.0]),), 1, modes="rev", rtol=1e-3)


def test_an_interruption_keeps_what_was_measured(x64):
    calls = 0

    def f(x):
        nonlocal calls
        calls += 1
        if x[0] > 0.0 and calls > limit:
            raise KeyboardInterrupt
        return jnp.sum(x**2)

    limit = 10**6
    check(f, np.ones(3), modes="rev")
    # In the middle of the forward mode, which comes last.
    calls, limit = 0, calls + 5
    with pytest.raises(Interrupted) as raised:
        check(f, np.ones(3))
    assert raised.value.report.parts["gradient"]["verdict"] == "agree"


@pytest.mark.parametrize("verdict", ["agree", "disagree"])
def test_texts_fit_80_columns(x64, verdict):
    f = reverse(lambda x: x**2, lambda x: (x**2 + (verdict == "disagree"), x), lambda x, g: (2.0 * x * g,))
    report = check(lambda weights: {"outputs": f(weights), "mean": jnp.mean(weights)}, np.ones(3))
    assert report.verdict == verdict
    assert max(len(line) for line in str(report).splitlines()) <= 80
