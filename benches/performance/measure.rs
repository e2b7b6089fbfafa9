//! Times of two routines, taken in turns, so that whatever else the machine does slows both.

use std::time::Duration;

use cpu_time::ThreadTime;

/// Seconds per call: medians over the rounds; the ratio is the median of the rounds' ratios.
#[derive(Debug, Clone, Copy)]
pub struct Comparison {
    pub ours: f64,
    pub floor: f64,
    pub ratio: f64,
}

/// How long measurements may take.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Seconds for one comparison.
    pub total: f64,
    /// Fewest rounds.
    pub rounds: usize,
}

impl Effort {
    pub const FULL: Self = Self { total: 2.0, rounds: 7 };
    pub const QUICK: Self = Self { total: 0.1, rounds: 3 };

    /// Both routines on the calling thread, in CPU time: time given to other processes does not count.
    pub fn compare(self, mut ours: impl FnMut(), mut floor: impl FnMut()) -> Comparison {
        let (repeat_ours, one_ours) = repetitions(&mut ours);
        let (repeat_floor, one_floor) = repetitions(&mut floor);
        let round = repeat_ours as f64 * one_ours + repeat_floor as f64 * one_floor;
        let rounds = ((self.total / round) as usize).clamp(self.rounds, 201);
        let pairs: Vec<(f64, f64)> =
            (0..rounds).map(|_| (timed(repeat_ours, &mut ours), timed(repeat_floor, &mut floor))).collect();
        Comparison {
            ours: median(pairs.iter().map(|p| p.0)),
            floor: median(pairs.iter().map(|p| p.1)),
            ratio: median(pairs.iter().map(|p| p.0 / p.1)),
        }
    }

    /// CPU seconds of one call: the median.
    pub fn time(self, mut routine: impl FnMut()) -> f64 {
        let (repeat, one) = repetitions(&mut routine);
        let rounds = ((0.5 * self.total / (repeat as f64 * one)) as usize).clamp(self.rounds, 201);
        median((0..rounds).map(|_| timed(repeat, &mut routine)))
    }
}

/// Calls that fill a slice far above the clock's resolution, and a first estimate of one.
fn repetitions(routine: &mut impl FnMut()) -> (usize, f64) {
    const SLICE: f64 = 1e-3;
    let mut repeat = 1;
    loop {
        let one = timed(repeat, routine);
        if one * repeat as f64 > 0.3 * SLICE {
            return (((SLICE / one) as usize).max(1), one);
        }
        repeat *= 4;
    }
}

fn timed(repeat: usize, routine: &mut impl FnMut()) -> f64 {
    let began = ThreadTime::now();
    for _ in 0..repeat {
        routine();
    }
    began.elapsed().max(Duration::from_nanos(1)).as_secs_f64() / repeat as f64
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Exponent of a power law through the points (size, time), by least squares on logarithms.
pub fn exponent(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let (mx, my) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    logs.iter().map(|(x, y)| (x - mx) * (y - my)).sum::<f64>()
        / logs.iter().map(|(x, _)| (x - mx).powi(2)).sum::<f64>()
}
