"""The plugin for pytest: settings of a project in one place, and a file for each report of a failing test.

``pytest --gradient-report DIR`` writes the text and the JSON of every check that did not agree to ``DIR``. The fixture
``assert_gradient`` is the function of that name with the settings of ``pyproject.toml``:

.. code-block:: toml

    [tool.gradient_check]
    seed = 7
    exact = true
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from . import _check, _finish
from ._report import Report

#: The settings that a project may fix.
SETTINGS = {"seed": int, "accuracy": float, "exact": bool, "strict": bool, "resolution": float, "sample": int, "threads": int}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    group = parser.getgroup("gradient_check")
    group.addoption(
        "--gradient-report",
        metavar="DIR",
        help="write the text and the JSON of every gradient check that did not agree to this folder",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Reads the settings, so that a mistake in them is said before the tests."""
    config.stash[_settings] = _read(config.rootpath / "pyproject.toml")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Collects the reports of one test."""
    folder = item.config.getoption("--gradient-report")
    with _collected() as reports:
        try:
            return (yield)
        finally:
            if folder:
                _write(Path(folder), item.nodeid, reports)


@pytest.fixture
def assert_gradient(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """``gradient_check.assert_gradient`` with the settings of ``[tool.gradient_check]`` in ``pyproject.toml``."""
    settings = request.config.stash[_settings]

    def assert_with_settings(f: Any, grad: Any, x: Any, **own: Any) -> Report:
        __tracebackhide__ = True
        report = _check.check(f, grad, x, **{**settings, **own})
        if not report.ok:
            raise AssertionError(_finish.message(report, sys._getframe(1)))
        return report

    return assert_with_settings


_settings: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
_current: ContextVar[list[Report] | None] = ContextVar("gradient_check_reports", default=None)


@contextmanager
def _collected() -> Iterator[list[Report]]:
    reports: list[Report] = []
    token = _current.set(reports)
    _finish.observers.append(_observe)
    try:
        yield reports
    finally:
        _finish.observers.remove(_observe)
        _current.reset(token)


def _observe(report: Report) -> None:
    reports = _current.get()
    if reports is not None and not report.ok:
        reports.append(report)


def _write(folder: Path, test: str, reports: list[Report]) -> None:
    if not reports:
        return
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", test).strip("-")[-150:]
    for number, report in enumerate(reports, 1):
        stem = name if len(reports) == 1 else f"{name}-{number}"
        (folder / f"{stem}.txt").write_text(f"{report}\n", encoding="utf-8")
        (folder / f"{stem}.json").write_text(report.to_json() + "\n", encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return {}
    if "gradient_check" not in text:
        return {}
    # In Python 3.10 it is a package, which pytest itself needs there.
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    settings: dict[str, Any] = tomllib.loads(text).get("tool", {}).get("gradient_check", {})
    for name, value in settings.items():
        if name not in SETTINGS:
            known = ", ".join(SETTINGS)
            raise pytest.UsageError(f"{path}: [tool.gradient_check]: {name!r} is not a setting: there are {known}")
        kinds = (int, float) if SETTINGS[name] is float else (SETTINGS[name],)
        if not isinstance(value, kinds) or (isinstance(value, bool) and SETTINGS[name] is not bool):
            raise pytest.UsageError(f"{path}: [tool.gradient_check]: {name} is {value!r}, not a {SETTINGS[name].__name__}")
    return settings
