"""A training step of AE or CDAE in PyTorch, as public implementations make it: the batch of clicks made dense, autograd, Adam.
ae: 600-200-600, tanh, dropout 0.5, binary cross entropy on logits summed over items. cdae: 200 tanh units and a node for the user, tanh outputs, half
the square error with weight 20 on ones, L2 of all parameters; cdae-samples: 5 negatives a click, drawn by a mask over all items.
usage: pytorch_networks.py ae|cdae|cdae-samples [BATCH [ITEMS [THREADS [STEPS [USERS]]]]]      (needs numpy and torch)"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

KIND = sys.argv[1]
BATCH, ITEMS, THREADS, STEPS, USERS = (int(word) for word in (*sys.argv[2:], *("500", "20108", "2", "11", "5000")[len(sys.argv) - 2:]))
CLICKS_PER_USER, BATCHES, WARM_UP = 73, 10, 3
LATENT, ONES, DECAY, NEGATIVES = 200, 20, 0.01, 5


class Ae(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [ITEMS, 600, 200, 600, ITEMS]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def loss(self, x, users):
        h = F.dropout(x, 0.5)
        for layer in self.layers[:-1]:
            h = torch.tanh(layer(h))
        return F.binary_cross_entropy_with_logits(self.layers[-1](h), x, reduction="none").sum(1).mean()


class Cdae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(ITEMS, LATENT), nn.Linear(LATENT, ITEMS)
        self.users = nn.Embedding(USERS, LATENT)

    def loss(self, x, users):
        z = torch.tanh(self.encode(F.dropout(x, 0.5)) + self.users(users))
        error = 0.5 * (1 + (ONES - 1) * x) * (x - torch.tanh(self.decode(z))) ** 2
        if KIND == "cdae-samples":
            clicks = x.sum(1, keepdim=True)
            share = NEGATIVES * clicks / (ITEMS - clicks)
            error = error * torch.clamp(x + (torch.rand_like(x) < share), max=1)
        return error.sum(1).mean() + DECAY / 2 * sum((p ** 2).sum() for p in self.parameters())


def synthetic_batches():
    """Clicks made dense, batch by batch: lengths log-normal, popularity 1 / rank^0.9."""
    random = np.random.default_rng(1)
    popularity = np.cumsum(1 / np.arange(1, ITEMS + 1) ** 0.9)
    lengths = random.lognormal(3.6, 1.1, (BATCHES, BATCH))
    lengths = (lengths * CLICKS_PER_USER / lengths.mean()).round().clip(5, max(5, ITEMS // 4)).astype(int)
    for row in lengths:
        users = np.repeat(np.arange(BATCH), row)
        items = np.searchsorted(popularity, random.random(len(users)) * popularity[-1]).clip(0, ITEMS - 1)
        yield users, items, torch.from_numpy(random.integers(0, USERS, BATCH))


def step(model, optimiser, rows, items, users):
    x = np.zeros((BATCH, ITEMS), np.float32)
    x[rows, items] = 1
    optimiser.zero_grad()
    model.loss(torch.from_numpy(x), users).backward()
    optimiser.step()


torch.set_num_threads(THREADS)
torch.manual_seed(1)
model = Ae() if KIND == "ae" else Cdae()
optimiser = torch.optim.Adam(model.parameters(), 1e-3)
batches = list(synthetic_batches())
times = []
for number in range(WARM_UP + STEPS):
    start = time.perf_counter()
    step(model, optimiser, *batches[number % BATCHES])
    times.append((time.perf_counter() - start) * 1e3)
times = sorted(times[WARM_UP:])
print(json.dumps({"medianMs": times[len(times) // 2], "bestMs": times[0], "torch": torch.__version__, "threads": torch.get_num_threads()}))
