//! Models, inputs and runners that mean harm: each hurts its own request alone.

use crate::common::*;
use clap::Parser;
use codec::Encode;
use myai_inference_worker::{
    executor::{Options, Outcome},
    protocol::{self, Done, Kind},
    runner::{self, Settings},
};
use myai_model_kit::onnx::{element, GraphProto, NodeProto, OperatorSetIdProto};
use myai_primitives::DeclineReason;
use prost::Message;
use std::{
    io::Write,
    net::UdpSocket,
    os::unix::net::{UnixDatagram, UnixStream},
    time::{Duration, Instant},
};

/// A graph over `x`, int64 of one row, to `y` of any shape.
fn graph(nodes: Vec<NodeProto>, constants: Vec<myai_model_kit::onnx::TensorProto>) -> GraphProto {
    GraphProto {
        node: nodes,
        name: "hostile".into(),
        initializer: constants,
        input: vec![value("x", element::INT64, &[1, 0])],
        output: vec![value("y", element::INT64, &[0])],
        ..Default::default()
    }
}

/// `m`, a square of so many columns, of the first of `x`.
fn square() -> Vec<NodeProto> {
    vec![node("Expand", &["x", "shape"], &["m"], vec![])]
}

/// One multiplication of two large matrices, the sum of which is `y`.
fn one_long_operator(columns: i64) -> Vec<u8> {
    let mut nodes = square();
    nodes.push(node("MatMul", &["m", "m"], &["product"], vec![]));
    nodes.push(node(
        "ReduceSum",
        &["product"],
        &["y"],
        vec![int("keepdims", 0)],
    ));
    model(graph(
        nodes,
        vec![int64s("shape", &[2], &[columns, columns])],
    ))
}

/// The same of constants, so that the optimiser does it while the model is loaded.
fn folded_at_load(columns: i64) -> Vec<u8> {
    let mut nodes = vec![node("Expand", &["one", "shape"], &["m"], vec![])];
    nodes.push(node("MatMul", &["m", "m"], &["product"], vec![]));
    nodes.push(node(
        "ReduceSum",
        &["product"],
        &["sum"],
        vec![int("keepdims", 0)],
    ));
    nodes.push(node("Add", &["x", "sum"], &["y"], vec![]));
    let one = int64s("one", &[1, 1], &[1]);
    model(graph(
        nodes,
        vec![one, int64s("shape", &[2], &[columns, columns])],
    ))
}

/// The least number by −1, which ends a process.
fn division() -> Vec<u8> {
    let nodes = vec![node("Div", &["x", "by"], &["y"], vec![])];
    model(graph(nodes, vec![int64s("by", &[], &[-1])]))
}

/// Eight GiB, of which the model has 24 bytes.
fn large() -> Vec<u8> {
    let mut nodes = square();
    nodes.push(node("ReduceSum", &["m"], &["y"], vec![int("keepdims", 0)]));
    model(graph(
        nodes,
        vec![int64s("shape", &[2], &[1 << 15, 1 << 15])],
    ))
}

/// A function of an ONNX file.
#[derive(prost::Message)]
struct Function {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, repeated, tag = "4")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "5")]
    output: Vec<String>,
    #[prost(message, repeated, tag = "7")]
    node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "9")]
    opset_import: Vec<OperatorSetIdProto>,
    #[prost(string, tag = "10")]
    domain: String,
}

/// An ONNX file with functions.
#[derive(prost::Message)]
struct Model {
    #[prost(int64, tag = "1")]
    ir_version: i64,
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    opset_import: Vec<OperatorSetIdProto>,
    #[prost(message, repeated, tag = "25")]
    functions: Vec<Function>,
}

/// Functions that call the one before twice: 2³⁰ operators in 2 kB.
fn nested_functions() -> Vec<u8> {
    let domain = "strangers";
    let call = |name: String, from: &str, to: &str| NodeProto {
        domain: domain.into(),
        ..node(&name, &[from], &[to], vec![])
    };
    let opset = |domain: &str, version| OperatorSetIdProto {
        domain: domain.into(),
        version,
    };
    let function = |n: u32| Function {
        name: format!("f{n}"),
        input: vec!["a".into()],
        output: vec!["c".into()],
        node: match n {
            0 => vec![
                node("Neg", &["a"], &["b"], vec![]),
                node("Neg", &["b"], &["c"], vec![]),
            ],
            n => vec![
                call(format!("f{}", n - 1), "a", "b"),
                call(format!("f{}", n - 1), "b", "c"),
            ],
        },
        domain: domain.into(),
        opset_import: vec![opset("", 17), opset(domain, 1)],
    };
    Model {
        ir_version: 8,
        graph: Some(graph(vec![call("f29".into(), "x", "y")], vec![])),
        opset_import: vec![opset("", 17), opset(domain, 1)],
        functions: (0..30).map(function).collect(),
    }
    .encode_to_vec()
}

