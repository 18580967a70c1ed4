//! The sessions table of a run, and what it says about the whole.

use super::super::Unsupported;
use super::super::columns::{Columns, name};
use super::super::expressions::{Expressions, Shape};
use super::super::merge::{Kept, Spans, spans};
use super::super::merging::Merging;
use super::super::relation::Relation;
use super::super::ruled::{Placed, placed};
use super::super::session_id::session_id;
use super::super::sessions::{as_session_seq, numbered};
use super::super::summary_columns::{Rows, Told, told};
use super::super::types::Unit;
use super::{EVENTS, RunQuery, SESSIONS};

impl RunQuery<'_> {
    /// One row per session, by start and then by key: session_id, the key columns, session_seq, started_at,
    /// ended_at, duration_seconds, events, and under a rule beyond the gap, or where the summary tells more, started_by and that.
    /// Only key, time and what these ask for are read for it, and ids are made once per session.
    ///
    /// # Errors
    /// When the dialect cannot express the definition, a type or a name.
    pub fn sessions(&self) -> Result<String, Unsupported> {
        let engine = self.engine()?;
        let types = self.narrow(true).with_what_is_told(self.definition);
        let columns = Columns::checked(self.dialect, self.definition, &types, Relation::Summary)?;
        let is_ruled = !self.definition.is_plain();
        let Numbered { steps, last, number, bounds, reason, told } = match engine.shape(types.plan) {
            Shape::Merge(merging) => numbered_spans(engine, merging, &columns)?,
            Shape::Windows | Shape::Reference if is_ruled => placed_events(engine, &columns)?,
            Shape::Windows | Shape::Reference => numbered_events(engine, &columns)?,
        };
        let [first_of, end_of, started_of, ended_of, count_of] = bounds;
        let reason_of = columns.own("reason_of_all");
        let (reasoned, with_reason, some) = match &reason {
            Some(reason) => (
                format!(", MIN({reason}) AS {reason_of}"),
                format!(", {reason_of} AS started_by"),
                format!("\n  WHERE {number} IS NOT NULL"),
            ),
            None => (String::new(), String::new(), String::new()),
        };
        let (key, partition) = (columns.key(), columns.partition(engine));
        let [first, end, started, ended, count] =
            ["first_instant", "last_instant", "first_time", "last_time", "event_count"]
                .map(|own| columns.own(own));
        let called = name(self.dialect, self.session_id);
        let grouped = columns.step("grouped", &[EVENTS]);
        let id = session_id(engine, &columns, &number, &first);
        let units = match columns.time_type(engine).unit() {
            Unit::Microsecond => "1000000",
            Unit::Nanosecond => "1000000000",
        };
        let seconds = engine.double(&format!("{end} - {first}"));
        let order = self.definition.key().iter().map(|column| engine.nulls_last(&name(self.dialect, column)));
        let order = order.collect::<Vec<_>>().join(", ");
        let (aggregated, with_told) = (told.grouped(), told.selected(&columns));
        let rows = format!(
            "\
SELECT {id} AS {called}, {key}, {}, {started} AS started_at, {ended} AS ended_at,
       {seconds} / {units} AS duration_seconds, {count} AS events{with_reason}{with_told}
FROM {grouped}",
            as_session_seq(&number),
        );
        let rows = match told.has_whens() {
            false => rows,
            true => format!(
                "SELECT {called}, {key}, session_seq, started_at, ended_at, duration_seconds, events, started_by{}\n\
                 FROM (\n{rows}) AS summarized",
                told.with_whens(&columns)?
            ),
        };
        Ok(format!(
            "\
{steps},
{grouped} AS (
  SELECT {key}, {number}, {first_of} AS {first}, {end_of} AS {end},
         {started_of} AS {started}, {ended_of} AS {ended}, {count_of} AS {count}{reasoned}{aggregated}
  FROM {last}{some}
  GROUP BY {partition}, {number})
{rows}
ORDER BY started_at, {order}",
        ))
    }

    /// One row about the sessions that were written: sessions, keys, events, and events whose session id is NULL. Under a
    /// rule beyond the gap, by which events can be in no session, events with a NULL in the key and the first and the last
    /// instant follow.
    ///
    /// # Errors
    /// When the engine does no runs over files, or does not know the type of the time.
    pub fn counts(&self) -> Result<String, Unsupported> {
        let engine = self.engine()?;
        let sum = |of: &str| engine.digits(&format!("COALESCE(SUM({of}), 0)"));
        let own = |column: &str| name(self.dialect, column);
        let events_if = |condition: &str| sum(&format!("CASE WHEN {condition} THEN events ELSE 0 END"));
        let mut of_rule = String::new();
        if !self.definition.rule().is_plain_gap() {
            let null_key: Vec<_> =
                self.definition.key().iter().map(|column| format!("{} IS NULL", own(column))).collect();
            let time = self.types.time.unwrap_or(engine.usual_time());
            let [first, last] = [engine.number("started_at", time)?, engine.number("ended_at", time)?];
            of_rule = format!(
                ",\n       {} AS null_key_events, {} AS first_instant, {} AS last_instant",
                events_if(&null_key.join(" OR ")),
                engine.digits(&format!("MIN({first})")),
                engine.digits(&format!("MAX({last})")),
            );
        }
        Ok(format!(
            "SELECT {} AS sessions, {} AS keys, {} AS all_events, {} AS null_id_events{of_rule}\nFROM {SESSIONS}",
            engine.digits("COUNT(*)"),
            sum("CASE WHEN session_seq = 1 THEN 1 ELSE 0 END"),
            sum("events"),
            events_if(&format!("{} IS NULL", own(self.session_id))),
        ))
    }

    /// One row: how many ids stand for more than one session, and the least of them.
    ///
    /// # Errors
    /// When the engine does no runs over files.
    pub fn shared_ids(&self) -> Result<String, Unsupported> {
        let ids = self.engine()?.digits("COUNT(*)");
        let id = name(self.dialect, self.session_id);
        Ok(format!("SELECT {ids} AS shared_ids, MIN({id}) AS least_id\nFROM ({}) AS shared", self.shared()))
    }

    /// The two earliest sessions with the least id that is shared: the texts of the key and the session's number.
    ///
    /// # Errors
    /// When the dialect cannot express the definition, a type or a name.
    pub fn collision(&self) -> Result<String, Unsupported> {
        let engine = self.engine()?;
        let types = self.narrow(true);
        let columns = Columns::checked(self.dialect, self.definition, &types, Relation::Summary)?;
        let (id, shared) = (name(self.dialect, self.session_id), self.shared());
        let texts = columns.key_texts(engine);
        let named: Vec<String> =
            texts.iter().enumerate().map(|(at, text)| format!("{text} AS text_{at}")).collect();
        Ok(format!(
            "SELECT {}, {} AS text_of_seq\nFROM {SESSIONS}\nWHERE {id} = (SELECT MIN({id}) FROM ({shared}) AS shared)\n\
             ORDER BY started_at, {}, session_seq\nLIMIT 2",
            named.join(", "),
            engine.digits("session_seq"),
            texts.join(", "),
        ))
    }

    /// Ids of more than one session.
    fn shared(&self) -> String {
        let id = name(self.dialect, self.session_id);
        format!("SELECT {id} FROM {SESSIONS} WHERE {id} IS NOT NULL GROUP BY {id} HAVING COUNT(*) > 1")
    }
}

