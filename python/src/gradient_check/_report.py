"""What a check found."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

#: In the order of their numbers in ``Coordinates.verdict``.
VERDICTS = ("agree", "disagree", "inconclusive")


class Coordinates:
    """The checked coordinates of one derivative as arrays of equal length.

    ``analytic`` is g, ``numeric`` the derivative d by finite differences (NaN where there is none), ``error_bar`` how far d
    may be off, ``tolerance`` the distance from which \\|g − d\\| counts as an error, ``verdict`` 0 for agree, 1 for disagree,
    2 for inconclusive. ``index`` is the place in the flat vector of all parameters.
    """

    __slots__ = ("index", "analytic", "numeric", "error_bar", "tolerance", "verdict")

    def __init__(self, raw: dict[str, Any]):
        self.index: np.ndarray = raw["index"]
        self.analytic: np.ndarray = raw["analytic"]
        self.numeric: np.ndarray = raw["numeric"]
        self.error_bar: np.ndarray = raw["error_bar"]
        self.tolerance: np.ndarray = raw["tolerance"]
        self.verdict: np.ndarray = raw["verdicts"]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def error(self) -> np.ndarray:
        """g − d."""
        error: np.ndarray = self.analytic - self.numeric
        return error


class Report:
    """The result of a check; as a string, the text to read.

    ``ok`` is true for ``agree`` alone: what could not be decided is no pass.
    """

    def __init__(self, raw: Sequence[dict[str, Any]], *, headline: str, seed: int, strict: bool, context: str = ""):
        self._raw = list(raw)
        self._seed, self._context = seed, context
        self.interrupted: bool = any(part["interrupted"] for part in raw)
        verdicts = [part["verdict"] for part in raw]
        self.left_open: int = sum(part.get("left_open", 0) for part in raw)
        worst = 1 if 1 in verdicts else max(verdicts)
        reasons = [part["reason"] for part in raw if part["reason"]]
        self.reason: str | None = reasons[0] if worst == 2 and reasons else None
        if worst == 0 and self.interrupted:
            worst, self.reason = 2, "interrupted"
        self._strictly = worst == 0 and strict and self.left_open > 0
        if self._strictly:
            worst, self.reason = 2, "vacuous"
        self.verdict: str = VERDICTS[worst]
        self._headline = headline
        self._notes: list[str] = []

    def reject(self, why: str) -> None:
        """Makes the verdict ``disagree``, for a reason that is no comparison of coordinates."""
        self.verdict, self.reason = "disagree", None
        self.note(why)

    def note(self, line: str) -> None:
        """Adds a line to the text."""
        self._notes.append(line)

    @property
    def ok(self) -> bool:
        """Whether the derivative agrees."""
        return self.verdict == "agree"

    def __bool__(self) -> bool:
        raise TypeError("a report is neither true nor false: use `report.ok`")

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """What was checked, by name: ``gradient``, or ``jacobian``, ``vjp``, ``jvp``, ``adjoint``; each as its JSON."""
        return {part["name"]: json.loads(part["json"]) for part in self._raw}

    @property
    def _main(self) -> dict[str, Any]:
        main: dict[str, Any] = json.loads(self._raw[0]["json"])
        return main

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """The blocks of the (first) derivative: name, shape, verdict, difference, counts, worst, diagnosis."""
        blocks: list[dict[str, Any]] = self._main.get("blocks", [])
        return blocks

    @property
    def worst(self) -> dict[str, Any] | None:
        """The coordinate with the largest error, wrong ones first."""
        rank = {"disagree": 0, "inconclusive": 1, "agree": 2}

        def key(block: dict[str, Any]) -> tuple[int, float]:
            worst = block["worst"]
            numeric = worst.get("numeric")
            off = float("inf") if numeric is None else abs((worst.get("analytic") or 0.0) - numeric)
            return rank[block["verdict"]], -off

        blocks = [block for block in self.blocks if block.get("worst")]
        return min(blocks, key=key)["worst"] if blocks else None

    @property
    def causes(self) -> list[str]:
        """The most likely causes of what is wrong, in words."""
        found: list[str] = []
        for part in self._raw:
            for block in json.loads(part["json"]).get("blocks", []):
                message = (block.get("diagnosis") or {}).get("message")
                if message and message not in found:
                    found.append(message)
        return found

    @property
    def detection_limit(self) -> float | None:
        """The smallest error of any one coordinate that would have been called wrong, relative to the scale of its block."""
        power = self._main.get("power")
        return power["single_coordinate"] if power else None

    @property
    def difference(self) -> float | None:
        """‖g − d‖ / (‖g‖ + ‖d‖), as the course on which this checker began defines it."""
        return self._main.get("difference")

    @property
    def coordinates(self) -> Coordinates:
        """Every checked coordinate of the (first) derivative."""
        if "index" not in self._raw[0]:
            raise AttributeError("a check along directions has no coordinates")
        return Coordinates(self._raw[0])

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, with the keys of the command's JSON, schema 1."""
        checks, rest = [], {}
        for part in self._raw:
            document = json.loads(part["json"])
            if part["name"] in ("adjoint", "directional"):
                rest[part["name"]] = document
            else:
                checks.append({"stage": part["name"], **document})
        return {
            "schema": 1,
            "verdict": self.verdict,
            "reason": self.reason,
            "seed": self._seed,
            "interrupted": self.interrupted,
            "left_open": {"total": self.left_open},
            "checks": checks,
            **rest,
        }

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON, schema 1."""
        return json.dumps(_finite(self.to_dict()), indent=indent, ensure_ascii=False)

    def __str__(self) -> str:
        words = {"agree": "agrees", "disagree": "is wrong", "inconclusive": "could not be confirmed"}
        first = f"the {self._headline} {words[self.verdict]}"
        if self._strictly:
            first = f"the {self._headline} agrees where it was tested, but `strict` also rejects what was left open"
        elif self.interrupted and self.verdict == "inconclusive":
            first = f"interrupted: the {self._headline} was checked in part"
        lines = [first + (f": {self._context}" if self._context else "")]
        titles = {
            "gradient": "the gradient",
            "jacobian": "the Jacobian",
            "vjp": "the vector-Jacobian product, for a random v",
            "jvp": "the Jacobian-vector product, for random u",
            "adjoint": "the adjoint identity",
        }
        for part in self._raw:
            if len(self._raw) > 1:
                lines.append(f"{titles.get(part['name'], part['name'])}: {VERDICTS[part['verdict']]}")
            lines.append(spoken(part["text"]).rstrip("\n"))
        lines.extend(wrapped(note) for note in self._notes)
        return "\n".join(lines)

    def __repr__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        return f"<gradient_check.Report: {self.verdict}{reason}>"


#: What the text of the checker says to users of the command and of Rust, and how it is said in Python: no longer, as lines are
#: full.
WORDS = [
    # The reading of a course that this checker began with.
    (re.compile(r'\s*\(course:\s*(?:"[^"]*"|undefined)\)'), ""),
    (re.compile(r"`(\w+) = ([^`]*)`"), r"`\1=\2`"),
]


def spoken(text: str) -> str:
    """The text of the checker in the words of Python."""
    for said, words in WORDS:
        text = said.sub(words, text)
    return text


def wrapped(text: str) -> str:
    """A sentence as lines of a report."""
    return textwrap.fill(text, 80, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    if isinstance(value, float) and value - value != 0.0:
        return None
    return value
