"""A sweep of weighted matrix factorisation in NumPy, as its users write it: for each row the clicked rows of Y are
gathered, and LAPACK solves alpha0 Y'Y + lambda (n + alpha0 I) + their product. BLAS has the threads that it takes.

    wmf_numpy.py CLICKS FACTORS [SWEEPS]

CLICKS is a text of user,item below a heading, as `bench sweep --write CLICKS` writes it. Ends with one line of JSON.
"""
import json
import sys
import time

import numpy as np

ALPHA0, LAMBDA = 0.1, 0.003


def by(rows, columns, count):
    order = np.argsort(rows, kind="stable")
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))]), columns[order]


def solve(starts, columns, y):
    factors = y.shape[1]
    base = ALPHA0 * (y.T @ y)
    x = np.zeros((len(starts) - 1, factors), np.float32)
    eye = np.eye(factors, dtype=np.float32)
    for row in range(len(x)):
        z = y[columns[starts[row]:starts[row + 1]]]
        if len(z):
            ridge = LAMBDA * (len(z) + ALPHA0 * len(y))
            x[row] = np.linalg.solve(base + z.T @ z + ridge * eye, (1 + ALPHA0) * z.sum(0))
    return x


def main():
    path, factors = sys.argv[1], int(sys.argv[2])
    sweeps = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with open(path) as text:
        next(text)
        pairs = np.fromstring(text.read().replace("\n", ","), np.int32, sep=",").reshape(-1, 2)
    users, items = pairs.max(0) + 1
    of_users = by(pairs[:, 0], pairs[:, 1], users)
    of_items = by(pairs[:, 1], pairs[:, 0], items)
    y = (np.random.default_rng(1).standard_normal((items, factors)) * 0.1 / factors ** 0.5).astype(np.float32)
    seconds = []
    for _ in range(sweeps):
        start = time.perf_counter()
        x = solve(*of_users, y)
        middle = time.perf_counter()
        y = solve(*of_items, x)
        seconds.append((middle - start, time.perf_counter() - middle))
        print(f"users {seconds[-1][0]:.2f} s, items {seconds[-1][1]:.2f} s", flush=True)
    print(json.dumps({"userSeconds": min(u for u, _ in seconds), "itemSeconds": min(i for _, i in seconds),
                      "numpy": np.__version__}))


main()