/// Rows with the number of their session: events, or spans of them.
struct Numbered<'a> {
    steps: String,
    /// The step that has the rows.
    last: String,
    number: String,
    /// Of a session's rows, as SQL: the first and the last instant, the first and the last time, the number of events.
    bounds: [String; 5],
    /// The column with why the session began, where that is told.
    reason: Option<String>,
    /// What the summary tells of the rows besides.
    told: Told<'a>,
}

fn numbered_events<'a>(syntax: &dyn Expressions, columns: &Columns<'a>) -> Result<Numbered<'a>, Unsupported> {
    let events = numbered(syntax, columns, EVENTS, &[EVENTS], "")?;
    let (instant, time) = (&events.instant, columns.time());
    let bounds = [
        format!("MIN({instant})"),
        format!("MAX({instant})"),
        format!("MIN({time})"),
        format!("MAX({time})"),
        "COUNT(*)".to_owned(),
    ];
    let told = Told::default();
    Ok(Numbered { steps: events.steps, last: events.last, number: events.number, bounds, reason: None, told })
}

/// Events that are ignored count, but begin and end nothing.
fn placed_events<'a>(syntax: &dyn Expressions, columns: &Columns<'a>) -> Result<Numbered<'a>, Unsupported> {
    let Placed { steps, last, instant, number, first, reason, is_ignored } =
        placed(syntax, columns, EVENTS, &[EVENTS])?;
    let time = columns.time();
    let heard = |value: &str| match &is_ignored {
        Some(is_ignored) => format!("CASE WHEN {is_ignored} THEN NULL ELSE {value} END"),
        None => value.to_owned(),
    };
    let bounds = [
        format!("MIN({first})"),
        format!("MAX({})", heard(&instant)),
        format!("MIN({})", heard(&time)),
        format!("MAX({})", heard(&time)),
        "COUNT(*)".to_owned(),
    ];
    let partition = format!("{}, {number}", columns.partition(syntax));
    let ignored = is_ignored.map(|is_ignored| format!("({is_ignored})"));
    let rows = Rows { instant: &instant, ignored: ignored.as_deref(), partition: &partition };
    let told = told(columns, &rows)?;
    Ok(Numbered { steps, last, number, bounds, reason: Some(reason), told })
}

fn numbered_spans<'a>(
    syntax: &dyn Expressions,
    merging: &dyn Merging,
    columns: &Columns<'a>,
) -> Result<Numbered<'a>, Unsupported> {
    let time = columns.time();
    let [from, to, events] = ["span_first_time", "span_last_time", "span_events"].map(|own| columns.own(own));
    let aggregates =
        |_: &str| format!(",\n         MIN({time}) AS {from}, MAX({time}) AS {to}, COUNT(*) AS {events}");
    let kept = Kept { also: "", aggregates: &aggregates };
    let Spans { steps, last, start, end, number, .. } =
        spans(syntax, merging, columns, EVENTS, &[EVENTS], &kept)?;
    let bounds = [
        format!("MIN({start})"),
        format!("MAX({end})"),
        format!("MIN({from})"),
        format!("MAX({to})"),
        syntax.bigint(&format!("SUM({events})")),
    ];
    Ok(Numbered { steps, last, number, bounds, reason: None, told: Told::default() })
}
