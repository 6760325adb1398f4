//! The page of a made-up run with round numbers.

use std::collections::BTreeMap;

use benches::{Machine, Memory};
use insta::assert_snapshot;

use super::*;

const SMALL: Size = Size {
    name: "S2",
    widths: &[2, 2, 1],
    examples: 3,
    sample: None,
};
const SAMPLED: Size = Size {
    sample: Some(3),
    ..SMALL
};
const LARGE: Size = Size {
    name: "S4",
    widths: &[30, 8, 1],
    examples: 10,
    sample: Some(16),
};

/// A floor of a million operations, ten terms and two backward passes.
const fn engine(name: &'static str, evaluations: Option<u32>, extent: Extent) -> Engine {
    Engine {
        name,
        is: "made up",
        evaluations,
        threads: &[ONE, TWO],
        extent,
        floor: |_| {
            Ok(Work {
                flops: 1e6,
                terms: 10.0,
                backward_passes: 2.0,
            })
        },
        run: |_, _| Ok(0),
    }
}

const PLAN: Plan = Plan {
    sizes: &[SMALL, LARGE],
    engines: &[
        engine(PEER, Some(2), Extent::Sample),
        engine(REFERENCE, Some(4), Extent::Sample),
        engine("layerwise", Some(4), Extent::All),
        engine("directional", None, Extent::All),
    ],
    sampling: SAMPLED,
    growth: &[Series {
        name: "m",
        axis: "examples m",
        sizes: &[SMALL, LARGE],
        along: |size| size.examples,
    }],
    terms: &[("libm", |_, _| ()), ("lanes", |_, _| ())],
};

/// Seconds a coordinate on one thread.
fn pace(engine: &Engine) -> f64 {
    match engine.name {
        PEER => 1e-3,
        REFERENCE => 2e-3,
        _ => 1e-6,
    }
}

fn measured(each: f64, elements: u64) -> Measured {
    let median = each * elements as f64;
    Measured {
        median,
        low: median * 0.99,
        high: median * 1.02,
        elements,
    }
}

fn run() -> Measurements {
    let mut found = BTreeMap::new();
    for engine in PLAN.engines {
        for size in [SMALL, SAMPLED, LARGE] {
            let elements = size.measured(engine.extent) as u64;
            let one = measured(pace(engine), elements);
            found.insert(Id::engine(engine, &size, ONE), one);
            let two = measured(pace(engine) / 1.9, elements);
            found.insert(Id::engine(engine, &size, TWO), two);
            for series in PLAN.growth {
                found.insert(Id::growth(series, engine, &size), one);
            }
        }
    }
    found.insert(Floor::Product.id(), measured(2e-11, 1_000_000));
    found.insert(
        Floor::ProductsOnTwoThreads.id(),
        measured(1e-11, 16_000_000),
    );
    found.insert(Floor::Terms("libm").id(), measured(1e-8, 4096));
    found.insert(Floor::Terms("lanes").id(), measured(1e-9, 4096));
    for size in [SMALL, LARGE] {
        found.insert(Floor::Forward(size).id(), measured(1e-6, 1));
        found.insert(Floor::ForwardAndBackward(size).id(), measured(3e-6, 1));
        found.insert(Floor::Backward(size).id(), measured(2e-6, 1));
        found.insert(Floor::Copy(size).id(), measured(1e-8, 1));
    }
    let names = PLAN.engines.iter().map(|engine| engine.name);
    let memory = (1..).zip([benches::ALONE].into_iter().chain(names));
    Measurements {
        machine: Machine {
            processor: "A processor".to_owned(),
            cores: 2,
            features: vec!["avx2".to_owned()],
            compiler: "rustc 1.0".to_owned(),
            load: Some(1.04),
            arguments: vec!["--noplot".to_owned()],
            memory: memory
                .map(|(mebibytes, engine)| Memory {
                    engine: engine.to_owned(),
                    peak: 1024 * mebibytes,
                })
                .collect(),
        },
        found,
    }
}

