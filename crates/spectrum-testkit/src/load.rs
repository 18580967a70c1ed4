//! Reading `cases/*.toml`. Whatever is wrong in a file is said with the file, the case and the
//! event, because people write these by hand.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::{Spanned, Value};

use crate::case::{Case, Definition, Event, Expected, NullTime, Scheme};
use crate::check::in_one_form;
use crate::column::{Column, ColumnType, TimeUnit};
use crate::rules::{GapWhen, REASONS, Rules};
use crate::summary::{SummaryText, Told};

/// A case file with the places of its expected values, for rewriting them.
#[derive(Debug)]
pub struct CaseFile {
    /// Where the file is.
    pub path: PathBuf,
    /// The file's text.
    pub text: String,
    /// The cases in it.
    pub cases: Vec<Placed>,
}

/// A case and where its expected values stand in the file.
#[derive(Debug)]
pub struct Placed {
    /// The case.
    pub case: Case,
    /// For each event the byte ranges of its expected values: two of them for a session, three with a reason, one
    /// for a word; none where the case is to be refused.
    pub expected: Vec<Vec<Range<usize>>>,
}

/// The files of the workspace's `cases/` folder, in the order of their names.
pub fn case_files() -> Result<Vec<CaseFile>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases"));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    ensure!(!paths.is_empty(), "no case files in {}", folder.display());
    let files = paths.iter().map(|path| read_case_file(path)).collect::<Result<Vec<_>>>()?;

    let mut names = HashSet::new();
    for Placed { case, .. } in files.iter().flat_map(|file| &file.cases) {
        ensure!(names.insert(&case.name), "{}: another case has that name", case.place());
    }
    Ok(files)
}

/// Every case of the workspace, each with all its expectations.
pub fn all_cases() -> Result<Vec<Case>> {
    let cases: Vec<Case> =
        case_files()?.into_iter().flat_map(|file| file.cases).map(|placed| placed.case).collect();
    for case in &cases {
        let unknown = case.events.iter().any(|event| event.expected == Expected::Unknown);
        ensure!(
            !unknown || !case.refused.is_empty(),
            "{}: expected values are missing; cargo xtask bless fills them in",
            case.place()
        );
    }
    Ok(cases)
}

/// Reads and checks one file; expected values may still be missing.
pub fn read_case_file(path: &Path) -> Result<CaseFile> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let theme = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let cases = parse(&theme, &text)?;
    Ok(CaseFile { path: path.to_owned(), text, cases })
}

/// The file as TOML has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    case: Vec<RawCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: String,
    shows: String,
    key: Option<Vec<String>>,
    time: Option<String>,
    time_unit: Option<String>,
    #[serde(default)]
    read_as_text: Vec<String>,
    event_id: Option<String>,
    gap: Option<String>,
    #[serde(default)]
    id: Scheme,
    #[serde(default)]
    null_time: NullTime,
    #[serde(default)]
    allow_id_collisions: bool,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(rename = "where")]
    takes_part: Option<String>,
    at_gap: Option<String>,
    gap_when: Option<Vec<GapWhen>>,
    split_at: Option<String>,
    timezone: Option<String>,
    start_when: Option<String>,
    end_when: Option<String>,
    split_on: Option<Vec<String>>,
    split_on_null: Option<String>,
    max_duration: Option<String>,
    max_events: Option<CountOrWord>,
    passive_when: Option<String>,
    ignore_when: Option<String>,
    /// The lines under `[summary.columns]`.
    #[serde(default)]
    summary: String,
    /// Of each session: its key, its number, and the values of these columns.
    #[serde(default)]
    told: Vec<Vec<Value>>,
    #[serde(default)]
    types: BTreeMap<String, String>,
    events: Vec<Vec<Spanned<Value>>>,
    #[serde(default)]
    refused: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CountOrWord {
    Count(u64),
    Word(String),
}

fn parse(theme: &str, text: &str) -> Result<Vec<Placed>> {
    let file: RawFile = toml::from_str(text).with_context(|| format!("cases/{theme}.toml"))?;
    let check = |raw: RawCase| {
        let place = format!("cases/{theme}.toml, case '{}'", raw.name);
        check(theme, raw).context(place)
    };
    file.case.into_iter().map(check).collect()
}

