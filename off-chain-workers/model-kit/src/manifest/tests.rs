//! Tests of which manifests are accepted, and which sentences refuse the others.

use super::*;
use serde_json::{json, Value};

fn magika() -> Value {
    json!({
        "format": FORMAT,
        "inputs": [{"name": "bytes", "source": {"bytes": {
            "dtype": "int32",
            "segments": [
                {"window": {"start": 4096}, "strip": "left", "take": {"first": 1024},
                 "pad": {"to": 1024, "value": 256, "side": "end"}},
                {"window": {"end": 4096}, "strip": "right", "take": {"last": 1024},
                 "pad": {"to": 1024, "value": 256, "side": "start"}}
            ]}}}],
        "output": {"labels": {
            "tensor": "target_label",
            "from": {"file": "labels.json", "pointer": "/target_labels_space"},
            "top": 3}},
        "files": [{
            "name": "labels.json", "sha256": "11".repeat(32), "length": 5,
            "uris": ["https://example.org/labels.json"]}]
    })
}

fn parse(value: &Value) -> Result<Manifest, ManifestError> {
    Manifest::parse(&serde_json::to_vec(value).unwrap())
}

fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut value = magika();
    change(&mut value);
    parse(&value).unwrap_err().to_string()
}

#[test]
fn a_manifest_survives_writing_and_reading() {
    let manifest = parse(&magika()).unwrap();
    assert_eq!(manifest.units, Units::One);
    assert_eq!(manifest.file("labels.json").unwrap().sha256, [0x11; 32]);
    let again = Manifest::parse(&serde_json::to_vec(&manifest).unwrap()).unwrap();
    assert_eq!(again, manifest);
}

#[test]
fn unknown_fields_are_refused_at_every_depth() {
    assert!(refused(|m| m["top"] = json!(1)).contains("unknown field `top`"));
    assert!(
        refused(|m| m["inputs"][0]["source"]["bytes"]["segments"][0]["skip"] = json!(1))
            .contains("unknown field `skip`")
    );
    assert!(refused(|m| m["output"]["labels"]["best"] = json!(1)).contains("unknown field"));
    assert!(refused(|m| m["files"][0]["uri"] = json!("x")).contains("unknown field `uri`"));
}

#[test]
fn another_format_is_named() {
    assert_eq!(
        refused(|m| m["format"] = json!("myai/manifest/2")),
        "the manifest's format is `myai/manifest/2`, but this release reads `myai/manifest/1`"
    );
}

