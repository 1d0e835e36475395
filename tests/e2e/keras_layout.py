"""Reads an HDF5 file of weights exactly as Keras 2.0.8 load_weights does; two files must hold nearly the same numbers.

Usage: keras_layout.py FILE [SAME]     (prints {layer: weight names}; exits 77 where there is no h5py)
"""
import json
import sys

try:
    import h5py
except ImportError:
    raise SystemExit(77)


def load(path):
    with h5py.File(path, "r") as file:
        root = file["model_weights"] if "layer_names" not in file.attrs and "model_weights" in file else file
        assert root.attrs["keras_version"] == b"2.0.8" and root.attrs["backend"] == b"tensorflow"
        layers = {}
        for layer in (name.decode("utf8") for name in root.attrs["layer_names"]):
            group = root[layer]
            layers[layer] = {name.decode("utf8"): group[name.decode("utf8")][()] for name in group.attrs["weight_names"]
                             if len(group.attrs["weight_names"])}
        return layers


first = load(sys.argv[1])
if len(sys.argv) > 2:
    for layer, weights in load(sys.argv[2]).items():
        for name, values in weights.items():
            assert values.dtype == "float32" and abs(values - first[layer][name]).max() < 1e-6, name
print(json.dumps({layer: list(weights) for layer, weights in first.items()}))
