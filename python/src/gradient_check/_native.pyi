"""The compiled part: checks of functions of one flat vector.

``functions(part, x, v)`` is called with part ``value`` (a number), ``gradient`` (a list of names, shapes and flat arrays of
float64), ``values`` (a flat array: the costs of many points, or one function of many values), ``jacobian``, ``vjp`` or ``jvp``
(flat arrays). ``options`` has the keys that ``gradient_check._settings.options_of`` makes. A check gives the dict that
``gradient_check.Report`` reads, ``check_vector`` one for each derivative.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__version__: str

Functions = Callable[[str, NDArray[Any], NDArray[Any] | None], Any]

def check(functions: Functions, point: NDArray[Any], options: dict[str, Any]) -> dict[str, Any]: ...
def check_directional(
    functions: Functions, point: NDArray[Any], gradient: NDArray[np.float64], options: dict[str, Any]
) -> dict[str, Any]: ...
def check_vector(functions: Functions, point: NDArray[Any], options: dict[str, Any]) -> list[dict[str, Any]]: ...
