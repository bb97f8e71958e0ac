"""A trained model in Python, with numpy alone: its tensors, and from them the same recommendations.
It needs numpy: pip install numpy
Run: python3 read_model.py MODEL.safetensors ITEM [ITEM ...]     (the history, as ids of the model's items)"""
import json
import sys

import numpy as np

# A safetensors file is the length of a header, the header in JSON, and the numbers. That is all of it.
file = open(sys.argv[1], "rb").read()
start = 8 + int.from_bytes(file[:8], "little")
header = json.loads(file[8:start])
about = header.pop("__metadata__")
tensors = {name: np.frombuffer(file, "<f4", np.prod(t["shape"], dtype=int), start + t["data_offsets"][0])
           .reshape(t["shape"]) for name, t in header.items()}

# Mult-VAE as it predicts: the history divided by its norm, no dropout, mu in place of a sample.
items = json.loads(about["items"])
history = [items.index(type(items[0])(item)) for item in sys.argv[2:]]
h = np.zeros(len(items), "f4")
h[history] = 1 / np.sqrt(len(history))
layers = len(json.loads(about["settings"])["hidden"])
for layer in range(layers):
    h = np.tanh(h @ tensors[f"encoder.{layer}.weight"] + tensors[f"encoder.{layer}.bias"])
head = h @ tensors[f"encoder.{layers}.weight"] + tensors[f"encoder.{layers}.bias"]
h = head[:len(head) // 2]                                 # mu of [mu | logvar]
for layer in range(layers):
    h = np.tanh(h @ tensors[f"decoder.{layer}.weight"] + tensors[f"decoder.{layer}.bias"])
f = tensors[f"decoder.{layers}.weight"] @ h + tensors[f"decoder.{layers}.bias"]      # the last weight is [items, in]
f[history] = -np.inf
for item in np.argsort(-f, kind="stable")[:10]:
    print(items[item], f"{f[item]:.4f}")
