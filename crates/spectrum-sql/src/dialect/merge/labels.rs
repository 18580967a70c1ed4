//! Every event with the id of its session: spans get ids, and events those of their spans.

use super::super::Unsupported;
use super::super::columns::Columns;
use super::super::expressions::Expressions;
use super::super::merging::Merging;
use super::super::session_id::session_id;
use super::super::sessions::as_session_seq;
use super::spans::{Kept, Spans, spans};

/// One row per event; see [`crate::dialect::sessions_sql`].
pub(in crate::dialect) fn sessions(
    syntax: &dyn Expressions,
    merging: &dyn Merging,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<String, Unsupported> {
    let kept = Kept { also: "", aggregates: &|_| String::new() };
    let Spans { mut steps, mut last, events, piece, start, number, .. } =
        spans(syntax, merging, columns, from, avoided, &kept)?;
    let partition = columns.partition(syntax);
    let first = columns.own("first_instant");
    if !columns.definition.id().is_numbered() {
        let started = columns.step("started", avoided);
        steps += &format!(
            ",
{started} AS (
  SELECT *, MIN({start}) OVER (PARTITION BY {partition}, {number}) AS {first}
  FROM {last})"
        );
        last = started;
    }
    let labels = columns.step("labels", avoided);
    let id = session_id(syntax, columns, &number, &first);
    let (of_labels, of_all) = match columns.types.numbered {
        true => {
            (format!(",\n         {}", as_session_seq(&number)), format!(",\n       {labels}.session_seq"))
        }
        false => (String::new(), String::new()),
    };
    let mut found_by = columns.partition_columns(syntax);
    found_by.push(piece.clone());
    let found_by: Vec<_> = found_by
        .iter()
        .map(|column| merging.same(&format!("{events}.{column}"), &format!("{labels}.{column}")))
        .collect();
    let (sent, all, found_by) =
        (merging.sent_to_all(&labels), columns.all_of(&events), found_by.join("\n AND "));
    Ok(format!(
        "\
{steps},
{labels} AS (
  SELECT {partition}, {piece},
         {id} AS session_id{of_labels}
  FROM {last})
-- The labels go to every machine, so no event has to move. All events find one; LEFT would keep those that did not.
SELECT {sent} {all},
       {labels}.session_id{of_all}
FROM {events}
LEFT JOIN {labels}
  ON {found_by}"
    ))
}
