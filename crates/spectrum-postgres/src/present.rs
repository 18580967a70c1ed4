//! What stands where the deployment's relations belong.

use postgres::{Client, GenericClient};
use spectrum_sql::TableName;

use crate::catalog::{Relation, find};
use crate::connect::Connection;
use crate::deployment::Deployment;
use crate::error::{PgError, Result};
use crate::record::{Record, Role};

/// The relations that are there, all made by Spectrum.
#[derive(Clone, Debug, Default)]
pub(crate) struct Present {
    relations: Vec<(Role, Relation, Record)>,
}

/// The roles of relations, each after those that it reads.
const RELATION_ROLES: [Role; 12] = [
    Role::Sessions,
    Role::Summary,
    Role::SessionsView,
    Role::SummaryView,
    Role::RefreshLog,
    Role::RefreshLogView,
    Role::Changes,
    Role::Partitions,
    Role::KeptEvents,
    Role::BuildParts,
    Role::NewSessions,
    Role::NewSummary,
];

impl Present {
    /// Looks at every name.
    ///
    /// # Errors
    /// [`PgError::Refused`] when something that Spectrum did not make has one of the names: it is never touched.
    pub(crate) fn find(client: &mut impl GenericClient, deployment: &Deployment) -> Result<Self> {
        let mut relations = Vec::new();
        for role in RELATION_ROLES {
            let Some(relation) = find(client, &name_of(deployment, role))? else { continue };
            match relation.record().filter(|record| record.role == role) {
                Some(record) => relations.push((role, relation, record)),
                None => return Err(foreign(&relation, role)),
            }
        }
        Ok(Self { relations })
    }

    pub(crate) fn get(&self, role: Role) -> Option<&Relation> {
        self.relations.iter().find(|(found, ..)| *found == role).map(|(_, relation, _)| relation)
    }

    pub(crate) fn record(&self, role: Role) -> Option<&Record> {
        self.relations.iter().find(|(found, ..)| *found == role).map(|(.., record)| record)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (Role, &Relation)> {
        self.relations.iter().map(|(role, relation, _)| (*role, relation))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.relations.is_empty()
    }

    /// Whether tables were begun to be built and are not in their place yet.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.get(Role::BuildParts).is_some()
    }

    /// The rest without what such a build is made of.
    pub(crate) fn without_unfinished(&self) -> Self {
        let unfinished = [Role::BuildParts, Role::NewSessions, Role::NewSummary];
        let rest = self.relations.iter().filter(|(role, ..)| !unfinished.contains(role));
        Self { relations: rest.cloned().collect() }
    }
}

/// The deployment; where it does not say how the relations are kept, they are kept as those that stand, or as those of a
/// build that is not finished.
///
/// # Errors
/// When what stands cannot be read, or the mode that stands does not go with the rest.
pub(crate) fn kept_mode(client: &mut impl GenericClient, wanted: &Deployment) -> Result<Deployment> {
    let present = Present::find(client, wanted)?;
    let role = if present.is_unfinished() { Role::NewSessions } else { Role::Sessions };
    let Some(standing) = present.record(role).and_then(Record::deployment) else { return Ok(wanted.clone()) };
    Ok(wanted.clone().kept_as(&standing).checked()?)
}

/// The deployment as it stands in the database, by what is recorded there.
///
/// # Errors
/// [`PgError::Refused`] when there is none under these names.
pub(crate) fn deployed(
    client: &mut impl GenericClient,
    wanted: &Deployment,
) -> Result<(Deployment, Present)> {
    let present = Present::find(client, wanted)?;
    let Some(record) = present.record(Role::Sessions) else {
        if present.is_unfinished() {
            return Err(PgError::Refused(format!(
                "a build of {} was begun and not finished; run spectrum deploy to go on, or spectrum drop",
                wanted.sessions()
            )));
        }
        return Err(PgError::Refused(format!(
            "there is no {} here; make it with spectrum deploy",
            wanted.sessions()
        )));
    };
    let deployment = record.deployment().ok_or_else(|| {
        PgError::Refused(format!(
            "{} was made by Spectrum {}, whose definition this version does not read; run spectrum deploy",
            wanted.sessions(),
            record.spectrum
        ))
    })?;
    Ok((Deployment { refreshed: wanted.refreshed.clone(), ..deployment }, present))
}

/// What differs between what is deployed and what is wanted, in words, as in `gap 30m is now 5m`.
///
/// # Errors
/// When nothing is deployed under these names.
pub fn drift(connection: &mut Connection, wanted: &Deployment) -> Result<Vec<String>> {
    let client: &mut Client = connection;
    let (deployed, _) = deployed(client, wanted)?;
    // A name without its schema was found by the search path when it was deployed.
    let same_table = wanted.events.schema().is_none() && wanted.events.name() == deployed.events.name();
    let events = if same_table { deployed.events.clone() } else { wanted.events.clone() };
    let wanted = Deployment { events, ..wanted.clone().kept_as(&deployed) };
    Ok(Record::new(&deployed, Role::Sessions).differences(&Record::new(&wanted, Role::Sessions)))
}

/// The name of a role's relation.
pub(crate) fn name_of(deployment: &Deployment, role: Role) -> TableName {
    match role {
        Role::Sessions => deployment.sessions(),
        Role::Summary => deployment.summary(),
        Role::SessionsView => deployment.sessions_view(),
        Role::SummaryView => deployment.summary_view(),
        Role::RefreshLog => deployment.refresh_log(),
        Role::RefreshLogView => deployment.refresh_log_view(),
        Role::Changes => deployment.changes(),
        Role::Partitions => deployment.partitions(),
        Role::KeptEvents => deployment.kept_events(),
        Role::BuildParts => deployment.build_parts(),
        Role::NewSessions => beside(&deployment.sessions()),
        Role::NewSummary => beside(&deployment.summary()),
        Role::RefreshFunction => deployment.refresh_function(),
        Role::CaptureFunction | Role::Schema | Role::EventsIndex => deployment.events.clone(),
    }
}

/// The name that a relation has while it is built beside the one whose place it takes.
pub(crate) fn beside(name: &TableName) -> TableName {
    name.beside(name.derived("spectrum_new"))
}

fn foreign(relation: &Relation, role: Role) -> PgError {
    let setting = match role {
        Role::Sessions => "sessions",
        Role::Summary => "summary",
        Role::SessionsView => "sessions_view",
        Role::SummaryView => "summary_view",
        Role::RefreshLog => "refresh_log",
        Role::RefreshLogView => "refresh_log_view",
        Role::Changes | Role::Partitions | Role::KeptEvents | Role::BuildParts => "changes",
        Role::NewSessions => "sessions",
        Role::NewSummary => "summary",
        Role::RefreshFunction => "refresh_function",
        Role::CaptureFunction | Role::Schema | Role::EventsIndex => "schema",
    };
    let empty = if relation.populated { "" } else { ", never populated," };
    PgError::Refused(format!(
        "{} is {}{empty} that Spectrum did not make, so it stays as it is; rename it (ALTER {} {0} RENAME TO ...), or \
         choose another name with {setting} under [postgres] in spectrum.toml, or another schema with --schema",
        relation.name,
        relation.kind.words(),
        relation.kind.sql(),
    ))
}
