//! A cause as a sentence about the gradients of some blocks.

use crate::diagnosis::Diagnosis;

use super::findings::list_up_to;

/// Names in a sentence: those of a network of six layers.
const MOST_NAMES: usize = 12;

impl Diagnosis {
    /// The message about the gradients of these blocks, as a sentence without its full stop: `dW2 is 2× the
    /// numeric gradient (residual 3e-12): there is an extra factor of 2`.
    pub fn sentence(&self, blocks: &[&str]) -> String {
        let name = |block: &&str| match block.chars().all(char::is_alphanumeric) {
            // A derivative already, such as a block of a Jacobian.
            _ if block.starts_with('d') && block.contains("/d") => (*block).to_owned(),
            true => format!("d{block}"),
            false => format!("d({block})"),
        };
        let names: Vec<String> = blocks.iter().map(name).collect();
        let names = list_up_to(MOST_NAMES, &names);
        let residual = if self.residual > 0.0 {
            format!(" (residual {:.1e})", self.residual)
        } else {
            String::new()
        };
        // A predicate, or a sentence of its own.
        if !["is ", "has "]
            .iter()
            .any(|verb| self.message.starts_with(verb))
        {
            return format!("{names}: {}{residual}", self.message);
        }
        let subject = match blocks.len() {
            1 => names,
            _ => format!("each of {names}"),
        };
        match self.message.split_once(':') {
            Some((what, why)) => format!("{subject} {what}{residual}:{why}"),
            None => format!("{subject} {}{residual}", self.message),
        }
    }
}
