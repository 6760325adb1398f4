//! Right gradients, wrong ones, missing ones, and what cannot be checked; and that the variables are left as they were.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use candle_core::{CpuStorage, CustomOp1, DType, Device, Layout, Result, Shape, Tensor, Var};
use candle_nn::{Module, VarBuilder, VarMap};
use gradcheck_candle::{CandleCheck, CandleError};
use gradient_check::structure::Finding;
use gradient_check::{Report, Verdict};

/// x³, whose derivative is `factor`·x².
struct Cube {
    factor: f64,
}

impl CustomOp1 for Cube {
    fn name(&self) -> &'static str {
        "cube"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (from, to) = layout.contiguous_offsets().unwrap();
        let storage = match storage {
            CpuStorage::F64(x) => CpuStorage::F64(x[from..to].iter().map(|x| x * x * x).collect()),
            CpuStorage::F32(x) => CpuStorage::F32(x[from..to].iter().map(|x| x * x * x).collect()),
            _ => candle_core::bail!("cube of neither f32 nor f64"),
        };
        Ok((storage, layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(((x.sqr()? * self.factor)? * gradient)?))
    }
}

fn x() -> Var {
    Var::new(&[[0.5, -1.25, 0.75], [1.5, 0.25, -0.5]], &Device::Cpu).unwrap()
}

fn single(variable: &Var) -> Var {
    Var::from_tensor(&variable.to_dtype(DType::F32).unwrap()).unwrap()
}

fn bits(variable: &Var) -> Vec<u64> {
    let flat = variable
        .flatten_all()
        .unwrap()
        .to_dtype(DType::F64)
        .unwrap();
    flat.to_vec1::<f64>()
        .unwrap()
        .iter()
        .map(|x| x.to_bits())
        .collect()
}

fn findings(report: &Report) -> Vec<&'static str> {
    let structure = report.structure.as_ref().unwrap();
    structure.findings.iter().map(Finding::name).collect()
}

#[test]
fn a_right_gradient_agrees_in_both_precisions() {
    let x = x();
    let report =
        CandleCheck::new(&[("x", x.clone())], || x.apply_op1(Cube { factor: 3.0 })).assert();
    assert!(report.power.unwrap().single_coordinate < 1e-6);
    let x = single(&x);
    // So curved a function can't be told to a ten-thousandth in f32; it is not called wrong.
    let report = CandleCheck::new(&[("x", x.clone())], || x.apply_op1(Cube { factor: 3.0 }))
        .run()
        .unwrap();
    assert_ne!(report.verdict, Verdict::Disagree);
    assert!(report.difference < 1e-6);
    let w = Var::new(&[0.1f32, -0.7, 0.3], &Device::Cpu).unwrap();
    let variables = [("x", x.clone()), ("w", w.clone())];
    CandleCheck::new(&variables, || x.broadcast_mul(&w)).assert();
}

#[test]
fn a_wrong_one_does_not_and_says_where_and_why() {
    let x = x();
    let check = CandleCheck::new(&[("x", x.clone())], || x.apply_op1(Cube { factor: 2.0 }));
    let wrong = check.seed(7).message("cube").verify().unwrap_err();
    let CandleError::Wrong(failure) = &wrong else {
        panic!("{wrong}");
    };
    assert_eq!(failure.report.counts.disagree, 6);
    let text = wrong.to_string();
    for said in [
        "the gradient is wrong: cube",
        "x[1,0]",
        "to reproduce: CandleCheck::new(…).seed(7)",
        "tests/check.rs",
    ] {
        assert!(text.contains(said), "{said} in\n{text}");
    }
    let x = single(&x);
    let check = CandleCheck::new(&[("x", x.clone())], || x.apply_op1(Cube { factor: 2.0 }));
    assert_eq!(check.run().unwrap().verdict, Verdict::Disagree);
}

#[test]
#[should_panic(expected = "the gradient is wrong")]
fn an_assertion_panics_with_the_text() {
    let x = x();
    CandleCheck::new(&[("x", x.clone())], || x.apply_op1(Cube { factor: 2.0 })).assert();
}

#[test]
fn a_missing_gradient_is_a_finding_of_its_own() {
    let (x, w) = (x(), Var::new(&[1.5, -0.5, 0.25], &Device::Cpu).unwrap());
    let variables = [("x", x.clone()), ("w", w.clone())];
    let report = CandleCheck::new(&variables, || x.broadcast_mul(&w.detach()))
        .run()
        .unwrap();
    assert_eq!(
        (report.verdict, findings(&report)),
        (Verdict::Disagree, vec!["missing-block"])
    );
    let message = report.structure.unwrap().findings[0].message();
    assert!(
        message.starts_with("no gradient for `w`, though J depends on it"),
        "{message}"
    );

    // No graph at all.
    let report = CandleCheck::new(&variables, || Ok(x.broadcast_mul(&w)?.detach()))
        .run()
        .unwrap();
    assert_eq!(findings(&report), ["missing-block", "missing-block"]);
    // A variable that is not used is no error.
    let report = CandleCheck::new(&variables, || x.sin()).run().unwrap();
    assert_eq!(findings(&report), ["unused-block"]);
    assert_ne!(report.verdict, Verdict::Disagree);
}

