"""reference.json: small systems with errors of the loop's weights, of the preparatory module's and of its input, made
by paths that no code of the crate uses: block exponentials for all integrals, entry-by-entry errors of the module,
central differences of order four for gradients, polarisation of the quadratic function of the start for its minimum.
Standard deviations of eigenvalues are checked against differences of eigenvalues. Needs NumPy and SciPy.

    value = fit + noise + s0^2 g + sr^2 g E + kappa xe2 + gamma (|U|^2 + |V|^2) + ew^2 weights + ep^2 module + eb^2 input
            + bar sum max(0, Re mu + 1/T + k em sd)^2
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


def weight_errors(M, W, U, V, s, T):
    """1/T int E|dy|^2 per squared relative error: two driven systems for each column and output."""
    n, total = len(M), 0.0
    for u, v in zip(U.T, V.T):
        for w in W.T:
            for F, coupling, first, size in (
                (M, np.outer(w, v), s, u),
                (M.T, np.outer(s, u), w, v),
            ):
                block = np.block([[F, np.zeros((n, n))], [coupling, F.T]])
                Q = np.diag(np.r_[np.zeros(n), size**2])
                total += first @ gram(block, Q, T)[:n, :n] @ first
    return total / T


def deviations(A, U, V):
    """Standard deviation of Re mu per relative error, in the order of the real parts."""
    values, left, right = sl.eig(A + U @ V.T, left=True)
    left = left.conj().T / np.einsum("ni,ni->i", left.conj(), right)[:, None]
    by_u = np.einsum("in,ik->ink", left, right.T @ V)
    by_v = np.einsum("ni,ik->ink", right, left @ U)
    variance = ((U * by_u.real) ** 2).sum((1, 2)) + ((V * by_v.real) ** 2).sum((1, 2))
    return values, np.sqrt(variance)


def check_deviations(A, U, V):
    values, sd = deviations(A, U, V)
    variance, h = np.zeros(len(values)), 1e-6
    for which, Z in enumerate((U, V)):
        for at in np.ndindex(Z.shape):
            moved = []
            for sign in (1, -1):
                Y = Z.copy()
                Y[at] *= 1 + sign * h
                found = np.linalg.eigvals(A + (Y @ V.T if which == 0 else U @ Y.T))
                moved.append(found[np.abs(found[None] - values[:, None]).argmin(1)].real)
            variance += ((moved[0] - moved[1]) / (2 * h)) ** 2
    assert np.abs(np.sqrt(variance) - sd).max() < 1e-7, np.abs(np.sqrt(variance) - sd).max()


def module_errors(case, s, O):
    """What errors of the module's weights and of the input do, per squared relative error."""
    A, Up, Vp = case["A"], case["U_prep"], case["V_prep"]
    Ap = A + Up @ Vp.T
    rest = np.eye(len(A)) - sl.expm(Ap * case["T_prep"])
    x = np.linalg.solve(rest, s)
    carry = -np.linalg.solve(Ap, rest)
    of_weights = of_input = 0.0
    for i, k in np.ndindex(Up.shape):
        change = np.zeros_like(Up)
        change[i, k] = Up[i, k]
        d = carry @ (change @ (Vp.T @ x))
        of_weights += d @ O @ d
        change = np.zeros_like(Vp)
        change[i, k] = Vp[i, k]
        d = carry @ (Up @ (change.T @ x))
        of_weights += d @ O @ d
    for i, b in enumerate(-Ap @ x):
        d = carry[:, i] * b
        of_input += d @ O @ d
    return of_weights, of_input


def parts(case, U, V, s):
    A, W, S, y, dt, p = (case[key] for key in ("A", "W", "S", "y", "dt", "par"))
    N, ns = len(A), len(y)
    T, M = ns * dt, A + U @ V.T
    O, E = gram(M, W @ W.T, T) / T, s @ gram(M, np.eye(N), T) @ s / (N * T)
    F, x, fit = sl.expm(M * dt), s.copy(), 0.0
    for target in y:
        fit += ((W.T @ x - target) ** 2).sum() / ns
        x = F @ x
    values, sd = deviations(A, U, V)
    excess = np.maximum(0, values.real + 1 / T + p["k"] * p["em"] * sd)
    of_module, of_input = module_errors(case, s, O)
    found = dict(
        fit=fit, noise=np.trace(O @ S), gain=np.trace(O), activity=E, end=x @ x / N,
        weights=weight_errors(M, W, U, V, s, T), module=of_module, input=of_input,
        barrier=excess @ excess, deviations=np.sort(sd),
    )
    found["value"] = (
        fit + found["noise"] + p["s0"] ** 2 * found["gain"] + p["sr"] ** 2 * found["gain"] * E
        + p["kappa"] * found["end"] + p["gamma"] * ((U**2).sum() + (V**2).sum())
        + p["ew"] ** 2 * found["weights"] + p["ep"] ** 2 * of_module + p["eb"] ** 2 * of_input
        + p["bar"] * found["barrier"]
    )
    return found


