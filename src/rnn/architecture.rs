//! The three architectures and what each learns.

/// How motifs enter a tanh network with connectivity `J`, gain `g` and readout `y = w^T tanh(x)`.
///
/// | | dynamics | learned | units |
/// |---|---|---|---|
/// | additive | $\dot x = -x + g J \tanh x + b_\mu$ | $b_\mu$ | 300 |
/// | multiplicative | $\dot x = -x + (g J + u_\mu v_\mu^T) \tanh x + b_\mu$ | $b_\mu, u_\mu, v_\mu$ | 100 |
/// | control | $\dot x = -x + g J \tanh x + b_\mu$ | $J, w, b_\mu$ | 50 |
///
/// Time is in tau. Learned for one motif alone are `N`, `3 N` and `N` numbers, for all motifs together
/// `N^2 + N` in the control network, else none. The defaults
/// ([`TanhOptions::new`](super::TanhOptions::new)) give each about as many for ten motifs: 3000, 3000
/// and 3050 (table 1 of the paper).
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

    pub(super) fn has_loops(self) -> bool {
        self == Self::Multiplicative
    }
}

/// Its name in lower case.
impl std::fmt::Display for Architecture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Additive => "additive",
            Self::Multiplicative => "multiplicative",
            Self::Control => "control",
        })
    }
}
