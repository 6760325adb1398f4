"""Measures what a call costs beside the function, and what batches save: ``python benchmarks/calls.py``."""

import time

import numpy as np

from gradient_check import check

STEPS = 1000


def recurrence(x):
    """A sum over a recurrence, in a loop of Python."""
    state, total = np.zeros(x.shape[:-1]), np.zeros(x.shape[:-1])
    for t in range(STEPS):
        state = 0.5 * state + x[..., t] * x[..., t]
        total = total + state
    return total


def of_recurrence(x):
    """Its gradient."""
    return 2 * x * (2 - 0.5 ** (STEPS - 1 - np.arange(STEPS)))


def seconds(work):
    """How long ``work`` takes, and what it gives."""
    begun = time.perf_counter()
    given = work()
    return time.perf_counter() - begun, given


x, w = np.linspace(0.1, 1, 2000), np.linspace(1, 2, 2000)
whole, report = seconds(lambda: check(lambda x: x @ w, lambda x: w, x))
calls = report.parts["gradient"]["evaluations"]
alone, _ = seconds(lambda: [x @ w for _ in range(calls)])
print(f"x @ w: {1e6 * whole / calls:.0f} us an evaluation, of which the function takes {1e6 * alone / calls:.1f}")

x = np.linspace(0.1, 1, STEPS)
single, _ = seconds(lambda: check(recurrence, of_recurrence, x))
batched, report = seconds(lambda: check(recurrence, of_recurrence, x, batched=True))
print(f"recurrence: {single:.2f} s one by one, {batched:.2f} s in batches, {single / batched:.1f} times; {report.verdict}")
