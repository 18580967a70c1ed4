//! From events to the numbers of their sessions, by way of spans: all events of a key in one piece of time.

use super::super::Unsupported;
use super::super::columns::Columns;
use super::super::expressions::Expressions;
use super::super::instants::{Instants, instants};
use super::super::merging::Merging;

/// What the steps up to the session's number give.
pub(in crate::dialect) struct Spans {
    /// The steps, with WITH before them.
    pub(in crate::dialect) steps: String,
    /// The last step's name. It has one row per span.
    pub(in crate::dialect) last: String,
    /// The step whose rows are events, each with its piece.
    pub(in crate::dialect) events: String,
    /// The column with the number of the piece of time, in both.
    pub(in crate::dialect) piece: String,
    /// The columns with a span's first and last instant.
    pub(in crate::dialect) start: String,
    pub(in crate::dialect) end: String,
    /// The column with the session's number.
    pub(in crate::dialect) number: String,
}

/// Columns to keep, each after a comma: of the events (`also`), and aggregates of a span's, given the instant.
pub(in crate::dialect) struct Kept<'a> {
    pub(in crate::dialect) also: &'a str,
    pub(in crate::dialect) aggregates: &'a dyn Fn(&str) -> String,
}

pub(in crate::dialect) fn spans(
    syntax: &dyn Expressions,
    merging: &dyn Merging,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
    kept: &Kept<'_>,
) -> Result<Spans, Unsupported> {
    let Instants { step, name: instants, instant } = instants(syntax, columns, from, avoided, kept.also)?;
    let [piece, start, end, previous, is_new, number] =
        ["piece", "span_start", "span_end", "prev_end", "is_new_session", "session_seq"]
            .map(|name| columns.own(name));
    let [events, spans, lagged, boundaries, last] =
        ["pieces", "spans", "lagged", "boundaries", "sessions"].map(|name| columns.step(name, avoided));
    let (partition, order) = (columns.partition(syntax), columns.order(syntax, &piece));
    let window = format!("PARTITION BY {partition} ORDER BY {order}");
    let gap = columns.definition.gap();
    let in_piece = merging.floor_divided(&instant, columns.piece_in_microseconds());
    let in_words = columns.begins_in_words("span");
    let begins = columns.begins_session(syntax, &start, &previous);
    let lag = syntax.previous(&end, &window);
    let rows = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
    let sum = syntax.bigint(&format!("SUM({is_new}) OVER ({window}\n                              {rows})"));
    let aggregates = (kept.aggregates)(&instant);
    let steps = format!(
        "\
{step},
{events} AS (
  -- Pieces of time so short that events of a key in one piece are never more than {gap} apart: one session has them.
  SELECT *, {in_piece} AS {piece}
  FROM {instants}),
{spans} AS (
  -- The first and the last instant of a key's events in a piece. Every task reduces what it reads to these rows.
  SELECT {partition}, {piece}, MIN({instant}) AS {start}, MAX({instant}) AS {end}{aggregates}
  FROM {events}
  GROUP BY {partition}, {piece}),
{lagged} AS (
  -- The last instant of the span before.
  SELECT *, {lag} AS {previous}
  FROM {spans}),
{boundaries} AS (
  -- 1 where a session begins: {in_words}.
  SELECT *, CASE WHEN {begins} THEN 1 ELSE 0 END AS {is_new}
  FROM {lagged}),
{last} AS (
  -- The session's number. A key has one span a piece, so no two are of equal rank.
  SELECT *, {sum} AS {number}
  FROM {boundaries})"
    );
    Ok(Spans { steps, last, events, piece, start, end, number })
}