#[test]
fn unsound_manifests_are_refused_with_a_sentence() {
    let cases: Vec<(&str, Box<dyn FnOnce(&mut Value)>)> = vec![
        ("has no inputs", Box::new(|m| m["inputs"] = json!([]))),
        (
            "two inputs have the name `bytes`",
            Box::new(|m| {
                let first = m["inputs"][0].clone();
                m["inputs"].as_array_mut().unwrap().push(first);
            }),
        ),
        ("not under `files`", Box::new(|m| m["files"] = json!([]))),
        (
            "does not begin with `/`",
            Box::new(|m| {
                m["output"]["labels"]["from"]["pointer"] = json!("labels");
            }),
        ),
        (
            "has 0 labels",
            Box::new(|m| m["output"]["labels"]["top"] = json!(0)),
        ),
        (
            "softmax of indices",
            Box::new(|m| {
                m["output"]["labels"]["softmax"] = json!(true);
                m["output"]["labels"]["indices"] = json!(true);
            }),
        ),
        (
            "list of labels is empty",
            Box::new(|m| {
                m["output"]["labels"]["from"] = json!({"inline": []});
            }),
        ),
        (
            "do not fit int8",
            Box::new(|m| {
                m["inputs"][0]["source"]["bytes"]["dtype"] = json!("int8");
                m["inputs"][0]["source"]["bytes"]["segments"] = json!([{}]);
            }),
        ),
        (
            "256, which uint8 cannot hold",
            Box::new(|m| {
                m["inputs"][0]["source"]["bytes"]["dtype"] = json!("uint8");
            }),
        ),
        (
            "at most one -1",
            Box::new(|m| {
                m["inputs"][0]["source"]["bytes"]["shape"] = json!([-1, -1]);
            }),
        ),
        (
            "always has 2048 elements, which do not fill its shape",
            Box::new(|m| {
                m["inputs"][0]["source"]["bytes"]["shape"] = json!([3, -1]);
            }),
        ),
        (
            "always has 2048 elements, which do not fill its shape",
            Box::new(|m| {
                m["inputs"][0]["source"]["bytes"]["shape"] = json!([1, 2047]);
            }),
        ),
        (
            "is padded to 0",
            Box::new(|m| {
                m["inputs"][0]["source"]["bytes"]["segments"][0]["pad"]["to"] = json!(0);
            }),
        ),
        (
            "neither https:// nor file://",
            Box::new(|m| {
                m["files"][0]["uris"] = json!(["http://example.org/labels.json"]);
            }),
        ),
        (
            "every input is a constant",
            Box::new(|m| {
                m["inputs"][0]["source"] =
                    json!({"constant": {"dtype": "int32", "shape": [1], "values": [1]}});
            }),
        ),
        (
            "JSON and text at once",
            Box::new(|m| {
                m["inputs"] = json!([
                {"name": "a", "source": {"json": {"dtype": "int32"}}},
                {"name": "b", "source": {"text": {}}}]);
            }),
        ),
        (
            "which is not an input",
            Box::new(|m| {
                m["units"] = json!({"elements": {"input": "x", "per": 1000}});
            }),
        ),
        (
            "a unit of 0 elements",
            Box::new(|m| {
                m["units"] = json!({"elements": {"input": "bytes", "per": 0}});
            }),
        ),
        (
            "the file `labels.json` has length 0",
            Box::new(|m| m["files"][0]["length"] = json!(0)),
        ),
        (
            "the file `labels.json` has 0 URIs, not 1 to 64",
            Box::new(|m| m["files"][0]["uris"] = json!([])),
        ),
        (
            "the file `labels.json` has 65 URIs, not 1 to 64",
            Box::new(|m| m["files"][0]["uris"] = json!(vec!["https://example.org"; 65])),
        ),
        (
            "more than 64 files",
            Box::new(|m| {
                let file = |i: usize| {
                    json!({"name": i.to_string(), "sha256": "00".repeat(32),
                    "length": 1, "uris": ["https://example.org"]})
                };
                m["files"] = (0..65).map(file).collect();
                m["output"] = json!({"json": ["y"]});
            }),
        ),
        (
            "two files have the name `labels.json`",
            Box::new(|m| {
                let first = m["files"][0].clone();
                m["files"].as_array_mut().unwrap().push(first);
            }),
        ),
        (
            "one file has no name",
            Box::new(|m| {
                m["files"][0]["name"] = json!("");
                m["output"] = json!({"json": ["y"]});
            }),
        ),
        (
            "more than 64 inputs",
            Box::new(|m| {
                let first = m["inputs"][0].clone();
                m["inputs"] = (0..65).map(|_| first.clone()).collect();
            }),
        ),
        (
            "one input has no name",
            Box::new(|m| m["inputs"][0]["name"] = json!("")),
        ),
        (
            "has 0 segments, not 1 to 64",
            Box::new(|m| m["inputs"][0]["source"]["bytes"]["segments"] = json!([])),
        ),
        (
            "has 65 segments, not 1 to 64",
            Box::new(|m| {
                m["inputs"][0]["source"]["bytes"]["segments"] = json!(vec![json!({}); 65]);
            }),
        ),
        (
            "reads bytes, which cannot become bool",
            Box::new(|m| m["inputs"][0]["source"]["bytes"]["dtype"] = json!("bool")),
        ),
        (
            "its shape must have only ones",
            Box::new(|m| m["inputs"][0]["source"] = json!({"text": {"shape": [1, 2]}})),
        ),
        (
            "its shape must have only ones",
            Box::new(|m| m["inputs"][0]["source"] = json!({"text": {"shape": [-1]}})),
        ),
        (
            "the output names 0 tensors, not 1 to 64",
            Box::new(|m| m["output"] = json!({"json": []})),
        ),
        (
            "the output names 65 tensors, not 1 to 64",
            Box::new(|m| m["output"] = json!({"safetensors": vec!["y"; 65]})),
        ),
        (
            "two outputs have the name `y`",
            Box::new(|m| m["output"] = json!({"json": ["y", "z", "y"]})),
        ),
        (
            "one output has no name",
            Box::new(|m| m["output"] = json!({"safetensors": [""]})),
        ),
        (
            "has 1001 labels",
            Box::new(|m| m["output"]["labels"]["top"] = json!(1001)),
        ),
        (
            "no input is a picture",
            Box::new(|m| m["units"] = json!("megapixels")),
        ),
    ];
    for (sentence, change) in cases {
        let error = refused(change);
        assert!(
            error.contains(sentence),
            "{error:?} does not say {sentence:?}"
        );
    }
}

