//! Made-up events, and the relations over them that the dashboard reads.

use std::fmt::Write;

use anyhow::{Context, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use jiff::{SignedDuration, Timestamp};
use spectrum_generate::{Generate, Ids, Order, generate};
use spectrum_testkit::PrivatePostgres;

use crate::clock;

/// How long before now the last refresh began.
const SINCE_REFRESH: SignedDuration = SignedDuration::from_mins(5);

/// Fills a database with the events of the last days and the relations over them.
pub(super) fn load(server: &PrivatePostgres, now: Timestamp) -> Result<()> {
    let refreshed = now - SINCE_REFRESH;
    // A day more than the dashboard shows, so that no session is cut at its edge.
    let first = now - SignedDuration::from_hours(8 * 24);
    let options = Generate { events: 300_000, seed: 7, order: Order::Time, ids: Ids::Int };
    let mut script = clock::stopped_at(&now.to_string());
    script.push_str("CREATE TABLE raw (event_id bigint, user_id bigint, account bigint, micros bigint, event_type text, page text);\n");
    script.push_str("COPY raw FROM STDIN;\n");
    for batch in generate(&options, 1 << 16)? {
        let column = |name: &str| batch.column_by_name(name).with_context(|| format!("no column {name}"));
        let events = column("event_id")?.as_primitive::<Int64Type>();
        let users = column("user_id")?.as_primitive::<Int64Type>();
        let accounts = column("account_id")?.as_primitive::<Int64Type>();
        let times = column("occurred_at")?.as_primitive::<TimestampMicrosecondType>();
        let (kinds, pages) = (column("event_type")?.as_string::<i32>(), column("page")?.as_string::<i32>());
        for row in 0..batch.num_rows() {
            let (event, user, account) = (events.value(row), users.value(row), accounts.value(row));
            let at = times.value(row);
            if (first.as_microsecond()..refreshed.as_microsecond()).contains(&at) {
                let (kind, page) = (kinds.value(row), pages.value(row));
                writeln!(script, "{event}\t{user}\t{account}\t{at}\t{kind}\t{page}")?;
            }
        }
    }
    script.push_str("\\.\n");
    script.push_str(include_str!("relations.sql"));
    server.run_script(&script)?;
    Ok(())
}
