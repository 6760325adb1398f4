"""The README does what it says."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

from gradient_check import check

PACKAGE = Path(__file__).parent.parent
TEXT = (PACKAGE / "README.md").read_text(encoding="utf-8")
PROJECT = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")


def blocks(language, text=TEXT):
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def without_last_digits(text):
    """A text without the numbers that are the processor's own: differences and error bars near rounding."""
    return re.sub(r"\d(\.\d+)?e-1\d", "#", text)


def test_the_snippets_run_one_after_the_other_and_print_what_is_shown():
    pytest.importorskip("jax")
    names = {"__name__": "readme"}
    printed = io.StringIO()
    first, *others = blocks("python")
    with contextlib.redirect_stdout(printed):
        exec(first, names)
    for block in others:
        exec(block, names)
    names["test_cubes"]()
    [shown] = blocks("text")
    assert without_last_digits(printed.getvalue()) == without_last_digits(shown)


def test_the_readme_of_the_project_prints_what_it_shows():
    section = PROJECT.split("## Your own gradient, in Python")[1].split("\n## ")[0]
    [block] = blocks("python", section)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(block, {"__name__": "readme"})
    shown = blocks("text", section)[0].removesuffix("…\n")
    assert without_last_digits(printed.getvalue()).startswith(without_last_digits(shown))


def test_what_an_agreement_in_single_precision_is_worth():
    x = np.array([0.5, -1.5, 2.0], np.float32)
    said = " ".join(str(check(lambda x: np.sum(x**3), lambda x: 3 * x**2, x)).split())
    [quoted] = re.findall(r"`(agree: all 3 coordinates.*?precision)`", TEXT, re.DOTALL)
    assert " ".join(quoted.split()) in said
