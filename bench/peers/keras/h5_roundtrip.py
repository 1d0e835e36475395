"""Does Keras compute what akin computes, with weights that went from one to the other in .h5 files?

Usage: h5_roundtrip.py AKIN [keras | tf_keras]

Set up: python3 -m venv V && V/bin/pip install tensorflow-cpu tf_keras (Keras 2, the default here) or keras (Keras 3).
Small nets, one for each family of layers, are built in Keras with random weights and, as TOML files, in akin.
"read": Keras saves, `akin net train --init` reads; "written": `akin net export` writes, Keras's load_weights reads, by
position and by name. Prints the largest difference between the predictions for 16 random samples, as a share of the
largest prediction; above 1e-5 is a failure (exit status 1). A last line prints akin's error message for a GRU with
Keras's default reset_after=True, whose equations and bias akin does not have.
"""

import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_USE_LEGACY_KERAS="0")
import numpy as np

SAMPLES, MOST = 16, 1e-5
ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu", "softmax")

# Of each net its layers: kind, name, fields as in akin's TOML. Without "inputs" a layer takes the one before.
WORDS = [("input", "words", dict(shape=[7])), ("embedding", "vectors", dict(rows=20, units=6))]
NETS = {
    "dense": [("input", "x", dict(shape=[5]))]
             + [("dense", "dense_" + a, dict(units=4, activation=a)) for a in ACTIVATIONS]
             + [("dropout", "drop", dict(rate=0.5)), ("dense", "bare", dict(units=2, bias=False))],
    "embedding, dot": [("input", "user", dict(shape=[1])), ("input", "item", dict(shape=[1])),
                       ("embedding", "users", dict(inputs=["user"], rows=9, units=3)),
                       ("embedding", "items", dict(inputs=["item"], rows=11, units=3)),
                       ("flatten", "u", dict(inputs=["users"])), ("flatten", "i", dict(inputs=["items"])),
                       ("dot", "rating", dict(inputs=["u", "i"]))],
    "branches": [("input", "x", dict(shape=[4])), ("dense", "left", dict(inputs=["x"], units=3)),
                 ("dense", "deep", dict(units=3, activation="tanh")),
                 ("dense", "right", dict(inputs=["x"], units=3, activation="relu")),
                 ("add", "sum", dict(inputs=["deep", "right"])),
                 ("multiply", "product", dict(inputs=["sum", "left"])),
                 ("concatenate", "all", dict(inputs=["product", "right"])), ("dense", "out", dict(units=2))],
    "short branch": [("input", "x", dict(shape=[3])), ("dense", "short", dict(units=3)),
                     ("dense", "long", dict(inputs=["x"], units=3)), ("dense", "longer", dict(units=3)),
                     ("add", "sum", dict(inputs=["longer", "short"]))],
    "conv1d": [("input", "x", dict(shape=[9, 3])),
               ("conv1d", "same", dict(units=5, kernel=4, padding="same", activation="relu")),
               ("average_pool1d", "means", dict(pool=2, padding="same")),
               ("conv1d", "valid", dict(units=4, kernel=2, strides=2)), ("global_max_pool1d", "most", {})],
    "conv2d": [("input", "x", dict(shape=[8, 7, 3])),
               ("conv2d", "same", dict(units=5, kernel=[3, 4], strides=[2, 2], padding="same", activation="tanh")),
               ("max_pool2d", "most", dict(pool=[2, 2], strides=[1, 1], padding="same")),
               ("conv2d", "valid", dict(units=4, kernel=[2, 3], bias=False)),
               ("average_pool2d", "means", dict(pool=[2, 2])), ("flatten", "flat", {}),
               ("dense", "out", dict(units=2))],
    "global average": [("input", "x", dict(shape=[5, 4, 3])), ("conv2d", "conv", dict(units=5, kernel=[2, 2])),
                       ("global_average_pool2d", "means", {})],
    "batch_norm": [("input", "x", dict(shape=[6])), ("dense", "first", dict(units=4)), ("batch_norm", "norm", {}),
                   ("dense", "out", dict(units=2))],
    "layer_norm": [("input", "x", dict(shape=[6])), ("dense", "first", dict(units=4)), ("layer_norm", "norm", {}),
                   ("dense", "out", dict(units=2))],
    "depthwise": [("input", "x", dict(shape=[8, 7, 3])),
                  ("depthwise_conv2d", "own", dict(kernel=[3, 2], depth_multiplier=2, activation="relu")),
                  ("global_average_pool2d", "means", {})],
    "attention": WORDS + [("attention", "free", dict(heads=2, key_size=3)),
                          ("attention", "causal", dict(heads=3, key_size=2, causal=True)), ("flatten", "flat", {})],
    "masked": WORDS + [("gru", "steps", dict(units=5, return_sequences=True, recurrent_activation="sigmoid",
                                             mask="words")),
                       ("global_average_pool1d", "means", dict(mask="words"))],
    "shared": [("input", "a", dict(shape=[4])), ("input", "b", dict(shape=[4])),
               ("dense", "tower", dict(inputs=["a"], units=3, activation="tanh")),
               ("dense", "again", dict(inputs=["b"], units=3, activation="tanh", weights_of="tower")),
               ("concatenate", "both", dict(inputs=["tower", "again"])), ("dense", "out", dict(units=2))],
    "rnn": WORDS + [("rnn", "steps", dict(units=5, return_sequences=True)), ("rnn", "last", dict(units=4))],
    "lstm": WORDS + [("lstm", "steps", dict(units=5, return_sequences=True, recurrent_activation="sigmoid")),
                     ("lstm", "last", dict(units=4, recurrent_activation="sigmoid"))],
    "gru": WORDS + [("gru", "steps", dict(units=5, return_sequences=True, recurrent_activation="sigmoid")),
                    ("gru", "last", dict(units=4, recurrent_activation="sigmoid"))],
    "hard_sigmoid": WORDS + [("lstm", "steps", dict(units=5, return_sequences=True,
                                                    recurrent_activation="hard_sigmoid")),
                             ("gru", "last", dict(units=4, recurrent_activation="hard_sigmoid"))],
}
CLASSES = dict(dense="Dense", embedding="Embedding", flatten="Flatten", dropout="Dropout", dot="Dot", add="Add",
               multiply="Multiply", concatenate="Concatenate", conv1d="Conv1D", conv2d="Conv2D", rnn="SimpleRNN",
               gru="GRU", lstm="LSTM", batch_norm="BatchNormalization", layer_norm="LayerNormalization",
               attention="MultiHeadAttention", depthwise_conv2d="DepthwiseConv2D", max_pool2d="MaxPooling2D",
               global_average_pool1d="GlobalAveragePooling1D",
               average_pool1d="AveragePooling1D", average_pool2d="AveragePooling2D",
               global_max_pool1d="GlobalMaxPooling1D", global_average_pool2d="GlobalAveragePooling2D")
