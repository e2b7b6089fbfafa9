"""reference.json: six small systems with one to three outputs and loops of rank one and two, made by paths that no
code of the crate uses: dense exponentials, block exponentials for integrals, central differences of order four for
gradients, and polarisation of the quadratic function of the start for its minimum. Needs NumPy and SciPy.

    value = fit + noise + s0^2 g + sr^2 g E + kappa xe2 + gamma (|U|^2 + |V|^2) + bar sum max(0, Re mu + 1/T)^2
"""
import json
import sys

import numpy as np
import scipy.linalg as sl


def gram(F, Q, T):
    """int_0^T e^(F^T t) Q e^(F t) dt by a block exponential over a fraction of T, doubled."""
    n = len(F)
    k = max(1, int(np.ceil(np.log2(T * np.linalg.norm(F, 1) + 1))))
    X = sl.expm(np.block([[-F.T, Q], [np.zeros((n, n)), F]]) * T / 2**k)
    Phi = X[n:, n:]
    G = Phi.T @ X[:n, n:]
    for _ in range(k):
        G = G + Phi.T @ G @ Phi
        Phi = Phi @ Phi
    return G


def objective(A, W, S, U, V, s, y, dt, sr, s0, kappa, gamma, bar):
    N, ns = len(A), len(y)
    T, M = ns * dt, A + U @ V.T
    O, Wx, F = gram(M, W @ W.T, T), gram(M, np.eye(N), T), sl.expm(M * dt)
    x, played = s.copy(), []
    for _ in range(ns):
        played.append(W.T @ x)
        x = F @ x
    fit = np.sum((np.array(played) - y) ** 2) / ns
    noise, g, E, xe2 = np.trace(O @ S) / T, np.trace(O) / T, s @ Wx @ s / (N * T), x @ x / N
    ex = np.maximum(np.linalg.eigvals(M).real + 1 / T, 0)
    size = (U**2).sum() + (V**2).sum()
    J = fit + noise + s0**2 * g + sr**2 * g * E + kappa * xe2 + gamma * size + bar * ex @ ex
    return J, dict(fit=fit, noise=noise, g=g, E=E, xe2=xe2)


def differences(f, x, h=1e-3):
    out = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        e = np.zeros_like(x)
        e[i] = h
        out[i] = (8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h)
    return out


CASES = (
    ("rank1_D2_even", 8, 2, 1, 3, 0.0),
    ("rank1_D3_odd", 9, 3, 1, 4, 0.0),
    ("rank1_D2_barrier", 8, 2, 1, 11, 5.0),
    ("rank2_D2", 8, 2, 2, 5, 0.0),
    ("rank2_D3", 9, 3, 2, 6, 0.0),
    ("rank1_D1", 8, 1, 1, 7, 0.0),
)
reference = {}
for name, N, D, r, seed, bar in CASES:
    rng = np.random.default_rng(seed)
    A = 0.5 * (rng.normal(size=(N, N)) / np.sqrt(N) - np.eye(N))
    W = rng.normal(size=(N, D)) / np.sqrt(N)
    P = sl.expm(2.0 * (A - 0.3 * np.eye(N)))
    S, scale = P @ P.T, 0.3 / np.sqrt(r)
    U, V, s = rng.normal(size=(N, r)) * scale, rng.normal(size=(N, r)) * scale, rng.normal(size=N)
    y, dt = np.repeat(rng.normal(size=(5, D)), 12, 0), 0.1
    A -= max(0.0, np.linalg.eigvals(A).real.max() + 0.05) * np.eye(N)
    while np.linalg.eigvals(A + U @ V.T).real.max() > 0.05:
        U, V = U * 0.8, V * 0.8
    weights = dict(sr=0.1, s0=0.05, kappa=1e-2, gamma=1e-3, bar=bar)
    f = lambda U, V, s: objective(A, W, S, U, V, s, y, dt, **weights)[0]
    J, parts = objective(A, W, S, U, V, s, y, dt, **weights)
    I = np.eye(N)
    even = lambda x: f(U, V, x) + f(U, V, -x)
    slope = np.array([(f(U, V, e) - f(U, V, -e)) / 2 for e in I])
    curvature = np.array([[(even(a + b) - even(a - b)) / 8 for b in I] for a in I])
    best = -np.linalg.solve(curvature, slope) / 2
    roots = np.linalg.eigvals(A + U @ V.T)
    roots = roots[np.lexsort((roots.imag, roots.real))]
    reference[name] = dict(
        N=N, D=D, rank=r, A=A.tolist(), W=W.tolist(), S=S.tolist(), U=U.tolist(), V=V.tolist(), s=s.tolist(),
        y=y.tolist(), dt=dt, **weights, value=J, **{k: float(x) for k, x in parts.items()},
        grad_U=differences(lambda x: f(x, V, s), U).tolist(),
        grad_V=differences(lambda x: f(U, x, s), V).tolist(),
        grad_s=differences(lambda x: f(U, V, x), s).tolist(),
        roots=[[z.real, z.imag] for z in roots.astype(complex)],
        best_s=best.tolist(), value_at_best_s=float(f(U, V, best)),
        grad_U_at_best_s=differences(lambda x: f(x, V, best), U).tolist(),
        grad_V_at_best_s=differences(lambda x: f(U, x, best), V).tolist(),
    )
json.dump(reference, sys.stdout, indent=0)
