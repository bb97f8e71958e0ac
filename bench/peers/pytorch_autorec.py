"""Epochs of AutoRec in PyTorch, as its users write it: a batch of rows made dense with a mask, two products, Adam.
Or sparse: the rated columns gathered, and the errors where there are ratings. Ends with one line of JSON.

    pytorch_autorec.py RATINGS ROWS COLUMNS UNITS BATCH LAMBDA THREADS EPOCHS dense|sparse

RATINGS holds for each rating its row, its column (int32) and its value (float32), row by row.
"""
import json
import sys
import time

import numpy as np
import torch

FILE, FORM = sys.argv[1], sys.argv[9]
ROWS, COLUMNS, UNITS, BATCH = (int(word) for word in sys.argv[2:6])
LAMBDA, THREADS, EPOCHS = float(sys.argv[6]), int(sys.argv[7]), int(sys.argv[8])
WARM_UP = 1

torch.set_num_threads(THREADS)
torch.manual_seed(1)
data = np.fromfile(FILE, np.dtype([("row", np.int32), ("column", np.int32), ("rating", np.float32)]))
row, column = (torch.from_numpy(data[name].astype(np.int64)) for name in ("row", "column"))
rating = torch.from_numpy(data["rating"].copy())
starts = torch.searchsorted(row, torch.arange(ROWS + 1))
v, w = (torch.nn.Parameter(0.03 * torch.randn(COLUMNS, UNITS)) for _ in range(2))
mu, b = torch.nn.Parameter(torch.zeros(UNITS)), torch.nn.Parameter(torch.zeros(COLUMNS))
adam = torch.optim.Adam([v, w, mu, b], 1e-3)


def places(rows):
    """Where the ratings of some rows stand, and the place of each one's row among them."""
    counts = starts[rows + 1] - starts[rows]
    among = torch.repeat_interleave(torch.arange(len(rows)), counts)
    return among, torch.arange(len(among)) + torch.repeat_interleave(starts[rows] - counts.cumsum(0) + counts, counts)


def errors(rows):
    among, at = places(rows)
    if FORM == "dense":
        x, mask = torch.zeros(len(rows), COLUMNS), torch.zeros(len(rows), COLUMNS)
        x[among, column[at]], mask[among, column[at]] = rating[at], 1
        return mask * (torch.sigmoid(x @ v + mu) @ w.t() + b - x)
    clicked = column[at]
    gathered = torch.zeros(len(rows), UNITS).index_add(0, among, v[clicked] * rating[at, None])
    h = torch.sigmoid(gathered + mu)
    return (h[among] * w[clicked]).sum(1) + b[clicked] - rating[at]


times = []
for epoch in range(WARM_UP + EPOCHS):
    start = time.perf_counter()
    for rows in torch.randperm(ROWS).split(BATCH):
        loss = (errors(rows) ** 2).sum() + LAMBDA / 2 * len(rows) / ROWS * ((v ** 2).sum() + (w ** 2).sum())
        adam.zero_grad()
        loss.backward()
        adam.step()
    times.append((time.perf_counter() - start) * 1e3)
times = sorted(times[WARM_UP:])
print(json.dumps({"medianMs": times[(len(times) - 1) // 2], "bestMs": times[0], "torch": torch.__version__,
                  "loss": loss.item()}))
