//! Tests of which models are `IntV1`, of the ranges that are found, and of exact arithmetic.

use super::{
    reference::{run_all, Steps},
    IntType::*,
    *,
};
use crate::{
    onnx::{
        AttributeProto, GraphProto, ModelProto, OperatorSetIdProto, SparseTensorProto,
        TrainingInfoProto,
    },
    parse::parse,
    testing::{int, ints, sample_graphs, text, Builder},
};
use std::collections::BTreeMap;

/// A model with the input `x` (of this type and shape), whose only output is the tensor that
/// `build` names.
fn model(kind: IntType, dims: &[usize], build: impl Fn(&mut Builder) -> String) -> ModelProto {
    let mut builder = Builder::new(18);
    builder.input("x", kind, dims);
    let made = build(&mut builder);
    builder.graph.output = vec![crate::onnx::ValueInfoProto {
        name: made,
        r#type: None,
    }];
    builder.model()
}

#[track_caller]
fn refused(model: &ModelProto, sentence: &str) {
    let reasons = check(model);
    assert!(
        reasons.iter().any(|r| r.contains(sentence)),
        "{sentence}: {reasons:?}"
    );
}

#[track_caller]
fn accepted(model: &ModelProto) {
    assert_eq!(check(model), [""; 0]);
}

#[test]
fn random_graphs_are_accepted_and_answered() {
    let mut begun = BTreeMap::new();
    for sample in sample_graphs(200) {
        let model = parse(sample.model.into()).unwrap();
        accepted(&model);
        assert!(!sample.outputs.is_empty(), "{}", sample.name);
        for node in &model.graph.as_ref().unwrap().node {
            *begun.entry(node.op_type.clone()).or_insert(0) += 1;
        }
    }
    assert_eq!(begun.len(), 61, "{begun:?}");
}

#[test]
fn ranges_hold_each_computed_element() {
    let mut computed = 0;
    for sample in sample_graphs(200) {
        let model = parse(sample.model.into()).unwrap();
        let graph = read(&model).unwrap();
        type Pattern = fn(usize, Range) -> i128;
        let patterns: [Pattern; 4] = [
            |_, r| r.least,
            |_, r| r.most,
            |i, r| if i % 2 == 0 { r.least } else { r.most },
            |i, r| (i as i128 * 37 % 11 - 5).clamp(r.least, r.most),
        ];
        for pattern in patterns {
            let inputs = graph.tensors.iter().filter(|t| t.is_input);
            let inputs = inputs.map(|t| {
                let elements = (0..t.elements()).map(|i| pattern(i, t.range)).collect();
                (t.name.clone(), elements)
            });
            let values = run_all(&graph, &inputs.collect(), &mut Steps(1 << 24)).unwrap();
            for (tensor, value) in graph.tensors.iter().zip(values) {
                computed += value.elements.len();
                if let Some(found) = Range::of(value.elements) {
                    assert!(
                        tensor.range.contains(found),
                        "{} `{}`: {found} is not within {}",
                        sample.name,
                        tensor.name,
                        tensor.range
                    );
                }
            }
        }
    }
    assert!(computed > 100_000, "{computed}");
}

#[test]
fn operators_outside_the_list_are_refused_by_name() {
    for (operator, why) in [
        ("Softmax", "not known to give"),
        ("QLinearConv", "rescales by floats"),
        ("QLinearMatMul", "rescales by floats"),
        ("Gemm", "not known to give"),
        ("ReduceProd", "does not wrap"),
        ("TopK", "its shape may depend"),
        ("NonZero", "its shape may depend"),
        ("If", "graphs of its own"),
        ("Loop", "graphs of its own"),
        ("ScatterElements", "not known to give"),
        ("CumSum", "not known to give"),
        ("AveragePool", "not known to give"),
        ("DequantizeLinear", "floats"),
    ] {
        let model = model(U8, &[2], |b| b.node(operator, &["x"], vec![]));
        refused(&model, &format!("the operator {operator} is refused"));
        refused(&model, why);
    }
    let mut foreign = model(U8, &[2], |b| b.node("Identity", &["x"], vec![]));
    foreign.graph.as_mut().unwrap().node[0].domain = "com.microsoft".into();
    refused(
        &foreign,
        "the operator com.microsoft.Identity is not ONNX's own",
    );
}

