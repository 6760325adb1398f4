"""What the tests share."""

import numpy as np
import pytest


@pytest.fixture
def x():
    """A point with one negative number."""
    return np.array([0.5, -1.5, 2.0])
