"""Epochs of DeepRec in PyTorch, as its authors have it: a batch of users made dense with a mask, SELU layers, dropout
of the code, the mean square of the errors at the ratings, and the outputs fed again. Ends with one line of JSON.

    pytorch_deeprec.py RATINGS ROWS COLUMNS WIDTHS BATCH KEEP REFEEDING RATE THREADS EPOCHS

RATINGS holds for each rating its row, its column (int32) and its value (float32), row by row; WIDTHS are the encoder's,
separated by commas.
"""
import json
import sys
import time

import numpy as np
import torch

FILE = sys.argv[1]
ROWS, COLUMNS = int(sys.argv[2]), int(sys.argv[3])
WIDTHS, BATCH = [int(word) for word in sys.argv[4].split(",")], int(sys.argv[5])
KEEP, REFEEDING, RATE = float(sys.argv[6]), int(sys.argv[7]), float(sys.argv[8])
THREADS, EPOCHS = int(sys.argv[9]), int(sys.argv[10])
WARM_UP = 1

torch.set_num_threads(THREADS)
torch.manual_seed(1)
data = np.fromfile(FILE, np.dtype([("row", np.int32), ("column", np.int32), ("rating", np.float32)]))
row, column = (torch.from_numpy(data[name].astype(np.int64)) for name in ("row", "column"))
rating = torch.from_numpy(data["rating"].copy())
starts = torch.searchsorted(row, torch.arange(ROWS + 1))

shape = [COLUMNS, *WIDTHS, *WIDTHS[-2::-1], COLUMNS]
layers = []
for number, (inputs, outputs) in enumerate(zip(shape, shape[1:])):
    linear = torch.nn.Linear(inputs, outputs)
    torch.nn.init.xavier_uniform_(linear.weight)
    torch.nn.init.zeros_(linear.bias)
    layers += [linear, torch.nn.SELU()]
    if number == len(WIDTHS) - 1 and KEEP < 1:
        layers.append(torch.nn.Dropout(1 - KEEP))
network = torch.nn.Sequential(*layers)
sgd = torch.optim.SGD(network.parameters(), RATE, momentum=0.9)


def dense(rows):
    """The ratings of some rows, and where there are any."""
    counts = starts[rows + 1] - starts[rows]
    among = torch.repeat_interleave(torch.arange(len(rows)), counts)
    at = torch.arange(len(among)) + torch.repeat_interleave(starts[rows] - counts.cumsum(0) + counts, counts)
    x, mask = torch.zeros(len(rows), COLUMNS), torch.zeros(len(rows), COLUMNS)
    x[among, column[at]], mask[among, column[at]] = rating[at], 1
    return x, mask


def update(loss):
    sgd.zero_grad()
    loss.backward()
    sgd.step()


times = []
for epoch in range(WARM_UP + EPOCHS):
    start = time.perf_counter()
    for rows in torch.randperm(ROWS).split(BATCH):
        x, mask = dense(rows)
        y = network(x)
        loss = (mask * (y - x) ** 2).sum() / mask.sum()
        update(loss)
        for _ in range(REFEEDING):
            fed = y.detach()
            y = network(fed)
            update(((y - fed) ** 2).mean())
    times.append((time.perf_counter() - start) * 1e3)
times = sorted(times[WARM_UP:])
print(json.dumps({"medianMs": times[(len(times) - 1) // 2], "bestMs": times[0], "torch": torch.__version__,
                  "loss": loss.item()}))
