"""The notebook's network with six wrong backward passes, a model for each:

    gradcheck model --spawn 'python notebook_wrong.py' --model dW2-doubled
"""
import os, umbridge
import numpy as np
from notebook import Notebook, X, Y

class Doubled(Notebook):
    """The notebook's first planted bug: `dW2 = 1./m * np.dot(dZ2, A1.T) * 2`."""
    def backward(self, theta):
        dW1, db1, dW2, db2, dW3, db3 = super().backward(theta)
        return [dW1, db1, dW2 * 2, db2, dW3, db3]

class FourOverM(Notebook):
    """The notebook's second: `db1 = 4./m * np.sum(dZ1, axis=1, keepdims=True)`."""
    def backward(self, theta):
        dW1, db1, dW2, db2, dW3, db3 = super().backward(theta)
        return [dW1, db1 * 4, dW2, db2, dW3, db3]

class Transposed(Notebook):
    """The entries of the transpose, written row by row, where those of dW2 are expected."""
    def backward(self, theta):
        dW1, db1, dW2, db2, dW3, db3 = super().backward(theta)
        return [dW1, db1, dW2.T, db2, dW3, db3]

class NoAxis(Notebook):
    """`np.sum(dZ1)` without axis=1: one number, and broadcasting hides that it is only one."""
    def backward(self, theta):
        dW1, db1, dW2, db2, dW3, db3 = super().backward(theta)
        return [dW1, np.full(5, np.sum(db1)), dW2, db2, dW3, db3]

class NoMask(Notebook):
    """The derivative of ReLU is forgotten in layer 2, and so layer 1 is wrong as well."""
    def backward(self, theta):
        Z1, A1, W2, Z2, A2, W3, A3 = self.forward(theta)
        dZ3 = (A3 - Y) / 3
        dZ2 = W3.T @ dZ3  # * (Z2 > 0)
        dZ1 = W2.T @ dZ2 * (Z1 > 0)
        return [dZ1 @ X.T, dZ1.sum(1), dZ2 @ A1.T, dZ2.sum(1), dZ3 @ A2.T, dZ3.sum(1)]

class Reversed(Notebook):
    """Y − A3 in place of A3 − Y, which turns every sign."""
    def backward(self, theta):
        Z1, A1, W2, Z2, A2, W3, A3 = self.forward(theta)
        dZ3 = (Y - A3) / 3
        dZ2 = W3.T @ dZ3 * (Z2 > 0)
        dZ1 = W2.T @ dZ2 * (Z1 > 0)
        return [dZ1 @ X.T, dZ1.sum(1), dZ2 @ A1.T, dZ2.sum(1), dZ3 @ A2.T, dZ3.sum(1)]

if __name__ == "__main__":
    umbridge.serve_models([
        Doubled("dW2-doubled"),
        FourOverM("db1-four-over-m"),
        Transposed("dW2-transposed"),
        NoAxis("db1-without-axis"),
        NoMask("relu-mask-forgotten"),
        Reversed("dZ3-reversed"),
    ], int(os.environ["PORT"]))
