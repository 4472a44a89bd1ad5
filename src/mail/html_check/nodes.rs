//! Counts the elements of a document as Mailpit does, whose score is a share of them: in the tree that a browser builds,
//! all but `html`, `head` and `meta`. Without `</body>`, those inside the body, and scripts.

/// Depth of nested tables that is followed.
const MAX_TABLES: usize = 100;

/// The number of elements so far.
#[derive(Debug, Default)]
pub struct NodeCount {
    /// Elements in the head, but for `meta`.
    in_head: usize,
    scripts_in_head: usize,
    /// Elements in the body.
    in_body: usize,
    meta_in_body: usize,
    is_body: bool,
    has_body_end: bool,
    /// The open tables, innermost last.
    tables: Vec<TableState>,
}

/// What is open in a table. A browser adds the section and the row that a cell lacks.
#[derive(Clone, Copy, Debug, Default)]
struct TableState {
    section: bool,
    row: bool,
}

impl NodeCount {
    pub fn total(&self) -> usize {
        // A document with an end of the body has a body, which counts.
        if self.has_body_end {
            self.in_head + self.in_body - self.meta_in_body + 1
        } else {
            self.scripts_in_head + self.in_body
        }
    }

    pub fn has_body_end(&self) -> bool {
        self.has_body_end
    }

    pub fn text(&mut self, text: &str) {
        self.is_body |= text.contains(|c: char| !c.is_ascii_whitespace());
    }

    pub fn start_tag(&mut self, name: &str) {
        let is_head = matches!(
            name,
            "base" | "basefont" | "bgsound" | "link" | "noscript" | "script" | "style" | "template" | "title"
        );
        match name {
            "html" | "head" => {}
            "body" => self.is_body = true,
            "meta" if !self.is_body => {}
            _ if is_head && !self.is_body => {
                self.in_head += 1;
                self.scripts_in_head += usize::from(name == "script");
            }
            _ => {
                self.is_body = true;
                self.in_body += 1 + self.added(name);
                self.meta_in_body += usize::from(name == "meta");
            }
        }
    }

    pub fn end_tag(&mut self, name: &str) {
        self.has_body_end |= name == "body";
        let Some(table) = self.tables.last_mut() else { return };
        match name {
            "table" => drop(self.tables.pop()),
            "tbody" | "thead" | "tfoot" => *table = TableState::default(),
            "tr" => table.row = false,
            _ => {}
        }
    }

    /// The number of elements that a browser adds around this one.
    fn added(&mut self, name: &str) -> usize {
        if name == "table" && self.tables.len() < MAX_TABLES {
            self.tables.push(TableState::default());
        }
        let Some(table) = self.tables.last_mut() else { return 0 };
        let before = *table;
        match name {
            "tbody" | "thead" | "tfoot" => *table = TableState { section: true, row: false },
            "tr" => *table = TableState { section: true, row: true },
            "td" | "th" => {
                *table = TableState { section: true, row: true };
                return usize::from(!before.section) + usize::from(!before.row);
            }
            _ => return 0,
        }
        usize::from(name == "tr" && !before.section)
    }
}

#[cfg(test)]
mod tests {
    use super::super::usage::Usage;

    #[test]
    fn elements_are_counted_as_mailpit_counts_them() {
        for (html, nodes) in [
            ("just text", 0),
            ("<h1>a</h1>", 1),
            ("<p>a<br>b</p><p><b>c</b></p>", 4),
            ("<html><head><title>x</title></head><body><h1>a</h1></body></html>", 3),
            ("<!doctype html><html><head><meta charset=utf-8><style>p{}</style></head><body><p>a</p></body></html>", 3),
            // Without the end of the body: no head, but scripts.
            ("<html><head><title>x</title><style>p{}</style><script>y</script></head><body><p>a", 2),
            ("<title>x</title><p>a<style>p{}</style>", 2),
            ("<meta name=x><p>a<meta name=y>", 2),
            ("<meta name=x><p>a<meta name=y></body>", 2),
            // A browser adds a section and a row to a table.
            ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", 6),
            ("<table><tbody><tr><td>a</td></tr></tbody></table>", 4),
            ("<table><td>a<td>b<tr><td>c</table>", 7),
            ("<table><tr><td><table><tr><td>a</table></td></tr></table>", 8),
            ("<table><thead><tr><th>a<tbody><tr><td>b</table><p>c", 8),
        ] {
            assert_eq!(Usage::of(html).nodes, nodes, "{html}");
        }
    }
}
