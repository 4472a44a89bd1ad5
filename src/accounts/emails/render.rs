//! Renders an email: one template each for subject, text and HTML.

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

/// Gives an email its `render` method. askama takes one template per struct, and only literal paths.
macro_rules! email_templates {
    ($email:ident, $subject:tt, $text:tt, $html:tt) => {
        impl $email {
            pub(super) fn render(&self, context: &EmailContext) -> Result<RenderedEmail, askama::Error> {
                #[derive(askama::Template)]
                #[template(path = $subject)]
                struct Subject<'a> {
                    context: &'a EmailContext,
                }
                #[derive(askama::Template)]
                #[template(path = $text)]
                struct Text<'a> {
                    context: &'a EmailContext,
                    #[allow(dead_code, reason = "some emails have no data of their own in this part")]
                    email: &'a $email,
                }
                #[derive(askama::Template)]
                #[template(path = $html)]
                struct Html<'a> {
                    context: &'a EmailContext,
                    #[allow(dead_code, reason = "some emails have no data of their own in this part")]
                    email: &'a $email,
                }
                use askama::Template as _;
                Ok(RenderedEmail {
                    subject: Subject { context }.render()?,
                    text: Text { context, email: self }.render()?,
                    html: Some(Html { context, email: self }.render()?),
                })
            }
        }
    };
}
pub(super) use email_templates;
