//! Whether a deployment fits the events that are there. Everything that does not fit is reported at once.

use postgres::GenericClient;
use spectrum_core::{SplitAt, SummaryColumn};
use spectrum_sql::TableName;
use spectrum_sql::postgres::{
    Events, Incremental, IncrementalNames, KeyComparison, OnDetach, TimeSubtraction,
};

use crate::catalog::{
    Below, Column, Kind, Relation, below, check_server, columns_of, hiding, or_near, require,
};
use crate::deployment::{Deployment, Mode};
use crate::error::{PgError, Result, While};
use crate::lock::lock_key;
use crate::message::{Message, message};
use crate::remedy::{ColumnRole, Remedy};
use crate::rule_columns::casts;
use crate::summary_casts::summary_casts;

/// A deployment bound to the events table it found.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    /// The deployment with the table's full name.
    pub(crate) deployment: Deployment,
    pub(crate) events: Relation,
    pub(crate) columns: Vec<Column>,
    /// What is below the events table.
    pub(crate) below: Vec<Below>,
    time: TimeSubtraction,
    /// Whether times are instants that zones show as different times of day.
    zoned: bool,
    key: Vec<KeyComparison>,
    /// What columns that the rule reads have to be cast to.
    casts: Vec<(String, String)>,
    /// What values have to be cast to before a column of the summary, by its name, adds them up or compares them.
    summary_casts: Vec<(String, String)>,
}

impl Fit {
    /// Reads the catalog.
    ///
    /// # Errors
    /// [`PgError::Refused`] with a line for everything that does not fit.
    pub(crate) fn find(client: &mut impl GenericClient, deployment: &Deployment) -> Result<Self> {
        Self::find_for(client, deployment, true)
    }

    /// The same for who reads the events and makes nothing, which needs no right to do so.
    pub(crate) fn find_to_read(client: &mut impl GenericClient, deployment: &Deployment) -> Result<Self> {
        Self::find_for(client, deployment, false)
    }

    fn find_for(client: &mut impl GenericClient, deployment: &Deployment, makes: bool) -> Result<Self> {
        check_server(client, deployment.definition.id())?;
        let events = require(client, &deployment.events, "events table")?;
        if events.kind == Kind::Other {
            return Err(PgError::refused(format!("{} is not a table or a view", events.name)));
        }
        let columns = columns_of(client, &events)?;
        let mut problems: Vec<Message> = Vec::new();
        let definition = &deployment.definition;
        let column = |name: &str, role: ColumnRole, problems: &mut Vec<Message>| {
            let found = columns.iter().find(|column| column.name == name).cloned();
            if found.is_none() {
                problems.push(no_such_column(&events, &columns, name, role));
            }
            found
        };
        let rule = definition.rule();
        let mut casts = casts(rule, &events, &columns, &mut problems);
        let summary_casts = summary_casts(definition, &events, &columns, &mut casts, &mut problems);
        let mut key = Vec::new();
        for name in definition.key() {
            if let Some(column) = column(name, ColumnRole::Key, &mut problems) {
                match column.as_key() {
                    Ok(ty) => key.push(ty),
                    Err(why) => problems.push(format!("key column '{name}' is {why}").into()),
                }
            }
        }
        let mut time = TimeSubtraction::default();
        let mut zoned = true;
        if let Some(column) = column(definition.time(), ColumnRole::Time, &mut problems) {
            zoned = column.is_zoned();
            match column.as_time(deployment.time_unit) {
                Ok(ty) => time = ty,
                Err(why) => problems.push(message![format!("time column '{}' is ", column.name), why]),
            }
        }
        if let Some(column) = column(definition.event_id(), ColumnRole::EventId, &mut problems)
            && let Err(why) = column.as_event_id()
        {
            problems.push(format!("event id column '{}' is {why}", column.name).into());
        }
        for name in &deployment.carried {
            column(name, ColumnRole::Carried, &mut problems);
        }
        if let Some(zone) = rule.split_at().and_then(SplitAt::zone) {
            problems.extend(zone_problem(client, zone, definition.time(), time, zoned)?.map(Message::from));
        }
        let of_rule = rule.columns().iter().map(|read| read.column.name.as_str());
        let of_summary = definition.summary().iter().flat_map(SummaryColumn::reads);
        let of_rule = of_rule.chain(of_summary.map(|(column, _)| column.name.as_str()));
        let read = definition.key().iter().chain(&deployment.carried).map(String::as_str).chain(of_rule);
        let read: Vec<&str> = read.chain([definition.time(), definition.event_id()]).collect();
        let hidden: Vec<&str> = columns
            .iter()
            .filter(|column| !column.readable && read.contains(&column.name.as_str()))
            .map(|column| column.name.as_str())
            .collect();
        if !hidden.is_empty() {
            let role = client.query_one("SELECT current_user::text", &[]).while_doing("asking who we are")?;
            let role = spectrum_sql::identifier(role.get(0));
            let schema = spectrum_sql::identifier(events.name.schema().unwrap_or("public"));
            problems.push(format!(
                "this role may not read {}; GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {} TO {role}",
                hidden.join(", "),
                events.name
            ).into());
        }
        problems.extend(hiding(client, &events, None)?.map(Message::from));
        if makes {
            problems.extend(schema_problem(client, deployment)?.map(Message::from));
        }
        if !problems.is_empty() {
            return Err(PgError::refused(Message::joined(problems, "\n")));
        }
        // A unit that is said for files says nothing of a table whose times are not numbers.
        let time_unit = deployment.time_unit.filter(|_| matches!(time, TimeSubtraction::Epoch(_)));
        let deployment = Deployment { events: events.name.clone(), time_unit, ..deployment.clone() };
        let below = below(client, events.oid)?;
        let mut fit = Self { deployment, events, columns, below, time, zoned, key, casts, summary_casts };
        if fit.deployment.mode == Mode::Incremental {
            fit.deployment.rule_columns = fit.rule_columns()?;
        }
        Ok(fit)
    }

