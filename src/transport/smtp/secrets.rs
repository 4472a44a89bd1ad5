//! Hides the password in the text of a server, which may repeat what it received. Such text appears in logs, rows and
//! pages.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::settings::Settings;

const HIDDEN: &str = "***";

impl Settings {
    /// The text without the password of the login, as it is and in the forms of AUTH PLAIN and AUTH LOGIN.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        let Some(login) = &self.login else { return text.to_owned() };
        let (username, password) = (&login.username, login.password.expose());
        let plain = format!("\0{username}\0{password}");
        let forms = [&plain, password].map(|secret| [STANDARD.encode(secret), STANDARD_NO_PAD.encode(secret)]);
        let forms = forms.iter().flatten().chain([password]);
        forms.fold(text.to_owned(), |text, form| text.replace(form, HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::transport::smtp::SmtpOptions;

    #[test]
    fn the_password_and_its_base64_forms_are_hidden() {
        let login = SmtpOptions { username: "kim".into(), password: Secret::new("correct horse".into()), ..options() };
        let settings = Settings::new(login).unwrap();
        let echo = "550 no: correct horse, Y29ycmVjdCBob3JzZQ==, Y29ycmVjdCBob3JzZQ and AGtpbQBjb3JyZWN0IGhvcnNl";
        assert_eq!(settings.without_secrets(echo), "550 no: ***, ***, *** and ***");
        assert_eq!(Settings::new(options()).unwrap().without_secrets(echo), echo);
    }

    fn options() -> SmtpOptions {
        SmtpOptions { host: "smtp.example.com".into(), ..SmtpOptions::default() }
    }
}
