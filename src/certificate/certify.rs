//! Certifying a library.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::invariant::{Balls, Maps};
use super::norm::Weighted;
use super::report::{Certificate, StartData};
use crate::linalg::product::{product, view};
use crate::network::Network;
use crate::play::Simulator;
use crate::{Error, Result};

/// Most histories followed exactly per motif.
const MOST_HISTORIES: usize = 200_000;
/// Deepest: a single motif has but one history of every depth.
const MOST_DEPTH: usize = 100;
/// Rounding allowed for in every certified error, relative to `|w| |x|` and `|r_t| |x|`:
/// propagation over a thousand samples was measured to stay below a hundredth of it.
const ROUNDING: f64 = 1e-11;
/// The same where a loop amplifies rounding: multiple of what its readout from x_init was found to
/// differ from its exponentials.
const AMPLIFIED: f64 = 2.0;

/// Histories that a certificate of the usual depth follows at most: seconds of work.
const USUAL_HISTORIES: usize = 250_000;
/// Deeper than this there is hardly anything to gain.
const USUAL_DEPTH: u32 = 3;

/// Depth that is tight and takes seconds for a library of so many motifs: 3 up to 22 motifs, 2 up
/// to 62, else 1.
///
/// ```
/// use thalamo::certificate::usual_depth;
/// assert_eq!([1, 22, 23, 62, 63, 1000].map(usual_depth), [3, 3, 2, 2, 1, 1]);
/// ```
#[must_use]
pub fn usual_depth(motifs: usize) -> usize {
    let quick =
        |depth: &u32| motifs.checked_pow(depth + 1).is_some_and(|histories| histories <= USUAL_HISTORIES);
    (1..=USUAL_DEPTH).rev().find(quick).unwrap_or(1) as usize
}

