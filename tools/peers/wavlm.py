"""WavLM in plain PyTorch, with the functions that are fastest there (fused attention): a peer that needs no other package.

Weights bear Hugging Face's names; a folder holds `config.json`, `preprocessor_config.json` and `model.safetensors`.
"""

import json
import math
import os
import re

import torch
import torch.nn.functional as F

DTYPES = {"F32": torch.float32}


def read_safetensors(path):
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        blob = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, _ = entry["data_offsets"]
        count = math.prod(entry["shape"])
        values = torch.frombuffer(blob, dtype=DTYPES[entry["dtype"]], count=count, offset=start)
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def read_model(folder):
    """-> (config, weights by name)"""
    config = {}
    for name in ("config.json", "preprocessor_config.json"):
        with open(os.path.join(folder, name)) as file:
            config.update(json.load(file))
    return config, read_safetensors(os.path.join(folder, "model.safetensors"))


def trained(config, name, top):
    """Whether a step trains a weight: `top` blocks and the norm after them, or everything but the convolutions."""
    if name == "masked_spec_embed" or name.startswith("feature_extractor."):
        return False
    if top is None:
        return True
    block = re.match(r"encoder\.layers\.(\d+)\.", name)
    if block:
        return int(block[1]) >= config["num_hidden_layers"] - top and "rel_attn_embed" not in name
    return config["do_stable_layer_norm"] and name.startswith("encoder.layer_norm.")


def normalize(config, waves):
    """To zero mean and unit variance where the model was trained so."""
    if not config["do_normalize"]:
        return waves
    centred = waves - waves.mean(1, keepdim=True)
    return centred / torch.sqrt(centred.square().mean(1, keepdim=True) + 1e-5)


def convolve(config, p, waves):
    x = waves[:, None]
    for i, stride in enumerate(config["conv_stride"]):
        name = f"feature_extractor.conv_layers.{i}"
        x = F.conv1d(x, p[f"{name}.conv.weight"], stride=stride)
        if config["feat_extract_norm"] == "layer":
            x = norm(config, p, f"{name}.layer_norm", x.transpose(1, 2)).transpose(1, 2)
        elif i == 0:
            x = F.group_norm(x, x.shape[1], p[f"{name}.layer_norm.weight"], p[f"{name}.layer_norm.bias"])
        x = F.gelu(x)
    return x.transpose(1, 2)


def norm(config, p, name, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{name}.weight"], p[f"{name}.bias"], config["layer_norm_eps"])


def linear(p, name, x):
    return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])


def positions(config, p, x):
    name = "encoder.pos_conv_embed.conv"
    v = p[f"{name}.weight_v"]
    weight = v * (p[f"{name}.weight_g"] / v.norm(dim=(0, 1), keepdim=True))
    groups = config["num_conv_pos_embedding_groups"]
    y = F.conv1d(x.transpose(1, 2), weight, p[f"{name}.bias"], padding=v.shape[2] // 2, groups=groups)
    if v.shape[2] % 2 == 0:
        y = y[:, :, :-1]
    return F.gelu(y).transpose(1, 2)


def buckets(config, frames, device):
    """Bucket of key − query, [frames, frames]."""
    half = config["num_buckets"] // 2
    exact = half // 2
    place = torch.arange(frames, device=device)
    distance = place[None] - place[:, None]
    far = distance.abs()
    scale = math.log(config["max_bucket_distance"] / exact)
    beyond = exact + (torch.log(far.clamp(min=1) / exact) / scale * (half - exact)).long()
    return (distance > 0) * half + torch.where(far < exact, far, beyond.clamp(max=half - 1))


def attend(config, p, name, x, bias):
    batch, frames, size = x.shape
    heads = config["num_attention_heads"]

    def split(part):
        return linear(p, f"{name}.{part}", x).view(batch, frames, heads, -1).transpose(1, 2)

    gates = linear(p, f"{name}.gru_rel_pos_linear", x.view(batch, frames, heads, -1).transpose(1, 2))
    a, b = torch.sigmoid(gates.view(batch, heads, frames, 2, 4).sum(-1)).split(1, dim=-1)
    gate = a * (b * p[f"{name}.gru_rel_pos_const"] - 1) + 2
    y = F.scaled_dot_product_attention(split("q_proj"), split("k_proj"), split("v_proj"), attn_mask=gate * bias)
    return linear(p, f"{name}.out_proj", y.transpose(1, 2).reshape(batch, frames, size))


def feed(p, name, x):
    return linear(p, f"{name}.output_dense", F.gelu(linear(p, f"{name}.intermediate_dense", x)))


def last_hidden_state(config, p, waves):
    """waves [batch, samples] at 16 kHz, of full length -> [batch, frames, features]. The convolutions are not trained."""
    with torch.no_grad():
        features = convolve(config, p, waves)
    features = norm(config, p, "feature_projection.layer_norm", features)
    x = linear(p, "feature_projection.projection", features)
    x = x + positions(config, p, x)
    first_norm = config["do_stable_layer_norm"]
    if not first_norm:
        x = norm(config, p, "encoder.layer_norm", x)
    table = p["encoder.layers.0.attention.rel_attn_embed.weight"]
    bias = F.embedding(buckets(config, x.shape[1], x.device), table).permute(2, 0, 1)
    for i in range(config["num_hidden_layers"]):
        name = f"encoder.layers.{i}"
        if first_norm:
            x = x + attend(config, p, f"{name}.attention", norm(config, p, f"{name}.layer_norm", x), bias)
            x = x + feed(p, f"{name}.feed_forward", norm(config, p, f"{name}.final_layer_norm", x))
        else:
            x = norm(config, p, f"{name}.layer_norm", x + attend(config, p, f"{name}.attention", x, bias))
            x = norm(config, p, f"{name}.final_layer_norm", x + feed(p, f"{name}.feed_forward", x))
    return norm(config, p, "encoder.layer_norm", x) if first_norm else x
