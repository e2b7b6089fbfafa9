//! The order of the concepts: no file imports from a concept above its own, and no files import each other in
//! a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{Module, Sources};
use super::text::root;

/// The concepts of the library, lowest first. A concept is a folder or a file of `src`; those of one line may
/// use each other, as long as there is no circle.
const ORDER: [&[&str]; 19] = [
    &["error"],
    &["check", "whole", "rate"],
    &["spectrum"],
    &["linalg"],
    &["optim"],
    &["modal"],
    &["system", "cortex", "low_rank"],
    &["motif"],
    &["fit"],
    &["loops"],
    &["direct"],
    &["preparation"],
    &["network"],
    &["play"],
    &["certificate"],
    &["analysis"],
    &["rnn"],
    &["io"],
    &["report"],
];

/// Imports against the order that still wait to be turned round, from whom and from where. One that is gone
/// fails the test: the list can only shrink.
const UPWARD: [(&str, &str); 0] = [];

/// Files still in a circle, likewise; parts of a group are allowed with it.
const CIRCLES: [&[&str]; 0] = [];

type Graph = BTreeMap<Module, BTreeSet<Module>>;

fn name(module: &Module) -> String {
    module.join("::")
}

fn level(module: &Module) -> Option<usize> {
    ORDER.iter().position(|line| module.first().is_some_and(|concept| line.contains(&concept.as_str())))
}

/// Imports from a higher concept.
fn upward(graph: &Graph) -> Vec<(String, String)> {
    let all = graph.iter().flat_map(|(from, targets)| targets.iter().map(move |to| (from, to)));
    all.filter(|(from, to)| level(from).is_some() && level(to) > level(from))
        .map(|(from, to)| (name(from), name(to)))
        .collect()
}

/// Groups of files each of which reaches all others of its group.
fn circles(graph: &Graph) -> Vec<BTreeSet<Module>> {
    let reached = |from: &Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = open.pop() {
            open.extend(
                graph.get(&module).into_iter().flatten().filter(|to| seen.insert((*to).clone())).cloned(),
            );
        }
        seen
    };
    let reach: BTreeMap<&Module, BTreeSet<Module>> = graph.keys().map(|m| (m, reached(m))).collect();
    let group = |from: &Module| -> BTreeSet<Module> {
        reach[from]
            .iter()
            .filter(|to| reach.get(to).is_some_and(|back| back.contains(from)))
            .cloned()
            .collect()
    };
    let groups: BTreeSet<_> = graph.keys().map(group).filter(|g| g.len() > 1).collect();
    groups.into_iter().collect()
}

#[test]
fn every_file_has_a_place_in_the_order() {
    let graph = Sources::read("src").graph();
    assert!(graph.len() > 50, "only {} files found", graph.len());
    let lost: Vec<_> = graph.keys().filter(|m| !m.is_empty() && level(m).is_none()).map(name).collect();
    assert!(lost.is_empty(), "give them a place in ORDER: {}", lost.join(", "));
}

#[test]
fn nothing_imports_upwards() {
    let found = upward(&Sources::read("src").graph());
    let known = |pair: &(String, String)| UPWARD.contains(&(pair.0.as_str(), pair.1.as_str()));
    let wrong = found.iter().filter(|pair| !known(pair));
    let wrong = wrong.map(|(from, to)| format!("{from} imports from {to}, which is higher"));
    let gone = UPWARD.iter().filter(|(from, to)| !found.iter().any(|(f, t)| f == from && t == to));
    let gone =
        gone.map(|(from, to)| format!("{from} imports nothing from {to} any more: drop it from UPWARD"));
    let wrong: Vec<_> = wrong.chain(gone).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_imports_in_circles() {
    let packages = std::fs::read_dir(root().join("crates")).into_iter().flatten();
    let packages = packages.map(|entry| entry.expect("an entry").path().join("src"));
    let short = |path: std::path::PathBuf| path.strip_prefix(root()).expect("inside").display().to_string();
    let folders: Vec<String> = std::iter::once("src".into()).chain(packages.map(short)).collect();
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for folder in folders {
        let graph = Sources::read(&folder).graph();
        for group in circles(&graph) {
            let allowed = |known: &&[&str]| group.iter().all(|m| known.contains(&name(m).as_str()));
            if let Some(known) = CIRCLES.iter().position(|known| folder == "src" && allowed(known)) {
                used.insert(known);
                continue;
            }
            let inside = |from: &Module| {
                let targets: Vec<String> = graph[from].intersection(&group).map(name).collect();
                format!("\n    {} imports from {}", name(from), targets.join(", "))
            };
            wrong.push(format!("{folder}: a circle:{}", group.iter().map(inside).collect::<String>()));
        }
    }
    let gone = CIRCLES.iter().enumerate().filter(|(i, _)| !used.contains(i));
    wrong.extend(
        gone.map(|(_, group)| format!("no circle any more, drop it from CIRCLES: {}", group.join(", "))),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A small crate with one of each.
#[test]
fn imports_are_found() {
    let text = [
        ("", "pub mod check; pub mod fit; pub mod motif; pub use fit::Fit; pub use nalgebra;"),
        ("check", "use crate::{nalgebra::DMatrix, motif::{self as m, Motif}}; // use crate::fit::Fit;"),
        ("fit", "mod inner; mod other; pub use inner::Inner; pub struct Fit; struct Own(other::Other);"),
        ("fit::inner", "use super::Fit; /* use crate::motif::Motif; */ pub struct Inner;"),
        (
            "fit::other",
            "use super::Inner; pub struct Other; #[cfg(test)] mod tests { use super::super::Own; }",
        ),
        (
            "motif",
            "const TEXT: &str = r#\"crate::fit::Fit\"#; pub struct Motif; fn f(x: &'static crate::Fit) {}",
        ),
    ];
    let path = |name: &str| name.split("::").filter(|n| !n.is_empty()).map(str::to_owned).collect::<Module>();
    let graph = Sources::new(&text.iter().map(|(m, t)| (path(m), (*t).to_owned())).collect()).graph();
    let targets = |m: &str| graph[&path(m)].iter().map(name).collect::<Vec<_>>();
    assert_eq!(targets(""), Vec::<String>::new());
    assert_eq!(targets("check"), ["motif"]);
    assert_eq!(targets("fit"), ["fit::other"]);
    assert_eq!(targets("fit::inner"), ["fit"]);
    assert_eq!(targets("fit::other"), ["fit::inner"]);
    assert_eq!(targets("motif"), ["fit"]);
    let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(upward(&graph), [pair("check", "motif"), pair("motif", "fit")]);
    assert_eq!(circles(&graph), [BTreeSet::from(["fit", "fit::inner", "fit::other"].map(path))]);
}
