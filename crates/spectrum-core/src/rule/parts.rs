//! A rule in parts, as flags, files and records give it, and what is refused of them.

use super::{AtGap, GapWhen, SessionRule, SplitAt, SplitAtError, SplitOnNull};
use crate::gap::{Gap, GapError};
use crate::near::or_near;
use crate::predicate::{Predicate, PredicateError, ValueKind};
use crate::preset::Preset;

/// The settings of a rule, of which some are said. Those that can be turned off have a second `Option`: `Some(None)` says
/// that there is no such rule, where another source has one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "named as the settings of SessionRule")]
pub struct RuleParts {
    pub takes_part: Option<Option<Predicate>>,
    pub gap: Option<Gap>,
    pub at_gap: Option<AtGap>,
    pub gap_when: Option<Vec<GapWhen>>,
    /// A time of day as text: what it means is settled with the zone.
    pub split_at: Option<Option<String>>,
    pub timezone: Option<Option<String>>,
    pub start_when: Option<Option<Predicate>>,
    pub end_when: Option<Option<Predicate>>,
    pub split_on: Option<Vec<String>>,
    pub split_on_null: Option<SplitOnNull>,
    pub max_duration: Option<Option<Gap>>,
    pub max_events: Option<Option<u64>>,
    pub passive_when: Option<Option<Predicate>>,
    pub ignore_when: Option<Option<Predicate>>,
    /// The preset whose `split_at` this is, if it needs a `timezone` to be said.
    pub zone_of: Option<&'static Preset>,
}

/// The settings by the names that people write.
const SETTINGS: [&str; 14] = [
    "where",
    "gap",
    "at_gap",
    "gap_when",
    "split_at",
    "timezone",
    "start_when",
    "end_when",
    "split_on",
    "split_on_null",
    "max_duration",
    "max_events",
    "passive_when",
    "ignore_when",
];

/// The most columns in `split_on`.
pub(crate) const MOST_SPLIT_COLUMNS: usize = 8;

/// The most entries in `gap_when`.
pub(crate) const MOST_GAPS: usize = 100;

/// Why the settings of a rule were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A condition was refused.
    #[error("the condition of {setting} cannot be read")]
    Condition {
        /// The setting that has it.
        setting: &'static str,
        /// Why.
        source: PredicateError,
    },
    /// A column is used as two kinds of value by two conditions.
    #[error("{setting} uses column '{column}' as {}, and another rule uses it as {}", .second.words(), .first.words())]
    TwoKinds {
        /// The column.
        column: String,
        /// The setting that uses it otherwise.
        setting: &'static str,
        /// What it is elsewhere.
        first: ValueKind,
        /// What it is there.
        second: ValueKind,
    },
    /// A time of day or a zone was refused.
    #[error(transparent)]
    SplitAt(#[from] SplitAtError),
    /// The longest duration was refused.
    #[error("{}", .0.of("max_duration"))]
    MaxDuration(GapError),
    /// The gap of an entry of `gap_when` was refused.
    #[error("{}", .0.of("gap_when: gap"))]
    GapWhen(GapError),
    /// A session has at least one event.
    #[error("max_events must be a number from 1 on, or none, and is '{0}'")]
    MaxEvents(String),
    /// A setting is none of its words.
    #[error("{setting} '{value}' is not one of {words}")]
    Word {
        /// The setting.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What it could be.
        words: &'static str,
    },
    /// A gap for certain events that does not name them.
    #[error(
        "gap_when '{0}' is not a gap, a colon and a condition, in this order, as in 4h: event_type = 'video_play'"
    )]
    GapWhenForm(String),
    /// A setting that means nothing without another.
    #[error("{setting} means nothing without {needs}; add {needs}, or take {setting} out")]
    Needs {
        /// The setting.
        setting: &'static str,
        /// The one that is missing.
        needs: &'static str,
    },
    /// A zone where there is no time of day.
    #[error(
        "timezone is the zone of split_at, and there is no split_at: times without a zone are taken as they stand, and \
         sessions are the same in any zone whose clocks do not change; where they do, give the events a zone"
    )]
    ZoneAlone,
    /// A preset whose sessions end at a time of day in a zone that nobody named.
    #[error(
        "preset {preset} ends sessions at a time of day in {zone}, and no zone is named; name it with timezone, as in \
         Europe/Paris, or say timezone none if the times have no zone and are taken as they stand"
    )]
    PresetWithoutZone {
        /// The preset.
        preset: &'static str,
        /// Whose zone it is.
        zone: &'static str,
    },
    /// A setting by a name that no setting has.
    #[error("'{name}' is not a setting of a session{}", or_near(.name, SETTINGS))]
    NoSuchSetting {
        /// The name.
        name: String,
    },
    /// A column that is the same in all events of a key.
    #[error(
        "split_on names column '{0}', which is a part of the key and never changes within one; take it out of split_on"
    )]
    SplitsOnKey(String),
    /// A column that stands in `split_on` twice.
    #[error("column '{0}' stands in split_on twice; name each column once")]
    RepeatedSplit(String),
    /// The time is what rules measure, not what they read.
    #[error(
        "{setting} reads column '{column}', which is the time; gaps, split_at and max_duration are about the time"
    )]
    ReadsTime {
        /// The setting.
        setting: &'static str,
        /// The column.
        column: String,
    },
    /// More columns or entries than are kept per event.
    #[error("{setting} has {count} entries, and at most {most} are read")]
    TooMany {
        /// The setting.
        setting: &'static str,
        /// How many it has.
        count: usize,
        /// How many it can have.
        most: usize,
    },
}

