//! The command that runs the same check again.

use super::prepare::join;
use super::spec::{Engine, NetworkSpec, Precision, SchemeName, name_of};
use crate::data::{Header, LabelColumn};

/// `gradcheck mlp` with every choice that differs from its default, quoted for a shell.
pub fn command_line(spec: &NetworkSpec) -> String {
    let default = NetworkSpec::default();
    let mut words = vec!["gradcheck".to_owned(), "mlp".to_owned()];
    let mut flag = |name: &str, value: String| {
        words.push(format!("--{name}"));
        words.push(quoted(&value));
    };
    if let Some(layers) = &spec.layers {
        flag("layers", join(layers, ","));
    }
    if spec.activation != default.activation {
        flag("activation", spec.activation.to_string());
    }
    if let Some(loss) = spec.loss {
        flag("loss", loss.to_string());
    }
    if spec.data != default.data {
        flag("data", spec.data.to_string());
    }
    if let Some(rows) = spec.rows {
        flag("rows", rows.to_string());
    }
    match spec.csv.header {
        Header::Auto => {}
        Header::Yes => flag("header", "yes".to_owned()),
        Header::No => flag("header", "no".to_owned()),
    }
    match &spec.csv.label {
        LabelColumn::Last => {}
        LabelColumn::Name(name) => flag("label", name.clone()),
        LabelColumn::Number(number) => flag("label", number.to_string()),
    }
    if !spec.standardize {
        flag("standardize", "false".to_owned());
    }
    if spec.l2 != default.l2 {
        flag("l2", spec.l2.to_string());
    }
    if spec.keep_prob != default.keep_prob {
        flag("keep-prob", spec.keep_prob.to_string());
    }
    if spec.frozen_masks {
        flag("frozen-masks", "true".to_owned());
    }
    if spec.initialization != default.initialization {
        flag("init", spec.initialization.to_string());
    }
    if spec.seed != default.seed {
        flag("seed", spec.seed.to_string());
    }
    if spec.optimizer != default.optimizer {
        flag("optimizer", spec.optimizer.to_string());
    }
    if let Some(rate) = spec.learning_rate {
        flag("learning-rate", rate.to_string());
    }
    if let Some(size) = spec.batch_size {
        flag("batch-size", size.to_string());
    }
    if spec.steps != default.steps {
        flag("steps", spec.steps.to_string());
    }
    if spec.scheme != default.scheme {
        flag("scheme", name_of(&SchemeName::ALL, spec.scheme).to_owned());
    }
    if let Some(epsilon) = spec.epsilon {
        flag("epsilon", format!("{epsilon:e}"));
    }
    if spec.engine != default.engine {
        flag("engine", name_of(&Engine::ALL, spec.engine).to_owned());
    }
    if let Some(sample) = spec.sample {
        flag("sample", sample.to_string());
    }
    if spec.precision != default.precision {
        flag(
            "precision",
            name_of(&Precision::ALL, spec.precision).to_owned(),
        );
    }
    if let Some(fault) = &spec.fault {
        flag("fault", fault.clone());
    }
    words.join(" ")
}

/// `word` as a shell reads it back.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+.,/:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
