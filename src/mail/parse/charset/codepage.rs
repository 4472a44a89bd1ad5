//! The code pages of DOS. The table has the upper half of each page as one line of 128 characters.

const PAGES: &str = include_str!("codepages.txt");

/// The upper half of the page with that name, such as `cp437`, `ibm437`, `437` or `cspc8codepage437`.
pub(super) fn table(key: &str) -> Option<Vec<char>> {
    let number = match key {
        "cspc850multilingual" => "850",
        "cspcp852" => "852",
        "cspc862latinhebrew" => "862",
        "cspc775baltic" => "775",
        "cspc8codepage437" => "437",
        key => {
            ["cp", "ibm", "csibm", "dos", "oem", "pc"].iter().find_map(|start| key.strip_prefix(start)).unwrap_or(key)
        }
    };
    let line = PAGES.lines().find_map(|line| line.split_once(' ').filter(|(page, _)| *page == number))?;
    Some(line.1.chars().collect())
}

pub(super) fn decode(table: &[char], bytes: &[u8]) -> String {
    let character = |byte: &u8| match byte.checked_sub(0x80) {
        Some(upper) => table.get(usize::from(upper)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
        None => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_128_characters() {
        for line in PAGES.lines() {
            assert_eq!(line.split_once(' ').unwrap().1.chars().count(), 128, "{line}");
        }
        let read = |key: &str| decode(&table(key).unwrap(), b"\x80\x9a a\xe0");
        for (key, text) in [("cp437", "ÇÜ aα"), ("ibm852", "ÇÜ aÓ"), ("862", "את aα"), ("cspc850multilingual", "ÇÜ aÓ")]
        {
            assert_eq!(read(key), text, "{key}");
        }
        assert!(table("cp9").is_none() && table("").is_none());
    }
}
