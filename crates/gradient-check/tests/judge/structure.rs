//! Code that misbehaves before a number is compared, one way at a time, and code that does not.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use finite_diff::{EvaluationError, ParameterLayout, Selection};
use gradient_check::structure::{Dependence, Finding, LayoutFault, Pass, Structure, examine};
use gradient_check::subject::{Gradient, NamedArray, Packing, from_closures, from_objective};
use gradient_check::{
    CheckError, GradientCheck, Reason, Report, Settings, Subject, Verdict, check_subject,
};
use proptest::prelude::*;

const AT: [f64; 8] = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9, 0.5, -1.2];

fn layout() -> ParameterLayout {
    ParameterLayout::new()
        .with("W", &[2, 3])
        .and_then(|layout| layout.with("b", &[2]))
        .unwrap()
}

/// J = Σ sin W + (W₀₀ + 2)·b₀ + b₁².
fn cost(p: &[f64]) -> f64 {
    p[..6].iter().map(|w| w.sin()).sum::<f64>() + (p[0] + 2.0) * p[6] + p[7] * p[7]
}

fn gradient(p: &[f64], cotangent: f64) -> Vec<f64> {
    let mut g: Vec<f64> = p[..6].iter().map(|w| w.cos()).collect();
    g[0] += p[6];
    g.extend([p[0] + 2.0, 2.0 * p[7]]);
    g.iter().map(|g| cotangent * g).collect()
}

fn blocks(g: &[f64]) -> Vec<NamedArray> {
    vec![
        NamedArray::new("W", &[2, 3], g[..6].to_vec()),
        NamedArray::new("b", &[2], g[6..].to_vec()),
    ]
}

type Forward<'a> = dyn Fn(&mut [f64]) -> f64 + Sync + 'a;
type Backward<'a> = dyn Fn(&mut [f64], f64) -> Gradient + Sync + 'a;

/// Code under test, put together from what a test wants it to do.
struct Code<'a> {
    forward: &'a Forward<'a>,
    backward: &'a Backward<'a>,
    fingerprint: Option<&'a AtomicU64>,
    packing: Option<&'a dyn SyncPacking>,
}

trait SyncPacking: Packing<f64> + Sync {}
impl<P: Packing<f64> + Sync> SyncPacking for P {}

impl Subject<f64> for Code<'_> {
    fn value(&self, point: &mut [f64]) -> Result<f64, EvaluationError> {
        Ok((self.forward)(point))
    }

    fn backward(&self, point: &mut [f64], cotangent: f64) -> Result<Gradient, EvaluationError> {
        Ok((self.backward)(point, cotangent))
    }

    fn inputs_fingerprint(&self) -> Option<u64> {
        self.fingerprint.map(|inputs| inputs.load(Relaxed))
    }

    fn packing(&self) -> Option<&dyn Packing<f64>> {
        self.packing.map(|packing| packing as &dyn Packing<f64>)
    }
}

fn right_forward(p: &mut [f64]) -> f64 {
    cost(p)
}

fn right_backward(p: &mut [f64], cotangent: f64) -> Gradient {
    Gradient::Blocks(blocks(&gradient(p, cotangent)))
}

fn report_of(forward: &Forward<'_>, backward: &Backward<'_>) -> Report {
    let code = Code {
        forward,
        backward,
        fingerprint: None,
        packing: None,
    };
    check_subject(&code, &AT, &layout(), &Settings::default()).unwrap()
}

fn backward_gives(change: impl Fn(&mut Vec<NamedArray>) + Sync) -> Report {
    report_of(&right_forward, &|p, cotangent| {
        let mut arrays = blocks(&gradient(p, cotangent));
        change(&mut arrays);
        Gradient::Blocks(arrays)
    })
}

fn findings(report: &Report) -> &[Finding] {
    &report.structure.as_ref().unwrap().findings
}

/// The verdict, then each finding with its sentence and remedy.
fn said(report: &Report) -> String {
    let mut text = report.verdict.to_string();
    for finding in findings(report) {
        text.push_str(&format!(
            "\n{}: {}: {}",
            finding.name(),
            finding.message(),
            finding.remedy()
        ));
    }
    text
}

