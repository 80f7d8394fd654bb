"""The forward pass of a WavLM in transformers on PyTorch: the peer of `npm run bench -- wavlm-forward`.

    python wavlm_forward.py FOLDER --steps 3 --threads 2

FOLDER holds `model/` (config.json and weights) and `waves.safetensors`, as our side wrote them. Prints one line of
JSON: seconds of each step, peak memory, and the mean square of the output, which must be ours.
"""

import argparse
import json
import os
import resource
import time

import torch
from safetensors.torch import load_file
from transformers import WavLMModel


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    model = WavLMModel.from_pretrained(os.path.join(arguments.folder, "model")).eval()
    waves = load_file(os.path.join(arguments.folder, "waves.safetensors"))["waves"]
    seconds, losses = [], []
    with torch.inference_mode():
        for i in range(arguments.warmup + arguments.steps):
            start = time.perf_counter()
            frames = model(waves).last_hidden_state
            losses.append(frames.square().mean().item())
            if i >= arguments.warmup:
                seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "losses": losses, "peakBytes": peak, "version": torch.__version__}))


main()
