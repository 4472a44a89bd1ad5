//! Bounds the import cycles between the files of src/. In a cycle no file can be read alone, since each depends on all
//! others. Imports must lead from upper files to lower ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::documents::document;
use crate::support::import_graph::ImportGraph;
use crate::support::source::sources;

/// The modules that have cycles, with the files in them. Other modules have none. Only lower these numbers.
const MAX_FILES_IN_CYCLES: &[(&str, usize)] = &[("web", 80)];
/// The cycles of all modules.
const MAX_CYCLES: usize = 1;

/// The most files of a walk in ARCHITECTURE.md.
const MAX_WALK: usize = 20;

#[test]
fn import_cycles_between_files_only_become_fewer() {
    let sources = sources();
    let graph = ImportGraph::read(&sources);
    let cycles = graph.cycles();
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    for cycle in &cycles {
        println!("cycle of {} files:", cycle.len());
        for file in cycle {
            println!("  {file} imports {}", graph.imports_among(file, cycle).join(", "));
            *files.entry(module_of(file)).or_default() += 1;
        }
    }
    println!("{} import cycles with {} files: {files:?}", cycles.len(), files.values().sum::<usize>());
    for (module, count) in &files {
        let max = MAX_FILES_IN_CYCLES.iter().find(|(name, _)| name == module).map_or(0, |(_, max)| *max);
        assert!(*count <= max, "{module}: {count} files are in import cycles, at most {max} may be");
    }
    assert!(cycles.len() <= MAX_CYCLES, "{} import cycles, at most {MAX_CYCLES} may be", cycles.len());
}

/// `mail` for `src/mail/address.rs`, `clock` for `src/clock.rs`.
fn module_of(file: &str) -> &str {
    file.strip_prefix("src/").and_then(|inner| inner.split(['/', '.']).next()).unwrap_or(file)
}

/// `documents` checks that the files exist.
#[test]
fn a_walk_through_the_code_has_few_files() {
    let text = document("ARCHITECTURE.md");
    let walks = text.split("## Walks").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the section");
    let mut walks_seen = 0;
    for walk in walks.split("\n**").skip(1) {
        let steps = walk.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        let names = steps.flat_map(|line| line.split('`').skip(1).step_by(2).filter(|name| name.contains('/')));
        let files: BTreeSet<&str> = names.collect();
        let title = walk.lines().next().unwrap_or_default();
        println!("{title}: {} files", files.len());
        assert!((5..=MAX_WALK).contains(&files.len()), "{title}: {} files, at most {MAX_WALK} may be", files.len());
        walks_seen += 1;
    }
    assert_eq!(walks_seen, 3, "ARCHITECTURE.md has the walks");
}