def best_start(case, U, V):
    """The minimum of the value, a quadratic function of the start, by its values at unit vectors."""
    N = len(U)
    at = lambda s: parts(case, U, V, s)["value"]
    units, zero = np.eye(N), at(np.zeros(N))
    single = np.array([at(e) for e in units])
    opposite = np.array([at(-e) for e in units])
    H = np.empty((N, N))
    for i in range(N):
        for j in range(i + 1):
            pair = single[i] + single[j] - zero
            H[i, j] = H[j, i] = at(units[i] + units[j]) - pair if i != j else single[i] + opposite[i] - 2 * zero
    return np.linalg.solve(H, -(single - opposite) / 2)


def gradients(case, U, V, s, h=1e-3):
    found = []
    for which, Z in enumerate((U, V)):
        G = np.empty_like(Z)
        for at in np.ndindex(Z.shape):
            def value(step):
                Y = Z.copy()
                Y[at] += step
                return parts(case, *((Y, V) if which == 0 else (U, Y)), s)["value"]
            near, far = value(h) - value(-h), value(2 * h) - value(-2 * h)
            nearer, half = value(h / 2) - value(-h / 2), near
            coarse, fine = (8 * near - far) / (12 * h), (8 * nearer - half) / (6 * h)
            G[at] = (16 * fine - coarse) / 15
        found.append(G)
    return found


def make(N, D, r, seed):
    attempt = 0
    while True:
        rng = np.random.default_rng([seed, attempt])
        attempt += 1
        A = 0.5 * (rng.normal(size=(N, N)) / np.sqrt(N) - np.eye(N))
        U, V = rng.normal(size=(2, N, r)) * 0.15
        Up = rng.normal(size=(N, 4)) * 0.3
        Vp = -Up + 0.1 * rng.normal(size=(N, 4))
        abscissa = lambda M: np.linalg.eigvals(M).real.max()
        # The rightmost eigenvalue on the barrier, left of zero.
        A = A - (abscissa(A + U @ V.T) + 0.05) * np.eye(N)
        values = np.linalg.eigvals(A + U @ V.T)
        gaps = np.abs(values[:, None] - values) + np.eye(N)
        if abscissa(A + Up @ Vp.T) < -0.05 and gaps.min() > 0.05:
            break
    B = rng.normal(size=(N, N)) * 0.1
    case = dict(
        A=A, W=rng.normal(size=(N, D)) / np.sqrt(N), S=B @ B.T, U=U, V=V, s=rng.normal(size=N),
        y=np.repeat(rng.normal(size=(6, D)), 8, 0), dt=0.25, U_prep=Up, V_prep=Vp, T_prep=5.0,
        par=dict(sr=0.1, s0=0.05, kappa=1e-2, gamma=1e-3, bar=3.0, ew=0.1, ep=0.08, eb=0.05, k=1.5, em=0.1),
    )
    check_deviations(A, U, V)
    best = best_start(case, U, V)
    for name, s in (("at_s", case["s"]), ("at_best", best)):
        case[name] = dict(parts(case, U, V, s), start=s)
        assert case[name]["barrier"] > 0
        case[name]["grad_U"], case[name]["grad_V"] = gradients(case, U, V, s)
    return case


def plain(x):
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    return np.asarray(x).tolist()


cases = [plain(make(*shape)) for shape in ((7, 1, 1, 10), (8, 2, 1, 11), (9, 1, 2, 12), (8, 2, 2, 13))]
with open(sys.argv[1] if len(sys.argv) > 1 else "reference.json", "w") as file:
    json.dump(cases, file)