#[test]
fn code_that_behaves_has_nothing_said_against_it() {
    let inputs = AtomicU64::new(7);
    let code = Code {
        forward: &right_forward,
        backward: &right_backward,
        fingerprint: Some(&inputs),
        packing: Some(&Straight),
    };
    let report = check_subject(&code, &AT, &layout(), &Settings::default()).unwrap();
    assert_eq!(report.verdict, Verdict::Agree);
    let structure = report.structure.unwrap();
    assert_eq!(
        structure,
        Structure {
            forward_passes: 3,
            // Twice at the point, with the cotangents 0 and 2, and 27 to measure the noise.
            backward_passes: 4 + 27,
            ..Structure::default()
        }
    );
}

proptest! {
    #[test]
    fn a_right_subject_agrees_at_any_scale(exponent in -8i32..9, at in prop::array::uniform8(-3.0..3.0f64)) {
        let scale = 10f64.powi(exponent);
        let forward = |p: &mut [f64]| scale * cost(p);
        let backward = |p: &mut [f64], cotangent: f64| right_backward(p, scale * cotangent);
        let code = Code { forward: &forward, backward: &backward, fingerprint: None, packing: Some(&Straight) };
        let report = check_subject(&code, &at, &layout(), &Settings::default()).unwrap();
        prop_assert_eq!(findings(&report), &[]);
        prop_assert_eq!(report.verdict, Verdict::Agree, "{:?}", report.worst);
    }

    /// A third, half and so on of the cotangent is as linear as the whole, though it rounds.
    #[test]
    fn a_linear_backward_is_linear_whatever_it_multiplies_by(factor in 1e-3..1e3f64) {
        let backward = |p: &mut [f64], cotangent: f64| {
            let mut g = gradient(p, cotangent / factor);
            g.iter_mut().for_each(|g| *g *= factor);
            Gradient::Flat(g)
        };
        let report = report_of(&right_forward, &backward);
        prop_assert_eq!(findings(&report), &[]);
    }
}

