//! A run, the same on every engine.

use spectrum_core::{Collision, Digest, IdScheme, SessionDefinition};
use spectrum_sql::dialect::run::{EVENTS, ReadAs, RunQuery, SESSIONS, TimeText, WRITTEN, time_texts};
use spectrum_sql::dialect::{Dialect, TimeType, Types, Unit};

use crate::columns::{self, Time};
use crate::error::{Result, SubmitError};
use crate::options::Options;
use crate::rule_columns;
use crate::runner::{Destination, Found, Runner};
use crate::statements::statements;
use crate::told_columns;

/// What a run did.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Files read.
    pub files: u64,
    /// Events written.
    pub events: u64,
    /// Distinct keys.
    pub keys: u64,
    /// Sessions.
    pub sessions: u64,
    /// The first and the last instant, in `unit`s since 1970; `None` without events.
    pub span: Option<(i64, i64)>,
    /// The unit of the span.
    pub unit: Unit,
    /// Whether times had a zone; then they are UTC.
    pub zoned: bool,
    /// Events left out because they had no time.
    pub dropped: u64,
    /// Events with a time that take no part in sessions, by the rule.
    pub not_taking_part: u64,
    /// Events that belong to no session although they take part.
    pub without_session: u64,
    /// Events in sessions with a NULL in a key column.
    pub null_key_events: u64,
    /// Events whose session id is NULL for that reason.
    pub null_id_events: u64,
    /// Ids that stand for more than one session, if that was allowed.
    pub shared_ids: u64,
    /// The digest of the events written, if it was asked for.
    pub digest: Option<Digest>,
}

/// Sessionizes the runner's inputs. Outputs appear under their names only when all of them are complete and as many
/// events were written as were read.
///
/// # Errors
/// A [`SubmitError`] that names the value, the rule and the remedy; nothing was written then.
pub fn run(runner: &mut dyn Runner, definition: &SessionDefinition, options: &Options) -> Result<Report> {
    // What the summary tells is for the sessions table.
    let bare;
    let definition = match &options.sessions {
        Some(_) => definition,
        None => {
            let without = definition.to_builder().summary([]).build();
            bare = without.map_err(|error| SubmitError::Refused(error.to_string()))?;
            &bare
        }
    };
    let found = runner.read()?;
    let (types, time) = columns::fit(runner.dialect(), &found, definition, options)?;
    let read_as = rule_columns::fit(runner.dialect(), &found, definition)?;
    let types = told_columns::fit(runner.dialect(), &found, definition, types, &read_as)?;
    let partition = columns::partition(runner.dialect(), &found, options)?;
    let types = Types { plan: options.plan, ..types };
    let (types, time_text) = with_time(runner, types, time, definition)?;
    let names: Vec<String> = found.columns.iter().map(|column| column.name.clone()).collect();
    let query = RunQuery {
        dialect: runner.dialect(),
        definition,
        columns: &names,
        session_id: &options.session_column,
        types,
        time_text,
        read_as,
    };
    let sql = statements(&query, options, partition.filter(|(_, added)| *added).map(|(day, _)| day))?;

    runner.view(EVENTS, &sql.source)?;
    if let Some(unread) = &sql.unread_values {
        check_values_of_rule(&Row::one(runner, "looking at the rule's columns", unread)?, &query)?;
    }
    let checks = Row::one(runner, "looking at the events", &sql.checks)?;
    check_uuids(&checks, definition, options, &found)?;
    let (all, null_times) = (checks.count(0)?, checks.count(1)?);
    if null_times > 0 && !options.drop_null_times {
        let ids = Row::one(runner, "looking at the events", &sql.null_times)?;
        return Err(SubmitError::NullTimes {
            count: null_times,
            column: definition.time().to_owned(),
            example: match (query.has_event_id(), ids.text(0)) {
                (true, Some(id)) => format!(", such as the one with {} {id}", definition.event_id()),
                _ => String::new(),
            },
        });
    }

    let sessions = Destination { view: SESSIONS, path: options.sessions.as_deref(), partition_by: None };
    runner.write("finding the sessions", &sql.sessions, sessions)?;
    let counts = Row::one(runner, "counting the sessions", &sql.counts)?;
    let read = all - null_times.min(all);
    let outside = Outside::of(&checks, &counts, read, definition)?;
    same_count(runner, read, counts.count(2)? + outside.all())?;
    let shared_ids = match definition.id() {
        IdScheme::Sequence => shared_ids(runner, &sql.shared_ids, &sql.collision, options)?,
        IdScheme::Encoded | IdScheme::Start | IdScheme::Persistent => 0,
    };

    let partition_by = partition.map(|(column, _)| column);
    let events = Destination { view: WRITTEN, path: Some(&options.output), partition_by };
    runner.write("writing the events", &sql.events, events)?;
    let written = Row::one(runner, "counting what was written", &sql.written)?;
    same_count(runner, read, written.count(0)?)?;
    if let Some(without_id) = &sql.without_id {
        // Those in sessions have the ids of these, and those outside have none.
        let without_id = Row::one(runner, "counting what was written", without_id)?.count(0)?;
        same_count(runner, read, read - without_id.min(read) + counts.count(3)? + outside.all())?;
    }
    let digest: Option<Result<_>> =
        options.digest.then(|| Ok(Digest::from_sums(read, written.sum(1)?, written.sum(2)?)));
    // Of the events that are in sessions, which are all without a rule that says otherwise.
    let (first, last, null_key_events) = match definition.rule().is_plain_gap() {
        true => (checks.text(3), checks.text(4), checks.count(2)?),
        false => (counts.text(5), counts.text(6), counts.count(4)?),
    };
    let report = Report {
        files: found.files,
        events: read,
        keys: counts.count(1)?,
        sessions: counts.count(0)?,
        span: first.zip(last).and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?))),
        unit: unit(query.types.time),
        zoned: matches!(query.types.time, Some(TimeType::TimestampTz(_))),
        dropped: null_times,
        not_taking_part: outside.not_taking_part,
        without_session: outside.without_session,
        null_key_events,
        null_id_events: counts.count(3)?,
        shared_ids,
        digest: digest.transpose()?,
    };
    runner.publish()?;
    Ok(report)
}

