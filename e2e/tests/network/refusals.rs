//! What is refused, and that whoever asked has everything back.

use codec::Encode;
use myai_chain_client::{
    calls,
    hop::blob_hash,
    sealing::{JobBinding, SealingKey},
    Key,
};
use myai_e2e::*;
use myai_primitives::{commitments::*, *};
use std::process::Stdio;

/// Asks, expects the job to be given back for `reason`, and everything to be refunded.
fn declined(world: &World, dave: &Person, worker: &Worker, args: &[&str], reason: &str) {
    let before = world.has(&dave.account, &Asset::Native);
    let said = dave.try_myai(args);
    assert_eq!(
        said.code,
        1,
        "{} {}\nthe worker: {}",
        said.out,
        said.err,
        worker.log()
    );
    let all = format!("{} {}", said.out, said.err).to_lowercase();
    assert!(all.contains(reason), "{reason}: {all}");
    assert_eq!(world.held(&dave.account), 0);
    let fees = before - world.has(&dave.account, &Asset::Native);
    assert!(fees < MAI / 10, "only fees are gone: {fees}");
    assert_eq!(worker.view(world).open, 0);
}

#[test]
fn an_input_that_is_no_picture_is_declined_and_refunded() {
    let world = World::shared();
    let owner = world.person("no-picture-owner");
    let dave = world.person("no-picture-dave");
    let version = digits(world, &owner, "0.02 MAI");
    let worker = Worker::running(world, "no-picture-worker", &[(version, "0.005 MAI")]);
    let input = dave.folder.path().join("words.png");
    std::fs::write(&input, "these are words").unwrap();
    let target = format!("v{version}");
    declined(
        world,
        &dave,
        &worker,
        &[
            "ask",
            &target,
            &input.display().to_string(),
            "--timeout",
            "120s",
        ],
        "input",
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
        &["ask", &target, &seven(), "--timeout", "120s"],
        "model",
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
    let model = owner.registers("digits");
    let version = owner.publishes(
        &version_toml(
            model,
            &model_file("digits/digits-int.onnx"),
            &manifest_file("digits-int.json"),
            "int-v1",
            "0.02 MAI",
        )
        .replace("max_output = 65536", "max_output = 4"),
    );
    let worker = Worker::running(world, "long-worker", &[(version, "0.005 MAI")]);
    let target = format!("v{version}");
    declined(
        world,
        &dave,
        &worker,
        &["ask", &target, &seven(), "--timeout", "120s"],
        "large",
    );
}

/// A job that is opened by hand, past what `myai` would refuse by itself; `sealed` goes into the
/// pool where there is one. Expects it to be declined and everything refunded.
fn declined_by_hand(name: &str, change: fn(String) -> String, input: Option<Vec<u8>>) {
    let world = World::shared();
    let owner = world.person(&format!("{name}-owner"));
    let dave = world.person(&format!("{name}-dave"));
    let model = owner.registers("digits");
    let version = owner.publishes(&change(version_toml(
        model,
        &model_file("digits/digits-int.onnx"),
        &manifest_file("digits-int.json"),
        "int-v1",
        "0.02 MAI",
    )));
    let worker = Worker::running(world, &format!("{name}-worker"), &[(version, "0.005 MAI")]);
    let key = Key::from_uri(&dave.uri).unwrap();
    let view = worker.view(world);
    let before = world.has(&dave.account, &Asset::Native);

    let salt = [7; 32];
    let bytes = input.clone().unwrap_or_default();
    let commitment = input_commitment(&salt, &bytes);
    let plain = SealedInput {
        format: SEALED_INPUT_FORMAT,
        salt,
        answer_sealing_key: SealingKey::generate().public(),
        answer_mailbox_key: key.public(),
        bytes,
    };
    let binding = JobBinding {
        genesis: world.chain.genesis_hash(),
        payer: key.public(),
        input_commitment: commitment,
    };
    let sealed = binding
        .seal(Direction::Input, &view.details.sealing_key, &plain.encode())
        .expect("is sealed");
    let opened = wait(world.chain.submit(
        &key,
        calls::open_job(
            VersionId(version),
            vec![worker.account()],
            Mode::Direct,
            1,
            MAI,
            200,
            commitment,
            blob_hash(&sealed),
        ),
    ))
    .expect("is opened");
    let job: JobId = opened
        .field("InferenceEscrow", "JobOpened", "job")
        .expect("a job");
    if input.is_some() {
        let signer: [u8; 32] = view.signer.clone().into();
        let patience = std::time::Duration::from_secs(30);
        wait(
            world
                .chain
                .hop()
                .submit_patiently(&sealed, &signer, &key, patience),
        )
        .expect("is uploaded");
    }
    until("a refund", 90, || (!world.is_open(job)).then_some(()));
    assert_eq!(
        worker.view(world).record.declined,
        1,
        "the worker: {}",
        worker.log()
    );
    assert_eq!(world.held(&dave.account), 0);
    assert!(before - world.has(&dave.account, &Asset::Native) < MAI / 10);
}

#[test]
fn a_missing_blob_is_declined_and_refunded() {
    declined_by_hand("blob", |toml| toml, None);
}

#[test]
fn an_input_over_the_limit_is_declined_and_refunded() {
    let shorter = |toml: String| toml.replace("max_input = 1000000", "max_input = 100");
    declined_by_hand("big", shorter, Some(vec![0; 101]));
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
        &[
            "ask",
            &target,
            &input.display().to_string(),
            "--timeout",
            "120s",
        ],
        "input",
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
    let ask = ["ask", &target, &path, "--timeout", "120s"];
    // The type alone is at fault.
    std::fs::write(&input, pixels("U8", 1)).unwrap();
    let answer = dave.myai(&ask);
    assert!(answer["answer"]["digit"].is_array(), "{answer}");
    std::fs::write(&input, pixels("F32", 4)).unwrap();
    declined(
        world,
        &dave,
        &worker,
        &ask,
        "the model cannot read the input",
    );
    let log = worker.log();
    assert!(log.contains("BadInput"), "{log}");
}

#[test]
fn a_silent_worker_is_refunded_after_the_deadline_by_the_sweep() {
    let world = World::shared();
    let owner = world.person("silent-owner");
    let dave = world.person("silent-dave");
    let version = digits(world, &owner, "0.02 MAI");
    let worker = Worker::new(world, "silent-worker", &[(version, "0.005 MAI")]);
    let target = format!("v{version}");
    let before = world.has(&dave.account, &Asset::Native);
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
    assert!(before - world.has(&dave.account, &Asset::Native) < MAI / 10);
}

/// The chain ends a bounded number of jobs by itself in each block: with many before it, a job is
/// open for some blocks after its deadline, and whoever wants ends it.
#[test]
fn a_silent_worker_is_refunded_after_the_deadline_by_anyone() {
    const BATCHES: u8 = 9;
    const BATCH: u8 = 100;
    // Not the shared one: such a crowd would be in the way of the others.
    let world = World::start();
    let owner = world.person("anyone-owner");
    let dave = world.person("anyone-dave");
    let erin = world.person("anyone-erin");
    let crowd = world.person("anyone-crowd");
    let version = digits(&world, &owner, "0.02 MAI");
    let worker = Worker::new(&world, "anyone-worker", &[(version, "0.005 MAI")]);

    // All at about one time, and the one job a little later.
    let served = || wait(world.chain.clock()).expect("an answer").served;
    let time = served() + 80;
    let key = Key::from_uri(&crowd.uri).unwrap();
    for batch in 0..BATCHES {
        let duration = time - served();
        let open = |job| {
            let hash = [batch, job].repeat(16).try_into().expect("32 bytes");
            calls::open_job(
                VersionId(version),
                vec![worker.account()],
                Mode::Direct,
                1,
                MAI,
                duration,
                hash,
                hash,
            )
        };
        let jobs = (0..BATCH).map(open).collect();
        wait(world.chain.submit(&key, calls::batch_all(jobs))).expect("they are opened");
    }
    let all = u32::from(BATCHES) * u32::from(BATCH);
    assert_eq!(worker.view(&world).open, all);
    let asking = dave
        .command(&[
            "ask",
            &format!("v{version}"),
            &seven(),
            "--duration",
            &(time + 2 - served()).to_string(),
            "--timeout",
            "180s",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("myai runs");
    let job = until("an open job", 60, || world.open_job(&dave.account)).id;
    let early = erin.try_myai(&["job", "expire", &job.to_string()]);
    assert_eq!(early.code, 1, "{} {}", early.out, early.err);
    assert!(early.err.contains("has not passed yet"), "{}", early.err);

    let expired = until("an end by somebody else", 120, || {
        let said = erin.try_myai(&["job", "expire", &job.to_string()]);
        if said.code != 0 {
            assert!(said.err.contains("has not passed yet"), "{}", said.err);
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
    assert_eq!(worker.view(&world).record.expired, all + 1);
}
