//! The tables that a refresh works in. They are temporary ones of its transaction.

/// The spans of time of touched keys, each with what stands around it.
pub(super) const SPANS: &str = "spectrum_spans";
/// Under rules beyond the gap, the events of the spans as they were read.
pub(super) const FOUND: &str = "spectrum_found";
/// The events of the spans as they are now; of grown spans the new ones.
pub(super) const FRESH: &str = "spectrum_fresh";
/// What the sessions of grown spans consist of: sessions that stood there, and new events.
pub(super) const PARTS: &str = "spectrum_parts";
/// The sessions of the spans as they are now.
pub(super) const FRESH_SESSIONS: &str = "spectrum_fresh_sessions";
/// The rows of the sessions relation in the spans.
pub(super) const STANDING: &str = "spectrum_standing";
/// The rows of the summary in the spans.
pub(super) const STANDING_SESSIONS: &str = "spectrum_standing_sessions";
/// Where history is kept, the rows of the summary behind the spans as they were before their numbers shifted.
pub(super) const SHIFTED_SESSIONS: &str = "spectrum_shifted_sessions";
/// Where history is kept, the rows of the summary that a repair removes, to have them computed again.
pub(super) const REPAIRED_SESSIONS: &str = "spectrum_repaired_sessions";
/// The texts of the keys of a repair.
pub(super) const REPAIRED_KEYS: &str = "spectrum_repaired_keys";
/// When the history ended before a repair, and when it ends with it.
pub(super) const REPAIRED_AT: &str = "spectrum_repaired_at";
/// Where ids last, the anchors of the spans.
pub(super) const ANCHORS: &str = "spectrum_anchors";
