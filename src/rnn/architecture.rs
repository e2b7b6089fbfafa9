//! The three architectures and what each learns.

/// How motifs enter a tanh network with connectivity `J`, gain `g` and readout `y = w^T tanh(x)`.
///
/// | | dynamics | learned | units |
/// |---|---|---|---|
/// | additive | $\dot x = -x + g J \tanh x + b_\mu$ | $b_\mu$ | 300 |
/// | multiplicative | $\dot x = -x + (g J + u_\mu v_\mu^T) \tanh x + b_\mu$ | $b_\mu, u_\mu, v_\mu$ | 100 |
/// | control | $\dot x = -x + g J \tanh x + b_\mu$ | $J, w, b_\mu$ | 50 |
///
/// Time is in tau. The defaults ([`TanhOptions::new`](super::TanhOptions::new)) give each about as many learned
/// parameters for ten motifs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Architecture {
    /// A bias per motif.
    Additive,
    /// A bias and a rank-one loop per motif.
    Multiplicative,
    /// A bias per motif, and connectivity and readout learned for all motifs together.
    Control,
}

impl Architecture {
    /// All three, in the paper's order.
    pub const ALL: [Self; 3] = [Self::Additive, Self::Multiplicative, Self::Control];

    /// Name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Multiplicative => "multiplicative",
            Self::Control => "control",
        }
    }

    /// Parameters learned for one motif alone, with `units` N: `N`, `3 N` or `N`.
    ///
    /// Their values do not depend on any other motif, except in the control network.
    pub fn parameters_per_motif(self, units: usize) -> usize {
        match self {
            Self::Multiplicative => 3 * units,
            Self::Additive | Self::Control => units,
        }
    }

    /// Parameters learned for all motifs together: `N^2 + N` in the control network, else none.
    pub fn shared_parameters(self, units: usize) -> usize {
        if self == Self::Control { units * units + units } else { 0 }
    }

    /// Learned parameters for a library (Table 1 of the paper: 3000, 3000 and 3050 for ten motifs).
    ///
    /// ```
    /// use thalamo::rnn::Architecture;
    /// assert_eq!(Architecture::Additive.learned_parameters(300, 10), 3000);
    /// assert_eq!(Architecture::Multiplicative.learned_parameters(100, 10), 3000);
    /// assert_eq!(Architecture::Control.learned_parameters(50, 10), 3050);
    /// ```
    pub fn learned_parameters(self, units: usize, motifs: usize) -> usize {
        self.shared_parameters(units) + motifs * self.parameters_per_motif(units)
    }

    pub(super) fn has_loops(self) -> bool {
        self == Self::Multiplicative
    }
}
