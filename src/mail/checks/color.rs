//! Colours of CSS and their contrast (WCAG 2.2).

/// An opaque colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    pub const WHITE: Rgb = Rgb(255, 255, 255);

    /// Reads `#rgb`, `#rrggbb`, `rgb(…)` without alpha, and the names that emails use. `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(hex) = text.strip_prefix('#') {
            return Rgb::hex(hex);
        }
        if let Some(inside) = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')')) {
            let mut numbers = inside.split([',', ' ']).filter(|part| !part.is_empty()).map(|part| part.parse().ok());
            let rgb = Rgb(numbers.next()??, numbers.next()??, numbers.next()??);
            return numbers.next().is_none().then_some(rgb);
        }
        let named = NAMES.iter().find(|(name, _)| *name == text)?;
        Some(named.1)
    }

    fn hex(hex: &str) -> Option<Self> {
        let digit = |at: usize| hex.get(at..=at).and_then(|digit| u8::from_str_radix(digit, 16).ok());
        match hex.len() {
            3 => Some(Rgb(digit(0)? * 17, digit(1)? * 17, digit(2)? * 17)),
            6 => Some(Rgb(digit(0)? * 16 + digit(1)?, digit(2)? * 16 + digit(3)?, digit(4)? * 16 + digit(5)?)),
            _ => None,
        }
    }

    /// `#rrggbb`.
    pub fn to_hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// The relative luminance, 0 to 1.
    fn luminance(self) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// The contrast ratio, 1 to 21.
    pub fn contrast(self, other: Rgb) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

const NAMES: [(&str, Rgb); 16] = [
    ("black", Rgb(0, 0, 0)),
    ("white", Rgb::WHITE),
    ("gray", Rgb(128, 128, 128)),
    ("grey", Rgb(128, 128, 128)),
    ("silver", Rgb(192, 192, 192)),
    ("lightgray", Rgb(211, 211, 211)),
    ("lightgrey", Rgb(211, 211, 211)),
    ("darkgray", Rgb(169, 169, 169)),
    ("red", Rgb(255, 0, 0)),
    ("green", Rgb(0, 128, 0)),
    ("blue", Rgb(0, 0, 255)),
    ("navy", Rgb(0, 0, 128)),
    ("yellow", Rgb(255, 255, 0)),
    ("orange", Rgb(255, 165, 0)),
    ("purple", Rgb(128, 0, 128)),
    ("teal", Rgb(0, 128, 128)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_emails_are_read() {
        for (text, colour) in [
            ("#fff", Some(Rgb::WHITE)),
            ("#1A5C46", Some(Rgb(0x1a, 0x5c, 0x46))),
            (" rgb(1, 2,3) ", Some(Rgb(1, 2, 3))),
            ("Gray", Some(Rgb(128, 128, 128))),
            ("rgba(0,0,0,.5)", None),
            ("rgb(1,2,300)", None),
            ("#12", None),
            ("#한", None),
            ("url(x)", None),
        ] {
            assert_eq!(Rgb::read(text), colour, "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((Rgb::WHITE.contrast(Rgb(0, 0, 0)) - 21.0).abs() < 1e-9);
        assert!((Rgb(0x77, 0x77, 0x77).contrast(Rgb::WHITE) - 4.48).abs() < 0.01);
    }
}
