//! The flags that say which events to read, and how.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use arrow_schema::TimeUnit;
use clap::{Args, ValueEnum};
use spectrum_core::EpochUnit;
use spectrum_engine::{
    ColumnType, Encoding, Format, HeaderDoubt, Input, InputOptions, InputsApart, NullKey, NumberUnit,
    TimeFormat, UnknownColumnType,
};

use crate::commands::note;
use crate::dialect::DialectFlags;
use crate::interrupt::watched;
use crate::null_key::NullKeyFlag;
use crate::numbers::counted;
use crate::places::{StoreFlags, named};
use crate::tables::TableFlags;
use crate::unusual_times::usual_times;

/// Which events to read.
#[derive(Args, Debug)]
pub(crate) struct InputFlags {
    /// Files, folders or patterns (Parquet, CSV, NDJSON or JSON; text may be .gz or .zst), the folder of a Delta table, or -
    /// for standard input
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) reading: ReadingFlags,
}

/// How events are read, wherever they lie.
#[derive(Args, Debug)]
pub(crate) struct ReadingFlags {
    /// Format of the inputs, where their names do not tell: parquet, csv, tsv, ndjson or json
    #[arg(long, value_name = "FORMAT", value_parser = input_format, help_heading = "Reading")]
    pub(crate) from: Option<Format>,
    /// A text that means NULL in CSV, beside the empty unquoted field; may be given several times
    #[arg(long = "null", value_name = "TEXT", help_heading = "Reading")]
    nulls: Vec<String>,
    /// What numbers in the time column count since 1970: s, ms, us, ns, or auto for what their magnitude says, if it is the
    /// same for all [default: time_unit of the definition file]
    #[arg(long, value_name = "UNIT", help_heading = "Reading")]
    time_unit: Option<Unit>,
    /// How texts in the time column are written, as in '%d/%b/%Y:%H:%M:%S %z' or '%m/%d/%Y %I:%M %p' (the letters of
    /// strftime), or rfc2822 or rfc3339; if given several times, the one that fits counts
    #[arg(
        long = "time-format",
        value_name = "FORMAT",
        help_heading = "Reading",
        conflicts_with = "time_unit"
    )]
    time_formats: Vec<TimeFormat>,
    /// What values of a key column are read as where their type has no text of its own, as in user_id=integer for doubles that
    /// are whole numbers, or id=text for bytes and dates: text or integer
    #[arg(long = "key-type", value_name = "COLUMN=TYPE", value_delimiter = ',', value_parser = key_type, help_heading = "Reading")]
    key_types: Vec<(String, ColumnType)>,
    #[command(flatten)]
    null_key: NullKeyFlag,
    #[command(flatten)]
    pub(crate) dialect: DialectFlags,
    /// How characters of text are encoded: utf-8, latin1, windows-1252, utf-16, utf-16le or utf-16be; outputs are utf-8
    /// [default: utf-8]
    #[arg(long, value_name = "ENCODING", help_heading = "Reading")]
    encoding: Option<Encoding>,
    #[command(flatten)]
    pub(crate) table: TableFlags,
    #[command(flatten)]
    stores: StoreFlags,
}

