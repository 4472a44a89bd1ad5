//! Renders an email: one template each for text and HTML.

/// An email as its recipient reads it. Text and HTML carry the same link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedEmail {
    /// One line.
    pub subject: String,
    /// Complete by itself; LF line ends.
    pub text: String,
    /// `None` if the operator replaced the body by plain text.
    pub html: Option<String>,
}

/// The rendered `$email`, which is a `$type`. `$subject` is the key of its subject. askama takes one template per struct,
/// and only literal paths.
macro_rules! render_templates {
    ($email:ident: $type:ty, $context:ident, $subject:tt, $text:tt, $html:tt) => {{
        #[derive(askama::Template)]
        #[template(path = $text)]
        struct Text<'a> {
            context: &'a EmailContext,
            #[allow(dead_code, reason = "some emails have no data of their own in this part")]
            email: &'a $type,
        }
        #[derive(askama::Template)]
        #[template(path = $html)]
        struct Html<'a> {
            context: &'a EmailContext,
            subject: &'a str,
            #[allow(dead_code, reason = "some emails have no data of their own in this part")]
            email: &'a $type,
        }
        use askama::Template as _;
        let subject = $context.t($subject);
        Ok(RenderedEmail {
            text: Text { context: $context, email: $email }.render()?,
            html: Some(Html { context: $context, subject: &subject, email: $email }.render()?),
            subject,
        })
    }};
}
pub(super) use render_templates;