#[test]
fn a_page_puts_the_ratios_first() {
    let page = Page::new(&PLAN, &run()).unwrap();
    assert_snapshot!(page.text, @r#"
# Benchmarks

<!-- Written by `cargo xtask bench-report`. Explanations belong in benchmarks-notes.md. -->

[benchmarks-notes.md](benchmarks-notes.md) explains what is measured, how to read it and where the time goes.

All figures are from one run of

```sh
cargo bench -p benches --locked -- --noplot
```

on A processor, 2 cores (avx2), rustc 1.0, release build, default target-cpu. Times are criterion's medians. The load average was 1.0, of which 1 is the benchmarks' own. `cargo xtask bench-report --run` repeats the measurements and writes this page; `cargo bench -p benches --` followed by the entry of the column *command* measures one figure.

| engine | description | evaluations per coordinate |
|---|---|---:|
| `finitediff` | made up | 2 |
| `full` | made up | 4 |
| `layerwise` | made up | 4 |
| `directional` | made up | - |

## Speedup, one thread

A gradient is all P derivatives. Where a sample was measured, the time is scaled to all of them. The last ratio divides each side by its evaluations, since `finitediff` takes 2 per coordinate and our engines 4, two of them for the error bar.

### S2 2-2-1 m=3, P = 9

| engine | against `full` | aim | against `finitediff`, a gradient | aim | an evaluation | a gradient | measured | command |
|---|---:|---|---:|---|---:|---:|---|---|
| `finitediff` | 2.00× |  | 1.00× |  | 1.00× | 9.00 ms | all | `'^finitediff/S2 '` |
| `full` | 1.00× |  | 0.50× |  | 1.00× | 18.0 ms | all | `'^full/S2 '` |
| `layerwise` | 2,000× |  | 1,000× | ≥ 10× | 2,000× | 9.00 µs | all | `'^layerwise/S2 '` |
| `directional` | 2,000× |  | 1,000× |  | - | 9.00 µs | all | `'^directional/S2 '` |

### S4 30-8-1 m=10, P = 257

| engine | against `full` | aim | against `finitediff`, a gradient | aim | an evaluation | a gradient | measured | command |
|---|---:|---|---:|---|---:|---:|---|---|
| `finitediff` | 2.00× |  | 1.00× |  | 1.00× | 257 ms | 16 of 257 | `'^finitediff/S4 '` |
| `full` | 1.00× |  | 0.50× |  | 1.00× | 514 ms | 16 of 257 | `'^full/S4 '` |
| `layerwise` | 2,000× | ≥ 10,000× | 1,000× | ≥ 200× | 2,000× | 257 µs | all | `'^layerwise/S4 '` |
| `directional` | 2,000× |  | 1,000× |  | - | 257 µs | all | `'^directional/S4 '` |

## Against the floor, one thread

The floor is the time of the work that cannot be omitted for all P derivatives, counted in `benches/src/work.rs`, at the rates that this machine reached in the same run.

| the machine |  | command |
|---|---:|---|
| product of 128×784 and 784×256 | 50.0 GFLOP/s | `'floor/product/128x784x256'` |
| a cost term, softplus by libm | 10.0 ns | `'floor/terms/4096 by libm'` |
| a cost term, softplus by lanes | 1.00 ns | `'floor/terms/4096 by lanes'` |

| size | J | J × its floor | forward and backward | backward | copy of θ | command |
|---|---:|---:|---:|---:|---:|---|
| S2 2-2-1 m=3, P = 9 | 1.00 µs | 249× | 3.00 µs | 2.00 µs | 10.0 ns | `'floor/.*S2 '` |
| S4 30-8-1 m=10, P = 257 | 1.00 µs | 8.88× | 3.00 µs | 2.00 µs | 10.0 ns | `'floor/.*S4 '` |

|  | takes × its floor | aim | floor | of which operations | cost terms | backward passes | operations | cost terms | backward passes |
|---|---:|---|---:|---:|---:|---:|---:|---:|---:|
| S2 `finitediff` | 375× |  | 24.0 µs | 20.0 µs | 10.0 ns | 4.00 µs | 1.00e6 | 10 | 2 |
| S2 `full` | 750× |  | 24.0 µs | 20.0 µs | 10.0 ns | 4.00 µs | 1.00e6 | 10 | 2 |
| S2 `layerwise` | 0.37× |  | 24.0 µs | 20.0 µs | 10.0 ns | 4.00 µs | 1.00e6 | 10 | 2 |
| S2 `directional` | 0.37× |  | 24.0 µs | 20.0 µs | 10.0 ns | 4.00 µs | 1.00e6 | 10 | 2 |
| S4 `finitediff` | 10,700× |  | 24.0 µs | 20.0 µs | 10.0 ns | 4.00 µs | 1.00e6 | 10 | 2 |
| S4 `full` | 21,400× |  | 24.0 µs | 20.0 µs | 10.0 ns | 4.00 µs | 1.00e6 | 10 | 2 |
| S4 `layerwise` | 10.7× | ≤ 3× | 24.0 µs | 20.0 µs | 10.0 ns | 4.00 µs | 1.00e6 | 10 | 2 |
| S4 `directional` | 10.7× |  | 24.0 µs | 20.0 µs | 10.0 ns | 4.00 µs | 1.00e6 | 10 | 2 |

## Two threads

Times refer to the coordinates measured, a sample or all. The first row shows the gain from a second thread in this run; if other programs run on the machine it is less than two, and no engine can exceed it.

|  | two against one | aim | one thread | two threads | command |
|---|---:|---|---:|---:|---|
| the machine itself, by products | 2.00× |  | 320 µs | 160 µs | `'floor/product on two threads/128x784x256'` |
| S2 `finitediff` | 1.90× |  | 9.00 ms | 4.74 ms | `'^finitediff/S2 '` |
| S2 `full` | 1.90× |  | 18.0 ms | 9.47 ms | `'^full/S2 '` |
| S2 `layerwise` | 1.90× |  | 9.00 µs | 4.74 µs | `'^layerwise/S2 '` |
| S2 `directional` | 1.90× |  | 9.00 µs | 4.74 µs | `'^directional/S2 '` |
| S4 `finitediff` | 1.90× |  | 16.0 ms | 8.42 ms | `'^finitediff/S4 '` |
| S4 `full` | 1.90× | ≥ 1.7× | 32.0 ms | 16.8 ms | `'^full/S4 '` |
| S4 `layerwise` | 1.90× |  | 257 µs | 135 µs | `'^layerwise/S4 '` |
| S4 `directional` | 1.90× |  | 257 µs | 135 µs | `'^directional/S4 '` |

## Growth, one thread

Times are those of a gradient; samples are scaled. The last row is the exponent between the two largest sizes.

### In m

![examples m](benchmarks/growth-in-m.svg)

| m | `finitediff` | `full` | `layerwise` | `directional` |
|---|---:|---:|---:|---:|
| 3 (2-2-1 m=3) | 9.00 ms | 18.0 ms | 9.00 µs | 9.00 µs |
| 10 (30-8-1 m=10) | 257 ms | 514 ms | 257 µs | 257 µs |
| exponent | 2.78 | 2.78 | 2.78 | 2.78 |

Command: `cargo bench -p benches -- 'growth in m/'`

## Memory

Peak resident memory (`VmHWM`) of a process that computes one gradient of S4 784-64-32-1 m=128, P = 52,353 on one thread, including the whole program. Command: `cargo bench -p benches -- memory/`

|  | peak | above the problem |
|---|---:|---:|
| the problem alone | 1.00 MiB |  |
| `finitediff` | 2.00 MiB | 1.00 MiB |
| `full` | 3.00 MiB | 2.00 MiB |
| `layerwise` | 4.00 MiB | 3.00 MiB |
| `directional` | 5.00 MiB | 4.00 MiB |

## Whether a sample represents all coordinates

S2 2-2-1 m=3, P = 9 by 3 of its 9 coordinates, scaled, compared with all of them:

| engine | sample against all | scaled | all | command |
|---|---:|---:|---:|---|
| `finitediff` | 1.00× | 9.00 ms | 9.00 ms | `'^finitediff/S2 '` |
| `full` | 1.00× | 18.0 ms | 18.0 ms | `'^full/S2 '` |

## Medians

These are the times measured, not scaled.

|  | threads | median | 95 % interval | coordinates | command |
|---|---:|---:|---|---:|---|
| S2 `finitediff` | 1 | 9.00 ms | 8.91 ms to 9.18 ms | all | `'^finitediff/S2 '` |
| S2 `finitediff` | 2 | 4.74 ms | 4.69 ms to 4.83 ms | all | `'^finitediff/S2 '` |
| S2 `full` | 1 | 18.0 ms | 17.8 ms to 18.4 ms | all | `'^full/S2 '` |
| S2 `full` | 2 | 9.47 ms | 9.38 ms to 9.66 ms | all | `'^full/S2 '` |
| S2 `layerwise` | 1 | 9.00 µs | 8.91 µs to 9.18 µs | all | `'^layerwise/S2 '` |
| S2 `layerwise` | 2 | 4.74 µs | 4.69 µs to 4.83 µs | all | `'^layerwise/S2 '` |
| S2 `directional` | 1 | 9.00 µs | 8.91 µs to 9.18 µs | all | `'^directional/S2 '` |
| S2 `directional` | 2 | 4.74 µs | 4.69 µs to 4.83 µs | all | `'^directional/S2 '` |
| S4 `finitediff` | 1 | 16.0 ms | 15.8 ms to 16.3 ms | 16 of 257 | `'^finitediff/S4 '` |
| S4 `finitediff` | 2 | 8.42 ms | 8.34 ms to 8.59 ms | 16 of 257 | `'^finitediff/S4 '` |
| S4 `full` | 1 | 32.0 ms | 31.7 ms to 32.6 ms | 16 of 257 | `'^full/S4 '` |
| S4 `full` | 2 | 16.8 ms | 16.7 ms to 17.2 ms | 16 of 257 | `'^full/S4 '` |
| S4 `layerwise` | 1 | 257 µs | 254 µs to 262 µs | all | `'^layerwise/S4 '` |
| S4 `layerwise` | 2 | 135 µs | 134 µs to 138 µs | all | `'^layerwise/S4 '` |
| S4 `directional` | 1 | 257 µs | 254 µs to 262 µs | all | `'^directional/S4 '` |
| S4 `directional` | 2 | 135 µs | 134 µs to 138 µs | all | `'^directional/S4 '` |
"#);
}

#[test]
fn the_same_run_gives_the_same_page() {
    let [first, second] = [(); 2].map(|()| Page::new(&PLAN, &run()).unwrap());
    assert_eq!(first.text, second.text);
    assert_eq!(first.plots, second.plots);
    assert_eq!(first.plots[0].0, "benchmarks/growth-in-m.svg");
}

#[test]
fn a_run_that_lacks_a_benchmark_gives_no_page() {
    let mut run = run();
    run.found.remove(&Floor::Product.id());
    let error = Page::new(&PLAN, &run).err().unwrap();
    assert_snapshot!(error, @"no measurement of floor/product/128x784x256: `cargo bench -p benches -- 'floor/product/'` makes it alone, `cargo xtask bench-report --run` all of them in one run");
}
