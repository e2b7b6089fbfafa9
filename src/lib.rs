//! Analytic linear algebra for the thalamocortical model of motor sequencing: from a library of motifs to a
//! network that plays them in any order.
//!
//! # The model
//!
//! Cortex is a recurrent network of N units with random connectivity and a linear readout,
//!
//! $$ \dot x = A x, \qquad A = g (J - I), \qquad y = w^T x, \qquad J_{ij}, w_i \sim N(0, 1/N). $$
//!
//! Thalamus changes its dynamics. While motif $\mu$ plays, a rank-one loop is added, and before that a
//! preparatory module of rank P with a constant input:
//!
//! $$ \text{motif:} \quad \dot x = (A + u v^T) x, \qquad\qquad
//!    \text{preparation:} \quad \dot x = (A + U V^T) x + b, \quad b = -(A + U V^T) x_\mathrm{init}. $$
//!
//! By default the loop $U V^T$ of a motif and the state s it starts from are designed together, so that the
//! error expected in a sequence is least ([`direct`]). In the paper, and in the presets `interpretable` and
//! `published`, a motif is approximated by K complex exponentials: the loop is designed such that they are
//! among the modes of the network, and the initial state such that the readout is their sum:
//!
//! $$ \hat y(t) = \sum_{k=1}^K \alpha_k e^{\hat\lambda_k t}, \qquad \hat\lambda_k \in \mathrm{spec}(A + u v^T), \qquad
//!    w^T e^{(A + u v^T) t} x_\mathrm{init} = \hat y(t). $$
//!
//! The preparatory module is the same for all motifs: its only fixed point is the start of the next one,
//! wherever the network comes from. By default another constant input comes first, which compensates for the
//! transition ([`preparation::Input`]). A new motif brings its own u, v and b and leaves everything else as
//! it is.
//!
//! Both phases are linear, so preparing motif $\mu$ for a time $T_p$ and playing it for its duration $T_\mu$
//! multiplies a deviation of the state by one matrix, and whatever a motif inherits from those before it
//! shrinks where that matrix contracts in some norm:
//!
//! $$ \delta x_\mathrm{end} = M_\mu \\, \delta x_\mathrm{start}, \qquad
//!    M_\mu = e^{(A + u v^T) T_\mu} e^{(A + U V^T) T_p}, \qquad \max_\mu \lVert M_\mu \rVert < 1. $$
//!
//! Then the readout errors of all sequences, of any order and length, have a bound: a certificate.
//!
//! # The pipeline
//!
//! | step | equation | module |
//! |---|---|---|
//! | target series | $y_n$ every dt | [`motif`] |
//! | loop and start, directly | $\min_{U, V, s} \mathrm E \lvert y - \hat y \rvert^2 + \ldots$ in closed form | [`direct`] |
//! | or exponentials | $\min \sum_n \lvert y_n - \hat y(n\\,dt) \rvert^2$ under constraints | [`fit`] |
//! | eigenvalues into cortex | $Q_{kj} = 1/(\hat\lambda_k - \lambda_j)$, $v = L^T \mathrm{diag}(L u)^{-1} Q^+ 1$ | [`loops::Placement`] |
//! | robust direction u | $\min_u C(u) = \sqrt{E\\,G/N}/T$, activity E, noise gain G, in $O(N^2)$ | [`loops::RobustnessCost`], [`loops::MotifLoop`] |
//! | preparation | $\min\\, \mathrm{tr} X + \beta N w^T M X M^T w$, $M X + X M^T + I = 0$, $M = A + U V^T$ | [`preparation::Preparation`] |
//! | library | all of the above | [`Network`], [`network`] |
//! | sequences | $x(t + dt) = c + e^{F dt} (x(t) - c)$, exact | [`play`] |
//! | errors after transitions | RMSE after every motif and from random states | [`analysis::transition_errors`] |
//! | bound for all sequences | $\max_t \lvert w^T x(t) - \hat y(t) \rvert$ after any motifs | [`certificate::certify`] |
//! | comparison | tanh networks, trained by gradient descent | [`rnn`] |
//!
//! The general parts are usable on their own: eigendecompositions that are checked, Lyapunov equations, exact
//! propagators ([`linalg`]) and an optimiser that survives infinities ([`optim`]).
//!
//! # Example
//!
//! Three smooth motifs, played in an order they were never trained in, and a bound for all orders:
//!
//! ```
//! use thalamo::certificate::certify;
//! use thalamo::motif::oscillating_motifs;
//! use thalamo::play::{Keep, Sequence, Simulator, Start};
//! use thalamo::{Cortex, Network, NetworkOptions, System};
//!
//! let motifs = oscillating_motifs(3, 1)?; // three targets, a sample every 0.1 tau, seed 1
//! let cortex = System::from(Cortex::random(60, 0.5, 1)?); // N = 60, g = 0.5/tau, seed 1
//! let network = Network::build(cortex, &motifs, &NetworkOptions::default(), 1)?;
//!
//! let simulator = Simulator::new(&network, 10.0)?; // 10 tau of preparation before each motif
//! let start = Start::Random { std: 1.0, seed: 1 };
//! let run = simulator.run(&Sequence::new(&[0, 2, 1, 0])?, &start, None, Keep::Readout)?;
//! println!("RMSE of each motif, against its target: {:.4?}", run.rmse());
//!
//! let certificate = certify(&network, 10.0, 3)?; // every sequence, of any order and any length
//! certificate.verify(&network)?; // once more, by an independent path
//! assert!(certificate.worst() < 0.01); // the readout leaves no motif's exponentials by more
//! # Ok::<(), thalamo::Error>(())
//! ```
//!
//! # Conventions
//!
//! - **Units.** Time is in units of the membrane time constant tau; rates and eigenvalues are in 1/tau.
//!   States, readout and motifs have no unit of their own.
//! - **Determinism.** Everything random takes a seed and draws from ChaCha8. The same seed gives the same
//!   bits for any number of threads, and building a library at once is the same, to the bit, as learning its
//!   motifs one by one.
//! - **Errors.** Nothing that a caller can pass makes a public function panic. Requests that cannot be met
//!   are an [`Error`] that carries the numbers and says what to do; an iteration that does not converge
//!   returns a report with a status. Results are verified: residuals and what was achieved come with them.
//! - **Conjugate symmetry.** Lists of eigenvalues are closed under conjugation and in canonical order: real
//!   ones first, then pairs, each by descending real part. Transposes are plain transposes.
//! - **Threads.** [`Network::build`] and [`analysis`] use rayon's pool; all linear algebra runs on the
//!   calling thread.
//!
//! # Features
//!
//! - `io` (default): motifs, networks and trajectories as files ([`io`]), and `Serialize` and `Deserialize`
//!   for value types; what is read passes the checks of the constructors.
//! - `lapack`: factorisations by LAPACK over the system's OpenBLAS (`libopenblas-dev`) in place of pure Rust.
//!   Set `OPENBLAS_NUM_THREADS=1`. Nothing but a Rust toolchain is needed without it.
//!
//! # References
//!
//! L. Logiaco, L. F. Abbott, S. Escola (2021), Thalamic control of cortical dynamics in a model of flexible
//! motor sequencing, Cell Reports 35:109090. L. Logiaco, S. Escola (2020), Thalamocortical motor circuit
//! insights for more robust hierarchical control of complex sequences, arXiv:2006.13332.
//!
//! All derivations are in `docs/theory.md` of the repository, symbols in `docs/notation.md`, decisions in
//! `docs/design.md`.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod analysis;
pub mod certificate;
mod check;
mod cortex;
pub mod direct;
mod error;
pub mod fit;
#[cfg(feature = "io")]
pub mod io;
pub mod linalg;
pub mod loops;
mod low_rank;
mod modal;
pub mod motif;
pub mod network;
pub mod optim;
pub mod play;
pub mod preparation;
mod rate;
pub mod rnn;
pub mod spectrum;
mod system;

pub use cortex::Cortex;
pub use error::{Error, Result, SystemError};
pub use low_rank::LowRank;
pub use nalgebra;
pub use network::{Network, NetworkOptions};
pub use num_complex::Complex64;
pub use rate::Rate;
pub use system::System;

/// The examples of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
