//! The cases: an operation written down once, and what is done to each.
//!
//! Refuses to judge.

use std::sync::Arc;

use candle_core::{DType, Result, Tensor, Var};
use candle_nn::VarMap;

use crate::input::{Input, View};

/// An operation of some inputs.
pub(crate) type Function = Arc<dyn Fn(&[Tensor]) -> Result<Tensor> + Send + Sync>;

/// A layer that is made anew for each case: a type, and where its variables go.
pub(crate) type Layer = Arc<dyn Fn(&VarMap, DType) -> Result<Function> + Send + Sync>;

/// Whether an input has a second use, and which is recorded first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Once,
    OtherLast(usize),
    OtherFirst(usize),
}

/// One case.
#[derive(Clone)]
pub struct Case {
    /// The function's own name.
    pub op: &'static str,
    /// What is special about it.
    pub case: String,
    /// Its inputs in short.
    pub input: String,
    /// The type.
    pub dtype: DType,
    inputs: Vec<(Input, View)>,
    uses: Use,
    layer: Layer,
    held: Vec<&'static str>,
}

/// What a case comes to: the variables, those that are held, and the function of them.
pub(crate) struct Made {
    pub(crate) variables: Vec<(String, Var)>,
    pub(crate) held: Vec<&'static str>,
    pub(crate) function: Box<dyn FnMut() -> Result<Tensor> + Send>,
}

impl Case {
    /// Its variables and its function, in `dtype`.
    pub(crate) fn make(&self, dtype: DType) -> Result<Made> {
        self.made(dtype, false)
    }

    /// Whether an input's numbers are so small that single precision loses them beside others.
    pub(crate) fn is_tiny(&self) -> bool {
        let mut inputs = self.inputs.iter();
        inputs.any(|(input, _)| input.values == crate::Values::Tiny)
    }

    /// Whether the operation gives other numbers for these layouts than for contiguous copies of the same inputs.
    pub(crate) fn forward_depends_on_layout(&self, dtype: DType) -> Result<bool> {
        if self
            .inputs
            .iter()
            .all(|(_, view)| matches!(view, View::Whole | View::Computed))
        {
            return Ok(false);
        }
        let output = |copied| {
            let output = (self.made(dtype, copied)?.function)()?.flatten_all()?;
            output.to_dtype(DType::F64)?.to_vec1::<f64>()
        };
        let (seen, copied) = (output(false)?, output(true)?);
        let size = copied.iter().fold(0.0f64, |size, y| size.max(y.abs()));
        // Another order of summation is no other number: a thousandth of the largest is.
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-3 * size;
        Ok(size.is_finite() && !seen.iter().zip(&copied).all(near))
    }

    /// What [`make`](Self::make) makes, with the inputs copied to be contiguous where that is wanted.
    fn made(&self, dtype: DType, copied: bool) -> Result<Made> {
        let map = VarMap::new();
        let function = (self.layer)(&map, dtype)?;
        let mut variables = Vec::new();
        for (input, view) in &self.inputs {
            let seed = seed(&[self.op, &self.input, input.name]);
            let variable = input.variable(*view, dtype, seed)?;
            variables.push((input.name.to_owned(), variable));
        }
        let own: Vec<Var> = variables.iter().map(|(_, v)| v.clone()).collect();
        for (name, variable) in gradcheck_candle::Variables::named(&map) {
            // What a layer starts with is random, or constant and so too easy.
            let drawn = crate::input::Input {
                name: "",
                shape: variable.dims().to_vec(),
                values: match name.contains("var") {
                    true => crate::Values::Positive,
                    false => crate::Values::Spread,
                },
            };
            let seed = seed(&[self.op, &self.input, &name]);
            variable.set(drawn.variable(View::Whole, dtype, seed)?.as_tensor())?;
            variables.push((name, variable));
        }
        let (inputs, uses, copied) = (self.inputs.clone(), self.uses, copied);
        let function = move || {
            let see = |((input, view), variable): (&(Input, View), &Var)| {
                input.seen(*view, variable.as_tensor())
            };
            let mut seen: Vec<Tensor> = inputs.iter().zip(&own).map(see).collect::<Result<_>>()?;
            if copied {
                seen = seen
                    .iter()
                    .map(Tensor::force_contiguous)
                    .collect::<Result<_>>()?;
            }
            let output = function(&seen)?;
            let (at, first) = match uses {
                Use::Once => return Ok(output),
                Use::OtherLast(at) => (at, false),
                Use::OtherFirst(at) => (at, true),
            };
            let other = (&seen[at] * 1.5)?
                .sin()?
                .flatten_all()?
                .to_dtype(output.dtype())?;
            let output = output.flatten_all()?;
            match first {
                true => Tensor::cat(&[&other, &output], 0),
                false => Tensor::cat(&[&output, &other], 0),
            }
        };
        Ok(Made {
            variables,
            held: self.held.clone(),
            function: Box::new(function),
        })
    }
}

