//! What Spectrum writes into the comments of the things it makes, so that it knows them again.

use std::fmt;

use serde::{Deserialize, Serialize};
use spectrum_core::{IdScheme, SessionDefinition, SummaryColumn};
use spectrum_sql::TableName;

use crate::deployment::{Deployment, Mode, OnDetachName};
use crate::error::PgError;
use crate::names::Names;
use crate::recorded_rule::RecordedRule;
use crate::role::Role;

/// The first words of every comment; the version follows.
pub(crate) const MADE_BY: &str = "Made by Spectrum ";

/// The version that writes comments.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A comment for people alone, which says who made a thing and what for.
pub(crate) fn comment_for_people(what: &str) -> String {
    format!("{MADE_BY}{VERSION}: {what}.")
}

/// Counts up when the relations that a definition leads to change, so that an older deployment is built anew.
const LAYOUT: u32 = 2;

/// Why a comment that Spectrum wrote cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unread {
    version: String,
    why: String,
}

impl Unread {
    /// The refusal of whatever it stands on.
    pub(crate) fn on(&self, what: impl fmt::Display) -> PgError {
        PgError::refused(format!(
            "{what} was made by Spectrum {}, and this version, {}, does not understand the record in its comment ({}), so it \
             leaves everything as it is; use the version that made it, or a newer one",
            self.version, VERSION, self.why
        ))
    }
}

/// The part of a record that every version has.
#[derive(Deserialize)]
struct Layout {
    layout: u32,
}

/// A comment's content.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// The version of Spectrum that made it.
    pub(crate) spectrum: String,
    /// What it is for.
    pub(crate) role: Role,
    layout: u32,
    /// Left out where it would only be repeated: the two relations with rows have it, what outlives them, and an index that
    /// stands elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<RecordedDefinition>,
}

/// A deployment as it is written down.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedDefinition {
    table: String,
    event_id: String,
    time: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_unit: Option<String>,
    key: Vec<String>,
    gap: String,
    /// Left out where there is nothing but a gap, as older versions wrote it.
    #[serde(default, skip_serializing_if = "is_default")]
    rule: RecordedRule,
    id: String,
    columns: Vec<String>,
    deduplicate: bool,
    drop_null_times: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    mode: Mode,
    #[serde(default, skip_serializing_if = "is_default")]
    on_detach: OnDetachName,
    #[serde(default, skip_serializing_if = "is_default")]
    retention: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    history: Option<String>,
    /// What the summary tells besides, as `spectrum.toml` has it, in order.
    #[serde(default, skip_serializing_if = "is_default")]
    summary: Vec<String>,
    /// The columns that the rule or the summary alone reads, with their types, where triggers note their changes.
    #[serde(default, skip_serializing_if = "is_default")]
    rule_columns: Vec<(String, String)>,
    names: Names,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What differs between two records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Difference {
    /// In words, as in `gap 30m is now 5m`.
    pub(crate) words: String,
    /// What users of the sessions lose by it.
    pub(crate) takes: Option<Takes>,
}

/// What a change takes away from those who use the sessions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Takes {
    /// The ids that sessions had.
    Ids,
    /// The same, unless the table is the same under another name.
    Table,
    /// Columns of the sessions relation.
    Columns(Vec<String>),
    /// Columns of the summary, as they are written.
    SummaryColumns(Vec<String>),
    /// The function that refreshes, and what notes changes.
    Triggers,
    /// The sessions of partitions that go.
    Kept,
    /// The sessions of old events that go.
    Retained,
    /// What the summary was.
    History,
}

impl RecordedDefinition {
    /// Whether the sessions relation has a column of the events.
    fn has(&self, column: &str) -> bool {
        let own = self.key.iter().chain(&self.columns).chain([&self.time, &self.event_id]);
        own.into_iter().any(|name| name == column)
    }
}

