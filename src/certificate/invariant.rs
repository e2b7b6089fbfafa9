//! Sets that no sequence leaves: one ball per motif, in which its end state always lies.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::norm::Weighted;
use crate::play::{MotifPhases, Phase, Simulator, carry, readouts};
use crate::{Error, Result};

/// Relative slack on every radius, far above the rounding of what is computed and far below what
/// matters.
const SLACK: f64 = 1e-9;
/// Rounds of moving each ball's centre to the middle of its images.
const CENTRE_ROUNDS: usize = 8;

/// The maps of one library at one preparation time: `f_mu(z) = f_mu(z_mu) + M_mu (z - z_mu)` takes the state
/// in which a preparation for mu begins to the state in which mu ends. The reference `z_mu` is where the
/// centre of preparation begins: x_init(mu) with the published input, rest with one that switches. Where the
/// preparation from there ends at x_init(mu), `f_mu(z_mu) = x_end(mu)`, and the motif is played without
/// error.
#[derive(Debug, Clone)]
pub(super) struct Maps {
    /// `M_mu = e^{A_mu T_mu} e^{A_prep T_prep}`.
    pub(super) maps: Vec<DMatrix<f64>>,
    /// `x_init(mu)`.
    pub(super) starts: Vec<DVector<f64>>,
    /// `z_mu`.
    pub(super) references: Vec<DVector<f64>>,
    /// `f_mu(z_mu)`.
    pub(super) images: Vec<DVector<f64>>,
    /// Readout errors of mu at its samples, after preparation from `z_mu`.
    pub(super) offsets: Vec<DVector<f64>>,
    /// `x_end(mu) = e^{A_mu T_mu} x_init(mu)`.
    pub(super) ends: Vec<DVector<f64>>,
    /// Rows `w^T e^{A_mu t} e^{A_prep T_prep}` at the samples t of motif mu.
    pub(super) rows: Vec<DMatrix<f64>>,
}

impl Maps {
    pub(super) fn new(simulator: &Simulator) -> Result<Self> {
        let units = simulator.network().system().units();
        let parts: Vec<_> = (0..simulator.network().motifs().len())
            .into_par_iter()
            .map(|mu| {
                let MotifPhases { approach, playing } = simulator.phases(mu)?;
                let deviations =
                    |phases: &[Phase]| phases.iter().map(Phase::of_deviations).collect::<Vec<_>>();
                let prepared = carry(&deviations(approach), DMatrix::identity(units, units))?;
                let playing = deviations(playing);
                let map = carry(&playing, prepared.clone())?;
                let start = simulator.network().motif(mu)?.initial_state().clone();
                let centre = approach.first().and_then(|phase| phase.centre.at(0));
                let reference = centre.map_or_else(|| DVector::zeros(units), DVector::from_column_slice);
                let reached =
                    simulator.prepare(mu, &DMatrix::from_columns(std::slice::from_ref(&reference)))?;
                let both = DMatrix::from_columns(&[start.as_view(), reached.column(0)]);
                let ends = simulator.finish(mu, &both)?;
                let missed = DMatrix::from_columns(&[reached.column(0) - &start]);
                let offset = readouts(&playing, missed)?.column(0).into_owned();
                let [end, image] = [0, 1].map(|i| ends.column(i).into_owned());
                Ok(((map, start), (reference, image), (offset, end), readouts(&playing, prepared)?))
            })
            .collect::<Result<_>>()?;
        let (of_maps, of_references, of_ends, rows): (Vec<_>, Vec<_>, Vec<_>, _) =
            parts.into_iter().collect();
        let (maps, starts) = of_maps.into_iter().unzip();
        let (references, images) = of_references.into_iter().unzip();
        let (offsets, ends) = of_ends.into_iter().unzip();
        Ok(Self { maps, starts, references, images, offsets, ends, rows })
    }

    pub(super) fn len(&self) -> usize {
        self.maps.len()
    }

    pub(super) fn apply(&self, mu: usize, z: &DVector<f64>) -> DVector<f64> {
        &self.images[mu] + &self.maps[mu] * (z - &self.references[mu])
    }
}

/// One ball per motif, `|z - centre|_H <= radius`, that holds the motif's ideal end state and that
/// every map sends into the ball of its own motif.
#[derive(Debug, Clone)]
pub(super) struct Balls {
    pub(super) contraction: Vec<f64>,
    pub(super) centres: Vec<DVector<f64>>,
    pub(super) radii: Vec<f64>,
}

