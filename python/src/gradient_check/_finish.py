"""The end of a check: the report goes to who wants it, or to who interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._report import Report


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a check; ``report`` has what was measured until then, and so does the text."""

    def __init__(self, report: Report):
        super().__init__(str(report))
        self.report = report


def message(report: Report, frame: Any) -> str:
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    return f"{report}\nchecked at {place}, seed {report._seed}"


def name_of(function: Any) -> str:
    name = getattr(function, "__qualname__", "")
    return "" if "<lambda>" in name else name.split("<locals>.")[-1]


#: Called with every report, such as by the plugin for pytest.
observers: list[Callable[[Report], None]] = []


def finished(report: Report) -> Report:
    for observer in observers:
        observer(report)
    if report.interrupted:
        raise Interrupted(report)
    return report
