//! Sessions under rules beyond the gap, in windows that every engine has.
//!
//! Rules look at moments, all events of a key at one instant. So each step gives all events of a moment the same, or says
//! something on one row of it: an engine may sort the events of a moment anew for each step, and only what stands in one
//! step sees them in one order. What follows from that row is spread by what counts whole instants.
//!
//! | step | what it adds | where |
//! |---|---|---|
//! | told | the instant, and what conditions say of each event | `told.rs` |
//! | clocks, days | the day that it belongs to | `days.rs` |
//! | moments | the same of the moment | `moments.rs` |
//! | lagged, parted | the moment before, and whether the two are parted whatever came before them | `moments.rs` |
//! | sessions | the session's number, start and reason | `numbers.rs`, and `walked.rs` where they depend on the start |
//! | ordered, lent | the moment that ignored events go with | `ignored.rs` |
//! | placed | nothing where an event belongs to no session | `mod.rs` |
//!
//! Where a session's end depends on where it began, no window can know it, and the steps of `walked.rs` follow lists. Engines
//! that cannot do that refuse such rules.

mod condition;
mod days;
mod ignored;
mod moments;
mod names;
mod numbers;
mod placed;
mod steps;
mod summary;
mod told;
mod walked;

use spectrum_core::{AtGap, Gap, RuleKind, SessionRule, SplitOnNull};

use super::Unsupported;
use super::columns::Columns;
use super::expressions::Expressions;
use super::session_id::session_id;
use super::types::Unit;
use crate::query::SessionsQuery;

use names::Own;
use steps::Steps;

pub(super) use condition::condition;
pub(super) use placed::{Placed, placed, takes_no_part};
pub(super) use summary::{of_events, of_sessions};

/// A rule beyond the gap with what all steps say of its events.
struct Ruled<'a> {
    syntax: &'a dyn Expressions,
    columns: &'a Columns<'a>,
    rule: &'a SessionRule,
    avoided: &'a [&'a str],
    own: Own,
}