/// The time's type, once the texts have been looked at.
fn with_time(
    runner: &mut dyn Runner,
    types: Types,
    time: Time,
    definition: &SessionDefinition,
) -> Result<(Types, Option<TimeText>)> {
    let (ty, text) = match time {
        Time::Typed(ty) => (ty, None),
        Time::Epoch(unit) => (TimeType::TimestampTz(Unit::Microsecond), Some(TimeText::Epoch(unit))),
        Time::Text => {
            let sql = time_texts(runner.dialect(), definition.time())?;
            let texts = Row::one(runner, "looking at the times", &sql)?;
            let example = |at: usize| texts.text(at).unwrap_or_default().to_owned();
            match (texts.count(0)?, texts.count(2)?, texts.count(4)?) {
                (zoned, naive, 0) if zoned > 0 && naive > 0 => {
                    return Err(SubmitError::MixedZones { zoned: example(1), naive: example(3) });
                }
                (0, _, 0) => (TimeType::Timestamp(Unit::Microsecond), Some(TimeText::Naive)),
                (_, _, 0) => (TimeType::TimestampTz(Unit::Microsecond), Some(TimeText::Zoned)),
                (_, _, odd) => {
                    return Err(SubmitError::OddTimes {
                        count: odd.to_string(),
                        column: definition.time().to_owned(),
                        example: example(5),
                    });
                }
            }
        }
    };
    Ok((Types { time: Some(ty), ..types }, text))
}

fn check_uuids(checks: &Row, definition: &SessionDefinition, options: &Options, found: &Found) -> Result<()> {
    let key = definition.key().iter().map(String::as_str);
    let event_id = options.digest.then(|| definition.event_id());
    for (at, column) in key.chain(event_id).enumerate() {
        let count = checks.count(5 + at)?;
        if count > 0 {
            let ty = found.columns.iter().find(|found| found.name == column).map(|found| found.ty.clone());
            let (column, ty) = (column.to_owned(), ty.unwrap_or_default());
            return Err(SubmitError::NoUuid { count: count.to_string(), column, ty });
        }
    }
    Ok(())
}

/// Events that the rule leaves without a session.
struct Outside {
    not_taking_part: u64,
    without_session: u64,
}

