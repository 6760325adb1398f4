//! One server or several behind one interface: which is asked next, what is retried, which one is skipped for a while.
//!
//! Invariant: knows nothing of models; it takes a request and a way to read the answer.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;

use crate::answer::{Misshapen, field};
use crate::error::Again;
use crate::settings::Allowance;
use crate::transport::{Answer, Question, agent, send};
use crate::workers::{LOOKED_AT_EVERY, Left, Workers};
use crate::{Call, CallError, Error, Excerpt, Problem, Settings, Url, json};

/// A blocking client of one UM-Bridge server or several of the same model; may be called from many threads
/// at once.
///
/// Each call goes to the URL with the fewest calls under way. One that fails rests, twice as long each time in
/// a row, while others are asked; it is asked again afterwards, so that a server that comes back takes part
/// again. A resting one is asked only if no other is left. A call is given up at the limits of its
/// [`Settings`]; [`troubles`](Self::troubles) lists the URLs that failed.
///
/// No proxy is used, even if the environment sets one, and no redirection is followed.
#[derive(Debug)]
pub struct Client {
    urls: Vec<Arc<Url>>,
    agent: Agent,
    settings: Settings,
    states: Mutex<States>,
    /// Once true, no further request is sent, and those under way are no longer waited for.
    cancel: Option<&'static AtomicBool>,
    workers: Workers,
}

#[derive(Debug)]
struct States {
    each: Vec<State>,
    /// Where the next search begins, so that equally good servers take turns.
    turn: usize,
}

#[derive(Debug, Clone, Default)]
struct State {
    under_way: usize,
    answers: u64,
    failures: u64,
    /// Failures since the last answer.
    in_a_row: u32,
    /// When the last failure came, and how long the rest after it is.
    rest: Option<(Instant, Duration)>,
    last: Option<(Call, String)>,
}

impl State {
    fn rest_left(&self, now: Instant) -> Duration {
        self.rest.map_or(Duration::ZERO, |(since, rest)| {
            rest.saturating_sub(now.saturating_duration_since(since))
        })
    }
}

/// A summary of one server's failures. Displays as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The URL, without a password.
    pub url: String,
    /// Attempts that got no usable answer.
    pub failures: u64,
    /// Attempts that got one.
    pub answers: u64,
    /// Whether the last attempt failed.
    pub at_the_end: bool,
    /// The call that failed last.
    pub call: Call,
    /// The problem of that call.
    pub last: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url,
            failures,
            answers,
            call,
            last,
            ..
        } = self;
        let end = if self.at_the_end {
            "down at the end"
        } else {
            "back at the end"
        };
        let total = failures + answers;
        write!(
            f,
            "{url}: {failures} of {total} attempts failed, {end}; last, at {call}: {last}"
        )
    }
}

/// The result of a search for a server.
enum Choice {
    /// This server, with the call counted as under way.
    Begun(usize),
    /// All servers rest; the first is ready after this time.
    Resting(Duration),
}

/// The attempts of one call so far.
struct Journey<'a> {
    among: &'a [usize],
    tries: Vec<usize>,
    barred: Vec<bool>,
}

impl Client {
    /// A client of the servers at `urls`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::NoUrl`], [`Error::Url`], and [`Error::NoTls`] for https without the feature of that name.
    pub fn new<S: AsRef<str>>(urls: &[S], settings: Settings) -> Result<Self, Error> {
        let urls = urls.iter().map(|url| Url::parse(url.as_ref()));
        Self::of(urls.collect::<Result<_, _>>()?, settings)
    }

    /// A client of the servers at `urls`, which have been parsed. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::NoUrl`].
    pub fn of(urls: Vec<Url>, settings: Settings) -> Result<Self, Error> {
        if urls.is_empty() {
            return Err(Error::NoUrl);
        }
        let states = States {
            each: vec![State::default(); urls.len()],
            turn: 0,
        };
        Ok(Self {
            agent: agent(&settings),
            urls: urls.into_iter().map(Arc::new).collect(),
            settings,
            states: Mutex::new(states),
            cancel: None,
            workers: Workers::default(),
        })
    }

    /// This client, every call of which ends with [`Problem::Interrupted`] once `cancel` is true; calls under way
    /// end at once.
    ///
    /// Each call then waits on a thread of its own; an abandoned one ends at its time-out.
    #[must_use]
    pub fn until(self, cancel: &'static AtomicBool) -> Self {
        Self {
            cancel: Some(cancel),
            ..self
        }
    }

