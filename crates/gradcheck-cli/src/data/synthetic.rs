//! A synthetic data set: normal features, labels from a random teacher.
//!
//! A seed gives the same examples however many are taken, so that a smaller set is the beginning
//! of a larger one. Invariant: knows nothing of networks; the teacher is a formula.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::data::{DataError, LoadOptions, Source, Table, TableProblem, Task};
use crate::input_error::Place;

/// The limit on examples × features: 100 million numbers are 800 MB.
const MOST_NUMBERS: usize = 100_000_000;

/// The default number of examples.
const DEFAULT_EXAMPLES: usize = 64;

/// The standard deviation of the noise added to the teacher's score, whose own deviation is about 1.7.
const NOISE: f64 = 0.1;

/// A random score `s(x) = w·x + (u·x)² − 1`, of mean 0, with `w` and `u` of expected length 1.
struct Teacher {
    linear: Vec<f64>,
    quadratic: Vec<f64>,
}

impl Teacher {
    fn random(features: usize, random: &mut ChaCha8Rng) -> Self {
        let scale = 1.0 / (features as f64).sqrt();
        let mut direction = || normals(features, random).map(|w| w * scale).collect();
        Self {
            linear: direction(),
            quadratic: direction(),
        }
    }

    fn score(&self, x: &[f64]) -> f64 {
        let dot = |w: &[f64]| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        dot(&self.linear) + dot(&self.quadratic).powi(2) - 1.0
    }
}

/// The synthetic examples: the label is the teacher's noisy score, its sign as 0 or 1, or the number
/// of the teacher with the greatest score, as the task requires.
pub(super) fn table(options: &LoadOptions) -> Result<Table, DataError> {
    let problem =
        |problem: TableProblem| Err(Place::file(Source::Synthetic.to_string()).error(problem));
    let features = options.synthetic_features;
    let examples = options.rows.limit().unwrap_or(DEFAULT_EXAMPLES);
    let teachers = match options.task {
        Task::Classes(classes) => classes,
        Task::Binary | Task::Regression => 1,
    };
    if features == 0 {
        return problem(TableProblem::NoSyntheticFeatures);
    }
    let fits = |count: usize| {
        count
            .checked_mul(features)
            .is_some_and(|n| n <= MOST_NUMBERS)
    };
    if !fits(examples) || !fits(teachers) {
        let limit = MOST_NUMBERS;
        return problem(TableProblem::TooLarge {
            examples: examples.max(teachers),
            features,
            limit,
        });
    }

    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    let teachers: Vec<Teacher> = (0..teachers)
        .map(|_| Teacher::random(features, &mut random))
        .collect();
    let mut table = Table {
        features,
        ..Table::default()
    };
    for _ in 0..examples {
        let x: Vec<f64> = normals(features, &mut random).collect();
        let scores: Vec<f64> = teachers
            .iter()
            .zip(normals(teachers.len(), &mut random))
            .map(|(teacher, noise)| teacher.score(&x) + NOISE * noise)
            .collect();
        table.labels.push(label(options.task, &scores));
        table.values.extend(x);
    }
    Ok(table)
}

fn label(task: Task, scores: &[f64]) -> f64 {
    match task {
        Task::Classes(_) => {
            let mut best = 0;
            for (class, score) in scores.iter().enumerate() {
                if *score > scores[best] {
                    best = class;
                }
            }
            best as f64
        }
        Task::Binary => f64::from(u8::from(scores[0] > 0.0)),
        Task::Regression => scores[0],
    }
}

fn normals(count: usize, random: &mut ChaCha8Rng) -> impl Iterator<Item = f64> {
    (0..count).map(move |_| StandardNormal.sample(random))
}
