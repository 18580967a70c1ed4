//! The rules beyond the gap in the words of a case, and a case's whole definition as a `spectrum.toml`.

use serde_json::Value;

use crate::case::Definition;

/// What a case says of its rule besides the gap, unchecked and named as in a `spectrum.toml`; `None` where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the settings of the rule")]
pub struct Rules {
    /// `where`, which stands in the table of the events.
    pub takes_part: Option<String>,
    pub at_gap: Option<String>,
    pub gap_when: Option<Vec<GapWhen>>,
    pub split_at: Option<String>,
    pub timezone: Option<String>,
    pub start_when: Option<String>,
    pub end_when: Option<String>,
    pub split_on: Option<Vec<String>>,
    pub split_on_null: Option<String>,
    pub max_duration: Option<String>,
    /// A number or a word, as text.
    pub max_events: Option<String>,
    pub passive_when: Option<String>,
    pub ignore_when: Option<String>,
}

/// The pause that may follow certain events.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapWhen {
    /// Which events.
    pub when: String,
    /// How long the pause may be.
    pub gap: String,
}

/// The reasons for which a session begins, in the order in which they are asked.
pub const REASONS: [&str; 8] =
    ["first", "gap", "end_when", "split_at", "start_when", "split_on", "max_duration", "max_events"];

impl Rules {
    /// Whether there is only a gap.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The settings that are said, by their names, without those that are turned off.
    pub fn names(&self) -> Vec<&'static str> {
        let is_on = |(_, text): &(&str, &String)| !["none", "same", "keep"].contains(&text.as_str());
        let mut names: Vec<_> = self.texts().into_iter().filter(is_on).map(|(name, _)| name).collect();
        names.extend(self.gap_when.iter().filter(|entries| !entries.is_empty()).map(|_| "gap_when"));
        names.extend(self.split_on.iter().filter(|columns| !columns.is_empty()).map(|_| "split_on"));
        names
    }

    /// Whether a rule has this name in it somewhere.
    pub(crate) fn mention(&self, column: &str) -> bool {
        let in_conditions = self.texts().into_iter().map(|(_, text)| text);
        let in_gaps = self.gap_when.iter().flatten().map(|entry| &entry.when);
        let mut splits = self.split_on.iter().flatten();
        in_conditions.chain(in_gaps).any(|text| text.contains(&column.replace('"', "\"\"")))
            || splits.any(|name| name == column)
    }

    /// Whether they take members of the JSON in a column, which PostgreSQL has as such and everybody else as text.
    pub fn take_members_of(&self, column: &str) -> bool {
        let in_conditions = self.texts().into_iter().map(|(_, text)| text);
        let mut all = in_conditions.chain(self.gap_when.iter().flatten().map(|entry| &entry.when));
        all.any(|text| text.contains(&format!("{column} ->>")))
    }

    /// The settings that are one text each, without `gap_when` and `split_on`.
    fn texts(&self) -> Vec<(&'static str, &String)> {
        [
            ("where", &self.takes_part),
            ("at_gap", &self.at_gap),
            ("split_at", &self.split_at),
            ("timezone", &self.timezone),
            ("start_when", &self.start_when),
            ("end_when", &self.end_when),
            ("split_on_null", &self.split_on_null),
            ("max_duration", &self.max_duration),
            ("max_events", &self.max_events),
            ("passive_when", &self.passive_when),
            ("ignore_when", &self.ignore_when),
        ]
        .into_iter()
        .filter_map(|(name, text)| Some((name, text.as_ref()?)))
        .collect()
    }
}

impl Definition {
    /// The definition as the text of a `spectrum.toml`, which is how people write it. `null_time` and
    /// `allow_id_collisions` are not part of it.
    pub fn to_toml(&self) -> String {
        // JSON's texts and lists of texts are TOML's too.
        let text = |text: &str| Value::from(text).to_string();
        let list = |names: &[String]| Value::from(names.to_vec()).to_string();
        let mut events =
            vec![("key", list(&self.key)), ("time", text(&self.time)), ("event_id", text(&self.event_id))];
        events.extend(self.rules.takes_part.iter().map(|condition| ("where", text(condition))));
        let mut session = vec![("id", text(&self.id.to_string())), ("gap", text(&self.gap))];
        for (name, value) in self.rules.texts().into_iter().filter(|(name, _)| *name != "where") {
            let is_count = name == "max_events" && value.bytes().all(|b| b.is_ascii_digit());
            session.push((name, if is_count { value.clone() } else { text(value) }));
        }
        if let Some(names) = &self.rules.split_on {
            session.push(("split_on", list(names)));
        }
        if let Some(entries) = &self.rules.gap_when {
            let entry =
                |entry: &GapWhen| format!("{{ when = {}, gap = {} }}", text(&entry.when), text(&entry.gap));
            let entries = entries.iter().map(entry).collect::<Vec<_>>().join(", ");
            session.push(("gap_when", format!("[{entries}]")));
        }
        let lines = |table: Vec<(&str, String)>| -> String {
            table.into_iter().map(|(name, value)| format!("{name} = {value}\n")).collect()
        };
        let told = match self.summary.is_empty() {
            true => String::new(),
            false => format!("\n[summary.columns]\n{}\n", self.summary.0.trim()),
        };
        format!("[events]\n{}\n[session]\n{}{told}", lines(events), lines(session))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_a_spectrum_toml() {
        let rules = Rules {
            takes_part: Some("note <> 'a \"b\"\\c'".to_owned()),
            max_events: Some("3".to_owned()),
            max_duration: Some("none".to_owned()),
            split_on: Some(vec!["utm campaign".to_owned()]),
            gap_when: Some(vec![GapWhen { when: "kind = 'video'".to_owned(), gap: "4h".to_owned() }]),
            ..Rules::default()
        };
        let definition = Definition { key: vec!["a\"b".to_owned()], rules, ..Definition::default() };
        let expected = r#"[events]
key = ["a\"b"]
time = "occurred_at"
event_id = "event_id"
where = "note <> 'a \"b\"\\c'"

[session]
id = "sequence"
gap = "30m"
max_duration = "none"
max_events = 3
split_on = ["utm campaign"]
gap_when = [{ when = "kind = 'video'", gap = "4h" }]
"#;
        assert_eq!(definition.to_toml(), expected);
        assert!(toml::from_str::<toml::Table>(expected).is_ok());
    }

    #[test]
    fn what_a_case_says_is_known_by_name() {
        assert!(Rules::default().is_empty());
        let text = |text: &str| Some(text.to_owned());
        let rules = Rules {
            split_at: text("04:00"),
            start_when: text("none"),
            at_gap: text("same"),
            ..Rules::default()
        };
        assert_eq!((rules.is_empty(), rules.names()), (false, vec!["split_at"]));
    }
}
