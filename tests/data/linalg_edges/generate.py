"""Matrix functions at the edges of double precision, to 17 digits from 120-digit arithmetic.

Every matrix below is rounded to doubles first; the reference belongs to the rounded matrix, so that a test sees
the error of the algorithm alone. Matrices are lists of rows, complex numbers [re, im].

Writes expm.json, eigenvalues.json and lyapunov.json beside this script.
Run:  pip install mpmath && python generate.py
"""
import json, pathlib, platform, random
import mpmath as mp

mp.mp.dps = 120
HERE = pathlib.Path(__file__).parent


def matrix(rows):
    return [[float(x) for x in row] for row in rows]


def rows(a):
    return [[a[i, j] for j in range(a.cols)] for i in range(a.rows)]


def write(name, about, cases):
    body = dict(about=about, versions=dict(python=platform.python_version(), mpmath=mp.__version__), cases=cases)
    lines = json.dumps(body, indent=1)
    (HERE / f"{name}.json").write_text(lines + "\n")
    print("wrote", name)


def gaussian(n, m, seed):
    rng = random.Random(seed)
    return mp.matrix([[rng.gauss(0, 1) for _ in range(m)] for _ in range(n)])


def cortex(n, gain, seed):
    """g (J - I), J of variance 1/n."""
    return gain * (gaussian(n, n, seed) / mp.sqrt(n) - mp.eye(n))


def grading(n, decades):
    return mp.diag([mp.mpf(10) ** (mp.mpf(decades) * i / (n - 1)) for i in range(n)])


def graded(n, decades, seed):
    d = grading(n, decades)
    return d * cortex(n, 0.5, seed) * d ** -1


def householder(v):
    n = len(v)
    return mp.matrix([[(i == j) - mp.mpf(2) / n * v[i] * v[j] for j in range(n)] for i in range(n)])


def ctlex_basis(n, s):
    """V = H2 S H1 of the CTLEX collection (Kressner, Mehrmann, Penzl 1999, Examples 4.1 and 4.2)."""
    flip = householder([1 - 2 * ((j + 1) % 2) for j in range(n)])
    return flip * mp.diag([mp.mpf(s) ** j for j in range(n)]) * householder([1] * n)


# exponentials

def taylor(a):
    """e^A by its series at A / 2^s, squared s times, with digits to spare for the growth of the terms."""
    norm = mp.mnorm(a, 1)
    with mp.workdps(400):
        s = max(0, int(mp.ceil(mp.log(norm + 1, 2))) + 10)
        a = a / mp.mpf(2) ** s
        term, total, k = mp.eye(a.rows), mp.eye(a.rows), 0
        while mp.mnorm(term, 1) > mp.mpf(10) ** -350:
            k += 1
            term = term * a / k
            total += term
        for _ in range(s):
            total = total * total
    return total


def triangular(n, diagonal, size, seed):
    g = gaussian(n, n, seed)
    return [[diagonal[i] if i == j else (size * g[i, j] if j > i else 0) for j in range(n)] for i in range(n)]


def transposed(a):
    return [list(column) for column in zip(*a)]


def rotated(a, seed):
    q, _ = mp.qr(gaussian(len(a), len(a), seed))
    return rows(q * mp.matrix(a) * q.T)


def expm():
    decays = [-0.5 - 0.3 * i for i in range(8)]
    nilpotent = [[-1.0 if i == j else (1e8 if j == i + 1 else 0) for j in range(5)] for i in range(5)]
    cases = dict(
        shear=[[-1, 1e20], [0, -1]],
        shear_of_two_rates=[[-1, 1e10], [0, -3]],
        lower_shear=[[-1, 0], [1e20, -1]],
        opposite_rates=[[1, 1e6], [0, -1]],
        close_rates=[[-1, 1e12], [0, -1 - 1e-9]],
        nilpotent_plus_diagonal=nilpotent,
        triangular_equal_rates=triangular(8, [-1.0] * 8, 1e4, 1),
        triangular=triangular(8, decays, 1e5, 2),
        lower_triangular=transposed(triangular(8, decays, 1e5, 3)),
        stiff_triangular=triangular(6, [-1e-3, -1, -10, -1e2, -1e3, -1e4], 1e3, 4),
        moler_van_loan=[[-49, 24], [-64, 31]],
        rotated_shear=rotated([[-1, 1e5], [0, -2]], 5),
        rotated_nilpotent=rotated([[-1 if i == j else (10 if j == i + 1 else 0) for j in range(6)] for i in range(6)], 6),
        non_normal=rotated(triangular(8, decays, 10.0, 7), 8),
        block_shear=[[-1, 1, 1e9, 2e9], [-1, -1, 3e9, 1e9], [0, 0, -2, 1], [0, 0, -1, -2]],
        cortex_step=rows(cortex(12, 0.5, 9) * 0.1),
        cortex_long=rows(cortex(12, 0.5, 9) * 20),
        graded_four_decades=rows(graded(8, 4, 10)),
        graded_six_decades=rows(graded(8, 6, 11)),
    )
    cases = [dict(name=k, a=matrix(v), exponential=matrix(rows(taylor(mp.matrix(matrix(v)))))) for k, v in cases.items()]
    write("expm", "e^A of triangular, nilpotent, non-normal and graded matrices", cases)


