//! The factorisations that differ between the pure Rust build and the `lapack` feature.
//!
//! Both kernels have the same three functions with the same conventions. With the feature both are compiled,
//! and the tests compare them.

#[cfg(feature = "lapack")]
pub mod lapack;
pub mod pure;

#[cfg(feature = "lapack")]
pub use lapack as active;
#[cfg(not(feature = "lapack"))]
pub use pure as active;
