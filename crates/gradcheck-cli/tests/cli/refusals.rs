//! Whatever can't be used: exit code 2, one message that says what, where and what to do, nothing on
//! standard output, no file left behind.

use crate::tool::Folder;

/// A folder with all kinds of input, nearly all of them bad.
fn inputs() -> Folder {
    let utf_16: Vec<u8> = "1,2,0\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    Folder::new()
        .with("ok.csv", "size,weight,price\n1,2,0\n3,4,1\n5,7,1\n")
        .with("empty.csv", "")
        .with("ragged.csv", "1,2,0\n3,4\n")
        .with("text.csv", "1,2,0\n3,x,1\n")
        .with("nan.csv", "a,b,c\n1,2,0\n3,NaN,1\n")
        .with("huge.csv", "1,2,0\n3,1e999,1\n")
        .with("gap.csv", "1,2,0\n3,,1\n")
        .with("binary.csv", b"1,2,0\n\x00\xff\xfe\x01")
        .with("utf16.csv", [&[0xff, 0xfe], utf_16.as_slice()].concat())
        .with("header.csv", "a,b,c\n")
        .with("labels.csv", "0\n1\n")
        .with("quote.csv", "1,\"2,0\n")
        .with("three.csv", "1,2,0\n3,4,1\n5,7,2\n")
        .with("half.csv", "1,2,0\n3,4,0.5\n")
        .with("minus.csv", "1,2,1\n3,4,-1\n")
        .with("words.csv", "1,2,cheap\n3,4,dear\n")
        .with("folder/three", "[1, 2, 3]")
        .with("right.toml", "steps = 0\n")
        .with("unknown.toml", "seed = 1\n  activtion = \"tanh\"\n")
        .with("underscore.toml", "keep_prob = 1\n")
        .with("string.toml", "seed = 1\nl2 = \"half\"\n")
        .with("number.toml", "activation = 3\n")
        .with("fraction.toml", "rows = 2.5\n")
        .with("negative.toml", "steps = -1\n")
        .with("threads.toml", "threads = 0\n")
        .with("truth.toml", "frozen-masks = \"yes\"\n")
        .with("widths.toml", "layers = \"30,1\"\n")
        .with("invalid.toml", "seed = 1\nl2 = = 3\n")
        .with("open.toml", "activation = \"tanh\n")
        .with("twice.toml", "seed = 1\nseed = 2\n")
        .with("section.toml", "[network]\nseed = 1\n")
        .with("activation.toml", "activation = \"tahn\"\n")
        .with("data.toml", "data = \"digit\"\n")
        .with("none.toml", "layers = []\n")
        .with("three.json", "[1, 2, 3]")
        .with("three.txt", "1\n2\n3\n")
        .with("two.json", "[1, 2]")
        .with("square.json", "{\"W\": [[1, 2], [3, 4]], \"b\": [1]}")
        .with("flat.json", "{\"W\": [1, 2, 3, 4], \"b\": [1]}")
        .with("both.json", "{\"W1\": [1], \"b1\": [2]}")
        .with("one.json", "{\"W1\": [1]}")
        .with("empty.json", "")
        .with("none.json", "[]")
        .with("open.json", "{\n  \"W1\": [1, 2\n")
        .with("words.json", "{\"W1\": \"large\"}")
        .with("ragged.json", "[[1, 2], [3]]")
        .with("corrupt.npy", b"\x93NUMPY\x01\x00\xff\xff{")
        .with("corrupt.npz", "PK, or not")
        .with("corrupt.safetensors", b"\xff\xff\xff\xff\xff\xff\xff\xff{}")
}

#[track_caller]
fn refused(line: &str) -> String {
    inputs().refused(line)
}

// Widths.

