//! The program, and its reports, as users meet them.

mod commands;
mod large;
mod page;
mod program;
mod readme_walk;
mod report;
mod train;
