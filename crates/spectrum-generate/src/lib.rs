//! Made-up product events without a session id, in any number, for benchmarks, demonstrations and tests.
//!
//! What the crate promises:
//! - exactly as many events as asked for, all between [`WINDOW_START`] and ninety days later;
//! - the same arguments give the same bytes, on every platform and for good: no clock, no thread, no
//!   floating-point number, no generator but the one in this crate;
//! - [`Order`] and [`Ids`] change how the events are arranged and named, never which events there are.
//!
//! Who acts is decided in `people`, when in `rhythm` and `sessions`, what in `visit`; `arrival` puts the events
//! into the order of the file and `columns` names them.
//!
//! ```
//! use spectrum_generate::{Generate, Ids, Order, generate};
//!
//! let options = Generate { events: 10_000, seed: 7, order: Order::Time, ids: Ids::Int };
//! let rows: usize = generate(&options, 4_096)?.map(|batch| batch.num_rows()).sum();
//! assert_eq!(rows, 10_000);
//! # Ok::<(), spectrum_generate::GenerateError>(())
//! ```

mod arrival;
mod columns;
mod error;
mod event;
mod options;
mod people;
mod permutation;
mod rhythm;
mod rng;
mod sessions;
mod spread;
mod uuid;
mod visit;
mod window;

use arrow_array::RecordBatch;

use crate::arrival::{Arrival, Row};
use crate::columns::Naming;
use crate::event::Event;
use crate::people::People;
use crate::rhythm::Rhythm;
use crate::rng::{Purpose, Rng};

pub use crate::columns::schema;
pub use crate::error::GenerateError;
pub use crate::options::{Generate, Ids, Order};
pub use crate::window::WINDOW_START;

/// Generates the events as batches of [`schema`], each of `batch_rows` rows but the last.
///
/// The call itself plans and sorts all events, at 16 bytes each, and is the longer part of the work; the iterator
/// derives the columns of one batch at a time. Batches never exceed 16,777,216 rows, whatever `batch_rows` says,
/// because the offsets of a text column are 32-bit numbers.
///
/// # Errors
/// When `batch_rows` is zero, or there are more events than can be numbered or held in memory.
pub fn generate(
    options: &Generate,
    batch_rows: usize,
) -> Result<impl Iterator<Item = RecordBatch> + use<>, GenerateError> {
    if batch_rows == 0 {
        return Err(GenerateError::EmptyBatches);
    }
    let batch_rows = batch_rows.min(LARGEST_BATCH);
    let people = People::of(options)?;
    let events = happenings(options, &people)?;
    let mut arrival = Arrival::new(options.order, options.seed, &events);
    let naming = Naming::new(options, people);
    let mut rows: Vec<Row> = Vec::new();
    Ok(std::iter::from_fn(move || {
        rows.clear();
        arrival.read(&events, batch_rows, &mut rows);
        if rows.is_empty() { None } else { Some(columns::batch(&rows, &naming)) }
    }))
}

const LARGEST_BATCH: usize = 1 << 24;

/// All events in the order in which they happen. Two events that compare equal are alike in every field, so an
/// unstable sort has only one possible result.
fn happenings(options: &Generate, people: &People) -> Result<Vec<Event>, GenerateError> {
    let too_many = || GenerateError::TooManyEvents { events: options.events };
    let count = usize::try_from(options.events).map_err(|_| too_many())?;
    let mut events = Vec::new();
    events.try_reserve_exact(count).map_err(|_| too_many())?;

    let rhythm = Rhythm::new();
    for person in people.iter() {
        let mut rng = Rng::stream(options.seed, Purpose::Behaviour, u64::from(person.user));
        sessions::act(&person, &rhythm, &mut rng, &mut events);
    }
    events.sort_unstable();
    Ok(events)
}
