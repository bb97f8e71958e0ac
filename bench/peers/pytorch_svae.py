"""A training step of SVAE in PyTorch, as the authors' program makes it: one user, the embedding, torch's GRU over the whole history, the encoder, a sample,
the decoder, the cross-entropy of dense targets, autograd, Adam with coupled L2. HISTORIES has a line of items, the oldest first, for each user.
usage: pytorch_svae.py HISTORIES ITEMS THREADS      (needs torch)"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

ITEMS, THREADS = int(sys.argv[2]), int(sys.argv[3])
EMBEDDING, STATE, HIDDEN, LATENT, NEXT, WARM_UP = 256, 200, 150, 64, 4, 8
BETA, RATE, DECAY = 0.2, 1e-3, 0.005


class Svae(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(ITEMS, EMBEDDING)
        self.gru = nn.GRU(EMBEDDING, STATE, batch_first=True)
        self.encode, self.latent = nn.Linear(STATE, HIDDEN), nn.Linear(HIDDEN, 2 * LATENT)
        self.decode, self.output = nn.Linear(LATENT, HIDDEN), nn.Linear(HIDDEN, ITEMS)

    def loss(self, items):
        steps = len(items) - 1
        targets = torch.zeros(steps, ITEMS)
        for t in range(steps):
            targets[t, items[t + 1:t + 1 + NEXT]] = 1
        h, _ = self.gru(self.embedding(items[None, :-1]))
        mu, log = self.latent(torch.tanh(self.encode(h[0]))).chunk(2, 1)
        z = mu + torch.randn_like(mu) * torch.exp(log / 2)
        f = self.output(torch.tanh(self.decode(z)))
        entropy = -(F.log_softmax(f, 1) * targets).sum() / targets[0].sum()
        kl = 0.5 * (mu ** 2 + log.exp() - log - 1).sum(1).mean()
        return entropy + BETA * kl


torch.set_num_threads(THREADS)
torch.manual_seed(1)
model = Svae()
optimiser = torch.optim.Adam(model.parameters(), RATE, weight_decay=DECAY)
times = []
with open(sys.argv[1]) as lines:
    histories = [torch.tensor([int(item) for item in line.split()]) for line in lines]
for number, items in enumerate(histories[:WARM_UP] + histories):
    start = time.perf_counter()
    optimiser.zero_grad()
    model.loss(items).backward()
    optimiser.step()
    times.append(time.perf_counter() - start)
seconds = sum(times[-len(histories):])
print(json.dumps({"seconds": seconds, "torch": torch.__version__, "threads": torch.get_num_threads()}))
