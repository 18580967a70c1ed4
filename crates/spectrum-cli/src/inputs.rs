//! The flags that say which events to read, and how.

use anyhow::Result;
use arrow_schema::TimeUnit;
use clap::{Args, ValueEnum};
use spectrum_engine::{Encoding, Format, HeaderDoubt, Input, InputOptions};

use crate::commands::note;
use crate::dialect::DialectFlags;
use crate::interrupt::watched;
use crate::numbers::counted;

/// Which events to read.
#[derive(Args, Debug)]
pub(crate) struct InputFlags {
    /// Files, folders or patterns (Parquet, CSV, NDJSON or JSON; text may be .gz or .zst), or - for standard input
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<String>,
    /// Format of the inputs, where their names do not tell: parquet, csv, tsv, ndjson or json
    #[arg(long, value_name = "FORMAT", value_parser = input_format, help_heading = "Reading")]
    pub(crate) from: Option<Format>,
    /// A text that means NULL in CSV, beside the empty unquoted field; may be given several times
    #[arg(long = "null", value_name = "TEXT", help_heading = "Reading")]
    nulls: Vec<String>,
    /// What numbers in the time column count since 1970, in text formats
    #[arg(long, value_name = "UNIT", help_heading = "Reading")]
    time_unit: Option<EpochUnit>,
    #[command(flatten)]
    pub(crate) dialect: DialectFlags,
    /// How characters of text are encoded: utf-8, latin1, windows-1252, utf-16, utf-16le or utf-16be; outputs are utf-8
    /// [default: utf-8]
    #[arg(long, value_name = "ENCODING", help_heading = "Reading")]
    encoding: Option<Encoding>,
}

/// A format of inputs: JSON is read as NDJSON is, whether it is an object a line or an array of them.
fn input_format(name: &str) -> Result<Format, spectrum_engine::UnknownFormatName> {
    if name == "json" { Ok(Format::Ndjson) } else { name.parse() }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EpochUnit {
    S,
    Ms,
    Us,
    Ns,
}

impl InputFlags {
    /// The files that are meant.
    pub(crate) fn find(&self) -> Result<Input> {
        let mut options = InputOptions::default();
        options.from = self.from;
        options.text.nulls.clone_from(&self.nulls);
        options.text.time_unit = self.time_unit();
        options.text.dialect = self.dialect.options()?;
        options.text.encoding = self.encoding.unwrap_or_default();
        // Reading standard input may take long, so Ctrl-C must be heeded from here on.
        let input = Input::find(&self.inputs, &options, &watched())?;
        let left_out: Vec<String> = input.left_out().map(of_ending).collect();
        if !left_out.is_empty() {
            note(&format!(
                "note: left out {}; --from names the format of all files, whatever their endings",
                left_out.join(", ")
            ));
        }
        Ok(input)
    }

    /// Whether other texts than the usual mean NULL.
    pub(crate) fn has_nulls(&self) -> bool {
        !self.nulls.is_empty()
    }

    /// Whether it was said how characters are encoded.
    pub(crate) fn has_encoding(&self) -> bool {
        self.encoding.is_some()
    }

    /// Warns of a header that may be an event, after all has been read as if it were none.
    pub(crate) fn question_header(&self, input: &Input) -> Result<()> {
        if let Some((file, HeaderDoubt::Data(name))) = input.header_doubt()? {
            note(&format!(
                "warning: the first line of {file} was taken for the header, and '{name}' in it looks like data; if the \
                 file has no header, name its columns with --columns"
            ));
        }
        Ok(())
    }

    /// What numbers in the time column count since 1970.
    pub(crate) fn time_unit(&self) -> Option<TimeUnit> {
        self.time_unit.map(|unit| match unit {
            EpochUnit::S => TimeUnit::Second,
            EpochUnit::Ms => TimeUnit::Millisecond,
            EpochUnit::Us => TimeUnit::Microsecond,
            EpochUnit::Ns => TimeUnit::Nanosecond,
        })
    }
}

/// How many files of an ending there are.
fn of_ending((ending, files): (&str, u64)) -> String {
    let files = counted(files, "file", "files");
    if ending.is_empty() {
        format!("{files} without an ending")
    } else {
        format!("{files} ending in {ending}")
    }
}

/// How many threads to use.
#[derive(Args, Debug)]
pub(crate) struct ThreadFlags {
    /// Threads to use; their number changes nothing but the time it takes [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl ThreadFlags {
    pub(crate) fn count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }

    /// Whether a number was named.
    pub(crate) fn is_given(&self) -> bool {
        self.threads.is_some()
    }

    /// The flag as it was given, to be passed on.
    pub(crate) fn as_given(&self) -> String {
        self.threads.map(|threads| format!(" --threads {threads}")).unwrap_or_default()
    }
}
