"""Writes the files beside this script, as NumPy and Python's json write them (made with NumPy 2.4.6).

    python make.py

Block W is [[0.5, -1.5, 2.5], [3.5, -4.5, nan]], block b is [1, -2]; `gradient` is arange(24) as 2 x 3 x 4.
"""

import json
import math
import pathlib

import numpy

here = pathlib.Path(__file__).parent
W = numpy.array([[0.5, -1.5, 2.5], [3.5, -4.5, math.nan]])
b = numpy.array([1, -2], dtype="<i4")

numpy.savez(here / "stored.npz", W=W, b=b)
numpy.savez_compressed(here / "deflated.npz", W=numpy.asfortranarray(W), b=b.astype(">f4"))
gradient = numpy.arange(24).reshape(2, 3, 4)
numpy.save(here / "c.npy", gradient.astype("<f2"))
numpy.save(here / "fortran.npy", numpy.asfortranarray(gradient.astype(">f8")))
numpy.save(here / "scalar.npy", numpy.float64(1.25))
numpy.save(here / "complex.npy", numpy.array([1 + 2j]))
numpy.save(here / "pickled.npy", numpy.array([None, 1], dtype=object))
numpy.save(here / "structured.npy", numpy.zeros(2, dtype=[("a", "<f8"), ("b", "<f4")]))
numpy.savetxt(here / "savetxt.csv", W, header="dJ/dW")
(here / "dumped.json").write_text(json.dumps({"W": W.tolist(), "b": b.tolist()}, indent=1))
