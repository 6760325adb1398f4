//! The peak memory of this process, as the system reports it.

use std::fs;

use thiserror::Error;

/// Why the peak memory is unknown.
#[derive(Debug, Error)]
pub(super) enum MemoryError {
    /// There is no /proc here.
    #[error(
        "the peak memory is unknown: {PATH} can't be read ({0}); this command needs Linux, or a system with its /proc"
    )]
    NoStatus(#[source] std::io::Error),
    /// /proc has no such entry.
    #[error("the peak memory is unknown: {PATH} has no line `VmHWM: … kB`")]
    NoPeak,
}

const PATH: &str = "/proc/self/status";

/// The peak resident memory so far, in bytes.
pub(super) fn peak() -> Result<u64, MemoryError> {
    let status = fs::read_to_string(PATH).map_err(MemoryError::NoStatus)?;
    kilobytes(&status)
        .map(|kilobytes| kilobytes * 1024)
        .ok_or(MemoryError::NoPeak)
}

fn kilobytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_read_and_nothing_else() {
        let status = "Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 7 kB\n";
        assert_eq!(kilobytes(status), Some(1234));
        assert_eq!(kilobytes("VmHWM:\t12 MB"), None);
        assert_eq!(kilobytes(""), None);
    }
}