#[test]
fn what_has_no_backward_pass_is_said_to_have_none() {
    let x = Var::rand(-1.0, 1.0, (1, 2, 4, 4), &Device::Cpu).unwrap();
    let variables = [("x", x.clone())];
    let reason = |error| match error {
        CandleError::NoBackward { reason } => reason,
        error => panic!("{error}"),
    };
    let check = CandleCheck::new(&variables, || x.upsample_bilinear2d(7, 7, false));
    assert_eq!(
        reason(check.run().unwrap_err()),
        "backward not supported for upsample_bilinear2d"
    );
    struct Forward;
    impl CustomOp1 for Forward {
        fn name(&self) -> &'static str {
            "forward"
        }
        fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
            Cube { factor: 0.0 }.cpu_fwd(storage, layout)
        }
    }
    let check = CandleCheck::new(&variables, || x.apply_op1(Forward));
    assert_eq!(
        reason(check.run().unwrap_err()),
        "backward is not supported for forward"
    );
}

#[test]
fn what_cannot_be_checked_is_refused_with_the_reason() {
    let cpu = Device::Cpu;
    let x = x();
    let integer = Var::new(&[1u32, 0], &cpu).unwrap();
    let named = [("x", x.clone()), ("ids", integer.clone())];
    let rows = || x.index_select(&integer, 0);
    let said = |check: CandleCheck<'_>| check.run().unwrap_err().to_string();
    assert_eq!(
        said(CandleCheck::new(&named, rows)),
        "`ids` is of type U32, along which nothing can be differentiated: leave it out, it stays as it is"
    );
    CandleCheck::new(&named, rows).fixed("ids").assert();
    assert_eq!(
        said(CandleCheck::new(&named, rows).fixed("idx")),
        "there is no variable `idx` to hold: there are `x`, `ids`"
    );
    let half = Var::from_tensor(&x.to_dtype(DType::BF16).unwrap()).unwrap();
    assert_eq!(
        said(CandleCheck::new(&[("half", half.clone())], || half.sin())),
        "`half` is of type BF16, whose digits are too few for a difference: cast the model to f32 or f64 for the check"
    );
    assert!(
        said(CandleCheck::new(&[("x", x.clone())], || x.to_dtype(DType::F16)))
            .starts_with("the output")
    );
    assert_eq!(
        said(CandleCheck::new(&[("x", x.clone())], || x.argmax(1))),
        "the function gives a tensor of type U32, which has no derivative"
    );
    assert_eq!(
        said(CandleCheck::new(&[("x", x.clone())], || x.narrow(1, 0, 0))),
        "the function gives an empty tensor, of shape [2, 0]: there is nothing to differentiate"
    );
    assert_eq!(
        said(CandleCheck::new(
            &[("a", x.clone()), ("b", x.clone())],
            || x.sin()
        )),
        "`a` and `b` are one variable: give it once"
    );
    let none: [(&str, Var); 0] = [];
    assert!(said(CandleCheck::new(&none, || x.sin())).contains("no parameters to check"));
    // Two that have the same name.
    let other = Var::new(1.0, &cpu).unwrap();
    assert!(
        said(CandleCheck::new(&[("a", x.clone()), ("a", other)], || x.sin()))
            .contains("two blocks")
    );
}

#[test]
fn an_empty_variable_is_no_obstacle() {
    let empty = Var::from_vec(Vec::<f64>::new(), (0, 3), &Device::Cpu).unwrap();
    let x = x();
    let variables = [("x", x.clone()), ("empty", empty.clone())];
    CandleCheck::new(&variables, || Tensor::cat(&[&x.sqr()?, &empty.sqr()?], 0)).assert();
}

#[test]
fn a_function_that_is_no_number_is_undecided() {
    let x = x();
    let report = CandleCheck::new(&[("x", x.clone())], || x.log())
        .run()
        .unwrap();
    assert!(
        matches!(report.verdict, Verdict::Inconclusive(_)),
        "{report}"
    );
    let zero = Var::new(&[0.0, 1.0], &Device::Cpu).unwrap();
    // √(x²) has the derivative 0/0 at 0 by the chain rule, and a kink.
    let report = CandleCheck::new(&[("x", zero.clone())], || zero.sqr()?.sqrt())
        .run()
        .unwrap();
    assert_eq!(findings(&report), ["non-finite"]);
    assert_eq!(report.verdict, Verdict::Disagree);
}

