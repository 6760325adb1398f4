//! One model of a server: what it declares, and its functions with every size checked.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::answer::{field, flag, names, sizes, vector, vectors};
use crate::client::Unusable;
use crate::excerpt::list;
use crate::{Call, Client, Error, Settings};

/// Which calls a model supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Support {
    /// F itself.
    pub evaluate: bool,
    /// Its gradient action, sensᵀ·∂F.
    pub gradient: bool,
    /// Its Jacobian action, ∂F·vec.
    pub apply_jacobian: bool,
    /// Its Hessian action, ∂(sensᵀ·∂F)·vec.
    pub apply_hessian: bool,
}

/// A model F: (θ_0, …, θ_{k−1}) ↦ (F_0(θ), …, F_{m−1}(θ)), each input and each output a vector.
///
/// May be called from many threads at once.
///
/// A number in an answer may be NaN or infinite: that is a valid result, not a protocol error. A `null`, as C++
/// servers write it, becomes NaN, whichever of the two it was.
#[derive(Debug, Clone)]
pub struct Model {
    client: Arc<Client>,
    name: String,
    config: Map<String, Value>,
    declared: Declared,
}

/// What a model declares about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Declared {
    support: Support,
    input_sizes: Vec<usize>,
    output_sizes: Vec<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_wrt: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_wrt: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_wrt1: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_wrt2: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a [&'a [f64]]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sens: Option<&'a [f64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vec: Option<&'a [f64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a Map<String, Value>>,
}

impl Model {
    /// Opens the model `name` (or the only one there is) under `config`, the model's own settings.
    ///
    /// Every server is asked what it offers. One that gives no answer is skipped for a while
    /// ([`Client::troubles`]), as long as another one answers.
    ///
    /// # Errors
    /// [`Error::Version`], [`Error::NoSuchModel`], [`Error::WhichModel`], [`Error::DifferentModel`],
    /// [`Error::Oversize`], and [`Error::Call`] if no server answers or one refuses, for example the configuration.
    pub fn open(
        client: Client,
        name: Option<&str>,
        config: Map<String, Value>,
    ) -> Result<Self, Error> {
        let mut known: Option<(String, Declared, String)> = None;
        let mut failed = None;
        for (index, url) in client.urls().enumerate() {
            let wanted = known.as_ref().map(|(name, ..)| name.as_str()).or(name);
            match ask(&client, index, wanted, &config) {
                Ok((name, declared)) => match &known {
                    None => known = Some((name, declared, url.to_owned())),
                    Some((_, first, _)) if *first == declared => {}
                    Some((_, first, reference)) => {
                        return Err(Error::DifferentModel {
                            model: name,
                            url: url.to_owned(),
                            reference: reference.clone(),
                            theirs: declared.words(),
                            ours: first.words(),
                        });
                    }
                },
                Err(Error::Call(error))
                    if error.problem.again() != crate::error::Again::Nowhere =>
                {
                    failed = failed.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        let Some((name, declared, _)) = known else {
            return Err(failed.map_or(Error::NoUrl, Error::Call));
        };
        Ok(Self {
            client: Arc::new(client),
            name,
            config,
            declared,
        })
    }

    /// The name of the model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which calls it supports.
    pub fn support(&self) -> Support {
        self.declared.support
    }

    /// The length of each input vector under the configuration.
    pub fn input_sizes(&self) -> &[usize] {
        &self.declared.input_sizes
    }

    /// The length of each output vector under the configuration.
    pub fn output_sizes(&self) -> &[usize] {
        &self.declared.output_sizes
    }

    /// The client through which the model is reached.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// F(θ), one vector for each output.
    ///
    /// # Errors
    /// [`Error::Unsupported`], [`Error::Argument`] if the inputs don't fit, [`Error::Call`].
    pub fn evaluate<V: AsRef<[f64]>>(&self, inputs: &[V]) -> Result<Vec<Vec<f64>>, Error> {
        let inputs = self.check(Call::Evaluate, self.declared.support.evaluate, inputs)?;
        let request = Request {
            input: Some(&inputs),
            ..self.request()
        };
        let numbers = self.output_sizes().iter().map(|size| size + 1).sum();
        self.call(Call::Evaluate, &request, numbers, |answer| {
            let outputs = vectors(answer, "output")?;
            let lengths: Vec<usize> = outputs.iter().map(Vec::len).collect();
            same_sizes("outputs", &lengths, self.output_sizes())?;
            Ok(outputs)
        })
    }

    /// The gradient action g = sensᵀ·∂F_out/∂θ_in: as long as input `in_wrt`, `sens` as long as output
    /// `out_wrt`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn gradient<V: AsRef<[f64]>>(
        &self,
        out_wrt: usize,
        in_wrt: usize,
        inputs: &[V],
        sens: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let call = Call::Gradient;
        let inputs = self.check(call, self.declared.support.gradient, inputs)?;
        let length = self.index(call, "input", in_wrt, self.input_sizes())?;
        let outputs = self.index(call, "output", out_wrt, self.output_sizes())?;
        self.check_vector(call, "sens", sens, outputs)?;
        let request = Request {
            out_wrt: Some(out_wrt),
            in_wrt: Some(in_wrt),
            input: Some(&inputs),
            sens: Some(sens),
            ..self.request()
        };
        self.call(call, &request, length, |answer| {
            one_of_size(vector(answer, "output")?, "input", in_wrt, length)
        })
    }

    /// The Jacobian action ∂F_out/∂θ_in·vec: as long as output `out_wrt`, `vec` as long as input `in_wrt`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn apply_jacobian<V: AsRef<[f64]>>(
        &self,
        out_wrt: usize,
        in_wrt: usize,
        inputs: &[V],
        vec: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let call = Call::ApplyJacobian;
        let inputs = self.check(call, self.declared.support.apply_jacobian, inputs)?;
        let length = self.index(call, "output", out_wrt, self.output_sizes())?;
        let entries = self.index(call, "input", in_wrt, self.input_sizes())?;
        self.check_vector(call, "vec", vec, entries)?;
        let request = Request {
            out_wrt: Some(out_wrt),
            in_wrt: Some(in_wrt),
            input: Some(&inputs),
            vec: Some(vec),
            ..self.request()
        };
        self.call(call, &request, length, |answer| {
            one_of_size(vector(answer, "output")?, "output", out_wrt, length)
        })
    }

    /// The Hessian action H·vec with H = ∂(sensᵀ·∂F_out/∂θ_in1)/∂θ_in2: as long as input `in_wrt[0]`, `vec` as long as
    /// input `in_wrt[1]`, `sens` as long as output `out_wrt`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn apply_hessian<V: AsRef<[f64]>>(
        &self,
        out_wrt: usize,
        in_wrt: [usize; 2],
        inputs: &[V],
        sens: &[f64],
        vec: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let call = Call::ApplyHessian;
        let inputs = self.check(call, self.declared.support.apply_hessian, inputs)?;
        let [first, second] = in_wrt;
        let length = self.index(call, "input", first, self.input_sizes())?;
        let entries = self.index(call, "input", second, self.input_sizes())?;
        let outputs = self.index(call, "output", out_wrt, self.output_sizes())?;
        self.check_vector(call, "sens", sens, outputs)?;
        self.check_vector(call, "vec", vec, entries)?;
        let request = Request {
            out_wrt: Some(out_wrt),
            in_wrt1: Some(first),
            in_wrt2: Some(second),
            input: Some(&inputs),
            sens: Some(sens),
            vec: Some(vec),
            ..self.request()
        };
        self.call(call, &request, length, |answer| {
            one_of_size(vector(answer, "output")?, "input", first, length)
        })
    }

    fn request(&self) -> Request<'_> {
        Request::of(&self.name, Some(&self.config))
    }

    fn call<T>(
        &self,
        call: Call,
        request: &Request<'_>,
        numbers: usize,
        read: impl Fn(&Value) -> Result<T, Unusable>,
    ) -> Result<T, Error> {
        let all: Vec<usize> = (0..self.client.urls().len()).collect();
        let text = request.text(call)?;
        self.client.call(&all, call, text, numbers, read)
    }

    fn check<'v, V: AsRef<[f64]>>(
        &self,
        call: Call,
        supported: bool,
        inputs: &'v [V],
    ) -> Result<Vec<&'v [f64]>, Error> {
        if !supported {
            return Err(Error::Unsupported {
                url: self.client.urls().next().unwrap_or_default().to_owned(),
                model: self.name.clone(),
                call,
            });
        }
        let sizes = self.input_sizes();
        if inputs.len() != sizes.len() {
            let what = format!(
                "the number of input vectors is {}, but must be {}",
                inputs.len(),
                sizes.len()
            );
            return Err(self.argument(call, what));
        }
        for (number, (input, &size)) in inputs.iter().zip(sizes).enumerate() {
            self.check_vector(call, &format!("input {number}"), input.as_ref(), size)?;
        }
        Ok(inputs.iter().map(AsRef::as_ref).collect())
    }

    fn check_vector(
        &self,
        call: Call,
        what: &str,
        vector: &[f64],
        size: usize,
    ) -> Result<(), Error> {
        if vector.len() != size {
            let what = format!("{what} has {} numbers, but must have {size}", vector.len());
            return Err(self.argument(call, what));
        }
        match vector.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(index) => {
                let x = vector[index];
                let what = format!("{what} holds {x} at [{index}], which JSON can't represent");
                Err(self.argument(call, what))
            }
        }
    }

    fn index(&self, call: Call, what: &str, index: usize, sizes: &[usize]) -> Result<usize, Error> {
        sizes.get(index).copied().ok_or_else(|| {
            let what = format!(
                "there is no {what} {index}; the model has {} {what}s",
                sizes.len()
            );
            self.argument(call, what)
        })
    }

    pub(crate) fn argument(&self, call: Call, what: String) -> Error {
        Error::Argument {
            model: self.name.clone(),
            call,
            what,
        }
    }
}

