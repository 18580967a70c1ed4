//! What a record says of the rule beyond its gap, in the words of a `spectrum.toml`.

use serde::{Deserialize, Serialize};
use spectrum_core::{AtGap, GapWhen, RuleError, RuleParts, SessionRule, SplitOnNull};

/// The settings of a rule that are not as they are in a plain gap.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RecordedRule {
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    takes_part: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_gap: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gap_when: Vec<RecordedGap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    split_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_when: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_when: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    split_on: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    split_on_null: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_events: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passive_when: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignore_when: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedGap {
    when: String,
    gap: String,
}

impl RecordedRule {
    pub(crate) fn of(rule: &SessionRule) -> Self {
        let text = |part: Option<&dyn ToString>| part.map(ToString::to_string);
        Self {
            takes_part: rule.takes_part().map(ToString::to_string),
            at_gap: (rule.at_gap() == AtGap::New).then(|| "new".to_owned()),
            gap_when: rule
                .gap_when()
                .iter()
                .map(|entry| RecordedGap { when: entry.when.to_string(), gap: entry.gap.to_string() })
                .collect(),
            split_at: text(rule.split_at().map(|split_at| split_at as &dyn ToString)),
            timezone: rule.split_at().and_then(|split_at| split_at.zone().map(str::to_owned)),
            start_when: rule.start_when().map(ToString::to_string),
            end_when: rule.end_when().map(ToString::to_string),
            split_on: rule.split_on().to_vec(),
            split_on_null: (rule.split_on_null() == SplitOnNull::Split).then(|| "split".to_owned()),
            max_duration: rule.max_duration().map(|longest| longest.to_string()),
            max_events: rule.max_events(),
            passive_when: rule.passive_when().map(ToString::to_string),
            ignore_when: rule.ignore_when().map(ToString::to_string),
        }
    }

    /// What it says, read again; the gap stands elsewhere.
    pub(crate) fn parts(&self) -> Result<RuleParts, RuleError> {
        let mut parts = RuleParts::default();
        for (setting, text) in [
            ("where", &self.takes_part),
            ("start_when", &self.start_when),
            ("end_when", &self.end_when),
            ("passive_when", &self.passive_when),
            ("ignore_when", &self.ignore_when),
        ] {
            parts.set_condition(setting, text.as_deref())?;
        }
        parts.set_at_gap(self.at_gap.as_deref())?;
        let gaps = self.gap_when.iter().map(|entry| GapWhen::read(&entry.when, &entry.gap));
        parts.gap_when = Some(gaps.collect::<Result<_, _>>()?);
        parts.set_split_at(self.split_at.as_deref());
        parts.set_timezone(self.timezone.as_deref());
        parts.split_on = Some(self.split_on.clone());
        parts.set_split_on_null(self.split_on_null.as_deref())?;
        parts.set_max_duration(self.max_duration.as_deref())?;
        parts.max_events = self.max_events.map(Some);
        Ok(parts)
    }

    /// Every setting by its name, as text; empty where it is not set.
    pub(crate) fn settings(&self) -> [(&'static str, String); 13] {
        let text = |setting: &Option<String>| setting.clone().unwrap_or_default();
        let gaps = self.gap_when.iter().map(|entry| format!("{}: {}", entry.gap, entry.when));
        [
            ("where", text(&self.takes_part)),
            ("at_gap", text(&self.at_gap)),
            ("gap_when", gaps.collect::<Vec<_>>().join(", ")),
            ("split_at", text(&self.split_at)),
            ("timezone", text(&self.timezone)),
            ("start_when", text(&self.start_when)),
            ("end_when", text(&self.end_when)),
            ("split_on", self.split_on.join(", ")),
            ("split_on_null", text(&self.split_on_null)),
            ("max_duration", text(&self.max_duration)),
            ("max_events", self.max_events.map(|most| most.to_string()).unwrap_or_default()),
            ("passive_when", text(&self.passive_when)),
            ("ignore_when", text(&self.ignore_when)),
        ]
    }
}
