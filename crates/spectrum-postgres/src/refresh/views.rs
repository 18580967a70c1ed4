//! Which views a run is about.

use postgres::Client;
use spectrum_sql::{TableName, identifier};

use super::RefreshOptions;
use crate::catalog::{Kind, Relation, find, or_near, require};
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::message::message;
use crate::present::{foreign, unusable};
use crate::remedy::Remedy;
use crate::role::Role;

/// What a run is about.
pub(super) struct Chosen {
    /// Each once.
    pub(super) views: Vec<Relation>,
    /// The deployment's own relations, where they are tables that are maintained.
    pub(super) maintained: Option<Maintained>,
}

/// Maintained sessions.
pub(super) struct Maintained {
    /// What is deployed, by what is recorded.
    pub(super) deployment: Deployment,
    pub(super) sessions: Relation,
    pub(super) summary: Option<Relation>,
}

impl Maintained {
    /// What stands there in mode incremental.
    fn find(client: &mut Client, wanted: &Deployment) -> Result<Option<Self>> {
        let Some(sessions) = find(client, &wanted.sessions())? else { return Ok(None) };
        let record = sessions.record()?.filter(|record| record.role == Role::Sessions);
        let Some(record) = record.filter(|_| sessions.kind == Kind::Table) else { return Ok(None) };
        let Some(deployment) = record.deployment() else {
            return Err(unusable(&sessions.name, &record));
        };
        let mut summary = None;
        if let Some(found) = find(client, &deployment.summary())?
            && found.record()?.is_some_and(|record| record.role == Role::Summary)
        {
            summary = Some(found);
        }
        Ok(Some(Self { deployment, sessions, summary }))
    }

    /// Both relations. What refreshes one refreshes the other.
    fn relations(&self) -> impl Iterator<Item = &Relation> {
        [&self.sessions].into_iter().chain(&self.summary)
    }

    fn has(&self, relation: &Relation) -> bool {
        self.relations().any(|own| own.oid == relation.oid)
    }
}

/// The deployment's views that are there, those it names, those the options name, and those of a schema; each once.
///
/// # Errors
/// When a named view is not there or is something else, or when there is nothing to refresh.
pub(super) fn chosen(
    client: &mut Client,
    deployment: &Deployment,
    options: &RefreshOptions,
) -> Result<Chosen> {
    let mut views = Vec::new();
    let own = [deployment.sessions(), deployment.summary()];
    let maintained = Maintained::find(client, deployment)?;
    let is_maintained = |view: &Relation| maintained.as_ref().is_some_and(|it| it.has(view));
    let mut named: Vec<&TableName> = Vec::new();
    if !options.only {
        for (name, role) in own.iter().zip([Role::Sessions, Role::Summary]) {
            let Some(found) = find(client, name)? else { continue };
            if found.kind == Kind::Table && found.record()?.is_none() {
                return Err(foreign(&found, role));
            }
            views.push(found);
        }
        named.extend(&deployment.refreshed);
    }
    named.extend(&options.views);
    for name in named {
        views.push(require(client, name, "materialized view")?);
    }
    for view in views.iter().filter(|view| !is_maintained(view)) {
        check_kind(view)?;
    }
    if let Some(schema) = &options.schema {
        views.extend(of_schema(client, schema)?);
    }
    let in_schema = options.schema.as_ref() == Some(&deployment.names.schema);
    if let Some(maintained) = &maintained
        && (in_schema || views.iter().any(is_maintained))
    {
        views.extend(maintained.relations().cloned());
    }
    let mut seen = std::collections::HashSet::new();
    views.retain(|view| seen.insert(view.oid));
    match (views.is_empty(), options.only) {
        (false, _) => Ok(Chosen { views, maintained }),
        (true, true) => Err(PgError::refused(message![
            "nothing to refresh; name views with ",
            Remedy::NameViews,
            " or ",
            Remedy::OtherSchema
        ])),
        (true, false) => {
            let [sessions, summary] = own;
            Err(PgError::refused(message![
                format!(
                    "there is nothing to refresh: neither {sessions} nor {summary} is in this database; spectrum deploy makes \
                     them, "
                ),
                Remedy::NameViews,
                " names others"
            ]))
        }
    }
}

fn check_kind(view: &Relation) -> Result<()> {
    match view.kind {
        Kind::MaterializedView => Ok(()),
        Kind::View => Err(PgError::refused(format!(
            "{} is a view, which is always fresh; only materialized views are refreshed",
            view.name
        ))),
        Kind::Table if view.record()?.is_some_and(|it| matches!(it.role, Role::Sessions | Role::Summary)) => {
            let schema = view.name.schema().unwrap_or_default().to_owned();
            Err(PgError::refused(message![
                format!("{} is a table of another deployment; refresh it with ", view.name),
                Remedy::Schema(schema)
            ]))
        }
        kind => Err(PgError::refused(format!(
            "{} is {}; only materialized views are refreshed",
            view.name,
            kind.words()
        ))),
    }
}

/// All materialized views of a schema, by name.
fn of_schema(client: &mut Client, schema: &str) -> Result<Vec<Relation>> {
    let rows = client
        .query(
            "SELECT c.relname::text
             FROM pg_catalog.pg_namespace n
             LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind = 'm'
             WHERE n.nspname = $1::text
             ORDER BY c.relname",
            &[&schema],
        )
        .while_doing(format!("listing the materialized views of {}", identifier(schema)))?;
    if rows.is_empty() {
        return Err(no_schema(client, schema)?);
    }
    let mut views = Vec::new();
    // A schema without materialized views has one row without a name.
    for name in rows.iter().filter_map(|row| row.get::<_, Option<String>>(0)) {
        let name = TableName::new(schema, name).map_err(|error| PgError::refused(error.to_string()))?;
        // It may have gone since, which does not concern a run over whatever is there.
        views.extend(find(client, &name)?);
    }
    Ok(views)
}

fn no_schema(client: &mut Client, schema: &str) -> Result<PgError> {
    let rows = client
        .query("SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\\_%'", &[])
        .while_doing("listing schemas")?;
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let near = or_near(schema, names.iter().map(String::as_str));
    Ok(PgError::refused(format!("there is no schema {} in this database{near}", identifier(schema))))
}
