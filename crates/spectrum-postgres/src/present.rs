//! What stands where the deployment's relations belong.

use postgres::{Client, GenericClient};
use spectrum_sql::TableName;

use crate::catalog::{Relation, find};
use crate::connect::Connection;
use crate::deployment::Deployment;
use crate::error::{PgError, Result};
use crate::message::message;
use crate::names::Names;
use crate::record::Record;
use crate::relations::name_of;
use crate::remedy::{Command, Remedy};
use crate::role::Role;
use crate::wanted::Wanted;

/// The relations that are there, all made by Spectrum.
#[derive(Clone, Debug, Default)]
pub(crate) struct Present {
    relations: Vec<(Role, Relation, Record)>,
}

/// The roles of relations, each after those that it reads.
const RELATION_ROLES: [Role; 15] = [
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
    Role::SessionIds,
    Role::SessionAliasesView,
    Role::SessionHistory,
];

/// Those that only deployments have whose ids last. Under others their names are free for others.
const OF_LASTING_IDS: [Role; 2] = [Role::SessionIds, Role::SessionAliasesView];

/// The roles whose records have the definition, those first that say best what stands. The log outlives the others.
const RECORDED: [Role; 4] = [Role::Sessions, Role::Summary, Role::Changes, Role::RefreshLog];

