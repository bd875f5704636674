//! Measures how much memory strangers' bytes take. It is a program of its own because it counts all
//! of the program's memory.

use image::{DynamicImage, ImageFormat};
use myai_model_kit::{
    inspect::inspect,
    manifest::Manifest,
    onnx::{
        dimension, element, type_proto, Dimension, GraphProto, ModelProto, NodeProto,
        OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
    },
    postprocess::{self, LabelsError},
    preprocess::{self, InputError},
};
use peak_alloc::PeakAlloc;
use prost::Message;
use serde_json::json;
use std::{
    io::Cursor,
    sync::{Mutex, MutexGuard, PoisonError},
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;

/// Each test holds this from beginning to end, because memory is counted for the whole program.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work`; returns its result, and the most bytes that it took at once.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let done = work();
    (done, MEMORY.peak_usage().saturating_sub(before))
}

fn field(number: usize, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A tag is a varint, as a length is.
    prost::encode_length_delimiter(number << 3 | 2, &mut bytes).unwrap();
    prost::encode_length_delimiter(content.len(), &mut bytes).unwrap();
    bytes.extend(content);
    bytes
}

/// A file of `piece`, up to `most` times and up to a megabyte, in messages of these field numbers,
/// the innermost last.
fn model(within: &[usize], piece: &[u8], most: usize) -> Vec<u8> {
    let count = most.min(MIB / piece.len());
    assert!(count > 0);
    let pieces = piece.repeat(count);
    within
        .iter()
        .rev()
        .fold(pieces, |inner, number| field(*number, &inner))
}

#[test]
fn a_hostile_megabyte_stays_within_64_mib() {
    let _alone = alone();
    let graph: &[usize] = &[7];
    let node: &[usize] = &[7, 1];
    let attribute: &[usize] = &[7, 1, 5];
    let tensor: &[usize] = &[7, 5];
    let input = field(11, &field(2, &field(1, &[])));
    let named = field(
        1,
        &[field(1, b"a"), field(2, b"b"), field(4, b"Abs")].concat(),
    );
    // Name, fields around the piece, the piece that is repeated, how many pieces are allowed.
    let mut files: Vec<(&str, &[usize], Vec<u8>, usize)> = vec![
        ("empty nodes", graph, field(1, &[]), 1 << 16),
        ("nodes with names", graph, named, 1 << 16),
        ("empty attributes", node, field(5, &[]), 1 << 17),
        (
            "attributes with a tensor",
            node,
            field(5, &field(5, &[])),
            1 << 16,
        ),
        (
            "attributes with a graph",
            node,
            field(5, &field(6, &[])),
            (1 << 10) - 1,
        ),
        (
            "attributes with a sparse tensor",
            node,
            field(5, &field(22, &[])),
            1 << 10,
        ),
        ("empty names", node, field(1, &[]), 1 << 19),
        ("names", node, field(1, b"a"), 1 << 19),
        ("results", node, field(2, b"ab"), 1 << 16),
        ("results without names", node, field(2, b""), 1 << 16),
        ("tensors", graph, field(5, &[]), 1 << 16),
        ("inputs", graph, input, 1 << 17),
        ("values", graph, field(13, &[]), 1 << 17),
        ("dimensions", &[7, 11, 2, 1, 2], field(1, &[]), 1 << 19),
        ("packed numbers", tensor, field(7, &vec![0; MIB - 16]), 1),
        ("numbers one by one", tensor, vec![0x38, 0], 1 << 24),
        ("numbers of attributes", attribute, vec![0x40, 0], 1 << 24),
        ("floats", tensor, field(4, &vec![0; MIB - 16]), 1),
        (
            "floats one by one",
            tensor,
            vec![0x25, 0, 0, 0, 0],
            usize::MAX,
        ),
        ("functions", &[], field(25, &[]), 1 << 10),
        ("sets of operators", &[], field(8, &[]), 1 << 8),
        ("graphs for training", &[], field(20, &[]), 1 << 4),
    ];
    // The costliest of them side by side, as many as a megabyte holds.
    let attributes = field(5, &[]).repeat(1 << 17);
    let together = [
        field(1, &attributes),
        field(5, &[]).repeat(1 << 16),
        field(13, &[]).repeat((1 << 17) - 1),
        field(1, &[]).repeat((1 << 16) - 1),
        field(
            11,
            &field(2, &field(1, &field(2, &field(1, &[]).repeat(1 << 16)))),
        ),
    ]
    .concat();
    files.push(("all together", graph, together, 1));
    let mut worst = (0, "");
    for (what, within, piece, most) in files {
        let file = |most| {
            let mut file = model(within, &piece, most);
            if within.is_empty() {
                file.extend(field(7, &[]));
            }
            file
        };
        let file_within = file(most);
        let length = file_within.len();
        let (seen, taken) = measured(|| inspect(file_within));
        assert!(seen.is_ok(), "{what}: {:?}", seen.err());
        println!("{what}: {length} bytes become {taken}");
        worst = worst.max((taken, what));
        if MIB / piece.len() > most && piece.len() < 100 {
            // A file with more pieces than allowed is refused before it takes memory.
            let file_beyond = file(usize::MAX);
            let (seen, taken) = measured(|| inspect(file_beyond));
            let refused = seen.expect_err(what).to_string();
            assert!(refused.starts_with("the file has more than "), "{refused}");
            assert!(taken < MIB / 8, "{what}: {taken} for a refusal");
        }
    }
    assert!(worst.0 <= 64 * MIB, "{worst:?}");
}

