//! Which session became which, from what each refresh replaced.

use super::{LifeChange, LifeStep, SessionFate, SessionShape};

/// A session as a row, and where it lies among the times of its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) shape: SessionShape,
    from: i64,
    to: i64,
    /// All that the summary tells of it.
    told: String,
}

/// What a refresh changed of the sessions of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Step {
    at: String,
    was: Vec<Row>,
    is: Vec<Row>,
}

/// Reads the rows of a query of lives: the steps, in order, and the sessions that there are.
pub(super) fn read(rows: &[postgres::Row]) -> (Vec<Step>, Vec<Row>) {
    let session = |row: &postgres::Row| {
        Some(Row {
            shape: SessionShape {
                id: row.get(2),
                seq: row.get::<_, Option<i64>>(3)?,
                started_at: row.get(4),
                ended_at: row.get::<_, Option<String>>(6)?,
                events: row.get::<_, Option<i64>>(8)?.unsigned_abs(),
            },
            from: row.get(5),
            to: row.get::<_, Option<i64>>(7)?,
            told: row.get(10),
        })
    };
    let (changed, there): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.get::<_, Option<&str>>(0).is_some());
    let now: Vec<Row> = there.into_iter().filter_map(session).collect();
    let mut standing = now.clone();
    let mut steps = Vec::new();
    // From the latest to the first, each undone.
    for rows in changed.chunk_by(|a, b| a.get::<_, &str>(0) == b.get::<_, &str>(0)) {
        let (mut was, mut is) = (Vec::new(), Vec::new());
        for row in rows {
            let (change, from): (&str, i64) = (row.get(1), row.get(5));
            if change != "removed"
                && let Some(at) = standing.iter().position(|row| row.from == from)
            {
                is.push(standing.swap_remove(at));
            }
            if change != "created" {
                was.extend(session(row));
            }
        }
        standing.extend(was.iter().cloned());
        is.sort_by_key(|row| row.from);
        was.sort_by_key(|row| row.from);
        steps.push(Step { at: rows[0].get::<_, &str>(0).to_owned(), was, is });
    }
    steps.reverse();
    (steps, now)
}

/// What became of the session that has an id, or had it last, what it is now, and all that happened to it; `None` if none
/// had it.
pub(super) fn follow(
    id: &str,
    steps: &[Step],
    now: &[Row],
    lasts: bool,
    since: &str,
) -> Option<(SessionFate, Option<SessionShape>, Vec<LifeStep>)> {
    let has = |row: &&Row| row.shape.id.as_deref() == Some(id);
    // The last time that it is seen, before this step.
    let (found, next) = match now.iter().find(has) {
        Some(row) => (row, steps.len()),
        None => {
            let last = steps.iter().rposition(|step| step.was.iter().any(|row| has(&row)))?;
            (steps[last].was.iter().find(has)?, last)
        }
    };
    let sameness = Sameness { lasts };
    let mut life = sameness.before(found, &steps[..next], since);
    let (fate, last) = sameness.after(found, &steps[next..], &mut life);
    let fate = match fate {
        SessionFate::Current if !last.as_ref().is_some_and(|row| has(&row)) => SessionFate::Renamed,
        fate => fate,
    };
    Some((fate, last.map(|row| row.shape), life))
}

/// How a session is known again.
struct Sameness {
    /// By its id, because ids last; otherwise by the times that it has in common.
    lasts: bool,
}