#[test]
fn a_shape_that_no_input_can_fill_is_refused() {
    const MOST: usize = MAX_ELEMENTS;
    let pad = |to: usize| json!({"pad": {"to": to, "value": 0}});
    let said = |segments: Value, shape: Value| {
        let mut value = magika();
        let bytes = &mut value["inputs"][0]["source"]["bytes"];
        bytes["segments"] = segments;
        bytes["shape"] = shape;
        parse(&value).map_or_else(|e| e.to_string(), |_| String::new())
    };
    let free = json!([1, -1]);
    for (segments, shape, sentence) in [
        (
            json!([pad(MOST), pad(MOST)]),
            free.clone(),
            "is padded to 134217728 elements, more than 67108864",
        ),
        (
            json!([pad(MOST), pad(1), {}]),
            free.clone(),
            "is padded to 67108865 elements, more than 67108864",
        ),
        (
            json!([{}]),
            json!([MOST + 1, -1]),
            "has a shape of more than 67108864 elements",
        ),
        (
            json!([{}]),
            json!([1 << 13, 1 << 14]),
            "has a shape of more than 67108864 elements",
        ),
        (
            json!([{}]),
            json!([i64::MAX, i64::MAX]),
            "has a shape of more than 67108864 elements",
        ),
        (
            json!([{"take": {"first": 10}}]),
            json!([11]),
            "has at most 10 elements, which do not fill its shape",
        ),
        (
            json!([{"window": {"end": 4}}, {"window": {"start": 9}, "take": {"last": 5}}]),
            json!([10, -1]),
            "has at most 9 elements, which do not fill its shape",
        ),
        (
            json!([{"window": {"end": 0}}]),
            free.clone(),
            "always has 0 elements, which do not fill its shape",
        ),
        (
            json!([pad(4), {}]),
            json!([3]),
            "has at least 4 elements, which do not fill its shape",
        ),
        (
            json!([pad(4), {"take": {"first": 1}}]),
            json!([-1, 3]),
            "has 4 to 5 elements, which do not fill its shape",
        ),
        (
            json!([{}]),
            json!(vec![1; 17]),
            "has a shape of 17 dimensions, more than 16",
        ),
        (json!([{}]), json!(vec![1; 16]), ""),
        (json!([pad(4), {}]), json!([MOST - 1, -1, 1]), ""),
        (json!([pad(4), {"take": {"first": 2}}]), json!([3, -1]), ""),
        (json!([pad(MOST)]), free.clone(), ""),
        (json!([{}]), json!([MOST]), ""),
        (json!([{"take": {"first": 10}}]), json!([2, 5]), ""),
    ] {
        let said = said(segments.clone(), shape.clone());
        let expected = said.is_empty() == sentence.is_empty() && said.contains(sentence);
        assert!(expected, "{segments} in {shape}: {said:?}");
    }
}