impl RuleParts {
    /// The settings that are not said are as another source has them. What only means something beside a setting that is
    /// turned off goes with it.
    pub fn or(self, mut other: Self) -> Self {
        if self.split_at == Some(None) {
            other.timezone = None;
        }
        if self.split_on.as_ref().is_some_and(Vec::is_empty) {
            other.split_on_null = None;
        }
        // Where there was no time of day, nothing was said of its zone.
        if self.zone_of.is_some() && !matches!(other.split_at, Some(Some(_))) {
            other.timezone = None;
        }
        let zone_of = if self.split_at.is_some() { self.zone_of } else { other.zone_of };
        Self {
            takes_part: self.takes_part.or(other.takes_part),
            gap: self.gap.or(other.gap),
            at_gap: self.at_gap.or(other.at_gap),
            gap_when: self.gap_when.or(other.gap_when),
            split_at: self.split_at.or(other.split_at),
            timezone: self.timezone.or(other.timezone),
            start_when: self.start_when.or(other.start_when),
            end_when: self.end_when.or(other.end_when),
            split_on: self.split_on.or(other.split_on),
            split_on_null: self.split_on_null.or(other.split_on_null),
            max_duration: self.max_duration.or(other.max_duration),
            max_events: self.max_events.or(other.max_events),
            passive_when: self.passive_when.or(other.passive_when),
            ignore_when: self.ignore_when.or(other.ignore_when),
            zone_of,
        }
    }

    /// The rule for events with this key and time; what is not said has its default, which is the original's.
    pub(crate) fn build(self, key: &[String], time: &str) -> Result<SessionRule, RuleError> {
        if let (Some(preset), None) = (self.zone_of, &self.timezone) {
            let zone = preset.zone.unwrap_or("its own time zone");
            return Err(RuleError::PresetWithoutZone { preset: preset.name, zone });
        }
        let split_at = self.split_at.flatten();
        let zone = self.timezone.flatten();
        let split_on = self.split_on.unwrap_or_default();
        if split_at.is_none() && zone.is_some() {
            return Err(RuleError::ZoneAlone);
        }
        if split_on.is_empty() && self.split_on_null == Some(SplitOnNull::Split) {
            return Err(RuleError::Needs { setting: "split_on_null", needs: "split_on" });
        }
        let mut rule = SessionRule {
            takes_part: self.takes_part.flatten(),
            at_gap: self.at_gap.unwrap_or_default(),
            gap_when: self.gap_when.unwrap_or_default(),
            split_at: split_at.map(|time| SplitAt::new(&time, zone.as_deref())).transpose()?,
            start_when: self.start_when.flatten(),
            end_when: self.end_when.flatten(),
            split_on,
            split_on_null: self.split_on_null.unwrap_or_default(),
            max_duration: self.max_duration.flatten(),
            max_events: self.max_events.flatten(),
            passive_when: self.passive_when.flatten(),
            ignore_when: self.ignore_when.flatten(),
            ..SessionRule::of_gap(self.gap.unwrap_or(Gap::DEFAULT))
        };
        rule.columns = rule.find_columns()?;
        rule.check(key, time)?;
        Ok(rule)
    }
}

impl SessionRule {
    /// The same in parts, each of which is said.
    pub fn to_parts(&self) -> RuleParts {
        RuleParts {
            takes_part: Some(self.takes_part.clone()),
            gap: Some(self.gap),
            at_gap: Some(self.at_gap),
            gap_when: Some(self.gap_when.clone()),
            split_at: Some(self.split_at.as_ref().map(ToString::to_string)),
            timezone: Some(self.split_at.as_ref().and_then(|split_at| split_at.zone().map(str::to_owned))),
            start_when: Some(self.start_when.clone()),
            end_when: Some(self.end_when.clone()),
            split_on: Some(self.split_on.clone()),
            split_on_null: Some(self.split_on_null),
            max_duration: Some(self.max_duration),
            max_events: Some(self.max_events),
            passive_when: Some(self.passive_when.clone()),
            ignore_when: Some(self.ignore_when.clone()),
            zone_of: None,
        }
    }

    fn check(&self, key: &[String], time: &str) -> Result<(), RuleError> {
        let at_most = |setting, count, most| {
            if count > most { Err(RuleError::TooMany { setting, count, most }) } else { Ok(()) }
        };
        at_most("split_on", self.split_on.len(), MOST_SPLIT_COLUMNS)?;
        at_most("gap_when", self.gap_when.len(), MOST_GAPS)?;
        if self.max_events == Some(0) {
            return Err(RuleError::MaxEvents("0".to_owned()));
        }
        for (at, name) in self.split_on.iter().enumerate() {
            if self.split_on[..at].contains(name) {
                return Err(RuleError::RepeatedSplit(name.clone()));
            }
            if key.contains(name) {
                return Err(RuleError::SplitsOnKey(name.clone()));
            }
        }
        let of_conditions = self.conditions().flat_map(|(setting, condition)| {
            condition.columns().map(move |(column, _)| (setting, column.name.as_str()))
        });
        let of_split_on = self.split_on.iter().map(|name| ("split_on", name.as_str()));
        match of_conditions.chain(of_split_on).find(|(_, name)| *name == time) {
            Some((setting, column)) => Err(RuleError::ReadsTime { setting, column: column.to_owned() }),
            None => Ok(()),
        }
    }
}
