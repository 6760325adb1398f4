"""The snippets of docs/how-to/python.md, each by itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs/how-to/python.md").read_text(encoding="utf-8")
SECTIONS = [section for section in TEXT.split("\n## ")[1:] if "```python\n" in section]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.splitlines()[0])
def test_the_snippet_does_what_it_says(section, tmp_path):
    for package in ("jax", "distributed"):
        if re.search(rf"^(import|from) {package}\b", section, re.MULTILINE):
            pytest.importorskip(package)
    [snippet] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    # A file, as workers import it.
    script = tmp_path / "snippet.py"
    script.write_text(snippet, encoding="utf-8")
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
