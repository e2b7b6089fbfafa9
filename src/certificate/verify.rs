//! Checking a certificate against a network, by a path that shares nothing with the one that made
//! it.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::report::Certificate;
use crate::linalg::expm;
use crate::network::{LearnedMotif, Network};
use crate::preparation::Input;
use crate::{Error, Result, check};

/// Relative tolerance on every claim: both paths round differently.
const TOLERANCE: f64 = 1e-6;
/// Samples between two exponentials of their own.
const CHUNK: usize = 32;

impl Certificate {
    /// Checks every claim against a network.
    ///
    /// System matrices are formed anew from A, W, u, v, U and V, initial states are solved for
    /// from the biases, propagators and readout rows come from other exponentials, contraction is a
    /// Cholesky test of $\rho_\mu^2 H - M_\mu^T H M_\mu \succeq 0$, and every history is followed
    /// one by one.
    ///
    /// # Errors
    /// [`Error::CertificateViolated`] with the first claim that fails: any number of the network
    /// that differs from the one certified, a map that contracts less, a ball that is left, an error
    /// above its bound.
    pub fn verify(&self, network: &Network) -> Result<()> {
        let units = network.system().units();
        let remedy = "verify against the network that was certified";
        check::shape("certificate", self.weight.shape(), (units, units), remedy)?;
        let count = network.motifs().len();
        check::shape("certified motifs", (self.centres.len(), 1), (count, 1), remedy)?;
        if fingerprint(network) != self.fingerprint {
            return Err(Error::CertificateViolated {
                claim: "bits of the network's parameters that differ",
                claimed: 0.0,
                found: 1.0,
            });
        }
        let fresh = (0..count)
            .into_par_iter()
            .map(|mu| Fresh::new(network, &network.motifs()[mu], self.transition))
            .collect::<Result<Vec<_>>>()?;
        let scale = network.scale().unwrap_or(1.0);
        let verdicts: Vec<Result<()>> =
            (0..count).into_par_iter().map(|mu| self.verify_motif(&fresh, mu, scale)).collect();
        // In order, so that the claim named first is always the same.
        verdicts.into_iter().collect()
    }

    fn verify_motif(&self, fresh: &[Fresh], mu: usize, scale: f64) -> Result<()> {
        let check = |claim, claimed, found| check(claim, claimed, found, scale);
        let (own, rho) = (&fresh[mu], self.contraction[mu]);
        let image = own.map.tr_mul(&(&self.weight * &own.map));
        let slack = &self.weight * (rho * rho * (1.0 + TOLERANCE)) - (&image + image.transpose()) * 0.5;
        if rho >= 1.0 || slack.cholesky().is_none() {
            return Err(violated("contraction of a motif's map", rho, f64::NAN));
        }
        check("ideal end in its ball", self.radii[mu], self.distance(&own.end, mu))?;
        for (nu, before) in fresh.iter().enumerate() {
            let reached = self.distance(&own.apply(&self.centres[nu]), mu) + rho * self.radii[nu];
            check("ball that no sequence leaves", self.radii[mu], reached)?;
            let (sup, rms) = own.errors(&before.end, 0.0, &[]);
            check("exact error of a pair", self.exact_sup_error[(mu, nu)], sup)?;
            check("exact RMS error of a pair", self.exact_rms_error[(mu, nu)], rms)?;
        }
        self.verify_histories(fresh, mu, scale)
    }

    /// Follows every history that ends in motif mu's preparation.
    fn verify_histories(&self, fresh: &[Fresh], mu: usize, scale: f64) -> Result<()> {
        let check = |claim, claimed, found| check(claim, claimed, found, scale);
        let own = &fresh[mu];
        let duals = self.duals(&own.rows)?;
        for (nu, before) in fresh.iter().enumerate() {
            let shallow = own.errors(&self.centres[nu], self.radii[nu], &duals);
            check("error bound of depth 1", self.shallow_sup[(mu, nu)], shallow.0)?;
            let mut worst = own.errors(&before.end, 0.0, &duals);
            self.walk(fresh, nu, self.depth - 1, &mut |state, radius| {
                let (sup, rms) = own.errors(state, radius, &duals);
                worst = (worst.0.max(sup), worst.1.max(rms));
            });
            check("certified error of a pair", self.sup_error[(mu, nu)], worst.0.min(shallow.0))?;
            check("certified RMS error of a pair", self.rms_error[(mu, nu)], worst.1)?;
        }
        Ok(())
    }

