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
(here / "nested.json").write_text('{"l1": {"w": [[1, 2.5], [NaN, -3e-7]], "b": 0.5}, "l2": [[[1]], [[2]]]}\n')
(here / "point.json").write_text("[[0.5, -1.0, 2], [4], [1e-3, 7]]\n")
(here / "flowers.csv").write_text('length,"width",kind\n5.1,3.5,0\n4.9,3.0,1\r\n7.0, 3.2 ,2\n')
(here / "network.toml").write_text(
    'layers = [30, 5, 1]\nactivation = "tanh"  # hidden\nl2 = 0.25\nfrozen-masks = true\nlabel = 3\nread-limit = 2\n'
)
tensors = {
    "w": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
    "b": {"dtype": "BF16", "shape": [2], "data_offsets": [8, 12]},
    "i": {"dtype": "I8", "shape": [], "data_offsets": [12, 13]},
}
header = json.dumps(tensors).encode()
numbers = numpy.array([1, -0.5], dtype="<f4").tobytes() + b"\x80\x3f\x00\xc0\x07"
(here / "tensors.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + numbers)
