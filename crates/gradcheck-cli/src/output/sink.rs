//! Where a result goes: standard output, or a file that is replaced only once the result is whole.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

use super::terminal;
use crate::input_error::shown;

/// Why a result can't be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The place for the file can't be written to.
    #[error(
        "{}: can't be written ({source}): choose another --output",
        shown(path)
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder it is to be in is not there.
    #[error(
        "{}: there is no folder {}: create it, or choose another --output",
        shown(path),
        shown(folder)
    )]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// The path given for the output is a folder.
    #[error(
        "{}: this is a directory: give the name of a file for --output",
        shown(path)
    )]
    Directory {
        /// The folder.
        path: PathBuf,
    },
    /// The output would overwrite a file that this run reads.
    #[error(
        "{}: this run reads this file, and --output would overwrite it: choose another name",
        shown(path)
    )]
    Input {
        /// The file.
        path: PathBuf,
    },
    /// Standard output is gone.
    #[error("standard output can't be written ({0}): check where it goes, or use --output")]
    Stdout(std::io::Error),
}

#[cfg(unix)]
const STDOUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
#[cfg(not(unix))]
const STDOUT: [&str; 0] = [];

/// A place for one result.
pub enum Sink {
    /// Standard output, with or without colors as its terminal has it.
    Stdout,
    /// A file, written beside its place first.
    File(PathBuf),
    /// Something other than a regular file, such as a pipe or a device, written in place. It stays open from the start: a
    /// reader of a pipe that saw it closed would be gone.
    Special(PathBuf, File),
}

impl Sink {
    /// Tries the place, before any time is spent on what is to be written there. `inputs` are files
    /// that must not be overwritten. Leaves nothing behind: a run may be killed before it writes.
    ///
    /// # Errors
    /// [`SinkError`], where nothing could be written or an input would be.
    pub fn open(path: Option<&Path>, inputs: &[&Path]) -> Result<Self, SinkError> {
        // The names of standard output are not a file to be replaced, even where it was redirected to one.
        let Some(path) = path.filter(|path| !STDOUT.iter().any(|name| path.as_os_str() == *name))
        else {
            return Ok(Self::Stdout);
        };
        let unwritable = |source| SinkError::Unwritable {
            path: path.to_owned(),
            source,
        };
        // A link is followed, so that it goes on pointing to what it points to.
        let place = followed(path).map_err(unwritable)?;
        let metadata = match place.metadata() {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(unwritable(error)),
        };
        if let Some(metadata) = metadata {
            if metadata.is_dir() {
                return Err(SinkError::Directory {
                    path: path.to_owned(),
                });
            }
            if inputs
                .iter()
                .any(|input| input.canonicalize().is_ok_and(|input| input == place))
            {
                return Err(SinkError::Input {
                    path: path.to_owned(),
                });
            }
            // Asks for the permission, changes nothing.
            let file = std::fs::OpenOptions::new()
                .append(true)
                .open(&place)
                .map_err(unwritable)?;
            if !metadata.is_file() {
                return Ok(Self::Special(place, file));
            }
        }
        let folder = folder(&place);
        if !folder.exists() {
            return Err(SinkError::NoFolder {
                path: path.to_owned(),
                folder: folder.to_owned(),
            });
        }
        if place.as_os_str().as_encoded_bytes().last() == Some(&b'/') {
            return Err(SinkError::Directory {
                path: path.to_owned(),
            });
        }
        drop(temporary(&place).map_err(unwritable)?);
        Ok(Self::File(place))
    }

    /// Writes a script, which is our own, as it is to standard output.
    ///
    /// # Errors
    /// [`SinkError::Stdout`].
    pub fn script(text: &str) -> Result<(), SinkError> {
        terminal::script(text).map_err(SinkError::Stdout)
    }

    /// Writes the result, styles only where a terminal shows them.
    ///
    /// # Errors
    /// [`SinkError`]. A reader that closed the pipe early has seen what it wanted: no error.
    pub fn write(self, text: &str) -> Result<(), SinkError> {
        match self {
            Self::Stdout => terminal::result(text).map_err(SinkError::Stdout),
            Self::File(path) => {
                let unwritable = |source| SinkError::Unwritable {
                    path: path.clone(),
                    source,
                };
                let plain = terminal::plain(text);
                let mut file = temporary(&path).map_err(unwritable)?;
                file.write_all(plain.as_bytes()).map_err(unwritable)?;
                share(&path, file.as_file()).map_err(unwritable)?;
                file.persist(&path)
                    .map_err(|error| unwritable(error.error))?;
                Ok(())
            }
            Self::Special(path, mut file) => {
                let plain = terminal::plain(text);
                match file.write_all(plain.as_bytes()) {
                    Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
                        Err(SinkError::Unwritable { path, source })
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}

/// Where `path` leads, links followed, also those that lead to what is not there yet.
fn followed(path: &Path) -> std::io::Result<PathBuf> {
    // As many as the system follows.
    const MOST_LINKS: usize = 40;
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        if let Ok(found) = place.canonicalize() {
            return Ok(found);
        }
        match place.read_link() {
            // What is there has no name, as a pipe behind /dev/stdout.
            Ok(_) if place.exists() => return Ok(place),
            Ok(target) => place = place.with_file_name(target),
            Err(_) => return Ok(place),
        }
    }
    // The system's own word on a chain that has no end.
    place.metadata().map(|_| place)
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// A temporary file beside `path`, with the permissions that new files have here. An error is the system's own, without the
/// temporary name, which means nothing to the user.
fn temporary(path: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".gradcheck-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The system takes off what is not for others.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(path)).map_err(|error| {
        let text = error.to_string();
        match text.split_once(" at path ") {
            Some((what, _)) => std::io::Error::new(error.kind(), what),
            None => error,
        }
    })
}

/// Gives the new file the permissions of the one it replaces.
fn share(path: &Path, file: &File) -> std::io::Result<()> {
    match path.metadata() {
        Ok(old) => file.set_permissions(old.permissions()),
        Err(_) => Ok(()),
    }
}
