//! Files that the user names: opened only here, and read up to a limit.
//!
//! Invariant: knows nothing of formats. No allocation depends on a size that a file claims.

use std::fmt;
use std::fs::{File, FileType};
use std::io::{self, BufReader, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::input_error::{Located, Place, did_you_mean};
use crate::suggest::nearest_file;

/// Why a file can't be read, whatever its format.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// The path does not exist.
    #[error("no such file{}", did_you_mean(suggestion.as_deref(), "check the path"))]
    NotFound {
        /// A file in the same directory with a similar name.
        suggestion: Option<String>,
    },
    /// The path is a directory.
    #[error("this is a directory: name a file in it")]
    Directory,
    /// The path is a device or socket, without content or without end.
    #[error("this is {0}: name a file or a pipe")]
    NoFile(&'static str),
    /// The operating system failed to read the file.
    #[error("the file can't be read ({0}): check its permissions and the disk")]
    Unreadable(io::Error),
    /// The file is empty, or all blank.
    #[error("the file is empty: check that the program that wrote it has finished")]
    Empty,
    /// The file has more bytes than the limit.
    #[error("the file is larger than {0}: name a smaller file, or raise --read-limit")]
    TooLong(ReadLimit),
    /// The file's content would take more memory than the limit.
    #[error(
        "its content would take more than {0} of memory: name a smaller file, or raise --read-limit"
    )]
    TooMuch(ReadLimit),
}

/// The limit on the bytes read from one file, and on the memory that its numbers and names may take.
///
/// Displays as `1 GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct ReadLimit(u64);

impl Default for ReadLimit {
    /// 1 GiB: 134 million numbers in 64 bits, more than a gradient check handles, and little enough for a
    /// current machine to hold two files and what is computed from them.
    fn default() -> Self {
        Self(1 << 30)
    }
}

impl ReadLimit {
    /// A limit in GiB; `None` if that is not a valid size.
    pub fn gib(gib: f64) -> Option<Self> {
        let bytes = gib * f64::from(1 << 30);
        (bytes >= 1.0 && bytes < u64::MAX as f64).then_some(Self(bytes as u64))
    }

    /// A limit in bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The limit in bytes.
    pub(crate) fn in_bytes(self) -> u64 {
        self.0
    }

    /// The limit in GiB, as it is typed.
    pub fn in_gib(self) -> f64 {
        self.0 as f64 / f64::from(1 << 30)
    }
}

impl TryFrom<f64> for ReadLimit {
    type Error = &'static str;

    fn try_from(gib: f64) -> Result<Self, Self::Error> {
        Self::gib(gib).ok_or("this is not a size: give a number of GiB above 0, such as 4")
    }
}

impl From<ReadLimit> for f64 {
    fn from(limit: ReadLimit) -> Self {
        limit.in_gib()
    }
}

impl fmt::Display for ReadLimit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut size, mut unit) = (self.0 as f64, "bytes");
        for larger in ["KiB", "MiB", "GiB"] {
            if size >= 1024.0 {
                (size, unit) = (size / 1024.0, larger);
            }
        }
        write!(out, "{} {unit}", (size * 100.0).round() / 100.0)
    }
}

/// The memory that the content of a file may still take.
#[derive(Debug)]
pub(crate) struct Room {
    left: u64,
    limit: ReadLimit,
}

impl Room {
    /// As much room as the limit allows.
    pub(crate) fn new(limit: ReadLimit) -> Self {
        Self {
            left: limit.0,
            limit,
        }
    }

    /// Reserves room for `count` values of the type `T`, before they are allocated.
    pub(crate) fn take<T>(&mut self, count: usize) -> Result<(), FileProblem> {
        let bytes = (count as u64).saturating_mul(size_of::<T>() as u64);
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(FileProblem::TooMuch(self.limit)),
        }
    }
}

/// A file open for reading, which fails with [`FileProblem::TooLong`] beyond the limit.
pub(crate) type Source = BufReader<Limited<File>>;

/// A reader that fails beyond a limit.
#[derive(Debug)]
pub(crate) struct Limited<R> {
    inner: R,
    left: u64,
    limit: ReadLimit,
}

