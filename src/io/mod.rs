//! Files (feature `io`): motifs, fits, networks and trajectories.
//!
//! | file | holds | as |
//! |---|---|---|
//! | motifs `.npz`, `.csv`, `.json` | one array, column or list per motif | `Vec<NamedMotif>`, with its time step |
//! | `net.npz` | `J` (N, N), optionally `gain`, or `A`; `w` (N) | [`System`](crate::System), with its gain |
//! | `model.npz` | a network with all its motifs | [`Model`] |
//! | checkpoint `.npz` | a tanh network in training | [`Checkpoint`](crate::rnn::Checkpoint) |
//! | `fits.json` | exponentials with their errors | [`Fits`] |
//! | state `.npy`, `.csv`, `.json` | one number per unit | `DVector<f64>` |
//! | `traj.npz` | `t`, `y`, `phase`, `target`, optionally `x` | [`write_trajectories`] |
//!
//! [`read`], [`read_with`] and [`write()`] take and give any of them; [`decode`] and [`encode`] do
//! so in memory.
//!
//! All `.npz` files are read by `numpy.load` without pickle, and those that numpy writes are read
//! here, in C or Fortran order, compressed or not. Files are written whole or not at all: to a
//! temporary neighbour that is renamed when it is complete. Numbers keep their bits. What is read
//! is validated: shapes, types, finite numbers, and for a model everything that its numbers imply
//! about each other. Errors name the file, the array or row, what was expected, what was given and
//! what to do ([`Error::InFile`](crate::Error::InFile)).
//!
//! ```
//! use thalamo::io::{Model, read, write};
//! # use thalamo::{Cortex, Network, NetworkOptions, motif::oscillating_motifs};
//! # let mut options = NetworkOptions::default();
//! # options.preparation.rank = Some(15);
//! # let network = Network::build(Cortex::random(40, 0.5, 1)?, &oscillating_motifs(1, 1)?, &options, 1)?;
//! # let folder = std::env::temp_dir().join(format!("thalamo-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! let path = folder.join("model.npz");
//! let model = Model::new(network, 5.0)?;
//! write(&path, &model)?;
//! let again: Model = read(&path)?;
//! assert_eq!(again.network.motifs(), model.network.motifs()); // to the bit
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod content;
mod delimited;
mod files;
mod fits;
mod header;
mod json;
mod model;
mod motifs;
mod net;
mod npz;
mod series;
mod source;
mod state;
mod stored;
mod summary;
mod table;
mod tanh;
mod trajectories;
mod upgrade;

pub use files::{check_output, write_whole};
pub use fits::{Fits, NamedFit};
pub use model::Model;
pub use motifs::{NamedMotif, time_step};
pub use stored::{Stored, decode, encode, read, read_with, write};
pub use summary::{DirectSummary, MotifSummary, PlacedSummary, PreparationSummary, Summary};
pub use trajectories::write_trajectories;
