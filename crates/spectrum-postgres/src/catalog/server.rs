//! What the server itself must be able to do.

use postgres::GenericClient;
use spectrum_core::IdScheme;

use crate::error::{PgError, Result, While};

/// The oldest version whose SQL and REFRESH are known to do.
const OLDEST: i32 = 130_000;
/// Since this version EXTRACT is exact.
const EXACT_EXTRACT: i32 = 140_000;

/// Refuses servers that are too old.
pub(crate) fn check_server(client: &mut impl GenericClient, scheme: IdScheme) -> Result<i32> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int4, current_setting('server_version')",
            &[],
        )
        .while_doing("asking for the server's version")?;
    let (number, text): (i32, &str) = (row.get(0), row.get(1));
    if number < OLDEST {
        return Err(PgError::refused(format!("the server is PostgreSQL {text}; Spectrum needs 13 or newer")));
    }
    if number < EXACT_EXTRACT && !scheme.is_numbered() {
        return Err(PgError::refused(format!(
            "the server is PostgreSQL {text}, whose EXTRACT is not exact; ids by start need 14 or newer, sequence and \
             encoded do not"
        )));
    }
    Ok(number)
}

/// Refuses servers and sessions that may not write.
pub(crate) fn check_writable(client: &mut impl GenericClient) -> Result<()> {
    let row = client
        .query_one("SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'", &[])
        .while_doing("asking whether the server takes writes")?;
    if row.get(0) {
        return Err(PgError::refused(
            "the server is a standby and takes no writes; connect to the primary (target_session_attrs=read-write finds it)",
        ));
    }
    if row.get(1) {
        return Err(PgError::refused(
            "the server takes no writes here (default_transaction_read_only is on); turn that off for this role or \
             database",
        ));
    }
    Ok(())
}
