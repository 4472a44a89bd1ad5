//! Bounds the import cycles between the files of src/. In a cycle no file can be read alone, since each depends on all
//! others. Imports must lead from upper files to lower ones.

use std::collections::BTreeMap;

use crate::support::import_graph::ImportGraph;
use crate::support::source::sources;

/// The modules that have cycles, with the files in them. Other modules have none. Only lower these numbers.
const MAX_FILES_IN_CYCLES: &[(&str, usize)] = &[
    ("accounts", 16),
    ("config", 14),
    ("i18n", 3),
    ("inbox", 29),
    ("lib", 1),
    ("server", 7),
    ("smtpd", 6),
    ("web", 80),
];
/// The cycles of all modules.
const MAX_CYCLES: usize = 11;

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