impl<'a> Request<'a> {
    fn of(name: &'a str, config: Option<&'a Map<String, Value>>) -> Self {
        Self {
            name,
            out_wrt: None,
            in_wrt: None,
            in_wrt1: None,
            in_wrt2: None,
            input: None,
            sens: None,
            vec: None,
            config,
        }
    }

    fn text(&self, call: Call) -> Result<String, Error> {
        // Strings, finite numbers and a map with string keys: nothing in there can fail except for memory.
        serde_json::to_string(self).map_err(|error| Error::Argument {
            model: self.name.to_owned(),
            call,
            what: format!("the request can't be written: {error}"),
        })
    }
}

impl Declared {
    fn words(&self) -> String {
        let supported = [
            (self.support.evaluate, Call::Evaluate),
            (self.support.gradient, Call::Gradient),
            (self.support.apply_jacobian, Call::ApplyJacobian),
            (self.support.apply_hessian, Call::ApplyHessian),
        ];
        let supported: Vec<_> = supported
            .iter()
            .filter(|(supported, _)| *supported)
            .map(|(_, call)| call.name())
            .collect();
        format!(
            "inputs {}, outputs {}, supports {}",
            list(&self.input_sizes),
            list(&self.output_sizes),
            if supported.is_empty() {
                "nothing".to_owned()
            } else {
                supported.join(", ")
            }
        )
    }
}