fn check(theme: &str, raw: RawCase) -> Result<Placed> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(!raw.name.is_empty() && raw.name.chars().all(plain), "a name is made of a-z, 0-9 and -");
    ensure!(raw.shows.ends_with('.'), "shows is one sentence and ends with a full stop");

    let defaults = Definition::default();
    let definition = Definition {
        key: raw.key.unwrap_or(defaults.key),
        time: raw.time.unwrap_or(defaults.time),
        time_unit: raw.time_unit.as_deref().map(TimeUnit::parse).transpose()?,
        read_as_text: raw.read_as_text,
        event_id: raw.event_id.unwrap_or(defaults.event_id),
        gap: raw.gap.unwrap_or(defaults.gap),
        id: raw.id,
        null_time: raw.null_time,
        allow_id_collisions: raw.allow_id_collisions,
        rules: Rules {
            takes_part: raw.takes_part,
            at_gap: raw.at_gap,
            gap_when: raw.gap_when,
            split_at: raw.split_at,
            timezone: raw.timezone,
            start_when: raw.start_when,
            end_when: raw.end_when,
            split_on: raw.split_on,
            split_on_null: raw.split_on_null,
            max_duration: raw.max_duration,
            max_events: raw.max_events.map(|most| match most {
                CountOrWord::Count(count) => count.to_string(),
                CountOrWord::Word(word) => word,
            }),
            passive_when: raw.passive_when,
            ignore_when: raw.ignore_when,
        },
        summary: SummaryText(raw.summary),
    };
    let refused = !raw.refused.is_empty();
    let columns = columns(&definition, &raw.columns, raw.types)?;
    for name in &raw.columns {
        let is_read = definition.rules.mention(name) || definition.summary.0.contains(name.as_str());
        ensure!(refused || is_read, "columns has '{name}', which no rule reads");
    }

    ensure!(raw.refused.iter().all(|part| !part.is_empty()), "an empty text in refused says nothing");
    let mut events = Vec::new();
    let mut expected = Vec::new();
    let mut ids = HashSet::new();
    for (row, cells) in raw.events.iter().enumerate() {
        let (event, places) = event(cells, &columns, refused, &definition.rules)
            .with_context(|| format!("event {}", row + 1))?;
        let id = event.values[0].clone().with_context(|| format!("event {} has no id", row + 1))?;
        ensure!(ids.insert(id.clone()), "event '{id}' occurs twice");
        events.push(event);
        expected.push(places);
    }
    let mut case = Case {
        theme: theme.to_owned(),
        name: raw.name,
        shows: raw.shows,
        definition,
        columns,
        events,
        told: Vec::new(),
        refused: raw.refused,
    };
    case.try_batch()?;
    case.told = raw.told.iter().map(|row| told(row, &case)).collect::<Result<_>>()?;
    ensure!(
        case.definition.summary.is_empty() == case.told.is_empty() || !case.refused.is_empty(),
        "summary says what sessions tell, and told what they must"
    );
    if !case.definition.rules.is_empty() {
        spread_reasons(&mut case)?;
    }
    Ok(Placed { case, expected })
}

/// Why a session began stands with its first event in the file, and is known of all its events.
fn spread_reasons(case: &mut Case) -> Result<()> {
    if case.events.iter().any(|event| event.expected == Expected::Unknown) {
        return Ok(());
    }
    let keys = case.key_range();
    let mut reasons: HashMap<(Vec<Option<String>>, u64), String> = HashMap::new();
    for (row, event) in case.events.iter_mut().enumerate() {
        let Expected::Session { seq, started_by, .. } = &mut event.expected else { continue };
        let session = (event.values[keys.clone()].to_vec(), *seq);
        match (reasons.get(&session), &started_by) {
            (None, None) => bail!("event {} is the first of its session and needs its reason", row + 1),
            (Some(_), Some(_)) => bail!("event {} is not the first of its session and has a reason", row + 1),
            (Some(reason), None) => *started_by = Some(reason.clone()),
            (None, Some(reason)) => {
                ensure!((reason == "first") == (*seq == 1), "event {}: 'first' is for session 1", row + 1);
                reasons.insert(session, reason.clone());
            }
        }
    }
    Ok(())
}

