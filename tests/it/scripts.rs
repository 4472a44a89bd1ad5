//! The scripts in bin/: what `bin/test` runs, seen by a `cargo` that only writes down how it is called.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::smtp::programs::succeeds;
use crate::support::source::ROOT;

/// Writes down its arguments, and ends as cargo test and nextest do.
const CARGO: &str = "#!/usr/bin/env bash
echo \"$*\" >>\"$CALLS\"
echo 'test result: ok. 1 passed; 0 failed; 0 ignored'
echo '     Summary [   0.001s] 1 test run: 1 passed, 0 skipped'
";
/// What bin/test needs beside cargo. PATH holds nothing else, so that cargo-nextest is not found.
const NEEDED: [&str; 10] = ["bash", "env", "cat", "dirname", "grep", "mktemp", "realpath", "rm", "sed", "tee"];

/// The calls of cargo that `bin/test ARGUMENTS` makes, in order.
fn calls(arguments: &[&str], with_nextest: bool) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = std::env::var_os("PATH").expect("a PATH");
    for name in NEEDED {
        let mut places = std::env::split_paths(&path).map(|place| place.join(name));
        symlink(places.find(|place| place.is_file()).expect(name), folder.path().join(name)).expect("a link");
    }
    let stubs = ["cargo", "cargo-nextest"];
    for name in stubs.into_iter().take(if with_nextest { 2 } else { 1 }) {
        let stub = folder.path().join(name);
        fs::write(&stub, CARGO).expect("a program");
        fs::set_permissions(&stub, fs::Permissions::from_mode(0o755)).expect("a program");
    }
    let written = folder.path().join("calls");
    let mut command = Command::new(folder.path().join("bash"));
    command.arg(Path::new(ROOT).join("bin/test")).arg("--no-setup").args(arguments);
    // bin/with-postgres starts no server where one is named.
    command.env("PATH", folder.path()).env("CALLS", &written).env("TEST_POSTGRES", "none");
    succeeds(&command.output().expect("bin/test runs"));
    fs::read_to_string(written).expect("calls").lines().map(str::to_owned).collect()
}

#[test]
fn without_nextest_bin_test_runs_the_tests_alone_and_no_benchmark() {
    let all = calls(&[], false);
    let tests: Vec<&String> = all.iter().filter(|call| call.starts_with("test ")).collect();
    assert_eq!(tests[0].trim_end(), "test --locked --no-fail-fast --lib --bins --tests --examples --");
    assert_eq!(tests[1..], ["test --locked --doc"]);
    assert!(!all.iter().any(|call| call.starts_with("bench") || call.starts_with("nextest")), "{all:?}");
}

#[test]
fn without_nextest_several_words_choose_tests_and_quick_leaves_the_slow_ones_out() {
    let tests = "test --locked --no-fail-fast --lib --bins --tests --examples --";
    assert_eq!(calls(&["login", "smtp::"], false), [format!("{tests} login smtp::")]);
    assert_eq!(
        calls(&["--quick", "login"], false),
        [format!("{tests} login --skip browser:: --skip process:: --skip suites::")]
    );
}

#[test]
fn with_nextest_several_words_choose_tests_too() {
    assert_eq!(calls(&["login", "smtp::"], true), ["nextest run --locked --no-fail-fast login smtp::"]);
}
