//! Whether we may refresh a view, asked before it is tried, so that the answer can name the remedy.

use postgres::Client;
use spectrum_sql::{TableName, identifier};

use crate::error::{Result, While};

/// Since this version MAINTAIN can be granted.
const MAINTAIN: i32 = 170_000;

/// A view's state, and what we may do with it.
pub(super) struct Standing {
    pub(super) populated: bool,
    pub(super) owner: String,
    /// Whether the owner, as whom a refresh runs, may create temporary tables.
    pub(super) owner_may_create_temporary: bool,
    pub(super) we_may_read: bool,
    /// Why we may not refresh it, with the remedy.
    pub(super) obstacle: Option<String>,
}

/// `None` when the view is gone.
pub(super) fn standing(client: &mut Client, view: u32, name: &TableName) -> Result<Option<Standing>> {
    let row = client
        .query_opt(
            "SELECT c.relispopulated, pg_get_userbyid(c.relowner)::text,
                    has_database_privilege(c.relowner, d.oid, 'TEMPORARY'), has_table_privilege(c.oid, 'SELECT'),
                    has_schema_privilege(c.relnamespace, 'USAGE'), pg_has_role(c.relowner, 'USAGE'),
                    current_user::text, current_setting('server_version_num')::int4
             FROM pg_catalog.pg_class c, pg_catalog.pg_database d
             WHERE c.oid = $1 AND d.datname = current_database()",
            &[&view],
        )
        .while_doing(format!("looking at {name}"))?;
    let Some(row) = row else { return Ok(None) };
    let (owner, us): (String, String) = (row.get(1), row.get(6));
    let (may_use_schema, owns, version): (bool, bool, i32) = (row.get(4), row.get(5), row.get(7));
    let can_be_granted = version >= MAINTAIN;
    let may = owns || can_be_granted && may_maintain(client, view, name)?;
    let (us, owning) = (identifier(&us), identifier(&owner));
    let obstacle = if !may {
        let grant = match can_be_granted {
            true => format!(" or GRANT MAINTAIN ON {name} TO {us}"),
            false => String::new(),
        };
        Some(format!(
            "role {us} may not refresh it, its owner {owning} may; connect as {owning}, or GRANT {owning} TO {us}{grant}"
        ))
    } else if !may_use_schema {
        let schema = name.schema().map(identifier).unwrap_or_default();
        Some(format!("role {us} may not use its schema; GRANT USAGE ON SCHEMA {schema} TO {us}"))
    } else {
        None
    };
    Ok(Some(Standing {
        populated: row.get(0),
        owner_may_create_temporary: row.get(2),
        we_may_read: row.get::<_, bool>(3) && may_use_schema,
        owner,
        obstacle,
    }))
}

fn may_maintain(client: &mut Client, view: u32, name: &TableName) -> Result<bool> {
    let row = client
        .query_one("SELECT has_table_privilege($1::oid, 'MAINTAIN')", &[&view])
        .while_doing(format!("looking at {name}"))?;
    Ok(row.get(0))
}
