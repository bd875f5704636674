//! What is refused, and that whoever asked has everything back but what they spoilt.

use myai_chain_client::{calls, ChainError, Refusal};
use myai_e2e::*;
use myai_primitives::*;
use std::process::Stdio;

/// Who is at fault when a job is given back.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Of the deposit of 0.03 MAI a third is lost.
    Payer,
    Worker,
}

impl Fault {
    /// Jobs that count against the worker, and those that do not, after one was given back.
    fn record(self) -> (u32, u32) {
        match self {
            Self::Worker => (1, 0),
            Self::Payer => (0, 1),
        }
    }

    fn charge(self) -> Balance {
        match self {
            Self::Worker => 0,
            Self::Payer => 3 * MAI / 100 * 333_333 / 1_000_000,
        }
    }
}

/// That exactly one job was given back, and that its payer has all again but what it must lose.
fn given_back(world: &World, dave: &Person, worker: &Worker, fault: Fault, before: Balance) {
    let view = worker.view(world);
    let record = (view.record.declined, view.record.spoilt);
    assert_eq!(record, fault.record(), "the worker: {}", worker.log());
    assert_eq!(view.open, 0);
    assert_eq!(world.held(&dave.account), 0);
    let lost = before - world.has(&dave.account, Asset::Native);
    let fees = lost
        .checked_sub(fault.charge())
        .expect("the charge is taken");
    assert!(fees < MAI / 200, "only fees are gone beside it: {fees}");
}

/// Asks, and expects the job to be given back for `reason`.
fn declined(
    world: &World,
    dave: &Person,
    worker: &Worker,
    (target, input): (&str, &str),
    reason: &str,
    fault: Fault,
) {
    let before = world.has(&dave.account, Asset::Native);
    let said = dave.try_myai(&["ask", target, input, "--timeout", "120s"]);
    assert_eq!(
        said.code,
        1,
        "{} {}\nthe worker: {}",
        said.out,
        said.err,
        worker.log()
    );
    assert!(said.err.contains(reason), "{reason}: {}", said.err);
    let charged = said.err.contains("of the deposit");
    assert_eq!(charged, fault == Fault::Payer, "{}", said.err);
    given_back(world, dave, worker, fault, before);
}

/// What the client says when the payer is at fault.
const BAD_INPUT: &str = "the input cannot be read by the model";

#[test]
fn an_input_that_is_no_picture_is_declined_and_refunded() {
    let world = World::shared();
    let owner = world.person("no-picture-owner");
    let dave = world.person("no-picture-dave");
    let version = digits(&owner);
    let worker = Worker::running(world, "no-picture-worker", &[(version, "0.005 MAI")]);
    let input = dave.folder.path().join("words.png");
    std::fs::write(&input, "these are words").unwrap();
    let target = format!("v{version}");
    declined(
        world,
        &dave,
        &worker,
        (&target, &input.display().to_string()),
        BAD_INPUT,
        Fault::Payer,
    );
}

#[test]
fn an_artifact_with_one_byte_changed_is_refused_before_loading() {
    let world = World::shared();
    let owner = world.person("changed-owner");
    let dave = world.person("changed-dave");
    let copy = owner.folder.path().join("model.onnx");
    let mut bytes = std::fs::read(model_file("digits/digits-int.onnx")).unwrap();
    std::fs::write(&copy, &bytes).unwrap();
    let model = owner.registers("digits");
    let version = owner.publishes(&version_toml(
        model,
        &copy,
        &manifest_file("digits-int.json"),
        "int-v1",
        "0.02 MAI",
    ));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&copy, &bytes).unwrap();
    let worker = Worker::running(world, "changed-worker", &[(version, "0.005 MAI")]);
    let target = format!("v{version}");
    declined(
        world,
        &dave,
        &worker,
        (&target, &seven()),
        "it cannot load the model",
        Fault::Worker,
    );
    let log = worker.log();
    assert!(
        log.contains("has other bytes than those that were asked for"),
        "{log}"
    );
}

#[test]
fn an_answer_over_the_limit_is_declined_and_refunded() {
    let world = World::shared();
    let owner = world.person("long-owner");
    let dave = world.person("long-dave");
    let version = digits_with(&owner, |toml| {
        toml.replace("max_output = 65536", "max_output = 4")
    });
    let worker = Worker::running(world, "long-worker", &[(version, "0.005 MAI")]);
    let target = format!("v{version}");
    declined(
        world,
        &dave,
        &worker,
        (&target, &seven()),
        "it gave no reason",
        Fault::Worker,
    );
}

