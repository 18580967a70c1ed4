//! How servers are asked, whoever they are.

use std::time::Duration;

use object_store::{BackoffConfig, ClientOptions, RetryConfig};

/// What can be said about the servers on a command line; everything else comes from the environment, as each vendor's own
/// tools take it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Where the server is, if it is not the vendor's.
    pub endpoint: Option<String>,
    /// Whether requests are made without saying who asks.
    pub anonymous: bool,
}

/// Seconds without a byte after which a request is taken for lost.
const SILENCE: &str = "SPECTRUM_STORE_TIMEOUT";

/// How often a request is made again.
const RETRIES: &str = "SPECTRUM_STORE_RETRIES";

/// A variable of the environment that says something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A server that is slow may be as slow as it likes, while one that says nothing is asked again.
pub(crate) fn client_options(endpoint: Option<&str>) -> ClientOptions {
    let silence = variable(SILENCE).and_then(|text| text.parse().ok()).unwrap_or(30);
    let silence = Duration::from_secs(silence.clamp(1, 3600));
    ClientOptions::new()
        .with_timeout_disabled()
        .with_connect_timeout(silence.min(Duration::from_secs(10)))
        .with_read_timeout(silence)
        .with_allow_http(
            endpoint.is_some_and(|endpoint| endpoint.to_ascii_lowercase().starts_with("http://")),
        )
}

/// Ten more times within three minutes, unless it is said otherwise.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(15),
            base: 2.,
        },
        max_retries: variable(RETRIES).and_then(|text| text.parse().ok()).unwrap_or(10),
        retry_timeout: Duration::from_secs(180),
    }
}