#[test]
fn a_divisor_that_may_be_0_is_refused() {
    let over = |operator: &str, least: i128| {
        model(I32, &[2], |b| {
            let bound = b.constant(I32, &[], &[least]);
            let divisor = b.node("Max", &["x", &bound], vec![]);
            b.node(operator, &["x", &divisor], vec![])
        })
    };
    for operator in ["Div", "Mod"] {
        accepted(&over(operator, 1));
        refused(
            &over(operator, 0),
            "its divisor `t2` may be 0 to 2147483647",
        );
        refused(&over(operator, -1), "its divisor `t2` may be -1");
    }
}

#[test]
fn a_sum_that_may_saturate_is_refused() {
    let sum = |kind, most: i128| {
        model(kind, &[1 << 20], |b| {
            let low = b.constant(kind, &[], &[-most]);
            let high = b.constant(kind, &[], &[most]);
            let bounded = b.node("Clip", &["x", &low, &high], vec![]);
            b.node("ReduceSum", &[&bounded], vec![])
        })
    };
    accepted(&sum(I32, (1 << 11) - 1));
    refused(
        &sum(I32, 1 << 11),
        "its sum may be -2147483648 to 2147483648",
    );
    accepted(&sum(I64, 1 << 33));
    refused(&sum(I64, (1 << 33) + 1), "bound the terms with Clip");
}

#[test]
fn an_index_that_may_miss_is_refused() {
    let table = |b: &mut Builder| b.constant(U8, &[4], &[1, 2, 3, 4]);
    let by = |least: i128, most: i128| {
        model(I64, &[2], |b| {
            let low = b.constant(I64, &[], &[least]);
            let high = b.constant(I64, &[], &[most]);
            let index = b.node("Clip", &["x", &low, &high], vec![]);
            let table = table(b);
            b.node("Gather", &[&table, &index], vec![])
        })
    };
    accepted(&by(-4, 3));
    refused(&by(-5, 3), "may be -5 to 3, but the dimension is 4");
    refused(&by(0, 4), "may be 0 to 4, but the dimension is 4");
    // A payer may send any index: ONNX Runtime refuses a wrong one.
    accepted(&model(I64, &[2], |b| {
        let table = table(b);
        b.node("Gather", &[&table, "x"], vec![])
    }));
}

#[test]
fn shifts_and_crossed_bounds_are_refused() {
    let shift = |by: i128| {
        model(U8, &[2], |b| {
            let by = b.constant(U8, &[], &[by]);
            b.node("BitShift", &["x", &by], vec![text("direction", "LEFT")])
        })
    };
    accepted(&shift(7));
    refused(&shift(8), "must be a constant below 8");
    let by_itself =
        |b: &mut Builder| b.node("BitShift", &["x", "x"], vec![text("direction", "RIGHT")]);
    refused(&model(U8, &[2], by_itself), "must be a constant below 8");
    let bounded = |b: &mut Builder| {
        let most = b.constant(U8, &[], &[7]);
        let by = b.node("Min", &["x", &most], vec![]);
        b.node("BitShift", &["x", &by], vec![text("direction", "LEFT")])
    };
    refused(&model(U8, &[2], bounded), "must be a constant below 8");
    let clip = |low: i128, high: i128| {
        model(I32, &[2], |b| {
            let low = b.constant(I32, &[], &[low]);
            let high = b.constant(I32, &[], &[high]);
            b.node("Clip", &["x", &low, &high], vec![])
        })
    };
    accepted(&clip(3, 3));
    refused(&clip(4, 3), "its bounds may cross");
    let computed = model(I32, &[], |b| {
        let bound = b.constant(I32, &[], &[3]);
        let low = b.node("Min", &["x", &bound], vec![]);
        let high = b.node("Neg", &["x"], vec![]);
        b.node("Clip", &["x", &low, &high], vec![])
    });
    refused(&computed, "its bounds may cross");
}

