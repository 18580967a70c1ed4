//! The steps of a query while they are put together.

/// Steps, of which each reads the one before.
#[derive(Default)]
pub(super) struct Steps {
    texts: Vec<String>,
    /// The name of the last.
    pub(super) last: String,
}

impl Steps {
    /// A step with a text of its own.
    pub(super) fn push(&mut self, name: String, body: &str) {
        self.texts.push(format!("{name} AS (\n{body})"));
        self.last = name;
    }

    /// A step that adds columns to the last one, each given as its SQL and its name.
    pub(super) fn add(&mut self, name: String, comment: &str, columns: &[(String, String)]) {
        let columns: Vec<String> = columns.iter().map(|(sql, name)| format!("{sql} AS {name}")).collect();
        let comment = if comment.is_empty() { String::new() } else { format!("  -- {comment}\n") };
        let body = format!("{comment}  SELECT *, {}\n  FROM {}", columns.join(",\n            "), self.last);
        self.push(name, &body);
    }

    /// All of them behind WITH.
    pub(super) fn with(&self) -> String {
        format!("WITH {}", self.texts.join(",\n"))
    }
}