FIELDS = dict(rows="input_dim", bias="use_bias", kernel="kernel_size", pool="pool_size", heads="num_heads",
              key_size="key_dim")


def keras_model(keras, layers, **extra):
    outputs, made, last = {}, {}, None
    masked = any(fields.get("mask") for _, _, fields in layers)
    for kind, name, fields in layers:
        fields = dict(fields)
        if kind == "input":
            outputs[name] = last = keras.Input(fields["shape"], name=name)
            continue
        inputs = [outputs[other] for other in fields.pop("inputs", [])] or [last]
        given = {FIELDS.get(key, key): value for key, value in fields.items()}
        if "units" in given and kind.startswith("conv"):
            given["filters"] = given.pop("units")
        if kind == "embedding":
            given.update(output_dim=given.pop("units"), mask_zero=masked)
        given.pop("mask", None)
        given.update({"dot": dict(axes=1), "gru": dict(reset_after=False)}.get(kind, {}), **extra.get(kind, {}))
        call = dict(value=inputs[0], use_causal_mask=given.pop("causal", False)) if kind == "attention" else {}
        layer = made.get(given.pop("weights_of", None)) or getattr(keras.layers, CLASSES[kind])(name=name, **given)
        made[name] = layer
        last = layer(inputs if len(inputs) > 1 else inputs[0], **call)
        outputs[name] = last
    model = keras.Model([outputs[name] for kind, name, _ in layers if kind == "input"], last)
    random = np.random.default_rng(1)
    model.set_weights([random.uniform(0.1, 1, weight.shape) if weight.ndim == 1
                       else random.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    return model


def write_net(path, layers, columns, target):
    text = json.dumps  # numbers, texts and lists of TOML look like those of JSON
    with open(path, "w") as file:
        for kind, name, fields in layers:
            file.write(f'[[layers]]\nkind = "{kind}"\nname = "{name}"\n')
            file.writelines(f"{key} = {text(value)}\n" for key, value in fields.items())
        file.write('[train]\noptimizer = "sgd"\nloss = "mse"\n[data]\nkind = "csv"\n')
        file.write(f"target = {text(target)}\n")
        file.writelines(f"inputs.{name} = {text(names)}\n" for name, names in columns.items())


def samples(layers):
    random, ids, values = np.random.default_rng(2), {}, {}
    for position, (kind, name, fields) in enumerate(layers):
        if kind == "embedding":
            ids[fields.get("inputs", [layers[position - 1][1]])[0]] = fields["rows"]
    for kind, name, fields in layers:
        if kind == "input":
            shape = (SAMPLES, *fields["shape"])
            values[name] = (random.integers(0, ids[name], shape) if name in ids
                            else random.normal(size=shape).astype(np.float32))
    return values


class Akin:
    def __init__(self, program, work):
        self.program, self.work = program, work

    def run(self, *command):
        done = subprocess.run([self.program, "net", *map(str, command), "--threads", "1"], cwd=self.work, text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        return done

    def prepare(self, layers, values, width):
        columns = {name: [f"{name}{i}" for i in range(value[0].size)] for name, value in values.items()}
        target = [f"target{i}" for i in range(width)]
        write_net(self.work / "net.toml", layers, columns, target)
        table = [value.reshape(SAMPLES, -1) for value in values.values()] + [np.ones((SAMPLES, width))]
        names = [name for names in (*columns.values(), target) for name in names]
        np.savetxt(self.work / "data.csv", np.concatenate(table, axis=1), "%.9g", ",", header=",".join(names),
                   comments="")

    def train(self, epochs, *init):
        self.run("train", "net.toml", "--data", "data.csv", "-o", "net", "--epochs", epochs, *init)

    def predict(self):
        self.run("predict", "net", "--data", "data.csv", "-o", "out.csv")
        return np.loadtxt(self.work / "out.csv", delimiter=",", skiprows=1, ndmin=2)


def difference(predictions, akin):
    own = akin.predict()[:, :predictions.shape[1]]  # targets stand behind
    return np.abs(predictions - own).max() / np.abs(own).max()


def attempt(check):
    try:
        value = check()
        return f"{value:.1e}", value <= MOST
    except Exception as error:
        lines = str(error).strip().splitlines() or [repr(error)]
        return f"fails: {lines[0]}", False


def main(program, library="tf_keras"):
    keras = importlib.import_module(library)
    print(f"{library} {keras.__version__}; largest difference / largest of {SAMPLES} predictions")
    print(f"{'net':<16}{'read: save':>16}{'save_weights':>16}{'save .keras':>16}{'written: order':>16}{'by name':>16}")
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        akin = Akin(program, pathlib.Path(work))
        keras2 = library == "tf_keras"

        def read(layers, save, file="keras.h5"):
            values, model = samples(layers), keras_model(keras, layers)
            akin.prepare(layers, values, model.output_shape[1])
            getattr(model, save)(akin.work / file)
            akin.train(0, "--init", file)
            return difference(model.predict(list(values.values()), verbose=0), akin)

        def written(layers, **how):
            values, model = samples(layers), keras_model(keras, layers)
            akin.prepare(layers, values, model.output_shape[1])
            akin.train(20)
            akin.run("export", "net", "-o", "akin.h5")
            model.load_weights(akin.work / "akin.h5", **how)
            return difference(model.predict(list(values.values()), verbose=0), akin)

        for name, layers in NETS.items():
            if name == "hard_sigmoid" and not keras2:
                continue  # in Keras 3 the slope is 1/6 in place of 0.2
            weights = "keras.h5" if keras2 else "keras.weights.h5"
            checks = [attempt(lambda: read(layers, "save")), attempt(lambda: read(layers, "save_weights", weights)),
                      ("-", True) if keras2 else attempt(lambda: read(layers, "save", "model.keras")),
                      attempt(lambda: written(layers)), attempt(lambda: written(layers, by_name=True))]
            failed += sum(not good for _, good in checks)
            print(f"{name:<16}" + "".join(f"{text:>16}" for text, _ in checks), flush=True)
        model = keras_model(keras, NETS["gru"], gru=dict(reset_after=True))
        akin.prepare(NETS["gru"], samples(NETS["gru"]), 4)
        model.save(akin.work / "keras.h5")
        print("gru, reset_after:", attempt(lambda: akin.train(0, "--init", "keras.h5"))[0])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(str(pathlib.Path(sys.argv[1]).resolve()), *sys.argv[2:]))