/// What the server number `index` offers under `name`.
fn ask(
    client: &Client,
    index: usize,
    name: Option<&str>,
    config: &Map<String, Value>,
) -> Result<(String, Declared), Error> {
    let here = [index];
    let name = info(client, index, name)?;
    let question = Request::of(&name, None).text(Call::ModelInfo)?;
    let support = client.call(&here, Call::ModelInfo, question, 0, |answer| {
        let support = field(answer, "support")?;
        Ok(Support {
            evaluate: flag(support, Call::Evaluate.name())?,
            gradient: flag(support, Call::Gradient.name())?,
            apply_jacobian: flag(support, Call::ApplyJacobian.name())?,
            apply_hessian: flag(support, Call::ApplyHessian.name())?,
        })
    })?;
    let question = Request::of(&name, Some(config));
    let of = |call: Call, key: &str, kind: &str| {
        let text = question.text(call)?;
        let vectors = client.settings().most_vectors();
        let said = client.call(&here, call, text, vectors, |answer| Ok(sizes(answer, key)?))?;
        within_limit(client, index, &name, kind, &said)?;
        Ok::<_, Error>(said)
    };
    let input_sizes = of(Call::InputSizes, "inputSizes", "input")?;
    let output_sizes = of(Call::OutputSizes, "outputSizes", "output")?;
    let declared = Declared {
        support,
        input_sizes,
        output_sizes,
    };
    Ok((name, declared))
}

