//! Import cycles between the files of src/: there are none. In a cycle no file could be read alone, since each would
//! depend on all others. And the walks through the code, which pass few files.

use std::collections::BTreeSet;

use crate::documents::document;
use crate::support::import_graph::ImportGraph;
use crate::support::source::sources;

/// The most files of a walk in ARCHITECTURE.md.
const MAX_WALK: usize = 20;

#[test]
fn no_file_imports_itself_through_others() {
    let sources = sources();
    let graph = ImportGraph::read(&sources);
    let cycles = graph.cycles();
    for cycle in &cycles {
        println!("cycle of {} files:", cycle.len());
        for file in cycle {
            println!("  {file} imports {}", graph.imports_among(file, cycle).join(", "));
        }
    }
    println!("{} import cycles", cycles.len());
    assert!(cycles.is_empty(), "{} import cycles", cycles.len());
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
