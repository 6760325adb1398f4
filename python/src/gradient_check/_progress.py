"""A bar while a check runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Seconds after which a check takes long.
LONG = 2.0


@contextmanager
def bar(wanted: bool | None) -> Iterator[Callable[[int, int], None] | None]:
    """A function to call with how many of how many coordinates are done; ``None`` where nobody would see a bar."""
    if wanted is False or (wanted is None and not _is_watched()):
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        if wanted:
            raise ImportError("progress=True needs tqdm: pip install tqdm") from None
        yield None
        return
    begun, shown = time.monotonic(), None

    def moved(done: int, total: int) -> None:
        nonlocal shown
        if shown is None and (wanted or time.monotonic() - begun > LONG):
            shown = tqdm(total=total, desc="gradient check", unit="coord", leave=False)
        if shown is not None:
            shown.total = total
            shown.update(done - shown.n)

    try:
        yield moved
    finally:
        if shown is not None:
            shown.close()


def _is_watched() -> bool:
    return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
