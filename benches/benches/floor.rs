//! What the machine can do: the rates that the floors of the engines are made of, in the same run.

mod common;

use std::error::Error;
use std::hint::black_box;
use std::thread;

use benches::{Extent, Floor, SIZES, TERMS};
use common::measure;
use criterion::{Criterion, Throughput};
use mlp::{MlpError, backward, cost_at, forward};
use tensor_core::{Matrix, ShapeError, product_into};

/// [`Floor::PRODUCTS`] on each, and an entry of each last one.
fn products_on_two_threads(a: &Matrix<f64>, b: &Matrix<f64>) -> Result<f64, ShapeError> {
    let products = || -> Result<f64, ShapeError> {
        let mut c = Matrix::<f64>::zeros(a.rows(), b.cols())?;
        for _ in 0..Floor::PRODUCTS {
            product_into(black_box(a.view()), b.view(), c.view_mut())?;
        }
        Ok(c.as_slice()[0])
    };
    thread::scope(|scope| {
        let other = scope.spawn(products);
        let here = products()?;
        // A thread that panicked has no product.
        Ok(here + other.join().unwrap_or(Ok(f64::NAN))?)
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("floor");
    group.sample_size(20);

    let [n, k, p] = Floor::PRODUCT;
    let a = Matrix::from_fn(n, k, |i, j| ((i * k + j) as f64).sin())?;
    let b = Matrix::from_fn(k, p, |i, j| ((i * p + j) as f64).cos())?;
    let mut c = Matrix::<f64>::zeros(n, p)?;
    group.throughput(Throughput::Elements(2 * (n * k * p) as u64));
    measure(
        &mut group,
        &Floor::Product.id(),
        || -> Result<f64, ShapeError> {
            product_into(a.view(), b.view(), c.view_mut())?;
            Ok(c.as_slice()[0])
        },
    )?;

    group.throughput(Throughput::Elements(
        (4 * n * k * p * Floor::PRODUCTS) as u64,
    ));
    measure(&mut group, &Floor::ProductsOnTwoThreads.id(), || {
        products_on_two_threads(&a, &b)
    })?;

    // As wide as logits usually are.
    let logits: Vec<f64> = (0..Floor::TERMS).map(|i| 4.0 * (i as f64).sin()).collect();
    let mut losses = vec![0.0; logits.len()];
    group.throughput(Throughput::Elements(Floor::TERMS as u64));
    for (name, terms) in TERMS {
        measure(
            &mut group,
            &Floor::Terms(name).id(),
            || -> Result<(), MlpError> {
                terms(&logits, &mut losses);
                black_box(&mut losses);
                Ok(())
            },
        )?;
    }

    for size in SIZES {
        let problem = size.problem(Extent::All)?;
        let (network, batch) = (&problem.architecture, &problem.batch);
        let theta = problem.parameters.as_flat();
        group.throughput(Throughput::Elements(1));
        measure(&mut group, &Floor::Forward(size).id(), || {
            cost_at(network, theta, batch, None)
        })?;
        measure(&mut group, &Floor::ForwardAndBackward(size).id(), || {
            backward(
                network,
                &forward(network, &problem.parameters, batch, None)?,
                batch,
            )
        })?;
        let pass = forward(network, &problem.parameters, batch, None)?;
        measure(&mut group, &Floor::Backward(size).id(), || {
            backward(network, &pass, batch)
        })?;
        let mut copy = theta.to_vec();
        measure(
            &mut group,
            &Floor::Copy(size).id(),
            || -> Result<(), MlpError> {
                copy.copy_from_slice(black_box(theta));
                black_box(&mut copy);
                Ok(())
            },
        )?;
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}