#[test]
fn functions_of_both_precisions_are_differenced_in_the_coarser_one() {
    let x = x();
    let w = Var::new(&[0.1f32, -0.7, 0.3], &Device::Cpu).unwrap();
    let variables = [("x", x.clone()), ("w", w.clone())];
    let product = || x.to_dtype(DType::F32)?.broadcast_mul(&w);
    CandleCheck::new(&variables, product).assert();
    // An output in f64 does not show it.
    let variables = [("x", x.clone())];
    let inside = || x.to_dtype(DType::F32)?.sqr()?.to_dtype(DType::F64);
    CandleCheck::new(&variables, inside)
        .single_precision()
        .assert();
}

#[test]
fn every_variable_has_its_bits_again_whatever_happened() {
    let x = Var::new(&[0.1, -0.0, 1e-310], &Device::Cpu).unwrap();
    let before = bits(&x);
    let variables = [("x", x.clone())];
    let _ = CandleCheck::new(&variables, || x.sin()).run();
    assert_eq!(bits(&x), before);
    // f64 is narrowed for the time of the check.
    let _ = CandleCheck::new(&variables, || x.sin())
        .single_precision()
        .run();
    assert_eq!(bits(&x), before);
    for after in 0..12 {
        let mut calls = 0;
        let failing = || {
            calls += 1;
            if calls > after {
                candle_core::bail!("enough")
            } else {
                x.sin()
            }
        };
        let failed = CandleCheck::new(&variables, failing).run().unwrap_err();
        assert!(failed.to_string().contains("enough"), "{failed}");
        assert!(failed.caused_by::<candle_core::Error>().is_some());
        assert_eq!(bits(&x), before);
    }
    let mut calls = 0;
    let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let panicking = || {
            calls += 1;
            assert!(calls < 9);
            x.sin()
        };
        CandleCheck::new(&variables, panicking).run()
    }));
    assert!(panics.is_err());
    assert_eq!(bits(&x), before);
}

#[test]
fn a_backward_pass_that_panics_is_an_error_of_its_own() {
    struct Panics;
    impl CustomOp1 for Panics {
        fn name(&self) -> &'static str {
            "panics"
        }
        fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
            Cube { factor: 0.0 }.cpu_fwd(storage, layout)
        }
        fn bwd(&self, _: &Tensor, _: &Tensor, _: &Tensor) -> Result<Option<Tensor>> {
            panic!("out of range")
        }
    }
    let x = x();
    let error = CandleCheck::new(&[("x", x.clone())], || x.apply_op1(Panics))
        .run()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the backward pass panicked: out of range"
    );
}

#[test]
fn a_layer_is_checked_by_its_map_and_running_statistics_are_held() {
    let map = VarMap::new();
    let builder = VarBuilder::from_varmap(&map, DType::F64, &Device::Cpu);
    let linear = candle_nn::linear(3, 4, builder.pp("linear")).unwrap();
    let norm = candle_nn::batch_norm(4, 1e-5, builder.pp("norm")).unwrap();
    let data = [
        0.3, -1.2, 0.7, 2.0, 0.1, -0.4, 0.9, 1.1, -1.6, -0.2, 0.6, 1.3, -0.8, -1.4, 0.5,
    ];
    let data = Tensor::from_slice(&data, (5, 3), &Device::Cpu).unwrap();
    let forward = || norm.forward_train(&linear.forward(&data)?.sin()?);
    let report = CandleCheck::new(&map, forward).run().unwrap();
    let names: Vec<&str> = report
        .blocks
        .iter()
        .map(|block| block.name.as_str())
        .collect();
    let all = [
        "linear.bias",
        "linear.weight",
        "norm.bias",
        "norm.running_mean",
        "norm.running_var",
        "norm.weight",
    ];
    assert_eq!(names, all);
    // The layer writes into its statistics, which are variables of the map.
    assert!(findings(&report).contains(&"mutates-point"));

    let before = bits(map.data().lock().unwrap().get("norm.running_mean").unwrap());
    let check = CandleCheck::new(&map, forward)
        .fixed("norm.running_mean")
        .fixed("norm.running_var");
    check.assert();
    assert_eq!(
        bits(map.data().lock().unwrap().get("norm.running_mean").unwrap()),
        before
    );
}

#[test]
fn a_sample_and_a_seed_are_what_is_judged() {
    let x = Var::rand(0.5, 1.5, (9, 9), &Device::Cpu).unwrap();
    let y = Var::rand(0.5, 1.5, 3, &Device::Cpu).unwrap();
    let variables = [("x", x.clone()), ("y", y.clone())];
    let function = || Tensor::cat(&[&x.log()?.flatten_all()?, &y.recip()?], 0);
    let report = CandleCheck::new(&variables, function)
        .sample_per_block(5)
        .seed(3)
        .assert();
    assert_eq!((report.selected, report.parameters), (8, 84));
}
