//! What was said of a deployment, by flags and by a file. Settings that were not given stay as they are.

use serde::Deserialize;
use spectrum_core::{DefinitionBuilder, DefinitionFile, EpochUnit, Gap, SessionDefinition};
use spectrum_sql::postgres::OnDetach;
use spectrum_sql::{DEFAULT_EVENTS, TableName};

use crate::deployment::{Deployment, DeploymentError, Mode, OnDetachName, table_named};
use crate::names::Names;

/// What is wanted, as far as it was said. A field that is `None` is as in the deployment that stands, and has its default
/// where none does.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Wanted {
    /// What a session is.
    pub definition: DefinitionBuilder,
    /// The events table, as it is written.
    pub events: Option<String>,
    /// Where the relations stand.
    pub names: WantedNames,
    /// Columns of the events that go along.
    pub carried: Option<Vec<String>>,
    /// Whether of events that share an id only the earliest counts.
    pub deduplicated: Option<bool>,
    /// What the numbers of the time column count since 1970.
    pub time_unit: Option<EpochUnit>,
    /// Whether events without a time are left out instead of refused.
    pub without_null_times: Option<bool>,
    /// How the relations are kept.
    pub mode: Option<Mode>,
    /// In [`Mode::Incremental`], what becomes of the events of a partition that goes.
    pub on_detach: Option<OnDetach>,
    /// In [`Mode::Incremental`], how old events are that count on when they go; `Some(None)` is none.
    pub retention: Option<Option<Gap>>,
    /// In [`Mode::Incremental`], for how long what the summary was is kept; `Some(None)` is not at all.
    pub history: Option<Option<Gap>>,
    /// Views that a refresh takes along. They are written down nowhere, so nothing stands of them.
    pub refreshed: Vec<TableName>,
}

/// The names of the relations, as far as they were said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WantedNames {
    /// The schema of all of them. It and `sessions` say which deployment is meant, so they have their defaults where they
    /// are not said, whatever stands.
    pub schema: Option<String>,
    /// One row per event.
    pub sessions: Option<String>,
    /// The other names, in the order of [`Names`].
    others: [Option<String>; 11],
}