fn node(op: &str, operands: &[&str], results: Vec<String>) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        input: operands.iter().map(|s| s.to_string()).collect(),
        output: results,
        ..Default::default()
    }
}

fn constant(name: &str, data_type: i32, dims: &[i64], raw: Vec<u8>) -> TensorProto {
    TensorProto {
        name: name.into(),
        data_type,
        dims: dims.to_vec(),
        raw_data: Some(raw.into()),
        ..Default::default()
    }
}

/// Eight dimensions, the first of them `first` and the others 1.
fn eight(first: usize) -> Vec<i64> {
    let mut dims = vec![1; 8];
    dims[0] = first as i64;
    dims
}

/// The file of a graph with the input `x` of uint8 and these dimensions, which is also its output.
fn int_graph(dims: &[i64], node: Vec<NodeProto>, initializer: Vec<TensorProto>) -> Vec<u8> {
    let dim = dims.iter().map(|d| Dimension {
        value: Some(dimension::Value::Fixed(*d)),
    });
    let tensor = type_proto::Tensor {
        elem_type: element::UINT8,
        shape: Some(TensorShapeProto { dim: dim.collect() }),
    };
    let x = ValueInfoProto {
        name: "x".into(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::Tensor(tensor)),
        }),
    };
    let graph = GraphProto {
        input: vec![x.clone()],
        output: vec![x],
        node,
        initializer,
        ..Default::default()
    };
    let opset = OperatorSetIdProto {
        version: 17,
        ..Default::default()
    };
    let model = ModelProto {
        graph: Some(graph),
        opset_import: vec![opset],
        ..Default::default()
    };
    let file = model.encode_to_vec();
    assert!(file.len() <= MIB, "{}", file.len());
    file
}

/// Graphs of whole numbers: each node is resolved once the file is parsed.
#[test]
fn a_hostile_graph_stays_within_64_mib() {
    let _alone = alone();
    // Names of three letters.
    let names = |count: usize| {
        let letter = |n: usize| char::from(b'0' + (n % 64) as u8);
        let name = move |i| String::from_iter([letter(i / 4096), letter(i / 64), letter(i)]);
        (0..count).map(name)
    };
    let each = |op: &str, count| {
        let nodes = names(count).map(|name| node(op, &["x"], vec![name]));
        int_graph(&eight(1), nodes.collect(), vec![])
    };
    let many = 1 << 16;
    let split = |names: Vec<String>| {
        int_graph(
            &eight(names.len()),
            vec![node("Split", &["x"], names)],
            vec![],
        )
    };
    // Nodes that are refused for a long list, then one that reads an operand very often.
    let mut refusals: Vec<NodeProto> = names(900)
        .map(|name| node("Split", &["x", "l"], vec![name]))
        .collect();
    let operands = vec!["z"; MIB / 3 - 16_000];
    refusals.push(node("Max", &operands, vec!["last".into()]));
    let parts = i64::MAX.to_le_bytes().repeat(1024);
    let constants = vec![
        constant("l", element::INT64, &[1024], parts),
        constant("z", element::UINT8, &eight(0), vec![]),
    ];
    for (what, file, reasons) in [
        ("parts", split(names(many).collect()), 0),
        ("nodes in a row", each("Abs", many), 0),
        ("nodes with a list", each("Transpose", 49_000), 0),
        (
            "refusals of lists, then operands without elements",
            int_graph(&eight(1), refusals, constants),
            901,
        ),
    ] {
        let length = file.len();
        let (seen, taken) = measured(|| inspect(file));
        println!("{what}: {length} bytes become {taken}");
        let found = seen.unwrap().not_int_v1;
        assert_eq!(found.len(), reasons, "{what}: {:?}", found.first());
        assert!(taken <= 64 * MIB, "{what}: {taken}");
    }
    let nameless = split(vec![String::new(); (1 << 19) - 100]);
    let (seen, taken) = measured(|| inspect(nameless));
    println!("parts without names become {taken}");
    let refused = seen.expect_err("too many parts").to_string();
    assert_eq!(refused, "the file has more than 65536 results of nodes");
    assert!(taken < MIB / 8, "{taken}");
}