    /// Visits the end states of motif nu after every history of `levels` motifs: from the balls,
    /// and from ideal ends on the way.
    fn walk(&self, fresh: &[Fresh], nu: usize, levels: usize, visit: &mut dyn FnMut(&DVector<f64>, f64)) {
        if levels == 0 {
            return visit(&self.centres[nu], self.radii[nu]);
        }
        for kappa in 0..fresh.len() {
            visit(&fresh[nu].apply(&fresh[kappa].end), 0.0);
            self.walk(fresh, kappa, levels - 1, &mut |state, radius| {
                visit(&fresh[nu].apply(state), radius * self.contraction[nu]);
            });
        }
    }

    fn distance(&self, z: &DVector<f64>, mu: usize) -> f64 {
        let d = z - &self.centres[mu];
        (d.dot(&(&self.weight * &d))).max(0.0).sqrt()
    }

    /// `sqrt(r^T H^-1 r)` of each row.
    fn duals(&self, rows: &DMatrix<f64>) -> Result<Vec<f64>> {
        let singular = Error::Singular { what: "weight of the norm", remedy: "certify the network anew" };
        let solved = self.weight.clone().lu().solve(&rows.transpose()).ok_or(singular)?;
        let squares = rows.row_iter().zip(solved.column_iter()).map(|(r, s)| (r * s)[0]);
        Ok(squares.map(|square| square.max(0.0).sqrt()).collect())
    }
}

/// One motif's maps, made from the parameters alone.
struct Fresh {
    map: DMatrix<f64>,
    end: DVector<f64>,
    rows: DMatrix<f64>,
    /// A state at the beginning of preparation, where it leads, and the readout errors on the way.
    reference: DVector<f64>,
    image: DVector<f64>,
    offset: DVector<f64>,
}

impl Fresh {
    fn new(network: &Network, learned: &LearnedMotif, transition: f64) -> Result<Self> {
        let (system, module, own) = (network.system(), network.preparation(), learned.weights());
        let a = system.matrix();
        let preparing = a + module.input() * module.feedback().transpose();
        let playing = a + own.input() * own.feedback().transpose();
        let singular = Error::Singular { what: "preparation", remedy: "certify a stable module" };
        let factors = preparing.clone().lu();
        let held = |bias| factors.solve(bias).map(|point| -point).ok_or_else(|| singular.clone());
        let last = held(learned.bias())?;
        let half = expm(&(&preparing * (transition / 2.0)))?;
        let prepared = &half * &half;
        let gone = |point: &DVector<f64>, time: f64| Ok::<_, Error>(expm(&(&preparing * time))? * point);
        // The reference, the state in which the motif begins then, and the one in which it should.
        let (reference, reached, start) = match (network.options().input, learned.starting_bias()) {
            (Input::Constant { preparation }, _) => {
                (last.clone(), last.clone(), &last - gone(&last, preparation)?)
            }
            (_, None) => (last.clone(), last.clone(), last),
            (_, Some(bias)) => {
                let (first, switch) = (held(bias)?, module.switch().unwrap_or(f64::INFINITY));
                let mut reached = &first - gone(&first, transition.min(switch))?;
                if transition > switch {
                    reached = &last + gone(&(reached - &last), transition - switch)?;
                }
                (DVector::zeros(first.len()), reached, last)
            }
        };
        let (steps, dt) = (learned.motif().len(), learned.motif().dt());
        let third = expm(&(&playing * (steps as f64 * dt / 3.0)))?;
        let whole = &third * &third * &third;
        let rows = readout_rows(&playing, &system.single_readout()?, dt, steps)?;
        let (image, offset) = (&whole * &reached, &rows * (reached - &start));
        Ok(Self {
            map: &whole * &prepared,
            end: whole * start,
            rows: rows * prepared,
            reference,
            image,
            offset,
        })
    }

    fn apply(&self, z: &DVector<f64>) -> DVector<f64> {
        &self.image + &self.map * (z - &self.reference)
    }

