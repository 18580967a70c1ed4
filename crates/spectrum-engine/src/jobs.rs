//! What a run writes where, and in which format.

use std::path::Path;

use crate::attach::Job;
use crate::error::{EngineError, OutputError, Result};
use crate::format::{Compression, Format};
use crate::input::Input;
use crate::output::target::Target;
use crate::run_options::RunOptions;
use crate::store::Kind;
use crate::text::dialect::Dialect;

/// What is written where.
pub(crate) fn jobs(input: &Input, options: &RunOptions) -> Result<Vec<Job>> {
    let all = 0..input.files.len();
    match &options.output {
        Target::File(path) if is_folder(input, path)? => {
            let to = options.to.map_or(written(input.format), |to| as_asked(to, input));
            Ok(all.map(|at| job_in_folder(input, at, path, to)).collect())
        }
        target => {
            let (format, compression) = match (target, options.to) {
                (Target::Stdout, None) => (written(input.format), Compression::None),
                (target, to) => {
                    let (format, compression) = target.format(to).map_err(|error| match (error, target) {
                        (EngineError::Output(OutputError::UnknownOutputFormat(_)), Target::File(path))
                            if all.len() > 1 =>
                        {
                            OutputError::FileOrFolder(path.clone()).into()
                        }
                        (error, _) => error,
                    })?;
                    (as_asked(format, input), compression)
                }
            };
            Ok(vec![Job { files: all, target: target.clone(), format, compression, with_partition: true }])
        }
    }
}

/// The format of the sessions table, or another: by its name or, if that says nothing, as for the events.
pub(crate) fn table_format(
    target: &Target,
    input: &Input,
    to: Option<Format>,
) -> Result<(Format, Compression)> {
    let of_events = match target {
        Target::Stdout => Some(to.unwrap_or(input.format)),
        Target::File(_) => to,
    };
    let (format, compression) = match target.format(None) {
        Err(_) if of_events.is_some() => target.format(of_events)?,
        by_name => by_name?,
    };
    // It names its columns even where the events do not.
    let format = match as_asked(format, input) {
        Format::Csv(dialect) => Format::Csv(Dialect { has_header: true, ..dialect }),
        format => format,
    };
    Ok((format, compression))
}

/// What was asked for of CSV is so in the outputs too.
fn as_asked(format: Format, input: &Input) -> Format {
    match format {
        Format::Csv(by_name) => Format::Csv(input.text.dialect.writing(by_name)),
        format => format,
    }
}

/// The format of an output that is as its input.
pub(crate) fn written(format: Format) -> Format {
    match format {
        Format::Csv(dialect) => Format::Csv(dialect.written()),
        format => format,
    }
}

/// A path is taken for a folder when it is one, or is written as one.
fn is_folder(input: &Input, path: &Path) -> Result<bool> {
    if path.as_os_str().to_string_lossy().ends_with('/') {
        return Ok(true);
    }
    let kind = input.store.kind(path).map_err(EngineError::writing(path.display().to_string()))?;
    Ok(kind == Kind::Folder)
}

/// One input file's output, at the same place below the output folder.
fn job_in_folder(input: &Input, at: usize, folder: &Path, to: Format) -> Job {
    let file = &input.files[at];
    let mut relative = file.relative.clone();
    let name = relative.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Of the input's name and not of its bytes, which may be compressed without a word of it.
    let mut compression = Compression::of_name(&name.to_ascii_lowercase()).1;
    if to != written(input.format) || input.is_stdin() || file.is_json {
        let (plain, _) = Compression::of_name(&name);
        let stem =
            Path::new(plain).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        relative.set_file_name(format!("{stem}.{to}"));
        compression = Compression::None;
    }
    let target = Target::File(folder.join(relative));
    Job { files: at..at + 1, target, format: to, compression, with_partition: false }
}
