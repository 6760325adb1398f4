import os, umbridge
import numpy as np

X, y = np.random.RandomState(0).randn(20, 3), np.arange(20) % 2

class Logistic(umbridge.Model):
    def get_input_sizes(self, config): return [3, 1]  # w and b
    def get_output_sizes(self, config): return [1]
    def supports_evaluate(self): return True
    def supports_gradient(self): return True
    def __call__(self, theta, config):
        z = X @ theta[0] + theta[1]
        return [[float(np.mean(np.logaddexp(0, z) - y * z))]]
    def gradient(self, out_wrt, in_wrt, theta, sens, config):
        dz = (1 / (1 + np.exp(-(X @ theta[0] + theta[1]))) - y) / len(y)
        return (sens[0] * [X.T @ dz, dz.sum(keepdims=True)][in_wrt]).tolist()

umbridge.serve_models([Logistic("logistic")], int(os.environ["PORT"]))
