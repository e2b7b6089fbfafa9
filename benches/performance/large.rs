//! The whole analytic model once at N = 2000: time and memory. Only on request.

use std::time::Instant;

use thalamo::loops::Horizon;
use thalamo::optim::Objective;
use thalamo::play::{Keep, Sequence, Simulator, Start};
use thalamo::{Cortex, Network, NetworkOptions, System};

use crate::report::{Report, seconds};
use crate::setup::{Result, motif, normal, robustness};

pub fn run(report: &mut Report) -> Result {
    let units = if report.quick { 100 } else { 2000 };
    report.section(
        &format!("N = {units}, once"),
        "One step motif, K = 10, one start of u; preparation of rank N/4, at most 15 iterations. Wall-clock time on all \
         cores, peak memory of the process so far.",
    );
    report.head(&["stage", "time", "peak memory"]);
    let mut began = Instant::now();
    let mut stage = |report: &mut Report, name: &str| {
        report.row(&[name.into(), seconds(began.elapsed().as_secs_f64()), peak()]);
        began = Instant::now();
    };
    let (motif, fit) = motif()?;
    stage(report, "fit");
    let cortex = System::from(Cortex::random(units, 0.5, 1)?);
    stage(report, "cortex: eigenvectors, Gramians");
    let mut cost = robustness(&cortex, &motif, &fit, Horizon::Motif)?;
    stage(report, "placement, tables of the robustness cost");
    let (u, mut gradient) = (normal(units, 1, 1), vec![0.0; units]);
    cost.evaluate(u.as_slice(), &mut gradient);
    stage(report, "robustness cost and gradient, once");
    drop(cost);
    let options = NetworkOptions::published().with(|o| {
        o.motif_loop.starts = 1;
        o.preparation.rank = Some(units / 4);
        o.preparation.optimiser.max_iterations = 15;
    });
    let network = Network::build(cortex, &[motif], &options, 1)?;
    let module = network.preparation().report();
    let evaluations = module.history.map_or(0, |h| h.evaluations);
    stage(report, &format!("network: fit, loop, preparation ({evaluations} evaluations)"));
    let simulator = Simulator::new(&network, 5.0)?;
    let sequence = Sequence::new(&[0, 0])?;
    simulator.run(&sequence, &Start::Rest, None, Keep::Readout)?;
    stage(report, "propagators and a first sequence of two motifs");
    let run = simulator.run(&sequence, &Start::Random { std: 1.0, seed: 1 }, None, Keep::Readout)?;
    stage(report, &format!("another sequence, {} samples", run.readout.len()));
    report.line(format!(
        "\nRMSE {:.3} and {:.3} (fit {:.3}), C = {:.2}, C/N of the module {:.3}.",
        run.rmse()[0],
        run.rmse()[1],
        network.motifs()[0].rmse(),
        network.motifs()[0].noise_cost(),
        module.cost_per_unit,
    ));
    Ok(())
}

/// Peak resident memory of this process, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.map_or("unknown".into(), |kb| format!("{:.0} MB", kb / 1024.0))
}
