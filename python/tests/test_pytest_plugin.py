"""The plugin, in a pytest of its own."""

import json

pytest_plugins = ["pytester"]

TESTS = """
import numpy as np
from gradient_check import check

def f(x): return np.sum(x**3)
def off(x): return 3 * x**2 * (1 + 1e-8)

def test_default(): assert check(f, off, np.array([0.5, -1.5])).ok
def test_exact(assert_gradient): assert_gradient(f, off, np.array([0.5, -1.5]))
def test_own(assert_gradient): assert_gradient(f, off, np.array([0.5, -1.5]), exact=False, accuracy=1e-6)
"""


def test_failing_reports_are_written_and_settings_are_read(pytester):
    pytester.makepyfile(test_it=TESTS)
    pytester.makepyprojecttoml("[tool.gradient_check]\nexact = true\nseed = 5\n")
    result = pytester.runpytest_subprocess("--gradient-report", "reports")
    # An error of 1e-8 is inconclusive by default, wrong where both sides are exact, and granted by an accuracy.
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*the gradient is wrong: f*", "*checked at *test_it.py:*, seed 5*"])
    files = sorted(path.name for path in (pytester.path / "reports").iterdir())
    assert files == [
        "test_it.py-test_default.json",
        "test_it.py-test_default.txt",
        "test_it.py-test_exact.json",
        "test_it.py-test_exact.txt",
    ]
    document = json.loads((pytester.path / "reports" / "test_it.py-test_exact.json").read_text(encoding="utf-8"))
    assert document["verdict"] == "disagree" and document["seed"] == 5


def test_without_the_option_nothing_is_written(pytester):
    pytester.makepyfile(test_it=TESTS)
    result = pytester.runpytest_subprocess()
    # The setting that made it wrong is gone, but inconclusive is no pass either.
    result.assert_outcomes(passed=1, failed=2)
    assert not (pytester.path / "reports").exists()


def test_a_mistake_in_the_settings_is_said_at_once(pytester):
    pytester.makepyfile(test_it=TESTS)
    for line, words in [("tolerance = 1", "'tolerance' is not a setting"), ('seed = "x"', "seed is 'x', not a int")]:
        pytester.makepyprojecttoml(f"[tool.gradient_check]\n{line}\n")
        result = pytester.runpytest_subprocess()
        assert result.ret != 0
        result.stderr.fnmatch_lines([f"*{words}*"])
