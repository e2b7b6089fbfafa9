//! Files (feature `io`): motifs, fits, networks and trajectories.
//!
//! | file | holds | functions |
//! |---|---|---|
//! | motifs `.npz`, `.csv`, `.json` | one array, column or list per motif | [`read_motifs`], [`write_motifs`] |
//! | `net.npz` | `J` (N, N), optionally `gain`, or `A`; `w` (N) | [`read_system`], [`write_system`] |
//! | `model.npz` | a network with all its motifs | [`read_model`], [`write_model`] |
//! | `traj.npz` | `t`, `y`, `phase`, `target`, optionally `x` | [`write_trajectories`] |
//! | checkpoint `.npz` | a tanh network in training | [`read_checkpoint`], [`write_checkpoint`] |
//! | `fits.json` | exponentials with their errors | [`read_fits`], [`write_fits`] |
//!
//! All `.npz` files are read by `numpy.load` without pickle, and those that numpy writes are read here, in C or
//! Fortran order, compressed or not. Files are written whole or not at all: to a temporary neighbour that is renamed
//! when it is complete. Numbers keep their bits. What is read is validated: shapes, types, finite numbers, and for a
//! model everything that [`Network::from_parts`](crate::Network::from_parts) verifies. [`Error`] names the file, the
//! array or row, what was expected, what was given and what to do.
//!
//! ```
//! use thalamo::io::{Model, read_model, write_model};
//! # use thalamo::{Cortex, Network, NetworkOptions, motif::oscillating_motifs, preparation::PreparationOptions};
//! # let preparation = PreparationOptions { rank: 15, ..Default::default() };
//! # let options = NetworkOptions { preparation, ..Default::default() };
//! # let network = Network::build(Cortex::random(40, 0.5, 1)?, &oscillating_motifs(1, 1)?, &options, 1)?;
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("model.npz");
//! let model = Model::new(network, 5.0)?;
//! write_model(&path, &model)?;
//! assert_eq!(read_model(&path)?.network.motifs(), model.network.motifs()); // to the bit
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod delimited;
mod error;
mod files;
mod fits;
mod json;
mod metadata;
mod model;
mod motifs;
mod net;
mod npz;
mod state;
mod summary;
mod tanh;
mod trajectories;

pub use error::{Error, Result};
pub use files::check_output;
pub use fits::{NamedFit, decode_fits, encode_fits, read_fits, write_fits};
pub use model::{Model, decode_model, encode_model, read_model, write_model};
pub use motifs::{Format, NamedMotif, decode_motifs, encode_motifs, read_motifs, write_motifs};
pub use net::{decode_system, encode_system, read_system, write_system};
pub use npz::{Npz, NpzBuilder};
pub use state::{decode_state, read_state};
pub use summary::{MotifSummary, PreparationSummary, Summary};
pub use tanh::{decode_checkpoint, encode_checkpoint, read_checkpoint, write_checkpoint};
pub use trajectories::{encode_trajectories, write_trajectories};
