//! Every public constructor and validator, on bytes chosen by coverage. The body is
//! `tests/it/hostile/constructors`, which `tests/it/hostile/smoke.rs` runs on stable Rust.

#![no_main]

#[path = "../../tests/it/hostile/constructors/mod.rs"]
mod constructors;
#[path = "../../tests/it/support/guarantees/mod.rs"]
mod guarantees;
mod support {
    pub(crate) use super::guarantees;
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| constructors::run(data));
