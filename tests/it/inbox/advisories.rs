//! What went wrong elsewhere, row by row, and the tests of ours that would fail if it went wrong here. A row whose test
//! is gone or was renamed fails this list.

use std::path::Path;

use crate::support::source::{ROOT, files};

/// Advisory or kind of attack; names of tests, or of transcripts with their ending.
const ROWS: &[(&str, &[&str])] = &[
    // A mail makes the server ask for addresses.
    ("CVE-2026-21859: a proxy for any URL", &["no_path_fetches_what_a_url_names"]),
    (
        "CVE-2026-23845, GHSA-j3fj-qppj-fmmc: the HTML check fetches style sheets",
        &["the_html_check_asks_for_nothing", "frameworks_clients_time_and_randomness_stand_only_where_they_belong"],
    ),
    (
        "CVE-2026-27808: the link check reaches inner addresses",
        &[
            "the_link_check_reaches_no_inner_address",
            "an_inner_address_is_refused_in_every_spelling",
            "a_name_with_one_inner_answer_is_refused_whole",
            "redirects_are_followed_only_when_asked_and_only_three_times",
        ],
    ),
    ("CVE-2026-55187: IPv6 forms that carry IPv4", &["no_form_of_an_inner_address_is_public"]),
    // Another page or a rebound name reads the mail.
    (
        "CVE-2026-22689: a WebSocket for any Origin",
        &["a_foreign_page_or_host_gets_no_socket", "another_sites_page_may_read_and_change_nothing"],
    ),
    (
        "DNS rebinding",
        &[
            "neither_a_foreign_host_nor_a_foreign_page_reaches_captured_mail",
            "the_inboxs_own_listener_is_as_closed_and_only_its_probes_answer_by_any_name",
        ],
    ),
    ("smtp4dev#1726: open to the internet", &["an_inbox_that_others_could_reach_needs_a_password"]),
    ("routes outside the password", &["a_password_covers_every_route_but_the_two_for_probes"]),
    // SMTP.
    (
        "CVE-2026-23829: CR in an address",
        &[
            "line_ends_and_controls_inside_a_line_are_refused",
            "bare-line-ends-in-commands.smtp",
            "dsn-parameters.smtp",
            "no_field_smuggles_in_a_header",
        ],
    ),
    (
        "CVE-2026-45710: no limit on DATA and send",
        &[
            "size.smtp",
            "size-parameter.smtp",
            "chunking-too-large.smtp",
            "every_route_that_takes_a_body_has_a_limit",
            "many_messages_at_once_stay_within_the_budget",
        ],
    ),
    ("CVE-2026-48824: the sibling routes had none either", &["every_route_that_takes_a_body_has_a_limit"]),
    (
        "CVE-2026-67445, GHSA-r553-m4fv-5v97: a line without end, as command and in DATA",
        &["lines_without_end_cost_no_memory", "line-limit.smtp"],
    ),
    ("endless headers", &["header-limit.smtp", "a_header_of_a_megabyte_is_refused_and_its_beginning_kept"]),
    ("SMTP smuggling", &["only_cr_lf_dot_cr_lf_ends_a_message", "end-of-data.smtp"]),
    (
        "CVE-2011-0411: commands before the handshake; STARTTLS stripped",
        &["what_is_sent_before_the_handshake_is_forgotten_with_all_that_was_said", "starttls-argument.smtp"],
    ),
    ("guessed passwords", &["auth-brute-force.smtp"]),
    ("slow clients", &["a_client_that_drips_bytes_gets_no_longer_than_an_idle_one", "slow-data.smtp"]),
    ("too many connections", &["surplus_connections_are_told_to_come_back"]),
    ("10,000 recipients", &["ten_thousand_recipients_are_answered_and_a_thousand_kept", "recipient-limit.smtp"]),
    ("MailCrab: RSET keeps recipients", &["rset-forgets.smtp"]),
    // What is in the mail.
    (
        "CVE-2022-50908, smtp4dev#1148, Swoosh#1124: stored XSS",
        &[
            "no_view_of_a_hostile_mail_lets_its_markup_through",
            "whatever_a_mail_brings_is_answered_without_origin_and_script",
        ],
    ),
    ("CVE-2024-27448: a path out of a Content-ID or file name", &["file_names_stay_names", "a_file_name_stays_a_name"]),
    ("GHSA-qx5x-85p8-vg4j, letter_opener_web#110: paths out of ids", &["exported_files_are_named_by_us_alone"]),
    ("maildev#531: MIME bombs", &["bombs_end_in_a_marked_view_in_ordinary_time"]),
    ("GHSA-75mr-qw9x-3r39: pixel bombs", &["a_pixel_bomb_is_not_decoded"]),
    (
        "GHSA-w4vj-r5pg-3722: one request brings the server down",
        &["cut_and_flipped_mails_never_fail", "fuzz_mime_random_mails_give_a_view_within_limits"],
    ),
    // The disk.
    (
        "a full disk during DATA",
        &[
            "a_full_disk_is_an_error_leaves_no_row_and_passes",
            "what_cannot_be_stored_is_answered_with_451_and_leaves_nothing",
        ],
    ),
    ("kill -9", &["every_message_answered_250_is_in_the_inbox_after_kill_9_under_fifty_senders"]),
    ("a torn write-ahead log", &["a_torn_log_costs_whole_messages_from_the_end_and_nothing_else"]),
    ("expvar in the metrics", &["the_server_describes_itself"]),
];

#[test]
fn every_row_has_its_tests() {
    let sources: Vec<String> = files("src", &["rs"])
        .into_iter()
        .chain(files("tests", &["rs"]))
        .map(|path| std::fs::read_to_string(Path::new(ROOT).join(path)).expect("a file"))
        .collect();
    for (row, tests) in ROWS {
        assert!(!tests.is_empty(), "{row}");
        for test in *tests {
            let found = match test.ends_with(".smtp") {
                true => Path::new(ROOT).join("tests/it/transcripts").join(test).exists(),
                false => sources.iter().any(|source| source.contains(&format!("fn {test}("))),
            };
            assert!(found, "{row}: {test}");
        }
    }
}
