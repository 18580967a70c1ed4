//! The function that takes the notes and brings the tables up to date.

use super::Incremental;
use super::function::{Function, pinned};
use super::working::{FRESH, FRESH_SESSIONS, PARTS, SPANS, STANDING, STANDING_SESSIONS};
use crate::postgres::refresh_log::RefreshLog;

/// The counts that `refresh_sessions()` returns, in order, each a `bigint`: keys touched; events added, of them those
/// earlier than an event that their key had, those in the future and those with a NULL in their key, events whose own values
/// changed, events removed; sessions in which no event was before, those that only gained events, those of events of several
/// sessions, those whose events are now in several, those of which no event is left, those with the bounds and as many events
/// as before of which the summary tells something else; sessions that existing events had and whose id changed, and those
/// events; the events of the largest of the sessions that were computed.
pub const REFRESH_COUNTS: [&str; 16] = [
    "keys",
    "events_added",
    "events_late",
    "events_future",
    "events_null_key",
    "events_changed",
    "events_removed",
    "sessions_created",
    "sessions_extended",
    "sessions_merged",
    "sessions_split",
    "sessions_dropped",
    "sessions_retold",
    "ids_changed",
    "events_renamed",
    "largest_session",
];

/// What a refresh that has something to do does, one after the other; `steps` says how many milliseconds each took.
/// Where events were only added and a gap alone is the rule, `joining` is all of it.
pub const REFRESH_STEPS: [&str; 4] = ["joining", "taking", "comparing", "writing"];

/// From so many events on, the planner has to know how many rows the working tables have.
pub(super) const MANY: u32 = 1_000;

/// What rules beyond the gap make different in a refresh, as statements. Of two texts the second is for keys with a NULL too.
pub(super) struct Steps {
    pub(super) working_tables: String,
    pub(super) take: [String; 2],
    pub(super) standing: [String; 2],
    pub(super) parts: String,
    pub(super) find_shifts: String,
    /// The tables that these change.
    pub(super) changed: String,
    pub(super) fresh_sessions: String,
    pub(super) tell: String,
    pub(super) write_events: String,
    /// Whether anything is left to shift.
    pub(super) shifts: String,
    pub(super) write_shifts: [String; 2],
    /// The working tables.
    pub(super) tables: String,
}

