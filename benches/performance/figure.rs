//! Figure 3 from start to end, as its example runs it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::measure::median;
use crate::report::{Report, seconds};
use crate::setup::Result;

const TARGET: f64 = 1.5;

pub fn run(report: &mut Report) -> Result {
    if report.quick {
        return Ok(()); // continuous integration runs the examples anyway
    }
    report.section(
        "Figure 3 from start to end",
        "`fig3` of the examples, release build, in a process of its own: wall-clock and CPU time (user and system). \
         On two idle cores the wall-clock time is between half of the CPU time and all of it.",
    );
    let folder: PathBuf = std::env::temp_dir().join(format!("thalamo-fig3-{}", std::process::id()));
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--release", "--quiet", "--example", "fig3"]);
    if !build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).status()?.success() {
        return Err("the example fig3 does not build".into());
    }
    let mut program = std::env::current_exe()?;
    // target/release/deps/performance-... beside target/release/examples/fig3
    program.pop();
    program.pop();
    program.extend(["examples", "fig3"]);
    let (mut walls, mut cpus) = (vec![], vec![]);
    let mut stages = String::new();
    for _ in 0..7 {
        let (began, before) = (Instant::now(), children());
        let output = Command::new(&program).arg("--out").arg(&folder).output()?;
        walls.push(began.elapsed().as_secs_f64());
        cpus.push(children() - before);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        stages = text.lines().last().unwrap_or_default().to_string();
    }
    std::fs::remove_dir_all(&folder)?;
    let least = walls.iter().copied().fold(f64::INFINITY, f64::min);
    report.line(format!(
        "Wall clock {} (least {}), CPU {}; target {TARGET} s on two cores: {}. Last run, {stages}.",
        seconds(median(walls.iter().copied())),
        seconds(least),
        seconds(median(cpus.into_iter())),
        if least <= TARGET { "met" } else { "**missed**" }
    ));
    Ok(())
}

/// CPU seconds of all child processes that ended, where the system tells (Linux, in clock ticks of 10 ms).
fn children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(13).take(2).filter_map(|t| t.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
