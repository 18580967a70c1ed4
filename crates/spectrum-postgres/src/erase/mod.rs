//! `spectrum erase`: a person's rows out of everything that Spectrum keeps, with a receipt.

mod left;
mod person;
mod receipt;
mod vacuum;

use postgres::{Client, IsolationLevel, Transaction};
use spectrum_sql::{TableName, identifier};

use crate::catalog::{Kind, Relation, columns_of};
use crate::connect::Connection;
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::limits::Limits;
use crate::lock::{Busy, with_lock};
use crate::message::message;
use crate::present::{Present, deployed};
use crate::remedy::Remedy;
use crate::role::Role;

pub use receipt::{Erased, Receipt};
pub use vacuum::vacuum_erased;

use left::not_covered;
use person::Person;

/// Whose rows go, and how.
#[derive(Clone, Debug, Default)]
pub struct EraseOptions {
    /// Columns of the key, each with the value it must have. Some of them suffice: all keys with these values go.
    pub key: Vec<(String, String)>,
    /// Whether the events go too.
    pub events: bool,
    /// How long statements may wait and take.
    pub limits: Limits,
}

/// What [`erase`] would remove. Nothing is changed.
///
/// # Errors
/// When nothing is deployed under these names, or the key's columns or values are not there or not of their type.
pub fn plan_erase(
    connection: &mut Connection,
    deployment: &Deployment,
    options: &EraseOptions,
) -> Result<Receipt> {
    let client: &mut Client = connection;
    let mut transaction = begin(client, options)?;
    let (found, mut receipt) = Found::look(&mut transaction, deployment, options)?;
    for relation in &found.relations {
        let rows = found.person.rows(&mut transaction, &relation.name)?;
        receipt.relations.push(Erased { relation: relation.name.clone(), removed: rows, remain: rows });
    }
    receipt.log_texts = found.person.log_texts(&mut transaction, &found.names_of_events())?;
    receipt.not_covered = not_covered(&mut transaction, &found.fit, &found.present)?;
    Ok(receipt)
}

/// Removes a person's rows from everything that Spectrum keeps, in one transaction, and counts what is left in it.
///
/// In mode view the relations are refreshed, so that readers wait until it is done. In mode incremental the rows are
/// deleted, and what the triggers noted of these keys with them.
///
/// # Errors
/// [`PgError::Refused`] when the events table still holds the person's events, unless they are to go too;
/// when rows are left at the end, in which case nothing was erased; and as [`plan_erase`].
/// [`PgError::Locked`] when another command is working on these sessions.
pub fn erase(
    connection: &mut Connection,
    deployment: &Deployment,
    options: &EraseOptions,
) -> Result<Receipt> {
    with_lock(connection, deployment, Busy::Refuse, &mut |_| (), |connection, _| {
        erase_locked(connection, deployment, options)
    })
}

fn erase_locked(client: &mut Client, deployment: &Deployment, options: &EraseOptions) -> Result<Receipt> {
    let mut transaction = begin(client, options)?;
    let (found, mut receipt) = Found::look(&mut transaction, deployment, options)?;
    let (fit, person) = (&found.fit, &found.person);
    if receipt.events_found > 0 && !options.events {
        let events = match receipt.events_found {
            1 => "1 event".to_owned(),
            n => format!("{n} events"),
        };
        return Err(PgError::refused(message![
            format!(
                "{} still holds {events} with {person}, from which the next refresh would make the sessions again; delete them \
                 there first, or say ",
                fit.events.name
            ),
            Remedy::EraseEvents,
            " to delete them too, in the same transaction"
        ]));
    }
    found.check_rights(&mut transaction, options)?;
    // While what they are about is still there.
    receipt.log_texts = person.clear_log(&mut transaction, &fit.deployment, &found.names_of_events())?;
    if options.events {
        let events = &fit.events.name;
        let removed = person.delete(&mut transaction, events)?;
        let remain = person.rows(&mut transaction, events)?;
        receipt.relations.push(Erased { relation: events.clone(), removed, remain });
    }
    for relation in &found.relations {
        let removed = match relation.kind {
            Kind::MaterializedView => refresh(&mut transaction, person, relation)?,
            _ => person.delete(&mut transaction, &relation.name)?,
        };
        receipt.relations.push(Erased { relation: relation.name.clone(), removed, remain: 0 });
    }
    // At the end, so that what was written meanwhile counts.
    let events_left = person.rows(&mut transaction, &fit.events.name)?;
    for erased in &mut receipt.relations {
        erased.remain = person.rows(&mut transaction, &erased.relation)?;
    }
    let left = receipt.relations.iter().find(|erased| erased.remain > 0);
    let left = left.map(|erased| (&erased.relation, erased.remain));
    if let Some((relation, rows)) = left.or((events_left > 0).then_some((&fit.events.name, events_left))) {
        return Err(PgError::refused(format!(
            "rows with {person} that are in {relation} after all were deleted: {rows}, so nothing was erased; they were \
             written meanwhile, or a trigger or a rule keeps them. Run the command again"
        )));
    }
    receipt.not_covered = not_covered(&mut transaction, fit, &found.present)?;
    transaction.commit().while_doing("committing")?;
    Ok(receipt)
}