    /// The limits of this client.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The URLs, in their order, without passwords.
    pub fn urls(&self) -> impl ExactSizeIterator<Item = &str> {
        self.urls.iter().map(|url| url.shown())
    }

    /// The servers that failed at least once so far, in the order of the URLs.
    pub fn troubles(&self) -> Vec<Trouble> {
        let states = self.lock();
        let pairs = self.urls.iter().zip(&states.each);
        pairs
            .filter_map(|(url, state)| {
                let (call, last) = state.last.clone()?;
                Some(Trouble {
                    url: url.to_string(),
                    failures: state.failures,
                    answers: state.answers,
                    at_the_end: state.in_a_row > 0,
                    call,
                    last,
                })
            })
            .collect()
    }

    /// Makes a call at one of `among`, and retries where that may help, until `read` accepts the answer, which must
    /// hold at most `numbers` numbers.
    pub(crate) fn call<T>(
        &self,
        among: &[usize],
        call: Call,
        request: String,
        numbers: usize,
        read: impl Fn(&Value) -> Result<T, Unusable>,
    ) -> Result<T, Error> {
        let mut journey = Journey {
            among,
            tries: vec![0; self.urls.len()],
            barred: vec![false; self.urls.len()],
        };
        let question = Arc::new(Question {
            call,
            text: request,
            allowance: Allowance::of(numbers),
        });
        let attempts = among.len().saturating_add(self.settings.retries as usize);
        let mut failed = None;
        for attempt in 0..attempts {
            let Some(chosen) = self.begin(&journey, attempt) else {
                break;
            };
            let begun = Instant::now();
            let outcome = self.attempt(chosen, &question, &read);
            journey.tries[chosen] += 1;
            self.end(chosen, call, begun, outcome.as_ref().err());
            let problem = match outcome {
                Ok(answer) => return Ok(answer),
                Err(problem) => problem,
            };
            let again = problem.again();
            journey.barred[chosen] |= again == Again::Elsewhere;
            failed = Some((chosen, problem));
            if again == Again::Nowhere {
                break;
            }
        }
        Err(match failed {
            None => Error::NoUrl,
            Some((chosen, problem)) => Error::Call(Box::new(CallError {
                url: self.urls[chosen].to_string(),
                call,
                problem,
                tries: journey.tries.iter().sum(),
                servers: journey.tries.iter().filter(|tries| **tries > 0).count(),
            })),
        })
    }

    /// Chooses a server for the next attempt and counts the call as under way; pauses first if all that are
    /// left are resting.
    fn begin(&self, journey: &Journey<'_>, attempt: usize) -> Option<usize> {
        // The first attempt never waits: a server that failed other calls may answer this one.
        let patience = match u32::try_from(attempt).unwrap_or(u32::MAX) {
            0 => Duration::ZERO,
            attempt => self
                .settings
                .backoff
                .saturating_mul(1 << (attempt - 1).min(16)),
        };
        let pause = match self.choose(journey, patience)? {
            Choice::Begun(chosen) => return Some(chosen),
            Choice::Resting(rest) => rest.min(patience),
        };
        self.sleep(pause);
        match self.choose(journey, Duration::ZERO)? {
            Choice::Begun(chosen) => Some(chosen),
            Choice::Resting(_) => None,
        }
    }

    /// The server to ask next: one that does not rest, that this call has tried least, that is least busy. A
    /// resting one is taken only if no patience is left.
    fn choose(&self, journey: &Journey<'_>, patience: Duration) -> Option<Choice> {
        let now = Instant::now();
        let count = self.urls.len();
        let mut states = self.lock();
        let turn = states.turn;
        states.turn = (turn + 1) % count;
        let candidates = journey.among.iter().copied();
        let ((rest, ..), chosen) = candidates
            .filter(|&index| !journey.barred[index])
            .map(|index| {
                let state = &states.each[index];
                let rest = state.rest_left(now);
                let place = (index + count - turn) % count;
                let tries = journey.tries[index];
                ((rest, tries, state.under_way, place), index)
            })
            .min()?;
        if !rest.is_zero() && !patience.is_zero() {
            return Some(Choice::Resting(rest));
        }
        states.each[chosen].under_way += 1;
        Some(Choice::Begun(chosen))
    }