impl Present {
    /// Looks at every name.
    ///
    /// # Errors
    /// [`PgError::Refused`] when something that Spectrum did not make has one of the names: it is never touched.
    pub(crate) fn find(client: &mut impl GenericClient, deployment: &Deployment) -> Result<Self> {
        let mut relations = Vec::new();
        for role in RELATION_ROLES {
            let Some(relation) = find(client, &name_of(deployment, role))? else { continue };
            match relation.record()?.filter(|record| record.role == role) {
                Some(record) => relations.push((role, relation, record)),
                None if OF_LASTING_IDS.contains(&role) && !deployment.definition.id().needs_memory() => {}
                None if role == Role::SessionHistory && deployment.history.is_none() => {}
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

    /// What was written down of the deployment that stands.
    pub(crate) fn recorded(&self) -> Option<&Record> {
        RECORDED.iter().filter_map(|role| self.record(*role)).find(|record| record.names().is_some())
    }

    /// Whether the sessions are there.
    pub(crate) fn is_standing(&self) -> bool {
        self.get(Role::Sessions).is_some()
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

/// What stands where `place` is, or is being built there, by what is recorded; of several records the one that counts.
///
/// # Errors
/// [`PgError::Refused`] when a record cannot be understood.
pub(crate) fn standing(client: &mut impl GenericClient, place: &Deployment) -> Result<Option<Deployment>> {
    // A build that was begun and not finished was wanted last. Where the sessions are missing, the rest knows of them.
    let begun = find(client, &name_of(place, Role::BuildParts))?.is_some();
    let unfinished = begun.then_some(Role::NewSessions);
    for role in unfinished.into_iter().chain(RECORDED) {
        let Some(relation) = find(client, &name_of(place, role))? else { continue };
        let Some(record) = relation.record()?.filter(|record| record.role == role) else { continue };
        match record.deployment() {
            Some(deployment) => return Ok(Some(deployment)),
            // The log of an older version has none.
            None if record.names().is_none() => {}
            None => return Err(unusable(&relation.name, &record)),
        }
    }
    Ok(None)
}

/// The wanted deployment; settings that were not given stay as they are.
///
/// # Errors
/// When the existing deployment cannot be read, or the given settings do not fit the rest.
pub(crate) fn settled(client: &mut impl GenericClient, wanted: &Wanted) -> Result<Deployment> {
    let standing = standing(client, &wanted.place()?)?;
    Ok(wanted.over(standing.as_ref())?)
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
            return Err(PgError::refused(message![
                format!("a build of {} was begun and not finished; run ", wanted.sessions()),
                wanted.command(Command::Deploy),
                " to go on, or ",
                wanted.command(Command::Drop)
            ]));
        }
        return Err(PgError::refused(message![
            format!("there is no {} here; make it with ", wanted.sessions()),
            wanted.command(Command::Deploy)
        ]));
    };
    let deployment = record.deployment().ok_or_else(|| unusable(&wanted.sessions(), record))?;
    let names = named(&wanted.names, &deployment.names);
    let deployment = Deployment { names, refreshed: wanted.refreshed.clone(), ..deployment };
    let present = match deployment.names == wanted.names {
        true => present,
        false => Present::find(client, &deployment)?,
    };
    Ok((deployment, present))
}

/// The names of a deployment that was found: where it was found, and for the others what was written down.
fn named(found: &Names, recorded: &Names) -> Names {
    Names { schema: found.schema.clone(), sessions: found.sessions.clone(), ..recorded.clone() }
}

/// Where a deployment stands whose other names may have been written down.
///
/// # Errors
/// [`PgError::Refused`] when its record cannot be understood.
pub(crate) fn placed(client: &mut impl GenericClient, place: &Deployment) -> Result<Deployment> {
    let record = match find(client, &place.sessions())? {
        Some(relation) => relation.record()?,
        None => None,
    };
    let recorded = record.as_ref().filter(|record| record.role == Role::Sessions).and_then(Record::names);
    let names = recorded.map_or_else(|| place.names.clone(), |recorded| named(&place.names, recorded));
    Ok(Deployment { names, ..place.clone() })
}

/// A record whose definition this version refuses.
pub(crate) fn unusable(name: &TableName, record: &Record) -> PgError {
    PgError::refused(format!(
        "{name} was made by Spectrum {}, with a definition that this version refuses; use that version, or spectrum drop it \
         and deploy it anew",
        record.spectrum
    ))
}

/// What differs between what is deployed and what is wanted, in words, as in `gap 30m is now 5m`. Settings
/// that were not given do not differ.
///
/// # Errors
/// When nothing is deployed under these names.
pub fn drift(connection: &mut Connection, wanted: impl Into<Wanted>) -> Result<Vec<String>> {
    let (client, wanted): (&mut Client, Wanted) = (connection, wanted.into());
    let (deployed, _) = deployed(client, &wanted.place()?)?;
    let wanted = wanted.over(Some(&deployed))?;
    // A name without its schema was found by the search path when it was deployed.
    let same_table = wanted.events.schema().is_none() && wanted.events.name() == deployed.events.name();
    let events = if same_table { deployed.events.clone() } else { wanted.events.clone() };
    // The times that are deployed are not numbers, so a unit that is said for files says nothing of them.
    let same_time = wanted.definition.time() == deployed.definition.time();
    let time_unit = wanted.time_unit.filter(|_| deployed.time_unit.is_some() || !same_time);
    let wanted = Deployment { events, time_unit, ..wanted };
    let differences =
        Record::new(&deployed, Role::Sessions).differences(&Record::new(&wanted, Role::Sessions));
    Ok(differences.into_iter().map(|difference| difference.words).collect())
}

pub(crate) fn foreign(relation: &Relation, role: Role) -> PgError {
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
        Role::SessionIds => "session_ids",
        Role::SessionAliasesView => "session_aliases_view",
        Role::SessionHistory => "session_history",
        Role::AsOfFunction => "sessions_as_of",
        Role::CaptureFunction | Role::Schema | Role::EventsIndex => "schema",
    };
    let empty = if relation.populated { "" } else { ", never populated," };
    let mut message = message![
        format!(
            "{} is {}{empty} that Spectrum did not make, so it stays as it is; rename it (ALTER {} {0} RENAME TO ...), or \
             choose another name with {setting} under [postgres] in spectrum.toml, or another schema with ",
            relation.name,
            relation.kind.words(),
            relation.kind.sql(),
        ),
        Remedy::OtherSchema
    ];
    if relation.comment.is_none() {
        message.push(". If it is Spectrum's and lost its comment, as in a dump restored without comments, ");
        message.push(Remedy::run(Command::Deploy).with(Remedy::Adopt));
        message.push(" looks whether it is what the definition gives, and takes it");
    }
    PgError::refused(message)
}