/// A job that is opened by hand. `input` goes into the pool where there is one, and the order states
/// `length`.
fn declined_by_hand(name: &str, input: Option<&[u8]>, length: u32) {
    let world = World::shared();
    let owner = world.person(&format!("{name}-owner"));
    let dave = world.person(&format!("{name}-dave"));
    let version = digits(&owner);
    let worker = Worker::running(world, &format!("{name}-worker"), &[(version, "0.005 MAI")]);
    let before = world.has(&dave.account, Asset::Native);
    let job = world.prepare(&dave, &worker, version, input.unwrap_or_default(), length);
    world.open(&job).expect("is opened");
    let reason = match input {
        Some(_) => {
            world.upload(&job);
            DeclineReason::BadInput
        }
        None => DeclineReason::BlobMissing,
    };
    assert_eq!(world.outcome(job.id, 90), Outcome::Declined(reason));
    given_back(world, &dave, &worker, Fault::Payer, before);
}

#[test]
fn a_missing_blob_is_declined_and_costs_its_payer() {
    declined_by_hand("blob", None, 1);
}

#[test]
fn an_input_of_another_length_than_stated_is_declined_and_costs_its_payer() {
    declined_by_hand("length", Some(&[0; 101]), 100);
}

#[test]
fn an_input_over_the_limit_never_opens() {
    let world = World::shared();
    let owner = world.person("big-owner");
    let dave = world.person("big-dave");
    let version = digits_with(&owner, |toml| {
        toml.replace("max_input = 1000000", "max_input = 100")
    });
    let worker = Worker::new(world, "big-worker", &[(version, "0.005 MAI")]);
    let input = dave.folder.path().join("input");
    std::fs::write(&input, [0; 101]).unwrap();
    let said = dave.try_myai(&["ask", &format!("v{version}"), &input.display().to_string()]);
    assert_eq!(said.code, 2, "{} {}", said.out, said.err);
    // Nor does it where it is opened by hand.
    let job = world.prepare(&dave, &worker, version, &[0; 101], 101);
    let refused = world.open(&job).unwrap_err();
    assert!(refused.is("ModelRegistry", "InputTooLong"), "{refused}");
    assert_eq!(worker.view(world).open, 0);
}

#[test]
fn an_input_of_another_shape_is_declined_and_refunded() {
    let world = World::shared();
    let owner = world.person("shape-owner");
    let dave = world.person("shape-dave");
    let manifest = owner.folder.path().join("manifest.json");
    std::fs::write(
        &manifest,
        r#"{"format":"myai/manifest/1",
            "inputs":[{"name":"pixels","source":{"json":{"dtype":"uint8"}}}],
            "output":{"json":["digit"]}}"#,
    )
    .unwrap();
    let model = owner.registers("digits as JSON");
    let version = owner.publishes(&version_toml(
        model,
        &model_file("digits/digits-int.onnx"),
        &manifest,
        "int-v1",
        "0.02 MAI",
    ));
    let worker = Worker::running(world, "shape-worker", &[(version, "0.005 MAI")]);
    let input = dave.folder.path().join("input.json");
    std::fs::write(&input, r#"{"pixels": [[1, 2, 3]]}"#).unwrap();
    let target = format!("v{version}");
    declined(
        world,
        &dave,
        &worker,
        (&target, &input.display().to_string()),
        BAD_INPUT,
        Fault::Payer,
    );
}

/// A safetensors file with 64 elements of that type, all zero.
fn pixels(dtype: &str, width: usize) -> Vec<u8> {
    let end = 64 * width;
    let head =
        format!(r#"{{"pixels":{{"dtype":"{dtype}","shape":[1,64],"data_offsets":[0,{end}]}}}}"#);
    let mut file = (head.len() as u64).to_le_bytes().to_vec();
    file.extend(head.as_bytes());
    file.extend(vec![0; end]);
    file
}

#[test]
fn an_input_of_another_element_type_is_declined_and_refunded() {
    let world = World::shared();
    let owner = world.person("type-owner");
    let dave = world.person("type-dave");
    let manifest = owner.folder.path().join("manifest.json");
    std::fs::write(
        &manifest,
        r#"{"format":"myai/manifest/1",
            "inputs":[{"name":"pixels","source":{"safetensors":{}}}],
            "output":{"json":["digit"]}}"#,
    )
    .unwrap();
    let model = owner.registers("digits as safetensors");
    let version = owner.publishes(&version_toml(
        model,
        &model_file("digits/digits-int.onnx"),
        &manifest,
        "int-v1",
        "0.02 MAI",
    ));
    let worker = Worker::running(world, "type-worker", &[(version, "0.005 MAI")]);
    let input = dave.folder.path().join("input.safetensors");
    let path = input.display().to_string();
    let target = format!("v{version}");
    // The type alone is at fault.
    std::fs::write(&input, pixels("U8", 1)).unwrap();
    let answer = dave.myai(&["ask", &target, &path, "--timeout", "120s"]);
    assert!(answer["answer"]["digit"].is_array(), "{answer}");
    std::fs::write(&input, pixels("F32", 4)).unwrap();
    declined(
        world,
        &dave,
        &worker,
        (&target, &path),
        BAD_INPUT,
        Fault::Payer,
    );
    let log = worker.log();
    assert!(log.contains("BadInput"), "{log}");
}

