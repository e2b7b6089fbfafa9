"""Eight coordinates of handwriting as joints: x and y of the letters a, g, m, s over 401 samples, each without its
mean and with standard deviation 0.6. From the Hershey fonts (Script Simplex), originally created by Dr. A. V.
Hershey while working at the U. S. National Bureau of Standards; the format of the font data was originally created
by James Hurt, Cognition, Inc. Usage: make.py letters.npz joints.csv"""

import sys

import numpy as np

letters = np.load(sys.argv[1], allow_pickle=True)
joints = np.hstack([letters[c].astype(float) for c in "agms"])
joints = 0.6 * (joints - joints.mean(axis=0)) / joints.std(axis=0)
np.savetxt(sys.argv[2], joints, fmt="%.8f", delimiter=",")