impl Record {
    /// What is to be written on a thing of this deployment.
    pub(crate) fn new(deployment: &Deployment, role: Role) -> Self {
        let definition = &deployment.definition;
        let written_down = matches!(
            role,
            Role::Sessions
                | Role::Summary
                | Role::RefreshLog
                | Role::EventsIndex
                | Role::NewSessions
                | Role::Changes
        );
        Self {
            spectrum: VERSION.to_owned(),
            role,
            layout: LAYOUT,
            definition: written_down.then(|| RecordedDefinition {
                table: deployment.events.to_string(),
                event_id: definition.event_id().to_owned(),
                time: definition.time().to_owned(),
                time_unit: deployment.time_unit.map(|unit| unit.to_string()),
                key: definition.key().to_vec(),
                gap: definition.gap().to_string(),
                rule: RecordedRule::of(definition.rule()),
                id: definition.id().to_string(),
                columns: deployment.carried.clone(),
                deduplicate: deployment.deduplicated,
                drop_null_times: deployment.without_null_times,
                mode: deployment.mode,
                on_detach: deployment.on_detach.into(),
                retention: deployment.retention.map(|age| age.to_string()),
                history: deployment.history.map(|keep| keep.to_string()),
                summary: definition.summary().iter().map(ToString::to_string).collect(),
                rule_columns: deployment.rule_columns.clone(),
                names: deployment.names.clone(),
            }),
        }
    }

    /// Reads a comment; `None` when Spectrum did not write it.
    ///
    /// # Errors
    /// When it did, and this version does not understand what: whatever has such a comment is left as it is.
    pub(crate) fn read(comment: &str) -> Result<Option<Self>, Unread> {
        let Some(rest) = comment.strip_prefix(MADE_BY) else { return Ok(None) };
        let unread = |why: String| Unread {
            version: rest.split([':', ' ']).next().unwrap_or_default().to_owned(),
            why,
        };
        let json = rest.find('{').map_or("", |at| &rest[at..]);
        // The layout first: what a later one has besides may be anything.
        let Layout { layout } = serde_json::from_str(json).map_err(|error| unread(error.to_string()))?;
        if layout > LAYOUT {
            return Err(unread(format!("it is of layout {layout}, and {LAYOUT} is the latest known here")));
        }
        serde_json::from_str(json).map(Some).map_err(|error| unread(error.to_string()))
    }

    /// Whether both lead to the same relations, whichever version wrote them. What is kept of the summary stands beside them.
    pub(crate) fn same_relations(&self, other: &Self) -> bool {
        let of = |record: &Self| {
            record.definition.clone().map(|recorded| RecordedDefinition { history: None, ..recorded })
        };
        self.layout == other.layout && of(self) == of(other)
    }

