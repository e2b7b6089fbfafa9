//! What is measured of a motif, and warnings where it is bad, with what to change on the command line.

use std::fmt;

/// How well a motif is fitted and played: root mean square errors over its own duration, in units of its
/// (population) standard deviation; of a constant motif, in units of its root mean square.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MotifQuality {
    /// Whether the motif is constant.
    pub constant: bool,
    /// Error of the fit: what a perfect start would give.
    pub fit: f64,
    /// Error when it is played after the worst predecessor.
    pub worst: f64,
    /// The worst predecessor.
    pub after: Predecessor,
    /// Mean error over all predecessors.
    pub mean: f64,
    /// Largest factor by which one preparation and this motif multiply a deviation of the state, $|M_\mu|$.
    pub contraction: f64,
}

/// What was there before a motif and its preparation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Predecessor {
    /// The motif of this index.
    Motif(usize),
    /// A random state of the network's scale.
    RandomStart,
}

impl MotifQuality {
    /// Largest error of a fit, in standard deviations of the motif, without a warning.
    pub const FIT_LIMIT: f64 = 0.3;
    /// Largest error when played, in errors of the fit, without a warning.
    pub const PLAYED_LIMIT: f64 = 1.5;
    /// Errors when played up to this many standard deviations are no loss, however close the fit.
    pub const NEGLIGIBLE: f64 = 0.03;
    /// Smallest relative error of every weight of a direct loop that it has to tolerate without a warning:
    /// weights of three digits. Loops by the defaults, which do not count errors, tolerate 0.1 to 10 % (step
    /// motifs on 99 units); a percent, as analog devices need, is asked for by the preset robust.
    pub const TOLERATED_LIMIT: f64 = 0.001;

    /// Largest error when played that is no loss.
    fn limit(&self) -> f64 {
        (Self::PLAYED_LIMIT * self.fit).max(Self::NEGLIGIBLE)
    }

    /// Natural logarithm of the factor by which what the start adds to the error is above its limit; 0 within
    /// it.
    pub(super) fn excess(&self) -> f64 {
        let added = |error: f64| (error * error - self.fit * self.fit).max(f64::MIN_POSITIVE).sqrt();
        if self.worst > self.limit() { (added(self.worst) / added(self.limit())).ln() } else { 0.0 }
    }

    /// What errors are measured by, in words.
    fn unit(&self) -> &'static str {
        if self.constant { "root mean square, being constant" } else { "standard deviation" }
    }
}

/// What is beyond a limit, and what to change on the command line. Displayed by the motif's index; see
/// [`text`](Self::text).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum QualityWarning {
    /// The exponentials are not close to the motif: an error above [`MotifQuality::FIT_LIMIT`].
    Fit {
        /// Index of the motif.
        motif: usize,
        /// Its errors.
        quality: MotifQuality,
        /// What lets them come closer.
        remedy: String,
    },
    /// A deviation of the state may come out of one preparation and motif larger than it went in:
    /// $|M_\mu| \ge 1$. Repeated, it may grow.
    Growing {
        /// Index of the motif.
        motif: usize,
        /// Its errors.
        quality: MotifQuality,
        /// Whether its loop was designed directly.
        direct: bool,
    },
    /// Small errors of the weights may make a directly designed loop unstable: an eigenvalue is within three
    /// standard deviations of the axis at relative errors of [`MotifQuality::TOLERATED_LIMIT`].
    Fragile {
        /// Index of the motif.
        motif: usize,
        /// The relative error at which it is three standard deviations away.
        tolerated: f64,
        /// The relative error that its loop was designed for.
        asked: f64,
    },
    /// What was played before is not forgotten: an error above [`MotifQuality::PLAYED_LIMIT`] times that of
    /// the fit.
    Played {
        /// Index of the motif.
        motif: usize,
        /// Its errors.
        quality: MotifQuality,
        /// The preparation (tau).
        transition: f64,
        /// A preparation that is enough for all motifs (tau), where one was found.
        enough: Option<f64>,
        /// Rank P of the preparatory module, where it could be larger.
        rank: Option<usize>,
        /// Duration of the motif, and the shortest and longest that suit the system (tau), where it is
        /// outside.
        unsuited: Option<[f64; 3]>,
    },
}

