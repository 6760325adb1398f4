//! What the sweep finds in this version of candle, so that another version's change shows.
//!
//! What is wrong in each is in docs/findings/candle.md.

use std::process::Command;

#[test]
fn the_findings_are_those_that_are_written_down() -> anyhow::Result<()> {
    // candle's own threads cost more than they bring for tensors of a few dozen numbers.
    let output = Command::new(env!("CARGO_BIN_EXE_gradcheck-candle-sweep"))
        .arg("--findings")
        .env("RAYON_NUM_THREADS", "1")
        .output()?;
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout)?;
    // How many are decided in f32 may hang on the processor's instructions.
    let (said, _) = said.rsplit_once(" cases: ").unwrap_or((&said, ""));
    insta::assert_snapshot!(format!("{said} cases"), @r"
    gelu: single-precision ×12
    gelu_erf: single-precision ×12
    powf: wrong ×1
    Activation: single-precision ×6
    matmul: forward ×1
    max: wrong ×1
    max_keepdim: wrong ×2
    min: wrong ×2
    min_keepdim: wrong ×1
    softmax: wrong ×1
    max_all: wrong ×2
    min_all: wrong ×2
    norm: wrong ×1
    softmax_last_dim: wrong ×2, missing ×5
    log_softmax: wrong ×1
    unfold: wrong ×20, fails ×30
    gather: fails ×6
    scatter: wrong ×101
    scatter_add: wrong ×28, fails ×60
    max_pool2d: wrong ×65
    avg_pool2d: wrong ×30
    upsample_nearest1d: wrong ×3
    interpolate1d: wrong ×3
    upsample_nearest2d: wrong ×4
    interpolate2d: wrong ×3
    conv1d: wrong ×201, forward ×191, panics ×14
    conv2d: fails ×35
    conv_transpose1d: forward ×95
    rms_norm: wrong ×4, missing ×6
    layer_norm: wrong ×6, missing ×8
    rope: wrong ×6, missing ×8
    rope_i: wrong ×6, missing ×8
    rope_thd: wrong ×6, missing ×8
    flash_attn: missing ×2
    Linear: forward ×2
    Conv1d: wrong ×10
    Conv2d: fails ×10
    LayerNorm: wrong ×2, missing ×4
    RmsNorm: wrong ×2, missing ×4
    158 operations, 7043 cases
    ");
    Ok(())
}
