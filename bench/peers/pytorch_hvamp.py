"""H+Vamp of one layer without gates, logistic likelihood, in PyTorch on a split folder, as an independent check of ours:
600 tanh units, latent 200, 200 pseudo-inputs, dropout 0.5, each gradient divided by its norm, Adam 1e-3, batch 100; beta rises
by epoch to its cap in WARM_UP epochs; validated every tenth epoch.
usage: pytorch_hvamp.py FOLDER SEED EPOCHS CAP WARM_UP      (needs numpy and torch)"""
import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

from split_folder import SplitFolder, ndcg

folder, seed, epochs, cap, warm_up = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
split = SplitFolder(folder)
HIDDEN, LATENT, COMPONENTS = 600, 200, 200


def linear(inputs, outputs):
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, 0, math.sqrt(2 / inputs))
    return layer


class Normal(nn.Module):
    """N(mean, exp logvar) given an input."""

    def __init__(self, inputs):
        super().__init__()
        self.hidden, self.mean, self.logvar = linear(inputs, HIDDEN), linear(HIDDEN, LATENT), linear(HIDDEN, LATENT)

    def forward(self, x):
        h = torch.tanh(self.hidden(x))
        return self.mean(h), F.hardtanh(self.logvar(h), -12, 4)


def log_density(z, mean, logvar):
    return -0.5 * ((z - mean) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)


class HVamp(nn.Module):
    def __init__(self, items):
        super().__init__()
        self.q2, self.q1, self.p1 = Normal(items), Normal(items + LATENT), Normal(LATENT)
        self.joint, self.out = linear(2 * LATENT, HIDDEN), linear(HIDDEN, items)
        self.pseudo = nn.Parameter(torch.randn(COMPONENTS, items) * 0.01 + 0.05)

    def decode(self, z1, z2):
        return self.out(torch.tanh(self.joint(torch.cat([z1, z2], 1))))

    def scores(self, x):
        x = F.normalize(x)
        z2 = self.q2(x)[0]
        return self.decode(self.q1(torch.cat([x, z2], 1))[0], z2)

    def loss(self, clicks, beta):
        x = F.normalize(clicks)
        mean2, logvar2 = self.q2(F.dropout(x))
        z2 = mean2 + torch.randn_like(mean2) * (logvar2 / 2).exp()
        mean1, logvar1 = self.q1(torch.cat([F.dropout(x), z2], 1))
        z1 = mean1 + torch.randn_like(mean1) * (logvar1 / 2).exp()
        prior_mean, prior_logvar = self.q2(F.dropout(self.pseudo.clamp(0, 1)))
        log_p2 = torch.logsumexp(log_density(z2[:, None], prior_mean, prior_logvar), 1) - math.log(COMPONENTS)
        kl = log_density(z2, mean2, logvar2) - log_p2 + log_density(z1, mean1, logvar1) - log_density(z1, *self.p1(z2))
        reconstruction = F.binary_cross_entropy_with_logits(self.decode(z1, z2), clicks, reduction="none").sum(1)
        return (reconstruction + beta * kl).mean()


torch.manual_seed(seed)
clicks = torch.from_numpy(split.train())
validation = split.held("validation")
model = HVamp(split.items)
adam = torch.optim.Adam(model.parameters(), 1e-3)
for epoch in range(1, epochs + 1):
    model.train()
    order = torch.randperm(len(clicks))
    for start in range(0, len(clicks), 100):
        adam.zero_grad()
        model.loss(clicks[order[start:start + 100]], cap * min(epoch, warm_up) / warm_up).backward()
        for parameter in model.parameters():
            parameter.grad /= parameter.grad.norm() + 1e-7
        adam.step()
    if epoch % 10 == 0:
        model.eval()
        with torch.no_grad():
            print("epoch %d: validation NDCG@100 %.5f" % (epoch, ndcg(model.scores(torch.from_numpy(validation[0])).numpy(), *validation)), flush=True)
