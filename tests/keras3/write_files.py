"""Writes the files of Keras 3 that the tests of nn/ and the fuzz target keras read.

Usage: KERAS_BACKEND=jax tests/keras3/write_files.py     (python3 -m venv V && V/bin/pip install keras jax h5py)
The weights are 0, 1, 2, ... in the order of the layers. Last written by Keras 3.15.1.
"""
import pathlib
import tempfile
import zipfile

import keras
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
layers = keras.layers


def count_up(model):
    first = 0
    for weight in model.weights:
        size = int(np.prod(weight.shape))
        weight.assign(np.arange(first, first + size).reshape(weight.shape))
        first += size
    return model


x = keras.Input((4, 2), name="x")
steps = layers.LSTM(2, return_sequences=True, name="memory")(x)
steps = layers.DepthwiseConv1D(3, name="own")(steps)
steps = layers.MultiHeadAttention(2, 1, name="look")(steps, steps)
model = count_up(keras.Model(x, layers.Dense(1, name="out")(layers.Dropout(0.5)(layers.Flatten()(steps)))))
small = count_up(keras.Sequential([keras.Input((2,)), layers.Dense(3, name="out")]))
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder)
    model.save(path / "model.h5")
    model.save_weights(path / "model.weights.h5")
    with zipfile.ZipFile(HERE / "files.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("model.h5", "model.weights.h5"):
            archive.writestr(zipfile.ZipInfo(name), (path / name).read_bytes(), zipfile.ZIP_DEFLATED)
small.save_weights(HERE.parents[1] / "fuzz" / "corpus" / "keras" / "found-keras3.weights.h5")
