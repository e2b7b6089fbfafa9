//! The body of the fuzz target on pseudo-random bytes: no panic, no abort, no hang, nothing returned that is
//! not what was promised. `fuzz/` runs the same body under coverage guidance.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::constructors::{self, CASES, Input, Tally};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Inputs per case.
const INPUTS: u64 = 300;
/// Longest time one input may take on a busy machine: they take milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

/// Pseudo-random bytes of a length that lets most cases decode all they ask for, or of none.
fn bytes(case: usize, seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(case as u64);
    let mut bytes = vec![0; if seed == 0 { 0 } else { 200 + 20 * (seed as usize % 100) }];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Every case, on its own thread: what it met, or the input that it did not come back from.
fn run_all(inputs: u64) -> Vec<(&'static str, Tally)> {
    let mut met = Vec::new();
    for (number, &(name, case)) in CASES.iter().enumerate() {
        let (sender, receiver) = channel();
        let worker = std::thread::spawn(move || {
            let mut tally = Tally::default();
            for seed in 0..inputs {
                case(&mut Input::new(&bytes(number, seed)), &mut tally);
                let _ = sender.send(seed);
            }
            tally
        });
        let mut done = None;
        loop {
            match receiver.recv_timeout(LIMIT) {
                Ok(seed) => done = Some(seed),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{name}: no answer within {LIMIT:?} to the input after {done:?}")
                }
            }
        }
        let tally = worker.join().unwrap_or_else(|_| panic!("{name}: panicked on the input after {done:?}"));
        met.push((name, tally));
    }
    met
}

/// Every case meets results as well as refusals often: neither side is tested in vain.
#[test]
fn hostile_input_is_refused_or_answered() {
    for (name, tally) in run_all(INPUTS) {
        assert!(tally.kept >= INPUTS as usize / 10 && tally.refused >= 20, "{name}: {tally:?}");
    }
}

/// The entry point of the fuzz target takes bytes of any length, none included.
#[test]
fn any_bytes_are_an_input() {
    constructors::run(&[]);
    for first in 0..=255_u8 {
        constructors::run(&[first]);
        constructors::run(&[first, 0xff, first, 0x7f, 0xf0, 0xff]);
    }
}
