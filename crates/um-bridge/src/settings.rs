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
    /// How many numbers the inputs of a model may have together, and its outputs; a vector counts as a thousand at least.
    /// More than that is refused before anything is made of it.
    pub size_limit: usize,
}

impl Default for Settings {
    /// A minute an attempt, ten seconds to connect, three retries after 0.2, 0.4 and 0.8 s (a server that is
    /// started again has 1.4 s), and a million numbers: as JSON they are 25 MB, written and read again at each
    /// evaluation. A vector is a request of its own, which takes about as long as a thousand numbers.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            retries: 3,
            backoff: Duration::from_millis(200),
            size_limit: Self::SIZE_LIMIT,
        }
    }
}

/// What a vector costs beside its numbers: a request of its own takes as long as so many of them.
const LEAST: usize = 1000;
/// Bytes of an answer that hold no number: names, messages, blanks.
const PROSE: u64 = 1 << 20;
/// Bytes that a number may take, with its comma, a line break and an indent; 25 as a rule.
const OF_A_NUMBER: u64 = 64;
/// Values of an answer that are no numbers of its vectors.
const OTHER_VALUES: usize = 10_000;

impl Settings {
    /// The size limit by default: a million numbers.
    pub const SIZE_LIMIT: usize = 1_000_000;

    /// How large vectors of these sizes are, in the measure of the limit.
    pub(crate) fn weight(sizes: &[usize]) -> usize {
        let weights = sizes.iter().map(|size| *size.max(&LEAST));
        weights.fold(0, usize::saturating_add)
    }

    /// How many vectors there can be within the limit.
    pub(crate) fn most_vectors(&self) -> usize {
        self.size_limit / LEAST
    }
}

/// What an answer may hold that is to hold so many numbers and lists of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) bytes: u64,
    pub(crate) values: usize,
}

impl Allowance {
    pub(crate) fn of(numbers: usize) -> Self {
        Self {
            bytes: OF_A_NUMBER
                .saturating_mul(numbers as u64)
                .saturating_add(PROSE),
            values: numbers.saturating_add(OTHER_VALUES),
        }
    }
}