    /// What differs, in order.
    pub(crate) fn differences(&self, now: &Self) -> Vec<Difference> {
        let (Some(was), Some(is)) = (&self.definition, &now.definition) else { return Vec::new() };
        let list = |names: &[String]| names.join(", ");
        let differ = |name: &str, was: String, is: String, takes: Option<Takes>| {
            let shown = |text: String| if text.is_empty() { "none".to_owned() } else { text };
            let differs = was != is;
            let words = || format!("{name} {} is now {}", shown(was), shown(is));
            differs.then(|| Difference { words: words(), takes })
        };
        let mode = |mode: Mode| if mode == Mode::View { "view" } else { "incremental" }.to_owned();
        let on_detach =
            |policy: OnDetachName| if policy == OnDetachName::Keep { "keep" } else { "remove" }.to_owned();
        // Ids that last are kept over another rule.
        let ids_last = [was, is].iter().all(|recorded| recorded.id == IdScheme::Persistent.to_string());
        let ids = (!ids_last).then_some(Takes::Ids);
        let begins_to_last =
            was.id == IdScheme::Start.to_string() && is.id == IdScheme::Persistent.to_string();
        let of_rule = was.rule.settings().into_iter().zip(is.rule.settings());
        let of_rule =
            of_rule.map(|((name, was), (_, is))| differ(name, was, is, ids.clone())).collect::<Vec<_>>();
        let gone: Vec<String> = was.columns.iter().filter(|name| !is.has(name)).cloned().collect();
        let columns = (!gone.is_empty()).then_some(Takes::Columns(gone));
        let gone: Vec<String> =
            was.summary.iter().filter(|column| !is.summary.contains(column)).cloned().collect();
        let told = (!gone.is_empty()).then_some(Takes::SummaryColumns(gone));
        let triggers = (is.mode == Mode::View).then_some(Takes::Triggers);
        let kept =
            (is.on_detach == OnDetachName::Remove && is.mode == Mode::Incremental).then_some(Takes::Kept);
        let before = [
            differ("mode", mode(was.mode), mode(is.mode), triggers),
            differ("on_detach", on_detach(was.on_detach), on_detach(is.on_detach), kept),
            differ(
                "retention of events",
                was.retention.clone().unwrap_or_default(),
                is.retention.clone().unwrap_or_default(),
                (is.retention.is_none() && is.mode == Mode::Incremental).then_some(Takes::Retained),
            ),
            differ(
                "history",
                was.history.clone().unwrap_or_default(),
                is.history.clone().unwrap_or_default(),
                is.history.is_none().then_some(Takes::History),
            ),
            differ("events table", was.table.clone(), is.table.clone(), Some(Takes::Table)),
            differ("event id", was.event_id.clone(), is.event_id.clone(), ids.clone()),
            differ("time", was.time.clone(), is.time.clone(), Some(Takes::Ids)),
            differ(
                "time unit",
                was.time_unit.clone().unwrap_or_default(),
                is.time_unit.clone().unwrap_or_default(),
                Some(Takes::Ids),
            ),
            differ("key", list(&was.key), list(&is.key), Some(Takes::Ids)),
            differ("gap", was.gap.clone(), is.gap.clone(), ids.clone()),
        ];
        let after = [
            // Ids that last begin as those of their first instants.
            differ("id scheme", was.id.clone(), is.id.clone(), ids.clone().filter(|_| !begins_to_last)),
            differ("columns", list(&was.columns), list(&is.columns), columns),
            differ("what the summary tells,", list(&was.summary), list(&is.summary), told),
            differ("deduplicate", was.deduplicate.to_string(), is.deduplicate.to_string(), ids.clone()),
            differ("drop_null_times", was.drop_null_times.to_string(), is.drop_null_times.to_string(), ids),
            differ("layout", self.layout.to_string(), now.layout.to_string(), None),
        ];
        before.into_iter().chain(of_rule).chain(after).flatten().collect()
    }

    /// The names that were written down.
    pub(crate) fn names(&self) -> Option<&Names> {
        self.definition.as_ref().map(|recorded| &recorded.names)
    }

    /// The deployment that was written down; `None` when this version of Spectrum would refuse it.
    pub(crate) fn deployment(&self) -> Option<Deployment> {
        let recorded = self.definition.as_ref()?;
        let definition = SessionDefinition::builder()
            .event_id(&recorded.event_id)
            .time(&recorded.time)
            .key(&recorded.key)
            .rule(recorded.rule.parts().ok()?)
            .gap(recorded.gap.parse().ok()?)
            .id(recorded.id.parse().ok()?)
            .summary(SummaryColumn::read_all(&recorded.summary.join("\n")).ok()?)
            .build()
            .ok()?;
        let mut deployment = Deployment::new(SessionDefinition::default()).ok()?;
        deployment.definition = definition;
        deployment.events = TableName::parse(&recorded.table).ok()?;
        deployment.names = recorded.names.clone();
        deployment.carried = recorded.columns.clone();
        deployment.deduplicated = recorded.deduplicate;
        deployment.time_unit = recorded.time_unit.as_ref().map(|unit| unit.parse()).transpose().ok()?;
        deployment.without_null_times = recorded.drop_null_times;
        deployment.mode = recorded.mode;
        deployment.rule_columns = recorded.rule_columns.clone();
        deployment.on_detach = recorded.on_detach.into();
        deployment.history = recorded.history.as_ref().map(|keep| keep.parse()).transpose().ok()?;
        deployment.retention = recorded.retention.as_ref().map(|age| age.parse()).transpose().ok()?;
        deployment.checked().ok()
    }
}