impl Incremental<'_> {
    /// What a refresh does where there is a gap alone.
    fn plain_steps(&self) -> Steps {
        Steps {
            working_tables: self.working_tables(),
            take: [false, true].map(|nulls| self.take(nulls)),
            standing: [false, true].map(|nulls| self.standing(nulls)),
            parts: self.parts(),
            find_shifts: self.find_shifts(),
            changed: format!("pg_temp.{FRESH}, pg_temp.{PARTS}"),
            fresh_sessions: self.fresh_sessions(),
            tell: self.tell(),
            write_events: self.write_events(),
            shifts: self.shifts(),
            write_shifts: [false, true].map(|nulls| self.write_shifts(nulls)),
            tables: format!(
                "pg_temp.{SPANS}, pg_temp.{FRESH}, pg_temp.{PARTS}, pg_temp.{FRESH_SESSIONS},
      pg_temp.{STANDING}, pg_temp.{STANDING_SESSIONS}"
            ),
        }
    }

    /// Makes `refresh_sessions()`, which returns one row: [`REFRESH_COUNTS`], and `steps`, a JSON object of how many
    /// milliseconds each step took. It writes a row for each of the two tables into the refresh log, as every refresh does;
    /// that of the sessions has the same counts and steps in its details.
    ///
    /// It is one transaction, so a crash at any moment leaves the notes where they were. A statement that commits while
    /// it runs leaves its notes for the next refresh.
    pub fn refresh_function(&self) -> Function {
        let counts: Vec<String> = REFRESH_COUNTS.iter().map(|name| format!("OUT {name} bigint")).collect();
        Function::of_row(
            self.names.refresh.clone(),
            format!("(\n  {},\n  OUT steps jsonb)", counts.join(", ")),
            pinned(self.settings_of_texts().into_iter().chain([("jit", "off")])),
            self.while_current(|while_current| self.refresh_body(while_current)),
        )
    }

    /// What the function does. `while_current` stands where the lock is had.
    fn refresh_body(&self, while_current: &str) -> String {
        let steps = if self.is_ruled() { self.ruled_steps() } else { self.plain_steps() };
        let [take, take_nulls] = steps.take;
        let [standing, standing_nulls] = steps.standing;
        let anchors = match [false, true].map(|nulls| self.find_anchors(nulls)) {
            [none, _] if none.is_empty() => none,
            [anchors, anchors_nulls] => format!(
                "    -- The ids of sessions, by the anchors in them.
    IF has_null THEN\n{anchors_nulls}    ELSE\n{anchors}    END IF;\n"
            ),
        };
        let [write_shifts, write_shifts_nulls] = steps.write_shifts;
        let zeros: Vec<String> = REFRESH_COUNTS.iter().map(|name| format!("{name} := 0;")).collect();
        let step = |at: usize| {
            format!(
                "  steps := steps || pg_catalog.jsonb_build_object('{}', pg_catalog.round(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - step_began)::numeric * 1000, 1));
  step_began := pg_catalog.clock_timestamp();",
                REFRESH_STEPS[at]
            )
        };
        let details: Vec<String> = REFRESH_COUNTS.iter().map(|name| format!("'{name}', {name}")).collect();
        let any = format!("EXISTS (SELECT FROM {})", self.names.changes);
        let at_once = self.at_once(&any, &step(0));
        format!(
            "
#variable_conflict use_column
DECLARE
  began timestamptz;
  finished timestamptz;
  step_began timestamptz;
  duplicate text;
  misfit text;
  timeless_event text;
  part regclass;
  is_captured boolean;
  {unwatched} oid[] := '{{}}';
  has_null boolean;
  taken bigint;
{history_variables}{more_variables}BEGIN
  IF pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
      MESSAGE = 'a refresh needs a transaction that is READ COMMITTED, and this one is '
                || pg_catalog.upper(pg_catalog.current_setting('transaction_isolation')),
      DETAIL = 'Otherwise it would not see what the refresh before it did.',
      HINT = 'Begin it with BEGIN ISOLATION LEVEL READ COMMITTED.';
  END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock({lock});
{while_current}  LOCK TABLE {table} IN ACCESS SHARE MODE;
{columns}
  began := pg_catalog.clock_timestamp();
  step_began := began;
  steps := '{{}}';
  {zeros}
{deleted}{partitions}{everything}
{timeless}
{attempt}  IF {undone}{any} THEN
    -- What was noted and the events it points to, at one moment.
{working_tables}
    has_null := EXISTS (SELECT FROM {changes} WHERE {some_null});
    IF has_null THEN
{take_nulls}
    ELSE
{take}
    END IF;
    GET DIAGNOSTICS taken = ROW_COUNT;
    IF taken > {many} THEN
      ANALYZE pg_temp.{SPANS}, pg_temp.{FRESH};
    END IF;
    SELECT COUNT(*) INTO keys FROM (SELECT DISTINCT {key} FROM pg_temp.{SPANS}) AS touched;
{duplicates}
{step_taken}
    -- What stands of them in the tables, and their sessions as they are now.
    IF has_null THEN
{standing_nulls}
    ELSE
{standing}
    END IF;
    IF taken > {many} THEN
      ANALYZE pg_temp.{STANDING}, pg_temp.{STANDING_SESSIONS};
    END IF;
{parts}
    IF {followed} THEN
{find_shifts}
    END IF;
    IF taken > {many} THEN
      ANALYZE {changed};
    END IF;
{fresh_sessions}
    IF taken > {many} THEN
      ANALYZE pg_temp.{FRESH_SESSIONS};
    END IF;
{anchors}{settle}    -- How the ones became the others.
{tell}{step_compared}
    -- What differs, and nothing else.
{write_events}
{write_sessions}
    IF {shifts} THEN
{make_shifted}      IF has_null THEN
{write_shifts_nulls}
      ELSE
{write_shifts}
      END IF;
    END IF;
{write_ids}{remember_unwatched}{keep_replaced}    DROP TABLE {tables};
{step_written}
  END IF;
{watch_new}  finished := {when_finished};
{log}{forget}
END ",
            lock = self.lock,
            table = self.events.table,
            zeros = zeros.join(" "),
            columns = self.refuse_changed_columns(),
            deleted = self.keep_deleted(),
            partitions = self.follow_partitions(),
            everything = self.expand_everything(),
            timeless = self.refuse_timeless(),
            working_tables = steps.working_tables,
            changes = self.names.changes,
            some_null = self.some_null(),
            many = MANY,
            duplicates = self.refuse_duplicates(),
            step_taken = step(1),
            fresh_sessions = steps.fresh_sessions,
            settle = self.settle_ids(),
            write_ids = self.write_ids(),
            tell = steps.tell,
            step_compared = step(2),
            write_events = steps.write_events,
            write_sessions = self.write_sessions(),
            key = self.events.key_list(),
            followed = self.followed(),
            parts = steps.parts,
            find_shifts = steps.find_shifts,
            changed = steps.changed,
            shifts = steps.shifts,
            tables = steps.tables,
            step_written = step(3),
            remember_unwatched = self.remember_unwatched(),
            watch_new = self.watch_new(),
            history_variables = self.history_variables(),
            more_variables = at_once.variables,
            attempt = at_once.attempt,
            undone = at_once.undone,
            make_shifted = self.make_shifted(),
            keep_replaced = self.keep_replaced(),
            when_finished = self.when_finished(),
            forget = self.forget(),
            unwatched = self.own.unwatched,
            log = RefreshLog::new(&self.names.log).maintained(
                &self.names.sessions,
                &self.names.summary,
                &format!("pg_catalog.jsonb_build_object({}, 'steps', steps)", details.join(", ")),
            ),
        )
    }
}