#[test]
fn zero_points_are_constant_scalars() {
    let product = |dims: &[usize], zeros: &[i128]| {
        model(U8, &[1, 2], |b| {
            let weights = b.constant(I8, &[2, 2], &[1, -2, 3, -4]);
            let zero = b.constant(I8, dims, zeros);
            b.node("MatMulInteger", &["x", &weights, "", &zero], vec![])
        })
    };
    accepted(&product(&[], &[-3]));
    accepted(&product(&[1], &[-3]));
    refused(
        &product(&[2], &[-3, 4]),
        "its zero point `c2` is not one constant int8",
    );
    let given = model(U8, &[1], |b| {
        let weights = b.constant(U8, &[1, 1], &[1]);
        b.node("MatMulInteger", &["x", &weights, "x"], vec![])
    });
    refused(&given, "its zero point `x` is not one constant uint8");
}

#[test]
fn types_without_a_kernel_are_refused() {
    for (kind, operator, opset) in [
        (Bool, "Add", 18),
        (U8, "Add", 13),
        (U8, "MatMul", 18),
        (I64, "Relu", 18),
        (U64, "ReduceMax", 18),
        (U8, "ReduceSum", 18),
        (I32, "MaxPool", 18),
        (U32, "ArgMax", 18),
        (I32, "DepthToSpace", 18),
        (U8, "Trilu", 18),
        (U8, "Neg", 18),
    ] {
        let mut model = model(kind, &[1, 4, 2, 2], |b| {
            b.node(operator, &["x", "x"], vec![])
        });
        model.opset_import[0].version = opset;
        if !matches!(operator, "Add" | "MatMul") {
            model.graph.as_mut().unwrap().node[0].input.pop();
        }
        refused(&model, &format!("its operand `x` is {kind}, but it takes"));
    }
    let late = |opset| {
        let mut model = model(U8, &[2], |b| b.node("BitwiseNot", &["x"], vec![]));
        model.opset_import[0].version = opset;
        model
    };
    accepted(&late(18));
    refused(&late(17), "from version 18 of the operators on");
}

#[test]
fn floats_are_refused_by_name() {
    let cast = |to: i64| model(U8, &[2], |b| b.node("Cast", &["x"], vec![int("to", to)]));
    accepted(&cast(7));
    refused(&cast(1), "its result is float32, but IntV1 has only bool");
    refused(&cast(5), "its result is int16");
    let mut constant = cast(7);
    let graph = constant.graph.as_mut().unwrap();
    graph.initializer.push(crate::onnx::TensorProto {
        name: "w".into(),
        data_type: 1,
        dims: vec![1],
        float_data: vec![0.5],
        ..Default::default()
    });
    refused(&constant, "the constant `w` is float32");
    // Several of them give one reason together, so that they do not hide the others.
    let graph = constant.graph.as_mut().unwrap();
    graph.initializer[0].name = "v".into();
    let mut more = graph.initializer[0].clone();
    more.name = "w".into();
    graph.initializer.push(more);
    assert_eq!(check(&constant).len(), 1);
    refused(&constant, "the constant `v` is float32");
    refused(&constant, "(1 more like it)");
    let zeros = model(I64, &[2], |b| {
        let shape = b.list(&[2]);
        b.node("ConstantOfShape", &[&shape], vec![])
    });
    refused(&zeros, "it has no value, so its result is float32");
    let value = AttributeProto {
        name: "value_float".into(),
        f: 1.0,
        r#type: 1,
        ..Default::default()
    };
    let floats = model(U8, &[1], |b| b.node("Constant", &[], vec![value.clone()]));
    refused(&floats, "it must have one value of whole numbers");
}

#[test]
fn a_dimension_that_is_not_fixed_is_refused() {
    use crate::onnx::{dimension, type_proto};
    let mut model = model(U8, &[2, 2], |b| b.node("Identity", &["x"], vec![]));
    let input = &mut model.graph.as_mut().unwrap().input[0];
    let kind = input.r#type.as_mut().unwrap().value.as_mut().unwrap();
    let type_proto::Value::Tensor(tensor) = kind else {
        panic!("not a tensor")
    };
    let dim = &mut tensor.shape.as_mut().unwrap().dim[0].value;
    *dim = Some(dimension::Value::Named("n".into()));
    refused(
        &model,
        "the input `x` has the dimension `n`, which is not fixed; write a number there",
    );
}