/// The comment's text: a sentence for people, and what a program needs.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        write!(f, "{MADE_BY}{}: {}. {json}", self.spectrum, self.role.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let definition =
            SessionDefinition::builder().key(["a\"b", "c{d"]).gap("90s".parse().unwrap()).build().unwrap();
        let mut deployment = Deployment::new(definition).unwrap();
        deployment.carried = vec!["event_type".into()];
        let record = Record::new(&deployment, Role::Summary);
        let read = Record::read(&record.to_string()).unwrap().unwrap();
        assert_eq!(read, record);
        assert_eq!(read.deployment(), Some(deployment.clone()));
        assert_eq!(Record::read("made by hand"), Ok(None));

        deployment.definition =
            deployment.definition.to_builder().gap("5m".parse().unwrap()).build().unwrap();
        let now = Record::new(&deployment, Role::Sessions);
        assert!(!read.same_relations(&now));
        let difference = Difference { words: "gap 1m30s is now 5m".into(), takes: Some(Takes::Ids) };
        assert_eq!(read.differences(&now), [difference]);
    }

    /// A later version may know a tool better; what is deployed stays what it was.
    #[test]
    fn of_a_preset_the_settings_are_recorded_and_not_the_name() {
        let toml = "[session]\npreset = 'posthog'\ngap = '20m'";
        let deployment = Deployment::new(SessionDefinition::from_toml(toml).unwrap()).unwrap();
        let text = Record::new(&deployment, Role::Sessions).to_string();
        assert!(text.contains("20m") && text.contains("max_duration") && !text.contains("posthog"), "{text}");
        assert_eq!(Record::read(&text).unwrap().unwrap().deployment(), Some(deployment));
    }

    #[test]
    fn rules_are_read_back_and_named_where_they_differ() {
        let toml = r#"
            [events]
            where = "is_bot is not true"
            [session]
            gap = "20m"
            at_gap = "new"
            gap_when = [{ when = "event_type = 'video_play'", gap = "4h" }]
            split_at = "midnight"
            timezone = "Europe/Paris"
            start_when = "event_type in ('login', 'it''s')"
            end_when = "event_type = 'logout'"
            split_on = ["utm_campaign", "plan"]
            split_on_null = "split"
            max_duration = "12h"
            max_events = 1000
            passive_when = "event_type = 'heartbeat'"
            ignore_when = "event_type = 'notification'""#;
        let deployment = Deployment::new(SessionDefinition::from_toml(toml).unwrap()).unwrap();
        let record = Record::new(&deployment, Role::Sessions);
        let read = Record::read(&record.to_string()).unwrap().unwrap();
        assert_eq!(read, record);
        assert_eq!(read.deployment(), Some(deployment.clone()));
        assert_eq!(deployment.definition.rule().beyond_the_gap().count(), 11);

        let plain = Deployment::new(SessionDefinition::default()).unwrap();
        let older = Record::new(&plain, Role::Sessions);
        assert!(!older.to_string().contains("rule"), "{older}");
        let differences = older.differences(&record);
        assert!(differences.iter().all(|difference| difference.takes == Some(Takes::Ids)));
        let words: Vec<&str> = differences.iter().map(|difference| difference.words.as_str()).collect();
        assert_eq!(
            words,
            [
                "gap 30m is now 20m",
                "where none is now is_bot is not true",
                "at_gap none is now new",
                "gap_when none is now 4h: event_type = 'video_play'",
                "split_at none is now 00:00",
                "timezone none is now Europe/Paris",
                "start_when none is now event_type in ('login', 'it''s')",
                "end_when none is now event_type = 'logout'",
                "split_on none is now utm_campaign, plan",
                "split_on_null none is now split",
                "max_duration none is now 12h",
                "max_events none is now 1000",
                "passive_when none is now event_type = 'heartbeat'",
                "ignore_when none is now event_type = 'notification'",
            ]
        );
    }
}
