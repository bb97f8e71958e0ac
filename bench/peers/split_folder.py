"""Clicks of a split folder as dense matrices, and NDCG, for the checks in PyTorch."""
import gzip

import numpy as np


class SplitFolder:
    def __init__(self, path):
        self.path = path
        self.items = len(open(f"{path}/unique_sid.txt").read().split())

    def pairs(self, name):
        text = gzip.open(f"{self.path}/{name}.csv.gz", "rt").read()
        return np.array([tuple(map(int, line.split(","))) for line in text.split("\n")[1:] if line])

    def dense(self, clicks, first, users):
        matrix = np.zeros((users, self.items), np.float32)
        matrix[clicks[:, 0] - first, clicks[:, 1]] = 1
        return matrix

    def train(self):
        clicks = self.pairs("train")
        return self.dense(clicks, 0, clicks[:, 0].max() + 1)

    def held(self, name):
        fold_in, targets = self.pairs(name + "_tr"), self.pairs(name + "_te")
        first = min(fold_in[:, 0].min(), targets[:, 0].min())
        users = max(fold_in[:, 0].max(), targets[:, 0].max()) - first + 1
        return self.dense(fold_in, first, users), self.dense(targets, first, users)


def ndcg(scores, fold_in, targets, k=100):
    scores[fold_in > 0] = -np.inf
    top = np.argsort(-scores, 1)[:, :k]
    discount = 1 / np.log2(np.arange(2, k + 2))
    found = [(targets[u][top[u]] * discount).sum() / discount[: min(int(targets[u].sum()), k)].sum()
             for u in range(len(scores)) if targets[u].any()]
    return np.mean(found)