#[test]
fn anything_but_a_plain_graph_is_refused() {
    let plain = || model(U8, &[2], |b| b.node("Identity", &["x"], vec![]));
    accepted(&plain());
    let with = |change: fn(&mut ModelProto)| {
        let mut model = plain();
        change(&mut model);
        model
    };
    let in_graph = |change: fn(&mut GraphProto)| {
        let mut model = plain();
        change(model.graph.as_mut().unwrap());
        model
    };
    let cases = [
        (with(|m| m.graph = None), "the model has no graph"),
        (with(|m| m.opset_import[0].version = 12), "of version 12"),
        (with(|m| m.opset_import[0].version = 22), "of version 22"),
        (
            with(|m| m.opset_import.push(OperatorSetIdProto::default())),
            "must name exactly one version",
        ),
        (
            with(|m| m.functions = vec![crate::onnx::FunctionProto::default()]),
            "the model has functions",
        ),
        (
            with(|m| m.training_info = vec![TrainingInfoProto::default()]),
            "graphs for training",
        ),
        (
            in_graph(|g| g.sparse_initializer = vec![SparseTensorProto::default()]),
            "sparse constants",
        ),
        (in_graph(|g| g.input.clear()), "the graph has 0 inputs"),
        (in_graph(|g| g.node.clear()), "no node makes the output"),
        (
            in_graph(|g| g.node.push(g.node[0].clone())),
            "two tensors have the name `t1`",
        ),
        (
            in_graph(|g| g.node[0].input[0] = "y".into()),
            "nothing before it makes its operand `y`",
        ),
        (
            in_graph(|g| g.node[0].attribute.push(int("speed", 1))),
            "its operator has no attribute `speed`",
        ),
        (
            in_graph(|g| g.node[0].output.push("more".into())),
            "it has 2 results, more than 1",
        ),
        (
            in_graph(|g| {
                let mut tensor = crate::onnx::TensorProto {
                    name: "x".into(),
                    data_type: 2,
                    ..Default::default()
                };
                tensor.int32_data = vec![1];
                g.initializer.push(tensor);
            }),
            "`x` is an input, but the file stores its value",
        ),
        (
            in_graph(|g| {
                g.initializer.push(crate::onnx::TensorProto {
                    name: "far".into(),
                    data_type: 2,
                    data_location: 1,
                    ..Default::default()
                })
            }),
            "the constant `far` has its elements in another file",
        ),
    ];
    for (model, sentence) in cases {
        refused(&model, sentence);
    }
}

#[test]
fn a_false_declaration_is_refused() {
    let declared = |kind, dims: &[usize]| {
        let mut builder = Builder::new(18);
        builder.input("x", U8, &[2, 3]);
        let made = builder.node("Transpose", &["x"], vec![]);
        builder.output(&made, kind, dims);
        builder.model()
    };
    accepted(&declared(U8, &[3, 2]));
    for (kind, dims) in [(I8, &[3, 2][..]), (U8, &[2, 3]), (U8, &[6])] {
        refused(&declared(kind, dims), "but the file declares it otherwise");
    }
}

#[test]
fn constants_are_read_from_each_field() {
    use crate::onnx::TensorProto;
    let value = |tensor: TensorProto| {
        let (kind, _, constant) = constant::read(&tensor)?;
        Ok::<_, String>((kind, constant.elements().collect::<Vec<_>>()))
    };
    let of = |kind: IntType, change: &dyn Fn(&mut TensorProto)| {
        let mut tensor = TensorProto {
            data_type: kind.onnx(),
            dims: vec![2],
            ..Default::default()
        };
        change(&mut tensor);
        value(tensor)
    };
    assert_eq!(
        of(I8, &|t| t.int32_data = vec![-1, 5]),
        Ok((I8, vec![-1, 5]))
    );
    let raw = |bytes: &[u8]| Some(bytes.to_vec().into());
    assert_eq!(
        of(I8, &|t| t.raw_data = raw(&[0xff, 5])),
        Ok((I8, vec![-1, 5]))
    );
    assert_eq!(
        of(U32, &|t| t.uint64_data = vec![u32::MAX.into(), 5]),
        Ok((U32, vec![u32::MAX.into(), 5]))
    );
    assert_eq!(
        of(I64, &|t| t.int64_data = vec![i64::MIN, 5]),
        Ok((I64, vec![i64::MIN.into(), 5]))
    );
    assert_eq!(
        of(Bool, &|t| t.raw_data = raw(&[0, 1])),
        Ok((Bool, vec![0, 1]))
    );
    let wrong = |found: Result<_, String>| found.unwrap_err();
    assert_eq!(
        wrong(of(Bool, &|t| t.raw_data = raw(&[0, 2]))),
        "has an element that bool cannot hold"
    );
    assert_eq!(
        wrong(of(U8, &|t| t.int32_data = vec![256, 0])),
        "has an element that uint8 cannot hold"
    );
    assert_eq!(
        wrong(of(U8, &|t| t.int32_data = vec![1])),
        "has 1 elements, but its shape needs 2"
    );
    assert_eq!(
        wrong(of(I32, &|t| t.raw_data = raw(&[1, 2, 3]))),
        "has 3 bytes, which is not a multiple of 4"
    );
}

