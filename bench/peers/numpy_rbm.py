"""Epochs of an RBM in NumPy, a batch of users at once: a softmax unit of K values for each rating, or a unit of 0 or 1
for every item; contrastive divergence of T steps, momentum and weight decay. Ends with one line of JSON.

    numpy_rbm.py RATINGS ROWS COLUMNS UNITS BATCH STEPS RATE EPOCHS ratings|clicks

RATINGS holds for each rating its row, its column (int32) and its value (float32), row by row. The number of threads is
that of NumPy's BLAS.
"""
import json
import sys
import time

import numpy as np

FILE, FORM = sys.argv[1], sys.argv[9]
ROWS, COLUMNS, UNITS, BATCH, STEPS = (int(word) for word in sys.argv[2:7])
RATE, EPOCHS = float(sys.argv[7]), int(sys.argv[8])
MOMENTUM, DECAY, WARM_UP = 0.9, 0.001, 1

random = np.random.default_rng(1)
data = np.fromfile(FILE, np.dtype([("row", np.int32), ("column", np.int32), ("rating", np.float32)]))
values, level = np.unique(data["rating"], return_inverse=True)
K = len(values) if FORM == "ratings" else 1
starts = np.searchsorted(data["row"], np.arange(ROWS + 1))
w = (0.01 * random.standard_normal((COLUMNS, K, UNITS))).astype(np.float32)
a, b = np.zeros((COLUMNS, K), np.float32), np.zeros(UNITS, np.float32)
velocity = [np.zeros_like(tensor) for tensor in (w, a, b)]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def chosen(p):
    return (random.random(p.shape, np.float32) < p).astype(np.float32)


def of_ratings(rows):
    """The gradients of a batch: sums over what each of its users rated."""
    at = np.concatenate([np.arange(starts[row], starts[row + 1]) for row in rows])
    user = np.repeat(np.arange(len(rows)), starts[rows + 1] - starts[rows])
    item, first = data["column"][at], level[at]

    def hidden(v):
        summed = np.zeros((len(rows), UNITS), np.float32)
        np.add.at(summed, user, w[item, v])
        return sigmoid(summed + b)

    p0 = p = hidden(first)
    for _ in range(STEPS):
        h = chosen(p)
        f = np.einsum("nkf,nf->nk", w[item], h[user]) + a[item]
        e = np.exp(f - f.max(1, keepdims=True))
        sums = np.cumsum(e / e.sum(1, keepdims=True), 1)
        v = np.minimum((random.random((len(user), 1), np.float32) >= sums).sum(1), K - 1)
        p = hidden(v)
    dw, da = np.zeros_like(w), np.zeros_like(a)
    np.add.at(dw, (item, first), p0[user])
    np.add.at(dw, (item, v), -p[user])
    np.add.at(da, (item, first), 1)
    np.add.at(da, (item, v), -1)
    return dw, da, (p0 - p).sum(0)


def of_clicks(rows):
    """The gradients of a batch of all items, made dense."""
    v0 = np.zeros((len(rows), COLUMNS), np.float32)
    for place, row in enumerate(rows):
        v0[place, data["column"][starts[row]:starts[row + 1]]] = 1
    flat = w[:, 0]
    p0 = p = sigmoid(v0 @ flat + b)
    for _ in range(STEPS):
        v = chosen(sigmoid(chosen(p) @ flat.T + a[:, 0]))
        p = sigmoid(v @ flat + b)
    return (v0.T @ p0 - v.T @ p)[:, None], (v0 - v).sum(0)[:, None], (p0 - p).sum(0)


times = []
for epoch in range(WARM_UP + EPOCHS):
    start = time.perf_counter()
    order = random.permutation(ROWS)
    for rows in (order[n:n + BATCH] for n in range(0, ROWS, BATCH)):
        gradients = (of_ratings if FORM == "ratings" else of_clicks)(rows)
        for tensor, gradient, moved in zip((w, a, b), gradients, velocity):
            moved *= MOMENTUM
            moved += RATE * (gradient / len(rows) - (DECAY * tensor if tensor is w else 0))
            tensor += moved
    times.append((time.perf_counter() - start) * 1e3)
times = sorted(times[WARM_UP:])
print(json.dumps({"medianMs": times[(len(times) - 1) // 2], "bestMs": times[0], "numpy": np.__version__,
                  "norm": float(np.linalg.norm(w))}))
