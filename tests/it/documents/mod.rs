//! The documents against the repository: links and anchors lead somewhere, addresses are reviewed ones, and the names of
//! code that formulas refer to exist.

mod links;
mod names;
mod text;
