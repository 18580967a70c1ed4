//! Many events, as they are generated.

use spectrum_generate::{Generate, Ids, Order, generate};

use super::{Database, creating};

#[test]
fn a_hundred_thousand_events_arrive_as_they_are() {
    let mut database = Database::new("load_generated");
    database.run("SET timezone = 'UTC'");
    for (ids, ty) in [(Ids::Uuid, "uuid"), (Ids::Int, "bigint")] {
        database.run("DROP SCHEMA IF EXISTS warehouse CASCADE");
        let options = Generate { events: 100_000, seed: 3, order: Order::Time, ids };
        let batches: Vec<_> = generate(&options, 16_384).unwrap().collect();
        let report = database.load(&creating(), &batches);
        assert_eq!((report.read, report.inserted), (100_000, 100_000));
        assert_eq!(report.partitions.len(), 3);
        let again = database.load(&creating(), &batches);
        assert_eq!((again.read, again.inserted), (100_000, 0));
        let row = database.rows(
            "SELECT count(*), count(DISTINCT event_id), count(event_type), count(properties->>'page'),
                    count(properties->>'utm_campaign') > 0, count(properties->>'utm_campaign') < 100000, pg_typeof(min(user_id::text)),
                    (SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 'warehouse.fact_events'::regclass AND attname = 'user_id')
             FROM warehouse.fact_events",
        );
        assert_eq!(row, [format!("100000|100000|100000|100000|t|t|text|{ty}")]);
    }
}