/// Event id, key columns, time, the columns of rules. A column of the definition that is named twice, as only refused
/// cases do, is laid out once.
fn columns(
    definition: &Definition,
    of_rules: &[String],
    mut types: BTreeMap<String, String>,
) -> Result<Vec<Column>> {
    let mut columns: Vec<Column> = Vec::new();
    let key = definition.key.iter().map(|name| (name, "utf8"));
    let first = [(&definition.event_id, "utf8")];
    let time = if definition.time_unit.is_some() { "int64" } else { "timestamp[us]" };
    for (name, default) in first.into_iter().chain(key).chain([(&definition.time, time)]) {
        if columns.iter().any(|column| column.name == *name) {
            continue;
        }
        let ty = types.remove(name);
        let ty = ColumnType::parse(ty.as_deref().unwrap_or(default))
            .with_context(|| format!("type of '{name}'"))?;
        columns.push(Column { name: name.clone(), ty });
    }
    if let Some(name) = definition.read_as_text.iter().find(|name| !definition.key.contains(name)) {
        bail!("read_as_text names a column '{name}' that is not in the key");
    }
    for name in of_rules {
        ensure!(!columns.iter().any(|column| column.name == *name), "columns has '{name}', which is there");
        let ty = types.remove(name);
        let ty = ColumnType::parse(ty.as_deref().unwrap_or("utf8"))
            .with_context(|| format!("type of '{name}'"))?;
        columns.push(Column { name: name.clone(), ty });
    }
    if let Some(name) = types.keys().next() {
        bail!("types names a column '{name}' that neither the definition nor columns do");
    }
    Ok(columns)
}

fn event(
    cells: &[Spanned<Value>],
    columns: &[Column],
    refused: bool,
    rules: &Rules,
) -> Result<(Event, Vec<Range<usize>>)> {
    let ruled = !rules.is_empty();
    let layout = || {
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let end = if refused {
            "and nothing after"
        } else if ruled {
            "then session_seq, session_id and for a session's first event its reason, \"none\", \"dropped\", or \"?\""
        } else {
            "then session_seq and session_id, \"dropped\", or \"?\""
        };
        format!("an event is [{}], {end}", names.join(", "))
    };
    ensure!(cells.len() >= columns.len(), layout());
    let (values, rest) = cells.split_at(columns.len());
    let values = values.iter().map(|cell| text_or_null(cell.get_ref())).collect::<Result<Vec<_>>>()?;
    let places = rest.iter().map(Spanned::span).collect();
    let rest: Vec<&Value> = rest.iter().map(Spanned::get_ref).collect();
    let expected = match rest.as_slice() {
        [] if refused => Expected::Unknown,
        [Value::String(word)] if word == "dropped" && !refused => Expected::Dropped,
        [Value::String(word)] if word == "?" && !refused => Expected::Unknown,
        [Value::String(word)] if word == "none" && ruled && !refused => Expected::NoSession,
        [Value::Integer(seq), id, reason @ ..] if !refused && reason.len() <= usize::from(ruled) => {
            let seq =
                u64::try_from(*seq).ok().filter(|seq| *seq >= 1).context("session_seq counts from 1")?;
            let id = text_or_null(id)?;
            let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            let md5 = |id: &String| id.len() == 32 && id.chars().all(hex);
            ensure!(id.as_ref().is_none_or(md5), "session_id is 32 lower-case hexadecimal digits or {{}}");
            let started_by = reason.first().map(|reason| {
                let known = reason.as_str().filter(|reason| REASONS.contains(reason));
                known.map(str::to_owned).with_context(|| format!("a reason is one of {}", REASONS.join(", ")))
            });
            Expected::Session { seq, id, started_by: started_by.transpose()? }
        }
        _ => bail!(layout()),
    };
    Ok((Event { values, expected }, places))
}

/// What a session must tell.
fn told(row: &[Value], case: &Case) -> Result<Told> {
    let columns = case.definition.summary.columns()?;
    let keys = case.definition.key.len();
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    ensure!(
        row.len() == keys + 1 + columns.len(),
        "what a session tells is its key, its session_seq and {}",
        names.join(", ")
    );
    let key = row[..keys].iter().map(text_or_null).collect::<Result<_>>()?;
    let seq = row[keys]
        .as_integer()
        .and_then(|seq| u64::try_from(seq).ok())
        .context("session_seq counts from 1")?;
    let values = row[keys + 1..].iter().map(text_or_null).collect::<Result<_>>()?;
    let mut told = Told { key, seq, values };
    in_one_form(case, &mut told)?;
    Ok(told)
}

