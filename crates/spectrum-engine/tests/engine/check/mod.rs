//! Checks of events: nothing is found where nothing is wrong, and every fault that is laid into events, with its count.

mod clean;
mod events;
mod faults;
mod invariance;
mod refused;
