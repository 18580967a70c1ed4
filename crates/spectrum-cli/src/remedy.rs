//! What to do about an error, in words and with the flags of this command line. The libraries know no flags; their
//! errors carry what can be done as data.

use std::error::Error;

use spectrum_core::ColumnRole;
use spectrum_engine::store::{StoreError, StoreRemedy};
use spectrum_engine::{ColumnType, Delimiter, EngineError};
use spectrum_submit::SubmitError;

/// An error's own words, and what can be done about it.
pub(crate) fn told(error: &(dyn Error + 'static)) -> String {
    let ways: Vec<String> = if let Some(error) = error.downcast_ref::<EngineError>() {
        error.remedies().iter().map(of_engine).collect()
    } else if let Some(error) = error.downcast_ref::<SubmitError>() {
        error.remedies().into_iter().map(of_submit).collect()
    } else if let Some(error) = error.downcast_ref().and_then(StoreError::of) {
        error.remedies.iter().map(of_store).collect()
    } else {
        Vec::new()
    };
    match ways.split_last() {
        None => error.to_string(),
        Some((only, [])) => format!("{error}; {only}"),
        Some((last, others)) => format!("{error}; {}, or {last}", others.join(", ")),
    }
}

const NAME_SESSION_COLUMN: &str = "name the new one with --session-column";
const LEAVE_OUT_SEQUENCE: &str = "leave out --with-sequence";
const LEAVE_OUT_DIGEST: &str = "leave out --digest";
const GIVE_TIME_UNIT: &str = "say what a number counts with --time-unit s, ms, us or ns";
const DROP_NULL_TIMES: &str = "fix them or leave them out with --null-time drop";
const ALLOW_OVERWRITE: &str = "say --force to replace it";
const AVOID_COLLISIONS: &str = "use --id encoded or --id start, or accept it with --allow-id-collisions";

fn of_store(remedy: &StoreRemedy) -> String {
    match remedy {
        StoreRemedy::AskAnonymously => "say --anonymous if the data are public".to_owned(),
        StoreRemedy::NameEndpoint => {
            "name the server with --endpoint-url if it is not the vendor's own".to_owned()
        }
        // What takes no flag is said in the library's own words.
        other => other.to_string(),
    }
}

fn of_engine(remedy: &spectrum_engine::Remedy) -> String {
    use spectrum_engine::Remedy;

    let words = match remedy {
        Remedy::NameColumn(role) => return name_column(*role),
        Remedy::NameAnotherColumn(role) => return format!("name another with {}", flag_of(*role)),
        Remedy::UseStandardInput(path) => {
            return format!("name - in its place and redirect it: - < {}", path.display());
        }
        Remedy::GiveKeyType(column, key_type) => {
            return format!(
                "say --key-type {column}={key_type} if its values are {}",
                match key_type {
                    ColumnType::Integer => "whole numbers",
                    _ => "to be read as text",
                }
            );
        }
        Remedy::DropNullKeys => {
            "fix them, take them out with --null-key drop, or let NULL be a value with --null-key group"
        }
        Remedy::GiveDelimiter(delimiter) => return format!("say --delimiter {}", in_a_shell(delimiter)),
        Remedy::SkipDelimiterLine(delimiter) => {
            return format!("say --delimiter {} --skip-lines 1", in_a_shell(delimiter));
        }
        Remedy::NameColumns => "name the columns with --columns if there is no header",
        Remedy::GiveEscape => "say --escape '\\' if a backslash stands before quotes that are text",
        Remedy::QuoteNothing => "say --quote none if quotes are text",
        Remedy::QuoteOutput => "say --quote '\"'",
        Remedy::EscapeOutput => "say --escape '\\'",
        Remedy::GiveEncoding { is_utf16: false } => "say what it is with --encoding latin1 or windows-1252",
        Remedy::GiveEncoding { is_utf16: true } => "say --encoding utf-16",
        Remedy::NameSessionColumn => NAME_SESSION_COLUMN,
        Remedy::LeaveOutSequence => LEAVE_OUT_SEQUENCE,
        Remedy::LeaveOutReason => "leave out --with-reason",
        Remedy::LeaveOutSessions => "leave out --sessions",
        Remedy::NameForBoth => "name what both have with --key, --time or --event-id",
        Remedy::NameRecorded => "name the column that has recorded sessions, as in recorded=ga_session_id",
        Remedy::NameReceived => "name the column that says when events arrived with --received",
        Remedy::NameType => "name the column that says of which type events are with --type",
        Remedy::NameTable(folder) => {
            return format!("name {} itself as the only input, without --engine", folder.display());
        }
        Remedy::ReadAnotherVersion => "name another version with --table-version",
        Remedy::LeaveOutState => "leave out --state, and sessionize the version anew",
        Remedy::LeaveOutMoved => "leave out --output",
        Remedy::NameRejects => "name a file for them with --rejects, or allow more with --lateness",
        Remedy::LeaveOutDigest => LEAVE_OUT_DIGEST,
        Remedy::NameInputFormat => "say --from parquet, csv, tsv, ndjson or json",
        Remedy::NameOutputFormat => "say --to parquet, csv, tsv or ndjson",
        Remedy::WriteNdjson => {
            "JSON is written as NDJSON, an object per line: say --to ndjson, or name the output .ndjson"
        }
        Remedy::GiveTimeUnit => GIVE_TIME_UNIT,
        Remedy::GiveTimeFormat => "name its form with --time-format, as in '%d/%m/%Y %H:%M:%S'",
        Remedy::AddTimeFormat => "correct it, or name its form too with another --time-format",
        Remedy::LeaveOutTimeFormat => "leave out the --time-format that is not meant",
        Remedy::LeaveOutType => "leave it out of --types",
        Remedy::SkipFewerLines => "say less with --skip-lines",
        Remedy::LeaveOutTimeUnit => {
            "leave out --time-unit, or time_unit of the definition file, for times as text"
        }
        Remedy::DropNullTimes => DROP_NULL_TIMES,
        Remedy::AllowOverwrite => ALLOW_OVERWRITE,
        Remedy::AvoidCollisions => AVOID_COLLISIONS,
        Remedy::ReachStores => {
            "this spectrum was built without object stores: build it with --features objects"
        }
        // What takes no flag is said in the library's own words.
        other => return other.to_string(),
    };
    words.to_owned()
}

fn in_a_shell(delimiter: &Delimiter) -> String {
    match *delimiter {
        Delimiter::TAB => "tab".to_owned(),
        other => format!("'{other}'"),
    }
}

fn of_submit(remedy: spectrum_submit::Remedy) -> String {
    use spectrum_submit::Remedy;

    let words = match remedy {
        Remedy::NameColumn(role) => return name_column(role),
        Remedy::NameSessionColumn => NAME_SESSION_COLUMN,
        Remedy::LeaveOutSequence => LEAVE_OUT_SEQUENCE,
        Remedy::NamePartitionColumn => {
            "name a column of theirs with --partition-by, or date for the day of the event"
        }
        Remedy::LeaveOutPartition => "leave out --partition-by",
        Remedy::LeaveOutDigest => LEAVE_OUT_DIGEST,
        Remedy::GiveTimeUnit => GIVE_TIME_UNIT,
        Remedy::DropNullTimes => DROP_NULL_TIMES,
        Remedy::AllowOverwrite => ALLOW_OVERWRITE,
        Remedy::ReplaceEarlierRun => "say --force to replace it if it is the output of an earlier run",
        Remedy::AvoidCollisions => AVOID_COLLISIONS,
        Remedy::LeaveOutEngine => "leave out --engine",
        Remedy::NameSparkSubmit => "name it with --spark-submit",
        Remedy::AskForLess => "ask for less (--conf spark.executor.memory=1g, --conf spark.cores.max=2)",
        Remedy::WaitLonger => "wait longer with --master-timeout",
        Remedy::KeepLog => "keep all that it says with --engine-log FILE",
        // What takes no flag is said in the library's own words.
        other => return other.to_string(),
    };
    words.to_owned()
}

fn name_column(role: ColumnRole) -> String {
    if role == ColumnRole::Rule {
        return "correct the name in the rule (--where, --split-on and the others, the definition file, or the preset as \
                spectrum presets prints it), or put it in single quotes if it is a text"
            .to_owned();
    }
    if role == ColumnRole::Summary {
        return "correct the name under [summary.columns] in the definition file, or put it in single quotes if it is a text"
            .to_owned();
    }
    if role == ColumnRole::EventId {
        return "name the column that tells events apart with --event-id COLUMN".to_owned();
    }
    format!("name the {role} with {}", flag_of(role))
}

fn flag_of(role: ColumnRole) -> &'static str {
    match role {
        ColumnRole::Key => "--key",
        ColumnRole::Time => "--time",
        ColumnRole::EventId => "--event-id",
        ColumnRole::Rule => "--where, --split-on and the other rules",
        ColumnRole::Summary => "[summary.columns] in the definition file",
    }
}