#[test]
fn layers_empty() {
    insta::assert_snapshot!(refused("mlp --layers ''"), @r"
    error: invalid value '' for '--layers <N,N,…>': there are no widths: give whole numbers separated by commas, as in 30,16,8,1

    For more information, try '--help'.
    ");
}

#[test]
fn layers_zero() {
    insta::assert_snapshot!(refused("mlp --layers 30,0,1"), @"error: layer 1 of 30-0-1 has no units: every width must be at least 1");
}

#[test]
fn layers_negative() {
    insta::assert_snapshot!(refused("mlp --layers 30,-4,1"), @r"
    error: invalid value '30,-4,1' for '--layers <N,N,…>': a width can't be negative: give whole numbers separated by commas, as in 30,16,8,1

    For more information, try '--help'.
    ");
}

#[test]
fn layers_negative_first() {
    insta::assert_snapshot!(refused("mlp --layers -30,4,1"), @r"
    error: invalid value '-30,4,1' for '--layers <N,N,…>': a width can't be negative: give whole numbers separated by commas, as in 30,16,8,1

    For more information, try '--help'.
    ");
}

#[test]
fn layers_no_number() {
    insta::assert_snapshot!(refused("mlp --layers 30,1e3,1"), @r"
    error: invalid value '30,1e3,1' for '--layers <N,N,…>': '1e3' is not a width: give whole numbers separated by commas, as in 30,16,8,1

    For more information, try '--help'.
    ");
}

#[test]
fn layers_gap() {
    insta::assert_snapshot!(refused("mlp --layers 30,,1"), @r"
    error: invalid value '30,,1' for '--layers <N,N,…>': '' is not a width: give whole numbers separated by commas, as in 30,16,8,1

    For more information, try '--help'.
    ");
}

#[test]
fn layers_only_one() {
    insta::assert_snapshot!(refused("mlp --layers 30"), @"error: there are too few layer widths (1): give at least two, the features and the outputs, as in 30-16-1");
}

#[test]
fn layers_not_of_the_data() {
    insta::assert_snapshot!(refused("mlp --layers 31,4,1"), @"error: the first of the layers 31-4-1 is 31, but breast-cancer has 30 features: use --layers 30,4,1");
}

#[test]
fn layers_not_of_the_file() {
    insta::assert_snapshot!(refused("mlp --data ok.csv --layers 3,4,1"), @"error: the first of the layers 3-4-1 is 3, but ok.csv has 2 features: use --layers 2,4,1");
}

#[test]
fn layers_not_of_the_loss() {
    insta::assert_snapshot!(refused("mlp --layers 30,4,1 --loss softmax"), @"error: the loss softmax needs at least 2 outputs, but the last width is 1: end --layers with the number of classes, or choose --loss bce or mse");
}

#[test]
fn layers_too_few_for_the_classes() {
    insta::assert_snapshot!(refused("mlp --data digits --layers 64,4,5"), @"error: digits, example[5]: the label is 5, but a label for 5 classes must be an integer from 0 to 4: correct it, choose another label column or loss, or allow for more classes");
}

// Dropout.

#[test]
fn keep_prob_zero() {
    insta::assert_snapshot!(refused("mlp --keep-prob 0"), @"error: the probability of keeping a unit is 0: it must be above 0 and at most 1");
}

#[test]
fn keep_prob_negative() {
    insta::assert_snapshot!(refused("mlp --keep-prob -0.1"), @"error: the probability of keeping a unit is -0.1: it must be above 0 and at most 1");
}

#[test]
fn keep_prob_above_one() {
    insta::assert_snapshot!(refused("mlp --keep-prob 1.1"), @"error: the probability of keeping a unit is 1.1: it must be above 0 and at most 1");
}

#[test]
fn keep_prob_nan() {
    insta::assert_snapshot!(refused("mlp --keep-prob NaN --frozen-masks"), @r"
    error: invalid value 'NaN' for '--keep-prob <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn dropout_without_frozen_masks() {
    insta::assert_snapshot!(refused("mlp --keep-prob 0.8"), @"error: gradient checking does not work with dropout (keep_prob = 0.8): every evaluation drops different units, so that the cost is not a fixed function and finite differences of it are meaningless. Check with --keep-prob 1.0, as the course does, or add --frozen-masks to draw the masks once and use them for the cost and the gradient");
}

#[test]
fn dropout_with_masks_not_frozen() {
    insta::assert_snapshot!(refused("mlp --keep-prob 0.8 --frozen-masks false"), @"error: gradient checking does not work with dropout (keep_prob = 0.8): every evaluation drops different units, so that the cost is not a fixed function and finite differences of it are meaningless. Check with --keep-prob 1.0, as the course does, or add --frozen-masks to draw the masks once and use them for the cost and the gradient");
}

// Numbers.

#[test]
fn l2_negative() {
    insta::assert_snapshot!(refused("mlp --l2 -1"), @"error: the L2 factor lambda is -1: it must be 0 or larger, and finite");
}

#[test]
fn l2_nan() {
    insta::assert_snapshot!(refused("mlp --l2 NaN"), @r"
    error: invalid value 'NaN' for '--l2 <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn l2_infinite() {
    insta::assert_snapshot!(refused("mlp --l2 inf"), @r"
    error: invalid value 'inf' for '--l2 <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn epsilon_zero() {
    insta::assert_snapshot!(refused("mlp --epsilon 0"), @r"
    error: invalid value '0' for '--epsilon <NUMBER>': it must be above 0: give a number, such as 2 or 1e-7

    For more information, try '--help'.
    ");
}

#[test]
fn epsilon_negative() {
    insta::assert_snapshot!(refused("mlp --epsilon -1e-7"), @r"
    error: invalid value '-1e-7' for '--epsilon <NUMBER>': it must be above 0: give a number, such as 2 or 1e-7

    For more information, try '--help'.
    ");
}

#[test]
fn epsilon_nan() {
    insta::assert_snapshot!(refused("mlp --epsilon NaN"), @r"
    error: invalid value 'NaN' for '--epsilon <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn epsilon_infinite() {
    insta::assert_snapshot!(refused("mlp --epsilon inf"), @r"
    error: invalid value 'inf' for '--epsilon <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn epsilon_no_number() {
    insta::assert_snapshot!(refused("mlp --epsilon small"), @r"
    error: invalid value 'small' for '--epsilon <NUMBER>': give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn epsilon_with_a_comma() {
    insta::assert_snapshot!(refused("mlp --epsilon 0,001"), @r"
    error: invalid value '0,001' for '--epsilon <NUMBER>': give a number, such as 0.5 or 1e-3, with a decimal point instead of a comma

    For more information, try '--help'.
    ");
}

#[test]
fn epsilon_for_the_complex_step() {
    insta::assert_snapshot!(refused("mlp --epsilon 1e-5 --scheme complex-step"), @"error: --epsilon has no effect with the complex step, whose step size is always 1e-30: leave it out, or choose another --scheme");
}

#[test]
fn learning_rate_zero() {
    insta::assert_snapshot!(refused("mlp --learning-rate 0"), @"error: the learning rate is 0: it must be larger than 0, and finite");
}

#[test]
fn learning_rate_negative() {
    insta::assert_snapshot!(refused("mlp --learning-rate -0.1"), @"error: the learning rate is -0.1: it must be larger than 0, and finite");
}

#[test]
fn learning_rate_nan() {
    insta::assert_snapshot!(refused("mlp --learning-rate NaN"), @r"
    error: invalid value 'NaN' for '--learning-rate <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn learning_rate_infinite() {
    insta::assert_snapshot!(refused("mlp --learning-rate inf"), @r"
    error: invalid value 'inf' for '--learning-rate <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn sample_zero() {
    insta::assert_snapshot!(refused("mlp --sample 0"), @"error: --sample 0 leaves nothing to check: give at least 1, or leave it out to check all coordinates");
}

#[test]
fn threads_zero() {
    insta::assert_snapshot!(refused("mlp --threads 0"), @r"
    error: invalid value '0' for '--threads <N>': give at least 1, or leave it out to use every core

    For more information, try '--help'.
    ");
}

#[test]
fn threads_too_many() {
    insta::assert_snapshot!(refused("mlp --threads 60000"), @r"
    error: invalid value '60000' for '--threads <N>': this is too many: give at most 1024, or leave it out to use every core

    For more information, try '--help'.
    ");
}

#[test]
fn threads_negative() {
    insta::assert_snapshot!(refused("mlp --threads -2"), @r"
    error: invalid value '-2' for '--threads <N>': it can't be negative: give a whole number, such as 10

    For more information, try '--help'.
    ");
}

#[test]
fn batch_size_zero() {
    insta::assert_snapshot!(refused("mlp --batch-size 0"), @"error: the batch size is 0: give at least 1, or leave it out to take all examples");
}

#[test]
fn memory_limit_zero() {
    insta::assert_snapshot!(refused("mlp --memory-limit 0"), @r"
    error: invalid value '0' for '--memory-limit <GIB>': it must be above 0: give a size in GiB, such as 0.5 or 8

    For more information, try '--help'.
    ");
}

#[test]
fn memory_limit_nan() {
    insta::assert_snapshot!(refused("mlp --memory-limit NaN"), @r"
    error: invalid value 'NaN' for '--memory-limit <GIB>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn memory_limit_infinite() {
    insta::assert_snapshot!(refused("mlp --memory-limit inf"), @r"
    error: invalid value 'inf' for '--memory-limit <GIB>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn steps_negative() {
    insta::assert_snapshot!(refused("mlp --steps -3"), @r"
    error: invalid value '-3' for '--steps <N>': it can't be negative: give a whole number, such as 10

    For more information, try '--help'.
    ");
}

#[test]
fn steps_no_whole_number() {
    insta::assert_snapshot!(refused("mlp --steps 1.5"), @r"
    error: invalid value '1.5' for '--steps <N>': give a whole number, such as 10

    For more information, try '--help'.
    ");
}

#[test]
fn seed_negative() {
    insta::assert_snapshot!(refused("mlp --seed -1"), @r"
    error: invalid value '-1' for '--seed <N>': it can't be negative: give a whole number, such as 10

    For more information, try '--help'.
    ");
}

#[test]
fn standardize_no_truth() {
    insta::assert_snapshot!(refused("mlp --standardize maybe"), @r"
    error: invalid value 'maybe' for '--standardize [<BOOL>]'
      [possible values: true, false]

    For more information, try '--help'.
    ");
}

#[test]
fn scalar_x_nan() {
    insta::assert_snapshot!(refused("scalar --x NaN"), @r"
    error: invalid value 'NaN' for '--x <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn scalar_theta_infinite() {
    insta::assert_snapshot!(refused("scalar --theta -inf"), @r"
    error: invalid value '-inf' for '--theta <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn scalar_epsilon_zero() {
    insta::assert_snapshot!(refused("scalar --epsilon 0"), @r"
    error: invalid value '0' for '--epsilon <NUMBER>': it must be above 0: give a number, such as 2 or 1e-7

    For more information, try '--help'.
    ");
}

#[test]
fn scalar_epsilon_negative() {
    insta::assert_snapshot!(refused("scalar --epsilon -1e-7"), @r"
    error: invalid value '-1e-7' for '--epsilon <NUMBER>': it must be above 0: give a number, such as 2 or 1e-7

    For more information, try '--help'.
    ");
}

#[test]
fn scalar_x_no_number() {
    insta::assert_snapshot!(refused("scalar --x two"), @r"
    error: invalid value 'two' for '--x <NUMBER>': give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

#[test]
fn course_epsilon_nan() {
    insta::assert_snapshot!(refused("course --epsilon NaN"), @r"
    error: invalid value 'NaN' for '--epsilon <NUMBER>': it must be finite: give a number, such as 0.5 or 1e-3

    For more information, try '--help'.
    ");
}

// Rows.

#[test]
fn rows_zero() {
    insta::assert_snapshot!(refused("mlp --rows 0"), @"error: breast-cancer: 0 examples were requested: request at least 1");
}

#[test]
fn rows_negative() {
    insta::assert_snapshot!(refused("mlp --rows -1"), @r"
    error: invalid value '-1' for '--rows <N>': it can't be negative: give a whole number, such as 10

    For more information, try '--help'.
    ");
}

#[test]
fn rows_more_than_there_are() {
    insta::assert_snapshot!(refused("mlp --rows 600"), @"error: breast-cancer: 600 examples were requested, but there are only 569: request at most 569");
}

#[test]
fn rows_more_than_the_file_has() {
    insta::assert_snapshot!(refused("mlp --data ok.csv --rows 5"), @"error: ok.csv: 5 examples were requested, but there are only 3: request at most 3");
}

#[test]
fn rows_no_number() {
    insta::assert_snapshot!(refused("mlp --rows many"), @r"
    error: invalid value 'many' for '--rows <N>': give a whole number, such as 10

    For more information, try '--help'.
    ");
}

#[test]
fn rows_too_large_to_count() {
    insta::assert_snapshot!(refused("mlp --rows 99999999999999999999999"), @r"
    error: invalid value '99999999999999999999999' for '--rows <N>': this is too large: the largest is 18446744073709551615

    For more information, try '--help'.
    ");
}

// Names.

#[test]
fn unknown_activation() {
    insta::assert_snapshot!(refused("mlp --activation rleu"), @r"
    error: invalid value 'rleu' for '--activation <NAME>'
      [possible values: relu, leaky-relu, tanh, sigmoid, softplus, gelu, identity]

      tip: a similar value exists: 'relu'

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_loss() {
    insta::assert_snapshot!(refused("mlp --loss softmx"), @r"
    error: invalid value 'softmx' for '--loss <NAME>'
      [possible values: bce, softmax, mse]

      tip: a similar value exists: 'softmax'

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_data() {
    insta::assert_snapshot!(refused("mlp --data digist"), @"error: digist: no such data set and no such file: the data sets are breast-cancer, digits, synthetic; did you mean digits?");
}

#[test]
fn unknown_fault() {
    insta::assert_snapshot!(refused("mlp --fault dw2-double"), @r"error: unknown fault 'dw2-double' (did you mean 'dw2-doubled'?); `gradcheck faults` lists them");
}

#[test]
fn unknown_init() {
    insta::assert_snapshot!(refused("mlp --init hee"), @r"
    error: invalid value 'hee' for '--init <NAME>'
      [possible values: he, xavier, normal, zeros]

      tip: a similar value exists: 'he'

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_optimizer() {
    insta::assert_snapshot!(refused("mlp --optimizer adm"), @r"
    error: invalid value 'adm' for '--optimizer <NAME>'
      [possible values: sgd, momentum, adam]

      tip: a similar value exists: 'adam'

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_scheme() {
    insta::assert_snapshot!(refused("mlp --scheme complexstep"), @r"
    error: invalid value 'complexstep' for '--scheme <NAME>'
      [possible values: central, forward, five-point, complex-step, course]

      tip: a similar value exists: 'complex-step'

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_engine() {
    insta::assert_snapshot!(refused("mlp --engine ful"), @r"
    error: invalid value 'ful' for '--engine <NAME>'
      [possible values: full, incremental, layerwise]

      tip: a similar value exists: 'full'

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_precision() {
    insta::assert_snapshot!(refused("mlp --precision f46"), @r"
    error: invalid value 'f46' for '--precision <TYPE>'
      [possible values: f64, f32]

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_header() {
    insta::assert_snapshot!(refused("mlp --header yess"), @r"
    error: invalid value 'yess' for '--header <WHEN>'
      [possible values: auto, yes, no]

      tip: a similar value exists: 'yes'

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_and_unlike_anything() {
    insta::assert_snapshot!(refused("mlp --activation swish-ish"), @r"
    error: invalid value 'swish-ish' for '--activation <NAME>'
      [possible values: relu, leaky-relu, tanh, sigmoid, softplus, gelu, identity]

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_format() {
    insta::assert_snapshot!(refused("mlp --format xml"), @r"
    error: invalid value 'xml' for '--format <FORMAT>'
      [possible values: text, short, json]

    For more information, try '--help'.
    ");
}

#[test]
fn empty_name() {
    insta::assert_snapshot!(refused("mlp --activation ''"), @r"
    error: a value is required for '--activation <NAME>' but none was supplied
      [possible values: relu, leaky-relu, tanh, sigmoid, softplus, gelu, identity]

    For more information, try '--help'.
    ");
}

#[test]
fn fault_of_another_network() {
    insta::assert_snapshot!(refused("mlp --fault softmax-diagonal-only"), @"error: the fault `softmax-diagonal-only` does not apply here: it needs softmax outputs, but the loss is bce");
}

#[test]
fn fault_without_its_dropout() {
    insta::assert_snapshot!(refused("mlp --fault dropout-mask-forgotten"), @"error: the fault `dropout-mask-forgotten` does not apply here: it has an effect only with dropout: add --keep-prob 0.8 --frozen-masks");
}

#[test]
fn fault_needing_equal_widths() {
    insta::assert_snapshot!(refused("mlp --fault biases-swapped"), @"error: the fault `biases-swapped` does not apply here: it needs two hidden layers of the same width, as in 6-5-5-1");
}

// Sizes.

#[test]
fn too_large_for_memory() {
    insta::assert_snapshot!(refused("mlp --layers 30,100000,100000,1"), @"error: the check would need about 7.5 TiB of memory, but the limit is 4.0 GiB: use smaller --layers or fewer --rows, or raise --memory-limit");
}

#[test]
fn too_large_for_the_limit() {
    insta::assert_snapshot!(refused("mlp --memory-limit 0.00001"), @"error: the check would need about 1.3 MiB of memory, but the limit is 10 KiB: use smaller --layers or fewer --rows, or raise --memory-limit");
}

#[test]
fn more_parameters_than_addresses() {
    insta::assert_snapshot!(refused("mlp --layers 30,9999999999,9999999999,1"), @"error: a network of widths 30-9999999999-9999999999-1 has more parameters than memory can address: use smaller --layers");
}

#[test]
fn more_rows_than_memory() {
    insta::assert_snapshot!(refused("mlp --rows 99999999999 --data synthetic"), @"error: synthetic: 99999999999 synthetic examples of 4 features are too many: request at most 100000000 numbers in all");
}

#[test]
fn more_rows_than_memory_with_layers() {
    insta::assert_snapshot!(refused("mlp --layers 4,1 --rows 99999999999 --data synthetic"), @"error: the check would need about 25 TiB of memory, but the limit is 4.0 GiB: use smaller --layers or fewer --rows, or raise --memory-limit");
}

#[test]
fn more_features_than_memory() {
    insta::assert_snapshot!(refused("mlp --layers 99999999999,1 --data synthetic"), @"error: the check would need about 307 TiB of memory, but the limit is 4.0 GiB: use smaller --layers or fewer --rows, or raise --memory-limit");
}

// Tables.

#[test]
fn csv_missing() {
    insta::assert_snapshot!(refused("mlp --data nowhere.csv"), @"error: nowhere.csv: no such file: check the path");
}

#[test]
fn csv_missing_with_a_near_name() {
    insta::assert_snapshot!(refused("mlp --data okk.csv"), @"error: okk.csv: no such file; did you mean ok.csv?");
}

#[test]
fn data_empty() {
    insta::assert_snapshot!(refused("mlp --data ''"), @"error: the name of the data is empty: give breast-cancer, digits, synthetic, or the path of a CSV file");
}

#[test]
fn csv_empty() {
    insta::assert_snapshot!(refused("mlp --data empty.csv"), @"error: empty.csv: the file is empty: check that the program that wrote it has finished");
}

#[test]
fn csv_ragged() {
    insta::assert_snapshot!(refused("mlp --data ragged.csv"), @"error: ragged.csv, line 2: 2 cells where line 1 has 3: give every line the same number of cells");
}

#[test]
fn csv_text() {
    insta::assert_snapshot!(refused("mlp --data text.csv"), @r#"error: text.csv, line 2, column 2: "x" is not a number: write a decimal number such as -0.5 or 1e-3"#);
}

#[test]
fn csv_nan() {
    insta::assert_snapshot!(refused("mlp --data nan.csv"), @r#"error: nan.csv, line 3, column 2 (b): "NaN" is not finite: replace it or remove the line"#);
}

#[test]
fn csv_too_large_a_number() {
    insta::assert_snapshot!(refused("mlp --data huge.csv"), @r#"error: huge.csv, line 2, column 2: "1e999" is not finite: replace it or remove the line"#);
}

#[test]
fn csv_gap() {
    insta::assert_snapshot!(refused("mlp --data gap.csv"), @"error: gap.csv, line 2, column 2: the cell is empty: fill it in or remove the line");
}

#[test]
fn csv_binary() {
    insta::assert_snapshot!(refused("mlp --data binary.csv"), @"error: binary.csv, line 2: this is not UTF-8 text (is it binary, or saved as UTF-16?): save the table as CSV in UTF-8");
}

#[test]
fn csv_utf_16() {
    insta::assert_snapshot!(refused("mlp --data utf16.csv"), @"error: utf16.csv, line 1: this is not UTF-8 text (is it binary, or saved as UTF-16?): save the table as CSV in UTF-8");
}

#[test]
fn csv_folder() {
    insta::assert_snapshot!(refused("mlp --data folder"), @"error: folder: this is a directory: name a file in it");
}

#[test]
fn csv_only_a_header() {
    insta::assert_snapshot!(refused("mlp --data header.csv"), @"error: header.csv, line 1: the file holds only a header line: add at least one example below it");
}

#[test]
fn csv_only_labels() {
    insta::assert_snapshot!(refused("mlp --data labels.csv"), @"error: labels.csv, line 1: the only column is the label: add at least one column of features");
}

#[test]
fn csv_open_quote() {
    insta::assert_snapshot!(refused("mlp --data quote.csv"), @"error: quote.csv, line 1: a quotation mark is not closed on this line: close or remove it");
}

#[test]
fn label_beyond_two_classes() {
    insta::assert_snapshot!(refused("mlp --data three.csv"), @"error: three.csv, line 3: the label is 2, but a label for two classes must be 0 or 1: correct it, choose another label column or loss, or allow for more classes");
}

#[test]
fn label_beyond_the_classes() {
    insta::assert_snapshot!(refused("mlp --data three.csv --loss softmax --layers 2,4,2"), @"error: three.csv, line 3: the label is 2, but a label for 2 classes must be an integer from 0 to 1: correct it, choose another label column or loss, or allow for more classes");
}

#[test]
fn label_no_class() {
    insta::assert_snapshot!(refused("mlp --data half.csv --loss softmax --layers 2,4,2"), @"error: half.csv, line 2: the label is 0.5, but a label for 2 classes must be an integer from 0 to 1: correct it, choose another label column or loss, or allow for more classes");
}

#[test]
fn label_negative() {
    insta::assert_snapshot!(refused("mlp --data minus.csv"), @"error: minus.csv, line 2: the label is -1, but a label for two classes must be 0 or 1: correct it, choose another label column or loss, or allow for more classes");
}

#[test]
fn label_of_no_column() {
    insta::assert_snapshot!(refused("mlp --data ok.csv --label prise"), @r#"error: ok.csv, line 1: no column is named "prise"; did you mean price?"#);
}

#[test]
fn label_of_a_column_that_is_not_there() {
    insta::assert_snapshot!(refused("mlp --data ok.csv --label 4"), @"error: ok.csv, line 1: there is no column 4: columns are counted from 1 to 3");
}

#[test]
fn label_column_zero() {
    insta::assert_snapshot!(refused("mlp --data ok.csv --label 0"), @"error: ok.csv, line 1: there is no column 0: columns are counted from 1 to 3");
}

#[test]
fn label_by_name_without_names() {
    insta::assert_snapshot!(refused("mlp --data three.csv --label price"), @r#"error: three.csv, line 1: the label column is given as "price", but the first line is not a header: give the column's number, or add a header"#);
}

#[test]
fn label_text_for_a_regression() {
    insta::assert_snapshot!(refused("mlp --data words.csv --loss mse"), @r#"error: words.csv, line 1, column 3: "cheap" is not a number: write a decimal number such as -0.5 or 1e-3"#);
}

// Configurations.

#[test]
fn config_missing() {
    insta::assert_snapshot!(refused("mlp --config nowhere.toml"), @"error: nowhere.toml: no such file; did you mean none.toml?");
}

#[test]
fn config_missing_with_a_near_name() {
    insta::assert_snapshot!(refused("mlp --config unknwn.toml"), @"error: unknwn.toml: no such file; did you mean unknown.toml?");
}

#[test]
fn config_unknown_key() {
    insta::assert_snapshot!(refused("mlp --config unknown.toml"), @r"error: unknown.toml, line 2, column 3: `activtion` is not an option, did you mean `activation`?; the options are layers, activation, loss, l2, keep-prob, frozen-masks, init, precision, fault, seed, data, rows, header, label, standardize, steps, optimizer, learning-rate, batch-size, scheme, epsilon, engine, sample, accuracy, strict, negative-control, threads, memory-limit, read-limit");
}

#[test]
fn config_underscore_for_hyphen() {
    insta::assert_snapshot!(refused("mlp --config underscore.toml"), @r"error: underscore.toml, line 1, column 1: `keep_prob` is not an option, did you mean `keep-prob`?; the options are layers, activation, loss, l2, keep-prob, frozen-masks, init, precision, fault, seed, data, rows, header, label, standardize, steps, optimizer, learning-rate, batch-size, scheme, epsilon, engine, sample, accuracy, strict, negative-control, threads, memory-limit, read-limit");
}

#[test]
fn config_string_for_a_number() {
    insta::assert_snapshot!(refused("mlp --config string.toml"), @r#"error: string.toml, line 2, column 6: invalid type: string "half", expected a number"#);
}

#[test]
fn config_number_for_a_string() {
    insta::assert_snapshot!(refused("mlp --config number.toml"), @"error: number.toml, line 1, column 14: invalid type: integer `3`, expected a string");
}

#[test]
fn config_fraction_for_a_count() {
    insta::assert_snapshot!(refused("mlp --config fraction.toml"), @"error: fraction.toml, line 1, column 8: invalid type: floating point `2.5`, expected a whole number, 0 or larger");
}

#[test]
fn config_negative_count() {
    insta::assert_snapshot!(refused("mlp --config negative.toml"), @"error: negative.toml, line 1, column 9: invalid value: integer `-1`, expected a whole number, 0 or larger");
}

#[test]
fn config_zero_threads() {
    insta::assert_snapshot!(refused("mlp --config threads.toml"), @r"error: threads.toml, line 1, column 11: give at least 1, or leave it out to use every core");
}

#[test]
fn config_word_for_a_truth() {
    insta::assert_snapshot!(refused("mlp --config truth.toml"), @r#"error: truth.toml, line 1, column 16: invalid type: string "yes", expected true or false"#);
}

#[test]
fn config_widths_as_text() {
    insta::assert_snapshot!(refused("mlp --config widths.toml"), @r#"error: widths.toml, line 1, column 10: invalid type: string "30,1", expected a list of whole numbers, such as [30, 16, 8, 1]"#);
}

#[test]
fn config_no_toml() {
    insta::assert_snapshot!(refused("mlp --config invalid.toml"), @r#"error: invalid.toml, line 2, column 6: not valid TOML: extra `=`, expected nothing; write one `option = value` per line, such as activation = "tanh""#);
}

#[test]
fn config_open_string() {
    insta::assert_snapshot!(refused("mlp --config open.toml"), @r#"error: open.toml, line 1, column 19: not valid TOML: invalid basic string, expected `"`; write one `option = value` per line, such as activation = "tanh""#);
}

#[test]
fn config_key_twice() {
    insta::assert_snapshot!(refused("mlp --config twice.toml"), @r#"error: twice.toml, line 2, column 1: not valid TOML: duplicate key; write one `option = value` per line, such as activation = "tanh""#);
}

#[test]
fn config_section() {
    insta::assert_snapshot!(refused("mlp --config section.toml"), @r"error: section.toml, line 1, column 2: `network` is not an option; the options are layers, activation, loss, l2, keep-prob, frozen-masks, init, precision, fault, seed, data, rows, header, label, standardize, steps, optimizer, learning-rate, batch-size, scheme, epsilon, engine, sample, accuracy, strict, negative-control, threads, memory-limit, read-limit");
}

#[test]
fn config_binary() {
    insta::assert_snapshot!(refused("mlp --config binary.csv"), @r#"error: binary.csv: this is not a configuration file: give a TOML file with the names of the flags as keys, such as activation = "tanh""#);
}

#[test]
fn config_folder() {
    insta::assert_snapshot!(refused("mlp --config folder"), @"error: folder: this is a directory: name a file in it");
}

#[test]
fn config_a_table_instead() {
    insta::assert_snapshot!(refused("mlp --config ok.csv"), @r#"error: ok.csv, line 1, column 5: not valid TOML: key with no value, expected `=`; write one `option = value` per line, such as activation = "tanh""#);
}

#[test]
fn config_unknown_name() {
    insta::assert_snapshot!(refused("mlp --config activation.toml"), @r"error: activation.toml, line 1, column 14: unknown activation 'tahn' (did you mean 'tanh'?); choose from relu, leaky-relu, tanh, sigmoid, softplus, gelu, identity");
}

#[test]
fn config_misspelt_data() {
    insta::assert_snapshot!(refused("mlp --config data.toml"), @"error: digit: no such data set and no such file: the data sets are breast-cancer, digits, synthetic; did you mean digits?");
}

#[test]
fn config_widths_empty() {
    insta::assert_snapshot!(refused("mlp --config none.toml"), @"error: there are too few layer widths (0): give at least two, the features and the outputs, as in 30-16-1");
}

// Outputs.

#[test]
fn output_in_a_missing_folder() {
    insta::assert_snapshot!(refused("mlp --output nowhere/out.json"), @"error: nowhere/out.json: there is no folder nowhere: create it, or choose another --output");
}

#[test]
fn output_a_folder() {
    insta::assert_snapshot!(refused("mlp --output folder"), @"error: folder: this is a directory: give the name of a file for --output");
}

#[test]
fn output_a_folder_to_be() {
    insta::assert_snapshot!(refused("scalar --output out/"), @"error: out/: this is a directory: give the name of a file for --output");
}

#[test]
fn output_here() {
    insta::assert_snapshot!(refused("course --output ."), @"error: .: this is a directory: give the name of a file for --output");
}

#[test]
fn output_beneath_a_file() {
    insta::assert_snapshot!(refused("scalar --output ok.csv/out"), @"error: ok.csv/out: can't be written (Not a directory (os error 20)): choose another --output");
}

#[test]
fn output_empty() {
    insta::assert_snapshot!(refused("scalar --output ''"), @r"
    error: a value is required for '--output <FILE>' but none was supplied

    For more information, try '--help'.
    ");
}

#[test]
fn output_over_the_data() {
    insta::assert_snapshot!(refused("mlp --data ok.csv --output ok.csv"), @"error: ok.csv: this run reads this file, and --output would overwrite it: choose another name");
}

#[test]
fn output_over_the_data_by_another_path() {
    insta::assert_snapshot!(refused("mlp --data ok.csv --output folder/../ok.csv"), @"error: folder/../ok.csv: this run reads this file, and --output would overwrite it: choose another name");
}

#[test]
fn output_over_the_configuration() {
    insta::assert_snapshot!(refused("mlp --config right.toml --output right.toml"), @"error: right.toml: this run reads this file, and --output would overwrite it: choose another name");
}

#[test]
fn output_over_the_analytic_gradient() {
    insta::assert_snapshot!(refused("compare three.json three.json --output three.json"), @"error: three.json: this run reads this file, and --output would overwrite it: choose another name");
}

#[test]
fn output_over_the_numeric_gradient() {
    insta::assert_snapshot!(refused("compare three.json two.json --output ./two.json"), @"error: ./two.json: this run reads this file, and --output would overwrite it: choose another name");
}

// Gradients.

#[test]
fn compare_missing_argument() {
    insta::assert_snapshot!(refused("compare three.json"), @r"
    error: the following required arguments were not provided:
      <BASELINE>

    Usage: gradcheck compare <CANDIDATE> <BASELINE> [REFERENCE]

    For more information, try '--help'.
    ");
}

#[test]
fn compare_missing_file() {
    insta::assert_snapshot!(refused("compare nowhere.npy three.json"), @"error: nowhere.npy: no such file: check the path");
}

#[test]
fn compare_near_name() {
    insta::assert_snapshot!(refused("compare thre.json three.json"), @"error: thre.json: no such file; did you mean three.json?");
}

#[test]
fn compare_different_lengths() {
    insta::assert_snapshot!(refused("compare three.json two.json"), @"error: three.json (analytic) and two.json (numeric): block gradient: the analytic gradient has shape [3] (3 numbers), but the numeric one has [2] (2 numbers): write both with the same shape");
}

#[test]
fn compare_different_shapes() {
    insta::assert_snapshot!(refused("compare square.json flat.json"), @"error: square.json (analytic) and flat.json (numeric): block W: the analytic gradient has shape [2, 2] (4 numbers), but the numeric one has [4] (4 numbers): write both with the same shape");
}

#[test]
fn compare_missing_block() {
    insta::assert_snapshot!(refused("compare both.json one.json"), @r#"error: both.json (analytic) and one.json (numeric): the analytic gradient has a block "b1" of length 1, but the numeric one has only "W1" of length 1: give both the same blocks with the same names"#);
}

#[test]
fn compare_superfluous_block() {
    insta::assert_snapshot!(refused("compare one.json both.json"), @r#"error: one.json (analytic) and both.json (numeric): the numeric gradient has a block "b1" of length 1, but the analytic one has only "W1" of length 1: give both the same blocks with the same names"#);
}

#[test]
fn compare_empty() {
    insta::assert_snapshot!(refused("compare three.json empty.json"), @"error: empty.json: the file is empty: check that the program that wrote it has finished");
}

#[test]
fn compare_no_numbers() {
    insta::assert_snapshot!(refused("compare none.json three.json"), @"error: none.json: the file contains no numbers: check that the program that wrote it has finished");
}

#[test]
fn compare_open_json() {
    insta::assert_snapshot!(refused("compare open.json three.json"), @"error: open.json, line 2: EOF while parsing a list: a gradient is a list of numbers, or an object of named lists");
}

#[test]
fn compare_no_numbers_in_json() {
    insta::assert_snapshot!(refused("compare words.json three.json"), @r#"error: words.json, line 1, column 14: the text "large" is not a number: a gradient is a list of numbers, or an object of named lists"#);
}

#[test]
fn compare_ragged_json() {
    insta::assert_snapshot!(refused("compare ragged.json three.json"), @"error: ragged.json: the list at [1] has 1 entry, but the first has 2: make them equally long");
}

#[test]
fn compare_corrupt_npy() {
    insta::assert_snapshot!(refused("compare corrupt.npy three.json"), @"error: corrupt.npy: this is not a valid npy file (it ends in the header): write it again");
}

#[test]
fn compare_corrupt_npz() {
    insta::assert_snapshot!(refused("compare corrupt.npz three.json"), @"error: corrupt.npz: this is not a valid npz file (it is not a zip archive, or its end is cut off): write it again");
}

#[test]
fn compare_corrupt_safetensors() {
    insta::assert_snapshot!(refused("compare corrupt.safetensors three.json"), @"error: corrupt.safetensors: this is not a valid safetensors file (header too large): write it again");
}

#[test]
fn compare_text_in_csv() {
    insta::assert_snapshot!(refused("compare text.csv three.json"), @r#"error: text.csv, line 2, column 2: "x" is not a number: write a decimal number such as -0.5 or 1e-3"#);
}

#[test]
fn compare_unknown_format() {
    insta::assert_snapshot!(refused("compare three.txt three.json"), @r#"error: three.txt: ".txt" is not a known gradient format: use .npy, .npz, .safetensors, .json or .csv"#);
}

#[test]
fn compare_no_extension() {
    insta::assert_snapshot!(refused("compare folder/three three.json"), @"error: folder/three: a file name without an extension is not a known gradient format: use .npy, .npz, .safetensors, .json or .csv");
}

#[test]
fn compare_folder() {
    insta::assert_snapshot!(refused("compare folder three.json"), @"error: folder: this is a directory: name a file in it");
}

// What only this system has.

#[cfg(target_os = "linux")]
#[test]
fn output_not_writable() {
    insta::assert_snapshot!(refused("scalar --output /proc/version"), @"error: /proc/version: can't be written (No such file or directory (os error 2)): choose another --output");
    insta::assert_snapshot!(refused("scalar --output /proc/out"), @"error: /proc/out: can't be written (No such file or directory (os error 2)): choose another --output");
}

#[cfg(target_os = "linux")]
#[test]
fn output_to_a_full_disk() {
    insta::assert_snapshot!(refused("scalar --output /dev/full"), @"error: /dev/full: can't be written (No space left on device (os error 28)): choose another --output");
}

#[test]
fn output_of_too_long_a_name() {
    let message = refused(&format!("scalar --output {}", "x".repeat(300)));
    assert!(message.contains("choose another --output"), "{message}");
}
