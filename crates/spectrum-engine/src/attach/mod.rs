//! The second pass: every event gets its session's id.
//!
//! Where input and output have the same format, the input's content is passed on as it is, byte for byte:
//! column chunks of Parquet, lines of text. Otherwise rows are decoded and encoded.

mod added_chunks;
mod added_columns;
mod batches;
mod bit_packing;
mod footer_aside;
mod id_chunk;
mod id_dictionary;
mod lines;
mod sessions_ahead;
mod splice;
mod spliced_footer;
mod told_cells;

use std::sync::atomic::AtomicU64;

use spectrum_core::SessionIndex;

pub(crate) use self::added_columns::AddedColumns;
use crate::error::Result;
use crate::format::{Compression, Format};
use crate::input::{Input, InputFile};
use crate::jobs::written;
use crate::labelled::Labelled;
use crate::output::run_outputs::{OutputFile, RunOutputs};
use crate::output::target::Target;
use crate::parquet_file::ParquetFile;
use crate::watch::Watch;

/// What the second pass needs to know.
pub(crate) struct SecondPass<'a> {
    pub(crate) input: &'a Input,
    pub(crate) labelled: &'a Labelled,
    pub(crate) added: &'a AddedColumns,
    pub(crate) time: &'a str,
    pub(crate) threads: usize,
    pub(crate) watch: &'a Watch,
    /// Counts numbers that an output's format has no words for.
    pub(crate) lost_numbers: AtomicU64,
}

/// Whether copies of the files' chunks have the columns and rows that are read of them, and stand in one file.
fn can_be_copied(files: &[InputFile]) -> Result<bool> {
    if files.iter().all(|file| file.in_table.is_none()) {
        return Ok(true);
    }
    let opened = files.iter().map(ParquetFile::open).collect::<Result<Vec<_>>>()?;
    Ok(opened.iter().all(ParquetFile::is_read_as_stored) && splice::fit_into_one(&opened))
}

/// One output file, and the input files whose events it gets.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) files: std::ops::Range<usize>,
    pub(crate) target: Target,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    /// Whether columns from folder names must be written; a folder output keeps them in its own names.
    pub(crate) with_partition: bool,
}

impl<'a> SecondPass<'a> {
    /// Writes one output file.
    pub(crate) fn write(&self, job: &Job, outputs: &mut RunOutputs, replace: bool) -> Result<()> {
        let out = outputs.begin(&job.target, replace)?;
        let finished = self.write_by_the_shortest_way(job, out)?;
        outputs.finished(finished)
    }

    fn write_by_the_shortest_way(&self, job: &Job, out: OutputFile) -> Result<OutputFile> {
        let files = &self.input.files[job.files.clone()];
        let adds_partition = job.with_partition && files.iter().any(|file| !file.partition.is_empty());
        let drops_rows = job.files.clone().any(|file| self.labelled.drops_any(file));
        match (self.input.format, job.format) {
            (Format::Parquet, Format::Parquet) if !adds_partition && !drops_rows && can_be_copied(files)? => {
                splice::write(self, job, out)
            }
            (from, to) if written(from) == to && from != Format::Parquet => lines::write(self, job, out),
            _ => batches::write(self, job, out),
        }
    }

    fn files(&self, job: &Job) -> &'a [InputFile] {
        &self.input.files[job.files.clone()]
    }

    /// The sessions of a part's events: nothing for those that are left out.
    fn sessions(&self, part: usize) -> impl ExactSizeIterator<Item = Option<Option<SessionIndex>>> + '_ {
        self.labelled.sessions(part, ..)
    }

    /// The parts of a job's files, by number.
    fn parts(&self, job: &Job) -> std::ops::Range<usize> {
        let first = self.labelled.parts_of_file(job.files.start);
        let last = self.labelled.parts_of_file(job.files.end.saturating_sub(1));
        first.start..last.end
    }
}
