//! An event as it is checked: sixteen bytes.

/// The key of events that take no part: they have no time, or one that another check found.
pub(super) const NO_KEY: u32 = u32::MAX;

/// So many bits say which file it is.
const FILE_BITS: u32 = 12;
/// So many files can be told apart.
pub(super) const MOST_FILES: usize = 1 << FILE_BITS;
/// So many types can be told apart.
pub(super) const MOST_TYPES: usize = 1 << (32 - FILE_BITS);

/// An event: its time, key, and, for what they are worth, type and file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// In the unit of the scan.
    pub(super) instant: i64,
    /// [`NO_KEY`] where it takes no part.
    pub(super) key: u32,
    /// The type in the upper bits and the file in the lower ones.
    kind: u32,
}

const _: () = assert!(size_of::<Event>() == 16);

impl Event {
    pub(super) const NONE: Self = Self { instant: 0, key: NO_KEY, kind: 0 };

    pub(super) fn new(instant: i64, key: u32, event_type: u32, file: usize) -> Self {
        let event_type = event_type.min(MOST_TYPES as u32 - 1);
        Self { instant, key, kind: event_type << FILE_BITS | file.min(MOST_FILES - 1) as u32 }
    }

    pub(super) fn event_type(self) -> u32 {
        self.kind >> FILE_BITS
    }

    pub(super) fn set_type(&mut self, event_type: u32) {
        *self = Self::new(self.instant, self.key, event_type, self.file());
    }

    pub(super) fn file(self) -> usize {
        (self.kind & (MOST_FILES as u32 - 1)) as usize
    }

    /// What events of one key are sorted by: equal ones come together, whatever their order was.
    pub(super) fn order(&self) -> (i64, u32) {
        (self.instant, self.kind)
    }

    /// Whether another event of its key is the same, as far as it is known.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.instant, self.event_type()) == (other.instant, other.event_type())
    }
}