/// The elements of the only output, for these of the input `x`.
fn answer(model: &ModelProto, x: &[i128]) -> Vec<i128> {
    let graph = read(model).unwrap();
    let inputs = BTreeMap::from([("x".to_string(), x.to_vec())]);
    let mut values = reference::run(&graph, &inputs, &mut Steps(1 << 20)).unwrap();
    values.remove(0).elements
}

#[test]
fn arithmetic_wraps_and_rounds_as_stated() {
    let with = |kind, operator: &str, other: &[i128], x: &[i128]| {
        let model = model(kind, &[x.len()], |b| {
            let other = b.constant(kind, &[other.len()], other);
            b.node(operator, &["x", &other], vec![])
        });
        answer(&model, x)
    };
    assert_eq!(with(U8, "Add", &[200], &[100, 55]), [44, 255]);
    assert_eq!(with(I8, "Mul", &[-128], &[-1, 2]), [-128, 0]);
    assert_eq!(
        with(U64, "Mul", &[u64::MAX.into()], &[u64::MAX.into()]),
        [1]
    );
    assert_eq!(with(I32, "Div", &[2], &[-7, 7]), [-3, 3]);
    assert_eq!(with(I32, "Mod", &[3], &[-7, 7]), [2, 1]);
    let abs = model(I8, &[1], |b| b.node("Abs", &["x"], vec![]));
    assert_eq!(answer(&abs, &[-128]), [-128]);
    let most = model(I32, &[4], |b| {
        b.node("ArgMax", &["x"], vec![int("axis", 0)])
    });
    assert_eq!(answer(&most, &[1, 7, 7, 3]), [1]);
}

#[test]
fn convolution_and_pooling_skip_the_padding() {
    let conv = model(U8, &[1, 1, 1, 3], |b| {
        let weights = b.constant(I8, &[1, 1, 1, 3], &[1, 10, 100]);
        let zero = b.constant(U8, &[], &[1]);
        let pads = vec![ints("pads", &[0, 1, 0, 1])];
        b.node("ConvInteger", &["x", &weights, &zero], pads)
    });
    assert_eq!(answer(&conv, &[2, 3, 5]), [10 + 200, 1 + 20 + 400, 2 + 40]);
    let pool = model(I8, &[1, 1, 3], |b| {
        let pads = vec![ints("kernel_shape", &[2]), ints("pads", &[1, 0])];
        b.node("MaxPool", &["x"], pads)
    });
    assert_eq!(answer(&pool, &[-5, -7, -6]), [-5, -5, -6]);
    let empty = model(I8, &[1, 1, 3], |b| {
        let pads = vec![ints("kernel_shape", &[2]), ints("pads", &[2, 0])];
        b.node("MaxPool", &["x"], pads)
    });
    refused(&empty, "its pads leave windows without a cell");
    // The only window has the cells before and after the operand's only one.
    let over = model(I8, &[1, 1, 1], |b| {
        let wide = [
            ints("kernel_shape", &[2]),
            ints("pads", &[1, 1]),
            ints("dilations", &[2]),
        ];
        b.node("MaxPool", &["x"], wide.to_vec())
    });
    refused(&over, "its pads leave windows without a cell");
}

