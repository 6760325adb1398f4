//! "Did you mean …?": the known word nearest to the one that was typed.
//!
//! Invariant: knows nothing of what the words stand for and how the suggestion is shown.

use std::path::Path;

use strsim::damerau_levenshtein;

/// Longer words get no suggestion: they are rarely mistyped, and the distance costs the product of their lengths.
const LONGEST: usize = 64;

/// How many entries of a directory are examined for a suggestion.
const MOST_ENTRIES: usize = 2000;

/// The known word that `word` was probably meant to be, if there is one.
///
/// A word is near when it differs, apart from case, by at most one edit in three characters
/// (insertion, deletion, substitution, or a swap of neighbors), or when it is the beginning, of
/// three characters at least, of exactly one known word. Among equally near ones the first wins.
///
/// ```
/// use gradcheck_cli::suggest::nearest;
///
/// assert_eq!(nearest("dgits", ["breast-cancer", "digits"]), Some("digits"));
/// assert_eq!(nearest("breast", ["breast-cancer", "digits"]), Some("breast-cancer"));
/// assert_eq!(nearest("train.csv", ["breast-cancer", "digits"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = word.to_lowercase();
    let length = typed.chars().count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    let mut begun: Vec<&str> = Vec::new();
    for candidate in known {
        let lower = candidate.to_lowercase();
        let candidate_length = lower.chars().count();
        if candidate_length > LONGEST {
            continue;
        }
        let distance = damerau_levenshtein(&typed, &lower);
        let allowed = (length.max(candidate_length) / 3).max(1);
        // A word without one character in common is not a misspelling, however short both are.
        let something_kept = distance < length.max(candidate_length);
        if something_kept && distance <= allowed && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
        if length >= 3 && lower.starts_with(&typed) {
            begun.push(candidate);
        }
    }
    match (best, begun.as_slice()) {
        (Some((_, candidate)), _) => Some(candidate),
        (None, [only]) => Some(only),
        _ => None,
    }
}

/// The path in the same directory as `path` whose file name was probably meant, if the directory can be read.
pub fn nearest_file(path: &Path) -> Option<String> {
    let word = path.file_name()?.to_str()?;
    let parent = path.parent()?;
    let directory = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .ok()?
        .take(MOST_ENTRIES)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    // A directory lists its entries in no particular order.
    names.sort();
    let name = nearest(word, names.iter().map(String::as_str))?;
    Some(parent.join(name).display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["breast-cancer", "digits", "synthetic"];

    #[test]
    fn misspellings_find_their_word() {
        for (typed, meant) in [
            ("breast_cancer", "breast-cancer"),
            ("Breastcancer", "breast-cancer"),
            ("digit", "digits"),
            ("DIGITS", "digits"),
            ("sythnetic", "synthetic"),
            ("synth", "synthetic"),
        ] {
            assert_eq!(nearest(typed, KNOWN), Some(meant), "{typed}");
        }
    }

    #[test]
    fn strangers_find_nothing() {
        let long = "x".repeat(100_000);
        for typed in ["", "iris", "d", "mnist.csv", long.as_str()] {
            assert_eq!(nearest(typed, KNOWN), None);
        }
        assert_eq!(nearest("y", ["x"]), None);
    }

    #[test]
    fn a_beginning_of_two_words_is_not_guessed() {
        assert_eq!(
            nearest("gradient", ["gradient_analytic", "gradient_numeric"]),
            None
        );
    }
}