#[test]
fn inputs_too_large_together_are_refused() {
    let said = |inputs: Value| {
        let mut value = magika();
        value["inputs"] = inputs;
        parse(&value).map_or_else(|e| e.to_string(), |_| String::new())
    };
    let named = |name: &str, source: Value| json!({"name": name, "source": source});
    let padded = |name: &str, dtype: &str, to: usize| {
        let segments = json!([{"pad": {"to": to, "value": 0}}]);
        named(
            name,
            json!({"bytes": {"dtype": dtype, "segments": segments}}),
        )
    };
    let shaped = |name: &str| {
        let bytes = json!({"dtype": "float64", "segments": [{}], "shape": [MAX_ELEMENTS / 2 + 1]});
        named(name, json!({ "bytes": bytes }))
    };
    let picture = named(
        "p",
        json!({"image": {"width": 8192, "height": 8192, "channels": "L", "layout": "flat",
            "dtype": "float64", "max_pixels": 1000}}),
    );
    let constant = named(
        "c",
        json!({"constant": {"dtype": "uint8", "shape": [2], "values": [0]}}),
    );
    let text = named("t", json!({"text": {}}));
    let whole = padded("a", "int64", MAX_ELEMENTS);
    for inputs in [
        json!([whole, padded("b", "uint8", 1)]),
        json!([whole, constant]),
        json!([whole, text]),
        json!([picture, constant]),
        json!([shaped("a"), shaped("b")]),
        (0..64)
            .map(|i| padded(&i.to_string(), "int64", MAX_ELEMENTS))
            .collect(),
    ] {
        assert!(
            said(inputs.clone()).contains("bytes together, more than 536870912"),
            "{inputs}"
        );
    }
    let half = |name: &str| padded(name, "float32", MAX_ELEMENTS);
    assert_eq!(said(json!([half("a"), half("b")])), "");
    assert_eq!(said(json!([picture])), "");
}

/// The sentence that refuses a manifest with this constant; empty if it is accepted.
fn refused_constant(constant: Value) -> String {
    let mut value = magika();
    let input = json!({"name": "c", "source": {"constant": constant}});
    value["inputs"].as_array_mut().unwrap().push(input);
    parse(&value).map_or_else(|e| e.to_string(), |_| String::new())
}

#[test]
fn a_constant_beyond_its_type_is_refused() {
    let refused = |dtype: &str, values: Value| {
        refused_constant(json!({"dtype": dtype, "shape": [2], "values": values}))
    };
    assert_eq!(
        refused("uint8", json!([1, 300])),
        "the constant `c` has the value 300, but uint8 holds whole numbers from 0 to 255"
    );
    for (dtype, value, range) in [
        (
            "int64",
            json!(1.5),
            "whole numbers from -9223372036854775808",
        ),
        ("int64", json!(1.0), "whole numbers"),
        (
            "int64",
            json!(9_223_372_036_854_775_808u64),
            "whole numbers",
        ),
        (
            "uint64",
            json!(-1),
            "whole numbers from 0 to 18446744073709551615",
        ),
        ("int8", json!(-129), "whole numbers from -128 to 127"),
        ("uint16", json!(65536), "whole numbers from 0 to 65535"),
        ("bool", json!(2), "0 and 1"),
        ("float16", json!(65520), "numbers from -65504 to 65504"),
        ("bfloat16", json!(3.4e38), "numbers from -3.3895314e38 to"),
        (
            "float32",
            json!(1e39),
            "numbers from -3.4028235e38 to 3.4028235e38",
        ),
    ] {
        let said = refused(dtype, json!([value]));
        let expected = format!("has the value {value}, but {dtype} holds {range}");
        assert!(said.contains(&expected), "{said}");
    }
    for (dtype, values) in [
        ("uint8", json!([0, 255])),
        ("int64", json!([i64::MIN, i64::MAX])),
        ("uint64", json!([u64::MAX])),
        ("bool", json!([0, 1])),
        ("float16", json!([-65504, 0.1])),
        ("float32", json!([1e-50])),
        ("float64", json!([f64::MAX])),
    ] {
        assert_eq!(refused(dtype, values.clone()), "", "{dtype}: {values}");
    }
}

#[test]
fn a_constant_of_another_form_is_refused() {
    for (constant, sentence) in [
        (
            json!({"dtype": "string", "shape": [1], "values": [1]}),
            "which cannot be of type string",
        ),
        (
            json!({"dtype": "int8", "shape": [2, 0], "values": [1]}),
            "must have dimensions above 0",
        ),
        (
            json!({"dtype": "int8", "shape": [-1], "values": [1]}),
            "must have dimensions above 0",
        ),
        (
            json!({"dtype": "int8", "shape": vec![1; 17], "values": [1]}),
            "has a shape of 17 dimensions, more than 16",
        ),
        (
            json!({"dtype": "int8", "shape": [256, 257], "values": [1]}),
            "has more than 65536 elements",
        ),
        (
            json!({"dtype": "int8", "shape": [i64::MAX, i64::MAX], "values": [1]}),
            "has more than 65536 elements",
        ),
        (
            json!({"dtype": "int8", "shape": [3], "values": [1, 2]}),
            "has 2 values, neither 1 nor one for each element",
        ),
        (
            json!({"dtype": "int8", "shape": [2], "values": []}),
            "has 0 values, neither 1 nor one for each element",
        ),
    ] {
        let said = refused_constant(constant.clone());
        assert!(said.contains(sentence), "{constant}: {said:?}");
    }
    let largest = json!({"dtype": "int8", "shape": [256, 256], "values": [1]});
    assert_eq!(refused_constant(largest), "");
}