#[test]
fn a_window_larger_than_a_tensor_is_refused() {
    // The product of three such sides is beyond 2⁶⁴.
    let pool = |side: i64| {
        model(U8, &[1], |b| {
            let cell = b.constant(U8, &[1; 5], &[9]);
            let attributes = vec![
                ints("kernel_shape", &[side; 3]),
                ints("pads", &[side - 1; 6]),
                ints("strides", &[side; 3]),
            ];
            b.node("MaxPool", &[&cell], attributes)
        })
    };
    for side in [1 << 22, (1 << 10) + 1] {
        refused(&pool(side), "its window has more than 1073741824 cells");
    }
    accepted(&pool(1 << 10));
}

#[test]
fn shapes_are_computed_from_constants() {
    // As exporters write a flattening: Shape, Slice, Concat, Reshape.
    let model = model(U8, &[2, 3, 4], |b| {
        let shape = b.node("Shape", &["x"], vec![]);
        let (start, end) = (b.list(&[0]), b.list(&[1]));
        let first = b.node("Slice", &[&shape, &start, &end], vec![]);
        let rest = b.list(&[-1]);
        let to = b.node("Concat", &[&first, &rest], vec![int("axis", 0)]);
        b.node("Reshape", &["x", &to], vec![])
    });
    let graph = read(&model).unwrap();
    assert_eq!(graph.steps.len(), 1);
    assert_eq!(graph.tensors[graph.outputs[0].1].dims, [2, 12]);
}

#[test]
fn a_squeeze_of_no_axes_is_refused() {
    let squeeze = |axes: &[i64]| {
        model(U8, &[1, 2], |b| {
            let axes = b.list(axes);
            b.node("Squeeze", &["x", &axes], vec![])
        })
    };
    accepted(&squeeze(&[0]));
    refused(&squeeze(&[1]), "it removes a dimension that is not 1");
    refused(&squeeze(&[]), "its list of axes is empty");
}

#[test]
fn a_split_must_state_its_parts() {
    let split = |opset: i64, attributes: Vec<AttributeProto>| {
        let mut model = model(U8, &[5], |b| {
            b.nodes("Split", &["x"], attributes.clone(), 2).remove(0)
        });
        model.opset_import[0].version = opset;
        model
    };
    accepted(&split(18, vec![int("num_outputs", 2)]));
    refused(&split(18, vec![]), "neither parts nor their number");
    refused(
        &split(18, vec![int("num_outputs", 3)]),
        "5 does not split into 2 parts",
    );
    // Only versions from 18 on have parts of different lengths.
    refused(&split(13, vec![]), "5 does not split into 2 parts");
}

#[test]
fn a_result_without_a_name_is_no_tensor() {
    let mut model = model(U8, &[4], |b| {
        let parts = vec![int("num_outputs", 2)];
        b.nodes("Split", &["x"], parts, 2).remove(0)
    });
    model.graph.as_mut().unwrap().node[0].output[1].clear();
    let graph = read(&model).unwrap();
    assert_eq!((graph.tensors.len(), graph.steps.len()), (2, 1));
    assert_eq!(answer(&model, &[1, 2, 3, 4]), [1, 2]);
}

#[test]
fn constants_computed_in_advance_are_bounded() {
    let model = model(U8, &[1], |b| {
        let shape = b.list(&[1 << 16]);
        let value = AttributeProto {
            name: "value".into(),
            t: Some(Box::new(crate::onnx::TensorProto {
                data_type: I64.onnx(),
                dims: vec![1],
                int64_data: vec![1],
                ..Default::default()
            })),
            r#type: 4,
            ..Default::default()
        };
        for _ in 0..20 {
            b.node("ConstantOfShape", &[&shape], vec![value.clone()]);
        }
        b.node("Identity", &["x"], vec![])
    });
    refused(
        &model,
        "all constants computed in advance have more than 1048576",
    );
    // They count even if nothing can read them.
    let mut nameless = model.clone();
    for node in &mut nameless.graph.as_mut().unwrap().node[..20] {
        node.output.clear();
    }
    refused(
        &nameless,
        "all constants computed in advance have more than 1048576",
    );
}