/// Fails where vectors of these sizes are more than the limit.
fn within_limit(
    client: &Client,
    index: usize,
    name: &str,
    kind: &str,
    said: &[usize],
) -> Result<(), Error> {
    let limit = client.settings().size_limit;
    if Settings::weight(said) <= limit {
        return Ok(());
    }
    let numbers = said.iter().copied().fold(0, usize::saturating_add);
    let plural = if said.len() == 1 { "" } else { "s" };
    Err(Error::Oversize {
        url: client.urls().nth(index).unwrap_or_default().to_owned(),
        model: name.to_owned(),
        what: format!(
            "{} {kind} vector{plural} with {numbers} numbers in all",
            said.len()
        ),
        limit,
    })
}

/// The name of the requested model, or of the only one, at the server number `index`.
fn info(client: &Client, index: usize, name: Option<&str>) -> Result<String, Error> {
    let (version, offered) = client.call(&[index], Call::Info, String::new(), 0, |answer| {
        let version = match field(answer, "protocolVersion")? {
            Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
            other => {
                return Err(
                    crate::answer::misshapen("`protocolVersion`", "a number", other).into(),
                );
            }
        };
        // Before 1.0 there was no list of models: the version is the error to report then.
        let offered = match names(answer, "models") {
            Err(_) if !is_ours(version) => Vec::new(),
            offered => offered?,
        };
        Ok((version, offered))
    })?;
    let url = client.urls().nth(index).unwrap_or_default().to_owned();
    if !is_ours(version) {
        return Err(Error::Version { url, version });
    }
    match (name, offered.as_slice()) {
        (Some(name), offered) if offered.iter().any(|other| other == name) => Ok(name.to_owned()),
        (Some(name), _) => Err(Error::NoSuchModel {
            url,
            model: name.to_owned(),
            offered,
        }),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Error::WhichModel { url, offered }),
    }
}

/// Whether this is version 1.0, the only one that this client implements.
fn is_ours(version: f64) -> bool {
    (version - 1.0).abs() < f64::EPSILON
}

fn same_sizes(what: &str, got: &[usize], declared: &[usize]) -> Result<(), Unusable> {
    if got == declared {
        return Ok(());
    }
    Err(Unusable::Sizes {
        got: format!("{what} of the sizes {}", list(got)),
        declared: list(declared),
    })
}

fn one_of_size(
    vector: Vec<f64>,
    what: &str,
    number: usize,
    declared: usize,
) -> Result<Vec<f64>, Unusable> {
    if vector.len() == declared {
        return Ok(vector);
    }
    Err(Unusable::Sizes {
        got: format!("{} numbers", vector.len()),
        declared: format!("{declared} for {what} {number}"),
    })
}
