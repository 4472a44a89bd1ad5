//! The cargo commands that `bin/test` runs, recorded by a fake `cargo`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::smtp::programs::succeeds;
use crate::support::source::ROOT;

/// A fake cargo: records its arguments and prints the summaries of cargo test and nextest.
const CARGO: &str = "#!/usr/bin/env bash
echo \"$*\" >>\"$CALLS\"
echo 'test result: ok. 1 passed; 0 failed; 0 ignored'
echo '     Summary [   0.001s] 1 test run: 1 passed, 0 skipped'
";
/// The programs that bin/test needs besides cargo. PATH contains no others, so that cargo-nextest is not found.
const NEEDED: [&str; 10] = ["bash", "env", "cat", "dirname", "grep", "mktemp", "realpath", "rm", "sed", "tee"];

/// The arguments of each cargo command that `bin/test ARGUMENTS` runs, in order.
fn calls(arguments: &[&str], with_nextest: bool) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = std::env::var_os("PATH").expect("a PATH");
    for name in NEEDED {
        let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
        symlink(candidates.find(|path| path.is_file()).expect(name), folder.path().join(name)).expect("a link");
    }
    let stubs = ["cargo", "cargo-nextest"];
    for name in stubs.into_iter().take(if with_nextest { 2 } else { 1 }) {
        let stub = folder.path().join(name);
        fs::write(&stub, CARGO).expect("a program");
        fs::set_permissions(&stub, fs::Permissions::from_mode(0o755)).expect("a program");
    }
    let recorded = folder.path().join("calls");
    let mut command = Command::new(folder.path().join("bash"));
    command.arg(Path::new(ROOT).join("bin/test")).arg("--no-setup").args(arguments);
    // With TEST_POSTGRES, bin/with-postgres starts no server.
    command.env("PATH", folder.path()).env("CALLS", &recorded).env("TEST_POSTGRES", "none");
    succeeds(&command.output().expect("bin/test runs"));
    fs::read_to_string(recorded).expect("calls").lines().map(str::to_owned).collect()
}

#[test]
fn without_nextest_bin_test_runs_only_tests_and_no_benchmark() {
    let all = calls(&[], false);
    let tests: Vec<&String> = all.iter().filter(|call| call.starts_with("test ")).collect();
    assert_eq!(tests[0].trim_end(), "test --locked --no-fail-fast --lib --bins --tests --examples --");
    assert_eq!(tests[1..], ["test --locked --doc"]);
    assert!(!all.iter().any(|call| call.starts_with("bench") || call.starts_with("nextest")), "{all:?}");
}

#[test]
fn without_nextest_several_filters_select_tests_and_quick_skips_slow_ones() {
    let tests = "test --locked --no-fail-fast --lib --bins --tests --examples --";
    assert_eq!(calls(&["login", "smtp::"], false), [format!("{tests} login smtp::")]);
    assert_eq!(
        calls(&["--quick", "login"], false),
        [format!("{tests} login --skip browser:: --skip process:: --skip suites::")]
    );
}

#[test]
fn with_nextest_several_filters_select_tests() {
    assert_eq!(calls(&["login", "smtp::"], true), ["nextest run --locked --no-fail-fast login smtp::"]);
}
