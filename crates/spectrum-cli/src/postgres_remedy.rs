//! What people may do about what PostgreSQL's side found or refused, in flags and commands.

use std::error::Error;

use spectrum_postgres::{ColumnRole, DeploymentError, Message, PgError, Remedy};

/// A message as people read it here.
pub(crate) fn told(message: &Message) -> String {
    message.told(words)
}

/// Messages as people read them here.
pub(crate) fn all_told(messages: &[Message]) -> Vec<String> {
    messages.iter().map(told).collect()
}

/// The text of an error that comes from PostgreSQL's side, with its remedies; it has what caused it in it.
pub(crate) fn of_error(error: &(dyn Error + 'static)) -> Option<String> {
    let of_deployment = || error.downcast_ref().map(DeploymentError::message);
    let message = error.downcast_ref().map(PgError::message).or_else(of_deployment)?;
    Some(told(&message))
}

fn words(remedy: &Remedy) -> String {
    let flag = match remedy {
        Remedy::Run { command, schema, with } => {
            let option = with.as_deref().map(|option| format!(" {}", words(option))).unwrap_or_default();
            return format!("spectrum {}{}{option}", command.name(), of_schema(schema.as_deref()));
        }
        Remedy::Repair { schema } => {
            return format!("spectrum verify{} --repair", of_schema(schema.as_deref()));
        }
        Remedy::Schema(schema) => return of_schema(Some(schema)).trim_start().to_owned(),
        Remedy::Table(table) => return format!("--table {table}"),
        Remedy::Every(interval) => return format!("--every {interval}"),
        Remedy::IgnoreColumns(columns) if !columns.is_empty() => {
            return format!("--ignore-columns {}", shell_word(&columns.join(",")));
        }
        Remedy::IgnoreColumns(_) => "--ignore-columns",
        Remedy::Agree => "--yes",
        Remedy::Adopt => "--adopt",
        Remedy::GiveDefinition => "with flags or --definition",
        Remedy::Cascade => "--cascade",
        Remedy::DropKeptEvents => "--with-kept-events",
        Remedy::CreateIndex => "--create-index",
        Remedy::DropNullTimes => "--null-time drop",
        Remedy::Deduplicate => "--dedup",
        Remedy::NoDeduplication => "--no-dedup",
        Remedy::ViewMode => "--mode view",
        Remedy::IncrementalMode => "--mode incremental",
        Remedy::KeepOnDetach => "--on-detach keep",
        Remedy::KeepHistory => "--history 30d",
        Remedy::StartIds => "--id start",
        Remedy::PersistentIds => "--id persistent",
        Remedy::OtherSchema => "--schema",
        Remedy::NameTable => "--table",
        Remedy::NameColumn(ColumnRole::Key) => "--key",
        Remedy::NameColumn(ColumnRole::Time) => "--time",
        Remedy::NameColumn(ColumnRole::EventId) => "--event-id",
        Remedy::NameColumn(_) => "[postgres] columns",
        Remedy::NamePerson => "--key COLUMN=VALUE",
        Remedy::EraseEvents => "--events",
        Remedy::NameViews => "--view",
        Remedy::Wait => "--wait",
        Remedy::CreateTable => "--create-table",
        Remedy::GiveTimeUnit => "--time-unit",
        Remedy::SkipConflicts => "--on-conflict skip",
        Remedy::MakeEventIds => "--make-event-id",
        Remedy::KeepFirst => "--on-conflict first",
        Remedy::NameProperties => "--properties",
        other => return other.to_string(),
    };
    flag.to_owned()
}

fn of_schema(schema: Option<&str>) -> String {
    schema.map(|schema| format!(" --schema {}", shell_word(schema))).unwrap_or_default()
}

/// A word for the shell, in quotes where it needs them.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use spectrum_postgres::Command;

    use super::*;

    #[test]
    fn what_is_told_can_be_typed_as_it_stands() {
        let deploy = |schema: &str, with| Remedy::Run {
            command: Command::Deploy,
            schema: Some(schema.to_owned()),
            with: Some(Box::new(with)),
        };
        assert_eq!(
            words(&deploy("other", Remedy::CreateIndex)),
            "spectrum deploy --schema other --create-index"
        );
        assert_eq!(words(&deploy("it's", Remedy::Adopt)), r"spectrum deploy --schema 'it'\''s' --adopt");
        assert_eq!(words(&Remedy::Repair { schema: None }), "spectrum verify --repair");
        let columns = ["a", "b c"].map(str::to_owned).to_vec();
        assert_eq!(words(&Remedy::IgnoreColumns(columns)), "--ignore-columns 'a,b c'");
    }
}
