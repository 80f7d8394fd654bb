"""Every piece of work of `npm run bench -- gpu` in PyTorch on the card, one after the other in one process.

    python gpu.py JOBS ROW,ROW… COLUMN,COLUMN…

JOBS is a JSON file: {"jobs": a list of {"row", "kind": "flam" | "forward" | "finetune", "folder", "top", "samples",
"warmup", "steps"}, "allowCpu": whether to run without a card}; a column is torch-fp32, torch-tf32, torch-compile,
torch-bf16 (autocast) or transformers, the last three with TF32. Prints a line for the machine, and one for each result as soon as it is there.
"""

import gc
import importlib.metadata
import json
import os
import sys
import time

import flam_step
import torch
import wavlm

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def say(kind, value):
    print(f"@{kind} {json.dumps(value)}", flush=True)


def one_line(error):
    lines = [line.strip() for line in f"{type(error).__name__}: {error}".splitlines() if line.strip()]
    return lines[0][:200]


def flam(job, compiled):
    tensors = flam_step.read_tensors(job["folder"])
    data = {name: tensors.pop(name) for name in ("frames", "targets", "labels")}
    p = {name: value.to(device).requires_grad_() for name, value in tensors.items()}
    optimiser = torch.optim.Adam(
        [
            {"params": [value for name, value in p.items() if name != "centers"], "lr": 1e-4},
            {"params": [p["centers"]], "lr": 5e-3},
        ],
        eps=1e-8,
        fused=True,
    )
    waiting = {name: value.pin_memory() if device.type == "cuda" else value for name, value in data.items()}
    held = {name: value.to(device) for name, value in data.items()}

    def loss(batch):
        return flam_step.total_loss(p, batch["frames"], batch["targets"], batch["labels"], 16, 0.1)

    compute = torch.compile(loss) if compiled else loss

    def step():
        # With `fed`, each step gets its batch from the host, as in training on features.
        batch = {n: v.to(device, non_blocking=True) for n, v in waiting.items()} if job.get("fed") else held
        optimiser.zero_grad(set_to_none=True)
        value = compute(batch)
        value.backward()
        optimiser.step()
        return value

    return step


def read_waves(job):
    path = os.path.join(job["folder"], f"waves-{job['samples']}.safetensors")
    return wavlm.read_safetensors(path)["waves"].to(device)


def encoder(job, compiled):
    config, weights = wavlm.read_model(os.path.join(job["folder"], "model"))
    waves = read_waves(job)
    p = {name: value.to(device) for name, value in weights.items()}
    waves = wavlm.normalize(config, waves)
    compute = torch.compile(wavlm.last_hidden_state) if compiled else wavlm.last_hidden_state
    if job["kind"] == "forward":
        return without_gradients(lambda: compute(config, p, waves))
    return training(
        [value.requires_grad_() for name, value in p.items() if wavlm.trained(config, name, job.get("top"))],
        lambda: compute(config, p, waves),
    )


def transformers_encoder(job):
    from transformers import WavLMModel

    none = {"hidden_dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0, "feat_proj_dropout": 0.0}
    folder = os.path.join(job["folder"], "model")
    model = WavLMModel.from_pretrained(folder, layerdrop=0.0, apply_spec_augment=False, **none).to(device)
    config, _ = wavlm.read_model(folder)
    waves = read_waves(job)
    waves = wavlm.normalize(config, waves)
    if job["kind"] == "forward":
        model.eval()
        return without_gradients(lambda: model(waves).last_hidden_state)
    model.train()
    for name, value in model.named_parameters():
        value.requires_grad_(wavlm.trained(config, name, job.get("top")))
    parameters = [value for value in model.parameters() if value.requires_grad]
    return training(parameters, lambda: model(waves).last_hidden_state)


def loss_of(frames):
    """Mean square along a direction: that of normalised frames themselves is 1, whatever they are."""
    size = frames.shape[-1]
    direction = torch.sin(torch.arange(1, size + 1, dtype=torch.float64, device=frames.device)).float()
    return (frames.float() * direction).sum(-1).square().mean()


def without_gradients(frames):
    def step():
        with torch.inference_mode():
            return loss_of(frames())

    return step


def training(parameters, frames):
    optimiser = torch.optim.Adam(parameters, lr=1e-5, eps=1e-8, fused=True)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(frames())
        loss.backward()
        optimiser.step()
        return loss

    return step


def card_mebibytes():
    """All memory in use on the card, as the driver counts it."""
    if device.type != "cuda":
        return None
    free, total = torch.cuda.mem_get_info()
    return (total - free) >> 20


def measure(job, column):
    tf32 = column != "torch-fp32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    if column == "transformers":
        step = transformers_encoder(job)
    else:
        step = (flam if job["kind"] == "flam" else encoder)(job, column == "torch-compile")
    losses, seconds = [], []
    for _ in range(job["warmup"] + job["steps"]):
        start = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=column == "torch-bf16"):
            loss = step()
        # Reading the loss waits for the device.
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    return {
        "seconds": seconds[job["warmup"] :],
        "firstSeconds": seconds[0],
        "losses": losses,
        "cardMiB": card_mebibytes(),
    }


def describe():
    cuda = device.type == "cuda"
    try:
        version = importlib.metadata.version("transformers")
    except importlib.metadata.PackageNotFoundError:
        version = None
    return {
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "transformers": version,
        "torchDevice": torch.cuda.get_device_name() if cuda else "cpu",
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version() if cuda else None,
    }


def main():
    with open(sys.argv[1]) as file:
        plan = json.load(file)
    folder = os.path.dirname(sys.argv[1])
    jobs = {job["row"]: {**job, "folder": os.path.join(folder, job["folder"])} for job in plan["jobs"]}
    rows, columns = (words.split(",") for words in sys.argv[2:4])
    say("machine", describe())
    for job in (jobs[row] for row in rows):
        for column in columns:
            if column == "transformers" and job["kind"] == "flam":
                continue
            try:
                if device.type == "cpu" and not plan["allowCpu"]:
                    raise RuntimeError("PyTorch finds no CUDA device")
                result = measure(job, column)
            except Exception as error:
                result = {"skipped": one_line(error)}
            say("result", {"row": job["row"], "column": column, **result})
            if column == "torch-compile":
                torch._dynamo.reset()
            gc.collect()
            if device.type == "cuda":
                torch.cuda.empty_cache()


main()
