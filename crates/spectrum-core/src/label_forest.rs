//! Labels of events while sessions are still in the making, and which of them have turned out to be the same.
//!
//! A forest in the sense of union-find: a label is an index, its parent is the label it was united with.

use crate::numbering::number;

/// The mark an event carries until the sessions are known: which interval of its [`crate::Labeller`] it fell
/// into. Not a session number, and worth nothing across labellers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct Label(u32);

impl Label {
    /// Carried by events without a time, which belong to no session.
    pub const NONE: Self = Self(u32::MAX);

    /// Carried by events that take no part, where all that do have labels of their own: there are never so many.
    pub const OUTSIDE: Self = Self(u32::MAX - 1);

    /// The label at a place of a forest.
    pub(crate) fn at(index: u32) -> Self {
        Self(index)
    }

    /// Which of its labeller's labels it is.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Labels by their parent; a root is its own. Grows by four bytes per label.
#[derive(Debug, Default)]
pub(crate) struct LabelForest {
    parents: Vec<u32>,
}

impl LabelForest {
    /// A new label. [`crate::Labeller`] takes fewer events than there are labels, so they do not run out.
    #[inline]
    pub(crate) fn plant(&mut self) -> Label {
        let label = number(self.parents.len());
        self.parents.push(label);
        Label(label)
    }

    /// Says that the events of `absorbed` belong with those of `kept`. Both must be roots, and `kept` stays
    /// one.
    pub(crate) fn unite(&mut self, kept: Label, absorbed: Label) {
        self.parents[absorbed.index()] = kept.0;
    }

    /// The label that `label` was united into, perhaps itself.
    pub(crate) fn root(&mut self, label: Label) -> Label {
        let mut at = label.0;
        loop {
            let parent = self.parents[at as usize];
            if parent == at {
                return Label(at);
            }
            // Path halving: each look-up brings the ones after it closer to the root.
            let grandparent = self.parents[parent as usize];
            self.parents[at as usize] = grandparent;
            at = grandparent;
        }
    }

    /// How many labels there are.
    pub(crate) fn len(&self) -> usize {
        self.parents.len()
    }
}
