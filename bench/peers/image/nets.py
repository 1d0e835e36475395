#!/usr/bin/env python3
"""Nets of pictures: akin beside torchvision, the same numbers and the time, in one run.

    nets.py BENCH [--threads N] [--pictures N] [--rounds N]    such as: nets.py build/release/bench/image_net_bench

Needs torch and torchvision (PyPI). Weights are random; pictures are random pixels of the net's size, so that neither decoding
nor resizing is timed. In each round all compute the same pictures in turn; the least time of the rounds counts. Prints
milliseconds a picture (wall clock and processor), ratios of processor time, and how much the features differ.
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


def features(net, images, batch, bf16):
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        return torch.cat([net(images[i:i + batch]).float().mean((2, 3)) for i in range(0, len(images), batch)]).numpy()


def of_torch(net, images, batch, bf16):
    wall, cpu = time.perf_counter(), time.process_time()
    result = features(net, images, batch, bf16)
    return (time.perf_counter() - wall, time.process_time() - cpu), result


def of_akin(bench, folder, count, precision, threads):
    run = subprocess.run([bench, folder / "net.pth", folder / "pixels", str(count), precision, str(threads), folder / "features"],
                         capture_output=True, text=True, check=True)
    return tuple(float(x) for x in run.stdout.split()), np.fromfile(folder / "features", dtype=np.float32).reshape(count, -1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nets", default="vgg16,mobilenetv2")
    parser.add_argument("--precisions", default="float32,bf16")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    pixels = np.random.default_rng(1).integers(0, 256, (args.pictures, 224, 224, 3), dtype=np.uint8)
    images = ((torch.from_numpy(pixels).float() - MEAN) / DEVIATION).permute(0, 3, 1, 2)
    images = images.contiguous(memory_format=torch.channels_last)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, {args.threads} threads, {args.pictures} pictures, "
          f"{args.rounds} rounds, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pixels.tofile(folder / "pixels")
        for name, net in nets().items():
            if name not in args.nets.split(","):
                continue
            torch.save({f"features.{key}": value for key, value in net.state_dict().items()}, folder / "net.pth")
            net = net.to(memory_format=torch.channels_last)
            reference = features(net, images, 1, False)
            for precision in args.precisions.split(","):
                best, own = {}, None
                for _ in range(args.rounds):
                    for batch in (1, 8):
                        spent, _ = of_torch(net, images, batch, precision == "bf16")
                        keep(best, f"torch, batches of {batch}", spent)
                    spent, own = of_akin(args.bench, folder, args.pictures, precision, args.threads)
                    keep(best, "akin", spent)
                for what, spent in best.items():
                    print(f"{name:12} {precision:8} {what:20} {spent[0] / args.pictures * 1e3:8.1f} ms wall "
                          f"{spent[1] / args.pictures * 1e3:8.1f} ms processor  {spent[1] / best['akin'][1]:.2f} of akin's")
                cosine = (own * reference).sum(1) / np.linalg.norm(own, axis=1) / np.linalg.norm(reference, axis=1)
                print(f"    largest difference {abs(own - reference).max() / abs(reference).max():.1e} of the largest feature, "
                      f"least cosine {cosine.min():.6f}", flush=True)


def keep(best, what, spent):
    """The least of each time."""
    best[what] = tuple(min(pair) for pair in zip(best.get(what, spent), spent))


if __name__ == "__main__":
    main()
