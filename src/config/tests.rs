//! Tests of all settings together: defaults, precedence, errors.
#![expect(clippy::result_large_err, reason = "figment's jail takes closures that return its error")]

use figment::Jail;

use super::*;

/// Loads a Rocket.toml with this text. Figment's jail provides an empty folder and environment.
fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let mut outcome = Err(String::new());
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file("Rocket.toml", toml)?;
        for (name, value) in variables {
            jail.set_env(name, value);
        }
        outcome = super::figment().and_then(Config::from_figment).map_err(|e| e.to_string());
        Ok(())
    });
    outcome
}

#[test]
fn the_debug_profile_works_without_any_settings() {
    let config = load("", &[("ROCKET_PROFILE", "debug")]).unwrap();
    assert_eq!(config.database_url.expose(), "sqlite:data/gatepost.db");
    assert!(!config.site.public_url.is_settled());
    assert_eq!(config.accounts.limits.emails_per_address_and_client.len(), 2);
    assert!(config.accounts.one_label_domains);
    let minutes = |rate: &crate::clock::RateLimit| (rate.count, rate.window.as_secs() / 60);
    let signups: Vec<_> = config.accounts.limits.signups_per_client.iter().map(minutes).collect();
    assert_eq!(signups, [(20, 1), (200, 24 * 60)]);
    assert_eq!(config.accounts.invitation_link_ttl.as_secs(), 7 * 86_400);
    assert_eq!(config.inbox.store.keep_bytes, 2 << 30);
}

#[test]
fn mailpit_s_variables_apply_with_a_lower_precedence() {
    let debug = ("ROCKET_PROFILE", "debug");
    let mailpit = ("MP_SMTP_BIND_ADDR", "127.0.0.1:2025");
    let file = "[default.inbox]\nsmtp_address = '127.0.0.1:3025'";
    let port = |variables: &[(&str, &str)]| load(file, variables).unwrap().inbox.smtpd.smtp_address.port();
    assert_eq!(port(&[debug]), 3025);
    assert_eq!(port(&[debug, mailpit]), 2025);
    assert_eq!(port(&[debug, mailpit, ("GATEPOST_INBOX__SMTP_ADDRESS", "127.0.0.1:4025")]), 4025);
    let line = load("", &[debug, ("MP_SMTP_BIND_ADDR", ":1025")]).unwrap_err();
    assert!(line.contains("reachable by others"), "{line}");
}