/// A whole-number `Mul` for who reads ONNX, and something else for who finds `ORTM` at its place.
fn polyglot() -> Vec<u8> {
    let mut bytes = model(graph(
        vec![node("Mul", &["x", "two"], &["y"], vec![])],
        vec![int64s("two", &[], &[2])],
    ));
    // A field that nobody knows, in front, with the mark of the other format in it.
    let mut front = vec![0x9a, 0x3f, 5, 0];
    front.extend_from_slice(b"ORTM");
    front.append(&mut bytes);
    front
}

#[tokio::test(flavor = "multi_thread")]
async fn another_models_job_settles_while_hostile_ones_are_refused_or_killed() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(Options {
        longest_load: Duration::from_secs(3),
        ..options()
    });
    let healthy = shop.files(&doubler(), &numbers());
    let minimum = format!(r#"{{"x":[[{}]]}}"#, i64::MIN);
    for (name, model, input, expected) in [
        (
            "one long operator",
            one_long_operator(2000),
            r#"{"x":[[1]]}"#,
            "took more than 300 ms",
        ),
        (
            "folded at load",
            folded_at_load(3000),
            r#"{"x":[[1]]}"#,
            "ModelUnavailable: ",
        ),
        ("division", division(), &minimum, "signal 8"),
        (
            "eight GiB",
            large(),
            r#"{"x":[[1]]}"#,
            "Failed to allocate memory",
        ),
        (
            "nested functions",
            nested_functions(),
            r#"{"x":[[1]]}"#,
            "ModelUnavailable: ",
        ),
        (
            "polyglot",
            polyglot(),
            r#"{"x":[[1]]}"#,
            "ModelUnavailable: ",
        ),
    ] {
        let files = shop.files(&model, &numbers());
        let (of_task, mut request) = (executor.clone(), request(&files, input.as_bytes()));
        request.longest = Duration::from_millis(300);
        let begun = Instant::now();
        let hostile = tokio::spawn(async move { told(of_task.run(&request).await) });
        while !hostile.is_finished() {
            let said = told(
                executor
                    .run(&crate::common::request(&healthy, br#"{"x":[[4]]}"#))
                    .await,
            );
            assert_eq!(said, r#"{"y":[[8]]}"#, "{name}");
        }
        let said = hostile.await.unwrap();
        println!("{name}: {said} ({:?})", begun.elapsed());
        assert!(said.contains(expected), "{name}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(15), "{name}");
    }
}

/// What a runner of these tests does in place of its work.
const DEED: &str = "MYAI_TEST_DEED";

/// A runner that does what its environment says, as one would whose model had taken it over.
#[test]
fn a_runner_of_these_tests() {
    let Ok(deed) = std::env::var(DEED) else {
        return;
    };
    let arguments = std::env::args().skip_while(|a| a != "--");
    let settings = Runner::parse_from(arguments).settings;
    let honest = |settings: &Settings| {
        let (keeper, environment) = runner::enter(settings).unwrap();
        runner::serve(keeper, &environment, 1).unwrap();
        std::process::exit(0);
    };
    if deed == "be slow" {
        std::thread::sleep(Duration::from_millis(2500));
        honest(&settings);
    }
    // The first one that finds no file there lies, all later ones are honest.
    let deed = match deed.strip_prefix("once ") {
        Some(deed) => {
            let (path, deed) = deed.split_once(' ').unwrap();
            match std::fs::File::create_new(path) {
                Ok(_) => deed.to_string(),
                Err(_) => honest(&settings),
            }
        }
        None => deed,
    };
    let (mut keeper, environment) = runner::enter(&settings).unwrap();
    let lies = deed.strip_prefix("say ");
    if let Some(lie) = lies {
        // It has loaded whatever was sent, and got one request.
        let id = loop {
            let (header, _) = protocol::read(&mut keeper).unwrap().unwrap();
            match header.kind {
                Kind::Verified => protocol::write(&mut keeper, Kind::Ready, 0, &[]).unwrap(),
                Kind::Input => break header.id,
                _ => (),
            }
        };
        say(&mut keeper, lie, id);
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
    let done = match deed.split_once(' ') {
        Some(("open", path)) => std::fs::read(path).map(|_| ()),
        Some(("write", path)) => std::fs::write(path, b"here"),
        Some(("connect", path)) => UnixStream::connect(path).map(|_| ()),
        _ if deed == "socket" => UnixDatagram::unbound().map(|_| ()),
        _ if deed == "udp" => UdpSocket::bind("127.0.0.1:0").map(|_| ()),
        _ if deed == "program" => std::process::Command::new("/bin/true").status().map(|_| ()),
        _ => panic!("{deed}"),
    };
    // What came of it, where it is still alive.
    eprintln!("deed: {done:?}");
    drop(environment);
    std::process::exit(7);
}

#[derive(Parser)]
struct Runner {
    #[command(flatten)]
    settings: Settings,
}

/// One of the lies.
fn say(keeper: &mut UnixStream, lie: &str, id: u32) {
    let done = |units: u32| Done { units }.encode();
    match lie {
        "too long a frame" => {
            let header = [Kind::Done as u8, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f];
            keeper.write_all(&header).unwrap();
        }
        "no such frame" => keeper.write_all(&[99; 9]).unwrap(),
        "too many units" => protocol::write(keeper, Kind::Done, id, &done(2)).unwrap(),
        "another request" => protocol::write(keeper, Kind::Done, id + 1, &done(1)).unwrap(),
        "too long an answer" => protocol::write(keeper, Kind::Piece, id, &[0; 1001]).unwrap(),
        "an empty piece" => protocol::write(keeper, Kind::Piece, id, &[]).unwrap(),
        "a second model" => protocol::write(keeper, Kind::Ready, 0, &[]).unwrap(),
        "words without a meaning" => protocol::write(keeper, Kind::Refused, id, b"\xff").unwrap(),
        "nothing" => (),
        "a bad input" => {
            let refused = protocol::Refused::new(protocol::Blame::Input, "it is bad");
            protocol::write(keeper, Kind::Refused, id, &refused.encode()).unwrap();
        }
        _ => panic!("{lie}"),
    }
}

/// Runners that do the deed.
fn doing(deed: &str) -> Options {
    let mut options = options();
    options.program.path = std::env::current_exe().unwrap();
    let arguments = [
        "--exact",
        "hostile::a_runner_of_these_tests",
        "--nocapture",
        "--",
    ];
    options.program.arguments = arguments.iter().map(Into::into).collect();
    options.program.environment = vec![(DEED.into(), deed.into())];
    options
}

#[tokio::test]
async fn a_runner_that_was_taken_over_reaches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let secret = folder.path().join("signer.key");
    std::fs::write(&secret, "//Alice").unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let new = folder.path().join("new");
    let files = shop.files(&doubler(), &numbers());
    let deeds = [
        (format!("open {}", secret.display()), "Permission denied"),
        (format!("write {}", new.display()), "Permission denied"),
        (format!("connect {}", socket.display()), "signal 31"),
        ("socket".into(), "signal 31"),
        ("udp".into(), "signal 31"),
        ("program".into(), "signal 31"),
    ];
    for (deed, expected) in deeds {
        let executor = shop.executor(doing(&deed));
        let said = told(executor.run(&request(&files, br#"{"x":[[4]]}"#)).await);
        assert!(said.contains(expected), "{deed}: {said}");
        // What it says after it was done.
        assert!(!said.contains("deed: Ok"), "{deed}: {said}");
    }
    assert!(!new.exists());
}

#[tokio::test]
async fn a_runner_that_lies_is_killed_and_hurts_its_own_request_alone() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let files = shop.files(&doubler(), &numbers());
    for (lie, expected) in [
        ("too long a frame", "more than"),
        ("no such frame", "no frame of kind 99"),
        ("too many units", "2 units, and 1 are paid for"),
        ("another request", "spoke of request 2"),
        ("too long an answer", "more than 1000 bytes"),
        ("an empty piece", "0 bytes"),
        ("a second model", "spoke of request 0"),
        ("words without a meaning", "broke the rules"),
        ("nothing", "took more than"),
    ] {
        let executor = shop.executor(doing(&format!("say {lie}")));
        let mut request = request(&files, br#"{"x":[[4]]}"#);
        request.longest = Duration::from_millis(500);
        let outcome = executor.run(&request).await;
        let Outcome::Refused { reason, why, .. } = &outcome else {
            panic!("{lie}: {outcome:?}");
        };
        // Never one that costs the payer.
        assert_eq!(*reason, DeclineReason::Other, "{lie}");
        assert!(why.contains(expected), "{lie}: {why}");
        // It is not there any more.
        assert_eq!(executor.runners(), (0, 0), "{lie}");
    }
}

#[tokio::test]
async fn a_bad_input_is_believed_of_a_second_runner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let files = shop.files(&doubler(), &numbers());
    let executor = shop.executor(doing("say a bad input"));
    let said = told(executor.run(&request(&files, br#"{"x":[[4]]}"#)).await);
    assert_eq!(said, "BadInput: it is bad");

    let once = folder.path().join("first");
    let deed = format!("once {} say a bad input", once.display());
    let executor = shop.executor(doing(&deed));
    let said = told(executor.run(&request(&files, br#"{"x":[[4]]}"#)).await);
    assert_eq!(said, r#"{"y":[[8]]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_answered_where_a_load_takes_longer_than_others_wait_for_memory() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let mut options = doing("be slow");
    // Room for one runner, where two may run.
    options.memory = options.run_memory * 3 / 2;
    let executor = shop.executor(options);
    let files = shop.files(&doubler(), &numbers());
    let jobs: Vec<_> = (0..2)
        .map(|_| {
            let (executor, files) = (executor.clone(), files.clone());
            tokio::spawn(async move {
                for _ in 0..3 {
                    let said = told(executor.run(&request(&files, br#"{"x":[[4]]}"#)).await);
                    assert_eq!(said, r#"{"y":[[8]]}"#);
                }
            })
        })
        .collect();
    for job in jobs {
        job.await.unwrap();
    }
}
