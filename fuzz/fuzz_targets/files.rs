//! Every decoder of a file, on bytes chosen by coverage. The body is `tests/hostile_files/body.rs`, which the test beside
//! it runs on stable Rust.

#![no_main]

#[path = "../../tests/hostile_files/body.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
