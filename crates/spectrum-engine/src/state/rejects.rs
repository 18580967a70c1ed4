//! Events that came too late, in a place of their own.

use super::error::StateError;
use crate::attach::{AddedColumns, Job, SecondPass};
use crate::error::Result;
use crate::jobs::table_format;
use crate::output::run_outputs::RunOutputs;
use crate::output::target::Target;
use crate::run_options::RunOptions;

/// Writes them as they came. `pass` is of these alone.
pub(super) fn write_rejects(
    pass: &SecondPass<'_>,
    target: Target,
    jobs: &[Job],
    options: &RunOptions,
    outputs: &mut RunOutputs,
) -> Result<()> {
    // Rejects of earlier runs are in no other place.
    if let Target::File(path) = &target
        && path.exists()
    {
        return Err(StateError::RejectsExist(path.clone()).into());
    }
    let input = pass.input;
    let targets = jobs.iter().map(|job| &job.target).chain(std::iter::once(&target));
    outputs.check(targets, input.paths(), options.force)?;
    let (format, compression) = table_format(&target, input, options.to)?;
    let none = AddedColumns::none();
    let pass = SecondPass { added: &none, lost_numbers: Default::default(), ..*pass };
    let job = Job { files: 0..input.files.len(), target, format, compression, with_partition: false };
    pass.write(&job, outputs, false)
}
