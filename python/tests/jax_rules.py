"""Rules as people write them for ``custom_vjp`` and ``custom_jvp``, each with a mistake that people make."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

CASES = {}


def case(make):
    """A function of whether it is to be right, that gives a function and its arguments."""
    CASES[make.__name__] = make
    return make


def reverse(f, forward, backward):
    f = jax.custom_vjp(f)
    f.defvjp(forward, backward)
    return f


def forward(f, rule):
    f = jax.custom_jvp(f)
    f.defjvp(rule)
    return f


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@case
def square_without_its_two(right):
    f = reverse(lambda x: x**2, lambda x: (x**2, x), lambda x, g: ((2.0 if right else 1.0) * x * g,))
    return lambda x: jnp.sum(f(x)), (normal(0, 3),)


@case
def sigmoid_of_the_input_in_place_of_the_output(right):
    def sigmoid(x):
        return 1.0 / (1.0 + jnp.exp(-x))

    def back(saved, g):
        x, s = saved
        return (g * s * (1.0 - s) if right else g * x * (1.0 - x),)

    f = reverse(sigmoid, lambda x: (sigmoid(x), (x, sigmoid(x))), back)
    return f, (normal(1, 4),)


@case
def softplus_of_the_other_sign(right):
    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        return f(x), t / (1.0 + jnp.exp(-x if right else x))

    f = forward(lambda x: jnp.log1p(jnp.exp(x)), rule)
    return lambda x: jnp.sum(f(x) ** 2), (normal(2, 4),)


@case
def cross_entropy_not_averaged(right):
    labels = jnp.array([0, 2, 1, 2])

    def loss(logits, labels):
        return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels])

    def back(saved, g):
        logits, labels = saved
        off = jax.nn.softmax(logits) - jax.nn.one_hot(labels, logits.shape[1])
        return g * off / (len(labels) if right else 1), None

    f = reverse(loss, lambda z, t: (loss(z, t), (z, t)), back)
    return f, (normal(3, 4, 3), labels)


@case
def matrix_product_not_transposed(right):
    def back(saved, g):
        a, b = saved
        return g @ (b.T if right else b), a.T @ g

    f = reverse(jnp.matmul, lambda a, b: (a @ b, (a, b)), back)
    return f, (normal(4, 3, 3), normal(5, 3, 3))


@case
def bias_averaged_over_the_batch(right):
    def back(_, g):
        return g, g.sum(0) if right else g.mean(0)

    f = reverse(lambda x, b: x + b, lambda x, b: (x + b, None), back)
    return lambda x, b: jnp.sum(jnp.sin(f(x, b))), (normal(6, 4, 3), normal(7, 3))


@case
def layer_norm_with_a_constant_variance(right):
    def norm(x):
        return (x - x.mean()) / jnp.sqrt(x.var() + 1e-3)

    def back(x, g):
        y, deviation = norm(x), jnp.sqrt(x.var() + 1e-3)
        return ((g - g.mean() - (y * (g * y).mean() if right else 0.0)) / deviation,)

    return reverse(norm, lambda x: (norm(x), x), back), (normal(8, 5),)


@case
def norm_not_divided(right):
    def norm(x):
        return jnp.sqrt(jnp.sum(x**2))

    f = reverse(norm, lambda x: (norm(x), x), lambda x, g: (g * x / (norm(x) if right else 1.0),))
    return f, (normal(9, 4),)


@case
def squared_error_with_one_sign(right):
    def loss(p, y):
        return jnp.mean((p - y) ** 2)

    def back(saved, g):
        p, y = saved
        off = 2.0 * g * (p - y) / p.size
        return off, -off if right else off

    return reverse(loss, lambda p, y: (loss(p, y), (p, y)), back), (normal(10, 4), normal(11, 4))


@case
def fixed_point_without_the_implicit_factor(right):
    def solve(a):
        return jax.lax.fori_loop(0, 60, lambda _, x: 0.5 * jnp.cos(a * x), jnp.zeros_like(a))

    def back(saved, g):
        a, x = saved
        by_a, by_x = -0.5 * jnp.sin(a * x) * x, -0.5 * jnp.sin(a * x) * a
        return (g * by_a / (1.0 - by_x if right else 1.0),)

    f = reverse(solve, lambda a: (solve(a), (a, solve(a))), back)
    return f, (np.array([0.7, 1.3]),)


@case
def maximum_given_to_all(right):
    def back(x, g):
        return (g * (x == x.max()) if right else g * jnp.ones_like(x),)

    return reverse(lambda x: x.max(), lambda x: (x.max(), x), back), (np.array([0.3, 2.0, -1.0]),)


@case
def tanh_of_the_input_in_place_of_the_output(right):
    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        return jnp.tanh(x), t * (1.0 - (jnp.tanh(x) if right else x) ** 2)

    return forward(jnp.tanh, rule), (np.array([[0.9, -0.8], [0.6, 1.1]]),)


@case
def power_without_the_logarithm(right):
    def rule(primals, tangents):
        (x, y), (t, u) = primals, tangents
        return x**y, y * x ** (y - 1.0) * t + x**y * (jnp.log(x) if right else 1.0) * u

    return forward(lambda x, y: x**y, rule), (2.5, 1.7)


@case
def arctangent_with_its_arguments_swapped(right):
    def rule(primals, tangents):
        (y, x), (t, u) = primals, tangents
        top = x * t - y * u
        return jnp.arctan2(y, x), (top if right else -top) / (x**2 + y**2)

    return forward(jnp.arctan2, rule), (0.8, -1.1)


@case
def log_determinant_not_transposed(right):
    def back(a, g):
        inverse = jnp.linalg.inv(a)
        return (g * (inverse.T if right else inverse),)

    def value(a):
        return jnp.linalg.slogdet(a)[1]

    return reverse(value, lambda a: (value(a), a), back), (normal(12, 3, 3) + 3.0 * np.eye(3),)


@case
def linear_solve_with_a_plus(right):
    def rule(primals, tangents):
        (a, b), (da, db) = primals, tangents
        x = jnp.linalg.solve(a, b)
        return x, jnp.linalg.solve(a, db - da @ x if right else db + da @ x)

    return forward(jnp.linalg.solve, rule), (normal(13, 3, 3) + 3.0 * np.eye(3), normal(14, 3))


@case
def cumulative_sum_not_reversed(right):
    def back(_, g):
        return (jnp.cumsum(g[::-1])[::-1] if right else jnp.cumsum(g),)

    return reverse(lambda x: jnp.cumsum(x), lambda x: (jnp.cumsum(x), None), back), (normal(15, 5),)


@case
def convolution_not_flipped(right):
    def back(saved, g):
        x, k = saved
        return jnp.convolve(g, k[::-1] if right else k, "valid"), jnp.convolve(g, x[::-1], "valid")

    f = reverse(lambda x, k: jnp.convolve(x, k), lambda x, k: (jnp.convolve(x, k), (x, k)), back)
    return f, (normal(16, 5), normal(17, 3))


@case
def embedding_that_overwrites(right):
    def back(saved, g):
        shape, i = saved
        zeros = jnp.zeros(shape, g.dtype)
        return zeros.at[i].add(g) if right else zeros.at[i].set(g), np.zeros(i.shape, jax.dtypes.float0)

    def look(table, i):
        return table[i]

    f = reverse(look, lambda table, i: (table[i], (table.shape, i)), back)
    return f, (normal(18, 4, 2), jnp.array([1, 3, 1]))


@case
def gelu_without_the_density(right):
    def cdf(x):
        return 0.5 * (1.0 + jax.scipy.special.erf(x / np.sqrt(2.0)))

    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        density = jnp.exp(-(x**2) / 2.0) / np.sqrt(2.0 * np.pi)
        return x * cdf(x), t * (cdf(x) + (x * density if right else 0.0))

    f = forward(lambda x: x * cdf(x), rule)
    return lambda x: jnp.mean(f(x)), (np.array([0.7, -1.2, 1.5]),)
