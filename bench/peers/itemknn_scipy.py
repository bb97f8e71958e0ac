"""Item kNN by scipy: the sparse product X'X, cosine similarities, and the k best of each item.

    itemknn_scipy.py ITEMS CLICKS NEIGHBOURS

CLICKS is a file of little-endian int32 pairs (user, item). Ends with one line of JSON.
"""
import json
import sys
import time

import numpy as np
import scipy
import scipy.sparse as sp


def main():
    items, path, neighbours = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    pairs = np.fromfile(path, "<i4").reshape(-1, 2)
    users = int(pairs[:, 0].max()) + 1
    x = sp.csr_matrix((np.ones(len(pairs), np.float32), (pairs[:, 0], pairs[:, 1])), (users, items))
    start = time.perf_counter()
    gram = (x.T.tocsr() @ x).tocsr()
    product = time.perf_counter() - start
    norms = np.sqrt(np.maximum(gram.diagonal(), 1))
    kept = 0
    for item in range(items):
        first, end = gram.indptr[item], gram.indptr[item + 1]
        others = gram.indices[first:end]
        likeness = gram.data[first:end] / (norms[others] * norms[item])
        likeness[others == item] = 0
        best = np.argpartition(-likeness, neighbours)[:neighbours] if len(others) > neighbours else likeness
        kept += len(best)
    print(json.dumps({"seconds": time.perf_counter() - start, "productSeconds": product, "kept": kept,
                      "scipy": scipy.__version__}))


main()