    /// The columns that the rule or the summary alone reads, each with its type.
    ///
    /// # Errors
    /// [`PgError::Refused`] where events of partitions that go are to be kept, of which nothing else is.
    fn rule_columns(&self) -> Result<Vec<(String, String)>> {
        let query = self.query();
        let names = query.read_besides();
        let kept = match (self.deployment.retention, self.deployment.on_detach) {
            (Some(_), _) => Some("old events that go"),
            (None, OnDetach::Keep) => Some("events of partitions that go"),
            (None, OnDetach::Remove) => None,
        };
        if let Some(kept) = kept.filter(|_| !names.is_empty()) {
            return Err(PgError::refused(format!(
                "the rule or the summary reads {}, which the sessions relation does not have; {kept} are kept with its \
                 columns alone, so name {} in [postgres] columns",
                names.join(", "),
                if names.len() == 1 { "it" } else { "them" }
            )));
        }
        let columns = names.iter().filter_map(|name| self.column(name));
        Ok(columns.map(|column| (column.name.clone(), column.ty.clone())).collect())
    }

    /// The events as queries need them.
    pub(crate) fn query(&self) -> Events<'_> {
        let deployment = &self.deployment;
        Events::new(&deployment.definition, deployment.events.clone())
            .typed(self.time, self.key.clone())
            .zoned(self.zoned)
            .casting(self.casts.clone())
            .summing(self.summary_casts.clone())
            .with_citext_in(self.citext_schema())
            .carrying(&deployment.carried)
            .deduplicated(deployment.deduplicated)
            .without_null_times(deployment.without_null_times)
    }

    /// What values are cast to where a column of the summary adds them up or compares them.
    pub(crate) fn told_as(&self, name: &str) -> Option<&str> {
        self.summary_casts.iter().find(|(known, _)| known == name).map(|(_, cast)| cast.as_str())
    }

    /// Where `citext` stands, if a column of the key is of that type.
    fn citext_schema(&self) -> Option<String> {
        let key = self.deployment.definition.key().iter().filter_map(|name| self.column(name));
        key.zip(&self.key)
            .find(|(_, ty)| **ty == KeyComparison::CaseInsensitive)
            .map(|(column, _)| column.schema.clone())
    }

    /// What maintains the relations, under the names that they have in the end. `events` are [`Self::query`].
    pub(crate) fn incremental<'a>(&self, events: &'a Events<'a>) -> Incremental<'a> {
        self.incremental_at(events, self.deployment.sessions(), self.deployment.summary())
    }

    /// The same with relations that stand elsewhere.
    pub(crate) fn incremental_at<'a>(
        &self,
        events: &'a Events<'a>,
        sessions: TableName,
        summary: TableName,
    ) -> Incremental<'a> {
        self.incremental_named(events, IncrementalNames { sessions, summary, ..self.names() })
    }

    /// The names that everything has in the end.
    pub(crate) fn names(&self) -> IncrementalNames {
        self.deployment.maintained_names()
    }

    /// [`Self::incremental`] under other names.
    pub(crate) fn incremental_named<'a>(
        &self,
        events: &'a Events<'a>,
        names: IncrementalNames,
    ) -> Incremental<'a> {
        let deployment = &self.deployment;
        let definition = &deployment.definition;
        let read =
            definition.key().iter().map(String::as_str).chain([definition.time(), definition.event_id()]);
        let read = read.filter_map(|name| self.column(name)).map(|column| column.declared.clone());
        let incremental = Incremental::new(events, names, lock_key(deployment))
            .reading(read.collect())
            .ruled_by(deployment.rule_columns.clone());
        let incremental = match deployment.retention {
            Some(age) => incremental.retaining(age.nanoseconds()),
            None => incremental,
        };
        let incremental = match deployment.history {
            Some(keep) => incremental.keeping_history(keep.nanoseconds()),
            None => incremental,
        };
        match self.is_divided() {
            true => incremental.partitioned(deployment.on_detach),
            false => incremental,
        }
    }

    /// Whether the events are in partitions, or in tables that inherit from theirs.
    pub(crate) fn is_divided(&self) -> bool {
        self.events.kind == Kind::Partitioned || !self.below.is_empty()
    }

    /// What the times are.
    pub(crate) fn time(&self) -> TimeSubtraction {
        self.time
    }

    /// Whether a time, as SQL, is one of which sessions can be made.
    pub(crate) fn is_finite(&self, time: &str) -> String {
        self.time.is_finite(time)
    }

    /// A column of the events.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

