//! The settings of a rule as people write them: in the table `[session]` of a `spectrum.toml`, and in flags.

use std::str::FromStr;

use serde::Deserialize;

use super::parts::{RuleError, RuleParts};
use super::written_id::WrittenId;
use super::{AtGap, GapWhen, SessionRule, SplitOnNull};
use crate::definition_error::DefinitionError;
use crate::gap::Gap;
use crate::predicate::Predicate;
use crate::preset::Preset;

/// The table as it stands in the file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionTable {
    preset: Option<String>,
    gap: Option<String>,
    at_gap: Option<String>,
    gap_when: Option<GapsWhen>,
    split_at: Option<String>,
    timezone: Option<String>,
    start_when: Option<String>,
    end_when: Option<String>,
    split_on: Option<Columns>,
    split_on_null: Option<String>,
    max_duration: Option<String>,
    max_events: Option<CountOrWord>,
    passive_when: Option<String>,
    ignore_when: Option<String>,
    pub(crate) id: Option<WrittenId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GapWhenTable {
    when: String,
    gap: String,
}

/// Entries, or `none`; an entry is a table or, as in flags, a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum GapsWhen {
    Entries(Vec<GapWhenEntry>),
    Word(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum GapWhenEntry {
    Table(GapWhenTable),
    Text(String),
}

/// Columns, one alone, or `none`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Columns {
    Several(Vec<String>),
    One(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CountOrWord {
    Count(i64),
    Word(String),
}

impl SessionTable {
    /// What it says of the rule, with the condition of `[events]`.
    pub(crate) fn rule_parts(&self, takes_part: Option<&str>) -> Result<RuleParts, DefinitionError> {
        let mut parts = RuleParts::default();
        if let Some(gap) = &self.gap {
            parts.gap = Some(gap.parse()?);
        }
        parts.set_at_gap(self.at_gap.as_deref())?;
        match &self.gap_when {
            None => {}
            Some(GapsWhen::Word(text)) => parts.set_gap_when(std::slice::from_ref(text))?,
            Some(GapsWhen::Entries(entries)) => {
                let read = |entry: &GapWhenEntry| match entry {
                    GapWhenEntry::Table(entry) => GapWhen::read(&entry.when, &entry.gap),
                    GapWhenEntry::Text(text) => text.parse(),
                };
                parts.gap_when = Some(entries.iter().map(read).collect::<Result<_, _>>()?);
            }
        }
        parts.split_at = self.split_at.as_deref().map(unless_none);
        parts.timezone = self.timezone.as_deref().map(unless_none);
        match &self.split_on {
            None => {}
            Some(Columns::Several(columns)) => parts.split_on = Some(columns.clone()),
            Some(Columns::One(text)) => parts.set_split_on(std::slice::from_ref(text)),
        }
        parts.set_split_on_null(self.split_on_null.as_deref())?;
        parts.set_max_duration(self.max_duration.as_deref())?;
        parts.set_max_events(
            match &self.max_events {
                Some(CountOrWord::Count(count)) => Some(count.to_string()),
                Some(CountOrWord::Word(word)) => Some(word.clone()),
                None => None,
            }
            .as_deref(),
        )?;
        for (setting, text) in [
            ("where", takes_part),
            ("start_when", self.start_when.as_deref()),
            ("end_when", self.end_when.as_deref()),
            ("passive_when", self.passive_when.as_deref()),
            ("ignore_when", self.ignore_when.as_deref()),
        ] {
            parts.set_condition(setting, text)?;
        }
        match &self.preset {
            Some(name) => Ok(parts.or(Preset::named(name)?.parts()?)),
            None => Ok(parts),
        }
    }
}

impl SessionRule {
    /// The settings that make it more than a plain gap, as they are written, in the order in which a definition has them.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let condition = |condition: Option<&Predicate>| condition.map(ToString::to_string);
        let gaps = self.gap_when().iter().map(|entry| format!("{}: {}", entry.gap, entry.when));
        let gaps: Vec<String> = gaps.collect();
        let split_at = self.split_at();
        [
            ("where", condition(self.takes_part())),
            ("at_gap", (self.at_gap() == AtGap::New).then(|| "new".to_owned())),
            ("gap_when", (!gaps.is_empty()).then(|| gaps.join(", "))),
            ("split_at", split_at.map(ToString::to_string)),
            ("timezone", split_at.and_then(|split_at| split_at.zone().map(str::to_owned))),
            ("start_when", condition(self.start_when())),
            ("end_when", condition(self.end_when())),
            ("split_on", (!self.split_on().is_empty()).then(|| self.split_on().join(", "))),
            ("split_on_null", (self.split_on_null() == SplitOnNull::Split).then(|| "split".to_owned())),
            ("max_duration", self.max_duration().map(|longest| longest.to_string())),
            ("max_events", self.max_events().map(|most| most.to_string())),
            ("passive_when", condition(self.passive_when())),
            ("ignore_when", condition(self.ignore_when())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

impl GapWhen {
    /// Reads a condition and a gap.
    ///
    /// # Errors
    /// When one of them is refused.
    pub fn read(when: &str, gap: &str) -> Result<Self, RuleError> {
        let when = condition("gap_when", when)?;
        Ok(Self { when, gap: gap.parse().map_err(RuleError::GapWhen)? })
    }
}

/// As flags have it: the gap, a colon and the condition, as in `4h: event_type = 'video_play'`.
impl FromStr for GapWhen {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let of_another_form = || RuleError::GapWhenForm(text.to_owned());
        let (gap, when) = text.split_once(':').ok_or_else(of_another_form)?;
        // A gap is one word. Where it is not the first, as much of the text as stands behind a colon, perhaps within a
        // literal, would be refused as a condition.
        let is_word = !gap.trim().is_empty()
            && !gap.trim().contains(|c: char| c.is_whitespace() || "'\"=<>".contains(c));
        if !is_word || gap.parse::<Gap>().is_err() && when.parse::<Gap>().is_ok() {
            return Err(of_another_form());
        }
        Self::read(when, gap)
    }
}

impl RuleParts {
    /// Sets what the name stands for from a text, as flags have it; gaps of certain events are added to those there are.
    ///
    /// # Errors
    /// When there is no such setting, or its text is refused.
    pub fn set(&mut self, setting: &str, text: &str) -> Result<(), DefinitionError> {
        let condition = ["where", "start_when", "end_when", "passive_when", "ignore_when"];
        if let Some(setting) = condition.into_iter().find(|name| *name == setting) {
            return Ok(self.set_condition(setting, Some(text))?);
        }
        match setting {
            "gap" => self.gap = Some(text.parse()?),
            "at_gap" => self.set_at_gap(Some(text))?,
            "gap_when" if is_none(text) => self.gap_when = Some(Vec::new()),
            "gap_when" => self.gap_when.get_or_insert_default().push(text.parse()?),
            "split_at" => self.set_split_at(Some(text)),
            "timezone" => self.set_timezone(Some(text)),
            "split_on" => self.set_split_on(&text.split(',').map(str::to_owned).collect::<Vec<_>>()),
            "split_on_null" => self.set_split_on_null(Some(text))?,
            "max_duration" => self.set_max_duration(Some(text))?,
            "max_events" => self.set_max_events(Some(text))?,
            _ => return Err(RuleError::NoSuchSetting { name: setting.to_owned() }.into()),
        }
        Ok(())
    }

    /// Sets a condition by the name of its setting; `none` says that there is none.
    ///
    /// # Errors
    /// When the text is not a condition.
    pub fn set_condition(&mut self, setting: &'static str, text: Option<&str>) -> Result<(), RuleError> {
        let Some(text) = text else { return Ok(()) };
        let read = unless_none(text).map(|text| condition(setting, &text)).transpose()?;
        let place = match setting {
            "where" => &mut self.takes_part,
            "start_when" => &mut self.start_when,
            "end_when" => &mut self.end_when,
            "passive_when" => &mut self.passive_when,
            _ => &mut self.ignore_when,
        };
        *place = Some(read);
        Ok(())
    }

    /// Sets the gaps of certain events from texts like `4h: event_type = 'video_play'`; `none` alone says that there are none.
    ///
    /// # Errors
    /// When one of them is refused.
    pub fn set_gap_when(&mut self, texts: &[String]) -> Result<(), RuleError> {
        self.gap_when = Some(match texts {
            [word] if is_none(word) => Vec::new(),
            texts => texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?,
        });
        Ok(())
    }

    /// Sets the columns whose values are the same throughout a session; `none` alone says that there are none.
    pub fn set_split_on(&mut self, columns: &[String]) {
        self.split_on = Some(match columns {
            [word] if is_none(word) => Vec::new(),
            columns => columns.iter().map(|column| column.trim().to_owned()).collect(),
        });
    }

    /// Sets what a pause of exactly the gap does: `same` or `new`.
    ///
    /// # Errors
    /// For other words.
    pub fn set_at_gap(&mut self, text: Option<&str>) -> Result<(), RuleError> {
        let Some(text) = text else { return Ok(()) };
        self.at_gap = Some(word("at_gap", text, [("same", AtGap::Same), ("new", AtGap::New)], "same, new")?);
        Ok(())
    }

    /// Sets whether NULL is a value: `keep` or `split`.
    ///
    /// # Errors
    /// For other words.
    pub fn set_split_on_null(&mut self, text: Option<&str>) -> Result<(), RuleError> {
        let Some(text) = text else { return Ok(()) };
        let words = [("keep", SplitOnNull::Keep), ("split", SplitOnNull::Split)];
        self.split_on_null = Some(word("split_on_null", text, words, "keep, split")?);
        Ok(())
    }

    /// Sets the longest duration; `none` says that there is none.
    ///
    /// # Errors
    /// When the text is not a duration.
    pub fn set_max_duration(&mut self, text: Option<&str>) -> Result<(), RuleError> {
        let Some(text) = text else { return Ok(()) };
        let duration = unless_none(text).map(|text| text.parse::<Gap>()).transpose();
        self.max_duration = Some(duration.map_err(RuleError::MaxDuration)?);
        Ok(())
    }

    /// Sets the most events; `none` says that there is no such bound.
    ///
    /// # Errors
    /// When the text is not a number from 1 on.
    pub fn set_max_events(&mut self, text: Option<&str>) -> Result<(), RuleError> {
        let Some(text) = text else { return Ok(()) };
        let refused = || RuleError::MaxEvents(text.to_owned());
        let count =
            unless_none(text).map(|text| text.trim().parse::<u64>().map_err(|_| refused())).transpose()?;
        self.max_events = Some(count);
        Ok(())
    }

    /// Sets the time of day at which sessions end; `none` says that there is none.
    pub fn set_split_at(&mut self, text: Option<&str>) {
        self.split_at = text.map(unless_none).or_else(|| self.split_at.take());
    }

    /// Sets the zone of that time; `none` says that it is UTC's.
    pub fn set_timezone(&mut self, text: Option<&str>) {
        self.timezone = text.map(unless_none).or_else(|| self.timezone.take());
    }
}

/// The text, unless it is the word that turns a rule off.
fn unless_none(text: &str) -> Option<String> {
    (!is_none(text)).then(|| text.to_owned())
}

fn is_none(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("none")
}

fn condition(setting: &'static str, text: &str) -> Result<Predicate, RuleError> {
    text.parse().map_err(|source| RuleError::Condition { setting, source })
}

fn word<T>(
    setting: &'static str,
    text: &str,
    known: impl IntoIterator<Item = (&'static str, T)>,
    words: &'static str,
) -> Result<T, RuleError> {
    let found = known.into_iter().find(|(word, _)| text.trim().eq_ignore_ascii_case(word));
    let (_, value) = found.ok_or_else(|| RuleError::Word { setting, value: text.to_owned(), words })?;
    Ok(value)
}
