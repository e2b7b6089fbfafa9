//! Every decoder of a file, on bytes chosen by coverage. The body is `tests/it/hostile/decoders.rs`, which
//! `tests/it/hostile/files.rs` runs on stable Rust.

#![no_main]

#[path = "../../tests/it/hostile/decoders.rs"]
mod decoders;

libfuzzer_sys::fuzz_target!(|data: &[u8]| decoders::run(data));
