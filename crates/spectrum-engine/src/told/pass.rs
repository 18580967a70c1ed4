//! A pass over the events whose sessions are known.

use arrow_schema::TimeUnit;
use spectrum_core::internals::instants;

use super::moment::Moments;
use crate::error::{EngineError, Result, RuleError};
use crate::format::Format;
use crate::input::Input;
use crate::labelled::Labelled;
use crate::scan::{Batch, Scan};
use crate::watch::Watch;

/// What a pass reads, and with how many threads.
pub(crate) struct Pass<'a> {
    pub(crate) input: &'a Input,
    pub(crate) scan: &'a Scan<'a>,
    pub(crate) reads_times: bool,
    pub(crate) labelled: &'a Labelled,
    pub(crate) threads: usize,
    pub(crate) watch: &'a Watch,
}

/// One thread's place.
struct Worker<W> {
    own: W,
    unit: TimeUnit,
    part: usize,
    before: usize,
    /// Rows of the parts that it has seen.
    rows: u64,
}

impl Pass<'_> {
    /// Whether texts may stand for numbers, because the format has no types.
    pub(crate) fn is_text(&self) -> bool {
        !matches!(self.input.format, Format::Parquet)
    }

    /// Shows `visit` the batches of all parts that are wanted, each with what `make` made for a thread's number. `make` is asked
    /// anew when all begins again because a time is finer than those before.
    pub(crate) fn each_batch<W: Send>(
        &self,
        is_wanted: impl Fn(usize) -> bool + Sync,
        make: impl Fn(usize, TimeUnit) -> W,
        visit: impl Fn(&mut W, &Batch, &Moments<'_>) -> Result<()> + Sync,
    ) -> Result<Vec<W>> {
        let worker =
            |number, unit| Worker { own: make(number, unit), unit, part: usize::MAX, before: 0, rows: 0 };
        let scanned = self.scan.each_batch_of(
            &is_wanted,
            |unit| (0..self.threads).map(|number| worker(number, unit)).collect(),
            self.watch,
            |worker: &mut Worker<W>, part, batch| {
                let rows = batch.time.len();
                let before = if worker.part == part.number { worker.before } else { 0 };
                (worker.part, worker.before) = (part.number, before + rows);
                worker.rows += rows as u64;
                if self.labelled.rows(part.number) < worker.before {
                    return Err(EngineError::Changed(self.input.files[part.file].name.clone()));
                }
                let clock = match self.reads_times {
                    true => Some(instants(&batch.time, worker.unit)?),
                    false => None,
                };
                let times = clock.as_ref().map_or(&[][..], |clock| &clock.instants);
                let moments = Moments { times, rows, part: part.number, before };
                visit(&mut worker.own, &batch, &moments)
            },
        );
        let scanned = scanned.map_err(|error| match error {
            EngineError::Rule(RuleError::NotJson { place, column, what, .. }) => {
                RuleError::NotJson { place, column, what, is_of_summary: true }.into()
            }
            other => other,
        })?;
        let expected = (0..self.labelled.parts()).filter(|part| is_wanted(*part));
        let expected: u64 = expected.map(|part| self.labelled.rows(part) as u64).sum();
        let rows: u64 = scanned.workers.iter().map(|worker| worker.rows).sum();
        if rows != expected {
            return Err(EngineError::Changed(self.input.files[0].name.clone()));
        }
        Ok(scanned.workers.into_iter().map(|worker| worker.own).collect())
    }
}