#[test]
fn a_silent_worker_is_refunded_after_the_deadline_by_the_sweep() {
    let world = World::shared();
    let owner = world.person("silent-owner");
    let dave = world.person("silent-dave");
    let version = digits(&owner);
    let worker = Worker::new(world, "silent-worker", &[(version, "0.005 MAI")]);
    let target = format!("v{version}");
    let before = world.has(&dave.account, Asset::Native);
    let said = dave.try_myai(&[
        "ask",
        &target,
        &seven(),
        "--duration",
        "20",
        "--timeout",
        "120s",
    ]);
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    assert_eq!(worker.view(world).record.expired, 1);
    assert_eq!(world.held(&dave.account), 0);
    assert!(before - world.has(&dave.account, Asset::Native) < MAI / 10);
}

/// The chain ends a bounded number of jobs by itself in each block: with many before it, a job is
/// open for some blocks after its deadline, and whoever wants ends it.
#[test]
fn a_silent_worker_is_refunded_after_the_deadline_by_anyone() {
    const CROWD: u32 = 600;
    // Not the shared one: such a crowd would be in the way of the others.
    let world = World::start();
    let owner = world.person("anyone-owner");
    let dave = world.person("anyone-dave");
    let erin = world.person("anyone-erin");
    let crowd = world.person("anyone-crowd");
    let version = digits(&owner);
    let worker = Worker::new(&world, "anyone-worker", &[(version, "0.005 MAI")]);

    // All at about one time, and the one job a little later.
    let time = world.served() + 100;
    let (mut opened, mut at_once) = (0, 128);
    while opened < CROWD {
        let order = world.order(version, &worker.account(), time - world.served());
        let open = |job: u32| {
            let mut order = order.clone();
            order.input_commitment[..4].copy_from_slice(&job.to_le_bytes());
            calls::open_job(order)
        };
        let jobs = (opened..opened + at_once).map(open).collect();
        match wait(world.chain.submit(&crowd.key(), calls::batch_all(jobs))) {
            Ok(_) => opened += at_once,
            // More than a transaction has room for.
            Err(ChainError::Refused(Refusal::ExhaustsResources)) if at_once > 1 => at_once /= 2,
            Err(error) => panic!("they are opened: {error}"),
        }
    }
    assert_eq!(worker.view(&world).open, opened);
    let asking = dave
        .command(&[
            "ask",
            &format!("v{version}"),
            &seven(),
            "--duration",
            &(time + 2 - world.served()).to_string(),
            "--timeout",
            "180s",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("myai runs");
    let job = until("an open job", 60, || world.open_job(&dave));
    let early = erin.try_myai(&["job", "expire", &job.to_string()]);
    assert_eq!(early.code, 1, "{} {}", early.out, early.err);
    assert!(early.err.contains("has not passed"), "{}", early.err);

    let expired = until("an end by somebody else", 120, || {
        let said = erin.try_myai(&["job", "expire", &job.to_string()]);
        if said.code != 0 {
            assert!(said.err.contains("has not passed"), "{}", said.err);
            return None;
        }
        Some(said.json())
    });
    // Its own call did it.
    assert_eq!(expired["state"], "expired", "{expired}");
    let out = asking.wait_with_output().expect("myai ends");
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("passed its deadline"), "{said}");
    assert_eq!(world.held(&dave.account), 0);
    until("an end of all", 120, || {
        (worker.view(&world).open == 0).then_some(())
    });
    assert_eq!(worker.view(&world).record.expired, opened + 1);
}
