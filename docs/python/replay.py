"""Loads a model, checks its placement, and replays a sequence with NumPy alone.

    thalamo build motifs.npz --out model.npz
    thalamo simulate model.npz --sequence 0,3,1 --out traj.npz
    python replay.py model.npz traj.npz replay.png

Exits with 1 where a number is not what it should be.
"""

import json
import sys

import matplotlib

matplotlib.use("Agg")  # no display needed
import matplotlib.pyplot as plt
import numpy as np


def load(path):
    """All arrays of a file, without pickle, and its metadata as a dictionary."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(arrays["metadata"].tobytes())


def motif(model, index):
    """The arrays of one motif, by their short names."""
    prefix = f"motif_{index}/"
    return {name[len(prefix):]: array for name, array in model.items() if name.startswith(prefix)}


def cortex(model):
    """A = g (J - I)."""
    return model["gain"] * (model["J"] - np.eye(len(model["w"])))


def preparation(model):
    """A_prep = A + U V^T."""
    return cortex(model) + model["U_prep"] @ model["V_prep"].T


def loop(model, own):
    """A_mu = A + U V^T; U and V are vectors where the loop is of rank one."""
    u, v = (own[name].reshape(len(model["w"]), -1) for name in "uv")
    return cortex(model) + u @ v.T


def placement_error(model, own):
    """Largest distance of an eigenvalue asked for from the nearest one of the loop."""
    spectrum = np.linalg.eigvals(loop(model, own))
    return np.abs(spectrum[:, None] - own["eigenvalues"][None, :]).min(axis=0).max()


def bias_error(model, own):
    """b = -A_prep x_init makes x_init the fixed point of preparation.

    With an input that switches, b_start leads from rest to x_init in the time until then. The constant
    compensated input leads to x_init in the one preparation that it is made for.
    """
    system = preparation(model)
    held = np.linalg.solve(system, -own.get("b_start", own["b"]))
    if (time := compensated_time(model)) is None:
        return np.abs(system @ own["x_init"] + own["b"]).max()
    missed = np.abs(held - step(system, time) @ held - own["x_init"]).max()
    return missed if "b_start" not in own else max(missed, np.abs(system @ own["x_init"] + own["b"]).max())


def start_error(model, own):
    """From x_init the loop plays sum_k alpha_k exp(lambda_k t), at all samples of the motif."""
    t = model["dt"] * np.arange(len(own["target"]))
    exponentials = (own["amplitudes"] * np.exp(np.outer(t, own["eigenvalues"]))).sum(axis=1).real
    played, _ = play(loop(model, own), own["x_init"], 0 * own["x_init"], len(t), model)
    return np.abs(played - exponentials).max()


def target_error(model, own):
    """Root mean square distance of what the loop plays from x_init from the target, over the target's deviation."""
    played, _ = play(loop(model, own), own["x_init"], 0 * own["x_init"], len(own["target"]), model)
    return np.sqrt(np.mean((played - own["target"]) ** 2)) / own["target"].std()


def step(system, dt):
    """exp(system dt), by eigenvectors."""
    values, right = np.linalg.eig(system)
    return np.linalg.solve(right.T, (right * np.exp(values * dt)).T).T.real


def play(system, state, centre, steps, model):
    """Readout w^T x over some steps of x' = system (x - centre), and the state after them."""
    propagator = step(system, model["dt"])
    readout = np.empty(steps)
    for n in range(steps):
        readout[n] = model["w"] @ state
        state = centre + propagator @ (state - centre)
    return readout, state


def compensated_time(model):
    """The preparation that inputs are compensated for; None with the published input."""
    if "switch" in model:
        return float(model["switch"])
    given = json.loads(model["metadata"].tobytes())["options"]["input"]
    return given["Constant"]["preparation"] if isinstance(given, dict) else None


def prepare(model, own, state, steps):
    """As `play`, with the input b_start until the switch and b from then on."""
    system, dt = preparation(model), float(model["dt"])
    last = np.linalg.solve(system, -own["b"])
    if "switch" not in model:
        return play(system, state, last, steps, model)
    switch, first = float(model["switch"]), np.linalg.solve(system, -own["b_start"])
    before = min(steps, int(switch / dt))
    readout, state = play(system, state, first, before, model)
    if before == steps:
        return readout, state
    # The sample after the switch, by way of the state at the switch.
    readout = np.append(readout, model["w"] @ state)
    state = first + step(system, switch - before * dt) @ (state - first)
    state = last + step(system, (before + 1) * dt - switch) @ (state - last)
    more, state = play(system, state, last, steps - before - 1, model)
    return np.append(readout, more), state


def replay(model, sequence, transition, state):
    """Preparation, then motif, for each motif of a sequence."""
    steps = round(transition / float(model["dt"]))
    readouts = []
    for index in sequence:
        own = motif(model, index)
        readout, state = prepare(model, own, state, steps)
        readouts.append(readout)
        readout, state = play(loop(model, own), state, np.zeros_like(state), len(own["target"]), model)
        readouts.append(readout)
    return np.concatenate(readouts)


def draw(trajectory, readout, path):
    """Target, readout, and the replayed readout over it."""
    figure, axes = plt.subplots(figsize=(10, 3.5), layout="constrained")
    axes.fill_between(
        trajectory["t"], 0, 1, where=trajectory["phase"] < 0, color="#56b4e9", alpha=0.35, lw=0,
        transform=axes.get_xaxis_transform(), label="preparation",
    )
    axes.plot(trajectory["t"], trajectory["target"], color="#9a9a9a", lw=3, label="target")
    axes.plot(trajectory["t"], trajectory["y"][0], color="#0072b2", lw=2, label="thalamo")
    axes.plot(trajectory["t"], readout, color="#d55e00", lw=1, ls="--", label="NumPy")
    axes.set_xlabel("time (\u03c4)")
    axes.set_ylabel("readout y")
    axes.legend(ncols=4, frameon=False)
    figure.savefig(path, dpi=150)


def main(model_path, trajectory_path, figure_path):
    model, metadata = load(model_path)
    trajectory, run = load(trajectory_path)
    checks = []
    for index, name in enumerate(metadata["names"]):
        own = motif(model, index)
        size = np.abs(own["x_init"]).max()
        if "eigenvalues" in own:  # a placed loop plays its exponentials
            checks.append((f"{name}: eigenvalues off their targets", placement_error(model, own), 1e-7))
            checks.append((f"{name}: readout off its exponentials", start_error(model, own), 1e-7))
        else:
            checks.append((f"{name}: readout off the target, over its deviation", target_error(model, own), 0.5))
        checks.append((f"{name}: x_init off where preparation leads", bias_error(model, own), 1e-10 * size))
    # Without process noise the first trial is determined by the state it starts from.
    if run["noise"] != 0 or (run["start"] != "rest" and "x" not in trajectory):
        sys.exit("expected a run without noise, from rest or with --states")
    state = trajectory["x"][0, 0] if "x" in trajectory else np.zeros_like(model["w"])
    readout = replay(model, run["sequence"], run["transition"], state)
    checks.append(("replayed readout off thalamo's", np.abs(readout - trajectory["y"][0]).max(), 1e-8))
    draw(trajectory, readout, figure_path)
    for what, achieved, limit in checks:
        print(f"{'ok ' if achieved <= limit else 'BAD'} {what}: {achieved:.1e} (at most {limit:.1e})")
    return int(any(not achieved <= limit for _, achieved, limit in checks))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
