//! The command that runs the same check again.

use super::prepare::join;
use super::spec::{Engine, NetworkSpec, Precision, SchemeName, name_of};
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
        flag(&mut words, "l2", spec.l2.to_string());
    }
    if spec.keep_prob != default.keep_prob {
        flag(&mut words, "keep-prob", spec.keep_prob.to_string());
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
        flag(&mut words, "learning-rate", rate.to_string());
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
        flag(&mut words, "epsilon", format!("{epsilon:e}"));
    }
    if spec.engine != default.engine {
        flag(
            &mut words,
            "engine",
            name_of(&Engine::ALL, spec.engine).to_owned(),
        );
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
    if let Some(fault) = &spec.fault {
        flag(&mut words, "fault", fault.clone());
    }
    words.join(" ")
}

fn flag(words: &mut Vec<String>, name: &str, value: String) {
    words.push(format!("--{name}"));
    words.push(quoted(&value));
}

/// `word` as a shell reads it back.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+.,/:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
