//! What the worker adds to a bare session of ONNX Runtime, measured in one run.
//!
//! For each model the same input is answered in three ways that take turns, round by round, so that
//! whatever else the machine does meets all of them alike: by a bare session on tensors that were
//! made beforehand; by the worker's whole way through a job with the journal in memory; and by the
//! same with the journal on a disk. Beside them each step of a job is measured by itself.

mod cases;
#[path = "../../tests/suite/common.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod common;
mod world;

use cases::Case;
use clap::Parser;
use myai_inference_worker::{
    config::default_library,
    engine::{disable_telemetry, Engine, EngineOptions},
};
use myai_model_kit::tensor::{Data, Tensor};
use ort::{
    session::{Session, SessionInputValue},
    value::{DynValue, Tensor as OrtTensor},
};
use serde_json::{json, Value};
use std::{
    fmt,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};
use world::World;

/// Why nothing was measured.
#[derive(Debug)]
struct Failed(String);

type Outcome<T> = Result<T, Failed>;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn failed(why: impl ToString) -> Failed {
    Failed(why.to_string())
}

/// Measures what the worker adds to a bare session of ONNX Runtime.
///
/// Three ways to the same answer take turns: a bare session on ready tensors; a whole job with the
/// worker's journal in memory, where bringing to disk (fsync) costs nothing; a whole job with the
/// journal on a disk. A job is everything between taking it and its attestation in a block, with a
/// chain and a pool that answer at once. Medians are shown, and the steps of a job by themselves.
///
/// Needs ONNX Runtime and the models digits and magika: scripts/setup.sh and
/// scripts/models/prepare.sh make them. A third, larger model is made by the program itself.
#[derive(Parser)]
#[command(
    name = "overhead",
    after_help = "Examples:
  cargo bench -p myai-inference-worker --bench overhead
  cargo bench -p myai-inference-worker --bench overhead -- --rounds 50 --only magika --json
  cargo bench -p myai-inference-worker --bench overhead -- \\
      --model m.onnx --manifest m.json --input picture.png"
)]
struct Arguments {
    /// Rounds for each model, after some that do not count.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Prints JSON, one object for each model, times in microseconds.
    #[arg(long)]
    json: bool,
    /// Measures only the model of this name (digits-int, magika, layers); may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// A folder on the disk that is to be measured; the build's by default.
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"), value_name = "FOLDER")]
    disk: PathBuf,
    /// A folder in memory.
    #[arg(long, default_value = "/dev/shm", value_name = "FOLDER")]
    memory: PathBuf,
    /// An ONNX file to measure instead of the three models.
    #[arg(long, requires_all = ["manifest", "input"], conflicts_with = "only", value_name = "FILE")]
    model: Option<PathBuf>,
    /// Its manifest.
    #[arg(long, requires = "model", value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// A raw input for it.
    #[arg(long, requires = "model", value_name = "FILE")]
    input: Option<PathBuf>,
    /// Threads inside one run, for the bare session as for the worker's.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    // Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Rounds that do not count: caches fill, threads start.
const WARMING: u32 = 10;

fn main() -> ExitCode {
    disable_telemetry();
    let arguments = Arguments::parse();
    let json = arguments.json;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: failed to start: {error}");
            return ExitCode::FAILURE;
        }
    };
    // As a task, because that is where the worker's jobs are.
    let measured = runtime.block_on(async { tokio::spawn(all(arguments)).await });
    match measured.map_err(failed).and_then(|done| done) {
        Ok(measured) => {
            print(&measured, json);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn all(arguments: Arguments) -> Outcome<Vec<Measured>> {
    let mut cases = match (&arguments.model, &arguments.manifest, &arguments.input) {
        (Some(model), Some(manifest), Some(input)) => vec![Case {
            name: model.display().to_string(),
            model: cases::read(model)?,
            manifest: cases::read(manifest)?,
            input: cases::read(input)?,
        }],
        _ => cases::known()?,
    };
    if !arguments.only.is_empty() {
        cases.retain(|c| arguments.only.contains(&c.name));
    }
    if cases.is_empty() {
        return Err(failed("there is no model of that name"));
    }
    let engine = Engine::start(&EngineOptions {
        library: default_library(),
        parallel: 1,
        intra_threads: arguments.threads,
    })
    .map_err(failed)?;
    let mut all = Vec::new();
    for case in &cases {
        eprintln!("measuring {} …", case.name);
        all.push(measure(case, &engine, &arguments).await?);
    }
    Ok(all)
}

/// A session alone, and its tensors.
struct Bare {
    session: Session,
    inputs: Vec<(String, DynValue)>,
}

impl Bare {
    fn new(engine: &Engine, model: &[u8], tensors: Vec<(String, Tensor)>) -> Outcome<Self> {
        let inputs = tensors
            .into_iter()
            .map(|(name, tensor)| Ok((name, value(tensor)?)))
            .collect::<Outcome<_>>()?;
        let session = engine.session(model).map_err(failed)?;
        Ok(Self { session, inputs })
    }

    fn run(&mut self) -> Outcome<Duration> {
        let inputs: Vec<(&str, SessionInputValue)> = self
            .inputs
            .iter()
            .map(|(name, value)| (name.as_str(), value.into()))
            .collect();
        let begun = Instant::now();
        let outputs = self.session.run(inputs).map_err(|e| failed(e.message()))?;
        let took = begun.elapsed();
        drop(outputs);
        Ok(took)
    }
}

fn value(tensor: Tensor) -> Outcome<DynValue> {
    let (shape, data) = tensor.into_parts();
    let made = match data {
        Data::Float32(v) => OrtTensor::from_array((shape, v)).map(|t| t.into_dyn()),
        Data::Float64(v) => OrtTensor::from_array((shape, v)).map(|t| t.into_dyn()),
        Data::Uint8(v) => OrtTensor::from_array((shape, v)).map(|t| t.into_dyn()),
        Data::Int32(v) => OrtTensor::from_array((shape, v)).map(|t| t.into_dyn()),
        Data::Int64(v) => OrtTensor::from_array((shape, v)).map(|t| t.into_dyn()),
        other => {
            let kind = other.dtype();
            return Err(failed(format!("an input of type {kind} is not measured")));
        }
    };
    made.map_err(|e| failed(e.message()))
}

/// Times of one thing, in microseconds.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn add(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64() * 1e6);
    }

    /// The time below which `part` of all are.
    fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        let place = (last as f64 * part).round() as usize;
        sorted.get(place).copied().unwrap_or_default()
    }

    fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// Names of what [`World::steps`] measures, in its order, the run apart.
