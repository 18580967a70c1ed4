//! Where the names on a command line lead: to files of this machine, and to object stores if the binary was built with them.

use std::sync::Arc;

use clap::Args;
use spectrum_engine::store::Store;

/// How object stores are asked. Everything else is taken from the environment, as each vendor's own tools take it.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct StoreFlags {
    /// Where the object store is, if it is not the vendor's own, as in http://127.0.0.1:9000 [default: AWS_ENDPOINT_URL and
    /// its like]
    #[arg(long, value_name = "URL", help_heading = "Object stores")]
    endpoint_url: Option<String>,
    /// Ask object stores for public data, without credentials
    #[arg(long, help_heading = "Object stores")]
    anonymous: bool,
}

#[cfg(feature = "objects")]
mod objects {
    use std::sync::{Arc, OnceLock};

    use spectrum_objects::{Objects, Settings};

    use super::StoreFlags;
    use crate::interrupt::stopped;

    /// One for the process, so that nobody is asked twice.
    pub(super) fn objects() -> &'static Arc<Objects> {
        static OBJECTS: OnceLock<Arc<Objects>> = OnceLock::new();
        OBJECTS.get_or_init(|| Arc::new(Objects::new(stopped)))
    }

    pub(super) fn settle(flags: &StoreFlags) {
        let mut settings = Settings::default();
        settings.endpoint.clone_from(&flags.endpoint_url);
        settings.anonymous = flags.anonymous;
        objects().set(settings);
    }
}

impl StoreFlags {
    /// The store that the flags say, which is that of all names from here on.
    pub(crate) fn store(&self) -> Option<Arc<dyn Store>> {
        #[cfg(feature = "objects")]
        objects::settle(self);
        store()
    }
}

/// The store of all names, if it is not just this machine.
pub(crate) fn store() -> Option<Arc<dyn Store>> {
    #[cfg(feature = "objects")]
    return Some(Arc::clone(objects::objects()) as _);
    #[cfg(not(feature = "objects"))]
    None
}

/// The name by which a place is known from here on. Nothing secret stands in it, so that it can be shown.
pub(crate) fn named(name: &str) -> String {
    #[cfg(feature = "objects")]
    return objects::objects().named(name);
    #[cfg(not(feature = "objects"))]
    spectrum_engine::store::without_secrets(name)
}

/// Adds to a report how many reads object stores were asked for, and how many bytes came, if any were.
pub(crate) fn tell_reads(report: &mut serde_json::Value) {
    #[cfg(feature = "objects")]
    {
        let counts = objects::objects().counts();
        if counts.reads() > 0 {
            report["object_store"] =
                serde_json::json!({ "reads": counts.reads(), "bytes_read": counts.bytes_read() });
        }
    }
    #[cfg(not(feature = "objects"))]
    let _ = report;
}
