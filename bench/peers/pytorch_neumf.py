"""A training step of NeuMF in PyTorch, as public implementations make it: embeddings, autograd, binary cross entropy on logits, dense Adam.
8 factors in GMF; 32 in the MLP, layers 64-32-16-8; one click in five pairs, the others drawn uniformly.
usage: pytorch_neumf.py [BATCH [ITEMS [THREADS [STEPS [USERS]]]]]      (needs torch)"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH, ITEMS, THREADS, STEPS, USERS = (int(word) for word in (*sys.argv[1:], *("256", "20108", "2", "30", "19000")[len(sys.argv) - 1:]))
FACTORS, LAYERS, WARM_UP = 8, [64, 32, 16, 8], 8


class NeuMf(nn.Module):
    def __init__(self):
        super().__init__()
        self.p, self.q = nn.Embedding(USERS, FACTORS), nn.Embedding(ITEMS, FACTORS)
        self.mlp_p, self.mlp_q = nn.Embedding(USERS, LAYERS[0] // 2), nn.Embedding(ITEMS, LAYERS[0] // 2)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(LAYERS, LAYERS[1:]))
        self.output = nn.Linear(FACTORS + LAYERS[-1], 1)

    def forward(self, users, items):
        a = torch.cat((self.mlp_p(users), self.mlp_q(items)), 1)
        for layer in self.layers:
            a = F.relu(layer(a))
        return self.output(torch.cat((self.p(users) * self.q(items), a), 1)).squeeze(1)


def step(model, optimiser):
    users, items = torch.randint(USERS, (BATCH,)), torch.randint(ITEMS, (BATCH,))
    labels = (torch.arange(BATCH) % 5 == 0).float()
    optimiser.zero_grad()
    F.binary_cross_entropy_with_logits(model(users, items), labels).backward()
    optimiser.step()


torch.set_num_threads(THREADS)
torch.manual_seed(1)
model = NeuMf()
optimiser = torch.optim.Adam(model.parameters(), 1e-3)
times = []
for _ in range(WARM_UP + STEPS):
    start = time.perf_counter()
    step(model, optimiser)
    times.append((time.perf_counter() - start) * 1e3)
times = sorted(times[WARM_UP:])
print(json.dumps({"medianMs": times[len(times) // 2], "bestMs": times[0], "torch": torch.__version__, "threads": torch.get_num_threads()}))