const STEPS: [&str; 8] = [
    "check the blob's hash and unseal it",
    "read it, check the commitment",
    "make tensors",
    "thread pool, time limit, copies",
    "make the answer",
    "seal it",
    "commitment and hash of the answer",
    "journal, without fsync",
];

/// What came of one case.
struct Measured {
    name: String,
    model: usize,
    input: usize,
    answer: Vec<u8>,
    bare: Times,
    memory: Ways,
    disk: Ways,
    steps: [Times; 8],
    journal_on_disk: Times,
}

/// Whole jobs.
#[derive(Default)]
struct Ways {
    job: Times,
    /// The run within each.
    run: Times,
    /// Each without its own run: unlike the difference of the medians it does not carry how much
    /// one run differs from another.
    added: Times,
}

impl Ways {
    fn add(&mut self, (job, run): (Duration, Duration)) {
        self.job.add(job);
        self.run.add(run);
        self.added.add(job.saturating_sub(run));
    }
}

impl Measured {
    /// What of a job in memory is neither its run nor one of the steps: changing threads, the
    /// state machine, metrics, and the chain's double.
    fn rest(&self) -> f64 {
        let steps: f64 = self.steps.iter().map(Times::median).sum();
        self.memory.added.median() - steps
    }

    fn ratio(&self, of: &Times) -> f64 {
        of.median() / self.bare.median()
    }
}