#[test]
fn a_bad_setting_is_one_line_that_names_key_profile_and_origin() {
    let debug = ("ROCKET_PROFILE", "debug");
    for (toml, variable, expected) in [
        ("[default]\nsite_nam = 'x'", debug, ["site_nam", "Rocket.toml", "did you mean site_name?"]),
        ("[default.accounts]\nsignup_ttl = 7", debug, ["accounts.signup_ttl", "Rocket.toml", "30s"]),
        (
            "[default.accounts]\nsignup_life = '7d'",
            debug,
            ["accounts.signup_life", "accounts.signup_ttl?", "settings.md"],
        ),
        ("[default.mail]\nhost = 'x'", debug, ["mail.host", "Rocket.toml", "did you mean mail.smtp.host?"]),
        ("[default.smtp]\nhost = 'x'", debug, ["setting smtp.host", "Rocket.toml", "did you mean mail.smtp.host?"]),
        ("", ("GATEPOST_SMTP__PORT", "25"), ["smtp.port", "from GATEPOST_SMTP__PORT)", "mean mail.smtp.port?"]),
        ("[debug.accounts]\nsignups = 'maybe'", debug, ["accounts.signups", "profile debug", "open, closed"]),
        (
            "[default.accounts.limits]\nlogin_failure = '1/1m'",
            debug,
            ["accounts.limits.login_failure", "Rocket.toml", "mean accounts.limits.login_failures?"],
        ),
        ("[default]\nport = 'many'", debug, ["port", "Rocket.toml", "0 to 65535"]),
        ("[default]\nnot toml", debug, ["Rocket.toml", "line 2", "TOML"]),
        ("port = 1", debug, ["Rocket.toml", "line 1", "[default]"]),
        ("[default]\nprofile = 'release'", debug, ["profile", "Rocket.toml", "ROCKET_PROFILE"]),
        ("", ("GATEPOST_PROFILE", "release"), ["profile", "GATEPOST_PROFILE", "ROCKET_PROFILE"]),
        ("[default]\nallow_http = 'x'", debug, ["allow_http", "Rocket.toml", "true, false"]),
        ("[default]\nhosts = ['http://x']", debug, ["hosts", "Rocket.toml", "www.example.com"]),
        ("[default]\nhosts = ['']", debug, ["hosts", "Rocket.toml", "www.example.com"]),
        ("[default.outbox]\nkeep_days = 1.5", debug, ["outbox.keep_days", "1.5", "whole number"]),
        ("[default.mail.smtp]\nport = 'x'", debug, ["mail.smtp.port", "Rocket.toml", "1 to 65535"]),
        ("[default.mail.smtp]\nsecurity = 'foo'", debug, ["mail.smtp.security", "Rocket.toml", "starttls"]),
        ("[mail]\ntransport = 'smtp'", debug, ["Rocket.toml", "[default.mail]", "[mail]"]),
        ("[inbox]\n[default]\nsite_name = 'x'", debug, ["Rocket.toml", "[default.inbox]", "profile"]),
        ("[default.mail.smtp]\nrate = 'foo'", debug, ["mail.smtp.rate", "Rocket.toml", "count/window"]),
        ("[default.mail.smtp]\nfrom = 'foo'", debug, ["mail.smtp.from", "Rocket.toml", "foo"]),
        ("[default.mail.smtp]\npassword_file = 'no'", debug, ["mail.smtp.password_file", "Rocket.toml", "no"]),
        ("[default]\nsecret_key_file = 'Rocket.toml'", debug, ["secret_key_file", "Rocket.toml", "32 bytes"]),
        ("[default.ops]\ntoken_file = 'Rocket.toml'", debug, ["ops.token_file", "Rocket.toml", "one word"]),
        (
            "[default.databases.gatepost]\nurl = 'sqlite::memory:'",
            debug,
            ["databases.gatepost.url", "Rocket.toml", "sqlite:PATH"],
        ),
        (
            "",
            ("GATEPOST_ACCOUNTS__PASSWORD_MIN_LENGTH", "3"),
            ["accounts.password_min_length", "GATEPOST_ACCOUNTS__PASSWORD_MIN_LENGTH", "8 to 64"],
        ),
        ("[default]\nip_header = 'X-Real-IP'", debug, ["ip_header", "Rocket.toml", "trusted_proxies"]),
        ("[default.inbox]\nusername = 'a:b'\npassword = 'c'", debug, ["inbox.username", "Rocket.toml", "colon"]),
        ("[default.limits]\nform = '1MiB'", debug, ["limits", "Rocket.toml", "not used here"]),
        ("", ("ROCKET_LIMITS", "{form=1}"), ["limits", "from ROCKET_LIMITS)", "not used here"]),
        ("[default]\nlog_level = 'foo'", debug, ["log_level", "Rocket.toml", "off, critical, normal or debug"]),
        ("", ("ROCKET_LOG_LEVEL", "foo"), ["log_level", "from ROCKET_LOG_LEVEL)", "\"foo\""]),
        ("", ("ROCKET_ADDRESS", "x"), ["address", "from ROCKET_ADDRESS)", "\"x\""]),
        ("", ("ROCKET_FOO", "1"), ["foo", "from ROCKET_FOO)", "unknown key"]),
        (
            "[default.mail.smtp]\nusername = 'kim'",
            ("GATEPOST_MAIL__SMTP__PASSWORD", "a\tb"),
            ["mail.smtp.password", "from GATEPOST_MAIL__SMTP__PASSWORD)", "control characters"],
        ),
        (
            "[default.mail.smtp]\nusername = 'kim'\npassword_file = 'Rocket.toml'",
            debug,
            ["mail.smtp.password_file", "Rocket.toml", "control characters"],
        ),
        ("", ("GATEPOST_NO_SUCH", "3"), ["no_such", "GATEPOST_NO_SUCH", "unknown key"]),
    ] {
        let line = load(toml, &[debug, variable]).unwrap_err();
        for part in expected {
            assert!(line.contains(part), "{toml}: {line}");
        }
        assert!(!line.contains('\n'), "{line}");
    }
}

#[test]
fn sendmail_finds_the_capture_server_despite_errors_in_other_settings() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file("Rocket.toml", "[default]\nsome_mistake = 1")?;
        let server = || super::figment().and_then(super::capture_server).unwrap();
        assert_eq!(server().0, "127.0.0.1:1025");
        assert!(server().1.is_none());
        jail.set_env("GATEPOST_INBOX__SMTP_USERS", "ann:first, bob:second");
        assert_eq!(server().1.map(|(name, _)| name).as_deref(), Some("ann"));
        Ok(())
    });
}

