//! What to do about an error, in the keywords of the Python package.

use spectrum_core::ColumnRole;
use spectrum_engine::{ColumnType, Delimiter, Remedy};

/// A way out of an error, with keyword arguments.
pub(crate) fn in_python(remedy: &Remedy) -> String {
    let words = match remedy {
        Remedy::NameColumn(ColumnRole::Rule) => {
            "correct the name in the rule (where=, split_on= and the others, or the definition), or put it in single quotes if \
             it is a text"
        }
        Remedy::NameColumn(ColumnRole::Summary) => {
            "correct the name under [summary.columns] in the definition, or put it in single quotes if it is a text"
        }
        Remedy::NameColumn(ColumnRole::EventId) => "name the column that tells events apart with event_id=",
        Remedy::NameColumn(role) => return format!("name the {role} with {}", keyword_of(*role)),
        Remedy::NameAnotherColumn(role) => return format!("name another with {}", keyword_of(*role)),
        Remedy::UseStandardInput(path) => return format!("copy {} into a file first", path.display()),
        Remedy::GiveKeyType(column, key_type) => {
            let (name, what) = match key_type {
                ColumnType::Integer => ("integer", "whole numbers"),
                _ => ("text", "to be read as text"),
            };
            return format!("say key_type={{{column:?}: \"{name}\"}} if its values are {what}");
        }
        Remedy::DropNullKeys => {
            "fix them, take them out with null_key=\"drop\", or let NULL be a value with null_key=\"group\""
        }
        Remedy::GiveDelimiter(delimiter) => return format!("say delimiter={}", in_quotes(delimiter)),
        Remedy::SkipDelimiterLine(delimiter) => {
            return format!("say delimiter={}, skip_lines=1", in_quotes(delimiter));
        }
        Remedy::NameColumns => "name the columns with columns= if there is no header",
        Remedy::GiveEscape => "say escape=\"\\\\\" if a backslash stands before quotes that are text",
        Remedy::QuoteNothing => "say quote=\"none\" if quotes are text",
        Remedy::QuoteOutput => "say quote='\"'",
        Remedy::EscapeOutput => "say escape=\"\\\\\"",
        Remedy::GiveEncoding { is_utf16: false } => {
            "say what it is with encoding=\"latin1\" or \"windows-1252\""
        }
        Remedy::GiveEncoding { is_utf16: true } => "say encoding=\"utf-16\"",
        Remedy::NameSessionColumn => "name the new one with session_column=",
        Remedy::LeaveOutSequence => "leave out sequence=True",
        Remedy::LeaveOutReason => "leave out reason=True",
        Remedy::LeaveOutSessions => "leave out sessions=",
        Remedy::NameForBoth => "name what both have with key=, time= or event_id=",
        Remedy::NameRecorded => {
            "name the column that has recorded sessions, as in \"recorded=ga_session_id\""
        }
        Remedy::NameReceived => "name the column that says when events arrived with received=",
        Remedy::NameType => "name the column that says of which type events are with event_type=",
        Remedy::NameTable(folder) => {
            return format!(
                "give sessionize() what the table holds, as DeltaTable(\"{}\").to_pyarrow_table() of deltalake has it",
                folder.display()
            );
        }
        Remedy::LeaveOutMoved => "leave out output=",
        Remedy::LeaveOutDigest => "leave out digest=True",
        Remedy::NameInputFormat => "say format=\"parquet\", \"csv\", \"tsv\", \"ndjson\" or \"json\"",
        Remedy::NameOutputFormat => "say to=\"parquet\", \"csv\", \"tsv\" or \"ndjson\"",
        Remedy::WriteNdjson => {
            "JSON is written as NDJSON, an object per line: say to=\"ndjson\", or name the output .ndjson"
        }
        Remedy::GiveTimeUnit => "say what a number counts with time_unit=\"s\", \"ms\", \"us\" or \"ns\"",
        Remedy::GiveTimeFormat => "name its form with time_format=, as in \"%d/%m/%Y %H:%M:%S\"",
        Remedy::AddTimeFormat => "correct it, or name its form too in a list: time_format=[...]",
        Remedy::LeaveOutTimeFormat => "leave the form that is not meant out of time_format=",
        Remedy::SkipFewerLines => "say less with skip_lines=",
        Remedy::LeaveOutTimeUnit => "leave out time_unit= for times as text",
        Remedy::DropNullTimes => "fix them or leave them out with null_time=\"drop\"",
        Remedy::AllowOverwrite => "say force=True to replace it",
        Remedy::AvoidCollisions => {
            "use id=\"encoded\" or id=\"start\", or accept it with allow_id_collisions=True"
        }
        // What is the same wherever it is asked is said in the library's own words.
        other => return other.to_string(),
    };
    words.to_owned()
}

/// Words of the command line, whose flags become keywords: `--null-time drop` is `null_time="drop"`, and `--where` is `where=`.
pub(crate) fn in_keywords(words: &str) -> String {
    /// What stands behind flags in such words and is their value.
    const VALUES: [&str; 7] = ["drop", "encoded", "s", "ms", "us", "ns", "12h"];

    let words = words.replace("`spectrum summary --gaps`", "summary with gaps=");
    let mut said = String::with_capacity(words.len());
    let mut rest = words.as_str();
    while let Some(at) = rest.find("--") {
        let (before, flag) = (&rest[..at], &rest[at + 2..]);
        let end = flag.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '-'));
        let name = &flag[..end.unwrap_or(flag.len())];
        said.push_str(before);
        if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) || before.ends_with('-') {
            said.push_str("--");
            rest = flag;
            continue;
        }
        said.push_str(if name == "type" { "event_type" } else { name }.replace('-', "_").as_str());
        said.push('=');
        rest = &flag[name.len()..];
        let value =
            rest.strip_prefix(' ').and_then(|value| value.split(|c: char| !c.is_alphanumeric()).next());
        if let Some(value) = value.filter(|value| VALUES.contains(value)) {
            said.push_str(&format!("{value:?}"));
            rest = &rest[1 + value.len()..];
        }
    }
    said + rest
}

fn keyword_of(role: ColumnRole) -> &'static str {
    match role {
        ColumnRole::Key => "key=",
        ColumnRole::Time => "time=",
        ColumnRole::EventId => "event_id=",
        ColumnRole::Rule => "where=, split_on= and the other rules",
        ColumnRole::Summary => "[summary.columns] in the definition",
    }
}

fn in_quotes(delimiter: &Delimiter) -> String {
    if *delimiter == Delimiter::TAB { "\"\\t\"".to_owned() } else { format!("{:?}", delimiter.to_string()) }
}
