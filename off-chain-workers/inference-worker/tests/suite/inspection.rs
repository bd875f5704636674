//! A look into ONNX files.

use crate::common::*;
use myai_model_kit::{
    inspect::inspect,
    onnx::{element, GraphProto},
};

#[test]
fn inspection_tells_inputs_outputs_and_operators() {
    let seen = inspect(&counter()).unwrap();
    assert_eq!(seen.inputs[0].kind, "int64[]");
    let counts: Vec<(&str, usize)> = seen
        .operators
        .iter()
        .map(|(o, n)| (o.as_str(), *n))
        .collect();
    // What is inside the loop is counted.
    assert_eq!(counts, [("Add", 1), ("Identity", 1), ("Loop", 1)]);
    assert!(seen.is_integer_only(), "{:?}", seen.not_integer);
    assert_eq!(seen.opsets, [("ai.onnx".to_string(), 17)]);

    let seen = inspect(&greatest()).unwrap();
    assert_eq!(seen.inputs[0].kind, "uint8[1, 4]");
    assert!(seen.is_integer_only());
    let shown = seen.to_string();
    assert!(
        shown.contains("x: uint8[1, 4]") && shown.contains("integer only: yes"),
        "{shown}"
    );

    let seen = inspect(&sequence()).unwrap();
    assert_eq!(seen.outputs[0].kind, "sequence(float32[n])");
    assert!(!seen.outputs[0].is_tensor);
    assert!(!seen.is_integer_only());
    assert!(seen.to_string().contains("not a tensor"));
    assert!(inspect(b"not a model").is_err());
}

#[test]
fn floats_anywhere_are_seen() {
    let with = |nodes, initializer| {
        inspect(&model(GraphProto {
            node: nodes,
            initializer,
            input: vec![value("x", element::UINT8, &[1, 4])],
            output: vec![value("y", element::INT64, &[1])],
            name: "g".into(),
            ..Default::default()
        }))
        .unwrap()
    };
    let cast = |to: i32| vec![node("Cast", &["x"], &["y"], vec![int("to", to.into())])];
    assert!(with(cast(element::INT64), vec![]).is_integer_only());
    assert_eq!(
        with(cast(element::FLOAT), vec![]).not_integer,
        ["a Cast makes float32"]
    );
    let softmax = with(vec![node("Softmax", &["x"], &["y"], vec![])], vec![]);
    assert!(softmax.not_integer[0].contains("Softmax"));
    let constant = with(cast(element::INT64), vec![floats("c", &[1], &[1.0])]);
    assert_eq!(constant.not_integer, ["the constant `c` is float32"]);
    let zeros = with(
        vec![node("ConstantOfShape", &["x"], &["y"], vec![])],
        vec![],
    );
    assert!(zeros.not_integer[0].contains("ConstantOfShape"));

    // Scales of quantised operators are floats, and nothing else may be.
    let quantised = |more: Vec<myai_model_kit::onnx::NodeProto>| {
        let mut nodes = vec![node(
            "QLinearMatMul",
            &["x", "s", "z", "w", "s", "z", "s", "z"],
            &["q"],
            vec![],
        )];
        nodes.extend(more);
        with(nodes, vec![floats("s", &[], &[0.5])])
    };
    let seen = quantised(vec![]);
    assert!(
        seen.is_integer_only() && seen.float_scales,
        "{:?}",
        seen.not_integer
    );
    let seen = quantised(vec![node("Mul", &["s", "s"], &["y"], vec![])]);
    assert_eq!(seen.not_integer, ["the constant `s` is float32"]);
}
