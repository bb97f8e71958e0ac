"""A training step of Mult-VAE in PyTorch, as public implementations make it: the batch of clicks made dense, cross entropy by log_softmax, Adam.
Or sparse: the first layer's product by torch.sparse; or bag: by embedding_bag. Or compiled: the dense one by torch.compile; or graph: replayed as a CUDA graph.
Hidden 600, latent 200, dropout 0.5, beta 0.2. The last line printed is JSON.
usage: pytorch_step.py [BATCH [ITEMS [THREADS [STEPS [cpu|cuda [dense|sparse|bag|compiled|graph [single|tf32|bf16]]]]]]]      (needs numpy and torch)"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

WORDS = (*sys.argv[1:], *("500", "20108", "2", "11", "cpu", "dense", "single")[len(sys.argv) - 1:])
BATCH, ITEMS, THREADS, STEPS = (int(word) for word in WORDS[:4])
DEVICE, MODE, PRECISION = WORDS[4:]
SPARSE = MODE in ("sparse", "bag")
HIDDEN, LATENT, CLICKS_PER_USER, BATCHES, WARM_UP = 600, 200, 73, 10, 3


class MultVae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.ModuleList([nn.Linear(ITEMS, HIDDEN), nn.Linear(HIDDEN, 2 * LATENT)])
        self.decode = nn.ModuleList([nn.Linear(LATENT, HIDDEN), nn.Linear(HIDDEN, ITEMS)])
        for layer in (*self.encode, *self.decode):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.trunc_normal_(layer.bias, std=0.001)
        if MODE == "bag":
            self.encode[0].weight = nn.Parameter(self.encode[0].weight.detach().t().contiguous())

    def first(self, x):
        layer = self.encode[0]
        if MODE == "bag":
            items, starts, values = x
            return F.embedding_bag(items, layer.weight, starts, mode="sum", per_sample_weights=values) + layer.bias
        return torch.sparse.mm(x, layer.weight.t()) + layer.bias if SPARSE else layer(F.dropout(F.normalize(x), 0.5))

    def forward(self, x):
        hidden = torch.tanh(self.first(x))
        mu, logvar = self.encode[1](hidden).chunk(2, dim=1)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return self.decode[1](torch.tanh(self.decode[0](z))), mu, logvar


def synthetic_batches():
    """User and item of each click, batch by batch: lengths log-normal, popularity 1 / rank^0.9."""
    random = np.random.default_rng(1)
    popularity = np.cumsum(1 / np.arange(1, ITEMS + 1) ** 0.9)
    lengths = random.lognormal(3.6, 1.1, (BATCHES, BATCH))
    lengths = (lengths * CLICKS_PER_USER / lengths.mean()).round().clip(5, max(5, ITEMS // 4)).astype(int)
    for row in lengths:
        users = np.repeat(np.arange(BATCH), row)
        items = np.searchsorted(popularity, random.random(len(users)) * popularity[-1]).clip(0, ITEMS - 1)
        yield tuple(np.unique(np.stack([users, items]), axis=1)) if SPARSE else (users, items)


def dense(users, items):
    x = np.zeros((BATCH, ITEMS), np.float32)
    x[users, items] = 1
    return torch.from_numpy(x)


def loss_of(model, x):
    logits, mu, logvar = model(x)
    kl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1).mean()
    return -(F.log_softmax(logits, 1) * x).sum(1).mean() + 0.2 * kl


def captured(model, optimiser):
    """A step on what x holds, as a CUDA graph: three steps on a stream of their own, then one that is recorded."""
    x = torch.zeros(BATCH, ITEMS, device=DEVICE)
    graph = torch.cuda.CUDAGraph()

    def once():
        optimiser.zero_grad(set_to_none=True)
        with autocast():
            loss = loss_of(model, x)
        loss.backward()
        optimiser.step()

    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(3):
            once()
    torch.cuda.current_stream().wait_stream(aside)
    with torch.cuda.graph(graph):
        once()
    return lambda users, items: (x.copy_(dense(users, items)), graph.replay())


def autocast():
    return torch.autocast(DEVICE, torch.bfloat16, enabled=PRECISION == "bf16")


def step(model, optimiser, users, items):
    if SPARSE:
        places = torch.from_numpy(np.stack([users, items])).to(DEVICE)
        norms = torch.from_numpy(np.bincount(users, minlength=BATCH).astype(np.float32) ** -0.5).to(DEVICE)
        values = F.dropout(norms[places[0]], 0.5)
        if MODE == "bag":
            x = places[1], torch.from_numpy(np.searchsorted(users, np.arange(BATCH))).to(DEVICE), values
        else:
            x = torch.sparse_coo_tensor(places, values, (BATCH, ITEMS))._coalesced_(True)
        logits, mu, logvar = model(x)
        reconstruction = -F.log_softmax(logits, 1)[places[0], places[1]].sum() / BATCH
        loss = reconstruction + 0.2 * -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1).mean()
    else:
        with autocast():
            loss = loss_of(model, dense(users, items).to(DEVICE))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


torch.set_num_threads(THREADS)
torch.manual_seed(1)
if PRECISION != "single":
    torch.backends.cuda.matmul.allow_tf32 = True
model = MultVae().to(DEVICE)
optimiser = torch.optim.Adam(model.parameters(), 1e-3, **({"fused": True, "capturable": MODE == "graph"} if DEVICE == "cuda" else {}))
if MODE == "compiled":
    model = torch.compile(model)
train = captured(model, optimiser) if MODE == "graph" else lambda users, items: step(model, optimiser, users, items)
batches = list(synthetic_batches())
times = []
for number in range(WARM_UP + STEPS):
    start = time.perf_counter()
    train(*batches[number % BATCHES])
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    times.append((time.perf_counter() - start) * 1e3)
times = sorted(times[WARM_UP:])
print(json.dumps({"medianMs": times[len(times) // 2], "bestMs": times[0], "torch": torch.__version__, "threads": torch.get_num_threads()}))
