//! The gate: what is measured of motifs is what sequences show, and warnings go where their remedies are
//! followed.

use crate::support::*;
use nalgebra::{DMatrix, DVector};
use rand_distr::{Distribution, StandardNormal};
use thalamo::analysis::{MotifQuality, Predecessor, QualityWarning, quality};
use thalamo::direct::DirectOptions;
use thalamo::motif::Motif;
use thalamo::network::DesignedLoop;
use thalamo::play::{Keep, Sequence, Simulator, Start};
use thalamo::{Cortex, Network, NetworkOptions, Rate, System};

fn rms(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    (values.map(|x| x * x).sum::<f64>() / count).sqrt()
}

fn played(simulator: &Simulator, motifs: &[usize], start: Start) -> f64 {
    let run = simulator.run(&Sequence::new(motifs).unwrap(), &start, None, Keep::Readout).unwrap();
    *run.rmse().last().unwrap()
}

/// Error of the fit at the samples of a motif, by its exponentials one after the other.
fn fitted(network: &Network, motif: usize) -> f64 {
    let learned = &network.motifs()[motif];
    let errors = learned.motif().times().zip(learned.motif().values());
    rms(errors.map(|(t, y)| learned.placed().unwrap().0.evaluate(t) - y).collect::<Vec<_>>().into_iter())
}

#[test]
fn errors_are_those_of_sequences() {
    let network = small_network(3, 7);
    let simulator = Simulator::new(&network, 3.0).unwrap();
    let found = quality(&simulator).unwrap();
    assert_eq!(found.motifs.len(), 3);
    for (motif, of) in found.motifs.iter().enumerate() {
        let target = network.motifs()[motif].motif();
        let mean = target.values().iter().sum::<f64>() / target.len() as f64;
        let unit = rms(target.values().iter().map(|y| y - mean));
        let errors: Vec<f64> =
            (0..3).map(|before| played(&simulator, &[before, motif], Start::Rest) / unit).collect();
        let worst = (0..3).max_by(|&a, &b| errors[a].total_cmp(&errors[b])).unwrap();
        assert_eq!((of.after, of.constant), (Predecessor::Motif(worst), false));
        for (value, expected) in [
            (of.worst, errors[worst]),
            (of.mean, errors.iter().sum::<f64>() / 3.0),
            (of.fit, fitted(&network, motif) / unit),
        ] {
            assert!((value / expected - 1.0).abs() < 1e-9, "{value} {expected}");
        }
    }
}

/// The only motif follows itself and random states; errors of a constant one are over its size.
#[test]
fn a_single_constant_motif() {
    let motif = Motif::new(0.1, vec![-2.0; 200]).unwrap();
    let mut options = short_options();
    options.fit = options.fit.with(|o| (o.start, o.scale) = (thalamo::fit::FitStart::Free, None));
    options.scale = None;
    let cortex = System::from(Cortex::random(40, 0.5, 3).unwrap());
    let network = Network::build(cortex, &[motif], &options, 5).unwrap();
    let simulator = Simulator::new(&network, 2.0).unwrap();
    let of = quality(&simulator).unwrap().motifs[0];
    let mut rng = rng(5);
    rng.set_stream(0);
    let states: DMatrix<f64> = DMatrix::from_fn(40, 16, |_, _| StandardNormal.sample(&mut rng));
    let from = |column| Start::State(DVector::from_column_slice((2.0 * states.column(column)).as_slice()));
    let random = rms((0..16).map(|column| played(&simulator, &[0], from(column)) / 2.0));
    let again = played(&simulator, &[0, 0], Start::Rest) / 2.0;
    let after = if random > again { Predecessor::RandomStart } else { Predecessor::Motif(0) };
    assert_eq!((of.constant, of.after), (true, after));
    assert!((of.worst / random.max(again) - 1.0).abs() < 1e-9, "{of:?} {random} {again}");
    assert!((of.mean / (0.5 * (random + again)) - 1.0).abs() < 1e-9);
    assert!((of.fit / (fitted(&network, 0) / 2.0) - 1.0).abs() < 1e-9);
}

