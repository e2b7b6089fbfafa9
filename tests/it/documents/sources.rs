//! The sources as a graph of files: who imports from whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::text::{files, read, root};

/// Names of a module from the root of its crate; empty for the root itself.
pub(crate) type Module = Vec<String>;

/// One `use`, or one path written out in code.
struct Import {
    /// From the root of the crate; `None` for items of other crates.
    path: Option<Module>,
    /// The name it brings into the file, if it is a `use`; `*` for everything.
    name: Option<String>,
    /// `pub use` and `pub(...) use`.
    public: bool,
}

struct File {
    imports: Vec<Import>,
    /// Names of items defined here.
    defined: BTreeSet<String>,
    /// Names used outside `use` declarations.
    used: BTreeSet<String>,
}

/// The files of one crate and what each imports, by module.
pub(crate) struct Sources {
    files: BTreeMap<Module, File>,
}

impl Sources {
    /// Reads every source file below a folder such as `src`. Binaries beside a library and unit tests are
    /// left out.
    pub(crate) fn read(folder: &str) -> Self {
        let below = root().join(folder);
        let texts: BTreeMap<Module, String> = files(folder, &["rs"])
            .iter()
            .filter(|path| !path.starts_with(below.join("bin")))
            .map(|path| (module(path.strip_prefix(&below).expect("below the folder")), read(path)))
            .collect();
        Self::new(&texts)
    }

    pub(crate) fn new(texts: &BTreeMap<Module, String>) -> Self {
        let known: BTreeSet<Module> = texts.keys().cloned().collect();
        let scan = |(module, text): (&Module, &String)| (module.clone(), scan(&tokens(text), module, &known));
        Self { files: texts.iter().map(scan).collect() }
    }

    /// The modules that each module imports from. Items are looked for where they are defined, through
    /// re-exports; what a module re-exports of its children, without using it, is no import.
    pub(crate) fn graph(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let targets = |(from, file): (&Module, &File)| {
            let wiring = |import: &&Import| {
                let path = import.path.as_deref().unwrap_or_default();
                let unused = import.name.as_ref().is_some_and(|name| !file.used.contains(name));
                import.public && unused && path.starts_with(from)
            };
            let imports = file.imports.iter().filter(|import| !wiring(import));
            let found = imports.filter_map(|import| self.resolve(import.path.as_deref()?, 0));
            (from.clone(), found.filter(|to| to != from && !to.is_empty()).collect())
        };
        self.files.iter().map(targets).collect()
    }

    /// The module where an item is defined.
    fn resolve(&self, path: &[String], depth: usize) -> Option<Module> {
        let inside = (0..=path.len()).rev().find(|&n| self.files.contains_key(&path[..n]))?;
        let (module, rest) = (path[..inside].to_vec(), &path[inside..]);
        let (file, Some(item)) = (&self.files[&module], rest.first()) else { return Some(module) };
        if file.defined.contains(item) || depth > 8 {
            return Some(module);
        }
        for import in &file.imports {
            match (import.name.as_deref(), &import.path) {
                (Some(name), path) if name == item => {
                    let full = [path.as_ref()?.as_slice(), &rest[1..]].concat();
                    return self.resolve(&full, depth + 1);
                }
                (Some("*"), Some(path)) if self.files.get(path).is_some_and(|f| f.provides(item)) => {
                    return self.resolve(&[path.as_slice(), rest].concat(), depth + 1);
                }
                _ => {}
            }
        }
        Some(module)
    }
}

impl File {
    fn provides(&self, item: &str) -> bool {
        self.defined.contains(item) || self.imports.iter().any(|i| i.name.as_deref() == Some(item))
    }
}

/// `fit/search/mod.rs` and `fit/search.rs` are `fit::search`.
fn module(path: &Path) -> Module {
    let mut names: Module =
        path.with_extension("").iter().map(|name| name.to_str().expect("a name").to_owned()).collect();
    if names.last().is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str())) {
        names.pop();
    }
    names
}

/// Words, `::` and single signs of a source, without comments, literals and unit tests.
fn tokens(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or(' ');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let after = |mut i: usize, end: &str| {
        let end: Vec<char> = end.chars().collect();
        while i < chars.len() && !chars[i..].starts_with(&end) {
            i += 1 + usize::from(end == ['"'] && chars[i] == '\\');
        }
        i + end.len()
    };
    let (mut found, mut i) = (Vec::<String>::new(), 0);
    while i < chars.len() {
        match (at(i), at(i + 1)) {
            ('/', '/') => i = after(i, "\n"),
            ('/', '*') => i = after(i, "*/"),
            ('"', _) => i = after(i + 1, "\""),
            ('\'', '\\') => i = after(i + 3, "'"),
            ('\'', _) if at(i + 2) == '\'' => i += 3,
            ('\'', _) => i += 1,
            (':', ':') => {
                found.push("::".into());
                i += 2;
            }
            (c, _) if word(c) => {
                let text: String = chars[i..].iter().copied().take_while(|&c| word(c)).collect();
                i += text.chars().count();
                let hashes = chars[i.min(chars.len())..].iter().take_while(|&&c| c == '#').count();
                if ["r", "br"].contains(&text.as_str()) && at(i + hashes) == '"' {
                    i = after(i + hashes + 1, &format!("\"{}", "#".repeat(hashes)));
                } else {
                    found.push(text);
                }
            }
            (c, _) => {
                if !c.is_whitespace() {
                    found.push(c.to_string());
                }
                i += 1;
            }
        }
    }
    without_unit_tests(found)
}

