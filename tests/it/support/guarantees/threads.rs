//! Promises about threads.

use rayon::ThreadPoolBuilder;

use super::Violation;

/// The same result, however many threads rayon may use: `build` runs in pools of 1, 2, ..., `most` threads,
/// and every result equals that of one thread.
///
/// No tolerance: the comparison is `PartialEq`. What is to be the same to the bit is best returned as bits,
/// [`parameter_bits`](super::parameter_bits) of a network for instance.
///
/// Keep networks, simulators and other users of rayon inside the closure: only what it runs is confined to
/// the pool.
///
/// # Errors
/// [`Violation::Differs`] with the number of threads that changes the result; [`Violation::Threads`] where a
/// pool cannot be had.
pub(crate) fn same_on_any_threads<T: PartialEq + Send>(
    most: usize,
    build: impl Fn() -> T + Sync,
) -> Result<(), Violation> {
    let run = |threads: usize| -> Result<T, Violation> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        Ok(pool.map_err(|_| Violation::Threads { threads })?.install(&build))
    };
    let alone = run(1)?;
    for threads in 2..=most {
        if run(threads)? != alone {
            return Err(Violation::Differs { what: "result", place: format!("with {threads} threads") });
        }
    }
    Ok(())
}
