"""The exported model in Python: python predict.py emotion.onnx voice.wav (needs onnxruntime and numpy).

The WAV file is mono, 16 kHz, 16 bits.
"""
import json
import sys
import wave

import numpy as np
import onnxruntime

model, recording = sys.argv[1:]
session = onnxruntime.InferenceSession(model)
labels = json.loads(session.get_modelmeta().custom_metadata_map["labels"])

with wave.open(recording) as file:
    assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 16000, 2), "mono, 16 kHz, 16 bits"
    samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768

feeds = {"waveform": samples[None], "lengths": np.array([len(samples)])}
(probabilities,) = session.run(["probabilities"], feeds)
for label, probability in zip(labels, probabilities[0]):
    print(f"{label} {probability:.4f}")
