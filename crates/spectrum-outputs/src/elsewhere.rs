//! Outputs that nothing is renamed for.

use std::fmt::Debug;
use std::io;
use std::path::Path;

/// An output that is complete where it will be, as an upload is, and shows under its name in one step. Dropping it takes
/// away what has not come to that.
pub trait Elsewhere: Debug + Send {
    /// The name that it will have.
    fn name(&self) -> &Path;

    /// Gives it its name.
    ///
    /// # Errors
    /// When the name is taken by now ([`io::ErrorKind::AlreadyExists`]), or it is refused. It does not show then.
    fn appear(&mut self) -> io::Result<()>;

    /// Takes that back.
    ///
    /// # Errors
    /// When it is refused, or when it has replaced something, which nobody can bring back.
    fn take_back(&mut self) -> io::Result<()>;

    /// Whether something else had the name before it had it.
    fn has_replaced(&self) -> bool;
}
