//! Writing what differs into the sessions relation, and nothing else.

use super::super::working::{FRESH, STANDING};
use super::Incremental;

impl Incremental<'_> {
    /// [`Self::write_events`] under such rules.
    pub(super) fn write_ruled_events(&self) -> String {
        let own = &self.own;
        let events = self.events;
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let (key, carried, sessions) = (events.key_list(), events.carried_list(), &self.names.sessions);
        let labels = self.labels();
        let set = labels.iter().map(|label| (label.name.to_owned(), label.is.clone()));
        let set = self.values_of("f").into_iter().chain(set).map(|(name, value)| format!("{name} = {value}"));
        let set: Vec<String> = set.collect();
        let names: String = labels.iter().map(|label| format!(", {}", label.name)).collect();
        let values: String = labels.iter().map(|label| format!(", {}", label.is)).collect();
        let differ = labels.iter().map(|label| format!("{} IS DISTINCT FROM {}", label.was, label.is));
        let joined = self.fresh_events();
        format!(
            "  DELETE FROM {sessions} WHERE ctid = ANY (ARRAY(
    SELECT o.{place} FROM pg_temp.{STANDING} o
    WHERE NOT EXISTS (SELECT FROM pg_temp.{FRESH} f WHERE f.{event_id} = o.{event_id})));
  GET DIAGNOSTICS events_removed = ROW_COUNT;
  UPDATE {sessions} m SET {set}
  FROM pg_temp.{STANDING} o, {joined}
  WHERE f.{event_id} = o.{event_id} AND m.ctid = o.{place} AND ({labels_differ} OR {differs});
  BEGIN
    INSERT INTO {sessions} ({key}, {time}, {event_id}{carried}{names})
    SELECT {of_f}, f.{time}, f.{event_id}{carried_of_f}{values} FROM {joined}
    WHERE NOT EXISTS (SELECT FROM pg_temp.{STANDING} o WHERE o.{event_id} = f.{event_id});
    GET DIAGNOSTICS events_added = ROW_COUNT;
  EXCEPTION WHEN unique_violation THEN
  {known}
  END;",
            known = self.refuse_known(),
            place = own.place,
            set = set.join(", "),
            labels_differ = differ.collect::<Vec<_>>().join(" OR "),
            differs = self.event_differs("o", "f"),
            of_f = self.key_of("f"),
            carried_of_f = self.carried_of("f"),
        )
    }
}
