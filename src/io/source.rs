//! The arrays of a system and of what is built on it, in a `.npz` file.

use nalgebra::{DMatrix, DVector};

use super::npz::{Npz, NpzWriter};
use crate::network::arrays::{Columns, Source};
use crate::network::{Array, Numbers};
use crate::{Complex64, Result};

/// The arrays of a system of so many units.
pub(super) struct Arrays<'a> {
    npz: &'a Npz,
    units: usize,
}

impl<'a> Arrays<'a> {
    /// Of as many units as the readout has entries.
    pub(super) fn of(npz: &'a Npz) -> Result<Self> {
        Ok(Self { npz, units: npz.series("w")?.len() })
    }
}

impl Source for Arrays<'_> {
    fn contains(&self, name: &str) -> bool {
        self.npz.contains(name)
    }

    fn number(&self, name: &str) -> Result<f64> {
        self.npz.number(name)
    }

    fn series(&self, name: &str) -> Result<Vec<f64>> {
        self.npz.series(name)
    }

    fn per_unit(&self, name: &str) -> Result<DVector<f64>> {
        self.npz.vector(name, self.units)
    }

    fn columns(&self, name: &str) -> Result<DMatrix<f64>> {
        self.npz.matrix(name, self.units)
    }

    fn one_or_more(&self, name: &str) -> Result<Columns> {
        self.npz.one_or_more(name, self.units).map(Columns)
    }

    fn complex(&self, name: &str) -> Result<Vec<Complex64>> {
        self.npz.complex(name)
    }
}

impl NpzWriter {
    /// Adds one of a network's arrays.
    pub(super) fn named(&mut self, array: &Array) -> Result<()> {
        match &array.numbers {
            Numbers::Number(x) => self.number(&array.name, *x),
            Numbers::Vector(x) => self.vector(&array.name, x),
            Numbers::Matrix(x) => self.matrix(&array.name, x),
            Numbers::Complex(z) => self.vector(&array.name, z),
        }
    }
}