/// A format of inputs: JSON is read as NDJSON is, whether it is one object per line or an array of them.
fn input_format(name: &str) -> Result<Format, spectrum_engine::UnknownFormatName> {
    if name == "json" { Ok(Format::Ndjson) } else { name.parse() }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Unit {
    S,
    Ms,
    Us,
    Ns,
    Auto,
}

impl InputFlags {
    /// The files that are meant, the numbers in whose time column count `unit` if no flag says how times are written.
    pub(crate) fn find(&self, unit: Option<EpochUnit>) -> Result<Input> {
        self.find_typed(unit, &TypeFlags::default())
    }

    /// The same, whose columns have these types.
    pub(crate) fn find_typed(&self, unit: Option<EpochUnit>, types: &TypeFlags) -> Result<Input> {
        self.reading.find(&self.inputs, unit, types)
    }

    /// What is to be said of a header that may be an event, once all has been read as if it were none. It is read before the
    /// work: what cannot be read is for the work to say, and afterwards nothing may fail any more.
    pub(crate) fn question_header(&self, input: &Input) -> HeaderQuestion {
        HeaderQuestion(match input.header_doubt() {
            Ok(Some((file, HeaderDoubt::Data(name)))) => Some(format!(
                "warning: the first line of {file} was taken for the header, and '{name}' in it looks like data; if the \
                 file has no header, name its columns with --columns"
            )),
            _ => None,
        })
    }
}

/// A warning of a header that may be an event, if there is a reason for one.
#[must_use]
pub(crate) struct HeaderQuestion(Option<String>);

impl HeaderQuestion {
    /// Warns after the work, which says more about a header if it fails.
    pub(crate) fn ask(&self) {
        if let Some(warning) = &self.0 {
            note(warning);
        }
    }
}

impl ReadingFlags {
    /// The files that names mean, the numbers in whose time column count `unit` if no flag says how times are written, and
    /// whose columns have these types.
    pub(crate) fn find(&self, names: &[String], unit: Option<EpochUnit>, types: &TypeFlags) -> Result<Input> {
        let options = self.options(unit, types)?;
        let names: Vec<String> = names.iter().map(|name| named(name)).collect();
        if let Some(input) = self.table.find(&names, &options)? {
            return Ok(input);
        }
        // Reading standard input may take long, so Ctrl-C must be heeded from here on.
        let input = Input::find(&names, &options, &watched())?;
        let left_out: Vec<String> = input.left_out().map(of_ending).collect();
        if !left_out.is_empty() {
            note(&format!(
                "note: left out {}; --from names the format of all files, whatever their endings",
                left_out.join(", ")
            ));
        }
        Ok(input)
    }

    /// The same as they come, of several formats: without files that changed no longer ago than `settle`, and those that
    /// `takes` leaves out.
    pub(crate) fn find_apart(
        &self,
        names: &[String],
        unit: Option<EpochUnit>,
        types: &TypeFlags,
        settle: Duration,
        takes: impl Fn(&Path) -> bool,
    ) -> Result<InputsApart> {
        self.table.refuse("and a table that is watched is read as it is")?;
        let mut options = self.options(unit, types)?;
        options.settle = Some(settle);
        let names: Vec<String> = names.iter().map(|name| named(name)).collect();
        Ok(Input::find_apart(&names, &options, takes)?)
    }

    fn options(&self, unit: Option<EpochUnit>, types: &TypeFlags) -> Result<InputOptions> {
        let mut options = InputOptions::default();
        options.from = self.from;
        options.text.nulls.clone_from(&self.nulls);
        options.text.time_unit = self.time_unit(unit);
        options.text.time_formats.clone_from(&self.time_formats);
        options.text.key_types.clone_from(&self.key_types);
        options.null_key = self.null_key.choice();
        options.usual_times = Some(usual_times());
        options.text.types = types.given();
        options.text.dialect = self.dialect.options()?;
        options.text.encoding = self.encoding.unwrap_or_default();
        options.store = self.stores.store();
        Ok(options)
    }

    /// Events that a database gave, as NDJSON, to which flags that say how files are written do not apply.
    pub(crate) fn find_exported(&self, path: &str, unit: Option<EpochUnit>) -> Result<Input> {
        let of_files = [
            ("--from", self.from.is_some()),
            ("--null", self.has_nulls()),
            ("--time-unit", self.time_unit.is_some()),
            ("--time-format", self.has_time_formats()),
            ("--key-type", !self.key_types.is_empty()),
            ("--encoding", self.has_encoding()),
            ("--delimiter, or another flag of CSV,", self.dialect.are_given()),
        ];
        if let Some((flag, _)) = of_files.iter().find(|(_, is_given)| *is_given) {
            bail!(
                "{flag} is about reading files, and the events are those of a database; leave it out, or name files"
            );
        }
        self.table.refuse("and the events are those of a database; leave it out, or name a table")?;
        let mut options = InputOptions::default();
        options.from = Some(Format::Ndjson);
        options.text.time_unit = self.time_unit(unit);
        options.null_key = self.null_key.choice();
        options.usual_times = Some(usual_times());
        Ok(Input::find(&[path.to_owned()], &options, &watched())?)
    }

    /// Whether other texts than the usual mean NULL.
    pub(crate) fn has_nulls(&self) -> bool {
        !self.nulls.is_empty()
    }

    /// Whether it was said how characters are encoded.
    pub(crate) fn has_encoding(&self) -> bool {
        self.encoding.is_some()
    }

    /// What numbers in the time column count since 1970: what the flag says, or else the definition file, unless a flag says
    /// how texts are written.
    pub(crate) fn time_unit(&self, in_file: Option<EpochUnit>) -> Option<NumberUnit> {
        let counts = |unit| NumberUnit::Known(in_arrow(unit));
        match self.time_unit {
            Some(Unit::S) => Some(counts(EpochUnit::Second)),
            Some(Unit::Ms) => Some(counts(EpochUnit::Millisecond)),
            Some(Unit::Us) => Some(counts(EpochUnit::Microsecond)),
            Some(Unit::Ns) => Some(counts(EpochUnit::Nanosecond)),
            Some(Unit::Auto) => Some(NumberUnit::Auto),
            None => in_file.filter(|_| !self.has_time_formats()).map(counts),
        }
    }

    /// Whether something was said of keys that only the embedded engine understands.
    pub(crate) fn says_how_keys_are_read(&self) -> bool {
        !self.key_types.is_empty() || self.null_key.choice() != NullKey::Group
    }

    /// What becomes of events with a NULL in their key.
    pub(crate) fn null_key(&self) -> NullKey {
        self.null_key.choice()
    }

    /// Whether the format of times was named.
    pub(crate) fn has_time_formats(&self) -> bool {
        !self.time_formats.is_empty()
    }
}

/// The same unit as Arrow has it.
pub(crate) fn in_arrow(unit: EpochUnit) -> TimeUnit {
    match unit {
        EpochUnit::Second => TimeUnit::Second,
        EpochUnit::Millisecond => TimeUnit::Millisecond,
        EpochUnit::Microsecond => TimeUnit::Microsecond,
        EpochUnit::Nanosecond => TimeUnit::Nanosecond,
    }
}

/// What columns of text formats are in outputs that have types.
#[derive(Args, Debug, Default)]
pub(crate) struct TypeFlags {
    /// Columns of CSV and NDJSON that are text, whatever they look like, separated by commas; for outputs that have types
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Reading")]
    text: Vec<String>,
    /// Types of columns of CSV and NDJSON in outputs that have types, as in price=float,zip=text: text, integer, float, boolean
    /// or date [default: what all values are, if they come back as the same text]
    #[arg(long, value_name = "COLUMN=TYPE", value_delimiter = ',', value_parser = given_type, help_heading = "Reading")]
    types: Vec<(String, ColumnType)>,
}

impl TypeFlags {
    fn given(&self) -> Vec<(String, ColumnType)> {
        let text = self.text.iter().map(|column| (column.clone(), ColumnType::Text));
        text.chain(self.types.iter().cloned()).collect()
    }

    /// Whether any was given.
    pub(crate) fn is_given(&self) -> bool {
        !self.text.is_empty() || !self.types.is_empty()
    }
}

/// The same flags for commands that write no file, which say so.
#[derive(Args, Debug)]
pub(crate) struct UselessTypeFlags {
    #[arg(long, value_name = "COLUMNS", hide = true)]
    text: Option<String>,
    #[arg(long, value_name = "COLUMN=TYPE", hide = true)]
    types: Option<String>,
}

impl UselessTypeFlags {
    pub(crate) fn refuse(&self, why: &str) -> Result<()> {
        for (flag, given) in [("--text", &self.text), ("--types", &self.types)] {
            if given.is_some() {
                bail!("{flag} is for outputs that have types, and {why}; leave it out");
            }
        }
        Ok(())
    }
}

/// A column and its type.
fn given_type(text: &str) -> Result<(String, ColumnType), String> {
    let (column, column_type) =
        text.rsplit_once('=').ok_or("write the column and its type, as in price=float")?;
    let column_type = column_type.trim().parse().map_err(|error: UnknownColumnType| error.to_string())?;
    Ok((column.trim().to_owned(), column_type))
}

/// A key column and what its values are read as.
fn key_type(text: &str) -> Result<(String, ColumnType), String> {
    match text.rsplit_once('=') {
        Some((column, "text")) => Ok((column.trim().to_owned(), ColumnType::Text)),
        Some((column, "integer")) => Ok((column.trim().to_owned(), ColumnType::Integer)),
        _ => Err("write the column and text or integer, as in user_id=integer".to_owned()),
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