#[test]
fn constants_of_a_megabyte_stay_within_20_mib() {
    let _alone = alone();
    let ones = |name: &str, length: usize| {
        constant(name, element::UINT8, &[length as i64], vec![1; length])
    };
    // Each Identity becomes a constant of 2¹⁶ numbers, together almost as many as are allowed; each
    // ReduceMax would have to read too many numbers to become one.
    let small = (0..15).map(|i| node("Identity", &["small"], vec![format!("s{i}")]));
    let large = (0..30).map(|i| node("ReduceMax", &["large"], vec![format!("l{i}")]));
    let model = ModelProto {
        graph: Some(GraphProto {
            initializer: vec![ones("small", 1 << 16), ones("large", 15 << 16)],
            node: small.chain(large).collect(),
            ..Default::default()
        }),
        opset_import: vec![OperatorSetIdProto {
            version: 17,
            ..Default::default()
        }],
        ..Default::default()
    };
    let file = model.encode_to_vec();
    let length = file.len();
    let (seen, taken) = measured(|| inspect(file));
    println!("constants: {length} bytes become {taken}");
    assert_eq!(
        seen.unwrap().not_int_v1.len(),
        2,
        "the graph has no inputs and no outputs"
    );
    assert!(taken <= 20 * MIB, "{taken}");
}

fn manifest(rest: serde_json::Value) -> Manifest {
    let mut manifest = json!({"format": "myai/manifest/1", "output": {"json": ["y"]}});
    for (key, value) in rest.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    Manifest::parse(manifest.to_string().as_bytes()).unwrap()
}

/// A JSON list of almost a megabyte, and how many pieces it has.
fn list_of(piece: &str) -> (String, usize) {
    let count = MIB / (piece.len() + 1) - 8;
    let rest = format!(",{piece}").repeat(count - 1);
    (format!("[{piece}{rest}]"), count)
}

#[test]
fn a_hostile_document_of_a_megabyte_stays_small() {
    let _alone = alone();
    let inputs = |first: [&str; 2], second: [&str; 2]| {
        let inputs = [first, second]
            .map(|[name, dtype]| json!({"name": name, "source": {"json": {"dtype": dtype}}}));
        manifest(json!({ "inputs": inputs }))
    };
    // The shape of a piece, if a list of them is accepted.
    for (what, dtype, piece, shape, most) in [
        ("objects", "int64", "{\"a\":1}", None, MIB / 8),
        // The elements, and a list twice as large while a growing one is copied.
        ("numbers", "int64", "1", Some(&[][..]), 3 * 8 * MIB / 2),
        ("strings", "string", "\"a\"", Some(&[][..]), 16 * MIB),
        ("empty arrays", "int8", "[]", Some(&[0]), MIB / 8),
        ("arrays", "int8", "[1]", Some(&[1]), MIB),
    ] {
        let (list, count) = list_of(piece);
        let raw = format!("{{\"y\": 1, \"x\": {list}}}");
        let taking = inputs(["y", "int8"], ["x", dtype]);
        let (prepared, taken) = measured(|| preprocess::prepare(&taking, raw.as_bytes()));
        println!("{what}: {} bytes become {taken}", raw.len());
        assert!(taken <= most, "{what}: {taken}");
        match (prepared, shape) {
            (Ok(prepared), Some(shape)) => {
                let expected = [&[count], shape].concat();
                assert_eq!(prepared.tensors[1].1.shape(), expected, "{what}");
            }
            (Err(InputError::Element { input, .. }), None) => assert_eq!(input, "x", "{what}"),
            (other, _) => panic!("{what}: {:?}", other.map(|p| p.tensors.len())),
        }
        // While an input is read, which is refused here, the member of another one is not kept.
        let raw = format!("{{\"x\": {list}, \"y\": \"none\"}}");
        let (refused, taken) = measured(|| preprocess::prepare(&taking, raw.as_bytes()));
        let refused = refused.expect_err(what).to_string();
        assert_eq!(refused, "`y` has an element that int8 cannot hold");
        assert!(taken <= MIB / 8, "{what} of another input: {taken}");
    }
}

