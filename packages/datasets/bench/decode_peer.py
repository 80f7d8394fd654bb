"""Reads audio as mono 16 kHz float32 and prints files a second: torchaudio, or soundfile with soxr or SciPy."""
import json
import sys
import time

files = json.load(sys.stdin)

try:
    import torch
    import torchaudio

    torch.set_num_threads(1)
    name = f"torchaudio {torchaudio.__version__}"

    def read(path):
        wave, rate = torchaudio.load(path)
        wave = wave.mean(0)
        return wave if rate == 16000 else torchaudio.functional.resample(wave, rate, 16000, lowpass_filter_width=64)

except ImportError:
    import soundfile

    name = f"soundfile {soundfile.__version__}"
    try:
        import soxr

        name += f" + soxr {soxr.__version__}"

        def resample(wave, rate):
            return soxr.resample(wave, rate, 16000, "HQ")

    except ImportError:
        from math import gcd

        import scipy
        from scipy.signal import firwin, resample_poly

        name += f" + scipy {scipy.__version__}"
        filters = {}

        def resample(wave, rate):
            up, down = 16000 // gcd(rate, 16000), rate // gcd(rate, 16000)
            if rate not in filters:
                # As long as ours: 256 taps at the lower rate, -120 dB.
                filters[rate] = firwin(256 * max(up, down) + 1, 0.95 / max(up, down), window=("kaiser", 12)).astype("float32")
            return resample_poly(wave, up, down, window=filters[rate])

    def read(path):
        wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
        wave = wave.mean(1)
        return wave if rate == 16000 else resample(wave, rate)


for path in files[:5]:
    read(path)
best = float("inf")
for _ in range(3):
    start = time.perf_counter()
    for path in files:
        read(path)
    best = min(best, time.perf_counter() - start)
print(json.dumps({"name": name, "filesPerSecond": len(files) / best}))