fn without_unit_tests(mut tokens: Vec<String>) -> Vec<String> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    while let Some(start) = tokens.windows(mark.len()).position(|w| w == mark) {
        let (mut depth, mut end) = (0_usize, start + mark.len());
        while end < tokens.len() {
            match tokens[end].as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            end += 1;
            if depth == 0 && ["}", ";"].contains(&tokens[end - 1].as_str()) {
                break;
            }
        }
        tokens.drain(start..end);
    }
    tokens
}

/// Imports, definitions and used names of one file.
fn scan(tokens: &[String], file: &Module, known: &BTreeSet<Module>) -> File {
    let mut found = File { imports: Vec::new(), defined: BTreeSet::new(), used: BTreeSet::new() };
    let token = |i: usize| tokens.get(i).map_or("", String::as_str);
    let (mut inline, mut depth, mut i) = (Vec::<(String, usize)>::new(), 0_usize, 0);
    while i < tokens.len() {
        let here = || [file.clone(), inline.iter().map(|(name, _)| name.clone()).collect()].concat();
        let before = if i > 0 { token(i - 1) } else { "" };
        match token(i) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.pop_if(|(_, at)| *at == depth);
            }
            "mod" if token(i + 2) == "{" => inline.push((token(i + 1).into(), depth)),
            "use" => {
                let mut paths = Vec::new();
                i = tree(tokens, i + 1, &Vec::new(), &mut paths);
                let top = inline.is_empty();
                for (path, name) in paths {
                    let path = absolute(&path, &here(), known);
                    let name = top.then_some(name);
                    found.imports.push(Import { path, name, public: ["pub", ")"].contains(&before) });
                }
                continue;
            }
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" | "macro_rules"
                if inline.is_empty() && depth == 0 =>
            {
                found.defined.insert(token(i + if token(i + 1) == "!" { 2 } else { 1 }).into());
            }
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" | "macro_rules" => {}
            name if name.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                if !["::", "."].contains(&before) {
                    found.used.insert(name.into());
                }
                if token(i + 1) == "::" && !["::", "in"].contains(&before) {
                    let mut path = vec![name.to_owned()];
                    while token(i + 1) == "::"
                        && token(i + 2).starts_with(|c: char| c.is_alphabetic() || c == '_')
                    {
                        path.push(token(i + 2).into());
                        i += 2;
                    }
                    let path = absolute(&path, &here(), known);
                    if path.is_some() {
                        found.imports.push(Import { path, name: None, public: false });
                    }
                }
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// The paths of a `use`, each with the name it gives; returns where the tree ends.
fn tree(tokens: &[String], mut i: usize, prefix: &Module, paths: &mut Vec<(Module, String)>) -> usize {
    let mut path = prefix.clone();
    while i < tokens.len() {
        match tokens[i].as_str() {
            "{" => {
                i += 1;
                while tokens[i] != "}" {
                    i = tree(tokens, i, &path, paths);
                    i += usize::from(tokens[i] == ",");
                }
                return i + 1;
            }
            "::" => i += 1,
            "as" => {
                paths.push((path, tokens[i + 1].clone()));
                return i + 2;
            }
            "*" => {
                paths.push((path, "*".into()));
                return i + 1;
            }
            "self" if !path.is_empty() => i += 1,
            "," | "}" | ";" => break,
            name => {
                path.push(name.into());
                i += 1;
            }
        }
    }
    if path.len() > prefix.len() || !path.is_empty() {
        let name = path.last().cloned().unwrap_or_default();
        paths.push((path, name));
    }
    i
}

/// A path from the root of the crate, if it leads into the crate.
fn absolute(path: &[String], here: &Module, known: &BTreeSet<Module>) -> Option<Module> {
    let mut base = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => here.clone(),
        name => {
            let child = [here.as_slice(), &[name.to_owned()]].concat();
            return known.contains(&child).then(|| [here.as_slice(), path].concat());
        }
    };
    for name in path {
        match name.as_str() {
            "crate" | "self" => {}
            "super" => {
                base.pop();
            }
            name => base.push(name.into()),
        }
    }
    Some(base)
}