impl Sameness {
    /// The session among others that this one is, seen alone.
    fn alike<'a>(&self, row: &Row, among: &'a [Row]) -> Option<&'a Row> {
        let same_id = |other: &&Row| other.shape.id == row.shape.id;
        if self.lasts {
            return among.iter().find(same_id);
        }
        overlapping(row, among).find(same_id).or_else(|| overlapping(row, among).next())
    }

    /// The same where the other knows it again too: of those that merge, one goes on.
    fn same<'a>(&self, row: &Row, among: &'a [Row], back: &[Row]) -> Option<&'a Row> {
        self.alike(row, among).filter(|other| self.alike(other, back) == Some(row))
    }

    /// What happened until a session was what it is.
    fn before(&self, found: &Row, steps: &[Step], since: &str) -> Vec<LifeStep> {
        let mut life = Vec::new();
        let mut row = found;
        for step in steps.iter().rev() {
            if !step.is.contains(row) {
                continue;
            }
            let Some(before) = self.same(row, &step.was, &step.is) else {
                let change = match overlapping(row, &step.was).next() {
                    Some(other) => LifeChange::SplitFrom(other.shape.id.clone()),
                    None => LifeChange::FirstSeen,
                };
                life.push(LifeStep {
                    at: step.at.clone(),
                    changes: vec![change],
                    before: None,
                    after: Some(row.shape.clone()),
                });
                life.reverse();
                return life;
            };
            life.push(between(step, before, row));
            row = before;
        }
        life.push(LifeStep {
            at: since.to_owned(),
            changes: vec![LifeChange::WasThere],
            before: None,
            after: Some(row.shape.clone()),
        });
        life.reverse();
        life
    }

    /// What happened then, added to its life; what became of it, and what it is now.
    fn after(&self, found: &Row, steps: &[Step], life: &mut Vec<LifeStep>) -> (SessionFate, Option<Row>) {
        let mut row = found;
        let mut is_part = false;
        for step in steps {
            if !step.was.contains(row) {
                continue;
            }
            let same = self.same(row, &step.is, &step.was);
            let into = same.or_else(|| overlapping(row, &step.is).next());
            if !is_part {
                life.push(match (same, into) {
                    (Some(after), _) => between(step, row, after),
                    (None, into) => LifeStep {
                        at: step.at.clone(),
                        changes: vec![match into {
                            Some(into) => LifeChange::MergedInto(into.shape.id.clone()),
                            None => LifeChange::Removed,
                        }],
                        before: Some(row.shape.clone()),
                        after: into.map(|into| into.shape.clone()),
                    },
                });
            }
            match into {
                Some(into) => row = into,
                None => return (SessionFate::Gone, None),
            }
            is_part |= same.is_none();
        }
        (if is_part { SessionFate::Merged } else { SessionFate::Current }, Some(row.clone()))
    }
}

fn overlapping<'a>(row: &Row, among: &'a [Row]) -> impl Iterator<Item = &'a Row> {
    let (from, to) = (row.from, row.to);
    among.iter().filter(move |other| other.from <= to && from <= other.to)
}

/// A step in which one session became the other.
fn between(step: &Step, before: &Row, after: &Row) -> LifeStep {
    let (was, is) = (&before.shape, &after.shape);
    let ids = |row: &Row, among: &[Row], but: &Row| {
        let others = overlapping(row, among).filter(|other| *other != but);
        others.map(|other| other.shape.id.clone()).collect::<Vec<_>>()
    };
    let (took_in, split_off) = (ids(after, &step.was, before), ids(before, &step.is, after));
    let grows = after.from < before.from || after.to > before.to;
    let shortens = after.from > before.from || after.to < before.to;
    let mut changes = Vec::new();
    match (grows || is.events > was.events, shortens || is.events < was.events) {
        (true, false) => changes.push(LifeChange::Extended),
        (false, true) => changes.push(LifeChange::Shrank),
        (true, true) => changes.push(LifeChange::Moved),
        (false, false) => {}
    }
    if !took_in.is_empty() {
        changes.push(LifeChange::TookIn(took_in));
    }
    if !split_off.is_empty() {
        changes.push(LifeChange::SplitOff(split_off));
    }
    if was.id != is.id {
        changes.push(LifeChange::Renamed);
    }
    if was.seq != is.seq {
        changes.push(LifeChange::Renumbered);
    }
    if changes.is_empty() {
        changes.push(LifeChange::Retold);
    }
    LifeStep { at: step.at.clone(), changes, before: Some(was.clone()), after: Some(is.clone()) }
}
