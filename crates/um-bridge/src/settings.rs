//! How patient a client is, and how much it takes. Refuses to know what is asked.

use std::time::Duration;

/// Limits of a [`Client`](crate::Client). Every call ends within them, whatever the other side does.
///
/// A call is made of attempts: the first, `retries` more, and one for each further URL. An attempt takes
/// at most `timeout`; the n-th waits at most 2ⁿ⁻² · `backoff` before it begins.
///
/// ```
/// use std::time::Duration;
/// let patient = um_bridge::Settings { timeout: Duration::from_secs(3600), ..Default::default() };
/// assert_eq!(patient.retries, 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// For one attempt, from the first packet to the last byte of the answer. A model that runs longer
    /// needs more; time that a request spends in a server's own queue counts.
    pub timeout: Duration,
    /// For a connection to stand, within `timeout`.
    pub connect_timeout: Duration,
    /// How often a call is repeated where that may help: a connection refused or broken off, and the
    /// statuses 429, 502, 503 and 504. After anything else, time-outs too, only another URL is tried.
    pub retries: u32,
    /// The rest of a URL after its first failure; doubled for each further one in a row.
    pub backoff: Duration,
    /// How many bytes an answer may have.
    pub response_limit: u64,
}

impl Default for Settings {
    /// A minute an attempt, ten seconds to connect, three retries after 0.2, 0.4 and 0.8 s (a server that is
    /// started again has 1.4 s), and 256 MiB: ten million numbers of 25 characters.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            retries: 3,
            backoff: Duration::from_millis(200),
            response_limit: 256 << 20,
        }
    }
}