/// What a warning calls enough is enough, and half of what it adds is not.
#[test]
fn a_longer_transition_helps() {
    let network = small_network(3, 7);
    let of = |transition: f64| quality(&Simulator::new(&network, transition).unwrap()).unwrap();
    let lossy = |transition| {
        let of = of(transition);
        let beyond = |m: &&MotifQuality| m.worst > (1.5 * m.fit).max(MotifQuality::NEGLIGIBLE);
        let told = of.warnings.iter().filter(|w| matches!(w, QualityWarning::Played { .. })).count();
        assert_eq!(told, of.motifs.iter().filter(beyond).count());
        told
    };
    let found = of(1.0);
    let Some(QualityWarning::Played { enough: Some(enough), transition, rank, .. }) =
        found.warnings.iter().find(|w| matches!(w, QualityWarning::Played { .. }))
    else {
        panic!("{found:?}")
    };
    assert_eq!((*transition, *rank), (1.0, Some(20)));
    assert!((enough / 0.1 - (enough / 0.1).round()).abs() < 1e-9 && *enough < 40.0, "{enough}");
    assert!(lossy(1.0) > 0 && lossy(*enough) == 0);
    let half = (5.0 * (1.0 + enough)).round() / 10.0;
    assert!(lossy(half) > 0, "{half} of {enough}");
    // By names, and with seconds where there are some.
    let warning = found.warnings.iter().find(|w| w.to_string().contains("--transition")).unwrap();
    let names = ["reach", "grasp", "wave"].map(String::from);
    let text = warning.text(&names, Some(0.02));
    assert!(text.starts_with(&format!("`{}`: played after ", names[warning.motif()])), "{text}");
    assert!(
        text.contains("the transition of 1 tau (0.02 s) limits it; prepare by --transition 0."),
        "{text}"
    );
    assert!(warning.to_string().starts_with(&format!("motif {}: played after ", warning.motif())));
}

/// Two modes are too few for what six play; six are too few where they have to lie far apart.
#[test]
fn closer_fits_help() {
    let motifs = short_motifs(2, 7);
    let warnings = |modes, separation| {
        let mut options = short_options();
        options.fit = options.fit.with(|o| (o.modes, o.separation) = (modes, Rate::PerTau(separation)));
        let cortex = System::from(Cortex::random(40, 0.5, 7).unwrap());
        let network = Network::build(cortex, &motifs, &options, 7).unwrap();
        let found = quality(&Simulator::new(&network, 30.0).unwrap()).unwrap();
        let beyond = |w: &&QualityWarning| matches!(w, QualityWarning::Fit { .. });
        let told: Vec<String> = found.warnings.iter().filter(beyond).map(ToString::to_string).collect();
        assert_eq!(told.len(), found.motifs.iter().filter(|m| m.fit > MotifQuality::FIT_LIMIT).count());
        told
    };
    let few = warnings(2, 0.1);
    assert!(
        few.iter().all(|text| text.contains("build with more --modes than 2")) && !few.is_empty(),
        "{few:?}"
    );
    let apart = warnings(6, 1.5);
    assert!(
        apart.iter().all(|text| text.contains("bound by --separation")) && !apart.is_empty(),
        "{apart:?}"
    );
    assert_eq!(warnings(6, 0.1), Vec::<String>::new());
}

/// Without a barrier, the loop of a motif that grows has an eigenvalue that grows.
#[test]
fn designs_for_errors_are_not_fragile() {
    let (smooth, growing) = (|n: f64| (0.05 * n).exp().sin(), |n: f64| (0.03 * n).exp());
    let told = |shape: fn(f64) -> f64, weight_error: f64, barrier: f64| {
        let motifs = [Motif::new(0.1, (0..100).map(|n| shape(n as f64)).collect()).unwrap()];
        let mut options = NetworkOptions::default().with(|o| o.placed_starts = Vec::new());
        options.direct = options.direct.with(|o| {
            (o.weight_error, o.barrier, o.random_starts, o.iterations) = (weight_error, barrier, 0, 60);
        });
        options.preparation.output_null = None;
        options.direct.size = 2.5e-7;
        let cortex = System::from(Cortex::random(24, 0.5, 3).unwrap());
        let network = Network::build(cortex, &motifs, &options, 5).unwrap();
        let DesignedLoop::Direct(own) = network.motifs()[0].designed() else { panic!("placed") };
        let tolerated = own.report().tolerated_error().unwrap();
        let found = quality(&Simulator::new(&network, 10.0).unwrap()).unwrap();
        let fragile = found.warnings.iter().filter(|w| matches!(w, QualityWarning::Fragile { .. }));
        let texts: Vec<String> = fragile.map(ToString::to_string).collect();
        assert_eq!(texts.len(), usize::from(tolerated < MotifQuality::TOLERATED_LIMIT), "{tolerated}");
        texts.first().cloned().unwrap_or_default()
    };
    assert_eq!(told(smooth, 0.0, DirectOptions::default().barrier), "");
    assert!(told(growing, 0.0, 0.0).ends_with("build with --preset robust, or a --weight-error"));
    assert!(told(growing, 1e-4, 0.0).ends_with("build with a larger --weight-error than 0.0001"));
}
