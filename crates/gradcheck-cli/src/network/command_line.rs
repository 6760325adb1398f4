//! The command that runs the same check again.

use finite_diff::printable::is_hidden;

use super::prepare::join;
use super::spec::{NetworkSpec, Precision, SchemeName, name_of};
use crate::data::{Header, LabelColumn};

/// `gradcheck mlp` with every choice that differs from its default, quoted for a shell.
pub fn command_line(spec: &NetworkSpec) -> String {
    let default = NetworkSpec::default();
    let mut words = vec!["gradcheck".to_owned(), "mlp".to_owned()];
    if let Some(layers) = &spec.layers {
        flag(&mut words, "layers", join(layers, ","));
    }
    if spec.activation != default.activation {
        flag(&mut words, "activation", spec.activation.to_string());
    }
    if let Some(loss) = spec.loss {
        flag(&mut words, "loss", loss.to_string());
    }
    if spec.data != default.data {
        flag(&mut words, "data", spec.data.to_string());
    }
    if let Some(rows) = spec.rows {
        flag(&mut words, "rows", rows.to_string());
    }
    match spec.csv.header {
        Header::Auto => {}
        Header::Yes => flag(&mut words, "header", "yes".to_owned()),
        Header::No => flag(&mut words, "header", "no".to_owned()),
    }
    match &spec.csv.label {
        LabelColumn::Last => {}
        LabelColumn::Name(name) => flag(&mut words, "label", name.clone()),
        LabelColumn::Number(number) => flag(&mut words, "label", number.to_string()),
    }
    if !spec.standardize {
        flag(&mut words, "standardize", "false".to_owned());
    }
    if spec.l2 != default.l2 {
        flag(&mut words, "l2", number(spec.l2));
    }
    if spec.keep_prob != default.keep_prob {
        flag(&mut words, "keep-prob", number(spec.keep_prob));
    }
    if spec.frozen_masks {
        words.push("--frozen-masks".to_owned());
    }
    if spec.initialization != default.initialization {
        flag(&mut words, "init", spec.initialization.to_string());
    }
    if spec.seed != default.seed {
        flag(&mut words, "seed", spec.seed.to_string());
    }
    if spec.optimizer != default.optimizer {
        flag(&mut words, "optimizer", spec.optimizer.to_string());
    }
    if let Some(rate) = spec.learning_rate {
        flag(&mut words, "learning-rate", number(rate));
    }
    if let Some(size) = spec.batch_size {
        flag(&mut words, "batch-size", size.to_string());
    }
    if spec.steps != default.steps {
        flag(&mut words, "steps", spec.steps.to_string());
    }
    if spec.scheme != default.scheme {
        flag(
            &mut words,
            "scheme",
            name_of(&SchemeName::ALL, spec.scheme).to_owned(),
        );
    }
    if let Some(epsilon) = spec.epsilon {
        flag(&mut words, "epsilon", number(epsilon));
    }
    if let Some(engine) = spec.engine {
        flag(&mut words, "engine", engine.name().to_owned());
    }
    if let Some(sample) = spec.sample {
        flag(&mut words, "sample", sample.to_string());
    }
    if spec.precision != default.precision {
        flag(
            &mut words,
            "precision",
            name_of(&Precision::ALL, spec.precision).to_owned(),
        );
    }
    if spec.memory_limit != default.memory_limit {
        let gib = spec.memory_limit as f64 / f64::from(1 << 30);
        flag(&mut words, "memory-limit", number(gib));
    }
    if spec.negative_control {
        words.push("--negative-control".to_owned());
    }
    if let Some(fault) = &spec.fault {
        flag(&mut words, "fault", fault.clone());
    }
    words.join(" ")
}

fn flag(words: &mut Vec<String>, name: &str, value: String) {
    // After a space, a value that begins with a hyphen would be taken for a flag.
    if value.starts_with('-') {
        words.push(format!("--{name}={}", quoted(&value)));
        return;
    }
    words.push(format!("--{name}"));
    words.push(quoted(&value));
}

/// `value` so that it reads back as the same number, with an exponent where there would be a row of
/// zeros.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() || (1e-4..1e16).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// `word` as a shell reads it back.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+.,/:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if word.contains(is_hidden) {
        return ansi_quoted(word);
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `$'…'`, in which bash, zsh and newer shells write characters that are not shown, so that no terminal has to
/// obey them.
fn ansi_quoted(word: &str) -> String {
    let mut text = String::from("$'");
    for character in word.chars() {
        match character {
            '\'' | '\\' => text.extend(['\\', character]),
            c if is_hidden(c) => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!("\\x{byte:02x}"));
                }
            }
            c => text.push(c),
        }
    }
    text.push('\'');
    text
}
