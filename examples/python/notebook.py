"""The notebook's network, LINEAR-RELU-LINEAR-RELU-LINEAR-SIGMOID, its backward pass by hand."""
import os, umbridge
import numpy as np

X, Y = np.random.RandomState(1).randn(4, 3), np.array([[1, 1, 0]])  # three examples
SHAPES = [(5, 4), (5, 1), (3, 5), (3, 1), (1, 3), (1, 1)]  # W1, b1, W2, b2, W3, b3

class Notebook(umbridge.Model):
    def get_input_sizes(self, config): return [rows * columns for rows, columns in SHAPES]
    def get_output_sizes(self, config): return [1]
    supports_evaluate = supports_gradient = lambda self: True
    def forward(self, theta):
        W1, b1, W2, b2, W3, b3 = [np.reshape(t, shape) for t, shape in zip(theta, SHAPES)]
        Z1 = W1 @ X + b1; A1 = np.maximum(0, Z1)
        Z2 = W2 @ A1 + b2; A2 = np.maximum(0, Z2)
        return Z1, A1, W2, Z2, A2, W3, 1 / (1 + np.exp(-(W3 @ A2 + b3)))
    def __call__(self, theta, config):
        A3 = self.forward(theta)[-1]
        return [[float(-np.mean(Y * np.log(A3) + (1 - Y) * np.log(1 - A3)))]]
    def backward(self, theta):
        Z1, A1, W2, Z2, A2, W3, A3 = self.forward(theta)
        dZ3 = (A3 - Y) / 3
        dZ2 = W3.T @ dZ3 * (Z2 > 0)
        dZ1 = W2.T @ dZ2 * (Z1 > 0)
        return [dZ1 @ X.T, dZ1.sum(1), dZ2 @ A1.T, dZ2.sum(1), dZ3 @ A2.T, dZ3.sum(1)]
    def gradient(self, out_wrt, in_wrt, theta, sens, config):
        return (sens[0] * self.backward(theta)[in_wrt]).ravel().tolist()

if __name__ == "__main__":
    umbridge.serve_models([Notebook("notebook")], int(os.environ["PORT"]))
