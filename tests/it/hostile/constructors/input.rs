//! Structured input from bytes: numbers, sizes, vectors and matrices, from harmless to hostile.

use arbitrary::Unstructured;
use nalgebra::{DMatrix, DVector};
use thalamo::Complex64;

/// Numbers that break careless code.
const HOSTILE: [f64; 20] = [
    0.0,
    -0.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    f64::EPSILON,
    1e300,
    -1e300,
    1e-300,
    1e160,
    1e-160,
    1e18,
    1e-9,
    1.0,
    -1.0,
];

/// Counts that overflow, exhaust memory, or never end where nobody looks.
const HUGE: [usize; 5] = [usize::MAX, usize::MAX - 1, usize::MAX / 8, 1 << 40, u32::MAX as usize];

/// A stream of decoded input; zeros once the bytes are used up.
pub(crate) struct Input<'a> {
    bytes: Unstructured<'a>,
}

/// How the entries of one vector or matrix are drawn.
#[derive(Clone, Copy)]
enum Mood {
    /// In [-2, 2].
    Tame,
    /// The same, times one extreme number.
    Scaled(f64),
    /// Every entry with an exponent of its own.
    Graded,
    /// Few distinct values, many zeros.
    Sparse,
    /// Any bits whatever.
    Hostile,
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: Unstructured::new(bytes) }
    }

    fn draw<T: arbitrary::Arbitrary<'a> + Default>(&mut self) -> T {
        self.bytes.arbitrary().unwrap_or_default()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.draw()
    }

    pub(crate) fn seed(&mut self) -> u64 {
        u64::from(self.draw::<u16>())
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: u8) -> bool {
        self.byte() % n == n - 1
    }

    /// A number in `low..=high`.
    pub(crate) fn size(&mut self, low: usize, high: usize) -> usize {
        low + usize::from(self.byte()) % (high - low + 1)
    }

    /// A small number, or once in eight times one that no memory holds.
    pub(crate) fn count(&mut self, most: usize) -> usize {
        if self.one_in(8) { HUGE[self.size(0, HUGE.len() - 1)] } else { self.size(0, most) }
    }

    /// In [-2, 2].
    pub(crate) fn tame(&mut self) -> f64 {
        f64::from(self.draw::<i16>()) / 16384.0
    }

    /// In (0, 2], or once in eight times hostile.
    pub(crate) fn positive(&mut self) -> f64 {
        if self.one_in(8) { self.hostile() } else { self.tame().abs().max(1e-3) }
    }

    /// Any bits, or one of a list.
    pub(crate) fn hostile(&mut self) -> f64 {
        match self.byte() % 4 {
            0 => f64::from_bits(self.draw()),
            1 => self.tame(),
            _ => HOSTILE[self.size(0, HOSTILE.len() - 1)],
        }
    }

    fn mood(&mut self) -> Mood {
        match self.byte() % 10 {
            0..=4 => Mood::Tame,
            5 | 6 => Mood::Scaled(self.hostile()),
            7 => Mood::Graded,
            8 => Mood::Sparse,
            _ => Mood::Hostile,
        }
    }

    fn entry(&mut self, mood: Mood) -> f64 {
        match mood {
            Mood::Tame => self.tame(),
            Mood::Scaled(by) => by * self.tame(),
            Mood::Graded => self.tame() * (f64::from(self.draw::<i8>()) * 8.0).exp2(),
            Mood::Sparse => [0.0, 0.0, 0.0, 1.0, -1.0, 0.5][self.size(0, 5)],
            Mood::Hostile => self.hostile(),
        }
    }

    pub(crate) fn numbers(&mut self, len: usize) -> Vec<f64> {
        let mood = self.mood();
        (0..len).map(|_| self.entry(mood)).collect()
    }

    pub(crate) fn vector(&mut self, len: usize) -> DVector<f64> {
        DVector::from_vec(self.numbers(len))
    }

    pub(crate) fn matrix(&mut self, rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_vec(rows, columns, self.numbers(rows * columns))
    }

    /// N x N, mostly; shifted to the left half plane every other time, once in sixteen times of another
    /// shape.
    pub(crate) fn system(&mut self, most: usize) -> DMatrix<f64> {
        let n = self.size(0, most);
        if self.one_in(16) {
            let columns = self.size(0, most);
            return self.matrix(n, columns);
        }
        let mut a = self.matrix(n, n);
        if self.one_in(2) {
            let shift = self.tame().abs() * n as f64;
            (0..n).for_each(|i| a[(i, i)] -= shift);
        }
        a
    }

    /// A vector of `len`, once in sixteen times of another length.
    pub(crate) fn near_length(&mut self, len: usize) -> DVector<f64> {
        let len = if self.one_in(16) { self.size(0, 9) } else { len };
        self.vector(len)
    }

    /// Conjugate-closed, mostly, with up to `most` members in the left half plane.
    pub(crate) fn spectrum(&mut self, most: usize) -> Vec<Complex64> {
        let modes = self.size(0, most);
        let mood = self.mood();
        let mut values = Vec::new();
        while values.len() < modes {
            let (re, im) = (-self.entry(mood).abs(), self.entry(mood));
            if values.len() + 1 == modes || self.one_in(4) {
                values.push(Complex64::new(re, 0.0));
            } else {
                values.extend([Complex64::new(re, im), Complex64::new(re, -im)]);
            }
        }
        if self.one_in(8) {
            let lone = Complex64::new(self.hostile(), self.hostile());
            values.push(lone);
        }
        if self.one_in(8)
            && let Some(&first) = values.first()
        {
            values.push(first);
        }
        values
    }

    /// One number per member of a spectrum, conjugate where it is, mostly.
    pub(crate) fn amplitudes(&mut self, spectrum: &[Complex64]) -> Vec<Complex64> {
        let mood = self.mood();
        let mut values: Vec<Complex64> = Vec::new();
        for (k, z) in spectrum.iter().enumerate() {
            let partner = spectrum[..k].iter().position(|s| *s == z.conj() && z.im != 0.0);
            let own = Complex64::new(self.entry(mood), if z.im == 0.0 { 0.0 } else { self.entry(mood) });
            values.push(partner.map_or(own, |p| values[p].conj()));
        }
        if self.one_in(16) {
            values.pop();
        }
        values
    }
}
