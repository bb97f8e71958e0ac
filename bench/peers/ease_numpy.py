"""EASE in NumPy, float64: the Gram matrix, its inverse by LAPACK, and the weights. The last line printed is JSON.
usage: ease_numpy.py ITEMS CLICKS LAMBDA      (CLICKS: pairs of int32, user and item; needs numpy and scipy)"""
import json
import sys
import time

import numpy as np
import scipy.sparse

ITEMS, FILE, LAMBDA = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
users, items = np.fromfile(FILE, np.int32).reshape(-1, 2).T
x = scipy.sparse.csr_matrix((np.ones(len(users)), (users, items)), (users.max() + 1, ITEMS))

start = time.perf_counter()
gram = (x.T @ x).toarray()
gram[np.diag_indices(ITEMS)] += LAMBDA
inverse = np.linalg.inv(gram)
weights = inverse / -np.diag(inverse)
weights[np.diag_indices(ITEMS)] = 0
print(json.dumps({"seconds": time.perf_counter() - start, "numpy": np.__version__}))
