//! The first step of every plan: times as whole numbers.

use super::Unsupported;
use super::columns::Columns;
use super::expressions::Expressions;

/// Events whose time is a number.
pub(super) struct Instants {
    /// The step, with WITH before it.
    pub(super) step: String,
    /// Its name.
    pub(super) name: String,
    /// The column with the number.
    pub(super) instant: String,
}

/// The step that reads the events. `also` are columns to keep, each after a comma.
pub(super) fn instants(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
    also: &str,
) -> Result<Instants, Unsupported> {
    let (key, time, others) = (columns.key(), columns.time(), columns.others());
    let (name, instant) = (columns.step("instants", avoided), columns.own("instant"));
    let ty = columns.time_type(syntax);
    let (as_number, unit) = (syntax.number(&time, ty)?, ty.unit());
    let filter = match columns.types.without_null_times {
        true => format!("\n  WHERE {time} IS NOT NULL"),
        false => String::new(),
    };
    let beside_key = columns.beside_key(syntax);
    let step = format!(
        "\
WITH {name} AS (
  -- The time as a number of {unit} since 1970.
  SELECT {key}{others}{also},
         {as_number} AS {instant}{beside_key}
  FROM {from}{filter})"
    );
    Ok(Instants { step, name, instant })
}