#[test]
fn a_cost_that_differs_from_call_to_call() {
    let calls = AtomicU64::new(0);
    let report = report_of(
        &|p| cost(p) + calls.fetch_add(1, Relaxed) as f64,
        &right_backward,
    );
    insta::assert_snapshot!(said(&report), @r"
    inconclusive
    forward-not-deterministic: two forward passes at the same point return 3.725087777598978 and 4.7250877775989775: if dropout is on, turn it off or freeze its masks; fix every random seed
    ");
    // However wrong the gradient seems.
    let report = report_of(
        &|p| cost(p) + calls.fetch_add(1, Relaxed) as f64,
        &|p, c| right_backward(p, 2.0 * c),
    );
    assert_eq!(
        report.verdict,
        Verdict::Inconclusive(Reason::NotDeterministic)
    );
}

#[test]
fn a_gradient_that_differs_from_call_to_call() {
    let calls = AtomicU64::new(0);
    let report = report_of(&right_forward, &|p, cotangent| {
        // Never the same twice, and no sum of equal parts.
        let call = calls.fetch_add(1, Relaxed) as f64;
        let mut g = gradient(p, cotangent);
        g[7] += 1e-6 * cotangent * call * call;
        Gradient::Flat(g)
    });
    insta::assert_snapshot!(said(&report), @r"
    inconclusive
    backward-not-deterministic: two backward passes at the same point differ in b: at b[1] they return -2.4 and -2.3999989999999998: if dropout is on, reuse the masks of the forward pass; sum in a fixed order
    ");
    let structure = report.structure.unwrap();
    let skipped: Vec<&str> = structure.skipped.iter().map(|s| s.check.name()).collect();
    assert_eq!(
        skipped,
        [
            "blocks",
            "zero-cotangent",
            "linearity",
            "inputs",
            "round-trip"
        ]
    );
}

#[test]
fn a_gradient_that_adds_up_from_call_to_call() {
    for dirty in [0.0, 0.25] {
        let kept = Mutex::new(vec![dirty; 2]);
        let report = report_of(&right_forward, &|p, cotangent| {
            let mut g = gradient(p, cotangent);
            let mut kept = kept.lock().unwrap();
            for (kept, g) in kept.iter_mut().zip(&mut g[6..]) {
                *kept += *g;
                *g = *kept;
            }
            Gradient::Blocks(blocks(&g))
        });
        if dirty == 0.0 {
            insta::assert_snapshot!(said(&report), @r"
            disagree
            accumulates: each backward pass adds its gradient to that of the previous one in b: at b[1] the first call returns -2.4, the second -4.8: zero the gradients before each backward pass
            ");
            // The first call was right.
            assert_eq!(report.counts.agree, 8);
        } else {
            assert_eq!(findings(&report).len(), 1, "{}", said(&report));
            assert_eq!(findings(&report)[0].name(), "accumulates");
            assert_eq!(
                (report.verdict, report.counts.agree),
                (Verdict::Disagree, 6)
            );
        }
    }
}

#[test]
fn a_pass_that_writes_into_its_point() {
    let report = report_of(
        &|p| {
            let value = cost(p);
            p[4] += 1e-3;
            value
        },
        &right_backward,
    );
    insta::assert_snapshot!(said(&report), @r"
    disagree
    mutates-point: the forward pass modifies the parameters: W[1,1] was -0.4 and is now -0.399: work on a copy: only the optimizer may change the parameters
    ");
    let report = report_of(&right_forward, &|p, cotangent| {
        let gradient = right_backward(p, cotangent);
        p.iter_mut().for_each(|p| *p -= 0.1);
        gradient
    });
    insta::assert_snapshot!(said(&report), @r"
    disagree
    mutates-point: the backward pass modifies the parameters: W[0,0] was 0.3 and is now 0.19999999999999998 (and 7 others): work on a copy: only the optimizer may change the parameters
    ");
    // The numbers are right all the same: what the code wrote into was a copy.
    assert_eq!(report.counts.agree, 8);
}

#[test]
fn a_pass_that_changes_its_inputs_or_the_cost() {
    let inputs = AtomicU64::new(7);
    let forward = |p: &mut [f64]| cost(p) + inputs.load(Relaxed) as f64;
    let backward = |p: &mut [f64], cotangent: f64| {
        inputs.fetch_add(1, Relaxed);
        right_backward(p, cotangent)
    };
    let mut code = Code {
        forward: &forward,
        backward: &backward,
        fingerprint: Some(&inputs),
        packing: None,
    };
    let structure = examine(&code, &AT, &layout(), &Settings::default()).unwrap();
    assert!(matches!(
        structure.findings[..],
        [
            Finding::BackwardChangesCost { before, after },
            Finding::MutatesInputs { pass: Pass::Backward },
        ] if after == before + 1.0
    ));
    // A forward pass that keeps running statistics, and does not use them.
    let forward = |p: &mut [f64]| {
        inputs.fetch_add(1, Relaxed);
        cost(p)
    };
    code.forward = &forward;
    code.backward = &right_backward;
    let report = check_subject(&code, &AT, &layout(), &Settings::default()).unwrap();
    insta::assert_snapshot!(said(&report), @r"
    disagree
    mutates-inputs: the forward pass modifies its inputs: their fingerprint has changed: work on a copy of the data, and freeze running statistics
    ");
}

#[test]
fn a_term_that_the_cotangent_does_not_reach() {
    let report = report_of(&right_forward, &|p, cotangent| {
        let mut g = gradient(p, cotangent);
        g[2] += 0.01 * p[2];
        Gradient::Blocks(blocks(&g))
    });
    insta::assert_snapshot!(said(&report), @r"
    disagree
    non-zero-at-zero-cotangent: the gradient in W is not zero for a zero cotangent: at W[0,2] it is 0.011000000000000001: look for a term that is added without the cotangent as a factor, such as weight decay
    ");
}

#[test]
fn the_size_of_the_cotangent_in_its_place_is_not_linear() {
    let of_size = |p: &mut [f64], c: f64| Gradient::Blocks(blocks(&gradient(p, c.abs())));
    let report = report_of(&right_forward, &of_size);
    assert!(said(&report).contains("not-linear"), "{}", said(&report));
}

/// As of an ODE whose steps are chosen for the cotangent at hand.
#[test]
fn a_backward_pass_solved_to_a_tolerance_is_linear_to_it() {
    let solved = |off: f64| {
        let backward = move |p: &mut [f64], cotangent: f64| {
            let size = 1.0 + off * cotangent;
            let g = gradient(p, cotangent);
            Gradient::Blocks(blocks(&g.iter().map(|g| g * size).collect::<Vec<f64>>()))
        };
        said(&report_of(&right_forward, &backward))
    };
    assert!(!solved(1e-8).contains("not-linear"), "{}", solved(1e-8));
    assert!(solved(1e-4).contains("not-linear"), "{}", solved(1e-4));
}

#[test]
fn a_clipped_gradient_is_not_linear() {
    let clipped = |p: &mut [f64], cotangent: f64| {
        let mut g = gradient(p, cotangent);
        let norm = g.iter().map(|g| g * g).sum::<f64>().sqrt();
        let most = 5.0;
        g.iter_mut().for_each(|g| *g *= (most / norm).min(1.0));
        Gradient::Blocks(blocks(&g))
    };
    let report = report_of(&right_forward, &clipped);
    insta::assert_snapshot!(said(&report), @r"
    disagree
    not-linear: the gradient in W, b is not linear in its cotangent: at b[1] it is -2.4 for the cotangent 1 and 2.9856640329857056 for -2: look for a clip, a normalization, or a branch on the cotangent
    ");
    assert_eq!(report.counts.agree, 8);
}

#[test]
fn a_gradient_of_another_layout() {
    let transposed = backward_gives(|arrays| {
        let w = arrays[0].values.clone();
        arrays[0].shape = vec![3, 2];
        arrays[0].values = (0..6).map(|i| w[(i % 2) * 3 + i / 2]).collect();
    });
    insta::assert_snapshot!(said(&transposed), @r"
    disagree
    wrong-shape: the gradient has the shape [3, 2] for `W`, whose shape is [2, 3]: transposed: return the block in the shape of its parameter; it may be transposed, or have one axis too many or too few
    ");
    // The numbers have their own word on it.
    assert_eq!(
        transposed.blocks[0].diagnosis.as_ref().map(|d| d.cause),
        Some("transposed")
    );
    let squeezed = backward_gives(|arrays| arrays[1].shape = vec![2, 1]);
    insta::assert_snapshot!(said(&squeezed), @r"
    disagree
    wrong-shape: the gradient has the shape [2, 1] for `b`, whose shape is [2]: return the block in the shape of its parameter; it may be transposed, or have one axis too many or too few
    ");
    assert_eq!(squeezed.counts.agree, 8);

    let short = backward_gives(|arrays| {
        arrays[0].values.pop();
    });
    insta::assert_snapshot!(said(&short), @r"
    disagree
    wrong-length: the gradient has 5 entries for `W`, whose shape is [2, 3]: return one entry for each parameter of the block; it may have been summed over the wrong axis
    ");
    let words: Vec<Verdict> = short.blocks.iter().map(|block| block.verdict).collect();
    assert_eq!(words, [Verdict::Disagree, Verdict::Agree]);
    assert_eq!((short.counts.total(), short.selected), (2, 8));

    insta::assert_snapshot!(said(&backward_gives(|arrays| arrays.swap(0, 1))), @r"
    disagree
    wrong-order: the gradient has its blocks in a different order from the parameters: `W` comes after `b`: return the blocks in the order of the parameters
    ");
    insta::assert_snapshot!(said(&backward_gives(|arrays| arrays.push(arrays[1].clone()))), @r"
    disagree
    duplicate-block: the gradient has the block `b` 2 times: add up the parts of a block before returning them
    ");
    let renamed = backward_gives(|arrays| arrays[1].name = "bias".to_owned());
    insta::assert_snapshot!(said(&renamed), @r"
    disagree
    unknown-block: the gradient has a block `bias`, but no parameter has that name: give each block the name of its parameter
    missing-block: no gradient for `b`, though J depends on it: perturbing it changes J by 4.3e-5, where the noise of J is 1.7e-15: it may be detached, missing from the list of parameters, or overwritten before the backward pass
    ");

    let flat = report_of(&right_forward, &|p, cotangent| {
        Gradient::Flat(gradient(p, cotangent)[..7].to_vec())
    });
    insta::assert_snapshot!(said(&flat), @r"
    disagree
    wrong-length: the gradient has 7 entries for 8 parameters: return one entry for each parameter, in the order of the layout
    ");
    assert_eq!(flat.counts.total(), 0);
    assert!(flat.difference.is_nan() && flat.power.is_none());
}

#[test]
fn each_departure_is_told_from_the_others() {
    // The departures of blocks with these names, shapes and lengths, the missing blocks, and whose numbers are compared.
    let faults = |arrays: &[(&str, &[usize], usize)]| {
        let report = backward_gives(|given| {
            let right = |name: &str| given.iter().find(|array| array.name == name);
            let departing = arrays.iter().map(|(name, shape, len)| {
                let mut values = right(name).map_or_else(Vec::new, |array| array.values.clone());
                values.resize(*len, 1.0);
                NamedArray::new(*name, shape, values)
            });
            *given = departing.collect();
        });
        let (mut faults, mut missing) = (Vec::new(), Vec::new());
        for finding in findings(&report) {
            match finding {
                Finding::Layout { fault, .. } => faults.push(fault.clone()),
                Finding::Missing { block, .. } => missing.push(block.clone()),
                other => panic!("{other:?}"),
            }
        }
        let placed: Vec<bool> = report.blocks.iter().map(|b| b.counts.total() > 0).collect();
        (faults, missing, placed)
    };
    let w: (&str, &[usize], usize) = ("W", &[2, 3], 6);
    let b: (&str, &[usize], usize) = ("b", &[2], 2);
    assert_eq!(faults(&[w, b]), (vec![], vec![], vec![true, true]));
    // What is missing is zero to whoever takes a step with it.
    assert_eq!(
        faults(&[w]),
        (vec![], vec!["b".to_owned()], vec![true, true])
    );
    assert!(matches!(
        &faults(&[("W", &[3, 2], 6), b]).0[..],
        [LayoutFault::Shape { .. }]
    ));
    let (found, _, placed) = faults(&[("W", &[2, 3], 5), b]);
    assert!(matches!(&found[..], [LayoutFault::Length { got: 5, .. }]));
    assert_eq!(placed, [false, true]);
    // A shape that contradicts its own entries.
    assert!(matches!(
        &faults(&[("W", &[2, 2], 6), b]).0[..],
        [LayoutFault::Length { .. }]
    ));
    assert!(matches!(
        &faults(&[b, w]).0[..],
        [LayoutFault::Order { block, after }] if block == "W" && after == "b"
    ));
    assert!(matches!(
        &faults(&[w, w, b]).0[..],
        [LayoutFault::Duplicate { times: 2, .. }]
    ));
    assert!(matches!(
        &faults(&[w, ("c", &[], 1), b]).0[..],
        [LayoutFault::Unknown { block }] if block == "c"
    ));
}

/// Shapes whose product is too large a number are no reason to panic.
#[test]
fn shapes_that_overflow_are_of_another_length() {
    let report = backward_gives(|arrays| arrays[0].shape = vec![usize::MAX, usize::MAX]);
    assert_eq!(findings(&report)[0].name(), "wrong-length");
}

#[test]
fn a_missing_block_is_wrong_only_where_the_cost_depends_on_it() {
    let without_b = |p: &mut [f64], cotangent: f64| {
        let mut arrays = blocks(&gradient(p, cotangent));
        arrays.pop();
        Gradient::Blocks(arrays)
    };
    let depends = report_of(&right_forward, &without_b);
    assert!(matches!(
        findings(&depends),
        [Finding::Missing { block, dependence: Dependence::Depends { moved, noise } }]
            if block == "b" && moved > noise
    ));
    assert_eq!(depends.verdict, Verdict::Disagree);
    let words: Vec<Verdict> = depends.blocks.iter().map(|block| block.verdict).collect();
    assert_eq!(words, [Verdict::Agree, Verdict::Disagree]);

    // The derivative may even be zero: J depends on b all the same.
    let stationary = |p: &mut [f64]| {
        cost(&p[..6].iter().copied().chain([0.0, 0.0]).collect::<Vec<_>>()) + (p[6] - AT[6]).powi(2)
    };
    let report = report_of(&stationary, &without_b);
    assert_eq!(findings(&report)[0].name(), "missing-block");

    let unused = |p: &mut [f64]| p[..6].iter().map(|w| w.sin()).sum::<f64>();
    let backward = |p: &mut [f64], cotangent: f64| {
        let g: Vec<f64> = p[..6].iter().map(|w| cotangent * w.cos()).collect();
        Gradient::Blocks(vec![NamedArray::new("W", &[2, 3], g)])
    };
    let report = report_of(&unused, &backward);
    // Nothing was tested there, as with a gradient of zeros.
    assert_eq!(report.verdict, Verdict::Inconclusive(Reason::Vacuous));
    insta::assert_snapshot!(said(&report), @r"
    inconclusive
    unused-block: no gradient for `b`, and J does not depend on it: perturbing it changes no bit of J: use it in the forward pass, or remove it from the parameters
    ");

    let faint = |p: &mut [f64]| 1e3 + p[..6].iter().map(|w| w.sin()).sum::<f64>() + 1e-11 * p[6];
    let report = report_of(&faint, &backward);
    assert!(matches!(
        findings(&report)[0],
        Finding::Missing {
            dependence: Dependence::WithinNoise { .. } | Dependence::Unmoved,
            ..
        }
    ));
    assert_eq!(report.counts.disagree, 0);
}

#[test]
fn what_is_no_number_is_said_with_its_place() {
    let report = backward_gives(|arrays| arrays[0].values[4] = f64::NAN);
    insta::assert_snapshot!(said(&report), @r"
    disagree
    non-finite: the backward pass returns NaN at W[1,1], although the cost is finite: look for 0/0 and log 0 in the derivative, for example of a square root or a norm at 0
    ");
    // At a sample that does not hold it, too.
    let code = Code {
        forward: &right_forward,
        backward: &|p, c| {
            let mut g = gradient(p, c);
            g[4] = f64::INFINITY;
            Gradient::Flat(g)
        },
        fingerprint: None,
        packing: None,
    };
    let settings = Settings {
        selection: Selection::Some(vec![0, 7]),
        ..Settings::default()
    };
    let report = check_subject(&code, &AT, &layout(), &settings).unwrap();
    assert_eq!(
        (report.verdict, report.counts.agree),
        (Verdict::Disagree, 2)
    );

    let forward = report_of(&|_| f64::NEG_INFINITY, &right_backward);
    insta::assert_snapshot!(said(&forward), @r"
    inconclusive
    non-finite: the forward pass returns -inf at the point itself: fix the forward pass first: look for log 0, 0/0 and overflow
    ");
    let probe = report_of(
        &|p| if p[7] > AT[7] { f64::NAN } else { cost(p) },
        &right_backward,
    );
    let redacted = said(&probe).replace(|c: char| c.is_ascii_digit(), "0");
    insta::assert_snapshot!(redacted, @r"
    inconclusive
    non-finite: the cost is NaN next to the point at b[0], x + h = -0.0000000000000000e0: set the bounds of the cost's domain, or check at a point further inside it
    ");
}

/// W, then b, as it should be.
struct Straight;

impl Packing<f64> for Straight {
    fn unflatten(&self, flat: &[f64]) -> Result<Vec<NamedArray>, EvaluationError> {
        Ok(blocks(flat))
    }

    fn flatten(&self, arrays: &[NamedArray]) -> Result<Vec<f64>, EvaluationError> {
        Ok(arrays.iter().flat_map(|a| a.values.clone()).collect())
    }
}

/// `Straight` with a mistake in one of its ways.
struct Crooked<U, F> {
    unflatten: U,
    flatten: F,
}

impl<U: Fn(&mut Vec<f64>), F: Fn(&mut Vec<f64>)> Packing<f64> for Crooked<U, F> {
    fn unflatten(&self, flat: &[f64]) -> Result<Vec<NamedArray>, EvaluationError> {
        let mut flat = flat.to_vec();
        (self.unflatten)(&mut flat);
        Ok(blocks(&flat))
    }

    fn flatten(&self, arrays: &[NamedArray]) -> Result<Vec<f64>, EvaluationError> {
        let mut flat = Straight.flatten(arrays)?;
        (self.flatten)(&mut flat);
        Ok(flat)
    }
}

fn packed(unflatten: fn(&mut Vec<f64>), flatten: fn(&mut Vec<f64>)) -> String {
    let packing = Crooked { unflatten, flatten };
    let code = Code {
        forward: &right_forward,
        backward: &right_backward,
        fingerprint: None,
        packing: Some(&packing),
    };
    said(&check_subject(&code, &AT, &layout(), &Settings::default()).unwrap())
}

#[test]
fn a_layout_that_does_not_go_there_and_back() {
    fn nothing(_: &mut Vec<f64>) {}
    // There and back by the same wrong way: only the place of each entry tells.
    insta::assert_snapshot!(packed(|f| f.swap(1, 5), |f| f.swap(1, 5)), @r"
    disagree
    not-one-scalar: each coordinate must perturb exactly one scalar, its own, but W[0,1] perturbs W[1,2] (and 1 other): fix unflatten: each entry of the flat vector belongs to one scalar, in row-major order
    ");
    insta::assert_snapshot!(packed(nothing, |f| f[..6].reverse()), @r"
    disagree
    round-trip: unflattening the parameters and flattening them again changes W[0,0] from 0.3 to 0.9: fix flatten or unflatten: each must be the inverse of the other
    ");
    insta::assert_snapshot!(packed(nothing, |f| f.truncate(6)), @r"
    disagree
    round-trip: unflattening the 8 parameters and flattening them again gives 6: fix flatten or unflatten: each must be the inverse of the other
    ");
    // Tied weights.
    insta::assert_snapshot!(packed(|f| f[7] = f[6], nothing), @r"
    disagree
    round-trip: unflattening the parameters and flattening them again changes b[1] from -1.2 to 0.5: fix flatten or unflatten: each must be the inverse of the other
    not-one-scalar: each coordinate must perturb exactly one scalar, its own, but b[0] perturbs 2 entries of the arrays (and 1 other): fix unflatten: each entry of the flat vector belongs to one scalar, in row-major order
    ");
}

#[test]
fn two_closures_skip_what_they_can_not_show_and_it_is_said() {
    let subject = from_closures(8, cost, |p| gradient(p, 1.0));
    let report = check_subject(&subject, &AT, &layout(), &Settings::default()).unwrap();
    assert_eq!(report.verdict, Verdict::Agree);
    let skipped: Vec<String> = report
        .structure
        .unwrap()
        .skipped
        .iter()
        .map(|s| format!("{}: {}", s.check.name(), s.reason))
        .collect();
    insta::assert_snapshot!(skipped.join("\n"), @r"
    blocks: the gradient is one flat vector, without names and shapes
    zero-cotangent: the backward pass takes no cotangent
    linearity: the backward pass takes no cotangent
    inputs: the subject provides no fingerprint of its inputs
    round-trip: the subject has no flatten and unflatten of its own
    ");
}

#[test]
fn a_pass_that_fails_is_an_error_that_says_which() {
    let failing = from_objective(finite_diff::from_fn(8, cost), |_: &[f64]| {
        Err("the graph was freed".into())
    });
    let error = check_subject(&failing, &AT, &layout(), &Settings::default()).unwrap_err();
    assert!(matches!(error, CheckError::Backward { .. }));
    insta::assert_snapshot!(error, @"the first backward pass failed: the graph was freed");
    let error = examine(&failing, &AT[..3], &layout(), &Settings::default()).unwrap_err();
    assert!(matches!(error, CheckError::Point(_)));
}

/// A staircase moves by jumps, and its derivative is 0 all the same; a unit that is dead at the point is no staircase.
#[test]
fn a_jump_far_off_is_no_dependence() {
    let at: Vec<f64> = (0..30).map(|i| (f64::from(i) * 0.7).sin()).collect();
    let check = |of_b: fn(f64) -> f64, at: &[f64]| {
        let cost = move |p: &[&[f64]]| p[0][0].powi(2) + p[1].iter().map(|x| of_b(*x)).sum::<f64>();
        let only_a = |p: &[&[f64]]| vec![NamedArray::new("a", &[], vec![2.0 * p[0][0]])];
        GradientCheck::of_inputs(cost, only_a)
            .input("a", &[], [0.3])
            .input("b", &[30], at)
            .run()
            .unwrap()
            .verdict
    };
    assert_ne!(check(|x| (10.0 * x).round() / 10.0, &at), Verdict::Disagree);
    assert_ne!(
        check(|x| (x - 0.301).signum(), &[0.3; 30]),
        Verdict::Disagree
    );
    assert_eq!(
        check(|x| (x - 0.301).max(0.0), &[0.3; 30]),
        Verdict::Disagree
    );
    assert_eq!(check(f64::sin, &at), Verdict::Disagree);
    assert_eq!(check(|x| x.abs().sqrt(), &at), Verdict::Disagree);
}
