//! The sessions of a few keys, and the moments next to a few of their events: one pass that keeps nothing of
//! other keys.

use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use arrow_select::take::take;
use spectrum_core::internals::instants;
use spectrum_core::{Label, Labeller, LeftOut, Resolution, SessionDefinition, SessionRule, resolve};

use super::around::{Around, Moment};
use super::find::{Found, FoundEvent, cell, rows};
use super::sought::Sought;
use super::standing::{AllowedGap, Standing, standings};
use super::{Ended, ExplainedEvent, InSession, Neighbour, NoSession};
use crate::error::{EngineError, Result};
use crate::scan::{Batch, Part, Scan, Wanted};
use crate::watch::Watch;

/// Explains the events that were found.
pub(super) fn surroundings(
    scan: &Scan,
    wanted: &Wanted,
    definition: &SessionDefinition,
    event_id: &str,
    found: &Found,
    threads: usize,
    watch: &Watch,
) -> Result<Vec<ExplainedEvent>> {
    let keys = keys(&found.first);
    let new_share = |unit| Share {
        event_id,
        rule: definition.rule(),
        labeller: {
            let mut labeller = Labeller::new(wanted.key.len(), definition.rule(), unit);
            labeller.keep_beginnings();
            labeller
        },
        unit,
        null_times: vec![0; keys.len()],
        around: vec![Around::default(); found.first.len()],
    };
    let scanned = scan.each_batch(
        |unit| (0..threads.max(1)).map(|_| new_share(unit)).collect(),
        watch,
        |share, part, batch| {
            keys.iter().enumerate().try_for_each(|(at, key)| {
                let sought: Vec<_> = key.sought.iter().enumerate().collect();
                let rows = rows(&batch, &sought, wanted)?;
                if rows.is_empty() { Ok(()) } else { share.take_in(at, key, part, &batch, &rows, wanted) }
            })
        },
    )?;
    scanned.check_zone(definition, true)?;
    if scanned.time_type != found.time_type {
        return Err(changed(&found.first));
    }

    let mut around = vec![Around::default(); found.first.len()];
    let mut null_times = vec![0; keys.len()];
    let mut labellers = Vec::new();
    for (labeller, share) in scanned.workers.into_iter().enumerate() {
        labellers.push(share.labeller);
        null_times.iter_mut().zip(share.null_times).for_each(|(all, some)| *all += some);
        for (all, mut some) in around.iter_mut().zip(share.around) {
            some.by_labeller(labeller);
            all.merge(some);
        }
    }
    let resolution = resolve(labellers, definition.id(), 1)?;
    let explained = found.first.iter().enumerate().map(|(at, target)| {
        let key = keys.iter().position(|key| key.texts == target.key).unwrap_or_default();
        let (session, left_out) = match (target.instant, around[at].label) {
            (Some(_), None) => return Err(changed(&found.first)),
            (Some(instant), Some(label)) => (
                in_session(instant, label, &around[at], definition.rule(), &resolution),
                resolution
                    .sessions
                    .left_out(&target.key, instant)
                    .map(|of| no_session(instant, of, &around[at], &resolution)),
            ),
            (None, _) => (None, None),
        };
        let standing = around[at].standing.filter(|_| target.instant.is_some());
        Ok(ExplainedEvent {
            whereabouts: target.whereabouts.clone(),
            key: target.key.clone(),
            null_times: null_times[key],
            session,
            standing,
            left_out: left_out.filter(|_| standing != Some(Standing::Outside)),
        })
    });
    explained.collect()
}

/// A key with an event to explain.
struct Key<'a> {
    texts: &'a [Option<String>],
    sought: Vec<Sought>,
    /// The number of each of its events among those to explain, and its instant. Those without one have nothing
    /// around them.
    targets: Vec<(usize, i64)>,
}

/// The distinct keys of the events to explain.
fn keys(targets: &[FoundEvent]) -> Vec<Key<'_>> {
    let mut keys: Vec<Key> = Vec::new();
    for (number, target) in targets.iter().enumerate() {
        let known = keys.iter().position(|key| key.texts == target.key);
        let at = known.unwrap_or_else(|| {
            let sought = target.key.iter().cloned().map(Sought::new).collect();
            keys.push(Key { texts: &target.key, sought, targets: Vec::new() });
            keys.len() - 1
        });
        keys[at].targets.extend(target.instant.map(|instant| (number, instant)));
    }
    keys
}

/// One thread's share.
struct Share<'a> {
    /// The id of the events to explain.
    event_id: &'a str,
    rule: &'a SessionRule,
    labeller: Labeller,
    unit: TimeUnit,
    /// Events without a time, one number per key.
    null_times: Vec<u64>,
    /// What was seen around each event to explain.
    around: Vec<Around>,
}

