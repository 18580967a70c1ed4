//! Places of a run at which tests look on, or end it as a kill does.

/// Where a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// The lock is open and not yet held.
    LockOpened,
    /// All parts and outputs are written, and the old state still counts.
    Written,
    /// The new state counts, and no output has its name.
    Advanced,
    /// Outputs have their names, and the note of them is there still.
    Named,
}

/// A run has come here.
#[cfg(not(test))]
#[inline(always)]
pub(super) fn reached(_: Place) {}

#[cfg(test)]
pub(super) use self::hooks::{on, reached};

#[cfg(test)]
mod hooks {
    use std::cell::RefCell;

    use super::Place;

    type Hook = Box<dyn FnMut(Place)>;

    thread_local! {
        static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
    }

    /// Calls this at every place that a run on this thread comes to, until it is replaced.
    pub(in super::super) fn on(hook: impl FnMut(Place) + 'static) {
        HOOK.with(|here| *here.borrow_mut() = Some(Box::new(hook)));
    }

    pub(in super::super) fn reached(place: Place) {
        // Taken out meanwhile, because a hook may run something itself.
        let hook = HOOK.with(|here| here.borrow_mut().take());
        if let Some(mut hook) = hook {
            hook(place);
            HOOK.with(|here| {
                here.borrow_mut().get_or_insert(hook);
            });
        }
    }
}