#[test]
fn a_shape_of_many_dimensions_is_refused() {
    // The result has no name, so that it is not made.
    let shaped = |operator: &str, list: &[i64]| {
        let mut model = model(U8, &[1], |b| {
            let list = b.list(list);
            b.node(operator, &["x", &list], vec![]);
            b.node("Identity", &["x"], vec![])
        });
        model.graph.as_mut().unwrap().node[0].output.clear();
        model
    };
    let axes = [0, 1, 2, 3, 4, 5, 6, 7];
    accepted(&shaped("Unsqueeze", &axes[..7]));
    accepted(&shaped("Reshape", &[1; 8]));
    for model in [shaped("Unsqueeze", &axes), shaped("Reshape", &[1; 9])] {
        refused(&model, "its result has 9 dimensions, more than 8");
    }
}

#[test]
fn reference_stops_after_its_steps() {
    let model = model(U8, &[100], |b| b.node("Identity", &["x"], vec![]));
    let graph = read(&model).unwrap();
    let inputs = BTreeMap::from([("x".to_string(), vec![0; 100])]);
    let run = |steps| reference::run(&graph, &inputs, &mut Steps(steps));
    assert_eq!(run(200), Err(reference::EvalError::TooLong));
    assert!(run(300).is_ok());
}

/// Each of 65,536 elements may come from any of as many operands.
#[test]
fn each_operand_of_an_element_counts_as_a_step() {
    const MANY: usize = 1 << 16;
    const BUDGET: u64 = 1 << 24;
    for (operator, attributes) in [("Max", vec![]), ("Concat", vec![int("axis", 0)])] {
        let model = model(U8, &[1], |b| {
            let one = b.constant(U8, &[1], &[1]);
            let mut operands = vec![one; MANY];
            if operator == "Max" {
                operands[0] = b.constant(U8, &[MANY], &[0; MANY]);
            }
            let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
            b.node(operator, &operands, attributes.clone())
        });
        let graph = read(&model).unwrap();
        assert_eq!(graph.steps.len(), 1, "{operator} was computed in advance");
        let mut steps = Steps(BUDGET);
        let inputs = BTreeMap::from([("x".to_string(), vec![0])]);
        let refused = reference::run(&graph, &inputs, &mut steps);
        assert_eq!(refused, Err(reference::EvalError::TooLong), "{operator}");
        // It was refused before it began: only tensors were counted.
        assert!(BUDGET - steps.0 < 3 * MANY as u64, "{operator}");
    }
}

/// A panic or, as tests check for it, an overflow fails the test.
#[test]
fn damaged_files_are_refused_or_read() {
    let mut state = 1u64;
    let mut dice = |sides: usize| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as usize % sides.max(1)
    };
    let mut counts = [0; 3];
    for sample in sample_graphs(150) {
        for _ in 0..100 {
            let mut file = sample.model.clone();
            for _ in 0..=dice(2) {
                let at = dice(file.len());
                // Adding or removing bytes makes most lengths before them wrong, so this is rare.
                match dice(20) {
                    0 => drop(file.remove(at)),
                    1 => {
                        let end = (at + dice(40)).min(file.len());
                        let part = file[at..end].to_vec();
                        let to = dice(file.len());
                        file.splice(to..to, part);
                    }
                    2..10 => file[at] = dice(256) as u8,
                    _ => file[at] ^= 1 << dice(8),
                }
            }
            let file = crate::onnx::Bytes::from(file);
            let Ok(model) = parse(file.clone()) else {
                counts[0] += 1;
                continue;
            };
            let Ok(graph) = read(&model) else {
                counts[1] += 1;
                continue;
            };
            exact(file).unwrap();
            let inputs = graph
                .tensors
                .iter()
                .filter(|t| t.is_input && t.elements() < 10_000);
            let inputs = inputs.map(|t| (t.name.clone(), vec![t.range.most; t.elements()]));
            let answer = reference::run(&graph, &inputs.collect(), &mut Steps(1 << 20));
            counts[2] += usize::from(answer.is_ok());
        }
    }
    // All three happen often: not parsed, not IntV1, answered.
    assert!(counts.iter().all(|n| *n > 500), "{counts:?}");
}

#[test]
fn a_dimension_of_0_does_not_hide_large_ones() {
    let flat = model(U8, &[1], |b| {
        let none = b.constant(U8, &[0, 1 << 40, 1 << 40], &[]);
        b.node("Flatten", &[&none], vec![])
    });
    refused(&flat, "the constant `c1` has more than 1073741824 bytes");
}