    /// Sup readout error from a ball of states and RMS error from its centre; without duals, both
    /// of the centre.
    fn errors(&self, z: &DVector<f64>, radius: f64, duals: &[f64]) -> (f64, f64) {
        let y = &self.rows * (z - &self.reference) + &self.offset;
        let gains = duals.iter().copied().chain(std::iter::repeat(0.0));
        let sup = y.iter().zip(gains).map(|(y, g)| y.abs() + radius * g).fold(0.0, f64::max);
        (sup, y.norm() / (y.len() as f64).sqrt())
    }
}

/// `w^T e^{A n dt}` by chunks: powers of one long step on one side, of a short step on the other.
fn readout_rows(a: &DMatrix<f64>, w: &DVector<f64>, dt: f64, steps: usize) -> Result<DMatrix<f64>> {
    let (long, short) = (expm(&(a * (CHUNK as f64 * dt)))?, expm(&(a * dt))?);
    let chunks = steps.div_ceil(CHUNK);
    let mut heads = DMatrix::zeros(chunks, w.len());
    let mut row = w.transpose();
    for mut head in heads.row_iter_mut() {
        head.copy_from(&row);
        row *= &long;
    }
    let mut rows = DMatrix::zeros(steps, w.len());
    for offset in 0..CHUNK {
        for chunk in (0..chunks).filter(|chunk| chunk * CHUNK + offset < steps) {
            rows.row_mut(chunk * CHUNK + offset).copy_from(&heads.row(chunk));
        }
        heads *= &short;
    }
    Ok(rows)
}

fn check(claim: &'static str, claimed: f64, found: f64, scale: f64) -> Result<()> {
    // Errors far below the scale of the motifs are rounding on both paths.
    if found <= claimed * (1.0 + TOLERANCE) + 1e-9 * scale {
        Ok(())
    } else {
        Err(violated(claim, claimed, found))
    }
}

fn violated(claim: &'static str, claimed: f64, found: f64) -> Error {
    Error::CertificateViolated { claim, claimed, found }
}

/// 64 bits of all of a network's parameters (FNV-1a over their bits).
pub(super) fn fingerprint(network: &Network) -> u64 {
    let steps = network.motifs().iter().map(|m| vec![m.motif().dt().to_bits(), m.motif().len() as u64]);
    let bits = network.arrays().into_iter().map(|array| array.bits()).chain(steps);
    let bytes = bits.flatten().flat_map(u64::to_le_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::certify;
    use crate::motif::oscillating_motifs;
    use crate::preparation::PreparationOptions;
    use crate::{Cortex, NetworkOptions};

    fn network() -> Network {
        let preparation = PreparationOptions { rank: Some(15), ..PreparationOptions::default() };
        let options = NetworkOptions { preparation, ..NetworkOptions::default() };
        let cortex = Cortex::random(30, 0.5, 3).unwrap();
        Network::build(cortex, &oscillating_motifs(3, 3).unwrap(), &options, 3).unwrap()
    }

    /// Every claim, made one percent stronger than what was proved, is refuted by name.
    #[test]
    fn stronger_claims_are_refuted() {
        let network = network();
        let sound = certify(&network, 6.0, 2).unwrap();
        sound.verify(&network).unwrap();
        let refuted = |tamper: &dyn Fn(&mut Certificate)| {
            let mut forged = sound.clone();
            tamper(&mut forged);
            match forged.verify(&network) {
                Err(Error::CertificateViolated { claim, .. }) => claim,
                other => panic!("{other:?}"),
            }
        };
        assert!(refuted(&|c| c.contraction[0] *= 0.99).starts_with("contraction"));
        assert!(refuted(&|c| c.radii[1] *= 0.5).contains("ball"));
        assert!(!refuted(&|c| c.centres[1][0] += 10.0 * c.radii[1]).contains("contraction"));
        assert!(refuted(&|c| c.exact_sup_error[(2, 0)] *= 0.99).starts_with("exact error"));
        assert!(refuted(&|c| c.exact_rms_error[(2, 0)] *= 0.99).starts_with("exact RMS"));
        assert!(refuted(&|c| c.shallow_sup[(0, 1)] *= 0.99).contains("depth 1"));
        assert!(refuted(&|c| c.sup_error[(0, 1)] *= 0.99).contains("certified error"));
        assert!(refuted(&|c| c.rms_error[(0, 1)] *= 0.5).contains("RMS"));
        assert!(refuted(&|c| c.fingerprint ^= 1).contains("bits"));
    }
}
