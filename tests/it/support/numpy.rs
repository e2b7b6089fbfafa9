//! The random numbers of NumPy's legacy generator.

use nalgebra::DMatrix;

/// `numpy.random.RandomState`: MT19937, 53-bit doubles, normal deviates by Marsaglia's polar method.
pub(crate) struct LegacyNumpy {
    twister: rand_mt::Mt,
    spare: Option<f64>,
}

impl LegacyNumpy {
    /// The generator of a seed.
    pub(crate) fn new(seed: u32) -> Self {
        Self { twister: rand_mt::Mt::new(seed), spare: None }
    }

    fn uniform(&mut self) -> f64 {
        let (a, b) = (self.twister.next_u32() >> 5, self.twister.next_u32() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }

    /// A standard normal deviate.
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x1, x2) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let r2 = x1 * x1 + x2 * x2;
            if r2 < 1.0 && r2 != 0.0 {
                let f = (-2.0 * r2.ln() / r2).sqrt();
                self.spare = Some(f * x1);
                return f * x2;
            }
        }
    }

    /// `randn(rows, columns)`.
    pub(crate) fn matrix(&mut self, rows: usize, columns: usize) -> DMatrix<f64> {
        let values: Vec<f64> = (0..rows * columns).map(|_| self.normal()).collect();
        DMatrix::from_row_slice(rows, columns, &values)
    }
}
