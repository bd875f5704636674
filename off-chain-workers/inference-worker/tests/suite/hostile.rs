//! Models, inputs and runners that mean harm: each hurts its own request alone.

use crate::common::*;
use clap::Parser;
use codec::Encode;
use myai_inference_worker::{
    executor::{Executor, Options, Outcome},
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
        runner::serve(settings).unwrap();
        std::process::exit(0);
    };
    // No model is ever in it, so nothing can have taken it over.
    if settings.library.is_none() {
        honest(&settings);
    }
    let deed = turn(&deed);
    match deed.as_str() {
        "be honest" => honest(&settings),
        "be slow" => {
            std::thread::sleep(Duration::from_millis(2500));
            honest(&settings);
        }
        "be very slow" => {
            std::thread::sleep(Duration::from_secs(4));
            honest(&settings);
        }
        _ => (),
    }
    let (keeper, environment) = runner::enter(&settings).unwrap();
    let lies = deed.strip_prefix("say ");
    if let Some(lie) = lies {
        // It has loaded whatever was sent, and says the same of each request.
        while let Ok(Some((header, _))) = protocol::read(&mut &keeper) {
            match header.kind {
                Kind::Verified => {
                    protocol::write(&mut &keeper, Kind::Declared, 0, DECLARED).unwrap();
                    protocol::write(&mut &keeper, Kind::Ready, 0, &[]).unwrap();
                }
                Kind::Input => say(&keeper, lie, header.id),
                Kind::Load if lie == "no room" => {
                    let why = protocol::Refused::new(protocol::Blame::Model, "no room");
                    protocol::write(&mut &keeper, Kind::Refused, 0, &why.encode()).unwrap();
                    std::process::exit(0);
                }
                _ => (),
            }
        }
    }
    let done = match deed.split_once(' ') {
        Some(("open", path)) => std::fs::read(path).map(|_| ()),
        Some(("write", path)) => std::fs::write(path, b"here"),
        Some(("connect", path)) => UnixStream::connect(path).map(|_| ()),
        _ if deed == "read an error" => rustix::io::read(rustix::stdio::stderr(), &mut [0; 9])
            .map(|_| ())
            .map_err(Into::into),
        _ if deed == "thread" => std::thread::Builder::new().spawn(|| ()).map(|_| ()),
        // Forgotten: before the standard library closes one it makes a call that ends the process
        // whatever the filter says of sockets.
        _ if deed == "socket" => UnixDatagram::unbound().map(std::mem::forget),
        _ if deed == "udp" => UdpSocket::bind("127.0.0.1:0").map(|_| ()),
        _ if deed == "program" => std::process::Command::new("/bin/true").status().map(|_| ()),
        _ => panic!("{deed}"),
    };
    // What came of it, where it is still alive.
    eprintln!("deed: {done:?}");
    drop(environment);
    std::process::exit(7);
}

/// What the file of [`doubler`] says of its inputs.
const DECLARED: &[u8] = br#"[{"name":"x","kind":"int64[1, n]","is_tensor":true,"shape":[1,null],
    "dtype":"int64"}]"#;

/// Of `first PATH DEED; DEED`, which one this process does: the first deed where there is no such
/// file yet, which there is then. `count PATH DEED` adds a byte to the file.
fn turn(deed: &str) -> String {
    if let Some(rest) = deed.strip_prefix("count ") {
        let (path, deed) = rest.split_once(' ').unwrap();
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path);
        file.unwrap().write_all(b".").unwrap();
        return turn(deed);
    }
    let Some(rest) = deed.strip_prefix("first ") else {
        return deed.into();
    };
    let (path, deeds) = rest.split_once(' ').unwrap();
    let (first, others) = deeds.split_once("; ").unwrap();
    match std::fs::File::create_new(path) {
        Ok(_) => turn(first),
        Err(_) => turn(others),
    }
}

#[derive(Parser)]
struct Runner {
    #[command(flatten)]
    settings: Settings,
}

