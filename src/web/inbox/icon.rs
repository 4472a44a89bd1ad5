//! The icons of the inbox's pages: 16 by 16 px, one stroke in the colour of the text. They are elements of the page,
//! since a browser makes a document of a picture in a style sheet before it paints the page for the first time.

use std::fmt;

use askama::filters::HtmlSafe;

/// Width of the stroke in pixels.
const STROKE: &str = "1.6";

/// Names, widths of the stroke and paths.
const ICONS: [(&str, &str, &str); 31] = [
    ("alike", STROKE, "M5.5 5.5h8v8h-8zM3.5 11V3h8"),
    ("api", STROKE, "M6 4 2.5 8 6 12M10 4l3.5 4L10 12"),
    ("back", STROKE, "M10 3 5 8l5 5"),
    ("bell", STROKE, "M4 11.5V7a4 4 0 0 1 8 0v4.5l1 1H3zM6.8 14h2.4"),
    ("check", STROKE, "M3 8.5l3.5 3.5L13 4.5"),
    ("clip", STROKE, "M12.5 7.5 7.8 12.2a3 3 0 0 1-4.3-4.3l5.2-5.1a2 2 0 0 1 2.9 2.8L6.4 10.8a1 1 0 0 1-1.4-1.4L9.5 5"),
    ("close", STROKE, "M4 4l8 8M12 4l-8 8"),
    ("code", STROKE, "M3 6h10M3 10h10M6.5 2.5l-1 11M10.5 2.5l-1 11"),
    ("connect", STROKE, "M6 2.5v3M10 2.5v3M4 5.5h8v2.5a4 4 0 0 1-8 0zM8 12v2"),
    ("copy", STROKE, "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3"),
    ("dark", STROKE, "M13 9.5A5.5 5.5 0 1 1 6.5 3 4.5 4.5 0 0 0 13 9.5z"),
    ("delete", STROKE, "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 8.5h6l.5-8.5"),
    (
        "display",
        STROKE,
        "M2.5 5h5M11 5h2.5M7.5 5a1.75 1.75 0 1 0 3.5 0a1.75 1.75 0 1 0-3.5 0M2.5 11H5M8.5 11h5M5 11a1.75 1.75 0 1 0 3.5 0a1.75 1.75 0 1 0-3.5 0",
    ),
    ("download", STROKE, "M8 2.5v7M5 6.5 8 9.5l3-3M3 13h10"),
    ("email", STROKE, "M2.5 4h11v8.5h-11zM2.5 4.5 8 9l5.5-4.5"),
    (
        "eye",
        STROKE,
        "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.3a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 1 0 0-3.4z",
    ),
    ("fault", STROKE, "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z"),
    ("forward", STROKE, "M6 3l5 5-5 5"),
    ("inbox", STROKE, "M2.5 9.5 4.5 3h7l2 6.5v3.5h-11zM2.5 9.5H6l1 1.5h2l1-1.5h3.5"),
    ("more", "2.4", "M3.5 8h.01M8 8h.01M12.5 8h.01"),
    ("open", STROKE, "M9 3h4v4M13 3 7.5 8.5M11.5 9v4h-8.5V5h4"),
    ("own", STROKE, "M2.5 7.5 8 3l5.5 4.5M4 6.5V13h8V6.5M6.5 13V9.5h3V13"),
    ("picture", STROKE, "M2.5 3h11v10h-11zM4 11l3-3.5 2 2 1.5-1.5L13 11"),
    ("refused", STROKE, "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11zM4.2 4.2l7.6 7.6"),
    ("search", STROKE, "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9zM10.5 10.5l3 3"),
    ("send", STROKE, "M14 2 7 9M14 2l-4.5 12L7 9 2 6.5z"),
    ("session", STROKE, "M2.5 3.5h11v9h-11zM4.5 6.5l2 1.5-2 1.5M8.5 10h3"),
    ("table", STROKE, "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 3.5v9"),
    ("tag", STROKE, "M2.5 2.5h5l6 6-5 5-6-6zM5 5h.01"),
    ("unread", STROKE, "M5 8a3 3 0 1 0 6 0a3 3 0 1 0-6 0"),
    ("warn", STROKE, "M8 2.5 14 13H2zM8 6.5v3M8 11.3h.01"),
];

/// An icon, as the HTML of an element with the class `i` and one of its name. The text beside it says the same, so
/// screen readers skip it.
pub struct Icon {
    name: &'static str,
    stroke: &'static str,
    path: &'static str,
}

impl Icon {
    /// Returns the icon; an empty one if no icon has this name.
    pub fn named(name: &str) -> Self {
        let (name, stroke, path) = ICONS.into_iter().find(|(each, ..)| *each == name).unwrap_or(("none", STROKE, ""));
        Icon { name, stroke, path }
    }
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Icon { name, stroke, path } = self;
        write!(f, "<svg class=\"i i-{name}\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path d=\"{path}\"")?;
        if *stroke != STROKE {
            write!(f, " stroke-width=\"{stroke}\"")?;
        }
        f.write_str("/></svg>")
    }
}

// All of it is written above.
impl HtmlSafe for Icon {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unusual_stroke_is_stated_in_the_page() {
        let back = r#"<svg class="i i-back" viewBox="0 0 16 16" aria-hidden="true"><path d="M10 3 5 8l5 5"/></svg>"#;
        assert_eq!(Icon::named("back").to_string(), back);
        assert!(Icon::named("more").to_string().ends_with(r#" stroke-width="2.4"/></svg>"#));
    }

    #[test]
    fn every_icon_that_a_template_names_exists() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/inbox");
        let files =
            std::fs::read_dir(folder).unwrap().filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok());
        let text: String = files.collect();
        let named: Vec<&str> = text.split("layout.icon(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(named.len() > 20, "{named:?}");
        for name in named {
            assert_eq!(Icon::named(name).name, name);
        }
    }
}
