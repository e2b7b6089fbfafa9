//! What direct designs of loops weighed, and from where they began.

use maud::{Markup, html};

use super::results::Results;
use super::table::{long, per_motif, table};

/// The parts of each objective and all starts; nothing where no loop was designed directly.
pub(super) fn designs(results: &Results<'_>) -> Markup {
    let parts = [
        ("J", "objective"),
        ("fit", "fit"),
        ("noise", "noise"),
        ("gain", "gain"),
        ("activity", "activity"),
        ("end", "end"),
        ("size", "size"),
        ("barrier", "barrier"),
        ("T abscissa", "abscissa"),
        ("errors of weights", "weight_errors"),
        ("errors of the module", "module_errors"),
    ];
    let any = results.motifs.iter().any(|motif| motif.direct.is_some());
    let paths: Vec<_> = parts.iter().map(|(_, path)| format!("direct/terms/{path}")).collect();
    let mut columns: Vec<_> =
        parts.iter().zip(&paths).map(|((head, _), p)| (*head, results.column(p))).collect();
    columns.push(("expected in a sequence", results.column("direct/expected_error")));
    columns.push(("tolerated error", results.column("direct/tolerated_error")));
    columns.push(("largest deviation (1/tau)", results.column("direct/largest_deviation")));
    columns.push(("by modes and by propagation", results.column("direct/difference")));
    html! {
        @if any {
            p { "A direct design looks for the loop and the start of a motif together: its objective J is the squared error \
                 expected in a sequence, fit and noise, with what keeps loops robust and small. Errors and states count in \
                 the network's scale, times in the motif's duration. Relative errors of a loop's weights \
                 add their square times errors of weights to the squared error; at the tolerated error, an eigenvalue is three \
                 standard deviations left of the axis, and the largest deviation is per relative error. The \
                 last column is the difference of J computed in two ways, relative to it." }
            (per_motif(results, "Direct designs", columns))
            (long("All starts of direct designs", &starts(results)))
        }
    }
}

fn starts(results: &Results<'_>) -> Markup {
    let mut rows = Vec::new();
    for (i, motif) in results.motifs.iter().enumerate() {
        let Some(direct) = &motif.direct else { continue };
        for k in 0..direct.starts.len() {
            let told = |name| results.told(&format!("info/motifs/{i}/direct/starts/{k}/{name}"));
            let cells = ["origin", "initial", "objective", "iterations", "evaluations", "status"].map(told);
            let head = html! { (results.head(i)) @if k == direct.best { " (kept)" } };
            rows.push((head, cells.to_vec()));
        }
    }
    let heads = ["motif", "start", "J at first", "J at last", "iterations", "evaluations", "ended by"];
    table("Starts of direct designs", &heads, &rows)
}