impl Share<'_> {
    /// Takes in the rows of a batch that belong to a key.
    fn take_in(
        &mut self,
        at: usize,
        key: &Key,
        part: Part,
        batch: &Batch,
        rows: &[usize],
        wanted: &Wanted,
    ) -> Result<()> {
        let picked = UInt32Array::from_iter_values(rows.iter().map(|row| *row as u32));
        let columns: Vec<ArrayRef> = batch
            .labelled_columns(wanted)
            .iter()
            .map(|column| pick(column, &picked))
            .collect::<Result<_>>()?;
        let time = pick(&batch.time, &picked)?;
        let mut labels = Vec::new();
        self.labeller.observe(&columns, &time, &mut labels).map_err(|error| batch.placed(error))?;
        self.null_times[at] += time.null_count() as u64;

        let of_rule = &columns[wanted.key.len()..];
        let standings = standings(self.rule, of_rule, time.len()).map_err(|error| batch.placed(error))?;
        let clock = instants(&time, self.unit)?;
        for (target, own) in &key.targets {
            let (around, own) = (&mut self.around[*target], *own);
            for (picked, row) in rows.iter().enumerate().filter(|(picked, _)| time.is_valid(*picked)) {
                let instant = clock.instants[picked];
                // Events that take no part are nobody's neighbours, but one of them may be asked for.
                let (label, (standing, allowed)) = (labels[picked], standings[picked]);
                let is_outside = self.labeller.is_outside(label);
                if instant == own {
                    let event_id = cell(batch, wanted.key.len(), *row, wanted)?;
                    let is_sought = event_id.as_deref() == Some(self.event_id);
                    if is_sought || !is_outside {
                        let standing = if is_outside { Standing::Outside } else { standing };
                        around.meet(label, standing, allowed, is_sought);
                    }
                } else if !is_outside {
                    let is_active = standing == Standing::Active;
                    let describe = || {
                        let event_id = cell(batch, wanted.key.len(), *row, wanted)?;
                        let (part, labeller) = (part.number, 0);
                        Ok(Moment { instant, events: 1, is_active, allowed, part, event_id, label, labeller })
                    };
                    around.pass(own, instant, standing, describe)?;
                }
            }
        }
        Ok(())
    }
}

/// An event in its session, if it has one.
fn in_session(
    instant: i64,
    label: Label,
    around: &Around,
    rule: &SessionRule,
    resolution: &Resolution,
) -> Option<InSession> {
    let session = resolution.session(around.labeller, label)?;
    let sessions = &resolution.sessions;
    let (start, end) = (sessions.start(session), sessions.end(session));
    let session_of = |moment: &Moment| resolution.session(moment.labeller, moment.label);
    let previous = around.last_counted(|moment| session_of(moment).is_some());
    // Where all events of the instant are ignored, the pause goes on.
    let own = around.allowed.or(previous.map(|moment| moment.allowed)).unwrap_or(AllowedGap::of_rule(rule));
    let neighbour = |moment: &Moment| Neighbour {
        instant: moment.instant,
        distance: moment.instant.abs_diff(instant),
        joined: session_of(moment) == Some(session),
        events: moment.events,
        event_id: moment.event_id.clone(),
        allowed: if moment.instant < instant { moment.allowed } else { own },
    };
    Some(InSession {
        instant,
        others_at_instant: around.events.saturating_sub(1),
        previous: previous.map(neighbour),
        passed_over: around.latest_before > previous.map(|moment| moment.instant),
        next: around.after.as_ref().map(neighbour),
        id: sessions.id(session),
        number: sessions.number(session),
        started_by: sessions.started_by(session),
        reasons: sessions.reasons(session),
        changes: sessions.changes(session).to_vec(),
        ended_by: sessions.ended_by(session),
        of: sessions.of_its_key(session),
        start,
        end,
        events: sessions.events(session),
    })
}

fn no_session(instant: i64, left_out: LeftOut, around: &Around, resolution: &Resolution) -> NoSession {
    let sessions = &resolution.sessions;
    let last = around.last_counted(|moment| resolution.session(moment.labeller, moment.label).is_some());
    let after = left_out.after.map(|(session, by)| Ended {
        number: sessions.number(session),
        end: sessions.end(session),
        by,
        allowed: last.map(|moment| moment.allowed),
    });
    NoSession { instant, after }
}

/// Some rows of a column; a dictionary is left behind, because it holds the values of all other rows too.
fn pick(column: &ArrayRef, rows: &UInt32Array) -> Result<ArrayRef> {
    let picked = take(column, rows, None).and_then(|picked| match picked.data_type() {
        DataType::Dictionary(_, values) => cast(&picked, values),
        _ => Ok(picked),
    });
    picked.map_err(|source| EngineError::Arrow { name: "picking the events of a key".into(), source })
}

fn changed(targets: &[FoundEvent]) -> EngineError {
    let whereabouts = targets.first().map(|target| target.whereabouts.as_str()).unwrap_or_default();
    EngineError::Changed(format!("the input around {whereabouts}"))
}
