"""Fine-tuning steps of a WavLM in transformers on PyTorch: the peer of `npm run bench -- wavlm-finetune`.

    python wavlm_finetune.py FOLDER --steps 3 --threads 2

FOLDER holds `model/` (config.json and weights) and `waves.safetensors`, as our side wrote them. Adam on the mean square
of the last hidden state, the convolutions frozen, no dropout. Prints one line of JSON.
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

    model = WavLMModel.from_pretrained(
        os.path.join(arguments.folder, "model"),
        hidden_dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
        layerdrop=0.0,
        apply_spec_augment=False,
    ).train()
    model.freeze_feature_encoder()
    waves = load_file(os.path.join(arguments.folder, "waves.safetensors"))["waves"]
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(trained, lr=1e-5, eps=1e-8, fused=True)
    seconds, losses = [], []
    for i in range(arguments.warmup + arguments.steps):
        start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        loss = model(waves).last_hidden_state.square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        if i >= arguments.warmup:
            seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "losses": losses, "peakBytes": peak, "version": torch.__version__}))


main()