async fn measure(case: &Case, engine: &Engine, arguments: &Arguments) -> Outcome<Measured> {
    let folder = |at: &PathBuf| {
        tempfile::Builder::new()
            .prefix("myai-overhead-")
            .tempdir_in(at)
            .map_err(|e| failed(format!("use {}: {e}", at.display())))
    };
    let (on_disk, in_memory) = (folder(&arguments.disk)?, folder(&arguments.memory)?);
    let mut disk = World::new(case, engine.clone(), on_disk.path()).await?;
    let mut memory = World::new(case, engine.clone(), in_memory.path()).await?;
    let mut bare = Bare::new(engine, &case.model, memory.tensors(case)?)?;
    let mut measured = Measured {
        name: case.name.clone(),
        model: case.model.len(),
        input: case.input.len(),
        answer: Vec::new(),
        bare: Times::default(),
        memory: Ways::default(),
        disk: Ways::default(),
        steps: Default::default(),
        journal_on_disk: Times::default(),
    };
    for round in 0..WARMING + arguments.rounds {
        let mut alone = Duration::ZERO;
        let mut jobs = [(Duration::ZERO, Duration::ZERO); 2];
        // Each way comes first, second and last equally often.
        for way in 0..3 {
            match (way + round) % 3 {
                0 => {
                    // The first run after a job finds the caches full of other things: a bare
                    // session that does nothing else would not.
                    bare.run()?;
                    alone = bare.run()?;
                }
                1 => jobs[0] = memory.whole().await?,
                _ => jobs[1] = disk.whole().await?,
            }
        }
        let steps = memory.steps().await?;
        let (journal, on_disk) = (memory.journal().await?, disk.journal().await?);
        if round < WARMING {
            continue;
        }
        measured.bare.add(alone);
        measured.memory.add(jobs[0]);
        measured.disk.add(jobs[1]);
        let each = [
            steps.unseal,
            steps.commitment,
            steps.prepare,
            steps.engine.saturating_sub(steps.run),
            steps.answer,
            steps.seal,
            steps.attest,
            journal,
        ];
        for (times, took) in measured.steps.iter_mut().zip(each) {
            times.add(took);
        }
        measured.journal_on_disk.add(on_disk);
    }
    measured.answer = disk.last_answer()?;
    Ok(measured)
}

fn print(all: &[Measured], as_json: bool) {
    if as_json {
        println!("{:#}", Value::from_iter(all.iter().map(in_json)));
        return;
    }
    for measured in all {
        in_words(measured);
    }
    let most = |times: fn(&Measured) -> f64| all.iter().map(times).fold(0.0, f64::max);
    let computing = most(|m| m.memory.added.median());
    let disk = most(|m| m.disk.added.median());
    println!(
        "At the most a job takes {computing:.0} µs longer than its run, {disk:.0} µs with this \
         disk. A model whose run\nlasts {:.0} ms or more ({:.0} ms with this disk) gets less than \
         5 % slower.",
        computing * 20.0 / 1000.0,
        disk * 20.0 / 1000.0
    );
}

fn in_words(measured: &Measured) {
    let Measured {
        name,
        model,
        input,
        answer,
        ..
    } = measured;
    println!(
        "{name}: a model of {model} bytes, an input of {input}, an answer of {}\n",
        answer.len()
    );
    println!("  µs                                       median       p90   to bare");
    let (memory, disk) = (&measured.memory, &measured.disk);
    let totals = [
        ("bare session", &measured.bare),
        ("job, journal in memory", &memory.job),
        ("job, journal on disk", &disk.job),
    ];
    for (what, times) in totals {
        let (median, p90, ratio) = (times.median(), times.quantile(0.9), measured.ratio(times));
        println!("  {what:<36} {median:>10.1} {p90:>9.1}   × {ratio:.3}");
    }
    let parts = [
        ("the run in a job", &memory.run),
        ("what a job adds to it", &memory.added),
        ("the same, journal on disk", &disk.added),
    ];
    for (what, times) in parts {
        let (median, p90) = (times.median(), times.quantile(0.9));
        println!("  {what:<36} {median:>10.1} {p90:>9.1}");
    }
    println!("\n  of what it adds");
    for (what, times) in STEPS.iter().zip(&measured.steps) {
        println!("  {what:<36} {:>10.1}", times.median());
    }
    let rest = measured.rest();
    println!("  {:<36} {rest:>10.1}", "changing threads, and the rest");
    let journal = measured.journal_on_disk.median();
    println!("  {:<36} {journal:>10.1}\n", "journal on disk instead");
}

fn in_json(measured: &Measured) -> Value {
    let total = |times: &Times| {
        json!({
            "median_us": times.median(),
            "p90_us": times.quantile(0.9),
            "to_bare": measured.ratio(times),
        })
    };
    let steps: serde_json::Map<String, Value> = STEPS
        .iter()
        .zip(&measured.steps)
        .map(|(what, times)| (what.to_string(), json!(times.median())))
        .collect();
    json!({
        "model": measured.name,
        "model_bytes": measured.model,
        "input_bytes": measured.input,
        "answer_bytes": measured.answer.len(),
        "rounds": measured.bare.0.len(),
        "bare": total(&measured.bare),
        "job_journal_in_memory": total(&measured.memory.job),
        "job_journal_on_disk": total(&measured.disk.job),
        "run_us": measured.memory.run.median(),
        "added_us": measured.memory.added.median(),
        "added_with_disk_us": measured.disk.added.median(),
        "steps_us": steps,
        "rest_us": measured.rest(),
        "journal_on_disk_us": measured.journal_on_disk.median(),
    })
}