impl<R> Limited<R> {
    pub(crate) fn new(inner: R, limit: ReadLimit) -> Self {
        Self::resume(inner, limit.0, limit)
    }

    /// A reader with `left` bytes of the limit left.
    pub(crate) fn resume(inner: R, left: u64, limit: ReadLimit) -> Self {
        Self { inner, left, limit }
    }
}

impl<R> Limited<R> {
    /// The number of bytes that may still be read.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte more than is left distinguishes the end of the file from its continuation.
        let most = usize::try_from(self.left.saturating_add(1)).unwrap_or(usize::MAX);
        let buffer = match buffer.split_at_mut_checked(most) {
            Some((buffer, _)) => buffer,
            None => buffer,
        };
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other(FileProblem::TooLong(self.limit)))?;
        Ok(read)
    }
}

/// Opens `path`, a file or a pipe, to be read up to `limit`.
pub(crate) fn open(path: &Path, limit: ReadLimit) -> Result<Source, Located<FileProblem>> {
    // Checked before it is opened: opening a device may have effects.
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if metadata.is_dir() {
        return Err(here(path).error(FileProblem::Directory));
    }
    if let Some(kind) = no_file(metadata.file_type()) {
        return Err(here(path).error(FileProblem::NoFile(kind)));
    }
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    Ok(BufReader::new(Limited::new(file, limit)))
}

/// All bytes of the file `path`; an error beyond `limit`.
pub(crate) fn read(path: &Path, limit: ReadLimit) -> Result<Vec<u8>, Located<FileProblem>> {
    let mut bytes = Vec::new();
    open(path, limit)?
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, error))?;
    Ok(bytes)
}

/// Why opening or reading `path` failed, in the user's terms.
pub(crate) fn unreadable(path: &Path, error: io::Error) -> Located<FileProblem> {
    let problem = match error.kind() {
        io::ErrorKind::NotFound => FileProblem::NotFound {
            suggestion: nearest_file(path),
        },
        io::ErrorKind::IsADirectory => FileProblem::Directory,
        _ => match error.downcast::<FileProblem>() {
            Ok(problem) => problem,
            Err(error) => FileProblem::Unreadable(error),
        },
    };
    here(path).error(problem)
}

fn here(path: &Path) -> Place {
    Place::file(path.display().to_string())
}

/// The kind of a file that can't be read to its end, as text; `None` for files and pipes.
#[cfg(unix)]
fn no_file(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_char_device() {
        Some("a device or a terminal")
    } else if kind.is_block_device() {
        Some("a disk")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        None
    }
}

#[cfg(not(unix))]
fn no_file(_: FileType) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_lets_pass_what_just_fits() {
        for (length, fits) in [
            (0_usize, true),
            (3, true),
            (4, true),
            (5, false),
            (99, false),
        ] {
            let bytes = vec![b'1'; length];
            let mut read = Vec::new();
            let result = Limited::new(bytes.as_slice(), ReadLimit::bytes(4)).read_to_end(&mut read);
            assert_eq!(result.is_ok(), fits, "{length}");
            assert!(read.len() <= 4);
        }
        let mut room = Room::new(ReadLimit::bytes(24));
        assert!(room.take::<f64>(3).is_ok() && room.take::<u8>(0).is_ok());
        assert!(room.take::<u8>(1).is_err() && room.take::<f64>(usize::MAX).is_err());
    }

    #[test]
    fn limits_are_typed_in_gib() {
        assert_eq!(ReadLimit::gib(1.0), Some(ReadLimit::default()));
        assert_eq!(ReadLimit::gib(0.25).map(ReadLimit::in_gib), Some(0.25));
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e30, 1e-12] {
            assert_eq!(ReadLimit::gib(wrong), None, "{wrong}");
        }
        for (limit, shown) in [(1 << 30, "1 GiB"), (1 << 20, "1 MiB"), (1000, "1000 bytes")] {
            assert_eq!(ReadLimit::bytes(limit).to_string(), shown);
        }
    }
}
