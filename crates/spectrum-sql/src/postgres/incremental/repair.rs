//! Telling keys that wait for the next refresh from keys that are wrong, and having the latter computed again.

use super::Incremental;
use crate::name::TableName;
use crate::postgres::digest::key_text;

impl Incremental<'_> {
    /// Notes the keys that `keys`, a query of the key columns, gives, with all their events. A refresh looks whether an
    /// event of theirs is without a finite time.
    pub fn note_keys(&self, keys: &str) -> String {
        let own = &self.own;
        let key = self.events.key_list();
        format!(
            "INSERT INTO {} ({key}, {}, {}, {})\nSELECT {key}, {}, {}, true FROM ({keys}) AS keys",
            self.names.changes,
            own.since,
            own.until,
            own.timeless,
            self.events.time.before_all(),
            self.events.time.after_all()
        )
    }

    /// A query of the texts ([`key_text`]) of the keys that the next refresh is going to look at, not each only once:
    /// those that were noted, those with events in the partitions that `came`, and, if any partition `went`, those with
    /// events that are nowhere else. Notes of a TRUNCATE name no key and are not among them.
    pub fn waiting_keys(&self, came: &[TableName], went: bool) -> String {
        let own = &self.own;
        let (key_text, event_id) = (key_text(self.events), self.events.event_id_name());
        let (changes, sessions) = (&self.names.changes, &self.names.sessions);
        let name = self.waiting_name();
        let mut queries =
            vec![format!("SELECT {key_text} AS {name} FROM {changes} WHERE NOT {}", own.everything)];
        queries.extend(came.iter().map(|partition| format!("SELECT {key_text} FROM ONLY {partition}")));
        if went {
            let not_in = |table: &TableName| {
                format!("NOT EXISTS (SELECT FROM {table} e WHERE e.{event_id} = m.{event_id})")
            };
            let tables = [&self.events.table].into_iter().chain(self.keeps().then_some(&self.names.kept));
            let nowhere: Vec<String> = tables.map(not_in).collect();
            queries.push(format!("SELECT {key_text} FROM {sessions} m WHERE {}", nowhere.join(" AND ")));
        }
        queries.join(" UNION ALL ")
    }

    /// A condition on rows of the events, the sessions or the summary: their key is among `texts`, a query such as
    /// [`Self::waiting_keys`]. PostgreSQL hashes that query once, for `NOT` in front of it too, however many keys it has.
    pub fn key_among(&self, texts: &str) -> String {
        let name = self.waiting_name();
        format!(
            "EXISTS (SELECT FROM ({texts}) AS among ({name}) WHERE among.{name} = {})",
            key_text(self.events)
        )
    }

    fn waiting_name(&self) -> String {
        self.events.own_name("waiting_key")
    }
}
