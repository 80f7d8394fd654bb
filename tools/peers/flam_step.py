"""One training step of FLAM and its four losses in PyTorch: the peer of `npm run bench -- flam-step`.

    python flam_step.py step FOLDER --steps 5 --threads 2 [--compile]
    python flam_step.py matmul ROWS INNER COLUMNS --threads 2

Reads the same weights and batch as our side (`tensors.json`, `tensors.bin`), takes the shortest road PyTorch offers
(fused attention, fused Adam, positives through class sums) and prints one line of JSON.
"""

import argparse
import json
import math
import os
import resource
import time

import torch
import torch.nn.functional as F


def read_tensors(folder):
    with open(os.path.join(folder, "tensors.json")) as file:
        entries = json.load(file)["tensors"]
    with open(os.path.join(folder, "tensors.bin"), "rb") as file:
        blob = bytearray(file.read())
    tensors = {}
    for entry in entries:
        dtype = torch.int32 if entry["dtype"] == "int32" else torch.float32
        count = math.prod(entry["shape"])
        values = torch.frombuffer(blob, dtype=dtype, count=count, offset=entry["offset"])
        tensors[entry["name"]] = values.reshape(entry["shape"]).clone()
    return tensors


def flam(p, x, heads):
    """x [batch, frames, features] -> pooled [batch, features], refined frames [batch, frames, features]."""
    batch, frames, dim = x.shape

    def split(name):
        y = torch.addmm(p[name + "Bias"], x.reshape(-1, dim), p[name])
        return y.reshape(batch, frames, heads, dim // heads).transpose(1, 2)

    mixed = F.scaled_dot_product_attention(split("query"), split("key"), split("value"))
    mixed = mixed.transpose(1, 2).reshape(-1, dim)
    refined = x + torch.addmm(p["outputBias"], mixed, p["output"]).reshape(x.shape)
    attention = torch.softmax((refined @ p["projection"]).squeeze(2), dim=1)
    return torch.bmm(attention.unsqueeze(1), refined).squeeze(1), refined


def supervised_contrastive(h, labels, temperature, classes):
    """Eq. 10 over all frames, L2-normalised; h [batch, frames, size], labels [batch]."""
    batch, frames, size = h.shape
    h = F.normalize(h.reshape(-1, size), dim=1)
    owner = F.one_hot(labels.long(), classes).float().repeat_interleave(frames, dim=0)
    positives = owner @ owner.sum(0) - 1
    similarity = (h @ h.T) / temperature
    similarity = similarity.masked_fill(torch.eye(len(h), dtype=torch.bool, device=h.device), -math.inf)
    log_sum = torch.logsumexp(similarity, dim=1)
    positive = ((h * (owner @ (owner.T @ h))).sum(1) - (h * h).sum(1)) / temperature
    return torch.where(positives > 0, log_sum - positive / positives.clamp(min=1), 0.0).mean()


def total_loss(p, x, targets, labels, heads, temperature):
    pooled, refined = flam(p, x, heads)
    z = pooled @ p["z"] + p["zBias"]
    logits = z @ p["classifier"] + p["classifierBias"]
    log_p = F.log_softmax(logits, dim=1)
    kl = F.kl_div(log_p, targets, reduction="batchmean")
    focal = -(targets * (1 - log_p.exp()) ** 2 * log_p).sum(1).mean()
    center = ((z - p["centers"][labels.long()]) ** 2).sum(1).mean()
    h = refined @ p["h"] + p["hBias"]
    h = 0.5 * (h + h.mean(1, keepdim=True))
    contrastive = supervised_contrastive(h, labels, temperature, targets.shape[1])
    return kl + focal + center + contrastive


def run_step(arguments):
    tensors = read_tensors(arguments.folder)
    batch = {name: tensors.pop(name) for name in ("frames", "targets", "labels")}
    p = {name: value.requires_grad_() for name, value in tensors.items()}
    optimiser = torch.optim.Adam(
        [
            {"params": [value for name, value in p.items() if name != "centers"], "lr": 1e-4},
            {"params": [p["centers"]], "lr": 5e-3},
        ],
        eps=1e-8,
        fused=True,
    )

    def forward():
        return total_loss(p, batch["frames"], batch["targets"], batch["labels"], arguments.heads, arguments.temperature)

    compute = torch.compile(forward) if arguments.compile else forward
    losses, seconds = [], []
    for _ in range(arguments.warmup + arguments.steps):
        start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        loss = compute()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    return {"losses": losses, "seconds": seconds[arguments.warmup :]}


def run_matmul(arguments):
    rows, inner, columns = arguments.shape
    a, b, out = torch.rand(rows, inner), torch.rand(inner, columns), torch.empty(rows, columns)
    seconds = []
    for _ in range(arguments.warmup + arguments.steps):
        start = time.perf_counter()
        torch.mm(a, b, out=out)
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds[arguments.warmup :]}


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    step = commands.add_parser("step")
    step.add_argument("folder")
    step.add_argument("--heads", type=int, default=16)
    step.add_argument("--temperature", type=float, default=0.1)
    step.add_argument("--compile", action="store_true")
    step.set_defaults(run=run_step)
    matmul = commands.add_parser("matmul")
    matmul.add_argument("shape", type=int, nargs=3)
    matmul.set_defaults(run=run_matmul)
    for command in (step, matmul):
        command.add_argument("--steps", type=int, default=5)
        command.add_argument("--warmup", type=int, default=2)
        command.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    result = arguments.run(arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({**result, "peakBytes": peak, "version": torch.__version__}))


if __name__ == "__main__":
    main()
