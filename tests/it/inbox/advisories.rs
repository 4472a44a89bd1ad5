//! Vulnerabilities of similar programs, and the tests that fail if Gatepost has them too. A missing or renamed test
//! fails this list.

use std::path::Path;

use crate::support::source::{ROOT, files};

/// An advisory or a kind of attack, with the names of its tests or the file names of its transcripts.
const ROWS: &[(&str, &[&str])] = &[
    // A message makes the server send requests.
    ("CVE-2026-21859: a proxy for any URL", &["no_path_fetches_a_given_url"]),
    (
        "CVE-2026-23845, GHSA-j3fj-qppj-fmmc: the HTML check fetches style sheets",
        &["the_html_check_fetches_nothing", "frameworks_and_clients_are_used_only_where_allowed"],
    ),
    (
        "CVE-2026-27808: the link check connects to private addresses",
        &[
            "the_link_check_connects_to_no_private_address",
            "an_internal_address_is_blocked_in_every_spelling",
            "a_name_with_one_internal_address_is_blocked",
            "redirects_are_followed_on_request_at_most_three_times",
        ],
    ),
    ("CVE-2026-55187: IPv6 forms that carry IPv4", &["no_form_of_an_internal_address_is_public"]),
    // A page of another origin or a rebound name reads messages.
    (
        "CVE-2026-22689: a WebSocket for any Origin",
        &[
            "a_page_of_another_origin_or_a_wrong_host_gets_no_socket",
            "a_page_of_another_origin_can_read_and_change_nothing",
        ],
    ),
    (
        "DNS rebinding",
        &[
            "neither_a_wrong_host_nor_a_page_of_another_origin_reaches_captured_messages",
            "the_inboxs_own_listener_is_protected_alike_and_only_its_probes_answer_under_any_host",
        ],
    ),
    ("smtp4dev#1726: open to the internet", &["an_inbox_on_a_public_address_needs_a_password"]),
    ("routes without the password", &["a_password_covers_every_route_except_the_two_probes"]),
    // SMTP.
    (
        "CVE-2026-23829: CR in an address",
        &[
            "line_ends_and_controls_inside_a_line_are_refused",
            "bare-line-ends-in-commands.smtp",
            "dsn-parameters.smtp",
            "a_line_end_in_a_field_adds_no_header",
        ],
    ),
    (
        "CVE-2026-45710: no limit on DATA and send",
        &[
            "size.smtp",
            "size-parameter.smtp",
            "chunking-too-large.smtp",
            "every_route_with_a_body_has_a_limit",
            "many_messages_at_once_stay_within_the_budget",
        ],
    ),
    ("CVE-2026-48824: no limit on the sibling routes", &["every_route_with_a_body_has_a_limit"]),
    (
        "CVE-2026-67445, GHSA-r553-m4fv-5v97: an endless line, as a command and in DATA",
        &["endless_lines_use_no_memory", "line-limit.smtp"],
    ),
    (
        "endless headers",
        &["header-limit.smtp", "a_header_of_a_megabyte_is_read_and_one_of_three_is_refused_and_its_beginning_stored"],
    ),
    ("SMTP smuggling", &["only_cr_lf_dot_cr_lf_ends_a_message", "end-of-data.smtp"]),
    (
        "CVE-2011-0411: commands before the handshake; STARTTLS stripped",
        &[
            "starttls_discards_commands_sent_before_the_handshake_and_the_state_of_the_session",
            "starttls-argument.smtp",
        ],
    ),
    ("guessed passwords", &["auth-brute-force.smtp"]),
    ("slow clients", &["a_client_that_sends_byte_by_byte_times_out_like_an_idle_one", "slow-data.smtp"]),
    ("too many connections", &["connections_over_the_limit_are_refused_with_421"]),
    (
        "10,000 recipients",
        &["of_ten_thousand_recipients_a_thousand_are_accepted_and_all_get_a_reply", "recipient-limit.smtp"],
    ),
    ("MailCrab: RSET keeps recipients", &["rset-forgets.smtp"]),
    // The content of messages.
    (
        "CVE-2022-50908, smtp4dev#1148, Swoosh#1124: stored XSS",
        &[
            "no_view_of_a_hostile_message_lets_its_markup_through",
            "every_part_of_a_message_is_served_without_origin_and_scripts",
        ],
    ),
    (
        "CVE-2024-27448: a path out of a Content-ID or file name",
        &["file_names_of_parts_contain_no_path", "a_file_name_contains_no_path"],
    ),
    (
        "GHSA-qx5x-85p8-vg4j, letter_opener_web#110: paths out of ids",
        &["names_of_exported_files_contain_nothing_from_the_message"],
    ),
    ("maildev#531: MIME bombs", &["mime_bombs_give_a_marked_result_in_ordinary_time"]),
    ("GHSA-75mr-qw9x-3r39: pixel bombs", &["a_pixel_bomb_is_not_decoded"]),
    (
        "GHSA-w4vj-r5pg-3722: one request brings the server down",
        &["truncated_and_mutated_messages_never_fail", "fuzz_mime_random_messages_parse_within_limits"],
    ),
    // The disk.
    (
        "a full disk during DATA",
        &[
            "a_full_disk_is_an_error_that_leaves_no_row_and_later_writes_succeed",
            "a_message_that_cannot_be_stored_gets_451_and_is_not_listed",
        ],
    ),
    ("kill -9", &["every_message_acknowledged_with_250_is_in_the_inbox_after_kill_9_under_load"]),
    ("a truncated write-ahead log", &["a_truncated_log_loses_only_the_newest_messages"]),
    ("expvar in the metrics", &["the_server_describes_itself"]),
];

#[test]
fn every_advisory_has_its_tests() {
    let sources: Vec<String> = files("src", &["rs"])
        .into_iter()
        .chain(files("tests", &["rs"]))
        .map(|path| std::fs::read_to_string(Path::new(ROOT).join(path)).expect("a readable source file"))
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