#[test]
fn unsound_pictures_are_refused() {
    let image = |change: fn(&mut Value)| {
        let mut value = json!({
            "format": FORMAT,
            "inputs": [{"name": "x", "source": {"image": {
                "width": 8, "height": 8, "channels": "L", "layout": "flat",
                "dtype": "uint8", "max_pixels": 1000}}}],
            "output": {"json": ["y"]}
        });
        change(&mut value["inputs"][0]["source"]["image"]);
        parse(&value).map_err(|e| e.to_string())
    };
    image(|_| ()).unwrap();
    assert!(image(|i| i["width"] = json!(1u32 << 31))
        .unwrap_err()
        .contains("is resized to"));
    assert!(image(|i| {
        i["width"] = json!(1);
        i["height"] = json!(MAX_ELEMENTS);
    })
    .unwrap_err()
    .contains("a height of 67108864, which takes more than 536870912 bytes"));
    assert!(image(|i| i["max_pixels"] = json!(1u64 << 40))
        .unwrap_err()
        .contains("pixels"));
    assert!(image(|i| i["width"] = json!(0))
        .unwrap_err()
        .contains("is resized to 0 elements"));
    assert!(image(|i| i["max_pixels"] = json!(0))
        .unwrap_err()
        .contains("may have 0 pixels"));
    assert!(image(|i| i["dtype"] = json!("bool"))
        .unwrap_err()
        .contains("cannot become bool"));
    assert!(image(|i| i["scale"] = json!(1e39))
        .unwrap_err()
        .contains("a scale that is not finite"));
    assert!(image(|i| i["mean"] = json!([1e39]))
        .unwrap_err()
        .contains("is not finite"));
    assert!(image(|i| i["std"] = json!([0.0]))
        .unwrap_err()
        .contains("std of 0"));
    assert!(image(|i| i["mean"] = json!([0.0, 1.0]))
        .unwrap_err()
        .contains("2 values of mean"));
}

#[test]
fn shapes_that_depend_on_no_input_are_known() {
    let shape = |source: Value| serde_json::from_value::<Source>(source).unwrap().shape();
    let bytes = |segments: Value, shape: Value| json!({"bytes": {"dtype": "uint8", "segments": segments, "shape": shape}});
    let padded = |to: u32| json!({"pad": {"to": to, "value": 0}});
    for (source, expected) in [
        (bytes(json!([{}]), Value::Null), vec![Some(1), None]),
        (
            bytes(json!([padded(4)]), Value::Null),
            vec![Some(1), Some(4)],
        ),
        (
            bytes(json!([padded(4), padded(8)]), json!([3, -1, 2])),
            vec![Some(3), Some(2), Some(2)],
        ),
        (
            bytes(json!([padded(4), {}]), json!([3, -1, 2])),
            vec![Some(3), None, Some(2)],
        ),
        (json!({"text": {}}), vec![Some(1)]),
        (
            json!({"constant": {"dtype": "int64", "shape": [2, 3], "values": [0]}}),
            vec![Some(2), Some(3)],
        ),
    ] {
        assert_eq!(shape(source.clone()), Some(expected), "{source}");
    }
    for (layout, expected) in [
        ("nchw", vec![1, 3, 5, 7]),
        ("nhwc", vec![1, 5, 7, 3]),
        ("flat", vec![1, 105]),
    ] {
        let source = json!({"image": {"width": 7, "height": 5, "channels": "RGB",
            "layout": layout, "dtype": "uint8", "max_pixels": 4}});
        let expected = expected.into_iter().map(Some).collect();
        assert_eq!(shape(source), Some(expected), "{layout}");
    }
    assert_eq!(shape(json!({"json": {"dtype": "int64"}})), None);
    assert_eq!(shape(json!({"safetensors": {}})), None);
}
