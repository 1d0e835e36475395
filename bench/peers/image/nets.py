#!/usr/bin/env python3
"""Speed of nets of pictures: akin beside torchvision, in one run.

    nets.py BENCH [--threads N] [--pictures N]    such as: nets.py build/bench/image_net_bench

Needs torch, torchvision and safetensors (PyPI). Weights are random; pictures are random pixels of the net's size, so that
neither decoding nor resizing is timed. Each library computes the same pictures in turn, three times; the least time counts.
Prints milliseconds a picture (wall clock and processor), and how much the features differ.
"""
import argparse
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import torch
import torchvision

MEAN, DEVIATION = torch.tensor([0.485, 0.456, 0.406]) * 255, torch.tensor([0.229, 0.224, 0.225]) * 255


def nets():
    torch.manual_seed(1)
    vgg, mobile = torchvision.models.vgg16(weights=None), torchvision.models.mobilenet_v2(weights=None)
    for module in mobile.modules():  # as if it had been trained
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return {"vgg16": vgg.features.eval(), "mobilenetv2": mobile.features.eval()}


def measured(step):
    best = None
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        result = step()
        spent = (time.perf_counter() - wall, time.process_time() - cpu)
        best = spent if best is None else (min(best[0], spent[0]), min(best[1], spent[1]))
    return best, result


def of_torch(net, pixels, batch, bf16):
    net = net.to(memory_format=torch.channels_last)
    images = ((torch.from_numpy(pixels).float() - MEAN) / DEVIATION).permute(0, 3, 1, 2)
    images = images.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        return torch.cat([net(images[i:i + batch]).float().mean((2, 3)) for i in range(0, len(images), batch)]).numpy()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=16)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    pixels = np.random.default_rng(1).integers(0, 256, (args.pictures, 224, 224, 3), dtype=np.uint8)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, {args.threads} threads, "
          f"{args.pictures} pictures, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pixels.tofile(folder / "pixels")
        for name, net in nets().items():
            torch.save({f"features.{key}": value for key, value in net.state_dict().items()}, folder / "net.pth")
            with torch.inference_mode():
                reference = of_torch(net, pixels, 1, False)
            for precision in ("float32", "bf16"):
                for batch in (1, 8):
                    spent, _ = measured(lambda: of_torch(net, pixels, batch, precision == "bf16"))
                    show(name, f"torch {precision}, batches of {batch}", spent, args.pictures)
                run = subprocess.run(
                    [args.bench, folder / "net.pth", folder / "pixels", str(args.pictures), precision, str(args.threads),
                     folder / "features"], capture_output=True, text=True, check=True)
                show(name, f"akin {precision}", [float(x) for x in run.stdout.split()], args.pictures)
                own = np.fromfile(folder / "features", dtype=np.float32).reshape(args.pictures, -1)
                cosine = (own * reference).sum(1) / np.linalg.norm(own, axis=1) / np.linalg.norm(reference, axis=1)
                print(f"    largest difference {abs(own - reference).max() / abs(reference).max():.1e} of the largest "
                      f"feature, least cosine {cosine.min():.6f}")


def show(net, what, spent, pictures):
    print(f"{net:12} {what:28} {spent[0] / pictures * 1e3:8.1f} ms wall {spent[1] / pictures * 1e3:8.1f} ms processor")


if __name__ == "__main__":
    main()
