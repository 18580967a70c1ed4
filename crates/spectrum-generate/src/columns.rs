//! Rows as Arrow columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray};
use arrow_buffer::{Buffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::arrival::Row;
use crate::people::People;
use crate::rng::{Purpose, salt};
use crate::uuid;
use crate::visit::Campaign;
use crate::window::WINDOW_START;
use crate::{Generate, Ids};

/// The columns of the generated events: `event_id`, `user_id`, `account_id` (text or 64-bit integers), `event_type`,
/// `page`, `utm_campaign` (the only one with NULLs) and `occurred_at` (microseconds, UTC).
pub fn schema(ids: Ids) -> SchemaRef {
    let id = match ids {
        Ids::Uuid => DataType::Utf8,
        Ids::Int => DataType::Int64,
    };
    Arc::new(Schema::new(vec![
        Field::new("event_id", id.clone(), false),
        Field::new("user_id", id.clone(), false),
        Field::new("account_id", id, false),
        Field::new("event_type", DataType::Utf8, false),
        Field::new("page", DataType::Utf8, false),
        Field::new("utm_campaign", DataType::Utf8, true),
        Field::new("occurred_at", DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())), false),
    ]))
}

const UTC: &str = "UTC";

/// How numbers become ids.
#[derive(Debug)]
pub(crate) struct Naming {
    ids: Ids,
    events: u64,
    users: u64,
    accounts: u64,
    people: People,
}

impl Naming {
    pub(crate) fn new(options: &Generate, people: People) -> Self {
        Self {
            ids: options.ids,
            events: salt(options.seed, Purpose::EventIds),
            users: salt(options.seed, Purpose::UserIds),
            accounts: salt(options.seed, Purpose::AccountIds),
            people,
        }
    }

    fn column(&self, salt: u64, numbers: impl ExactSizeIterator<Item = u64>) -> ArrayRef {
        match self.ids {
            Ids::Uuid => Arc::new(uuids(salt, numbers)),
            Ids::Int => Arc::new(Int64Array::from_iter_values(numbers.map(|number| number as i64 + 1))),
        }
    }
}

/// The rows as a batch of [`schema`].
pub(crate) fn batch(rows: &[Row], naming: &Naming) -> RecordBatch {
    let events = || rows.iter().map(|row| row.event);
    let account = |row: &Row| naming.people.account(row.event.user, row.event.membership);
    let times = events().map(|event| WINDOW_START + event.at as i64);
    let columns: Vec<ArrayRef> = vec![
        naming.column(naming.events, rows.iter().map(|row| row.number)),
        naming.column(naming.users, events().map(|event| u64::from(event.user))),
        naming.column(naming.accounts, rows.iter().map(account)),
        Arc::new(StringArray::from_iter_values(events().map(|event| event.event_type.name()))),
        Arc::new(StringArray::from_iter_values(events().map(|event| event.page.path()))),
        Arc::new(events().map(|event| event.campaign.map(Campaign::name)).collect::<StringArray>()),
        Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone(UTC)),
    ];
    let schema = schema(naming.ids);
    StructArray::new(schema.fields().clone(), columns, None).into()
}

fn uuids(salt: u64, numbers: impl ExactSizeIterator<Item = u64>) -> StringArray {
    let rows = numbers.len();
    let mut bytes = Vec::with_capacity(rows * uuid::TEXT_LENGTH);
    for number in numbers {
        bytes.extend_from_slice(&uuid::text(number, salt));
    }
    let offsets = OffsetBuffer::from_repeated_length(uuid::TEXT_LENGTH, rows);
    StringArray::new(offsets, Buffer::from_vec(bytes), None)
}
