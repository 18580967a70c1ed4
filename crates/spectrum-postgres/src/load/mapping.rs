//! Which column of a file goes into which column of the table.

use std::collections::HashSet;

use arrow_schema::Schema;

use super::LoadOptions;
use super::events_table::EventsTable;
use super::made_id::MadeId;
use super::target::Target;
use super::{EXTENSION, json};
use crate::catalog::or_near;
use crate::error::{PgError, Result};
use crate::message::{Message, message};
use crate::remedy::{ColumnRole, Remedy};

/// For every column of the table, where its values come from.
pub(super) struct Mapping {
    pub(super) sources: Vec<Source>,
    /// The file's column that has the time.
    pub(super) time: Option<usize>,
}

/// Where a column's values come from; numbers count the columns of the file.
#[derive(Debug, PartialEq)]
pub(super) enum Source {
    Nothing,
    Column(usize),
    /// An id, of the row itself.
    Made(MadeId),
    /// One JSON object of several columns.
    Properties {
        /// A column that holds an object already, whose members come first.
        document: Option<usize>,
        /// Each with `"name":` as it stands in the object.
        members: Vec<(usize, Vec<u8>)>,
    },
}

impl Mapping {
    /// Matches columns by their names, which are compared as they stand.
    pub(super) fn new(
        schema: &Schema,
        table: &EventsTable,
        options: &LoadOptions,
        file: &str,
    ) -> Result<Self> {
        let refused = |message: Message| Err(PgError::refused(message));
        let mut sources: Vec<Source> = table.columns.iter().map(|_| Source::Nothing).collect();
        let (mut others, mut seen) = (Vec::new(), HashSet::new());
        let name = &table.relation.name;
        for (at, field) in schema.fields().iter().enumerate() {
            let column = field.name();
            if options.ignored.contains(column) {
                continue;
            }
            if !seen.insert(column) {
                let twice = format!("{file} has two columns named '{column}'; rename one of them");
                return refused(twice.into());
            }
            match table.place(column) {
                Some(place) => sources[place] = Source::Column(at),
                None if table.is_generated(column) => {
                    return refused(message![
                        format!(
                            "column '{column}' of {name} is made by the database; leave the file's out with "
                        ),
                        Remedy::IgnoreColumns(vec![column.clone()])
                    ]);
                }
                None => others.push(at),
            }
        }
        if options.makes_event_ids {
            let place = table.place_of_made_id(options)?;
            if sources[place] != Source::Nothing {
                return refused(message![
                    format!(
                        "{file} has a column '{}', which is the event id; let that be the id, or leave it out with ",
                        options.definition.event_id()
                    ),
                    Remedy::IgnoreColumns(vec![options.definition.event_id().to_owned()])
                ]);
            }
            let columns = schema.fields().iter().enumerate().map(|(at, field)| (field.name().clone(), at));
            let columns = columns.filter(|(name, _)| !options.ignored.contains(name)).collect();
            sources[place] = Source::Made(MadeId::of(columns));
        }
        Self::check_definition(schema, table, options, file, &sources)?;
        if !others.is_empty() {
            let names: Vec<&str> = others.iter().map(|at| schema.field(*at).name().as_str()).collect();
            let properties = table
                .place(&options.properties)
                .filter(|place| matches!(table.columns[*place].target, Target::Json | Target::Jsonb));
            let Some(place) = properties else {
                let near = match names[..] {
                    [one] => or_near(one, table.columns.iter().map(|column| column.name.as_str())),
                    _ => String::new(),
                };
                return refused(message![
                    format!(
                        "{name} has no column for {} of {file}{near}; leave {} out with ",
                        names.join(", "),
                        if names.len() == 1 { "it" } else { "them" },
                    ),
                    Remedy::IgnoreColumns(names.iter().map(|name| (*name).to_owned()).collect()),
                    ", or name a jsonb column for them with ",
                    Remedy::NameProperties
                ]);
            };
            let document = match sources[place] {
                Source::Column(at) => Some(at),
                _ => None,
            };
            let mut members = Vec::new();
            for at in others {
                let mut key = Vec::new();
                if json::string(schema.field(at).name(), &mut key).is_none() {
                    return refused(format!("{file} has a column whose name holds a NUL character").into());
                }
                key.push(b':');
                members.push((at, key));
            }
            sources[place] = Source::Properties { document, members };
        }
        let required = table
            .columns
            .iter()
            .zip(&sources)
            .find(|(column, source)| column.is_required() && **source == Source::Nothing);
        if let Some((column, _)) = required {
            return refused(
                missing(schema, file, &column.name, &format!("which {name} requires (NOT NULL, no default)"))
                    .into(),
            );
        }
        let time = schema.index_of(options.definition.time()).ok();
        Ok(Self { sources, time })
    }

    /// Refuses files without the columns that make events. In NDJSON a member that is nowhere is a NULL like others.
    fn check_definition(
        schema: &Schema,
        table: &EventsTable,
        options: &LoadOptions,
        file: &str,
        sources: &[Source],
    ) -> Result<()> {
        let is_json = schema.fields().iter().any(|field| field.metadata().contains_key(EXTENSION));
        let definition = &options.definition;
        let names =
            definition.key().iter().map(String::as_str).chain([definition.event_id(), definition.time()]);
        for name in names {
            let Some(place) = table.place(name).filter(|place| sources[*place] == Source::Nothing) else {
                continue;
            };
            if is_json {
                continue;
            }
            let why = message![missing(schema, file, name, "which the definition names")];
            if name != definition.event_id() {
                return Err(PgError::refused(why));
            }
            // The server makes an id where none is given, but not where one is and only has another name.
            let present = schema.fields().iter().map(|field| field.name().as_str());
            if !table.columns[place].has_default || !or_near(name, present).is_empty() {
                return Err(PgError::refused(message![
                    why,
                    "; name the one that tells events apart with ",
                    Remedy::NameColumn(ColumnRole::EventId),
                    ", or have ids made of the rows with ",
                    Remedy::MakeEventIds
                ]));
            }
        }
        Ok(())
    }
}

fn missing(schema: &Schema, file: &str, column: &str, why: &str) -> String {
    let present: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let near = or_near(column, present.iter().copied());
    format!("{file} has no column '{column}', {why}{near} (it has: {})", present.join(", "))
}
