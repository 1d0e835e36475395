#!/usr/bin/env python3
"""Nets of pictures: akin beside torchvision and transformers, the same numbers and the time, in one run.

    nets.py BENCH [--threads N] [--pictures N] [--rounds N] [--nets A,B] [--precisions float32,bf16]

such as: nets.py build/release/bench/image_net_bench --nets vgg16,mobilenetv2,clip,dinov2

Needs torch, torchvision and for clip (ViT-B/32) and dinov2 (ViT-S/14, positions of 518 pixels) transformers, all of PyPI. Batch
normalization is folded into the convolutions of torch too. Weights are random; pictures are random pixels of the net's size, so
that neither decoding nor resizing is timed. In each round all compute the same pictures in turn; the least time of the rounds counts. Prints
milliseconds a picture (wall clock and processor), ratios of processor time, and how much the features differ.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import torch
import torchvision

MEAN, DEVIATION = torch.tensor([0.485, 0.456, 0.406]) * 255, torch.tensor([0.229, 0.224, 0.225]) * 255


def folded(module):
    """Batch normalization as part of the convolution before it."""
    for name, child in module.named_children():
        if isinstance(child, torch.nn.BatchNorm2d) and isinstance(before, torch.nn.Conv2d):
            setattr(module, before_name, torch.nn.utils.fusion.fuse_conv_bn_eval(before, child))
            setattr(module, name, torch.nn.Identity())
        else:
            folded(child)
        before, before_name = child, name
    return module


def make_net(name, folder):
    """A net with random weights, and the path of its files for akin."""
    torch.manual_seed(1)
    if name in ("clip", "dinov2"):
        return transformer(name, folder)
    net = torchvision.models.vgg16(weights=None) if name == "vgg16" else torchvision.models.mobilenet_v2(weights=None)
    for module in net.modules():  # as if it had been trained
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    net = net.features.eval()
    torch.save({f"features.{key}": value for key, value in net.state_dict().items()}, folder / "net.pth")
    return folded(net).to(memory_format=torch.channels_last), folder / "net.pth"


def transformer(name, folder):
    import transformers

    if name == "clip":
        model = transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig()).eval()
        net = lambda images: model(images).image_embeds[:, :, None, None]
    else:
        config = transformers.Dinov2Config(hidden_size=384, num_attention_heads=6, image_size=518, patch_size=14)
        model = transformers.Dinov2Model(config).eval()
        net = lambda images: model(images).pooler_output[:, :, None, None]
    for parameter in model.parameters():  # biases and scales of a fresh model are 0 and 1
        parameter.data += 0.02 * torch.randn_like(parameter)
    model.save_pretrained(folder / name)
    pictures = {"size": {"shortest_edge": 224}, "crop_size": 224, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
    (folder / name / "preprocessor_config.json").write_text(json.dumps(pictures))
    return net, folder / name


def features(net, images, batch, bf16):
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        return torch.cat([net(images[i:i + batch]).float().mean((2, 3)) for i in range(0, len(images), batch)]).numpy()


def of_torch(net, images, batch, bf16):
    wall, cpu = time.perf_counter(), time.process_time()
    result = features(net, images, batch, bf16)
    return (time.perf_counter() - wall, time.process_time() - cpu), result


def of_akin(bench, net, folder, count, precision, threads):
    run = subprocess.run([bench, net, folder / "pixels", str(count), precision, str(threads), folder / "features"],
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
        for name in args.nets.split(","):
            net, files = make_net(name, folder)
            reference = features(net, images, 1, False)
            for precision in args.precisions.split(","):
                best, own = {}, None
                for _ in range(args.rounds):
                    for batch in (1, 8):
                        spent, _ = of_torch(net, images, batch, precision == "bf16")
                        keep(best, f"torch, batches of {batch}", spent)
                    spent, own = of_akin(args.bench, files, folder, args.pictures, precision, args.threads)
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
