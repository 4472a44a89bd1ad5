//! Writes metrics in the Prometheus text format 0.0.4.

use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::{Responder, Result};

/// Metrics whose names begin with one prefix.
pub struct Metrics {
    prefix: &'static str,
    text: String,
}

impl Metrics {
    pub fn new(prefix: &'static str) -> Self {
        Metrics { prefix, text: String::new() }
    }

    /// A metric with one value that can fall.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Into<i128>) {
        self.begin("gauge", name, help);
        self.add(name, "", value);
    }

    /// A metric with one value that only grows.
    pub fn counter(&mut self, name: &str, help: &str, value: impl Into<i128>) {
        self.begin("counter", name, help);
        self.add(name, "", value);
    }

    /// A metric with a value for each value of one label. The values of the label need no escapes.
    pub fn labelled<'a, V: Into<i128>>(
        &mut self,
        kind: &str,
        (name, label): (&str, &str),
        help: &str,
        values: impl IntoIterator<Item = (&'a str, V)>,
    ) {
        self.begin(kind, name, help);
        for (of, value) in values {
            self.add(name, &format!("{{{label}=\"{of}\"}}"), value);
        }
    }

    fn begin(&mut self, kind: &str, name: &str, help: &str) {
        let prefix = self.prefix;
        self.text.push_str(&format!("# HELP {prefix}_{name} {help}\n# TYPE {prefix}_{name} {kind}\n"));
    }

    fn add(&mut self, name: &str, labels: &str, value: impl Into<i128>) {
        self.text.push_str(&format!("{}_{name}{labels} {}\n", self.prefix, value.into()));
    }
}

impl<'r> Responder<'r, 'static> for Metrics {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        let kind = ContentType::new("text", "plain").with_params([("version", "0.0.4"), ("charset", "utf-8")]);
        (kind, self.text).respond_to(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_has_its_help_and_type_once() {
        let mut metrics = Metrics::new("x");
        metrics.gauge("up", "Up.", true);
        metrics.labelled("counter", ("n_total", "of"), "Numbers.", [("a", 1_u64), ("b", 2)]);
        let expected = "# HELP x_up Up.\n# TYPE x_up gauge\nx_up 1\n\
                        # HELP x_n_total Numbers.\n# TYPE x_n_total counter\nx_n_total{of=\"a\"} 1\nx_n_total{of=\"b\"} 2\n";
        assert_eq!(metrics.text, expected);
    }
}
