"""Reads akin's data sets and bundles with NumPy alone, so that a peer gets the very events akin trained on."""

import json
import struct

import numpy as np

TYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U64": np.uint64, "U32": np.uint32,
         "U8": np.uint8}


def tensors(path):
    """The tensors of a safetensors file by name, and its metadata."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    (length,) = struct.unpack("<Q", data[:8].tobytes())
    header = json.loads(data[8:8 + length].tobytes())
    meta = header.pop("__metadata__", {})
    found = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        found[name] = data[begin:end].view(TYPES[entry["dtype"]]).reshape(entry["shape"])
    return found, meta
