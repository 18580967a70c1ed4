//! Ids for all sessions: one MD5 per session, and its first blocks only once per key.

use md5::{Digest, Md5};

use crate::id_scheme::{IdScheme, SessionId};
use crate::key_text::{write_instant, write_prefix};
use crate::numbering::number;
use crate::sessions::Sessions;
use crate::text::write_decimal;

/// Fills in the ids. The keys are shared among up to `threads` threads, each with a run of keys.
pub(crate) fn name_sessions(
    sessions: &mut Sessions,
    scheme: IdScheme,
    nanoseconds_per_unit: u64,
    threads: usize,
) {
    let keys = sessions.null_ids.len();
    let mut ids = vec![SessionId::default(); sessions.len()];
    let mut null_ids = std::mem::take(&mut sessions.null_ids);
    // Threads take about equally many sessions, cut where a key begins.
    let boundary = |share: usize| {
        let target = sessions.len() as u64 * share as u64 / threads as u64;
        if share == threads {
            keys
        } else {
            sessions.first_of_key.partition_point(|first| u64::from(*first) < target).min(keys)
        }
    };
    std::thread::scope(|scope| {
        let (mut ids_left, mut nulls_left) = (&mut ids[..], &mut null_ids[..]);
        let mut from = 0;
        for share in 1..=threads {
            let to = boundary(share).max(from);
            let count = (sessions.first_of_key[to] - sessions.first_of_key[from]) as usize;
            let (ids, nulls);
            (ids, ids_left) = ids_left.split_at_mut(count);
            (nulls, nulls_left) = nulls_left.split_at_mut(to - from);
            let sessions = &*sessions;
            let mut name = move || name_keys(sessions, scheme, nanoseconds_per_unit, from, ids, nulls);
            if share == threads {
                name();
            } else {
                scope.spawn(name);
            }
            from = to;
        }
    });
    sessions.id = ids;
    sessions.null_ids = null_ids;
}

/// Names the sessions of the keys from `first_key` on, an entry of `null_ids` a key.
fn name_keys(
    sessions: &Sessions,
    scheme: IdScheme,
    nanoseconds_per_unit: u64,
    first_key: usize,
    ids: &mut [SessionId],
    null_ids: &mut [bool],
) {
    let columns = sessions.keys.columns();
    let mut codes = vec![0; columns.len()];
    let (mut prefix, mut text) = (Vec::new(), Vec::new());
    let mut ids = ids.iter_mut();
    for (key, null_id) in (first_key..).zip(null_ids) {
        sessions.keys.codes(number(key), &mut codes);
        *null_id = !write_prefix(scheme, columns, &codes, &mut prefix, &mut text);
        // The state after the prefix is kept, so a session of a uuid key costs one block and not two.
        let of_key = Md5::new_with_prefix(&prefix);
        let range = sessions.first_of_key[key]..sessions.first_of_key[key + 1];
        let before = sessions.before.get(key).copied().unwrap_or_default();
        for (number, session) in (before + 1..).zip(range) {
            text.clear();
            match scheme {
                IdScheme::Sequence | IdScheme::Encoded => write_decimal(number, &mut text),
                IdScheme::Start | IdScheme::Persistent => {
                    write_instant(sessions.start[session as usize], nanoseconds_per_unit, &mut text)
                }
            }
            if let Some(id) = ids.next() {
                *id = SessionId::from_bytes(of_key.clone().chain_update(&text).finalize().into());
            }
        }
    }
}
