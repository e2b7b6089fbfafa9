//! What the library promises, one module per promise, grouped as the concepts of the library are.

mod support;

mod certificate;
mod cortex;
mod documents;
mod figure;
mod motif;
mod optim;
mod system;

mod linalg {
    mod edges;
    mod eigen;
    mod kernel;
    mod lyapunov;
    mod propagation;
    mod spectra;
}

mod fit {
    mod constraints;
    mod errors;
    mod quality;
    mod recovery;
    mod rounding;
}

mod loops {
    mod feasibility;
    mod motif_loop;
    mod near;
    mod placement;
    mod robustness;
}

mod direct {
    mod case;
    mod cost;
    mod design;
    mod errors;
    mod joints;
    mod module_errors;
    mod reference;
    mod slow;
}

mod preparation {
    mod module;
    mod output_null;
}

mod network {
    mod build;
    mod equivariance;
    mod guarantees;
    mod inputs;
    mod systems;
}

mod play {
    mod input;
    mod simulator;
}

mod analysis {
    mod expected;
    mod quality;
    mod statistics;
    mod transients;
    mod transitions;
    mod weight_errors;
}

mod rnn {
    mod gradient;
    mod stitched;
    mod training;
}

mod io {
    mod before;
    mod model;
    mod motifs;
    mod serde;
}

/// Hostile input: no panic, no hang, nothing returned that is not what was promised.
mod hostile {
    mod constructors;
    mod decoders;
    mod extremes;
    mod files;
    mod smoke;
}
