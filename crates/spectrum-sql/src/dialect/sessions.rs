//! The shared shape: every event with the id of its session.

use super::Unsupported;
use super::columns::Columns;
use super::expressions::Expressions;
use super::instants::{Instants, instants};
use super::session_id::session_id;
use crate::query::SessionsQuery;

/// What the steps up to the session's number give.
pub(super) struct Numbered {
    /// The steps, with WITH before them.
    pub(super) steps: String,
    /// The last step's name.
    pub(super) last: String,
    /// The column with the time as a number.
    pub(super) instant: String,
    /// The column with the session's number.
    pub(super) number: String,
    /// All columns that the steps give names to.
    pub(super) named: Vec<String>,
}

impl Numbered {
    /// The number under the name by which it goes out.
    pub(super) fn as_session_seq(&self) -> String {
        as_session_seq(&self.number)
    }
}

/// A session's number under the name by which it goes out.
pub(super) fn as_session_seq(number: &str) -> String {
    match number {
        "session_seq" => number.to_owned(),
        number => format!("{number} AS session_seq"),
    }
}

/// One row per event; see [`super::sessions_sql`].
pub(super) fn sessions(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<SessionsQuery, Unsupported> {
    let (numbered, id) = identified(syntax, columns, from, avoided)?;
    let (key, others) = (columns.key(), columns.others());
    Ok(SessionsQuery {
        up_to_id: format!("{}\nSELECT {key}{others},\n       {id} AS session_id", numbered.steps),
        number: format!(",\n       {}", numbered.as_session_seq()),
        from: format!("\nFROM {}", numbered.last),
        named: numbered.named.into_iter().chain(["session_id".to_owned()]).collect(),
    })
}

/// The steps from the events to all that an id is made of, and the id.
pub(super) fn identified(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<(Numbered, String), Unsupported> {
    let mut numbered = numbered(syntax, columns, from, avoided, "")?;
    let Numbered { instant, number, .. } = &numbered;
    let first = columns.own("first_instant");
    let id = session_id(syntax, columns, number, &first);
    if !columns.definition.id().is_numbered() {
        let (partition, started) = (columns.partition(syntax), columns.step("started", avoided));
        let step = format!(
            ",
{started} AS (
  SELECT *, MIN({instant}) OVER (PARTITION BY {partition}, {number}) AS {first}
  FROM {})",
            numbered.last
        );
        numbered.steps += &step;
        numbered.last = started;
        numbered.named.push(first);
    }
    Ok((numbered, id))
}

/// The steps from the events to the number of their session. `also` are columns to keep, each after a comma.
pub(super) fn numbered(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
    also: &str,
) -> Result<Numbered, Unsupported> {
    let Instants { step, name: instants, instant } = instants(syntax, columns, from, avoided, also)?;
    let [previous, is_new, number] =
        ["prev_instant", "is_new_session", "session_seq"].map(|name| columns.own(name));
    let [lagged, boundaries, last] =
        ["lagged", "boundaries", "sessions"].map(|name| columns.step(name, avoided));
    let (partition, order) = (columns.partition(syntax), columns.order(syntax, &instant));
    let window = format!("PARTITION BY {partition} ORDER BY {order}");
    let lag = syntax.previous(&instant, &window);
    let in_words = columns.begins_in_words("event");
    let begins = columns.begins_session(syntax, &instant, &previous);
    let mut steps = format!(
        "\
{step},
{lagged} AS (
  -- The instant of the event before. Of several events at one instant any may be first: the others get their own.
  SELECT *, {lag} AS {previous}
  FROM {instants}),
{boundaries} AS (
  -- 1 where a session begins: {in_words}.
  SELECT *, CASE WHEN {begins} THEN 1 ELSE 0 END AS {is_new}
  FROM {lagged}),
"
    );
    let mut named = columns.named_beside_key(syntax);
    named.extend([&instant, &previous, &is_new, &number].map(String::clone));
    let sum = |frame: &str| {
        let rows = format!("{frame} BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW");
        syntax.bigint(&format!("SUM({is_new}) OVER ({window}\n                              {rows})"))
    };
    if syntax.has_range_frames() {
        let sum = sum("RANGE");
        steps += &format!(
            "\
{last} AS (
  -- The session's number. RANGE counts all events of an instant together, in whatever order they come.
  SELECT *, {sum} AS {number}
  FROM {boundaries})"
        );
    } else {
        let (counted, count) = (columns.step("counted", avoided), columns.own("session_count"));
        let sum = sum("ROWS");
        steps += &format!(
            "\
{counted} AS (
  SELECT *, {sum} AS {count}
  FROM {boundaries}),
{last} AS (
  -- The session's number. There are no RANGE frames; the last row of an instant, whichever it is, has counted all of it.
  SELECT *, MAX({count}) OVER (PARTITION BY {partition}, {instant}) AS {number}
  FROM {counted})"
        );
        named.push(count);
    }
    Ok(Numbered { steps, last, instant, number, named })
}
