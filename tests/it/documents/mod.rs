//! The documents against the repository: links and anchors lead somewhere, addresses are reviewed ones, and
//! the names of code that formulas refer to exist.

mod layering;
mod links;
mod names;
mod sources;
mod text;
mod width;