fn no_such_column(events: &Relation, columns: &[Column], name: &str, role: ColumnRole) -> Message {
    let has: Vec<String> = columns.iter().map(|column| format!("{} {}", column.name, column.ty)).collect();
    let near = or_near(name, columns.iter().map(|column| column.name.as_str()));
    message![
        format!(
            "{role} column '{name}' is not in {}{near} (it has: {}); name it with ",
            events.name,
            has.join(", ")
        ),
        Remedy::NameColumn(role)
    ]
}

/// Why sessions cannot end at a time of day of this zone.
fn zone_problem(
    client: &mut impl GenericClient,
    zone: &str,
    name: &str,
    time: TimeSubtraction,
    zoned: bool,
) -> Result<Option<String>> {
    if !zoned && !matches!(time, TimeSubtraction::Epoch(_)) {
        return Ok(Some(format!(
            "timezone {zone} is the zone of split_at, and time column '{name}' has none, so its days are its own; take \
             timezone out, or make it timestamptz"
        )));
    }
    let sql =
        "SELECT $1::text = 'UTC' OR EXISTS (SELECT FROM pg_catalog.pg_timezone_names WHERE name = $1::text)";
    let known: bool = client.query_one(sql, &[&zone]).while_doing("looking for the zone of split_at")?.get(0);
    Ok((!known).then(|| {
        format!(
            "this server has no time zone {zone}, which is the zone of split_at; update its time zone data, or take a zone \
             of pg_timezone_names"
        )
    }))
}

/// Whether this role may make the relations where they belong.
fn schema_problem(client: &mut impl GenericClient, deployment: &Deployment) -> Result<Option<String>> {
    let schema = &deployment.names.schema;
    let row = client
        .query_one(
            "SELECT (SELECT has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE')
                     FROM pg_catalog.pg_namespace WHERE nspname = $1::text),
                    has_database_privilege(current_database(), 'CREATE'), current_user::text, current_database()::text",
            &[schema],
        )
        .while_doing("reading privileges")?;
    let (in_schema, in_database): (Option<bool>, bool) = (row.get(0), row.get(1));
    let quoted = spectrum_sql::identifier;
    let (role, database) = (quoted(row.get(2)), quoted(row.get(3)));
    Ok(match in_schema {
        Some(true) => None,
        Some(false) => Some(format!(
            "this role may not create relations in schema {}; GRANT USAGE, CREATE ON SCHEMA {0} TO {role}",
            quoted(schema)
        )),
        None if in_database => None,
        None => Some(format!(
            "schema {} is not there and this role may not create it; CREATE SCHEMA {0} AUTHORIZATION {role}, or GRANT CREATE \
             ON DATABASE {database} TO {role}",
            quoted(schema)
        )),
    })
}