impl Balls {
    /// The smallest such balls around well-placed centres:
    /// `R_mu = a_mu + rho_mu max_nu R_nu` with `a_mu = max_nu |f_mu(s_nu) - s_mu|`.
    pub(super) fn new(maps: &Maps, norm: &Weighted) -> Result<Self> {
        let contraction: Vec<f64> =
            maps.maps.par_iter().map(|m| Ok(norm.of_map(m)? * (1.0 + SLACK))).collect::<Result<_>>()?;
        let rho = contraction.iter().copied().fold(0.0, f64::max);
        if rho.is_nan() || rho >= 1.0 {
            return Err(Error::NotContracting { contraction: rho });
        }
        let count = maps.len();
        let mut centres = maps.ends.clone();
        for _ in 0..CENTRE_ROUNDS {
            // Maps are affine: the mean of the images is the image of the mean.
            let mean = centres.iter().fold(DVector::zeros(centres[0].len()), |sum, s| sum + s) / count as f64;
            centres = (0..count).map(|mu| maps.apply(mu, &mean)).collect();
        }
        let spread: Vec<f64> = (0..count)
            .into_par_iter()
            .map(|mu| {
                let distance = |z: &DVector<f64>| norm.of(&(z - &centres[mu]));
                let images = centres.iter().map(|s| distance(&maps.apply(mu, s))).fold(0.0, f64::max);
                images * (1.0 + SLACK)
            })
            .collect();
        // The ideal ends may lie outside the balls of the recurrence; they are starts of sequences
        // as well.
        let ideal: Vec<f64> =
            (0..count).map(|mu| norm.of(&(&maps.ends[mu] - &centres[mu])) * (1.0 + SLACK)).collect();
        let ratio = spread.iter().zip(&contraction).map(|(a, r)| a / (1.0 - r)).fold(0.0, f64::max);
        let largest = ideal.iter().copied().fold(ratio, f64::max);
        let radii = (0..count).map(|mu| (spread[mu] + contraction[mu] * largest).max(ideal[mu])).collect();
        Ok(Self { contraction, centres, radii })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Affine maps of the plane: turned, shrunk, around a start that differs from map to map.
    fn maps(factor: f64) -> Maps {
        let turn = |angle: f64| {
            DMatrix::from_row_slice(2, 2, &[angle.cos(), -angle.sin(), angle.sin(), angle.cos()]) * factor
        };
        let state = |x: f64, y: f64| DVector::from_vec(vec![x, y]);
        let starts = vec![state(1.0, 0.0), state(0.0, 2.0), state(-1.0, 1.0)];
        let ends = vec![state(0.5, 0.5), state(3.0, 0.0), state(0.0, -1.0)];
        Maps {
            maps: vec![turn(0.4), turn(2.0), turn(-1.0)],
            references: starts.clone(),
            images: ends.clone(),
            offsets: vec![DVector::zeros(1); 3],
            starts,
            ends,
            rows: vec![DMatrix::identity(1, 2); 3],
        }
    }

    #[test]
    fn no_map_leaves_the_balls() {
        let maps = maps(0.6);
        let norm = Weighted::euclidean(2).unwrap();
        let balls = Balls::new(&maps, &norm).unwrap();
        for mu in 0..3 {
            assert!((balls.contraction[mu] - 0.6).abs() < 1e-8);
            assert!((&maps.ends[mu] - &balls.centres[mu]).norm() <= balls.radii[mu]);
            for (centre, radius) in balls.centres.iter().zip(&balls.radii) {
                let farthest = (maps.apply(mu, centre) - &balls.centres[mu]).norm() + 0.6 * radius;
                assert!(farthest <= balls.radii[mu]);
            }
        }
    }

    #[test]
    fn maps_that_expand_are_refused() {
        let error = Balls::new(&maps(1.25), &Weighted::euclidean(2).unwrap()).unwrap_err();
        let Error::NotContracting { contraction } = error else { panic!("{error}") };
        assert!((contraction - 1.25).abs() < 1e-6);
        assert!(
            error.to_string().starts_with("certificate: expected every preparation and motif to contract")
        );
        assert!(error.to_string().ends_with("given a factor 1.250 in the best norm tried; prepare longer"));
    }
}
