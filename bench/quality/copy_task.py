#!/usr/bin/env python3
"""The copy task over many steps: an rnn forgets what an lstm remembers (docs/nets.md, "Vanishing gradients").

Usage: copy_task.py AKIN [--steps 100] [--epochs 6] [--svg FILE]       needs Python's standard library alone

A net sees STEPS random signs one after the other and says at the end which the first one was: mean squared error, 1 for a
constant. 2,000 samples, drawn with seed 1, of which the last fifth validates; 16 units, Adam, batches of 32, learning rate
0.01. The lstm's forget gates begin open (bias 5), so that its cell keeps 0.993 of itself at each step. Prints the error and
how much of the gradient arrives at the first step, before and after training; --svg draws both. Exits with 1 unless the
lstm has learned the task (error below 0.1) and the rnn has not (above 0.9).
"""

import argparse
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

UNITS, SAMPLES = 16, 2000

NET = """
name = "copy-{kind}"
[[layers]]
kind = "input"
name = "signs"
shape = [{steps}]
[[layers]]
kind = "reshape"
shape = [{steps}, 1]
[[layers]]
kind = "{kind}"
name = "steps"
units = {units}
[[layers]]
kind = "dense"
units = 1
[train]
optimizer = "adam"
learning_rate = 0.01
loss = "mse"
epochs = {epochs}
validation_split = 0.2
[data]
kind = "csv"
inputs = [{columns}]
target = "b0"
"""


def write_data(path, steps):
    draw = random.Random(1)
    rows = [",".join(f"b{s}" for s in range(steps))]
    rows += [",".join(draw.choice(("-1", "1")) for _ in range(steps)) for _ in range(SAMPLES)]
    path.write_text("\n".join(rows) + "\n")


def write_open_gates(path):
    bias = [0] * UNITS + [5] * UNITS + [0] * 2 * UNITS  # update, forget, state, output
    size = 4 * len(bias)
    header = json.dumps({"steps/bias": {"dtype": "F32", "shape": [len(bias)], "data_offsets": [0, size]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack(f"<{len(bias)}f", *bias))


def train(akin, folder, kind, steps, epochs):
    """The errors of validation by epoch, and the gradient norms by step before and after."""
    columns = ", ".join(f'"b{s}"' for s in range(steps))
    net = folder / f"{kind}.toml"
    net.write_text(NET.format(kind=kind, steps=steps, units=UNITS, epochs=epochs, columns=columns))
    init = ["--init", folder / "open.safetensors"] if kind == "lstm" else []

    def run(*more):
        command = [akin, "net", "train", net, "--data", folder / "copy.csv", "-o", folder / f"{kind}.net", "--gradient-norms",
                   "--json", "--threads", "1", *init, *more]
        return json.loads(subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE).stdout)

    def norms(result):
        by_step = next(iter(result["step_gradient_norms"].values()))
        return [norm / by_step[-1] for norm in by_step]

    before, after = run("--epochs", "0"), run()
    return [epoch["val_loss"] for epoch in after["epochs"]], norms(before), norms(after)


def svg(path, results):
    """Two charts side by side: errors by epoch, gradients by step on a logarithmic axis."""
    import math
    width, height, left, top = 420, 260, 60, 40
    colors = {"rnn": "#c0392b", "lstm": "#2471a3"}
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * (width + left) + 20}" height="{height + 100}" '
           'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>']

    def chart(x0, title, x_name, first, lines, ticks, place):
        out.append(f'<text x="{x0 + width / 2}" y="20" text-anchor="middle" font-size="14">{title}</text>')
        out.append(f'<rect x="{x0}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#888"/>')
        for value, text in ticks:
            y = top + height * (1 - place(value))
            out.append(f'<line x1="{x0}" x2="{x0 + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
            out.append(f'<text x="{x0 - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
        longest = max(len(values) for _, values, _ in lines)
        for k in range(5):
            step = round(k * (longest - 1) / 4)
            out.append(f'<text x="{x0 + width * k / 4}" y="{top + height + 18}" text-anchor="middle">{first + step}</text>')
        out.append(f'<text x="{x0 + width / 2}" y="{top + height + 38}" text-anchor="middle">{x_name}</text>')
        for row, (name, values, dash) in enumerate(lines):
            color = colors[name.split()[0]]
            points = " ".join(f"{x0 + width * k / max(1, len(values) - 1):.1f},{top + height * (1 - place(v)):.1f}"
                              for k, v in enumerate(values))
            out.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"{dash}/>')
            out.append(f'<text x="{x0 + 10 + 105 * row}" y="{top + height + 56}" fill="{color}">{name}</text>')

    dashed = ' stroke-dasharray="5 4"'
    chart(left, "Mean squared error, validation", "epoch", 1, [(k, r[0], "") for k, r in results.items()],
          [(v / 4, f"{v / 4:g}") for v in range(6)], lambda v: min(v, 1.25) / 1.25)
    lowest = 12
    chart(2 * left + width, "Gradient at a step, of that at the last", "step", 0,
          [line for k, r in results.items() for line in ((f"{k} untrained", r[1], dashed), (f"{k} trained", r[2], ""))],
          [(10.0 ** -e, f"1e-{e}" if e else "1") for e in range(0, lowest + 1, 3)],
          lambda v: max(0.0, min(1.0, 1 + math.log10(max(v, 1e-30)) / (lowest + 1) - 1 / (lowest + 1))))
    out.append("</svg>")
    pathlib.Path(path).write_text("\n".join(out) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("akin", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--svg")
    args = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_data(folder / "copy.csv", args.steps)
        write_open_gates(folder / "open.safetensors")
        for kind in ("rnn", "lstm"):
            results[kind] = errors, before, after = train(args.akin, folder, kind, args.steps, args.epochs)
            print(f"{kind}: error {errors[-1]:.4f}, lowest {min(errors):.4f}; gradient at the first step, of that at the last: "
                  f"{before[0]:.1e} before, {after[0]:.1e} after training", flush=True)
    if args.svg:
        svg(args.svg, results)
    sys.exit(0 if results["lstm"][0][-1] < 0.1 and results["rnn"][0][-1] > 0.9 else 1)


if __name__ == "__main__":
    main()