impl Outside {
    /// From [`RunQuery::checks`] and [`RunQuery::counts`].
    fn of(checks: &Row, counts: &Row, read: u64, definition: &SessionDefinition) -> Result<Self> {
        // It stands behind those about the key and the event id.
        let not_taking_part = checks.count(6 + definition.key().len())?;
        // Without such a rule all events are in sessions, and a difference is a loss.
        let can_be_outside =
            definition.rule().passive_when().is_some() || definition.rule().ignore_when().is_some();
        let elsewhere = not_taking_part + counts.count(2)?;
        let without_session = if can_be_outside { read.saturating_sub(elsewhere) } else { 0 };
        Ok(Self { not_taking_part, without_session })
    }

    fn all(&self) -> u64 {
        self.not_taking_part + self.without_session
    }
}

/// Refuses texts that are not what the rule takes them for.
fn check_values_of_rule(unread: &Row, query: &RunQuery<'_>) -> Result<()> {
    for (at, (column, read)) in query.texts_read().enumerate() {
        let count = unread.count(2 * at)?;
        if count > 0 {
            return Err(SubmitError::RuleValues {
                count,
                column: column.to_owned(),
                example: unread.text(2 * at + 1).unwrap_or_default().to_owned(),
                used_as: match read {
                    ReadAs::Boolean => "a boolean",
                    // Others are numbers too, but not all engines would read them exactly.
                    ReadAs::Number | ReadAs::Double => "a number of at most 20 digits and 18 behind a dot",
                },
            });
        }
    }
    Ok(())
}

/// Refuses when events were lost or came twice, whatever the cause.
fn same_count(runner: &dyn Runner, read: u64, written: u64) -> Result<()> {
    match read == written {
        true => Ok(()),
        false => Err(SubmitError::RowsDiffer { engine: runner.dialect().title(), read, written }),
    }
}

/// How many ids are shared; refuses any unless that is allowed.
fn shared_ids(runner: &mut dyn Runner, count: &str, example: &str, options: &Options) -> Result<u64> {
    let shared = Row::one(runner, "comparing the session ids", count)?;
    let (shared_ids, id) = (shared.count(0)?, shared.text(1).unwrap_or_default().to_owned());
    if shared_ids == 0 || options.allow_id_collisions {
        return Ok(shared_ids);
    }
    let rows = runner.rows("comparing the session ids", example)?;
    let described = rows.into_iter().filter_map(|mut row| {
        let number = row.pop()??.parse().ok()?;
        Some((row.into_iter().map(Option::unwrap_or_default).collect(), number))
    });
    match <[_; 2]>::try_from(described.collect::<Vec<_>>()) {
        Ok(example) => Err(SubmitError::Collisions(Collision { shared_ids, id, example })),
        Err(rows) => {
            Err(SubmitError::Answer { engine: runner.dialect().title(), answer: format!("{rows:?}") })
        }
    }
}

fn unit(time: Option<TimeType>) -> Unit {
    match time {
        Some(TimeType::Timestamp(unit) | TimeType::TimestampTz(unit)) => unit,
        // A number in a file becomes an instant before.
        Some(TimeType::Date | TimeType::Epoch(_)) | None => Unit::Microsecond,
    }
}

/// The only row of a query.
struct Row {
    engine: Dialect,
    values: Vec<Option<String>>,
}

impl Row {
    fn one(runner: &mut dyn Runner, step: &str, sql: &str) -> Result<Self> {
        let engine = runner.dialect();
        match <[_; 1]>::try_from(runner.rows(step, sql)?) {
            Ok([values]) => Ok(Self { engine, values }),
            Err(rows) => {
                let answer = format!("{} rows where one was expected", rows.len());
                Err(SubmitError::Answer { engine: engine.title(), answer })
            }
        }
    }

    fn text(&self, at: usize) -> Option<&str> {
        self.values.get(at)?.as_deref()
    }

    /// A count; over no rows at all it is NULL.
    fn count(&self, at: usize) -> Result<u64> {
        self.text(at).map_or(Ok(0), |text| text.parse().map_err(|_| self.odd(text)))
    }

    fn sum(&self, at: usize) -> Result<i128> {
        self.text(at).map_or(Ok(0), |text| text.parse().map_err(|_| self.odd(text)))
    }

    fn odd(&self, text: &str) -> SubmitError {
        SubmitError::Answer { engine: self.engine.title(), answer: text.to_owned() }
    }
}