#[test]
fn release_rejects_settings_that_are_safe_only_in_development() {
    let release = ("ROCKET_PROFILE", "release");
    let key = ("GATEPOST_SECRET_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
    let url = ("GATEPOST_PUBLIC_URL", "https://id.example.com");
    assert!(load("", &[release, url]).unwrap_err().contains("secret_key"));
    assert!(load("", &[release, key]).unwrap_err().contains("public_url"));
    assert!(load("", &[release, key, url]).unwrap_err().contains("mail.transport"));
    let smtp = "[default.mail]\ntransport = 'smtp'\nsmtp.host = 'mail.example.com'";
    let http = ("GATEPOST_PUBLIC_URL", "http://id.example.com");
    assert!(load(smtp, &[release, key, http]).unwrap_err().contains("https://"));
    let config = load(smtp, &[release, key, http, ("GATEPOST_ALLOW_HTTP", "true")]).unwrap();
    assert!(!config.accounts.one_label_domains);
}

#[test]
fn the_environment_takes_precedence_over_dotenv_and_dotenv_over_the_file() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file("Rocket.toml", "[default]\nsite_name = 'file'\n[default.ops]\ntoken = 'file'")?;
        jail.create_file(
            ".env",
            "GATEPOST_SITE_NAME='from $dotenv'\nGATEPOST_OPS__TOKEN='4567'\nROCKET_PROFILE=debug\nROCKET_PORT=81\n",
        )?;
        jail.set_env("GATEPOST_OPS__TOKEN", "0123");
        let config = super::figment().and_then(Config::from_figment).unwrap();
        assert_eq!((config.profile.as_str(), config.site.name.as_str()), ("debug", "from $dotenv"));
        assert_eq!(config.rocket.expose().extract_inner::<u16>("port").unwrap(), 81);
        assert_eq!(config.web.ops_token.unwrap().expose(), "0123");
        jail.set_env("GATEPOST_SITE_NAME", "from the environment");
        let config = super::figment().and_then(Config::from_figment).unwrap();
        assert_eq!(config.site.name, "from the environment");
        Ok(())
    });
}

#[test]
fn of_a_secret_and_its_file_the_one_with_higher_precedence_counts() {
    let debug = ("ROCKET_PROFILE", "debug");
    let token = |toml: &str, variables: &[(&str, &str)]| {
        load(toml, variables).map(|config| config.web.ops_token.map(|token| token.expose().clone()))
    };
    let by_file = "[default.ops]\ntoken_file = 'no-such-file'";
    let value = "[default.ops]\ntoken = 'file'";
    assert_eq!(token(by_file, &[debug, ("GATEPOST_OPS__TOKEN", "mine")]).unwrap().as_deref(), Some("mine"));
    let debugs = format!("{by_file}\n[debug.ops]\ntoken = 'mine'");
    assert_eq!(token(&debugs, &[debug]).unwrap().as_deref(), Some("mine"));
    for result in [
        token(value, &[debug, ("GATEPOST_OPS__TOKEN_FILE", "no-such-file")]),
        token(&format!("{value}\n[debug.ops]\ntoken_file = 'no-such-file'"), &[debug]),
    ] {
        assert!(result.unwrap_err().contains("cannot read \"no-such-file\""));
    }
    let both = [debug, ("GATEPOST_OPS__TOKEN", "mine"), ("GATEPOST_OPS__TOKEN_FILE", "no-such-file")];
    assert!(token(value, &both).unwrap_err().contains("ops.token is also set"));
    let url_file = "[default.databases.gatepost]\nurl_file = 'no-such-file'";
    assert!(load(url_file, &[debug]).unwrap_err().contains("no-such-file"));
    assert!(load(url_file, &[debug, ("GATEPOST_DATABASES__GATEPOST__URL", "sqlite:x.db")]).is_ok());
}

#[test]
fn an_error_in_dotenv_names_the_file() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        for (text, expected) in [
            ("GATEPOST_ACCOUNTS__SIGNUPS=maybe", ["accounts.signups", ".env"]),
            ("# fine\nGATEPOST_SITE_NAME two words", ["line 2", "NAME=value"]),
        ] {
            jail.create_file(".env", text)?;
            let line = super::figment().and_then(Config::from_figment).unwrap_err().to_string();
            assert!(expected.iter().all(|part| line.contains(part)), "{line}");
        }
        Ok(())
    });
}
