//! The program, and its reports, as users meet them.

mod commands;
mod gate;
mod inputs;
mod large;
mod page;
mod preparation;
mod program;
mod readme_walk;
mod report;
mod train;
