"""Mult-DAE in PyTorch on a split folder, as an independent check of our figures: 600-200-600, tanh, dropout 0.5 after
L2 normalisation, Adam 1e-3, batch 100, lam * sum W^2; validated every second epoch.
usage: pytorch_multdae.py FOLDER SEED [EPOCHS] [LAM]      (needs numpy and torch)"""
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

from split_folder import SplitFolder, ndcg

folder, seed = sys.argv[1], int(sys.argv[2])
epochs = int(sys.argv[3]) if len(sys.argv) > 3 else 46
lam = float(sys.argv[4]) if len(sys.argv) > 4 else 2e-5
split = SplitFolder(folder)
items = split.items


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
clicks = torch.from_numpy(split.train())
validation, test = split.held("validation"), split.held("test")
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
