"""What a check is told, as the compiled part reads it."""

from __future__ import annotations

import operator
import os
from typing import Any

import numpy as np

from ._tree import Leaves, described, epsilon

#: A batch of points takes about this many bytes, a small part of the memory of any machine: the function itself may need many
#: times as much for it.
BATCH_BYTES = 32 * 2**20
#: No batch has more points.
LONGEST_BATCH = 1024


def options_of(
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
            raise TypeError(
                f"executor is {described(executor)}: give a concurrent.futures.Executor, such as a ProcessPoolExecutor()"
            )
        # One evaluation at work and one on its way for each worker, so that none waits for an answer to come back.
        threads = 2 * workers(executor) if threads is None else threads
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
