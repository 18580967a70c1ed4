//! The events as they leave the database: one line of JSON each.

use super::condition::cast_to;
use super::events::Events;
use super::sessions::source;
use crate::quote::identifier;

/// A query of one text per event, a JSON object without line breaks: the key columns as the texts that tell keys apart, the
/// time, the event id, and what is carried along as rules read it. Of `json` among the latter the caller names the columns,
/// because their texts may have line breaks.
pub fn events_as_json(events: &Events<'_>, of_json: &[String]) -> String {
    let (step, table) = source(events);
    let key = events.definition.key().iter().zip(events.key_texts());
    let key = key.map(|(name, text)| format!("{text} AS {}", identifier(name)));
    let carried = events.carried.iter().map(|name| {
        let cast = events.casts.iter().find(|(column, _)| column == name).map(|(_, cast)| cast.as_str());
        let cast = if of_json.contains(name) { Some("JSONB") } else { cast };
        format!("{} AS {}", cast_to(&identifier(name), cast), identifier(name))
    });
    let columns: Vec<String> =
        key.chain([events.time_name(), events.event_id_name()]).chain(carried).collect();
    let exported = events.own_name("exported");
    format!(
        "\
WITH {step}{exported} AS (
  SELECT {}
  FROM {table})
SELECT ROW_TO_JSON({exported}.*)::TEXT FROM {exported}",
        columns.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableName;
    use spectrum_core::SessionDefinition;

    #[test]
    fn the_query_is_readable() {
        let definition =
            SessionDefinition::builder().key(["Who"]).time("at").event_id("exported").build().unwrap();
        let events = Events::new(&definition, TableName::parse("shop.events").unwrap())
            .casting(vec![("amount".into(), "NUMERIC".into())])
            .carrying(&["amount".to_owned(), "props".to_owned()]);
        insta::assert_snapshot!(events_as_json(&events, &["props".to_owned()]), @r#"
        WITH exported_ AS (
          SELECT "Who"::TEXT AS "Who", at, exported, amount::NUMERIC AS amount, props::JSONB AS props
          FROM shop.events)
        SELECT ROW_TO_JSON(exported_.*)::TEXT FROM exported_
        "#);
    }
}