/// The parts of a `spectrum.toml` that only a database needs.
#[derive(Deserialize, Default)]
struct DeploymentFile {
    #[serde(default)]
    postgres: PostgresTable,
    #[serde(default)]
    refresh: RefreshTable,
    #[serde(default)]
    retention: RetentionTable,
    #[serde(default)]
    history: HistoryTable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PostgresTable {
    columns: Option<Vec<String>>,
    deduplicate: Option<bool>,
    drop_null_times: Option<bool>,
    mode: Option<Mode>,
    on_detach: Option<OnDetachName>,
    schema: Option<String>,
    sessions: Option<String>,
    summary: Option<String>,
    sessions_view: Option<String>,
    summary_view: Option<String>,
    refresh_log: Option<String>,
    refresh_log_view: Option<String>,
    changes: Option<String>,
    refresh_function: Option<String>,
    session_ids: Option<String>,
    session_aliases_view: Option<String>,
    session_history: Option<String>,
    sessions_as_of: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RetentionTable {
    events: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct HistoryTable {
    keep: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RefreshTable {
    #[serde(default)]
    views: Vec<String>,
}

impl Wanted {
    /// What the text of a `spectrum.toml` says.
    ///
    /// # Errors
    /// When the text is not TOML, has an unknown field, or an invalid name.
    pub fn from_toml(text: &str) -> Result<Self, DeploymentError> {
        let file: DeploymentFile =
            toml::from_str(text).map_err(|e| DeploymentError::Toml(e.to_string().trim_end().to_owned()))?;
        let said = file.postgres;
        let refreshed = file.refresh.views.iter().map(|view| table_named("refresh.views", view));
        let retention = file.retention.events.map(|text| match text.as_str() {
            "none" => Ok(None),
            age => age
                .parse()
                .map(Some)
                .map_err(|source| DeploymentError::Retention { text: text.clone(), source }),
        });
        let history = file.history.keep.map(|text| Self::history_said(&text));
        let DefinitionFile { definition, table, time_unit, .. } = DefinitionFile::from_toml(text)?;
        Ok(Self {
            definition,
            events: table,
            names: WantedNames {
                schema: said.schema,
                sessions: said.sessions,
                others: [
                    said.summary,
                    said.sessions_view,
                    said.summary_view,
                    said.refresh_log,
                    said.refresh_log_view,
                    said.changes,
                    said.refresh_function,
                    said.session_ids,
                    said.session_aliases_view,
                    said.session_history,
                    said.sessions_as_of,
                ],
            },
            carried: said.columns,
            deduplicated: said.deduplicate,
            time_unit,
            without_null_times: said.drop_null_times,
            mode: said.mode,
            on_detach: said.on_detach.map(OnDetach::from),
            retention: retention.transpose()?,
            history: history.transpose()?,
            refreshed: refreshed.collect::<Result<_, _>>()?,
        })
    }

    /// For how long what the summary was is kept, as it is written: a time, or that it is not.
    fn history_said(text: &str) -> Result<Option<Gap>, DeploymentError> {
        match text {
            "none" => Ok(None),
            time => time
                .parse()
                .map(Some)
                .map_err(|source| DeploymentError::History { text: text.to_owned(), source }),
        }
    }

    /// The deployment in its place: the names, and of all else the defaults. It is what a deployment is looked for with.
    ///
    /// # Errors
    /// When the names do not fit together.
    pub fn place(&self) -> Result<Deployment, DeploymentError> {
        let names = self.names.over(&Names::default());
        let refreshed = self.refreshed.clone();
        Deployment { names, refreshed, ..Deployment::new(SessionDefinition::default())? }.checked()
    }

    /// Rules of the resulting deployment that stood there and were not said again, though others were.
    pub(crate) fn left_standing(&self, resulting: &Deployment) -> Vec<&'static str> {
        let (true, Ok(said)) = (self.definition.says_a_rule(), self.definition.clone().build()) else {
            return Vec::new();
        };
        let tells = !resulting.definition.summary().is_empty() && said.summary().is_empty();
        let said: Vec<&str> = said.rule().beyond_the_gap().collect();
        let of_rule = resulting.definition.rule().beyond_the_gap().filter(|rule| !said.contains(rule));
        of_rule.chain(tells.then_some("[summary.columns]")).collect()
    }

    /// The resulting deployment; settings that were not given are as in `standing`.
    ///
    /// # Errors
    /// A [`DeploymentError`] that names the value and the rule.
    pub fn over(&self, standing: Option<&Deployment>) -> Result<Deployment, DeploymentError> {
        let definition = self.definition.clone();
        let definition = match standing {
            Some(standing) => definition.or(&standing.definition),
            None => definition,
        }
        .build()?;
        let carried = self.carried.clone().unwrap_or_else(|| {
            let carried = standing.iter().flat_map(|standing| &standing.carried);
            // A column that is now part of the definition is carried along anyway.
            carried.filter(|column| !is_of(&definition, column)).cloned().collect()
        });
        let of = |said: Option<bool>, stands: fn(&Deployment) -> bool| {
            said.or(standing.map(stands)).unwrap_or_default()
        };
        let events = match (&self.events, standing) {
            (Some(said), _) => table_named("events.table", said)?,
            (None, Some(standing)) => standing.events.clone(),
            (None, None) => table_named("events.table", DEFAULT_EVENTS)?,
        };
        Deployment {
            events,
            names: self.names.over(standing.map_or(&Names::default(), |standing| &standing.names)),
            carried,
            deduplicated: of(self.deduplicated, |standing| standing.deduplicated),
            time_unit: self.time_unit.or(standing.and_then(|standing| standing.time_unit)),
            without_null_times: of(self.without_null_times, |standing| standing.without_null_times),
            mode: self.mode.or(standing.map(|standing| standing.mode)).unwrap_or_default(),
            on_detach: self.on_detach.or(standing.map(|standing| standing.on_detach)).unwrap_or_default(),
            retention: self.retention.unwrap_or(standing.and_then(|standing| standing.retention)),
            history: self.history.unwrap_or(standing.and_then(|standing| standing.history)),
            rule_columns: Vec::new(),
            refreshed: self.refreshed.clone(),
            definition,
        }
        .checked()
    }
}

impl WantedNames {
    /// All names; those that were not given are as in `standing`.
    fn over(&self, standing: &Names) -> Names {
        let default = Names::default();
        let [
            summary,
            sessions_view,
            summary_view,
            refresh_log,
            refresh_log_view,
            changes,
            refresh_function,
            session_ids,
            session_aliases_view,
            session_history,
            sessions_as_of,
        ] = self.others.clone();
        let of = |said: Option<String>, stands: &String| said.unwrap_or_else(|| stands.clone());
        Names {
            schema: of(self.schema.clone(), &default.schema),
            sessions: of(self.sessions.clone(), &default.sessions),
            summary: of(summary, &standing.summary),
            sessions_view: of(sessions_view, &standing.sessions_view),
            summary_view: of(summary_view, &standing.summary_view),
            refresh_log: of(refresh_log, &standing.refresh_log),
            refresh_log_view: of(refresh_log_view, &standing.refresh_log_view),
            changes: of(changes, &standing.changes),
            refresh_function: of(refresh_function, &standing.refresh_function),
            session_ids: of(session_ids, &standing.session_ids),
            session_aliases_view: of(session_aliases_view, &standing.session_aliases_view),
            session_history: of(session_history, &standing.session_history),
            sessions_as_of: of(sessions_as_of, &standing.sessions_as_of),
        }
    }
}

/// Whether the column is of the key, the time or the event id.
fn is_of(definition: &SessionDefinition, column: &str) -> bool {
    definition.key().iter().any(|name| name == column)
        || [definition.time(), definition.event_id()].contains(&column)
}

/// A deployment says everything.
impl From<&Deployment> for Wanted {
    fn from(deployment: &Deployment) -> Self {
        let names = deployment.names.clone();
        Self {
            definition: deployment.definition.to_builder(),
            events: Some(deployment.events.to_string()),
            names: WantedNames {
                schema: Some(names.schema),
                sessions: Some(names.sessions),
                others: [
                    names.summary,
                    names.sessions_view,
                    names.summary_view,
                    names.refresh_log,
                    names.refresh_log_view,
                    names.changes,
                    names.refresh_function,
                    names.session_ids,
                    names.session_aliases_view,
                    names.session_history,
                    names.sessions_as_of,
                ]
                .map(Some),
            },
            carried: Some(deployment.carried.clone()),
            deduplicated: Some(deployment.deduplicated),
            time_unit: deployment.time_unit,
            without_null_times: Some(deployment.without_null_times),
            mode: Some(deployment.mode),
            on_detach: Some(deployment.on_detach),
            retention: Some(deployment.retention),
            history: Some(deployment.history),
            refreshed: deployment.refreshed.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_it_stands() {
        let standing = "[events]\nkey = [\"device\"]\n[session]\ngap = \"10m\"\nid = \"encoded\"
            [postgres]\ncolumns = [\"page\", \"country\"]\ndrop_null_times = true\nmode = \"incremental\"
            on_detach = \"keep\"\nsummary = \"by_session\"";
        let standing = Wanted::from_toml(standing).unwrap().over(None).unwrap();
        assert_eq!(Wanted::default().over(Some(&standing)), Ok(standing.clone()));
        assert_eq!(Wanted::from(&standing).over(None), Ok(standing.clone()));

        let said = "[events]\nkey = [\"country\"]\n[session]\ngap = \"5m\"\n[postgres]\nmode = \"view\"";
        let over = Wanted::from_toml(said).unwrap().over(Some(&standing)).unwrap();
        let mut expected = standing.clone();
        expected.definition =
            standing.definition.to_builder().key(["country"]).gap("5m".parse().unwrap()).build().unwrap();
        // It is of the key now.
        expected.carried = vec!["page".into()];
        expected.mode = Mode::View;
        assert_eq!(over, expected);
    }

    #[test]
    fn what_is_said_to_be_none_is_none() {
        let standing = Wanted::from_toml("[postgres]\ncolumns = [\"page\"]\ndeduplicate = true").unwrap();
        let standing = standing.over(None).unwrap();
        let said = Wanted::from_toml("[postgres]\ncolumns = []\ndeduplicate = false").unwrap();
        let over = said.over(Some(&standing)).unwrap();
        assert_eq!((over.carried.len(), over.deduplicated), (0, false));
    }

    #[test]
    fn schema_and_sessions_are_those_that_are_looked_for() {
        let standing = Wanted::from_toml("[postgres]\nschema = \"s\"\nsessions = \"x\"\nchanges = \"c\"");
        let standing = standing.unwrap().over(None).unwrap();
        let names = Wanted::default().over(Some(&standing)).unwrap().names;
        assert_eq!(names, Names { changes: "c".into(), ..Names::default() });
    }
}
