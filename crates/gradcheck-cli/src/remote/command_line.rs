//! The command that runs the same check again.

use std::time::Duration;

use super::ModelSpec;
use crate::shell_words::quoted;
use crate::source_file::ReadLimit;

/// `gradcheck model` with every choice that differs from its default, quoted for a shell.
pub fn command_line(spec: &ModelSpec) -> String {
    let mut words = vec!["gradcheck".to_owned(), "model".to_owned()];
    // Without their passwords, which are not for logs.
    words.extend(spec.urls.iter().map(|url| quoted(&url.to_string())));
    let mut flag = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            // What begins with a dash would be taken for a flag.
            let between = if value.starts_with('-') { '=' } else { ' ' };
            words.push(format!("--{name}{between}{}", quoted(&value)));
        }
    };
    flag("spawn", spec.spawn.clone());
    let seconds = |time: Duration| {
        let seconds = time.as_secs_f64();
        (seconds != 60.0).then(|| seconds.to_string())
    };
    flag("wait", seconds(spec.wait));
    flag("model", spec.model.clone());
    flag(
        "at",
        spec.at
            .as_ref()
            .map(|path| path.to_string_lossy().into_owned()),
    );
    for block in &spec.blocks {
        flag("block", Some(block.to_string()));
    }
    for bounds in &spec.bounds {
        flag("bounds", Some(bounds.to_string()));
    }
    for place in &spec.fixed {
        flag("fixed", Some(place.to_string()));
    }
    flag("config", spec.config.clone());
    flag("jobs", spec.jobs.map(|jobs| jobs.to_string()));
    flag("sample", spec.sample.map(|count| count.to_string()));
    flag("precision", spec.single.then(|| "f32".to_owned()));
    flag("resolution", spec.resolution.map(|r| format!("{r:e}")));
    flag("accuracy", spec.accuracy.map(|a| format!("{a:e}")));
    flag("timeout", seconds(spec.timeout));
    flag(
        "retries",
        (spec.retries != 3).then(|| spec.retries.to_string()),
    );
    let read_limit = Some(spec.read_limit).filter(|limit| *limit != ReadLimit::default());
    flag(
        "read-limit",
        read_limit.map(|limit| limit.in_gib().to_string()),
    );
    flag(
        "max-size",
        (spec.max_size != um_bridge::Settings::SIZE_LIMIT).then(|| spec.max_size.to_string()),
    );
    flag("seed", Some(spec.seed.to_string()));
    for (name, is_set) in [("--exact", spec.exact), ("--strict", spec.strict)] {
        if is_set {
            words.push(name.to_owned());
        }
    }
    words.join(" ")
}