/// Certifies every sequence over a library, of any order and length, for `transition` tau of
/// preparation.
///
/// One preparation and motif take a state z, with the published input, to
/// $f_\mu(z) = \bar x_\mathrm{end}(\mu) + M_\mu (z - x_\mathrm{init}(\mu))$,
/// $M_\mu = e^{A_\mu T_\mu} e^{A_\mathrm{prep} T}$. Where all $M_\mu$ contract in one norm
/// ($\rho_\mu < 1$), balls $B_\mu = \\{|z - s_\mu|_H \le R_\mu\\}$ exist with
/// $f_\mu(B_\nu) \subset B_\mu$ for all $\nu, \mu$: no sequence leaves them. The readout error of
/// $\mu$ after $\nu$ is then at most
///
/// $$ \max_t \big( |r_t (s_\nu - x_\mathrm{init}(\mu))| + R_\nu |r_t|_{H^*} \big), \qquad
///    r_t = w^T e^{A_\mu t} e^{A_\mathrm{prep} T}. $$
///
/// With `depth` d the last d motifs are followed exactly, so that only $\rho^{d - 1} R$ is bounded
/// by a norm: deeper is tighter, at n^(d+1) histories for n motifs. Depth 1 costs n^2.
/// [`usual_depth`] suggests one.
///
/// With another [`Input`](crate::preparation::Input) the maps $M_\mu$ are the same, and the state
/// $x_\mathrm{init}(\mu)$ from which preparation ends where it should is another: rest, where the input
/// compensates for the transition.
///
/// Euclidean norm, the preparatory Gramian's and the library's own are tried; the smallest bound is
/// kept.
///
/// # Errors
/// No motifs, a transition off the grid, depth 0 or too deep for the size of the library, or maps
/// that contract in none of the norms ([`Error::NotContracting`]: prepare longer).
pub fn certify(network: &Network, transition: f64, depth: usize) -> Result<Certificate> {
    let simulator = Simulator::new(network, transition)?;
    let count = network.motifs().len();
    let histories = u32::try_from(depth).ok().and_then(|depth| count.checked_pow(depth));
    if depth == 0 || depth > MOST_DEPTH || histories.is_none_or(|h| h > MOST_HISTORIES) {
        let expected = "1, or deeper up to 100 while motifs^depth stays below 200000";
        return Err(Error::OutOfRange { what: "depth of the certificate", expected, given: depth as f64 });
    }
    let maps = Maps::new(&simulator)?;
    let candidates = [
        Weighted::euclidean(network.system().units()),
        Weighted::preparation(network.preparation().system()),
        Weighted::library(&maps.maps),
    ];
    let mut best: Option<(f64, Weighted, Balls)> = None;
    let mut refusals = Vec::new();
    for norm in candidates {
        match norm.and_then(|norm| Ok((Balls::new(&maps, &norm)?, norm))) {
            Ok((balls, norm)) => {
                let bound = errors(&maps, &norm, &balls, 1)?[0].max();
                if best.as_ref().is_none_or(|(least, ..)| bound < *least) {
                    best = Some((bound, norm, balls));
                }
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    match best {
        Some((_, norm, balls)) => assemble(&simulator, &maps, &norm, balls, depth),
        None => Err(least_contraction(refusals)),
    }
}

/// Why no norm would do: the smallest factor that was found, or why not even a norm could be built.
fn least_contraction(refusals: Vec<Error>) -> Error {
    let factor = |error: &Error| match error {
        Error::NotContracting { contraction } => *contraction,
        _ => f64::NAN, // after all numbers
    };
    let least = refusals.into_iter().min_by(|a, b| factor(a).total_cmp(&factor(b)));
    least.unwrap_or(Error::NotContracting { contraction: f64::INFINITY })
}

fn assemble(
    simulator: &Simulator,
    maps: &Maps,
    norm: &Weighted,
    balls: Balls,
    depth: usize,
) -> Result<Certificate> {
    let count = maps.len();
    let shallow = errors(maps, norm, &balls, 1)?;
    let deep = if depth == 1 { shallow.clone() } else { errors(maps, norm, &balls, depth)? };
    let [shallow_sup, shallow_rms, exact_sup_error, exact_rms_error] = shallow;
    // A deeper bound is another valid one; the smaller of two valid bounds is valid.
    let (sup, rms) = (deep[0].zip_map(&shallow_sup, f64::min), deep[1].zip_map(&shallow_rms, f64::min));
    let size = norm.euclidean_size()?;
    let allowances = (0..count).map(|mu| Allowance::new(simulator, maps, mu)).collect::<Result<Vec<_>>>()?;
    let rounding = |table: DMatrix<f64>| {
        DMatrix::from_fn(count, count, |mu, nu| table[(mu, nu)] + allowances[mu].of(maps.starts[mu].norm()))
    };
    let carried_deviation =
        (0..count).map(|mu| (&balls.centres[mu] - &maps.ends[mu]).norm() + size * balls.radii[mu]).collect();
    let starts =
        (0..count).map(|mu| start_data(maps, norm, &balls, mu, &allowances[mu])).collect::<Result<_>>()?;
    Ok(Certificate {
        transition: simulator.transition(),
        depth,
        norm: norm.kind,
        weight: norm.weight.clone(),
        contraction: balls.contraction,
        centres: balls.centres,
        radii: balls.radii,
        sup_error: rounding(sup),
        rms_error: rounding(rms),
        shallow_sup: rounding(shallow_sup),
        exact_sup_error,
        exact_rms_error,
        carried_deviation,
        starts,
        fingerprint: super::verify::fingerprint(simulator.network()),
    })
}

/// Where bounds and what is played may differ although both are right: rounding, and the loop's
/// own.
struct Allowance {
    /// What its readout from x_init differs from its exponentials.
    own: f64,
    /// Per unit of the state's norm.
    relative: f64,
}

impl Allowance {
    fn new(simulator: &Simulator, maps: &Maps, mu: usize) -> Result<Self> {
        let learned = simulator.network().motif(mu)?;
        let readout = simulator.play(mu, &DMatrix::from_columns(std::slice::from_ref(&maps.starts[mu])))?;
        let found = readout.iter().zip(learned.played()).map(|(y, e)| (y - e).abs()).fold(0.0, f64::max);
        let gain = maps.rows[mu].row_iter().map(|row| row.norm()).fold(0.0, f64::max);
        let relative = ROUNDING * (gain + simulator.network().system().single_readout()?.norm());
        Ok(Self { own: AMPLIFIED * found, relative })
    }

    fn of(&self, size: f64) -> f64 {
        self.own + self.relative * size
    }
}

fn start_data(
    maps: &Maps,
    norm: &Weighted,
    balls: &Balls,
    mu: usize,
    allowance: &Allowance,
) -> Result<StartData> {
    let rows = &maps.rows[mu];
    let origin = maps.apply(mu, &DVector::zeros(maps.starts[mu].len()));
    let own = allowance.of(maps.starts[mu].norm());
    Ok(StartData {
        offset: (rows * &maps.references[mu] - &maps.offsets[mu]).iter().map(|y| y.abs() + own).collect(),
        gain: rows.row_iter().map(|row| row.norm() + allowance.relative).collect(),
        weighted_gain: norm.of_rows(rows).into_iter().fold(0.0, f64::max),
        origin: norm.of(&(origin - &balls.centres[mu])),
        reach: norm.of_euclidean_map(&maps.maps[mu])?,
    })
}

/// States in which a motif can end: centres (columns) with radii.
#[derive(Debug, Clone)]
struct Histories {
    centres: DMatrix<f64>,
    radii: Vec<f64>,
}

/// Of every ordered pair (rows: the motif, columns: its predecessor): bounds on the sup and RMS error,
/// and both errors from the predecessor's ideal end.
fn errors(maps: &Maps, norm: &Weighted, balls: &Balls, depth: usize) -> Result<[DMatrix<f64>; 4]> {
    let count = maps.len();
    let ends: Vec<Histories> = maps.ends.iter().map(|end| Histories::of(end, 0.0)).collect();
    let mut sets: Vec<Histories> = balls
        .centres
        .iter()
        .zip(&balls.radii)
        .map(|(centre, radius)| Histories::of(centre, *radius))
        .collect();
    let mut ideal = ends.clone();
    for _ in 1..depth {
        sets = follow(maps, balls, &sets);
        // Sequences that began recently, at an ideal end, have no longer history.
        let followed = follow(maps, balls, &ideal);
        ideal = ends.iter().zip(&followed).map(|(end, more)| Histories::join([end, more])).collect();
    }
    let rows: Vec<Vec<[f64; 4]>> = (0..count)
        .into_par_iter()
        .map(|mu| {
            let duals = norm.of_rows(&maps.rows[mu]);
            let gain = norm.of_rows_together(&maps.rows[mu])? / (maps.rows[mu].nrows() as f64).sqrt();
            let bound = |histories: &Histories| histories.bound(maps, mu, &duals, gain);
            let of_pair = |nu: usize| {
                let (tail, recent, exact) = (bound(&sets[nu]), bound(&ideal[nu]), bound(&ends[nu]));
                [tail.0.max(recent.0), tail.1.max(recent.1), exact.0, exact.1]
            };
            Ok((0..count).map(of_pair).collect())
        })
        .collect::<Result<_>>()?;
    Ok([0, 1, 2, 3].map(|kind| DMatrix::from_fn(count, count, |mu, nu| rows[mu][nu][kind])))
}

/// One motif further: what every motif makes of every motif's possible ends.
fn follow(maps: &Maps, balls: &Balls, sets: &[Histories]) -> Vec<Histories> {
    (0..maps.len())
        .into_par_iter()
        .map(|mu| {
            let all = Histories::join(sets);
            let mut centres = &maps.maps[mu] * all.shifted(&maps.references[mu]);
            centres.column_iter_mut().for_each(|mut z| z += &maps.images[mu]);
            let radii = all.radii.iter().map(|r| r * balls.contraction[mu]).collect();
            Histories { centres, radii }
        })
        .collect()
}

impl Histories {
    fn of(centre: &DVector<f64>, radius: f64) -> Self {
        Self { centres: DMatrix::from_columns(std::slice::from_ref(centre)), radii: vec![radius] }
    }

    fn join<'a>(sets: impl IntoIterator<Item = &'a Self> + Clone) -> Self {
        let columns: Vec<_> = sets.clone().into_iter().flat_map(|s| s.centres.column_iter()).collect();
        let radii = sets.into_iter().flat_map(|s| s.radii.iter().copied()).collect();
        Self { centres: DMatrix::from_columns(&columns), radii }
    }

    fn shifted(&self, origin: &DVector<f64>) -> DMatrix<f64> {
        let mut shifted = self.centres.clone();
        shifted.column_iter_mut().for_each(|mut z| z -= origin);
        shifted
    }

    /// Largest sup and RMS readout error of motif mu from any of these states.
    fn bound(&self, maps: &Maps, mu: usize, duals: &[f64], gain: f64) -> (f64, f64) {
        let rows = &maps.rows[mu];
        let mut readout = product(view(rows), view(&self.shifted(&maps.references[mu])));
        readout.column_iter_mut().for_each(|mut y| y += &maps.offsets[mu]);
        let (mut sup, mut rms) = (0.0_f64, 0.0_f64);
        for (y, radius) in readout.column_iter().zip(&self.radii) {
            let peak = y.iter().zip(duals).map(|(y, g)| y.abs() + radius * g).fold(0.0, f64::max);
            sup = sup.max(peak);
            rms = rms.max(y.norm() / (y.len() as f64).sqrt() + radius * gain);
        }
        (sup, rms)
    }
}