# eigenvalues

def eigenvalues():
    cases = []
    for n, decades, seed in [(6, 4, 20), (8, 6, 22), (12, 6, 24), (12, -6, 25), (8, 8, 26), (12, 8, 27), (10, 10, 28), (12, 12, 29), (16, 12, 30)]:
        d = grading(n, decades)
        order = list(range(n))
        if seed > 26:  # not in order of size
            random.Random(seed).shuffle(order)
        d = mp.diag([d[i, i] for i in order])
        a = matrix(rows(d * cortex(n, 0.5, seed) * d ** -1))
        values = mp.eig(mp.matrix(a), left=False, right=False)
        values = sorted(([float(z.real), float(z.imag)] for z in values), key=lambda z: (-z[0], z[1]))
        values = [[re, 0.0 if abs(im) < 1e-60 else im] for re, im in values]
        cases.append(dict(name=f"n{n}_decades{decades}", a=a, eigenvalues=values, grading=[float(d[i, i]) for i in range(n)]))
    write("eigenvalues", "Eigenvalues of D g(J-I) D^-1, D graded over several decades", cases)


# Lyapunov equations

def solve(m, q):
    """M X + X M^T + Q = 0 for a symmetric Q, from its n(n+1)/2 independent equations."""
    n = m.rows
    place = {(i, j): at for at, (i, j) in enumerate((i, j) for i in range(n) for j in range(i + 1))}
    at = lambda i, j: place[max(i, j), min(i, j)]
    operator, right = mp.zeros(len(place)), mp.zeros(len(place), 1)
    for (i, j), row in place.items():
        right[row] = -q[i, j]
        for k in range(n):
            operator[row, at(k, j)] += m[i, k]
            operator[row, at(i, k)] += m[j, k]
    x = mp.lu_solve(operator, right)
    return mp.matrix([[x[at(i, j)] for j in range(n)] for i in range(n)])


def lyapunov():
    cases = []

    def add(name, m, q, grading=None):
        m, q = matrix(rows(m)), matrix(rows(q))
        q = [[q[max(i, j)][min(i, j)] for j in range(len(q))] for i in range(len(q))]
        x = solve(mp.matrix(m), mp.matrix(q))
        cases.append(dict(name=name, m=m, q=q, x=matrix(rows(x)), grading=grading or [1.0] * len(m)))

    # The collection's equation is A^T X + X A = -B^T B: M = A^T.
    for n, r, s in [(10, 1.5, 1.5), (10, 2, 2), (10, 1.5, 3)]:
        v = ctlex_basis(n, s)
        a = v * mp.diag([-mp.mpf(r) ** j for j in range(n)]) * v ** -1
        b = mp.matrix([list(range(1, n + 1))]) * v ** -1
        add(f"ctlex_4_1_n{n}_r{r}_s{s}", a.T, b.T * b)
    for n, rate, s in [(10, -0.5, 1.5), (10, -0.5, 1.1), (8, -0.5, 3), (12, -0.5, 2), (10, -0.25, 1.5)]:
        v = ctlex_basis(n, s)
        jordan = mp.matrix([[rate if i == j else int(j == i + 1) for j in range(n)] for i in range(n)])
        b = mp.matrix([[int(j == 0) for j in range(n)]]) * v ** -1
        add(f"ctlex_4_2_n{n}_rate{rate}_s{s}", (v * jordan * v ** -1).T, b.T * b)
    for n, decades, seed in [(8, 4, 30), (8, 6, 31), (10, -6, 32)]:
        d = [float(mp.mpf(10) ** (mp.mpf(decades) * i / (n - 1))) for i in range(n)]
        add(f"graded_n{n}_decades{decades}", graded(n, decades, seed) - 0.2 * mp.eye(n), mp.eye(n), d)
        scaled = mp.diag(d) * mp.diag(d)
        add(f"graded_noise_n{n}_decades{decades}", graded(n, decades, seed) - 0.2 * mp.eye(n), scaled, d)
    write("lyapunov", "M X + X M^T + Q = 0: CTLEX examples 4.1 and 4.2 (Kressner, Mehrmann and Penzl 1999), graded systems", cases)


if __name__ == "__main__":
    expm()
    eigenvalues()
    lyapunov()