impl QualityWarning {
    /// Index of the motif.
    pub fn motif(&self) -> usize {
        match self {
            Self::Fit { motif, .. }
            | Self::Growing { motif, .. }
            | Self::Fragile { motif, .. }
            | Self::Played { motif, .. } => *motif,
        }
    }

    /// The warning, with the motifs' names, and, where tau is given in seconds, with times in seconds as
    /// well.
    pub fn text(&self, names: &[String], tau: Option<f64>) -> String {
        let name = |motif: usize| {
            names.get(motif).map_or_else(|| format!("motif {motif}"), |name| format!("`{name}`"))
        };
        match self {
            Self::Fit { motif, quality, remedy } => format!(
                "{}: its fit misses {} % of its {}, more than {} %; {remedy}",
                name(*motif),
                percent(quality.fit),
                quality.unit(),
                percent(MotifQuality::FIT_LIMIT),
            ),
            Self::Growing { motif, quality, direct } => format!(
                "{}: its preparation and loop multiply some deviation of the state by {}, which may grow from motif to \
                 motif; prepare by a longer --transition, or build with a larger {}",
                name(*motif),
                digits((quality.contraction * 1e3).round() / 1e3),
                if *direct { "--relative-noise or --prep-rank" } else { "--prep-rank, or fewer --modes" },
            ),
            Self::Fragile { motif, tolerated, asked } => format!(
                "{}: errors of {} % of its loop's weights bring an eigenvalue within three standard deviations of \
                 growing, and {} % should not; build with {}",
                name(*motif),
                percent(*tolerated),
                percent(MotifQuality::TOLERATED_LIMIT),
                if *asked > 0.0 {
                    format!("a larger --weight-error than {asked}")
                } else {
                    "--preset robust, or a --weight-error".into()
                },
            ),
            Self::Played { motif, quality, transition, enough, rank, unsuited } => {
                let after = match quality.after {
                    Predecessor::Motif(before) if before == *motif => "itself".into(),
                    Predecessor::Motif(before) => name(before),
                    Predecessor::RandomStart => "a random start".into(),
                };
                let both = tau.map(|tau| format!(" ({} s)", digits(transition * tau))).unwrap_or_default();
                let longer = enough.map_or("a longer --transition".into(), |enough| {
                    format!("--transition {} (enough for all motifs)", digits(enough * tau.unwrap_or(1.0)))
                });
                let larger = rank.map(|rank| format!("; a larger --prep-rank than {rank} shortens that"));
                let fit = if quality.fit < EXACT {
                    "its fit nothing".into()
                } else {
                    format!(
                        "{:.1} times the {} % of its fit",
                        quality.worst / quality.fit,
                        percent(quality.fit)
                    )
                };
                let suited = unsuited.map(|[duration, shortest, longest]| {
                    format!(
                        "; or choose --tau: the motif lasts {} tau, and this system plays motifs of {} to {} tau \
                         well",
                        digits(duration),
                        shortest.round(),
                        longest.round()
                    )
                });
                format!(
                    "{}: played after {after} it misses {} % of its {}, {fit}: the transition of {} tau{both} \
                     limits it; prepare by {longer}{}{}",
                    name(*motif),
                    percent(quality.worst),
                    quality.unit(),
                    digits(*transition),
                    larger.unwrap_or_default(),
                    suited.unwrap_or_default(),
                )
            }
        }
    }
}

impl fmt::Display for QualityWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(&[], None))
    }
}

/// A fit with a smaller error, in standard deviations, is exact but for rounding.
const EXACT: f64 = 1e-9;

/// Two digits, or more where they stand before the point.
fn percent(part: f64) -> String {
    let percent = 100.0 * part;
    if percent >= 10.0 || percent == 0.0 {
        return format!("{percent:.0}");
    }
    let places = (1.0 - percent.log10().floor()).clamp(1.0, 12.0) as usize;
    format!("{percent:.places$}")
}

/// A time without what rounding added to it.
fn digits(time: f64) -> String {
    let text = format!("{time:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
