"""The coefficients in src/exponentials.rs: interpolation at Chebyshev nodes, in 60 digits (mpmath).

Prints each list with the largest error of the polynomial over its interval.
"""
from mpmath import mp, mpf, exp, atanh, sqrt, cos, pi, matrix, lu_solve, log

mp.dps = 60


def fit(function, low, high, degree):
    n = degree + 1
    nodes = [(low + high) / 2 + (high - low) / 2 * cos((2 * k + 1) * pi / (2 * n)) for k in range(n)]
    powers = matrix(n, n)
    values = matrix(n, 1)
    for i, x in enumerate(nodes):
        for j in range(n):
            powers[i, j] = x**j
        values[i] = function(x)
    c = lu_solve(powers, values)
    grid = [low + (high - low) * mpf(k) / 2000 for k in range(2001)]
    error = max(abs(sum(c[j] * x**j for j in range(n)) - function(x)) for x in grid)
    return [float(c[j]) for j in range(n)], error


tiny = mpf(10) ** -12
half = log(2) / 2 * mpf("1.0001")
# e^r = 1 + r + r^2 q(r)
q = lambda r: (exp(r) - 1 - r) / r**2 if abs(r) > tiny else mpf(1) / 2 + r / 6 + r * r / 24
# 2 atanh(s) = s (2 + z g(z)), z = s^2
g = lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z if z > tiny else mpf(2) / 3 + 2 * z / 5
for name, function, low, high, degree in [
    ("EXPONENTIAL", q, -half, half, 9),
    ("LOGARITHM", g, mpf(0), mpf(1) / 9, 10),
]:
    coefficients, error = fit(function, low, high, degree)
    print(name, coefficients, mp.nstr(error, 3))