/// [`super::sessions_sql`] under such a rule, in parts.
pub(super) fn sessions(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<SessionsQuery, Unsupported> {
    let ruled = Ruled::new(syntax, columns, avoided);
    let steps = ruled.steps(from)?;
    let named = ruled.own.all().into_iter().chain(columns.named_beside_key(syntax));
    let named = named.chain(["session_id", "session_seq", "started_by", "ignored"].map(str::to_owned));
    Ok(SessionsQuery {
        up_to_id: format!("{}\n{}", steps.with(), ruled.selected()),
        // Every row has it.
        number: String::new(),
        from: format!("\nFROM {}", steps.last),
        named: named.collect(),
    })
}

impl<'a> Ruled<'a> {
    fn new(syntax: &'a dyn Expressions, columns: &'a Columns<'a>, avoided: &'a [&'a str]) -> Self {
        let own = Own::of(columns);
        Self { syntax, columns, rule: columns.definition.rule(), avoided, own }
    }

    /// All steps, after which every event has its session's number, first instant and reason.
    fn steps(&self, from: &str) -> Result<Steps, Unsupported> {
        let mut steps = Steps::default();
        self.told(&mut steps, from)?;
        self.days(&mut steps)?;
        self.moments(&mut steps);
        self.lagged(&mut steps);
        self.parted(&mut steps);
        self.numbers(&mut steps);
        self.ignored(&mut steps);
        self.placed(&mut steps);
        Ok(steps)
    }

    /// What the last step is selected by.
    fn selected(&self) -> String {
        let (columns, own) = (self.columns, &self.own);
        let id = session_id(self.syntax, columns, &own.seq, &own.first);
        let ignored = match self.rule.ignore_when() {
            Some(_) => format!(", {} AS ignored", self.syntax.boolean(&format!("{} = 1", own.ignored))),
            None => String::new(),
        };
        format!(
            "SELECT {}{},\n       {id} AS session_id,\n       {} AS session_seq, {} AS started_by{ignored}",
            columns.key(),
            columns.others(),
            own.seq,
            own.reason,
        )
    }

    /// The last step: events that belong to no session have nothing of one.
    fn placed(&self, steps: &mut Steps) {
        let own = &self.own;
        let mut conditions = Vec::new();
        conditions.extend(self.can_belong_nowhere().then(|| self.belongs()));
        if self.has_unheard() {
            conditions.push(format!("{} = 1", own.heard));
        }
        let belongs = conditions.join(" AND ");
        let pairs = [
            (&own.number, &own.last_number, &own.seq),
            (&own.started, &own.last_started, &own.first),
            (&own.begun_by, &own.last_begun_by, &own.reason),
        ];
        let columns = pairs.map(|(of_event, of_last, to)| {
            let sql = match (belongs.is_empty(), self.rule.ignore_when()) {
                (true, _) => of_event.clone(),
                (false, None) => format!("CASE WHEN {belongs} THEN {of_event} END"),
                (false, Some(_)) => {
                    format!(
                        "CASE WHEN {belongs} THEN {of_event} WHEN {} THEN {of_last} END",
                        self.goes_along()
                    )
                }
            };
            (sql, to.clone())
        });
        let comment = "Events that belong to no session have none.";
        self.add(steps, "placed", if belongs.is_empty() { "" } else { comment }, &columns);
    }

    /// Adds a step with these columns to the last one.
    fn add(&self, steps: &mut Steps, name: &str, comment: &str, columns: &[(String, String)]) {
        if !columns.is_empty() {
            steps.add(self.columns.step(name, self.avoided), comment, columns);
        }
    }

    /// What makes a partition of every key.
    fn key(&self) -> String {
        self.columns.partition(self.syntax)
    }

    /// The same, of the events that have a say.
    fn heard(&self) -> String {
        match self.has_unheard() {
            true => format!("{}, {}", self.key(), self.own.heard),
            false => self.key(),
        }
    }

    /// Whether there can be events that have no say.
    fn has_unheard(&self) -> bool {
        self.rule.takes_part().is_some() || self.rule.ignore_when().is_some()
    }

    /// ORDER BY the instant.
    fn order(&self) -> String {
        self.columns.order(self.syntax, &self.own.instant)
    }

    /// The events that have a say in the order of time.
    fn window(&self) -> String {
        format!("PARTITION BY {} ORDER BY {}", self.heard(), self.order())
    }

    fn of_moment(&self, aggregate: &str) -> String {
        self.syntax.of_moment(aggregate, &self.heard(), &self.own.instant, &self.order())
    }

    /// An aggregate over everything up to and including the moment.
    fn running(&self, aggregate: &str) -> String {
        format!("{aggregate} OVER ({}\n                              {UP_TO_HERE})", self.window())
    }

    fn can_belong_nowhere(&self) -> bool {
        self.rule.passive_when().is_some()
    }

    fn splits(&self) -> std::ops::Range<usize> {
        0..self.rule.split_on().len()
    }

    /// Whether a column keeps its value where a moment has none.
    fn keeps_values(&self) -> bool {
        !self.rule.split_on().is_empty() && self.rule.split_on_null() == SplitOnNull::Keep
    }

    /// Whether a moment belongs to a session: where the latest active moment is not before the latest that was parted, or
    /// where the walk says so.
    fn belongs(&self) -> String {
        match self.is_walked() {
            true => format!("{} = 1", self.own.belongs),
            false => format!("{} >= {}", self.own.latest_active, self.own.segment),
        }
    }

    /// Whether where a session ends depends on where it began.
    fn is_walked(&self) -> bool {
        self.rule.kind() == RuleKind::Sequential
    }

    /// An instant in a type from which the longest gap can be taken.
    fn as_instant(&self, instant: &str) -> String {
        match self.unit() {
            Unit::Microsecond => instant.to_owned(),
            Unit::Nanosecond => self.syntax.wide(instant),
        }
    }

    /// Why a moment is parted from an earlier one, asked in the rule's order, as branches of CASE. `ends`, `pause` and `day`
    /// are of the earlier one.
    fn pairwise(&self, earlier: &str, ends: &str, pause: &str, day: &str) -> Vec<(String, &'static str)> {
        let own = &self.own;
        let pause =
            if self.rule.gap_when().is_empty() { self.allowed(self.rule.gap()) } else { pause.to_owned() };
        let later = self.as_instant(&own.instant);
        let symbol = if self.is_apart_at_gap() { ">=" } else { ">" };
        let mut branches = vec![(format!("{later} - {pause} {symbol} {earlier}"), "'gap'")];
        if self.rule.end_when().is_some() {
            branches.push((format!("{ends} = 1"), "'end_when'"));
        }
        if self.rule.split_at().is_some() {
            branches.push((format!("{} <> {day}", own.day), "'split_at'"));
        }
        branches
    }

    fn unit(&self) -> Unit {
        self.columns.time_type(self.syntax).unit()
    }

    /// The pause that is compared with. No pause is exactly a gap that is not a whole number of units, so that one is rounded
    /// down and longer pauses are apart.
    fn allowed(&self, gap: Gap) -> String {
        let less = u64::from(self.rule.at_gap() == AtGap::New && !self.is_apart_at_gap());
        ((gap.nanoseconds() - less) / nanoseconds(self.unit())).to_string()
    }

    /// Whether a pause of exactly the gap is compared as one that is apart.
    fn is_apart_at_gap(&self) -> bool {
        let of_unit = nanoseconds(self.unit());
        let mut gaps = self.rule.gap_when().iter().map(|entry| entry.gap).chain([self.rule.gap()]);
        self.rule.at_gap() == AtGap::New && gaps.all(|gap| gap.nanoseconds().is_multiple_of(of_unit))
    }
}

/// The frame that takes all events of an instant together.
const UP_TO_HERE: &str = "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";

fn nanoseconds(unit: Unit) -> u64 {
    match unit {
        Unit::Microsecond => 1_000,
        Unit::Nanosecond => 1,
    }
}

/// Branches, each a condition and what it gives as SQL, each on its line.
fn case(branches: &[(String, &'static str)], otherwise: Option<&str>) -> String {
    let line = format!("\n{}", " ".repeat(17));
    let lines: Vec<String> = branches.iter().map(|(when, then)| format!("WHEN {when} THEN {then}")).collect();
    let otherwise = otherwise.map(|then| format!("{line}ELSE {then}")).unwrap_or_default();
    format!("CASE {}{otherwise} END", lines.join(&line))
}

/// 1 where a condition is true, and 0 where it is false or unknown.
fn flag(condition: &str) -> String {
    format!("CASE WHEN {condition} THEN 1 ELSE 0 END")
}

#[cfg(test)]
mod tests;