fn begin<'a>(client: &'a mut Client, options: &EraseOptions) -> Result<Transaction<'a>> {
    // So that what is counted at the end is what is there then.
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start();
    let mut transaction = transaction.while_doing("beginning a transaction")?;
    options.limits.set(&mut transaction)?;
    // Rows that a policy hides from this role would stay, and not be counted.
    transaction.batch_execute("SET LOCAL row_security = off").while_doing("setting row_security")?;
    Ok(transaction)
}

/// What is there.
struct Found {
    fit: Fit,
    present: Present,
    person: Person,
    /// What Spectrum keeps rows in, those that others read first. The notes come last, because deleting
    /// events adds some.
    relations: Vec<Relation>,
}

impl Found {
    fn look(
        transaction: &mut Transaction<'_>,
        deployment: &Deployment,
        options: &EraseOptions,
    ) -> Result<(Self, Receipt)> {
        let (deployment, present) = deployed(transaction, deployment)?;
        let fit = Fit::find(transaction, &deployment)?;
        let person = Person::new(transaction, &fit, &options.key)?;
        let mut relations = Vec::new();
        for role in [
            Role::Sessions,
            Role::Summary,
            Role::KeptEvents,
            Role::NewSessions,
            Role::NewSummary,
            Role::BuildParts,
            Role::SessionIds,
            Role::SessionHistory,
            Role::Changes,
        ] {
            let Some(relation) = present.get(role).filter(|relation| relation.populated) else { continue };
            let columns = columns_of(transaction, relation)?;
            let has = |name: &str| columns.iter().any(|column| column.name == name);
            match (person.columns().all(has), role) {
                (true, _) => relations.push(relation.clone()),
                (false, Role::BuildParts) => {}
                (false, _) => {
                    return Err(PgError::refused(format!(
                        "{}, from a build that is not finished, has other key columns than {}; finish that build with \
                         spectrum deploy, or remove it with spectrum drop",
                        relation.name,
                        fit.deployment.sessions()
                    )));
                }
            }
        }
        let row = transaction
            .query_one(
                "SELECT to_char(statement_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), current_database()::text",
                &[],
            )
            .while_doing("asking for the time")?;
        let receipt = Receipt {
            at: row.get(0),
            database: row.get(1),
            key: options.key.clone(),
            events: fit.events.name.clone(),
            events_found: person.rows(transaction, &fit.events.name)?,
            relations: Vec::new(),
            log_texts: 0,
            not_covered: Vec::new(),
        };
        Ok((Self { fit, present, person, relations }, receipt))
    }

    /// Refuses with everything that this role may not do, before anything is done. The server knows best who
    /// may refresh a materialized view.
    fn check_rights(&self, transaction: &mut Transaction<'_>, options: &EraseOptions) -> Result<()> {
        let tables = self.relations.iter().filter(|relation| relation.kind == Kind::Table);
        let events = options.events.then_some(&self.fit.events);
        let log = self.present.get(Role::RefreshLog);
        let wanted =
            [("DELETE", tables.chain(events).collect::<Vec<_>>()), ("UPDATE", log.into_iter().collect())];
        let us = transaction.query_one("SELECT current_user::text", &[]).while_doing("asking who we are")?;
        let us = identifier(us.get(0));
        let mut grants = Vec::new();
        for (right, relations) in wanted {
            let mut missing = Vec::new();
            for relation in relations {
                let row = transaction
                    .query_one("SELECT has_table_privilege($1::oid, $2)", &[&relation.oid, &right])
                    .while_doing("reading privileges")?;
                if !row.get::<_, bool>(0) {
                    missing.push(relation.name.to_string());
                }
            }
            if !missing.is_empty() {
                grants.push(format!("GRANT {right} ON {} TO {us}", missing.join(", ")));
            }
        }
        match grants.is_empty() {
            true => Ok(()),
            false => {
                Err(PgError::refused(format!("role {us} may not erase everything; {}", grants.join("; "))))
            }
        }
    }

    /// The relations with event ids.
    fn names_of_events(&self) -> Vec<TableName> {
        let with_ids =
            [Role::Sessions, Role::KeptEvents].into_iter().filter_map(|role| self.present.get(role));
        let ours = with_ids.filter(|relation| relation.populated).map(|relation| relation.name.clone());
        [self.fit.events.name.clone()].into_iter().chain(ours).collect()
    }
}

/// Computes a materialized view anew, if it holds rows of the person, and says how many went.
fn refresh(transaction: &mut Transaction<'_>, person: &Person, relation: &Relation) -> Result<u64> {
    let before = person.rows(transaction, &relation.name)?;
    if before == 0 {
        return Ok(0);
    }
    let sql = format!("REFRESH MATERIALIZED VIEW {}", relation.name);
    transaction.batch_execute(&sql).while_doing(format!("refreshing {}", relation.name))?;
    Ok(before.saturating_sub(person.rows(transaction, &relation.name)?))
}