/// One of the lies.
fn say(mut keeper: &UnixStream, lie: &str, id: u32) {
    let keeper = &mut keeper;
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
        "its end" => std::process::exit(1),
        "more than was asked" => {
            let piece = protocol::frame(Kind::Piece, id, b"{}");
            let last = protocol::frame(Kind::Done, id, &done(1));
            let more = protocol::frame(Kind::Done, id + 1, &done(1));
            keeper.write_all(&[piece, last, more].concat()).unwrap();
        }
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
        // Threads of a run there are none.
        ("thread".into(), "Resource temporarily unavailable"),
        // What is open besides its socket: only what it says goes there.
        ("read an error".into(), "signal 31"),
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
        gone(&executor).await;
    }
}

/// Waits until there is no runner any more, and nothing is promised to one.
async fn gone(executor: &Executor) {
    let begun = Instant::now();
    while executor.runners() != (0, 0) {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            executor.runners()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_model_that_calls_inputs_bad_costs_no_payer() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let files = shop.files(&doubler(), &numbers());
    let executor = shop.executor(doing("say a bad input"));
    let said = told(executor.run(&request(&files, br#"{"x":[[4]]}"#)).await);
    let expected = "Other: the model calls the input bad, and the manifest takes it";
    assert_eq!(said, expected);
    gone(&executor).await;
    // One that is bad is its payer's fault, whoever says so.
    for (input, why) in [
        (&b"nothing"[..], "not a JSON object"),
        (br#"{"x":[4]}"#, "the shape [1]"),
        (br#"{"x":[["a"]]}"#, "int64"),
    ] {
        let said = told(executor.run(&request(&files, input)).await);
        assert!(
            said.starts_with("BadInput: ") && said.contains(why),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_answered_where_a_load_takes_longer_than_others_wait_for_memory() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let mut options = doing("be slow");
    // Room for one runner, where two may run.
    options.memory = of_one_runner(&options) * 3 / 2;
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

/// How often there was a deed.
fn counted(path: &std::path::Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}

#[tokio::test]
async fn a_runner_that_spoke_unasked_gets_no_other_request() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let files = shop.files(&doubler(), &numbers());
    let once = folder.path().join("first");
    let deed = format!(
        "first {} say more than was asked; be honest",
        once.display()
    );
    let executor = shop.executor(doing(&deed));
    let ask = request(&files, br#"{"x":[[4]]}"#);
    assert_eq!(told(executor.run(&ask).await), "{}");
    assert_eq!(told(executor.run(&ask).await), r#"{"y":[[8]]}"#);
}

#[tokio::test]
async fn a_runner_that_died_while_nobody_used_it_is_no_requests_doing() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let files = shop.files(&doubler(), &numbers());
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    let deed = format!(
        "first {} be honest; first {} say its end; be honest",
        one.display(),
        two.display()
    );
    let mut options = doing(&deed);
    options.run_memory = UNUSED;
    let executor = shop.executor(options);
    let ask = request(&files, br#"{"x":[[4]]}"#);
    assert_eq!(told(executor.run(&ask).await), r#"{"y":[[8]]}"#);
    let [runner] = runners_of(UNUSED)[..] else {
        panic!("not one runner");
    };
    let runner = rustix::process::Pid::from_raw(runner).unwrap();
    rustix::process::kill_process(runner, rustix::process::Signal::KILL).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    // The next one dies of the request: that is its first death, not its second.
    assert_eq!(told(executor.run(&ask).await), r#"{"y":[[8]]}"#);
}

/// By which a test's runners are known.
const UNUSED: u64 = (512 << 20) + 4096 * 555;
const STOPPED: u64 = (512 << 20) + 4096 * 556;

#[tokio::test]
async fn a_runner_that_nobody_uses_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let files = shop.files(&doubler(), &numbers());
    let executor = shop.executor(Options {
        run_memory: STOPPED,
        ..options()
    });
    for _ in 0..3 {
        let said = told(executor.run(&request(&files, br#"{"x":[[4]]}"#)).await);
        assert_eq!(said, r#"{"y":[[8]]}"#);
        let [runner] = runners_of(STOPPED)[..] else {
            panic!("not one runner");
        };
        let begun = Instant::now();
        let state = || {
            let stat = std::fs::read_to_string(format!("/proc/{runner}/stat")).unwrap();
            stat.split(") ").nth(1).unwrap().chars().next().unwrap()
        };
        while state() != 'T' {
            assert!(begun.elapsed() < Duration::from_secs(5), "{}", state());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_model_that_could_not_be_loaded_is_not_tried_for_each_job() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let files = shop.files(&doubler(), &numbers());
    let starts = folder.path().join("starts");
    for deed in ["socket", "say a second model"] {
        let executor = shop.executor(doing(&format!("count {} {deed}", starts.display())));
        let said = async || {
            let mut ask = request(&files, br#"{"x":[[4]]}"#);
            ask.longest = Duration::from_millis(100);
            told(executor.run(&ask).await)
        };
        let before = counted(&starts);
        let first = said().await;
        let second = said().await;
        match deed {
            // Killed before it had loaded.
            "socket" => {
                assert!(first.starts_with("ModelUnavailable: "), "{first}");
                assert_eq!(first, second);
                assert_eq!(counted(&starts) - before, 1);
            }
            // One that was loaded and killed later is tried again.
            _ => assert_eq!(counted(&starts) - before, 2),
        }
    }
    // Nor does another model wait for it.
    let mut about = numbers();
    about["about"] = "another".into();
    let executor = shop.executor(options());
    let other = shop.files(&doubler(), &about);
    let broken = shop.files(b"not a model", &numbers());
    let said = told(executor.run(&request(&broken, b"{}")).await);
    assert!(said.starts_with("ModelUnavailable: "), "{said}");
    let said = told(executor.run(&request(&other, br#"{"x":[[4]]}"#)).await);
    assert_eq!(said, r#"{"y":[[8]]}"#);
}

#[tokio::test]
async fn what_a_runner_says_before_it_ends_a_load_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    // Far more than the socket takes at once.
    let files = shop.files(&vec![0; 8 << 20], &numbers());
    let executor = shop.executor(doing("say no room"));
    let said = told(executor.run(&request(&files, b"{}")).await);
    assert_eq!(said, "ModelUnavailable: no room");
}

#[tokio::test]
async fn a_request_that_costs_a_runner_is_costly_even_out_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let files = shop.files(&doubler(), &numbers());
    let refused = |outcome| match outcome {
        Outcome::Refused {
            reason, is_costly, ..
        } => (reason, is_costly),
        Outcome::Answered { .. } => panic!("answered"),
    };
    // One died, and there is no time for another.
    let once = folder.path().join("first");
    let deed = format!("first {} say its end; be slow", once.display());
    let executor = shop.executor(doing(&deed));
    let mut ask = request(&files, br#"{"x":[[4]]}"#);
    ask.end = Instant::now() + Duration::from_secs(2);
    let outcome = executor.run(&ask).await;
    assert_eq!(refused(outcome), (DeclineReason::Overloaded, true));
    // One is killed at the deadline, before a run is too long.
    let executor = shop.executor(doing("say nothing"));
    ask.longest = Duration::from_secs(60);
    ask.end = Instant::now() + Duration::from_secs(2);
    let outcome = executor.run(&ask).await;
    assert_eq!(refused(outcome), (DeclineReason::Overloaded, true));
    // None is lost where none could be had.
    ask.end = Instant::now();
    let outcome = executor.run(&ask).await;
    assert!(!refused(outcome).1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_makes_room_for_another_only_after_as_long_as_its_own_load_takes() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let mut options = doing("be very slow");
    options.memory = of_one_runner(&options) * 3 / 2;
    options.parallel = 1;
    let executor = shop.executor(options);
    let files = shop.files(&doubler(), &numbers());
    let mut about = numbers();
    about["about"] = "another".into();
    let other = shop.files(&doubler(), &about);
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    // Two, so that its runner is never idle.
    let crowd: Vec<_> = (0..2)
        .map(|_| {
            let (executor, files, stop) = (executor.clone(), files.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.load(std::sync::atomic::Ordering::SeqCst) {
                    let said = told(executor.run(&request(&files, br#"{"x":[[4]]}"#)).await);
                    assert_eq!(said, r#"{"y":[[8]]}"#);
                }
            })
        })
        .collect();
    // Until it has a runner.
    executor
        .load(&files, Instant::now() + Duration::from_secs(20))
        .await
        .unwrap();
    let begun = Instant::now();
    let said = told(executor.run(&request(&other, br#"{"x":[[4]]}"#)).await);
    assert_eq!(said, r#"{"y":[[8]]}"#);
    // As long as the one was loaded it waits, and then for its own load.
    assert!(
        begun.elapsed() >= Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    for one in crowd {
        one.await.unwrap();
    }
}
