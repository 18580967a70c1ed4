//! What an erasure does not reach, so that the receipt can name it.

use postgres::Transaction;
use spectrum_sql::TableName;

use crate::catalog::{Kind, dependents_of, signed};
use crate::error::Result;
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::present::Present;
use crate::record::Record;
use crate::remedy::{Command, Remedy};
use crate::role::Role;

/// Relations of other deployments over the same events, and materialized views that read what was erased.
pub(super) fn not_covered(
    transaction: &mut Transaction<'_>,
    fit: &Fit,
    present: &Present,
) -> Result<Vec<Message>> {
    let mut words = others(transaction, fit)?;
    let own: Vec<u32> = present.iter().map(|(_, relation)| relation.oid).collect();
    let readers = dependents_of(transaction, &own, &[])?;
    let readers = readers.iter().filter(|reader| reader.kind == Kind::MaterializedView);
    words.extend(readers.map(|reader| {
        format!("{}, a materialized view that reads these sessions; refresh it", reader.name).into()
    }));
    Ok(words)
}

/// Other deployments over the same events.
fn others(transaction: &mut Transaction<'_>, fit: &Fit) -> Result<Vec<Message>> {
    let ours = fit.deployment.sessions();
    let other = |(name, record): (TableName, Record)| {
        let deployment = record.deployment()?;
        let is_other = record.role == Role::Sessions && name != ours && deployment.events == fit.events.name;
        is_other.then(|| {
            let schema = Some(deployment.names.schema.clone());
            message![
                format!("{name} and what belongs to it, another deployment over the same events; run "),
                Remedy::Run { command: Command::Erase, schema, with: None },
                " too"
            ]
        })
    };
    Ok(signed(transaction, &["r", "m"])?.into_iter().filter_map(other).collect())
}
