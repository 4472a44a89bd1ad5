//! Which file of the library imports which, and the cycles among them. Test code is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::source::{Source, Token};

/// A module's path from the crate's root: `["mail", "parse"]`.
type ModulePath = Vec<String>;

/// The files that are reached from `src/lib.rs`, and the imports among them.
pub struct ImportGraph {
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl ImportGraph {
    /// Follows the `mod` lines from `src/lib.rs`, and resolves every path that begins with `crate`, `super`, `self`, a
    /// child module or an imported module. A path leads to the file of the longest module that it names: an item that
    /// `mod.rs` re-exports is imported from `mod.rs`, which imports it in turn.
    pub fn read(sources: &[Source]) -> Self {
        let tree = module_tree(sources);
        let mut edges = BTreeMap::new();
        for (module, source) in &tree {
            let imported = imports(source, module, &tree);
            edges.insert(source.path.clone(), imported);
        }
        ImportGraph { edges }
    }

    /// The files that import each other, directly or through others: each group of two or more is one cycle.
    pub fn cycles(&self) -> Vec<Vec<&str>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.edges.keys().map(|from| (from.as_str(), self.reach(from))).collect();
        let mut cycles: Vec<Vec<&str>> = Vec::new();
        for (file, others) in &reached {
            if !others.contains(file) || cycles.iter().any(|cycle| cycle.contains(file)) {
                continue;
            }
            cycles.push(others.iter().copied().filter(|other| reached[other].contains(file)).collect());
        }
        cycles
    }

    /// What `file` imports among `files`, to explain a cycle.
    pub fn imports_among<'g>(&'g self, file: &str, files: &[&str]) -> Vec<&'g str> {
        self.edges[file].iter().map(String::as_str).filter(|other| files.contains(other)).collect()
    }

    fn reach<'g>(&'g self, from: &'g str) -> BTreeSet<&'g str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            let next = self.edges[file].iter().map(String::as_str).filter(|other| reached.insert(*other));
            open.extend(next);
        }
        reached
    }
}

/// Each module with its file. A file that only a `mod` line under `#[cfg(test)]` declares is not in it.
fn module_tree(sources: &[Source]) -> BTreeMap<ModulePath, &Source> {
    let by_path: HashMap<&str, &Source> = sources.iter().map(|source| (source.path.as_str(), source)).collect();
    let mut tree = BTreeMap::new();
    let mut open = vec![(ModulePath::new(), by_path["src/lib.rs"])];
    while let Some((module, source)) = open.pop() {
        for name in declared(source) {
            let child: ModulePath = module.iter().cloned().chain([name]).collect();
            let stem = format!("src/{}", child.join("/"));
            let file =
                [format!("{stem}.rs"), format!("{stem}/mod.rs")].iter().find_map(|path| by_path.get(path.as_str()));
            open.extend(file.map(|file| (child, *file)));
        }
        tree.insert(module, source);
    }
    tree
}

/// The names in `mod name;`.
fn declared(source: &Source) -> Vec<String> {
    let names = source.tokens.windows(3).filter_map(|three| match three {
        [(Token::Word(word), _), (Token::Word(name), _), (Token::Mark(';'), _)] if word == "mod" => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

fn imports(source: &Source, module: &ModulePath, tree: &BTreeMap<ModulePath, &Source>) -> BTreeSet<String> {
    let paths: Vec<Vec<String>> = source.paths().into_iter().map(|(path, _)| path).collect();
    // Modules by the names that this file gives them: its children, and those that it imports whole.
    let mut known: HashMap<String, ModulePath> = HashMap::new();
    for name in declared(source) {
        let child = module.iter().cloned().chain([name.clone()]).collect();
        known.insert(name, child);
    }
    for path in &paths {
        let path: Vec<String> = path.iter().filter(|word| *word != "self" || path[0] == "self").cloned().collect();
        let whole = absolute(&path, module, &known).filter(|whole| tree.contains_key(whole));
        if let (Some(whole), Some(name)) = (whole, path.last().filter(|_| path.len() > 1)) {
            known.entry(name.clone()).or_insert(whole);
        }
    }
    let mut found = BTreeSet::new();
    for path in paths.iter().filter(|path| path.len() > 1) {
        let Some(mut target) = absolute(path, module, &known) else { continue };
        while !tree.contains_key(&target) {
            target.pop();
        }
        found.insert(tree[&target].path.clone());
    }
    // Paths that stay in the file, as in `Self::x` of an inline module.
    found.remove(&source.path);
    found
}

/// `path` from the crate's root, if it leads there.
fn absolute(path: &[String], module: &ModulePath, known: &HashMap<String, ModulePath>) -> Option<ModulePath> {
    let first = path.first()?.as_str();
    let supers = path.iter().take_while(|word| *word == "super").count();
    let (base, rest) = match first {
        "crate" => (ModulePath::new(), &path[1..]),
        "self" => (module.clone(), &path[1..]),
        "super" => (module[..module.len().checked_sub(supers)?].to_vec(), &path[supers..]),
        name => (known.get(name)?.clone(), &path[1..]),
    };
    Some(base.into_iter().chain(rest.iter().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let sources: Vec<Source> = files.iter().map(|(path, text)| Source::of(path, text)).collect();
        let graph = ImportGraph::read(&sources);
        graph.cycles().into_iter().map(|cycle| cycle.into_iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn files_that_import_each_other_are_a_cycle_whatever_the_form_of_the_path() {
        for (a, b) in [
            ("use super::b::B;", "use crate::m::a::A;"),
            ("use crate::m::b; fn f() { b::g(); }", "fn g() { super::a::f() }"),
            ("use super::{b::{self, B}, C};", "use super::a;"),
        ] {
            let files =
                [("src/lib.rs", "mod m;"), ("src/m/mod.rs", "mod a; mod b;"), ("src/m/a.rs", a), ("src/m/b.rs", b)];
            assert_eq!(cycles_of(&files), [["src/m/a.rs", "src/m/b.rs"]], "{a} {b}");
        }
    }

    #[test]
    fn a_re_export_that_a_child_uses_is_a_cycle() {
        let files = [
            ("src/lib.rs", "mod m;"),
            ("src/m/mod.rs", "mod a; mod b; pub use a::A;"),
            ("src/m/a.rs", "use super::b::B;"),
            ("src/m/b.rs", "use super::A;"),
        ];
        assert_eq!(cycles_of(&files), [["src/m/a.rs", "src/m/b.rs", "src/m/mod.rs"]]);
    }

    #[test]
    fn imports_in_one_direction_and_of_tests_are_no_cycle() {
        let files = [
            ("src/lib.rs", "mod m; #[cfg(test)] mod samples; pub use m::a::A;"),
            ("src/m/mod.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
            ("src/m/a.rs", "use super::b::B; use std::fmt; #[cfg(test)] mod tests { use crate::m::A; }"),
            ("src/m/b.rs", "// super::a\nfn f() { let a = \"super::a::A\"; Self::g(); }"),
            ("src/samples.rs", "use crate::m::A;"),
        ];
        assert_eq!(cycles_of(&files), Vec::<Vec<String>>::new());
    }
}