    fn end(&self, chosen: usize, call: Call, begun: Instant, problem: Option<&Problem>) {
        let now = Instant::now();
        let mut states = self.lock();
        let state = &mut states.each[chosen];
        state.under_way = state.under_way.saturating_sub(1);
        if matches!(problem, Some(Problem::Interrupted)) {
            return;
        }
        // A server that refuses a request is working.
        let Some(problem) = problem.filter(|problem| problem.again() != Again::Nowhere) else {
            state.answers += 1;
            state.in_a_row = 0;
            state.rest = None;
            return;
        };
        state.failures += 1;
        state.last = Some((call, problem.to_string()));
        // Of attempts that failed side by side only the first counts: they share one cause.
        if state.in_a_row > 0 && state.rest.is_some_and(|(since, _)| begun < since) {
            return;
        }
        // At least as long as the failure took: a server that hangs costs half of one thread at most.
        let unit = self
            .settings
            .backoff
            .max(now.saturating_duration_since(begun));
        let rest = unit.saturating_mul(1 << state.in_a_row.min(16));
        state.in_a_row = state.in_a_row.saturating_add(1);
        state.rest = Some((now, rest));
    }

    fn attempt<T>(
        &self,
        chosen: usize,
        question: &Arc<Question>,
        read: impl Fn(&Value) -> Result<T, Unusable>,
    ) -> Result<T, Problem> {
        let Answer { status, body } = self.answer(chosen, question)?;
        let limit = question.allowance.values;
        if json::has_more_values_than(limit, &body) {
            return Err(Problem::TooLarge {
                limit: limit as u64,
                unit: "values",
            });
        }
        let parsed = json::parse(&body);
        let failed = Problem::Status {
            status,
            body: Excerpt::new(&body),
        };
        // A server that is not ready may say so in the protocol's words; it is asked again all the same.
        if let Ok(value) = &parsed
            && let Some(refusal) = refusal(value)
        {
            return Err(match failed.again() {
                Again::Anywhere => failed,
                _ => refusal,
            });
        }
        if !(200..300).contains(&status) {
            return Err(failed);
        }
        let value = parsed.map_err(|error| Problem::Json {
            detail: error.to_string(),
            body: Excerpt::new(&body),
        })?;
        read(&value).map_err(|unusable| unusable.into_problem(&body))
    }

    /// The answer, unless the call is interrupted.
    fn answer(&self, chosen: usize, question: &Arc<Question>) -> Result<Answer, Problem> {
        let url = &self.urls[chosen];
        let Some(cancel) = self.cancel else {
            return send(url, &self.agent, &self.settings, question);
        };
        if cancel.load(Ordering::Relaxed) {
            return Err(Problem::Interrupted);
        }
        let (url, agent) = (Arc::clone(url), self.agent.clone());
        let (settings, question) = (self.settings.clone(), Arc::clone(question));
        let task = move || send(&url, &agent, &settings, &question);
        let outcome = self.workers.run(cancel, task);
        outcome.unwrap_or_else(|left| {
            Err(match left {
                Left::Interrupted => Problem::Interrupted,
                Left::Died => Problem::Http {
                    detail: "the thread that read it panicked".to_owned(),
                },
            })
        })
    }

    /// Sleeps for `pause`, unless the call is interrupted.
    fn sleep(&self, pause: Duration) {
        let begun = Instant::now();
        let cancelled = || {
            self.cancel
                .is_some_and(|cancel| cancel.load(Ordering::Relaxed))
        };
        while !cancelled() {
            let left = pause.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(match self.cancel {
                Some(_) => left.min(LOOKED_AT_EVERY),
                None => left,
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, States> {
        // No update of the states can be left half done, so that a poisoned lock is still consistent.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why an answer that is JSON is not what was asked for.
pub(crate) enum Unusable {
    Misshapen(Misshapen),
    Sizes { got: String, declared: String },
}

impl From<Misshapen> for Unusable {
    fn from(misshapen: Misshapen) -> Self {
        Self::Misshapen(misshapen)
    }
}

impl Unusable {
    fn into_problem(self, body: &[u8]) -> Problem {
        let body = Excerpt::new(body);
        match self {
            Self::Misshapen(Misshapen {
                at,
                expected,
                found,
            }) => Problem::Shape {
                at,
                expected,
                found,
                body,
            },
            Self::Sizes { got, declared } => Problem::Sizes {
                got,
                declared,
                body,
            },
        }
    }
}

/// The error object of the protocol, which some servers send with the status 200.
fn refusal(value: &Value) -> Option<Problem> {
    let error = value.get("error").filter(|error| !error.is_null())?;
    let text = |key: &str| match field(error, key) {
        Ok(Value::String(text)) => Excerpt::new(text.as_bytes()).text().to_owned(),
        _ => format!("(no {key})"),
    };
    Some(Problem::Refused {
        kind: text("type"),
        message: text("message"),
    })
}