/// Something that is not checked, and why.
#[derive(Debug, Clone, Copy)]
pub struct LeftOut {
    /// The operation.
    pub op: &'static str,
    /// Why.
    pub why: &'static str,
}

/// All cases.
#[derive(Default)]
pub struct Book {
    /// In their order.
    pub cases: Vec<Case>,
    /// What is not checked.
    pub left_out: Vec<LeftOut>,
}

impl Book {
    /// An operation at inputs, and then each input in every layout, used a second time before and after, and all in
    /// `f32`.
    pub(crate) fn op<const N: usize>(
        &mut self,
        op: &'static str,
        label: &str,
        inputs: [Input; N],
        function: impl Fn(&[Tensor]) -> Result<Tensor> + Send + Sync + 'static,
    ) {
        let function: Function = Arc::new(function);
        let layer: Layer = Arc::new(move |_, _| Ok(function.clone()));
        self.layer(op, label, inputs, &[], layer);
    }

    /// The operation at these inputs only.
    pub(crate) fn once<const N: usize>(
        &mut self,
        op: &'static str,
        label: &str,
        inputs: [Input; N],
        function: impl Fn(&[Tensor]) -> Result<Tensor> + Send + Sync + 'static,
    ) {
        let function: Function = Arc::new(function);
        let layer: Layer = Arc::new(move |_, _| Ok(function.clone()));
        self.push(op, label, whole(inputs), Use::Once, DType::F64, &layer, &[]);
    }

    /// A layer with variables of its own; those that are `held` are not trained.
    pub(crate) fn layer<const N: usize>(
        &mut self,
        op: &'static str,
        label: &str,
        inputs: [Input; N],
        held: &[&'static str],
        layer: Layer,
    ) {
        let whole = whole(inputs);
        self.push(
            op,
            label,
            whole.clone(),
            Use::Once,
            DType::F64,
            &layer,
            held,
        );
        self.push(
            op,
            label,
            whole.clone(),
            Use::Once,
            DType::F32,
            &layer,
            held,
        );
        for at in 0..N {
            for view in View::all(&whole[at].0.shape).into_iter().skip(1) {
                let mut viewed = whole.clone();
                viewed[at].1 = view;
                self.push(op, label, viewed, Use::Once, DType::F64, &layer, held);
            }
            for uses in [Use::OtherLast(at), Use::OtherFirst(at)] {
                self.push(op, label, whole.clone(), uses, DType::F64, &layer, held);
            }
        }
        if let [(a, _), (b, _)] = whole.as_slice() {
            // Two layouts at once.
            let strided = |input: &Input| {
                let views = View::all(&input.shape).into_iter();
                views.filter(|view| view.is_strided()).collect::<Vec<_>>()
            };
            for first in strided(a) {
                for second in strided(b) {
                    let viewed = vec![(a.clone(), first), (b.clone(), second)];
                    self.push(op, label, viewed, Use::Once, DType::F64, &layer, held);
                }
            }
        }
    }

    /// Says that an operation is not checked.
    pub(crate) fn leave_out(&mut self, op: &'static str, why: &'static str) {
        self.left_out.push(LeftOut { op, why });
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of a case")]
    fn push(
        &mut self,
        op: &'static str,
        label: &str,
        inputs: Vec<(Input, View)>,
        uses: Use,
        dtype: DType,
        layer: &Layer,
        held: &[&'static str],
    ) {
        let mut parts: Vec<String> = Vec::new();
        if !label.is_empty() {
            parts.push(label.to_owned());
        }
        for (input, view) in &inputs {
            if *view != View::Whole {
                parts.push(format!("{} {}", input.name, view.name()));
            }
        }
        match uses {
            Use::Once => {}
            Use::OtherLast(at) => parts.push(format!("{} used again after", inputs[at].0.name)),
            Use::OtherFirst(at) => parts.push(format!("{} used again before", inputs[at].0.name)),
        }
        if dtype == DType::F32 {
            parts.push("f32".to_owned());
        }
        let short: Vec<String> = inputs.iter().map(|(input, _)| input.short()).collect();
        self.cases.push(Case {
            op,
            case: match parts.is_empty() {
                true => "plain".to_owned(),
                false => parts.join(", "),
            },
            input: short.join("; "),
            dtype,
            inputs,
            uses,
            layer: layer.clone(),
            held: held.to_vec(),
        });
    }
}

fn whole<const N: usize>(inputs: [Input; N]) -> Vec<(Input, View)> {
    inputs
        .into_iter()
        .map(|input| (input, View::Whole))
        .collect()
}

/// A seed that depends on nothing but these words (FNV-1a), so that a case keeps its numbers when others are added.
fn seed(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