fn text_or_null(value: &Value) -> Result<Option<String>> {
    match value {
        Value::String(text) => Ok(Some(text.clone())),
        Value::Table(table) if table.is_empty() => Ok(None),
        other => bail!("a value is a text in quotes, or {{}} for NULL, but not a TOML {}", other.type_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"["e1", "u", "a", "2026-01-01 10:00:00", "?"]"#;

    /// An event with what it must get.
    fn ruled(expected: &str) -> String {
        EVENT.replace("\"?\"", expected)
    }

    #[test]
    fn a_reason_stands_once_and_is_known_of_every_event() {
        let events = [ruled("1, {}, 'first'"), ruled("1, {}"), ruled("'none'")];
        let rows = events.iter().enumerate().map(|(at, event)| event.replace("e1", &format!("e{at}")));
        let text = format!(
            "[[case]]\nname = 'x'\nshows = 'It.'\nat_gap = 'new'\nevents = [{}]",
            rows.collect::<Vec<_>>().join(", ")
        );
        let placed = parse("theme", &text).unwrap().remove(0);
        let reasons: Vec<_> = placed.case.expected().into_iter().map(|label| label.started_by).collect();
        assert_eq!(reasons, [Some("first".to_owned()), Some("first".to_owned()), None]);
        assert_eq!(placed.expected.iter().map(Vec::len).collect::<Vec<_>>(), [3, 2, 1]);
    }

    /// What is said about a file with one case, whose head and events are given.
    fn complaint(head: &str, events: &str) -> String {
        let text = format!("[[case]]\nname = 'x'\nshows = 'It.'\n{head}\nevents = [{events}]");
        format!("{:#}", parse("theme", &text).unwrap_err())
    }

    #[test]
    fn a_case_has_the_original_definition_unless_it_says_otherwise() {
        let text = format!("[[case]]\nname = 'x'\nshows = 'It.'\nevents = [{EVENT}]");
        let placed = parse("theme", &text).unwrap().remove(0);
        assert_eq!(placed.case.definition.key, ["user_id", "account_id"]);
        assert_eq!(placed.case.definition.gap, "30m");
        assert_eq!(placed.case.definition.id, Scheme::Sequence);
        assert_eq!(&text[placed.expected[0][0].clone()], "\"?\"");
    }

    #[test]
    fn complaints_name_the_file_the_case_and_the_reason() {
        let place = "cases/theme.toml, case 'x': ";
        for (head, events, reason) in [
            ("types = { user = 'utf8' }", EVENT, "types names a column 'user'"),
            ("types = { user_id = 'text' }", EVENT, "type of 'user_id': 'text' is not a column type"),
            ("types = { user_id = 'int8' }", EVENT, "column 'user_id': 'u' does not fit"),
            ("", &format!("{EVENT}, {EVENT}"), "event 'e1' occurs twice"),
            ("", r#"["e1", "u", "a"]"#, "event 1: an event is [event_id, user_id, account_id, occurred_at]"),
            ("", r#"["e1", "u", "a", {}, 0, "?"]"#, "session_seq counts from 1"),
            ("", r#"["e1", "u", "a", {}, 1, "ABC"]"#, "32 lower-case"),
            ("", r#"["e1", "u", 1, {}, "?"]"#, "a value is a text in quotes"),
            ("refused = ['no']", EVENT, "and nothing after"),
            ("time_unit = 'min'", EVENT, "the unit of a time is s, ms, us or ns"),
            ("time_unit = 's'", EVENT, "column 'occurred_at': '2026-01-01 10:00:00' does not fit"),
            ("read_as_text = ['page']", EVENT, "read_as_text names a column 'page'"),
            ("", r#"["e1", "u", "a", {}, "none"]"#, "or \"?\""),
            ("columns = ['kind']", EVENT, "columns has 'kind', which no rule reads"),
            ("columns = ['user_id']\nsplit_on = ['user_id']", EVENT, "columns has 'user_id', which is there"),
            ("at_gap = 'new'", &ruled("1, {}"), "event 1 is the first of its session and needs its reason"),
            ("at_gap = 'new'", &ruled("1, {}, 'gap'"), "event 1: 'first' is for session 1"),
            ("at_gap = 'new'", &ruled("2, {}, 'first'"), "event 1: 'first' is for session 1"),
            ("at_gap = 'new'", &ruled("1, {}, 'whim'"), "a reason is one of first, gap, end_when"),
            ("at_gap = 'new'", &ruled("1, {}, 'first', 1"), "session's first event its reason, \"none\""),
            (
                "at_gap = 'new'",
                &format!("{}, {}", ruled("1, {}, 'first'"), ruled("1, {}, 'first'").replace("e1", "e2")),
                "event 2 is not the first of its session and has a reason",
            ),
            ("gap_when = [{ when = 'a' }]", EVENT, "missing field"),
        ] {
            let complaint = complaint(head, events);
            let place = if reason.starts_with("missing") { "cases/theme.toml: " } else { place };
            assert!(complaint.starts_with(place) && complaint.contains(reason), "{complaint}");
        }
        assert!(complaint("unknown = 1", EVENT).contains("unknown field"));
    }

    #[test]
    fn the_workspace_cases_are_complete() {
        assert!(all_cases().unwrap().len() > 50);
    }
}
