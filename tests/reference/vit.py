#!/usr/bin/env python3
"""Makes tests/reference/vit: tiny vision transformers with random weights, and what transformers computes of two pictures.

Usage: vit.py          needs torch, transformers and safetensors (PyPI)

A folder for each kind, as transformers saves it, with weights of float16; expected.json has outputs of layers for the
pictures of pixel(). Sizes do not divide the widths of vector registers.
"""
import json
import pathlib
import shutil
import tempfile

import torch
from safetensors.torch import load_file, save_file
from transformers import (CLIPConfig, CLIPModel, Dinov2Config, Dinov2Model, SiglipConfig, SiglipModel)

OUT = pathlib.Path(__file__).resolve().parent / "vit"
SIZES = {"hidden_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 28, "patch_size": 7}
TEXT = {"vocab_size": 7, "hidden_size": 8, "intermediate_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1,
        "max_position_embeddings": 3, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 0}
MEAN, DEVIATION = [0.48, 0.46, 0.41], [0.27, 0.26, 0.28]


def randomize(model):
    """Values of float16, as far from those of a fresh model as those of a trained one."""
    for name, parameter in model.named_parameters():
        wide = 0.3 if parameter.dim() > 1 else 0.2
        value = torch.randn_like(parameter) * (0.15 if "embedding" in name else wide)
        if parameter.dim() == 1 and ("norm" in name or "layrnorm" in name) and name.endswith("weight") or "lambda1" in name:
            value += 1
        parameter.data = value.half().float()
    return model.eval()


def pixel(picture, y, x, channel):
    return (31 * picture + 7 * y * (channel + 1) + 5 * x * x + 3 * y * x) % 256


def normalized(pixels):
    return ((pixels.float() / 255 - torch.tensor(MEAN)) / torch.tensor(DEVIATION)).permute(0, 3, 1, 2)


def rows(tensor):
    return [[round(x, 6) for x in row] for row in tensor.flatten(1).tolist()]


def save(name, model, config, processor, keep=lambda tensor: True):
    folder = OUT / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps(processor, indent=1) + "\n")
    with tempfile.TemporaryDirectory() as own:  # save_pretrained() gives tensors the names that files have
        model.save_pretrained(own)
        tensors = load_file(pathlib.Path(own) / "model.safetensors")
    tensors = {key: value.half() for key, value in tensors.items() if keep(key)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def picked(config, *names):
    return {name: getattr(config, name) for name in names if getattr(config, name, None) is not None}


VISION = ("model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "image_size", "patch_size",
          "hidden_act", "layer_norm_eps", "projection_dim", "mlp_ratio", "use_swiglu_ffn", "qkv_bias")
CROP = {"do_resize": True, "size": {"shortest_edge": 28}, "resample": 3, "do_center_crop": True, "crop_size": {"height": 28, "width": 28},
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": MEAN, "image_std": DEVIATION}
STRETCH = {**{key: value for key, value in CROP.items() if "crop" not in key}, "size": {"height": 28, "width": 28}}


def main():
    torch.manual_seed(3)
    shutil.rmtree(OUT, ignore_errors=True)
    pixels = {side: torch.tensor([[[[pixel(k, y, x, c) for c in range(3)] for x in range(side)] for y in range(side)] for k in range(2)])
              for side in (28, 42)}
    expected = {}
    with torch.inference_mode():
        clip = randomize(CLIPModel(CLIPConfig(text_config=TEXT, vision_config={**SIZES, "intermediate_size": 24}, projection_dim=12)))
        seen = clip.vision_model(normalized(pixels[28]), output_hidden_states=True)
        expected["clip"] = {"projection": rows(clip.visual_projection(seen.pooler_output)), "class": rows(seen.pooler_output),
                            "block1": rows(seen.hidden_states[1][:1, 1:])}
        # Its text tower stays away, but for tensors that show that they are left.
        save("clip", clip, {"model_type": "clip", "projection_dim": 12, "vision_config": picked(clip.config.vision_config, *VISION)}, CROP,
             lambda key: not key.startswith("text_model.encoder"))

        siglip = randomize(SiglipModel(SiglipConfig(text_config=TEXT, vision_config={**SIZES, "intermediate_size": 24})))
        seen = siglip.vision_model(normalized(pixels[28]))
        larger = siglip.vision_model(normalized(pixels[42]), interpolate_pos_encoding=True)
        expected["siglip"] = {"head": rows(seen.pooler_output), "norm": rows(seen.last_hidden_state[:1]),
                              "head of 42": rows(larger.pooler_output)}
        save("siglip", siglip, {"model_type": "siglip", "vision_config": picked(siglip.config.vision_config, *VISION)}, STRETCH,
             lambda key: not key.startswith("text_model.encoder"))

        for name, swiglu in (("dinov2", False), ("dinov2-swiglu", True)):
            model = randomize(Dinov2Model(Dinov2Config(**SIZES, mlp_ratio=2, use_swiglu_ffn=swiglu, qkv_bias=not swiglu)))
            seen, larger = (model(normalized(pixels[side])) for side in (28, 42))
            expected[name] = {"class": rows(seen.pooler_output), "norm": rows(seen.last_hidden_state[:1, 1:]),
                              "class of 42": rows(larger.pooler_output)}
            save(name, model, picked(model.config, *VISION), {**CROP, "size": {"shortest_edge": 32}})
    (OUT / "expected.json").write_text("{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in expected.items()) + "\n}\n")


if __name__ == "__main__":
    main()
