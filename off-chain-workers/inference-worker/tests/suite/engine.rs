//! Models through the real ONNX Runtime, and a look into their files.

use crate::common::*;
use myai_inference_worker::engine::{EngineError, Until};
use myai_model_kit::{
    inspect::inspect,
    onnx::{element, GraphProto},
    tensor::{DType, Data, Tensor},
};
use std::time::{Duration, Instant};

fn inputs(shape: &[usize], data: Data) -> Vec<(String, Tensor)> {
    vec![("x".into(), Tensor::new(shape.to_vec(), data).unwrap())]
}

fn soon() -> Until {
    Until::at_most(Duration::from_secs(20))
}

#[tokio::test]
async fn a_model_runs_and_gives_what_was_asked_for() {
    let engine = engine(2);
    let model = engine.load(doubler()).await.unwrap();
    let input = model.inputs().unwrap()[0].clone();
    assert_eq!((input.name.as_str(), input.dtype), ("x", DType::Int64));
    assert_eq!(input.shape, [Some(1), None]);
    model.check_names(&["x"], &["y"]).unwrap();
    let data = Data::Int64(vec![1, -2, 30]);
    let ran = engine
        .run(&model, inputs(&[1, 3], data), &["y"], soon())
        .await
        .unwrap();
    let expected = Tensor::new(vec![1, 3], Data::Int64(vec![2, -4, 60])).unwrap();
    assert_eq!(ran.outputs, [("y".to_string(), expected)]);
}

#[tokio::test]
async fn what_the_model_does_not_declare_is_refused_before_it_runs() {
    let engine = engine(1);
    let model = engine.load(greatest()).await.unwrap();
    let refused = |given| engine.run(&model, given, &["y"], soon());
    let error = refused(inputs(&[1, 4], Data::Int8(vec![0; 4])))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        EngineError::WrongType {
            given: DType::Int8,
            wanted: DType::Uint8,
            ..
        }
    ));
    assert!(error.is_bad_input());
    for shape in [&[1, 5][..], &[5], &[1, 1, 5]] {
        let error = refused(inputs(shape, Data::Uint8(vec![0; 5])))
            .await
            .unwrap_err();
        assert!(matches!(error, EngineError::WrongShape { .. }), "{error}");
        assert!(error.is_bad_input());
    }
    let named = |inputs: &[&str], outputs: &[&str]| model.check_names(inputs, outputs).unwrap_err();
    assert!(matches!(named(&["x", "z"], &["y"]), EngineError::NoSuchInput(n) if n == "z"));
    assert!(matches!(named(&[], &["y"]), EngineError::MissingInput(n) if n == "x"));
    assert!(matches!(named(&["x"], &["z"]), EngineError::NoSuchOutput(n) if n == "z"));
}

#[tokio::test]
async fn an_output_that_is_no_tensor_is_named() {
    let engine = engine(1);
    let model = engine.load(sequence()).await.unwrap();
    let error = model.check_names(&["x"], &["y"]).unwrap_err();
    assert!(
        matches!(&error, EngineError::NotATensor { name, .. } if name == "y"),
        "{error}"
    );
    // It does not stand in the way of another output.
    model.check_names(&["x"], &["z"]).unwrap();
    let given = inputs(&[2], Data::Float32(vec![-1.0, 2.0]));
    let ran = engine.run(&model, given, &["z"], soon()).await.unwrap();
    assert_eq!(ran.outputs[0].1.data(), &Data::Float32(vec![0.0, 2.0]));
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_stopped() {
    let engine = engine(2);
    let model = engine.load(counter()).await.unwrap();
    let given = |n| inputs(&[], Data::Int64(vec![n]));
    let ran = engine
        .run(&model, given(1000), &["y"], soon())
        .await
        .unwrap();
    assert_eq!(ran.outputs[0].1.data(), &Data::Int64(vec![1000]));

    let start = Instant::now();
    let limit = Duration::from_millis(200);
    let forever = given(i64::MAX);
    let error = engine
        .run(&model, forever.clone(), &["y"], Until::at_most(limit))
        .await;
    assert!(matches!(error, Err(EngineError::TimedOut { limit: l }) if l == limit));
    assert!(start.elapsed() < Duration::from_secs(5));
    // Neither is whoever waits for its permit kept for longer than there is time.
    let until = Until {
        longest: Duration::from_secs(60),
        end: Instant::now() + limit,
    };
    let error = engine.run(&model, forever, &["y"], until).await;
    assert!(matches!(error, Err(EngineError::TooLate)), "{error:?}");
    // The thread and the model are free again.
    let ran = engine.run(&model, given(7), &["y"], soon()).await.unwrap();
    assert_eq!(ran.outputs[0].1.data(), &Data::Int64(vec![7]));
}

#[tokio::test]
async fn permits_are_as_many_as_runs_and_one_alone_takes_all() {
    let engine = engine(2);
    let soon = || Instant::now() + Duration::from_millis(200);
    let first = engine.permit(false, soon()).await.unwrap();
    let second = engine.permit(false, soon()).await.unwrap();
    for alone in [false, true] {
        let third = engine.permit(alone, soon()).await;
        assert!(matches!(third, Err(EngineError::TooLate)));
    }
    drop(first);
    assert!(engine.permit(true, soon()).await.is_err());
    drop(second);
    let alone = engine.permit(true, soon()).await.unwrap();
    assert!(engine.permit(false, soon()).await.is_err());
    drop(alone);
    engine.permit(false, soon()).await.unwrap();
}

#[tokio::test]
async fn files_that_are_no_models_are_refused() {
    let engine = engine(1);
    let error = engine.load(b"not a model".to_vec()).await.err().unwrap();
    assert!(matches!(error, EngineError::Inspect(_)), "{error}");
    let unknown = model(GraphProto {
        node: vec![node("NoSuchOperator", &["x"], &["y"], vec![])],
        input: vec![value("x", element::FLOAT, &[1])],
        output: vec![value("y", element::FLOAT, &[1])],
        name: "g".into(),
        ..Default::default()
    });
    let error = engine.load(unknown).await.err().unwrap();
    assert!(matches!(error, EngineError::Load(_)), "{error}");
    let mut far = floats("far", &[1], &[]);
    far.data_location = 1;
    let external = model(GraphProto {
        node: vec![node("Add", &["x", "far"], &["y"], vec![])],
        initializer: vec![far],
        input: vec![value("x", element::FLOAT, &[1])],
        output: vec![value("y", element::FLOAT, &[1])],
        name: "g".into(),
        ..Default::default()
    });
    let error = engine.load(external).await.err().unwrap();
    assert!(
        matches!(&error, EngineError::External(n) if n == "far"),
        "{error}"
    );
}

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