#[test]
fn hostile_labels_of_a_megabyte_stay_small() {
    let _alone = alone();
    let manifest = manifest(json!({
        "inputs": [{"name": "x", "source": {"text": {}}}],
        "output": {"labels": {
            "tensor": "y", "top": 1, "from": {"file": "labels", "pointer": "/labels"}}},
        "files": [{"name": "labels", "sha256": "00".repeat(32), "length": 1,
                   "uris": ["https://example.org"]}]}));
    for (what, piece, are_labels, most) in [
        ("labels", "\"a\"", true, 16 * MIB),
        ("empty labels", "\"\"", true, 20 * MIB),
        ("objects", "{\"a\":1}", false, MIB / 8),
    ] {
        let (list, count) = list_of(piece);
        let file = format!("{{\"labels\": {list}}}").into_bytes();
        let length = file.len();
        let (labels, taken) = measured(|| postprocess::labels(&manifest, |_| Some(file.clone())));
        println!("{what}: {length} bytes become {taken}");
        assert!(taken - length <= most, "{what}: {taken}");
        match labels {
            Ok(labels) if are_labels => assert_eq!(labels.len(), count, "{what}"),
            Err(LabelsError::NotAList { .. }) if !are_labels => {}
            other => panic!("{what}: {:?}", other.map(|l| l.len())),
        }
        // The same list beside the one that the manifest asks for.
        let file = format!("{{\"other\": {list}, \"labels\": [\"a\"]}}").into_bytes();
        let (labels, taken) = measured(|| postprocess::labels(&manifest, |_| Some(file.clone())));
        assert_eq!(labels.unwrap(), ["a"]);
        assert!(taken - length <= MIB / 8, "{what}: {taken}");
    }
}

/// A progressive JPEG with four components, the most that there are. All coefficients are 0.
fn progressive(side: u16) -> Vec<u8> {
    let segment = |marker: u8, content: &[u8]| {
        let length = (content.len() as u16 + 2).to_be_bytes();
        [&[0xff, marker], &length[..], content].concat()
    };
    let [high, low] = side.to_be_bytes();
    let mut frame = vec![8, high, low, high, low, 4];
    let mut scan = vec![4];
    for component in 1..=4 {
        // Not sampled down, and with the first table.
        frame.extend([component, 0x11, 0]);
        scan.extend([component, 0]);
    }
    // Only the first coefficient of each block.
    scan.extend([0, 0, 0]);
    let factors = [&[0][..], &[1; 64]].concat();
    // One code: the bit 0 says that a coefficient is the same as that of the block before.
    let codes = [&[0, 1][..], &[0; 16]].concat();
    let blocks = usize::from(side).div_ceil(8).pow(2);
    [
        vec![0xff, 0xd8],
        segment(0xdb, &factors),
        segment(0xc2, &frame),
        segment(0xc4, &codes),
        segment(0xda, &scan),
        vec![0; (4 * blocks).div_ceil(8)],
        vec![0xff, 0xd9],
    ]
    .concat()
}

#[test]
fn a_picture_takes_no_more_memory_than_counted() {
    let _alone = alone();
    const SIDE: u16 = 1500;
    let side = u32::from(SIDE);
    let pixels = (side * side) as usize;
    let encoded = |picture: DynamicImage, format| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let deep = encoded(DynamicImage::new_rgba16(side, side), ImageFormat::Png);
    let plain = encoded(DynamicImage::new_rgb8(side, side), ImageFormat::Jpeg);
    let bitmap = encoded(DynamicImage::new_rgb8(side, side), ImageFormat::Bmp);
    // The least that decoding takes: the picture, and the coefficients of a progressive JPEG.
    for (what, raw, bytes_per_pixel, least) in [
        ("PNG", deep, 8, 8),
        ("JPEG", plain, 3, 3),
        ("progressive JPEG", progressive(SIDE), 3, 3 + 8),
        ("BMP", bitmap, 3, 3),
    ] {
        for height in [8, side] {
            let source = json!({"width": 8, "height": height, "channels": "RGB",
                "layout": "flat", "dtype": "uint8", "max_pixels": pixels});
            let inputs = json!([{"name": "x", "source": {"image": source}}]);
            let manifest = manifest(json!({ "inputs": inputs }));
            let (prepared, taken) = measured(|| preprocess::prepare(&manifest, &raw));
            assert_eq!(prepared.unwrap().pixels, pixels as u64);
            let half_way = (side * height) as usize;
            let counted = (pixels * (bytes_per_pixel + 8)).max(pixels * 3 + half_way * 16);
            println!("{what}, {height} high: {taken} of {counted}");
            assert!(taken >= pixels * least, "{what}: {taken}");
            // The decoder's tables and the tensor itself come on top.
            assert!(
                taken <= counted + raw.len() + MIB,
                "{what}: {taken} of {counted}"
            );
        }
    }
}
