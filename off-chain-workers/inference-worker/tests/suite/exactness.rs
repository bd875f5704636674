//! `IntV1` means the same bits on every processor: random models of it, through ONNX Runtime here
//! and under an emulated processor that multiplies bytes with saturation.

use crate::common::*;
use myai_inference_worker::{
    config::default_library,
    executor::Request,
    runner::session::{self, Options, Session, NO_TELEMETRY},
};
use myai_model_kit::{int_v1::exact, testing::sample_graphs};
use myai_primitives::Numerics;
use std::process::Command;

/// Said by the environment of the process that runs all samples.
const RUN: &str = "MYAI_TEST_SAMPLES";
/// Makes it a failure that there is no emulator; CI sets it.
const REQUIRED: &str = "MYAI_REQUIRE_QEMU";
const SAMPLES: usize = 200;

/// The program of the tests below: every sample through ONNX Runtime, compared with exact
/// arithmetic.
#[test]
fn samples_in_a_process_of_its_own() {
    let Ok(processor) = std::env::var(RUN) else {
        return;
    };
    // What would hide the saturation.
    #[cfg(target_arch = "x86_64")]
    if processor == "Haswell" {
        assert!(std::arch::is_x86_feature_detected!("avx2"));
        assert!(!std::arch::is_x86_feature_detected!("avx512vnni"));
        assert!(!std::arch::is_x86_feature_detected!("avxvnni"));
    }
    let environment = session::environment(&default_library()).unwrap();
    for sample in sample_graphs(SAMPLES) {
        let file = exact(sample.model.into()).expect(&sample.name);
        let options = Options {
            threads: 1,
            is_exact: true,
        };
        let mut session = Session::load(&environment, &file, vec![], options).unwrap();
        let names: Vec<&str> = sample.outputs.iter().map(|(n, _)| n.as_str()).collect();
        let run = session.run(sample.inputs, &names);
        assert_eq!(
            run.unwrap(),
            sample.outputs,
            "{} on {processor}",
            sample.name
        );
    }
    println!("{SAMPLES} samples are exact on {processor}");
}

fn all_samples(mut program: Command, processor: &str) {
    let run = program
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "exactness::samples_in_a_process_of_its_own",
            "--nocapture",
        ])
        .env(RUN, processor)
        .env(NO_TELEMETRY, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    let expected = format!("{SAMPLES} samples are exact on {processor}");
    assert!(
        run.status.success() && said.contains(&expected),
        "{said}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

#[test]
fn samples_of_intv1_are_exact_on_this_processor() {
    all_samples(Command::new("env"), "this processor");
}

#[test]
fn samples_of_intv1_are_exact_on_an_emulated_haswell() {
    let emulator = "qemu-x86_64";
    if Command::new(emulator).arg("--version").output().is_err() {
        let required = std::env::var_os(REQUIRED).is_some_and(|v| v == "1");
        assert!(!required, "there is no {emulator}: install qemu-user");
        println!("skipped: there is no {emulator} (install qemu-user)");
        return;
    }
    let mut program = Command::new(emulator);
    program.args(["-cpu", "Haswell"]);
    all_samples(program, "Haswell");
}

#[tokio::test]
async fn an_intv1_model_is_compared_with_exact_arithmetic_when_it_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let sample = sample_graphs(1).remove(0);
    let inputs: Vec<_> = sample
        .inputs
        .iter()
        .map(|(name, _)| serde_json::json!({"name": name, "source": {"safetensors": {}}}))
        .collect();
    let names: Vec<_> = sample.outputs.iter().map(|(name, _)| name).collect();
    let mut files = shop.files(
        &sample.model,
        &serde_json::json!({"format": "myai/manifest/1", "inputs": inputs, "output": {"json": names}}),
    );
    files.numerics = Numerics::IntV1;
    let soon = std::time::Instant::now() + std::time::Duration::from_secs(20);
    executor.load(&files, soon).await.unwrap();
    let request: Request = request(&files, b"no safetensors");
    assert!(told(executor.run(&request).await).starts_with("BadInput: "));
}
