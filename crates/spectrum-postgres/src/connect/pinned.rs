//! What every connection is set to before anything else is asked of it.
//!
//! A role that may create objects in a schema of the search path can make a function, an operator or an
//! aggregate that fits a call better than PostgreSQL's own, and it then runs with the rights of the caller
//! (PostgreSQL's manual, "Writing SECURITY DEFINER Functions Safely", and CVE-2018-1058). So a connection
//! finds by name what `pg_catalog` has and nothing else; what is elsewhere is named with its schema.

use postgres::{Client, Error, GenericClient};

use crate::error::While;

/// Holds the schemas that the session's own search path led to, as an array of names.
const SCHEMAS: &str = "spectrum.schemas";

/// Pins the search path, makes row-level security an error where it would leave rows out, and settles how literals are
/// read. Nothing in it can be captured: SET looks nothing up, and the functions are named with their schema.
pub(super) fn pin(client: &mut Client) -> Result<(), Error> {
    client.batch_execute(&format!(
        "SELECT pg_catalog.set_config('{SCHEMAS}', pg_catalog.current_schemas(false)::pg_catalog.text, false);
         SET search_path = pg_catalog, pg_temp;
         SET row_security = off;
         SET standard_conforming_strings = on"
    ))
}

/// SQL for the schemas, as `name[]`, in which a table that is named without one is looked for, the first one first.
pub(crate) fn session_schemas() -> String {
    format!("COALESCE(pg_catalog.current_setting('{SCHEMAS}', true), '{{}}')::pg_catalog.name[]")
}

/// Does something in a transaction under the session's own search path, on which triggers that other people put on
/// their tables, and functions that their views call, may rest. Statements in it name everything with its schema.
///
/// # Errors
/// When a setting cannot be made. Whether `work` failed is in the value; its transaction, or savepoint, is to be rolled
/// back then.
pub(crate) fn under_session_path<C: GenericClient, T, E>(
    client: &mut C,
    work: impl FnOnce(&mut C) -> Result<T, E>,
) -> crate::error::Result<Result<T, E>> {
    let doing = "setting the search path";
    client
        .execute(
            &format!(
                "SELECT pg_catalog.set_config('search_path',
                        COALESCE((SELECT pg_catalog.string_agg(pg_catalog.quote_ident(s::text), ', ' ORDER BY at)
                                  FROM pg_catalog.unnest({}) WITH ORDINALITY AS u (s, at)), ''), true)",
                session_schemas()
            ),
            &[],
        )
        .while_doing(doing)?;
    let done = work(client);
    if done.is_ok() {
        client.batch_execute("SET LOCAL search_path = pg_catalog, pg_temp").while_doing(doing)?;
    }
    Ok(done)
}
