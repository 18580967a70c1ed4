//! The text that Prometheus reads, version 0.0.4 of its format.

use std::collections::BTreeMap;
use std::fmt::Write;

/// The text so far.
#[derive(Default)]
pub(super) struct Page(pub(super) String);

impl Page {
    /// What a metric is, before its values.
    pub(super) fn metric(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "# HELP spectrum_{name} {help}\n# TYPE spectrum_{name} {kind}\n");
    }

    /// Its value, if it has only one.
    pub(super) fn value(&mut self, name: &str, value: f64) {
        let _ = writeln!(self.0, "spectrum_{name} {value}");
    }

    /// A value a view, for those that have one.
    pub(super) fn per_view<T>(
        &mut self,
        views: &BTreeMap<String, T>,
        (name, kind): (&str, &str),
        help: &str,
        value: impl Fn(&T) -> Option<f64>,
    ) {
        let mut values =
            views.iter().filter_map(|(relation, view)| Some((relation, value(view)?))).peekable();
        if values.peek().is_some() {
            self.metric(name, kind, help);
        }
        for (relation, value) in values {
            let _ = writeln!(self.0, "spectrum_{name}{{relation=\"{}\"}} {value}", escaped(relation));
        }
    }
}

/// A label's value, with what the format escapes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
