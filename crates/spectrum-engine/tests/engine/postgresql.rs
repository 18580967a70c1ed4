//! Events in the hundred thousands: the engine's sessions are PostgreSQL's, for every event.

use spectrum_core::{IdScheme, SessionDefinition};
use spectrum_generate::{Ids, Order};
use spectrum_testkit::{Definition, PostgresEngine, PrivatePostgres, Scheme};

use crate::generated::{events, split};
use crate::outcome;
use crate::runs::Folder;
use crate::write_inputs;

#[test]
fn two_hundred_thousand_shuffled_events_get_postgresqls_sessions() {
    let postgresql = PostgresEngine::new(PrivatePostgres::shared().unwrap());
    for (ids, scheme, id) in
        [(Ids::Uuid, IdScheme::Sequence, Scheme::Sequence), (Ids::Int, IdScheme::Encoded, Scheme::Encoded)]
    {
        let batch = events(200_000, ids, Order::Shuffled);
        let definition = Definition { id, ..Definition::default() };
        let mut expected = postgresql.label(&batch, &definition).unwrap();
        expected.sort();

        let folder = Folder::new();
        for (at, part) in split(&batch, 3).iter().enumerate() {
            folder.write(&format!("in/{at}.parquet"), []);
            write_inputs::parquet(
                &folder.path(&format!("in/{at}.parquet")),
                std::slice::from_ref(part),
                20_000,
            );
        }
        let mut run = folder.run("in", "out.parquet");
        run.definition = SessionDefinition::builder().id(scheme).build().unwrap();
        let report = run.done();
        let mut found = outcome::labels(&folder.path("out.parquet"), "event_id");
        found.sort();
        let differing = expected.iter().zip(&found).filter(|(expected, found)| expected != found).count();
        assert_eq!((found.len(), differing), (200_000, 0), "{scheme}");

        let mut sessions: Vec<_> = expected.iter().map(|label| &label.session_id).collect();
        sessions.sort_unstable();
        sessions.dedup();
        assert_eq!(report.sessions, sessions.len() as u64, "{scheme}");
        assert!(report.sessions > 10_000);
    }
}
