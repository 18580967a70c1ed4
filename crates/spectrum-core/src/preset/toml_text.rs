//! A preset as the text of a `spectrum.toml`, to be edited.

use std::fmt::Write;

use super::{Certainty, Claim, PRESETS_LOOKED_UP, Preset};

impl Preset {
    /// The text of a definition file with its settings, each below a comment that says what it rests on.
    pub fn to_toml(&self) -> String {
        let mut text = format!(
            "# Sessions as counted by {}, as far as that was known on {PRESETS_LOOKED_UP}.\n",
            self.tool
        );
        if !self.cannot_say.is_empty() {
            text.push_str("# What differs all the same:\n");
            for sentence in self.cannot_say {
                text.push_str(&wrapped(sentence, "# - ", "#   "));
            }
        }
        let (of_events, of_session): (Vec<_>, Vec<_>) =
            self.claims.iter().partition(|claim| claim.setting == "where");
        for (table, claims) in [("events", of_events), ("session", of_session)] {
            if claims.is_empty() {
                continue;
            }
            // Writing into a string does not fail.
            let _ = write!(text, "\n[{table}]\n");
            for claim in claims {
                text.push_str(&wrapped(&claim.rests_on(), "# ", "#   "));
                let _ = writeln!(text, "{} = {}", claim.setting, claim.toml_value());
                if let ("split_at", Some(zone)) = (claim.setting, self.zone) {
                    text.push_str(&wrapped(&format!("put {zone} in place of UTC"), "# ", "#   "));
                    text.push_str("timezone = \"UTC\"\n");
                }
            }
        }
        text
    }
}

impl Claim {
    /// What it rests on, in words.
    pub fn rests_on(&self) -> String {
        match self.certainty {
            Certainty::Unconfirmed => self.certainty.words().to_owned(),
            certainty => format!("{}: {}", certainty.words(), self.source),
        }
    }

    fn toml_value(&self) -> String {
        match self.setting {
            "split_on" if self.value != "none" => {
                let columns: Vec<String> = self.value.split(',').map(|name| quoted(name.trim())).collect();
                format!("[{}]", columns.join(", "))
            }
            "max_events" if self.value != "none" => self.value.to_owned(),
            _ => quoted(self.value),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Lines of at most 100 characters where words allow it.
fn wrapped(text: &str, first: &str, others: &str) -> String {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_new = true;
    for word in text.split_whitespace() {
        if !is_new && line.chars().count() + 1 + word.chars().count() > 100 {
            lines.push(std::mem::replace(&mut line, others.to_owned()));
            is_new = true;
        }
        if !is_new {
            line.push(' ');
        }
        line.push_str(word);
        is_new = false;
    }
    lines.push(line);
    lines.join("\n") + "\n"
}
