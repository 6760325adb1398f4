"""Derivatives as people write them by hand in NumPy, each with the mistakes people make in it.

Every function below gives a function, a point, its right derivative, and wrong twins of that by the name of the mistake. The
laws: a right derivative is never called wrong, and agrees in float64; a twin is called wrong in float64, and never agrees in
float32, where all is computed in float32.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradient_check import check, check_directional, check_hessian, check_hvp, check_jacobian, check_jvp, check_vjp

try:
    from scipy import special
except ImportError:
    special = None

#: The steps of float32 are wide, and some of them leave the domain of a logarithm or a root.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}


class Draw:
    """Random numbers of one type, the same each time."""

    def __init__(self, dtype: Any):
        self.rng, self.dtype = np.random.default_rng(20), dtype

    def normal(self, *shape: int) -> np.ndarray:
        return self.rng.normal(size=shape).astype(self.dtype)

    def uniform(self, low: float, high: float, *shape: int) -> np.ndarray:
        return self.rng.uniform(low, high, size=shape).astype(self.dtype)

    def array(self, numbers: Any) -> np.ndarray:
        return np.asarray(numbers, dtype=self.dtype)


def case(by: Callable[..., Any] = check) -> Callable[..., Any]:
    """Adds a case to the table, which ``by`` checks."""

    def added(make: Callable[..., Any]) -> Callable[..., Any]:
        CASES[make.__name__] = by, make
        return make

    return added


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def logsumexp(z, axis=-1):
    top = z.max(axis=axis, keepdims=True)
    return (top + np.log(np.exp(z - top).sum(axis=axis, keepdims=True))).squeeze(axis)


# Losses.


@case()
def softmax_cross_entropy(draw):
    z, labels = draw.normal(5, 4), np.array([0, 2, 1, 3, 2])
    onehot = np.eye(4, dtype=draw.dtype)[labels]

    def f(z):
        return np.mean(logsumexp(z) - z[np.arange(5), labels])

    def right(z):
        return (softmax(z) - onehot) / 5

    return (
        f,
        z,
        right,
        {
            "no_mean": lambda z: softmax(z) - onehot,
            "wrong_axis": lambda z: (softmax(z, axis=0) - onehot) / 5,
            "mean_over_classes": lambda z: (softmax(z) - onehot) / z.size,
        },
    )


@case()
def binary_cross_entropy_with_logits(draw):
    z, y = draw.normal(7), draw.array([0, 1, 1, 0, 1, 0, 0])

    def f(z):
        return np.sum(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z))))

    return (
        f,
        z,
        lambda z: sigmoid(z) - y,
        {
            "sigmoid_twice": lambda z: (sigmoid(z) - y) * sigmoid(z) * (1 - sigmoid(z)),
            "sign": lambda z: y - sigmoid(z),
        },
    )


@case()
def focal(draw):
    z, gamma = draw.normal(6), 2

    def f(z):
        p = sigmoid(z)
        return -np.sum((1 - p) ** gamma * np.log(p))

    def right(z):
        p = sigmoid(z)
        return (1 - p) ** gamma * (gamma * p * np.log(p) - (1 - p))

    return f, z, right, {"detached_weight": lambda z: -((1 - sigmoid(z)) ** (gamma + 1))}


@case()
def huber(draw):
    r, delta = draw.array([-3.0, -0.4, 0.2, 0.7, 2.5, 1.9]), 1.0

    def f(r):
        return np.where(np.abs(r) <= delta, r**2 / 2, delta * (np.abs(r) - delta / 2)).sum()

    return (
        f,
        r,
        lambda r: np.clip(r, -delta, delta),
        {
            "factor_2": lambda r: np.where(np.abs(r) <= delta, 2 * r, delta * np.sign(r)),
            "no_sign": lambda r: np.where(np.abs(r) <= delta, r, delta),
        },
    )


@case()
def hinge(draw):
    X, y = draw.normal(12, 3), np.where(np.arange(12) % 3, 1, -1).astype(draw.dtype)
    C = 0.1

    def f(p):
        return np.mean(np.maximum(0, 1 - y * (X @ p["w"] + p["b"]))) + C * p["w"] @ p["w"]

    def gradient(p, labels, l2):
        active = (1 - y * (X @ p["w"] + p["b"]) > 0) * labels / 12
        return {"w": -X.T @ active + l2 * p["w"], "b": -active.sum()}

    x = {"w": draw.normal(3), "b": draw.array(0.3)}
    return (
        f,
        x,
        lambda p: gradient(p, y, 2 * C),
        {
            "without_label": lambda p: gradient(p, np.ones_like(y), 2 * C),
            "l2_without_2": lambda p: gradient(p, y, C),
        },
    )


@case()
def quantile_loss(draw):
    q, y, tau = draw.array(0.31), draw.normal(15), 0.8

    def f(q):
        return np.sum(np.maximum(tau * (y - q), (tau - 1) * (y - q)))

    return (
        f,
        q,
        lambda q: np.where(y > q, -tau, 1 - tau).astype(y.dtype).sum(),
        {
            "swapped": lambda q: np.where(y > q, -(1 - tau), tau).astype(y.dtype).sum(),
        },
    )


@case()
def contrastive_info_nce(draw):
    z, t = draw.normal(5, 3), 0.5

    def logits(z):
        s = z @ z.T / t
        return s - np.eye(5, dtype=z.dtype) * 100

    def f(z):
        s = logits(z)
        return np.mean(logsumexp(s) - s[np.arange(5), (np.arange(5) + 1) % 5])

    def ds(z):
        return (softmax(logits(z)) - np.roll(np.eye(5, dtype=z.dtype), 1, axis=1)) / 5

    return (
        f,
        z,
        lambda z: (ds(z) + ds(z).T) @ z / t,
        {
            "one_side_only": lambda z: ds(z) @ z / t,
            "twice_one_side": lambda z: 2 * ds(z) @ z / t,
            "no_temperature": lambda z: (ds(z) + ds(z).T) @ z,
        },
    )


@case()
def triplet(draw):
    def f(p):
        a, pos, neg = p
        return np.maximum(0, ((a - pos) ** 2).sum(1) - ((a - neg) ** 2).sum(1) + 1).sum()

    def gradient(p, masked):
        a, pos, neg = p
        on = ((a - pos) ** 2).sum(1) - ((a - neg) ** 2).sum(1) + 1 > 0 if masked else np.ones(len(a), bool)
        on = on[:, None].astype(a.dtype)
        return [2 * on * (neg - pos), 2 * on * (pos - a), 2 * on * (a - neg)]

    x = [draw.normal(6, 3) for _ in range(3)]
    return (
        f,
        x,
        lambda p: gradient(p, True),
        {
            "without_mask": lambda p: gradient(p, False),
            "anchor_from_one_term": lambda p: [2 * (p[0] - p[1]), *gradient(p, True)[1:]],
        },
    )


@case()
def cosine_similarity(draw):
    b = draw.normal(6)

    def f(a):
        return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))

    def right(a):
        n, m = np.linalg.norm(a), np.linalg.norm(b)
        return b / (n * m) - (a @ b) * a / (n**3 * m)

    return (
        f,
        draw.normal(6),
        right,
        {
            "detached_norm": lambda a: b / (np.linalg.norm(a) * np.linalg.norm(b)),
            "power_2": lambda a: b / (np.linalg.norm(a) * np.linalg.norm(b)) - f(a) * a / np.linalg.norm(a),
        },
    )


@case()
def total_variation(draw):
    eps = 1e-2

    def parts(u):
        dx, dy = np.diff(u, axis=0)[:, :-1], np.diff(u, axis=1)[:-1]
        return dx, dy, np.sqrt(dx**2 + dy**2 + eps)

    def f(u):
        return parts(u)[2].sum()

    def right(u):
        dx, dy, n = parts(u)
        g = np.zeros_like(u)
        g[1:, :-1] += dx / n
        g[:-1, :-1] -= dx / n
        g[:-1, 1:] += dy / n
        g[:-1, :-1] -= dy / n
        return g

    def periodic(u):
        dx, dy = np.roll(u, -1, 0) - u, np.roll(u, -1, 1) - u
        n = np.sqrt(dx**2 + dy**2 + eps)
        return np.roll(dx / n, 1, 0) - dx / n + np.roll(dy / n, 1, 1) - dy / n

    return f, draw.normal(5, 6), right, {"periodic_borders": periodic, "sign": lambda u: -right(u)}


# Layers.


@case()
def layer_norm(draw):
    v, eps = draw.normal(4, 6), 1e-5

    def forward(p):
        mean, var = p["x"].mean(-1, keepdims=True), p["x"].var(-1, keepdims=True)
        return (p["x"] - mean) / np.sqrt(var + eps), np.sqrt(var + eps)

    def f(p):
        return np.sum(v * (forward(p)[0] * p["gamma"] + p["beta"]))

    def backward(p, of_mean=1, of_var=1, axis=0):
        n, std = forward(p)
        dn = v * p["gamma"]
        dx = (dn - of_mean * dn.mean(-1, keepdims=True) - of_var * n * (dn * n).mean(-1, keepdims=True)) / std
        if axis == 1:
            return {"x": dx, "gamma": np.resize((v * n).sum(1), 6), "beta": v.sum(0)}
        return {"x": dx, "gamma": (v * n).sum(0), "beta": v.sum(0)}

    return (
        f,
        {"x": draw.normal(4, 6), "gamma": draw.uniform(0.5, 2, 6), "beta": draw.normal(6)},
        backward,
        {
            "detached_mean": lambda p: backward(p, of_mean=0),
            "detached_variance": lambda p: backward(p, of_var=0),
            "gamma_over_wrong_axis": lambda p: backward(p, axis=1),
        },
    )


@case()
def batch_norm(draw):
    v = draw.normal(8, 3)

    def forward(x):
        std = np.sqrt(x.var(axis=0) + 1e-3)
        return (x - x.mean(axis=0)) / std, std

    def f(p):
        x, gamma, beta = p
        return np.sum(v * np.tanh(gamma * forward(x)[0] + beta))

    def backward(p, kind="right"):
        x, gamma, beta = p
        n, std = forward(x)
        dy = v * (1 - np.tanh(gamma * n + beta) ** 2)
        dn = gamma * dy
        dx = dn / std
        if kind == "right":
            dx = (dn - dn.mean(0) - n * (dn * n).mean(0)) / std
        elif kind == "wrong n":
            dx = (dn - dn.sum(0) / 7 - n * (dn * n).sum(0) / 7) / std
        return (dx, (dy * n).sum(0), dy.sum(0))

    return (
        f,
        (draw.normal(8, 3), draw.uniform(0.5, 2, 3), draw.normal(3)),
        backward,
        {
            "detached_statistics": lambda p: backward(p, "detached"),
            "n_minus_1": lambda p: backward(p, "wrong n"),
        },
    )


@case()
def rms_norm(draw):
    v, g = draw.normal(3, 5), draw.uniform(0.5, 2, 5)

    def rms(x):
        return np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)

    def f(x):
        return np.sum(v * g * x / rms(x))

    def right(x):
        r = rms(x)
        return v * g / r - x * (v * g * x).mean(-1, keepdims=True) / r**3

    return (
        f,
        draw.normal(3, 5),
        right,
        {
            "forgotten_term": lambda x: v * g / rms(x),
            "sum_for_mean": lambda x: v * g / rms(x) - x * (v * g * x).sum(-1, keepdims=True) / rms(x) ** 3,
        },
    )


@case()
def conv1d(draw):
    target = draw.normal(8)

    def forward(p):
        return np.convolve(p["signal"], p["kernel"], mode="valid")

    def f(p):
        return np.sum((forward(p) - target) ** 2) / 2

    def backward(p, kernel):
        dy = forward(p) - target
        return {"signal": np.convolve(dy, kernel), "kernel": np.correlate(p["signal"], dy, mode="valid")[::-1]}

    return (
        f,
        {"signal": draw.normal(10), "kernel": draw.normal(3)},
        lambda p: backward(p, p["kernel"][::-1]),
        {
            "kernel_not_flipped": lambda p: backward(p, p["kernel"]),
            "kernel_gradient_not_flipped": lambda p: {
                "signal": backward(p, p["kernel"][::-1])["signal"],
                "kernel": backward(p, p["kernel"])["kernel"][::-1],
            },
        },
    )


@case()
def conv2d_im2col(draw):
    v = draw.normal(2, 3, 3)

    def windows(x):
        return np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))

    def forward(p):
        return np.einsum("cijkl,ockl->oij", windows(p["x"]), p["w"]) + p["b"][:, None, None]

    def f(p):
        return np.sum(v * np.tanh(forward(p)))

    def backward(p, flip=False):
        y = forward(p)
        dy = v * (1 - np.tanh(y) ** 2)
        dx = np.zeros_like(p["x"])
        w = p["w"][..., ::-1, ::-1] if flip else p["w"]
        for k in range(3):
            for m in range(3):
                dx[:, k : k + 3, m : m + 3] += np.einsum("oij,oc->cij", dy, w[:, :, k, m])
        return {"x": dx, "w": np.einsum("oij,cijkl->ockl", dy, windows(p["x"])), "b": dy.sum((1, 2))}

    x = {"x": draw.normal(2, 5, 5), "w": draw.normal(2, 2, 3, 3) / 3, "b": draw.normal(2)}
    return (
        f,
        x,
        backward,
        {
            "flipped": lambda p: backward(p, flip=True),
            "bias_mean_for_sum": lambda p: {**backward(p), "b": backward(p)["b"] / 9},
        },
    )


@case()
def max_pool(draw):
    v = draw.normal(3, 3)

    def blocks(x):
        return x.reshape(3, 2, 3, 2).transpose(0, 2, 1, 3).reshape(3, 3, 4)

    def f(x):
        return np.sum(v * blocks(x).max(-1))

    def backward(x, place):
        g = np.zeros((3, 3, 4), x.dtype)
        np.put_along_axis(g, place(blocks(x))[..., None], v[..., None], axis=-1)
        return g.reshape(3, 3, 2, 2).transpose(0, 2, 1, 3).reshape(6, 6)

    return (
        f,
        draw.normal(6, 6),
        lambda x: backward(x, lambda b: b.argmax(-1)),
        {
            "of_the_average": lambda x: np.kron(v, np.full((2, 2), 0.25, x.dtype)),
            "argmin": lambda x: backward(x, lambda b: b.argmin(-1)),
        },
    )


@case()
def attention(draw):
    v, d = draw.normal(4, 3), 5

    def f(p):
        return np.sum(v * (softmax(p["q"] @ p["k"].T / np.sqrt(p["q"].dtype.type(d))) @ p["v"]))

    def backward(p, scaled=True, centered=True, axis=-1):
        scale = p["q"].dtype.type(1 / np.sqrt(d))
        a = softmax(p["q"] @ p["k"].T * scale)
        da = v @ p["v"].T
        ds = a * (da - (da * a).sum(axis, keepdims=True) * centered) * (scale if scaled else 1)
        return {"q": ds @ p["k"], "k": ds.T @ p["q"], "v": a.T @ v}

    x = {"q": draw.normal(4, 5), "k": draw.normal(6, 5), "v": draw.normal(6, 3)}
    return (
        f,
        x,
        backward,
        {
            "no_scale": lambda p: backward(p, scaled=False),
            "softmax_elementwise": lambda p: backward(p, centered=False),
            "wrong_axis": lambda p: backward(p, axis=0),
        },
    )


@case()
def lstm_cell(draw):
    h, c, x = draw.normal(3), draw.normal(3), draw.normal(2)
    vh, vc = draw.normal(3), draw.normal(3)

    def forward(p):
        i, fg, o, g = np.split(p["W"] @ np.concatenate([x, p["h"]]) + p["b"], 4)
        i, fg, o, g = sigmoid(i), sigmoid(fg), sigmoid(o), np.tanh(g)
        return i, fg, o, g, fg * p["c"] + i * g

    def f(p):
        i, fg, o, g, c = forward(p)
        return vh @ (o * np.tanh(c)) + vc @ c

    def backward(p, through_h=True, order=(0, 1, 2, 3)):
        i, fg, o, g, c = forward(p)
        dc = vc + vh * o * (1 - np.tanh(c) ** 2) * through_h
        gates = [dc * g * i * (1 - i), dc * p["c"] * fg * (1 - fg), vh * np.tanh(c) * o * (1 - o), dc * i * (1 - g**2)]
        dz = np.concatenate([gates[k] for k in order])
        return {"W": np.outer(dz, np.concatenate([x, p["h"]])), "b": dz, "h": (p["W"].T @ dz)[2:], "c": dc * fg}

    return (
        f,
        {"W": draw.normal(12, 5) / 2, "b": draw.normal(12), "h": h, "c": c},
        backward,
        {
            "cell_not_through_output": lambda p: backward(p, through_h=False),
            "gates_swapped": lambda p: backward(p, order=(1, 0, 2, 3)),
            "old_h_without_W": lambda p: {**backward(p), "h": vh},
        },
    )


@case()
def mlp_nested(draw):
    X, y = draw.normal(9, 3), draw.normal(9, 2)

    def forward(layers):
        a = [X]
        for n, layer in enumerate(layers):
            z = a[-1] @ layer["weight"] + layer["bias"]
            a.append(np.maximum(z, 0) if n < len(layers) - 1 else z)
        return a

    def f(p):
        return np.sum((forward(p["layers"])[-1] - y) ** 2) / len(X)

    def backward(p, factor=2, mask=True):
        a, grads = forward(p["layers"]), []
        d = factor * (a[-1] - y) / len(X)
        for n in reversed(range(len(p["layers"]))):
            grads.append({"weight": a[n].T @ d, "bias": d.sum(0)})
            d = d @ p["layers"][n]["weight"].T
            if n and mask:
                d = d * (a[n] > 0)
        return {"layers": grads[::-1]}

    sizes = [3, 4, 4, 2]
    layers = [{"weight": draw.normal(m, n), "bias": draw.normal(n)} for m, n in zip(sizes, sizes[1:])]
    return (
        f,
        {"layers": layers},
        backward,
        {
            "factor_2": lambda p: backward(p, factor=1),
            "relu_without_mask": lambda p: backward(p, mask=False),
        },
    )


@case()
def gelu_tanh(draw):
    a, b = np.sqrt(2 / np.pi).astype(draw.dtype), 0.044715

    def f(x):
        return np.sum(x / 2 * (1 + np.tanh(a * (x + b * x**3))))

    def backward(x, inner):
        t = np.tanh(a * (x + b * x**3))
        return (1 + t) / 2 + x / 2 * (1 - t**2) * inner

    return (
        f,
        draw.normal(9),
        lambda x: backward(x, a * (1 + 3 * b * x**2)),
        {
            "inner_derivative": lambda x: backward(x, a),
            "cube_without_3": lambda x: backward(x, a * (1 + b * x**2)),
        },
    )


@case()
def swish(draw):
    def f(p):
        return np.sum(p["x"] * sigmoid(p["beta"] * p["x"]))

    def backward(p, beta):
        s = sigmoid(p["beta"] * p["x"])
        return {"x": s + beta * p["x"] * s * (1 - s), "beta": np.sum(p["x"] ** 2 * s * (1 - s))}

    return (
        f,
        {"x": draw.normal(5), "beta": draw.array(1.7)},
        lambda p: backward(p, p["beta"]),
        {
            "no_beta": lambda p: backward(p, 1),
            "beta_without_square": lambda p: {**backward(p, p["beta"]), "beta": backward(p, 0)["x"].sum()},
        },
    )


@case()
def dropout_frozen_mask(draw):
    keep, w = 0.6, draw.normal(4)
    mask = draw.uniform(0, 1, 7, 4) < keep

    def f(x):
        return np.sum(np.sin(x * mask / keep) @ w)

    return (
        f,
        draw.normal(7, 4),
        lambda x: np.cos(x * mask / keep) * w * mask / keep,
        {
            "no_scale": lambda x: np.cos(x * mask / keep) * w * mask,
            "no_mask": lambda x: np.cos(x * mask / keep) * w / keep,
        },
    )


@case()
def embedding_lookup(draw):
    v = draw.normal(6, 3)

    def f(p):
        return np.sum(v * p["table"][p["tokens"]] ** 2)

    def right(p):
        g = np.zeros_like(p["table"])
        np.add.at(g, p["tokens"], 2 * v * p["table"][p["tokens"]])
        return {"table": g}

    def wrong(p):
        g = np.zeros_like(p["table"])
        g[p["tokens"]] += 2 * v * p["table"][p["tokens"]]
        return {"table": g}

    x = {"table": draw.normal(5, 3), "tokens": np.array([0, 3, 3, 1, 0, 3])}
    return f, x, right, {"repeated_indices": wrong}


@case()
def einsum_bilinear(draw):
    a, b, v = draw.normal(6, 3), draw.normal(6, 4), draw.normal(6, 4)

    def f(W):
        return np.sum(v * np.sin(np.einsum("ni,oij,nj->no", a, W, b)))

    def backward(W, out):
        dy = v * np.cos(np.einsum("ni,oij,nj->no", a, W, b))
        return np.einsum(out, dy, a, b)

    return (
        f,
        draw.normal(4, 3, 4),
        lambda W: backward(W, "no,ni,nj->oij"),
        {
            "indices_swapped": lambda W: backward(W, "nj,ni,no->oij"),
            "cosine_forgotten": lambda W: np.einsum("no,ni,nj->oij", v, a, b),
        },
    )


# Statistics.


@case()
def logistic_regression_l2(draw):
    X, y, lam = draw.normal(20, 3), (np.arange(20) % 2).astype(draw.dtype), 0.3

    def f(p):
        z = X @ p["w"] + p["b"]
        return np.mean(np.logaddexp(0, z) - y * z) + lam * np.sum(p["w"] ** 2)

    def gradient(p, l2=2 * lam, l2_bias=0.0, n=20):
        d = (sigmoid(X @ p["w"] + p["b"]) - y) / n
        return {"w": X.T @ d + l2 * p["w"], "b": d.sum() + l2_bias * p["b"]}

    return (
        f,
        {"w": draw.normal(3), "b": draw.array(-0.7)},
        gradient,
        {
            "l2_without_2": lambda p: gradient(p, l2=lam),
            "l2_on_bias": lambda p: gradient(p, l2_bias=2 * lam),
            "sum_for_mean": lambda p: gradient(p, n=1),
        },
    )


@case()
def ridge_least_squares(draw):
    A, y, lam = draw.normal(10, 4), draw.normal(10), 0.5

    def f(w):
        return np.sum((A @ w - y) ** 2) + lam * w @ w

    return (
        f,
        draw.normal(4),
        lambda w: 2 * A.T @ (A @ w - y) + 2 * lam * w,
        {
            "factor_2": lambda w: A.T @ (A @ w - y) + lam * w,
            "no_ridge": lambda w: 2 * A.T @ (A @ w - y),
            "sign_of_residual": lambda w: 2 * A.T @ (y - A @ w) + 2 * lam * w,
        },
    )


@case()
def gaussian_log_sigma(draw):
    y = draw.normal(15)

    def f(p):
        r = (y - p["mu"]) * np.exp(-p["log_sigma"])
        return np.sum(-(r**2) / 2 - p["log_sigma"])

    def gradient(p, by):
        s = np.exp(p["log_sigma"])
        r = y - p["mu"]
        return {"mu": np.sum(r) / s**2, "log_sigma": by(r, s)}

    x = {"mu": draw.array(0.4), "log_sigma": draw.array(-0.3)}
    return (
        f,
        x,
        lambda p: gradient(p, lambda r, s: np.sum(r**2 / s**2 - 1)),
        {
            "by_sigma": lambda p: gradient(p, lambda r, s: np.sum(r**2 / s**3 - 1 / s)),
            "one_for_n": lambda p: gradient(p, lambda r, s: np.sum(r**2 / s**2) - 1),
        },
    )


@case()
def gp_marginal_likelihood(draw):
    t = np.linspace(0, 3, 7).astype(draw.dtype)
    y = np.sin(2 * t) + draw.normal(7) / 10
    square = (t[:, None] - t) ** 2
    eye = np.eye(7, dtype=draw.dtype)

    def kernel(p):
        return np.exp(2 * p["log_amp"] - square / (2 * np.exp(2 * p["log_len"])))

    def f(p):
        L = np.linalg.cholesky(kernel(p) + np.exp(2 * p["log_noise"]) * eye)
        a = np.linalg.solve(L, y)
        return -a @ a / 2 - np.log(np.diag(L)).sum()

    def gradient(p, logdet=1, halves=0.5, noise=2):
        K = kernel(p)
        inverse = np.linalg.inv(K + np.exp(2 * p["log_noise"]) * eye)
        alpha = inverse @ y
        M = halves * (np.outer(alpha, alpha) - logdet * inverse)
        return {
            "log_amp": np.sum(M * 2 * K),
            "log_len": np.sum(M * K * square) / np.exp(2 * p["log_len"]),
            "log_noise": noise * np.trace(M) * np.exp(2 * p["log_noise"]),
        }

    x = {name: draw.array(v) for name, v in (("log_amp", 0.2), ("log_len", -0.1), ("log_noise", -1.0))}
    return (
        f,
        x,
        gradient,
        {
            "no_logdet": lambda p: gradient(p, logdet=0),
            "factor_half": lambda p: gradient(p, halves=1),
            "noise_by_its_square": lambda p: gradient(p, noise=1),
        },
    )


@case()
def poisson_regression(draw):
    X, e = draw.normal(12, 3) / 2, draw.uniform(0.5, 3, 12)
    y = draw.rng.poisson(2, 12).astype(draw.dtype)

    def f(w):
        eta = X @ w + np.log(e)
        return np.sum(np.exp(eta) - y * eta)

    return (
        f,
        draw.normal(3),
        lambda w: X.T @ (e * np.exp(X @ w) - y),
        {
            "no_exposure": lambda w: X.T @ (np.exp(X @ w) - y),
            "working_residual": lambda w: X.T @ ((e * np.exp(X @ w) - y) / np.exp(X @ w)),
        },
    )


@case()
def mixture_log_density(draw):
    y = draw.normal(11)

    def joint(p):
        logw = p["logits"] - logsumexp(p["logits"])
        return logw - (y[:, None] - p["mu"]) ** 2 / 2

    def f(p):
        return logsumexp(joint(p)).sum()

    def gradient(p, normalised=1, soft=True):
        r = softmax(joint(p))
        if not soft:
            r = np.eye(3, dtype=r.dtype)[r.argmax(-1)]
        return {
            "logits": r.sum(0) - normalised * len(y) * softmax(p["logits"]),
            "mu": (r * (y[:, None] - p["mu"])).sum(0),
        }

    return (
        f,
        {"logits": draw.normal(3), "mu": draw.array([-1.0, 0.2, 1.5])},
        gradient,
        {
            "weights_not_normalised": lambda p: gradient(p, normalised=0),
            "hard_assignment": lambda p: gradient(p, soft=False),
        },
    )


@case()
def vae_kl(draw):
    def f(p):
        mu, logvar = p
        return np.sum(np.exp(logvar) + mu**2 - 1 - logvar) / 2

    return (
        f,
        (draw.normal(4, 2), draw.normal(4, 2)),
        lambda p: (p[0], (np.exp(p[1]) - 1) / 2),
        {
            "half_forgotten": lambda p: (p[0], np.exp(p[1]) - 1),
            "by_the_variance": lambda p: (p[0], (1 - np.exp(-p[1])) / 2),
        },
    )


@case()
def kalman_sensitivities(draw):
    y = np.cumsum(draw.normal(12))

    def run(p, through_gain=True):
        q, r = np.exp(p["log_q"]), np.exp(p["log_r"])
        m, P, total = y[0], r, 0 * q
        dm, dP, dtotal = np.zeros(2, y.dtype), np.array([0, r], y.dtype), np.zeros(2, y.dtype)
        dq, dr = np.array([q, 0], y.dtype), np.array([0, r], y.dtype)
        for z in y[1:]:
            P, dP = P + q, dP + dq
            S, dS, e = P + r, dP + dr, z - m
            total = total - (np.log(S) + e**2 / S) / 2
            dtotal = dtotal - (dS / S - 2 * e * dm / S - e**2 * dS / S**2) / 2
            K = P / S
            dK = (dP - K * dS) / S * through_gain
            m, dm = m + K * e, dm * (1 - K) + dK * e
            P, dP = (1 - K) * P, (1 - K) * dP - dK * P
        return total, {"log_q": dtotal[0], "log_r": dtotal[1]}

    return (
        (lambda p: run(p)[0]),
        {"log_q": draw.array(-0.4), "log_r": draw.array(-0.9)},
        lambda p: run(p)[1],
        {
            "gain_held_constant": lambda p: run(p, through_gain=False)[1],
        },
    )


@case()
def hmm_forward_backward(draw):
    logB = draw.normal(7, 3)

    def alphas(logA):
        a = [logB[0]]
        for b in logB[1:]:
            a.append(b + logsumexp(a[-1][:, None] + logA, axis=0))
        return a

    def f(logA):
        return logsumexp(alphas(logA)[-1])

    def right(logA, emission=True):
        a, beta, g = alphas(logA), np.zeros(3, logA.dtype), np.zeros_like(logA)
        for t in reversed(range(len(logB) - 1)):
            step = logA + beta + (logB[t + 1] if emission else 0)
            g += np.exp(a[t][:, None] + step - logsumexp(a[-1]))
            beta = logsumexp(step, axis=1)
        return g

    return (
        f,
        draw.normal(3, 3),
        right,
        {
            "transposed": lambda logA: np.ascontiguousarray(right(logA).T),
            "emission_forgotten": lambda logA: right(logA, emission=False),
        },
    )


if special is not None:

    @case()
    def negative_binomial(draw):
        y = draw.array([0, 3, 1, 7, 2, 4])

        def f(p):
            r, mu = np.exp(p["log_r"]), np.exp(p["eta"])
            return np.sum(special.gammaln(y + r) - special.gammaln(r) + r * np.log(r / (r + mu)) + y * np.log(mu / (r + mu)))

        def gradient(p, chain=True, mean=True):
            r, mu = np.exp(p["log_r"]), np.exp(p["eta"])
            by_r = special.digamma(y + r) - special.digamma(r) + np.log(r / (r + mu)) + mean * (mu - y) / (r + mu)
            return {"eta": r * (y - mu) / (r + mu), "log_r": by_r.sum() * (r if chain else 1)}

        return (
            f,
            {"eta": draw.normal(6) / 2, "log_r": draw.array(0.8)},
            gradient,
            {
                "by_r": lambda p: gradient(p, chain=False),
                "forgotten_term": lambda p: gradient(p, mean=False),
            },
        )

    Option = namedtuple("Option", "spot strike rate vol expiry")

    @case()
    def black_scholes_greeks(draw):
        def d1_d2(o):
            root = o.vol * np.sqrt(o.expiry)
            d1 = (np.log(o.spot / o.strike) + (o.rate + o.vol**2 / 2) * o.expiry) / root
            return d1, d1 - root

        def f(o):
            d1, d2 = d1_d2(o)
            return o.spot * special.ndtr(d1) - o.strike * np.exp(-o.rate * o.expiry) * special.ndtr(d2)

        def density(z):
            return np.exp(-(z**2) / 2) / np.sqrt(z.dtype.type(2 * np.pi))

        def greeks(o):
            d1, d2 = d1_d2(o)
            bond = np.exp(-o.rate * o.expiry) * special.ndtr(d2)
            return Option(
                special.ndtr(d1),
                -bond,
                o.strike * o.expiry * bond,
                o.spot * density(d1) * np.sqrt(o.expiry),
                o.spot * density(d1) * o.vol / (2 * np.sqrt(o.expiry)) + o.rate * o.strike * bond,
            )

        x = Option(*map(draw.array, (1.1, 1.0, 0.05, 0.3, 1.8)))
        return (
            f,
            x,
            greeks,
            {
                "vega_without_root": lambda o: greeks(o)._replace(vol=o.spot * density(d1_d2(o)[0])),
                "theta_sign": lambda o: greeks(o)._replace(expiry=-greeks(o).expiry),
            },
        )

    @case()
    def student_t_log_nu(draw):
        y = draw.normal(9)

        def f(log_nu):
            nu = np.exp(log_nu)
            const = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - np.log(nu) / 2
            return np.sum(const - (nu + 1) / 2 * np.log1p(y**2 / nu))

        def gradient(log_nu, half):
            nu = np.exp(log_nu)
            by = half * (special.digamma((nu + 1) / 2) - special.digamma(nu / 2)) - 1 / (2 * nu)
            return nu * np.sum(by - np.log1p(y**2 / nu) / 2 + (nu + 1) / 2 * y**2 / (nu * (nu + y**2)))

        return f, draw.array(0.9), lambda v: gradient(v, 0.5), {"digamma_without_half": lambda v: gradient(v, 1)}


# Linear algebra.


@case()
def inverse_trace(draw):
    B = draw.normal(4, 4)

    def f(A):
        return np.trace(np.linalg.inv(A) @ B)

    def right(A):
        inverse = np.linalg.inv(A)
        return -(inverse @ B @ inverse).T

    return (
        f,
        draw.normal(4, 4) + 3 * np.eye(4, dtype=draw.dtype),
        right,
        {
            "transposed": lambda A: np.ascontiguousarray(right(A).T),
            "sign": lambda A: -right(A),
        },
    )


@case()
def logdet(draw):
    A = draw.normal(4, 4)
    A = A @ A.T + np.triu(draw.normal(4, 4)) / 2 + 2 * np.eye(4, dtype=draw.dtype)
    return (
        lambda A: np.linalg.slogdet(A)[1],
        A,
        lambda A: np.linalg.inv(A).T,
        {
            "transposed": lambda A: np.linalg.inv(A),
            "of_the_determinant": lambda A: np.linalg.det(A) * np.linalg.inv(A).T,
        },
    )


@case()
def triangular_solve(draw):
    c = draw.normal(5)

    def f(p):
        return c @ np.linalg.solve(np.tril(p["L"]), p["b"])

    def backward(p, keep=np.tril, transposed=True):
        L = np.tril(p["L"])
        x, db = np.linalg.solve(L, p["b"]), np.linalg.solve(L.T if transposed else L, c)
        return {"L": -keep(np.outer(db, x)), "b": db}

    return (
        f,
        {"L": draw.normal(5, 5) / 2 + 2 * np.eye(5, dtype=draw.dtype), "b": draw.normal(5)},
        backward,
        {
            "whole_matrix": lambda p: backward(p, keep=np.asarray),
            "not_transposed": lambda p: backward(p, transposed=False),
        },
    )


@case()
def cholesky_backward(draw):
    v, eye = np.tril(draw.normal(4, 4)), np.eye(4, dtype=draw.dtype)

    def f(M):
        return np.sum(v * np.linalg.cholesky(M @ M.T + eye))

    def backward(M, diagonal):
        L = np.linalg.cholesky(M @ M.T + eye)
        P = np.tril(L.T @ v)
        P[np.diag_indices(4)] *= diagonal
        S = np.linalg.solve(L.T, np.linalg.solve(L.T, P.T).T)
        return (S + S.T) @ M

    return f, draw.normal(4, 4), lambda M: backward(M, 0.5), {"diagonal_not_halved": lambda M: backward(M, 1)}


@case()
def nuclear_norm(draw):
    def right(A):
        u, _, vt = np.linalg.svd(A, full_matrices=False)
        return u @ vt

    return (
        lambda A: np.linalg.svd(A, compute_uv=False).sum(),
        draw.normal(5, 3),
        right,
        {
            "with_singular_values": lambda A: 2 * A,
            "v_not_transposed": lambda A: np.linalg.svd(A, full_matrices=False)[0] @ np.linalg.svd(A, full_matrices=False)[2].T,
        },
    )


@case()
def largest_eigenvalue(draw):
    def vector(A):
        return np.linalg.eigh(A + A.T)[1][:, -1]

    return (
        lambda A: np.linalg.eigvalsh(A + A.T)[-1],
        draw.normal(4, 4),
        lambda A: 2 * np.outer(vector(A), vector(A)),
        {
            "factor_2": lambda A: np.outer(vector(A), vector(A)),
            "smallest": lambda A: 2 * np.outer(*[np.linalg.eigh(A + A.T)[1][:, 0]] * 2),
        },
    )


@case()
def quadratic_form(draw):
    A = draw.normal(6, 6)
    return (
        lambda x: x @ A @ x,
        draw.normal(6),
        lambda x: (A + A.T) @ x,
        {
            "as_if_symmetric": lambda x: 2 * A @ x,
            "factor_2": lambda x: (A + A.T) @ x / 2,
        },
    )


@case()
def low_rank_factors(draw):
    M = draw.normal(5, 4)

    def backward(p, factor=2):
        R = p["U"] @ p["V"].T - M
        return {"U": factor * R @ p["V"], "V": factor * R.T @ p["U"]}

    x = {"U": draw.normal(5, 2), "V": draw.normal(4, 2)}
    return (
        lambda p: np.sum((p["U"] @ p["V"].T - M) ** 2),
        x,
        backward,
        {
            "factor_2": lambda p: backward(p, 1),
            "stale_residual": lambda p: {**backward(p), "V": -2 * M.T @ p["U"]},
        },
    )


# Numerics.


@case()
def rosenbrock(draw):
    def f(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    def gradient(x, inner=2, last=True):
        g, d = np.zeros_like(x), x[1:] - x[:-1] ** 2
        g[:-1] = -200 * inner * x[:-1] * d - 2 * (1 - x[:-1])
        g[1:] += 200 * d * last
        return g

    return (
        f,
        draw.normal(6),
        gradient,
        {
            "inner_derivative": lambda x: gradient(x, inner=1),
            "neighbour_forgotten": lambda x: gradient(x, last=False),
        },
    )


@case()
def kepler_rk4_adjoint(draw):
    h, steps, target = 0.1, 10, draw.array([0.3, 0.9])

    def field(s):
        return np.concatenate([s[2:], -s[:2] / (s[:2] @ s[:2]) ** 1.5])

    def field_t(s, a):
        q, r2 = s[:2], s[:2] @ s[:2]
        return np.concatenate([-a[2:] / r2**1.5 + 3 * q * (q @ a[2:]) / r2**2.5, a[:2]])

    def stages(s):
        k1 = field(s)
        k2 = field(s + h / 2 * k1)
        k3 = field(s + h / 2 * k2)
        return k1, k2, k3, field(s + h * k3)

    def orbit(s):
        path = [s]
        for _ in range(steps):
            k1, k2, k3, k4 = stages(path[-1])
            path.append(path[-1] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
        return path

    def f(s):
        return np.sum((orbit(s)[-1][:2] - target) ** 2)

    def adjoint(s, stage_terms=True, at_end=False):
        path = orbit(s)
        a = np.concatenate([2 * (path[-1][:2] - target), np.zeros(2, s.dtype)])
        for s in path[-2::-1]:
            s = path[-1] if at_end else s
            k1, k2, k3, _ = stages(s)
            b4 = field_t(s + h * k3, h / 6 * a)
            b3 = field_t(s + h / 2 * k2, h / 3 * a + h * b4 * stage_terms)
            b2 = field_t(s + h / 2 * k1, h / 3 * a + h / 2 * b3 * stage_terms)
            b1 = field_t(s, h / 6 * a + h / 2 * b2 * stage_terms)
            a = a + b1 + b2 + b3 + b4
        return a

    return (
        f,
        draw.array([1.0, 0.1, -0.1, 0.9]),
        adjoint,
        {
            "stages_not_chained": lambda s: adjoint(s, stage_terms=False),
            "linearised_at_the_end": lambda s: adjoint(s, at_end=True),
        },
    )


@case()
def fft_power(draw):
    w = draw.uniform(0, 1, 6)

    def f(x):
        return np.sum(w * np.abs(np.fft.rfft(x)) ** 2)

    def right(x):
        spectrum = np.fft.rfft(x)
        full = np.zeros(10, spectrum.dtype)
        full[:6] = w * spectrum
        return 2 * 10 * np.fft.ifft(full).real

    return (
        f,
        draw.normal(10),
        right,
        {
            "irfft_counts_twice": lambda x: 2 * 10 * np.fft.irfft(w * np.fft.rfft(x), 10),
            "no_n": lambda x: right(x) / 10,
        },
    )


@case()
def cumulative_sum(draw):
    v = draw.normal(9)
    return (
        lambda x: v @ np.cumsum(x) ** 2,
        draw.normal(9),
        lambda x: np.cumsum((2 * v * np.cumsum(x))[::-1])[::-1],
        {
            "not_reversed": lambda x: np.cumsum(2 * v * np.cumsum(x)),
            "diagonal_only": lambda x: 2 * v * np.cumsum(x),
        },
    )


@case()
def geometric_mean(draw):
    def f(x):
        return np.exp(np.log(x).mean())

    return (
        f,
        draw.uniform(0.5, 3, 6),
        lambda x: f(x) / (x.size * x),
        {
            "no_n": lambda x: f(x) / x,
            "outer_forgotten": lambda x: 1 / (x.size * x),
        },
    )


@case()
def log_sum_exp(draw):
    return (
        lambda x: logsumexp(x),
        3 * draw.normal(8),
        lambda x: softmax(x),
        {
            "not_normalised": lambda x: np.exp(x - x.max()),
            "log_softmax": lambda x: x - logsumexp(x),
        },
    )


@case()
def quaternion_rotation(draw):
    v, target = draw.array([0.3, -1.2, 0.7]), draw.array([1.0, 0.4, -0.2])

    def rotated(q):
        w, u = q[0], q[1:]
        return v + 2 * w * np.cross(u, v) + 2 * np.cross(u, np.cross(u, v))

    def f(q):
        return target @ rotated(q / np.linalg.norm(q))

    def by_unit(q):
        w, u = q[0], q[1:]
        by_u = 2 * w * np.cross(v, target) + 2 * ((u @ v) * target + (u @ target) * v - 2 * (v @ target) * u)
        return np.concatenate([[2 * target @ np.cross(u, v)], by_u]).astype(q.dtype)

    def right(q):
        n = np.linalg.norm(q)
        d = by_unit(q / n)
        return (d - q / n * (q @ d) / n) / n

    return (
        f,
        draw.array([0.8, 0.5, -0.3, 0.6]),
        right,
        {
            "not_through_the_norm": lambda q: by_unit(q / np.linalg.norm(q)),
            "not_projected": lambda q: by_unit(q / np.linalg.norm(q)) / np.linalg.norm(q),
        },
    )


@case()
def poisson_equation_adjoint(draw):
    n, source, seen = 12, draw.normal(12), draw.normal(12) / 50

    def stiffness(log_k):
        k, h = np.exp(log_k), 1 / (n + 1)
        return (np.diag(k[1:] + k[:-1]) - np.diag(k[1:-1], 1) - np.diag(k[1:-1], -1)) / h**2

    def f(log_k):
        u = np.linalg.solve(stiffness(log_k), source)
        return 1000 * np.sum((u - seen) ** 2)

    def adjoint(log_k, sign=-1, chain=True):
        K = stiffness(log_k)
        u = np.linalg.solve(K, source)
        p = np.linalg.solve(K.T, 2000 * (u - seen))
        du, dp = np.diff(u, prepend=0, append=0), np.diff(p, prepend=0, append=0)
        return (sign * (n + 1) ** 2 * du * dp * (np.exp(log_k) if chain else 1)).astype(log_k.dtype)

    return (
        f,
        draw.normal(13) / 2,
        adjoint,
        {
            "sign": lambda k: adjoint(k, sign=1),
            "by_k": lambda k: adjoint(k, chain=False),
        },
    )


@case()
def heat_equation_unrolled(draw):
    r, steps, seen = 0.2, 12, draw.normal(10)

    def laplacian(u):
        p = np.concatenate([u[:1], u, u[-1:]])
        return p[2:] - 2 * u + p[:-2]

    def f(u):
        loss = 0
        for _ in range(steps):
            u = u + r * laplacian(u) - r / 10 * u**3
            loss = loss + np.mean((u - seen) ** 2)
        return loss

    def adjoint(u, running=True, reaction=True):
        path = [u]
        for _ in range(steps):
            path.append(path[-1] + r * laplacian(path[-1]) - r / 10 * path[-1] ** 3)
        a = np.zeros_like(u)
        for t in reversed(range(steps)):
            if running or t == steps - 1:
                a = a + 2 * (path[t + 1] - seen) / len(u)
            a = a + r * laplacian(a) - 3 * r / 10 * path[t] ** 2 * a * reaction
        return a

    return (
        f,
        2 * draw.normal(10),
        adjoint,
        {
            "only_last_step": lambda u: adjoint(u, running=False),
            "reaction_forgotten": lambda u: adjoint(u, reaction=False),
        },
    )


@case()
def lennard_jones_forces(draw):
    x = draw.array(np.stack(np.meshgrid(*[[0.0, 1.1]] * 3), -1).reshape(8, 3)) + draw.normal(8, 3) / 20
    i, j = np.triu_indices(8, 1)

    def f(x):
        s = 1 / np.sum((x[i] - x[j]) ** 2, axis=1) ** 3
        return np.sum(4 * (s**2 - s))

    def gradient(x, both=True, sign=1, power=24):
        d = x[i] - x[j]
        r2 = np.sum(d**2, axis=1)
        pair = (power * (r2**-3 - 2 * r2**-6) / r2)[:, None] * d
        g = np.zeros_like(x)
        np.add.at(g, i, pair)
        if both:
            np.subtract.at(g, j, pair)
        return sign * g

    return (
        f,
        x,
        gradient,
        {
            "force_for_gradient": lambda x: gradient(x, sign=-1),
            "no_reaction": lambda x: gradient(x, both=False),
            "factor_2": lambda x: gradient(x, power=12),
        },
    )


@case(check_directional)
def directional_rms_of_many(draw):
    X, y = draw.normal(30, 200), draw.normal(30)

    def backward(p, n):
        r = X @ p["w"] + p["b"] - y
        root = np.sqrt(np.mean(r**2))
        return {"w": X.T @ r / (n * root), "b": np.sum(r) / (n * root)}

    def f(p):
        return np.sqrt(np.mean((X @ p["w"] + p["b"] - y) ** 2))

    return (
        f,
        {"w": draw.normal(200) / 9, "b": draw.array(0.2)},
        lambda p: backward(p, 30),
        {
            "n_minus_1": lambda p: backward(p, 29),
            "outer_root": lambda p: {"w": X.T @ (X @ p["w"] + p["b"] - y) / 30, "b": np.mean(X @ p["w"] + p["b"] - y)},
        },
    )


# Functions of many values, and second derivatives.


@case(check_vjp)
def vjp_affine(draw):
    def f(p):
        return p["W"] @ p["x"] + p["b"]

    def vjp(p, v):
        return {"W": np.outer(v, p["x"]), "b": v, "x": p["W"].T @ v}

    x = {"W": draw.normal(4, 4), "b": draw.normal(4), "x": draw.normal(4)}
    return (
        f,
        x,
        vjp,
        {
            "not_transposed": lambda p, v: {**vjp(p, v), "x": p["W"] @ v},
            "outer_swapped": lambda p, v: {**vjp(p, v), "W": np.outer(p["x"], v)},
        },
    )


@case(check_vjp)
def vjp_softmax_rows(draw):
    def vjp(z, v):
        s = softmax(z)
        return s * (v - (v * s).sum(-1, keepdims=True))

    return (
        softmax,
        draw.normal(3, 5),
        vjp,
        {
            "elementwise": lambda z, v: softmax(z) * (1 - softmax(z)) * v,
            "no_keepdims": lambda z, v: softmax(z) * (v - (v * softmax(z)).sum()),
        },
    )


@case(check_jvp)
def jvp_normalize(draw):
    def jvp(x, u):
        n = np.linalg.norm(x)
        return u / n - x * (x @ u) / n**3

    return (
        lambda x: x / np.linalg.norm(x),
        draw.normal(5),
        jvp,
        {
            "detached_norm": lambda x, u: u / np.linalg.norm(x),
            "power_2": lambda x, u: u / np.linalg.norm(x) - x * (x @ u) / np.linalg.norm(x) ** 2,
        },
    )


@case(check_jvp)
def jvp_matrix_inverse(draw):
    inv = np.linalg.inv
    return (
        inv,
        draw.normal(3, 3) + 3 * np.eye(3, dtype=draw.dtype),
        lambda A, U: -inv(A) @ U @ inv(A),
        {
            "sign": lambda A, U: inv(A) @ U @ inv(A),
            "inverse_squared": lambda A, U: -inv(A) @ inv(A) @ U,
        },
    )


@case(check_jacobian)
def jacobian_spherical(draw):
    def f(s):
        r, t, p = s
        return r * np.array([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)])

    def jacobian(s):
        r, t, p = s
        st, ct, sp, cp = np.sin(t), np.cos(t), np.sin(p), np.cos(p)
        return np.array([[st * cp, r * ct * cp, -r * st * sp], [st * sp, r * ct * sp, r * st * cp], [ct, -r * st, 0 * r]])

    return (
        f,
        draw.array([1.4, 0.7, 2.1]),
        jacobian,
        {
            "transposed": lambda s: jacobian(s).T,
            "azimuth_without_sine": lambda s: jacobian(s) / np.array([1, 1, np.sin(s[1])], s.dtype),
        },
    )


@case(check_jacobian)
def jacobian_robot_arm(draw):
    lengths = draw.array([1.0, 0.8, 0.5, 0.3])

    def f(q):
        a = np.cumsum(q)
        return np.array([lengths @ np.cos(a), lengths @ np.sin(a)])

    def jacobian(q, chained=True):
        a = np.cumsum(q)
        d = np.array([-lengths * np.sin(a), lengths * np.cos(a)])
        return np.cumsum(d[:, ::-1], axis=1)[:, ::-1] if chained else d

    return (
        f,
        draw.normal(4),
        jacobian,
        {
            "later_links_forgotten": lambda q: jacobian(q, chained=False),
            "rows_swapped": lambda q: jacobian(q)[::-1],
        },
    )


@case(check_hessian)
def hessian_rosenbrock(draw):
    def grad(x):
        d = x[1] - x[0] ** 2
        return np.array([-400 * x[0] * d - 2 * (1 - x[0]), 200 * d])

    def hessian(x, inner=3):
        cross = -400 * x[0]
        return np.array([[-400 * (x[1] - inner * x[0] ** 2) + 2, cross], [cross, 200 + 0 * x[0]]])

    return (
        grad,
        draw.array([-1.2, 0.7]),
        hessian,
        {
            "gauss_newton_only": lambda x: hessian(x) + np.diag([400 * (x[1] - x[0] ** 2), 0 * x[0]]),
            "product_rule": lambda x: hessian(x, inner=1),
            "one_triangle": lambda x: np.triu(hessian(x)),
        },
    )


@case(check_hvp)
def hvp_logistic(draw):
    X, y, lam = draw.normal(15, 4), (np.arange(15) % 2).astype(draw.dtype), 0.1

    def grad(w):
        return X.T @ (sigmoid(X @ w) - y) + lam * w

    def hvp(w, u, weighted=True, l2=lam):
        s = sigmoid(X @ w)
        return X.T @ ((s * (1 - s) if weighted else 1) * (X @ u)) + l2 * u

    return (
        grad,
        draw.normal(4),
        hvp,
        {
            "no_weights": lambda w, u: hvp(w, u, weighted=False),
            "no_l2": lambda w, u: hvp(w, u, l2=0),
        },
    )


# The laws.


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for part in tree.values() for leaf in leaves(part)]
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in leaves(part)]
    return [] if tree is None else [tree]


TWINS = [(name, twin) for name, (_, make) in CASES.items() for twin in make(Draw(np.float64))[3]]
TWIN_IDS = [f"{name}-{twin}" for name, twin in TWINS]


@pytest.mark.parametrize("name", CASES)
def test_right_agrees_in_float64(name: str) -> None:
    by, make = CASES[name]
    f, x, right, _ = make(Draw(np.float64))
    report = by(f, right, x)
    assert report.verdict == "agree", str(report)


@pytest.mark.parametrize("name", CASES)
def test_right_is_not_wrong_in_float32(name: str) -> None:
    by, make = CASES[name]
    f, x, right, _ = make(Draw(np.float32))
    report = by(f, right, x)
    assert report.verdict != "disagree", str(report)


@pytest.mark.parametrize(("name", "twin"), TWINS, ids=TWIN_IDS)
def test_twin_is_wrong_in_float64(name: str, twin: str) -> None:
    by, make = CASES[name]
    f, x, _, twins = make(Draw(np.float64))
    report = by(f, twins[twin], x)
    assert report.verdict == "disagree", str(report)


@pytest.mark.parametrize(("name", "twin"), TWINS, ids=TWIN_IDS)
def test_twin_does_not_agree_in_float32(name: str, twin: str) -> None:
    by, make = CASES[name]
    f, x, _, twins = make(Draw(np.float32))
    report = by(f, twins[twin], x)
    assert report.verdict != "agree", str(report)


@pytest.mark.parametrize("name", CASES)
def test_all_is_computed_in_float32(name: str) -> None:
    by, make = CASES[name]
    f, x, right, twins = make(Draw(np.float32))
    assert all(leaf.dtype == np.float32 or leaf.dtype.kind == "i" for leaf in leaves(x))
    value = f(x)
    with_ = {check_vjp: (value,), check_jvp: (x,), check_hvp: (x,)}.get(by, ())
    for derivative in (right, *twins.values()):
        assert {leaf.dtype for leaf in (value, *leaves(derivative(x, *with_)))} == {np.dtype(np.float32)}
