"""Converts a WavLM to ONNX as transformers.js expects it: part of the peer of `npm run bench -- wavlm-forward`.

    python wavlm_onnx.py FOLDER

FOLDER/model holds config.json and weights; FOLDER/transformers.js/wavlm gets config.json and onnx/model.onnx, batch and
length left open as in the converted models of the hub. Needs the packages onnx and onnxscript beside PyTorch.
"""

import json
import os
import sys

import torch
from transformers import WavLMModel


class LastHiddenState(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_values):
        return self.model(input_values).last_hidden_state


def main():
    folder = sys.argv[1]
    target = os.path.join(folder, "transformers.js", "wavlm")
    os.makedirs(os.path.join(target, "onnx"))
    model = WavLMModel.from_pretrained(os.path.join(folder, "model")).eval()
    torch.onnx.export(
        LastHiddenState(model),
        (torch.randn(2, 16000),),
        os.path.join(target, "onnx", "model.onnx"),
        input_names=["input_values"],
        output_names=["last_hidden_state"],
        dynamic_axes={
            "input_values": {0: "batch", 1: "samples"},
            "last_hidden_state": {0: "batch", 1: "frames"},
        },
        opset_version=17,
        dynamo=False,
    )
    model.config.save_pretrained(target)
    print(json.dumps({"seconds": [], "peakBytes": 0}))


main()
