//! Every public constructor and validator, on bytes chosen by coverage. The body is `tests/hostile`, which
//! `tests/fuzz_smoke.rs` runs on stable Rust.

#![no_main]

#[path = "../../tests/hostile/mod.rs"]
mod hostile;

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::run(data));
