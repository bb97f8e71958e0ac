"""SLIM by scikit-learn's ElasticNet, a model for each target item, as its users write it.

    slim_sklearn.py ITEMS CLICKS L1 L2 TOLERANCE MOST_SWEEPS TARGETS

CLICKS is a file of little-endian int32 pairs (user, item). Every (ITEMS / TARGETS)-th item is fitted; the seconds of
all ITEMS are those of the targets times ITEMS / TARGETS. Ends with one line of JSON.
"""
import json
import sys
import time
import warnings

import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.linear_model import ElasticNet


def main():
    items, path = int(sys.argv[1]), sys.argv[2]
    l1, l2, tolerance = map(float, sys.argv[3:6])
    most_sweeps, targets = map(int, sys.argv[6:8])
    pairs = np.fromfile(path, "<i4").reshape(-1, 2)
    users = int(pairs[:, 0].max()) + 1
    x = sp.csc_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (users, items))
    # scikit-learn divides the square by the number of users.
    model = ElasticNet(alpha=(l1 + l2) / users, l1_ratio=l1 / (l1 + l2), fit_intercept=False, positive=True,
                       tol=tolerance, max_iter=most_sweeps, copy_X=False)
    warnings.simplefilter("ignore")
    chosen = np.linspace(0, items - 1, min(targets, items)).astype(int)
    start, non_zeros = time.perf_counter(), 0
    for target in chosen:
        y = x[:, target].toarray().ravel()
        first, end = x.indptr[target], x.indptr[target + 1]
        x.data[first:end] = 0                                       # w_jj = 0
        model.fit(x, y)
        x.data[first:end] = 1
        non_zeros += int(np.count_nonzero(model.coef_))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds * items / len(chosen), "targets": len(chosen),
                      "nonZeros": non_zeros / len(chosen), "sklearn": sklearn.__version__}))


main()
