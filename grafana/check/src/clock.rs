//! A clock that stands still, so that `now()` in a query has a known answer.

/// The SQL that makes such a clock in a database. The instant is a timestamp as PostgreSQL reads it.
pub fn stopped_at(instant: &str) -> String {
    format!(
        "CREATE SCHEMA clock;\n\
         CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE \
         AS $$ SELECT timestamptz '{instant}' $$;\n\
         GRANT USAGE ON SCHEMA clock TO PUBLIC;\n"
    )
}

/// The setting of a session that reads this clock: PostgreSQL takes the first `now` on the path.
pub const SETTING: &str = "SET search_path = clock, pg_catalog;";
