//! Replica identities of tables that stand without one, which older versions made: under a publication FOR ALL TABLES
//! nothing of them could be changed.

use postgres::GenericClient;
use spectrum_sql::postgres::whole_rows;
use spectrum_sql::{TableName, identifier};

use super::stage::{Stage, StageKind, Step, StepKind};
use crate::catalog::Relation;
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::present::Present;
use crate::role::Role;

/// The tables that are changed row by row.
const CHANGED: [Role; 6] =
    [Role::Sessions, Role::Summary, Role::Changes, Role::Partitions, Role::KeptEvents, Role::RefreshLog];

/// How a table stands.
struct Identity {
    /// Whether PostgreSQL can distinguish its rows.
    is_there: bool,
    /// Whether the event id, where it has one, is never NULL.
    without_nulls: bool,
    /// A unique index on the event id alone.
    index: Option<String>,
}

/// The stages that give them one; none where all have it. No row is rewritten: the slow part, looking for a
/// NULL among the event ids, blocks neither readers nor refreshes.
pub(super) fn stages(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Vec<Stage>> {
    let event_id = fit.deployment.definition.event_id();
    let mut last = Vec::new();
    let mut stages = Vec::new();
    for role in CHANGED {
        let Some(table) = present.get(role).filter(|found| found.kind.sql() == "TABLE") else { continue };
        let identity = identity(client, table, event_id)?;
        if role != Role::Sessions {
            if !identity.is_there {
                last.push(Step::new(StepKind::Identify, telling_apart(&table.name), whole_rows(&table.name)));
            }
            continue;
        }
        if identity.is_there && identity.without_nulls {
            continue;
        }
        let index = identity.index.unwrap_or_else(|| table.name.derived("event_id_key"));
        let index = identifier(&index);
        let id = identifier(event_id);
        let using =
            if identity.is_there { String::new() } else { format!(", REPLICA IDENTITY USING INDEX {index}") };
        let mut sql = format!("ALTER TABLE {} ALTER {id} SET NOT NULL{using}", table.name);
        if !identity.without_nulls {
            // PostgreSQL does not look for NULLs again where a constraint says that there are none.
            let check = identifier(&table.name.derived("event_id_check"));
            let add = format!(
                "ALTER TABLE {0} DROP CONSTRAINT IF EXISTS {check};\n\
                 ALTER TABLE {0} ADD CONSTRAINT {check} CHECK ({id} IS NOT NULL) NOT VALID",
                table.name
            );
            let look = format!("ALTER TABLE {} VALIDATE CONSTRAINT {check}", table.name);
            let what = format!("looking for NULLs in {id} of {}", table.name);
            stages.extend(Stage::locking(vec![Step::new(
                StepKind::Identify,
                format!("keeping NULLs out of {}", table.name),
                add,
            )]));
            stages.extend(Stage::of(StageKind::Apart, vec![Step::new(StepKind::Identify, what, look)]));
            sql.push_str(&format!(";\nALTER TABLE {} DROP CONSTRAINT {check}", table.name));
        }
        last.push(Step::new(StepKind::Identify, telling_apart(&table.name), sql));
    }
    stages.extend(Stage::locking(last));
    Ok(stages)
}

fn telling_apart(table: &TableName) -> String {
    format!("giving {table} a replica identity")
}

fn identity(client: &mut impl GenericClient, table: &Relation, event_id: &str) -> Result<Identity> {
    let row = client
        .query_one(
            "SELECT c.relreplident = 'f'
                      OR EXISTS (SELECT FROM pg_catalog.pg_index i
                                 WHERE i.indrelid = c.oid AND i.indisvalid
                                   AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END),
                    NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                WHERE a.attrelid = c.oid AND a.attname = $2::text AND NOT a.attnotnull),
                    (SELECT n.relname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class n ON n.oid = i.indexrelid
                     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = $2::text
                     WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
                       AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum ORDER BY 1 LIMIT 1)
             FROM pg_catalog.pg_class c WHERE c.oid = $1",
            &[&table.oid, &event_id],
        )
        .while_doing(format!("reading the replica identity of {}", table.name))?;
    Ok(Identity { is_there: row.get(0), without_nulls: row.get(1), index: row.get(2) })
}
