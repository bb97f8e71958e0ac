"""Mult-DAE in PyTorch on a split folder, as an independent check of our figures: 600-200-600, tanh, dropout 0.5 after
L2 normalisation, Adam 1e-3, batch 100, lam * sum W^2; validated every second epoch.
usage: pytorch_multdae.py FOLDER SEED [EPOCHS] [LAM]      (needs numpy and torch)"""
import gzip
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

folder, seed = sys.argv[1], int(sys.argv[2])
epochs = int(sys.argv[3]) if len(sys.argv) > 3 else 46
lam = float(sys.argv[4]) if len(sys.argv) > 4 else 2e-5


def pairs(name):
    text = gzip.open(f"{folder}/{name}.csv.gz", "rt").read()
    return np.array([tuple(map(int, line.split(","))) for line in text.split("\n")[1:] if line])


items = len(open(f"{folder}/unique_sid.txt").read().split())


def dense(clicks, first, users):
    matrix = np.zeros((users, items), np.float32)
    matrix[clicks[:, 0] - first, clicks[:, 1]] = 1
    return matrix


def held(name):
    fold_in, targets = pairs(name + "_tr"), pairs(name + "_te")
    first = min(fold_in[:, 0].min(), targets[:, 0].min())
    users = max(fold_in[:, 0].max(), targets[:, 0].max()) - first + 1
    return dense(fold_in, first, users), dense(targets, first, users)


def ndcg(scores, fold_in, targets, k=100):
    scores[fold_in > 0] = -np.inf
    top = np.argsort(-scores, 1)[:, :k]
    discount = 1 / np.log2(np.arange(2, k + 2))
    found = [(targets[u][top[u]] * discount).sum() / discount[: min(int(targets[u].sum()), k)].sum()
             for u in range(len(scores)) if targets[u].any()]
    return np.mean(found)


class MultDae(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [items, 600, 200, 600, items]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        for layer in self.layers:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.trunc_normal_(layer.bias, std=0.001)

    def forward(self, x):
        h = F.dropout(F.normalize(x), 0.5, self.training)
        for layer in self.layers[:-1]:
            h = torch.tanh(layer(h))
        return self.layers[-1](h)


torch.manual_seed(seed)
train = pairs("train")
clicks = torch.from_numpy(dense(train, 0, train[:, 0].max() + 1))
validation, test = held("validation"), held("test")
model = MultDae()
adam = torch.optim.Adam(model.parameters(), 1e-3)
best = (0, 0, 0)
for epoch in range(1, epochs + 1):
    model.train()
    order = torch.randperm(len(clicks))
    for start in range(0, len(clicks), 100):
        x = clicks[order[start:start + 100]]
        loss = -(F.log_softmax(model(x), 1) * x).sum(1).mean() + lam * sum((layer.weight ** 2).sum() for layer in model.layers)
        adam.zero_grad()
        loss.backward()
        adam.step()
    if epoch % 2 == 0:
        model.eval()
        with torch.no_grad():
            found = ndcg(model(torch.from_numpy(validation[0])).numpy(), *validation)
            if found > best[0]:
                best = (found, epoch, ndcg(model(torch.from_numpy(test[0])).numpy(), *test))
print("seed %d: validation NDCG@100 %.5f in epoch %d, test NDCG@100 %.5f" % (seed, *best))
