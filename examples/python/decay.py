"""A decay a·exp(−k·t) fitted to data with noise of scale sigma: the negative log-likelihood, which wants sigma > 0.

    gradcheck model --spawn 'python decay.py' --block theta:3 --bounds theta[1]:0..
"""
import os, umbridge
import numpy as np

t = np.linspace(0, 4, 30)
y = 2.5 * np.exp(-0.8 * t) + 0.1 * np.random.RandomState(1).randn(30)

class Decay(umbridge.Model):
    def get_input_sizes(self, config): return [3]  # a, sigma and k
    def get_output_sizes(self, config): return [1]
    supports_evaluate = supports_gradient = lambda self: True
    def __call__(self, theta, config):
        a, sigma, k = theta[0]
        if sigma <= 0: raise ValueError(f"sigma is {sigma}")
        r = a * np.exp(-k * t) - y
        return [[float(len(t) * np.log(sigma) + r @ r / (2 * sigma**2))]]
    def gradient(self, out_wrt, in_wrt, theta, sens, config):
        a, sigma, k = theta[0]
        e = np.exp(-k * t)
        r = a * e - y
        d = [r @ e / sigma**2, len(t) / sigma - r @ r / sigma**3, -a * (r @ (t * e)) / sigma**2]
        return [float(sens[0] * x) for x in d]

umbridge.serve_models([Decay("decay")], int(os.environ["PORT"]))
