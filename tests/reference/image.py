#!/usr/bin/env python3
"""Makes tests/reference/image: files of weights of every format, and a tiny net with what torch computes of it.

    image.py        needs torch, numpy, safetensors (PyPI)
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parent / "image"


def weight_files():
    shared = torch.arange(12, dtype=torch.float32)
    state = {
        "turned": torch.arange(6, dtype=torch.float32).reshape(2, 3).t(),           # strides (1, 3)
        "channels_last": torch.arange(24, dtype=torch.float32).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last),
        "half": torch.tensor([1.5, -0.25, 6e-8, 65504.0]).half(),
        "bfloat16": torch.tensor([1.5, -3.0, 1e30]).bfloat16(),
        "double": torch.tensor([0.1, -2.0], dtype=torch.float64),
        "count": torch.tensor(7),
        "bytes": torch.tensor([0, 255], dtype=torch.uint8),
        "shared.first": shared[:4],
        "shared.every_third": shared[2::3],
        "parameter": torch.nn.Parameter(torch.tensor([3.0])),
    }
    torch.save(state, OUT / "old.pth", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "state_dict": state}, OUT / "new.pt")
    torch.save(torch.nn.Linear(2, 1), OUT / "module.pt")
    np.savez(OUT / "plain.npz", c=np.arange(6, dtype="<f4").reshape(2, 3), fortran=np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)))
    np.savez_compressed(OUT / "packed.npz", whole=np.arange(4, dtype="<i4"))
    expected = {name: {"shape": list(tensor.shape), "values": tensor.detach().float().flatten().tolist()}
                for name, tensor in state.items()}
    (OUT / "expected.json").write_text(json.dumps(expected))


class Tiny(torch.nn.Module):
    """The layers of the nets that akin knows: see ConvNetTest.TinyNetEqualsTorch."""

    def __init__(self):
        super().__init__()
        conv, norm = torch.nn.Conv2d, torch.nn.BatchNorm2d
        self.stem, self.stem_norm = conv(3, 20, 3, stride=2, padding=1, bias=False), norm(20)
        self.groups = conv(20, 20, 5, padding=2, groups=2)
        self.squeeze, self.one, self.three = conv(20, 8, 1), conv(8, 12, 1), conv(8, 12, 3, padding=1)
        self.expand, self.expand_norm = conv(24, 40, 1, bias=False), norm(40)
        self.depthwise, self.depthwise_norm = conv(40, 40, 3, padding=1, groups=40, bias=False), norm(40)
        self.project, self.project_norm = conv(40, 24, 1, bias=False), norm(24)
        self.down, self.down_norm = conv(24, 24, 5, stride=2, padding=0, groups=24, bias=False), norm(24, eps=1e-3)
        self.fc1, self.fc2 = torch.nn.Linear(24 * 2 * 2, 10), torch.nn.Linear(10, 5)

    def forward(self, x):
        out = {}
        x = out["stem"] = F.relu6(self.stem_norm(self.stem(x)))
        x = out["groups"] = F.relu(self.groups(x))
        x = out["norm"] = F.local_response_norm(x, 5, 1e-4, 0.75, 1)
        x = out["pool"] = F.max_pool2d(x, 3, 2, ceil_mode=True)
        s = F.relu(self.squeeze(x))
        x = out["concat"] = torch.cat([F.relu(self.one(s)), F.relu(self.three(s))], 1)
        y = F.relu6(self.depthwise_norm(self.depthwise(F.relu6(self.expand_norm(self.expand(x))))))
        x = out["project"] = self.project_norm(self.project(y)) + x
        # TensorFlow's "same" of 6 places by 5 at stride 2: one zero before, two behind
        x = out["down"] = F.relu6(self.down_norm(self.down(F.pad(x, (1, 2, 1, 2)))))
        x = out["mean"] = F.avg_pool2d(x, 2, 1)
        x = out["fc1"] = F.relu(self.fc1(x.flatten(1)))
        out["predictions"] = F.softmax(self.fc2(x), 1)
        return out


def tiny_net():
    torch.manual_seed(5)
    net = Tiny().eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.3, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.3)
    picture = torch.randn(1, 3, 23, 23)
    tensors = {name: value.half() if value.dim() > 1 else value  # the file is small; the outputs are of these numbers
               for name, value in net.state_dict().items() if "num_batches" not in name}
    net.load_state_dict({**net.state_dict(), **{name: value.float() for name, value in tensors.items()}})
    with torch.no_grad():
        picture = picture.half().float()
        outputs = {f"out.{name}": value[0].permute(1, 2, 0).contiguous() if value.dim() == 4 else value[0].contiguous()
                   for name, value in net(picture).items()}
    save_file({**tensors, **outputs, "picture": picture[0].permute(1, 2, 0).contiguous().half()}, OUT / "tiny.safetensors")


OUT.mkdir(exist_ok=True)
weight_files()
tiny_net()
