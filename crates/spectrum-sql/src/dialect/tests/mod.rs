//! What every dialect prints, and what it refuses.

mod created;
mod ids;
mod merge;
mod names;
mod refused;
mod summary_columns;
mod times;
mod whole;

use spectrum_core::{IdScheme, SessionDefinition};

use super::{Content, Dialect, Form, Statement, Types, Unsupported, statement};

const EVENTS: [&str; 2] = ["warehouse", "fact_events"];

/// One text per dialect, each under its name.
fn of_all(mut text: impl FnMut(Dialect) -> String) -> String {
    Dialect::ALL.map(|dialect| format!("{dialect}: {}", text(dialect).trim_end())).join("\n")
}

/// The lines of a text that hold a word, without their indentation.
fn lines_with(text: &str, word: &str) -> String {
    let lines = text.lines().filter(|line| line.contains(word)).map(str::trim);
    lines.collect::<Vec<_>>().join("\n  ")
}

fn with_id(id: IdScheme) -> SessionDefinition {
    SessionDefinition::builder().id(id).build().unwrap()
}

fn form(dialect: Dialect, form: Form, content: Content<'_>) -> Result<String, Unsupported> {
    let (definition, types) = (SessionDefinition::default(), Types::default());
    statement(&Statement {
        dialect,
        definition: &definition,
        types: &types,
        content,
        form,
        name: &["mart", "sessions"],
    })
}
