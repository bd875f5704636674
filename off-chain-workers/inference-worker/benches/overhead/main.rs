//! What the worker adds to a bare session of ONNX Runtime, measured in one run.
//!
//! For each model the same input is answered in four ways that take turns, round by round, so that
//! other work of the machine meets all of them alike: by a bare session on tensors that were made
//! beforehand; by a runner behind its walls; by the worker's whole way through a job with the
//! journal in memory, measured also up to the sealed answer alone; and by the same with the journal
//! on a disk. Each way answers twice in its turn, and the second time counts: the first finds the
//! caches full of the others' models. What the disk itself takes after such a pause is measured
//! beside them: one page that is written and brought to it after each run of the bare session.

mod cases;
#[path = "../../tests/suite/chain.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod chain;
#[path = "../../tests/suite/common.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod common;
mod crowd;
mod memory;
mod walls;
mod world;

use cases::{Case, Size};
use clap::Parser;
use myai_inference_worker::{
    executor::Options,
    runner::session::{self, NO_TELEMETRY},
};
use myai_model_kit::{
    manifest::Manifest,
    preprocess::prepare,
    tensor::{Data, Tensor},
};
use ort::{
    environment::Environment,
    session::{Session, SessionInputValue},
    value::{DynValue, Tensor as OrtTensor},
};
use serde_json::{json, Value};
use std::{
    fmt,
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
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
/// Four ways to the same answer take turns: a bare session on ready tensors; a runner behind its
/// walls, from the raw input to the answer; a whole job with the worker's journal in memory, where
/// bringing to disk (fsync) costs nothing; a whole job with the journal on a disk. A job is
/// everything between taking it and its attestation in a block, with a chain and a pool in memory.
/// In its turn each way answers twice, and the second time counts.
///
/// Needs ONNX Runtime and the models digits and magika: scripts/setup.sh and
/// scripts/models/prepare.sh make them. The others are made by the program itself.
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
    /// Measures only the model of this name (digits-int, magika, layers-9-ms, layers-13-ms,
    /// layers-13-ms-128-kib, photo, large-input); may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// A folder on the disk that is to be measured; the build's by default.
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"), value_name = "FOLDER")]
    disk: PathBuf,
    /// A folder in memory.
    #[arg(long, default_value = "/dev/shm", value_name = "FOLDER")]
    memory: PathBuf,
    /// An ONNX file to measure instead of these models.
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
    threads: u16,
    /// Measures eight jobs that wait on two models at once, and nothing else.
    #[arg(long, conflicts_with_all = ["model", "only"])]
    crowd: bool,
    /// Measures what starting a runner costs, and nothing else.
    #[arg(long, conflicts_with_all = ["crowd", "model", "only"])]
    walls: bool,
    // Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Rounds that do not count: caches fill, threads start.
const WARMING: u32 = 10;

fn main() -> ExitCode {
    // Before there is a second thread.
    std::env::set_var(NO_TELEMETRY, "1");
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
    if arguments.walls {
        let folder = tempfile::tempdir_in(&arguments.disk).map_err(failed)?;
        return walls::measure(&cases::known()?, folder.path())
            .await
            .map(|()| vec![]);
    }
    if arguments.crowd {
        return side_by_side(&arguments).await.map(|()| vec![]);
    }
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
    let library = common::options().library;
    let environment = session::environment(&library).map_err(failed)?;
    if arguments.model.is_none() {
        let is_asked =
            |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|n| n == name);
        for layers in LAYERS.into_iter().filter(|(n, ..)| is_asked(n)) {
            cases.push(lasting(&environment, layers)?);
        }
    }
    if cases.is_empty() {
        return Err(failed("there is no model of that name"));
    }
    let options = Options {
        parallel: 1,
        threads: arguments.threads,
        ..common::options()
    };
    let mut all = Vec::new();
    for case in &cases {
        eprintln!("measuring {} …", case.name);
        all.push(measure(case, &options, &environment, &arguments).await?);
    }
    Ok(all)
}

/// Models that are made so that a run of one thread lasts so many milliseconds here.
const LAYERS: [(&str, f64, Size); 3] = [
    ("layers-9-ms", 9.0, Size::Row),
    ("layers-13-ms", 13.0, Size::Row),
    ("layers-13-ms-128-kib", 13.0, Size::Matrix),
];

fn lasting(
    environment: &Environment,
    (name, milliseconds, size): (&str, f64, Size),
) -> Outcome<Case> {
    const TRIED: usize = 16;
    let mut bare = Bare::new(environment, &cases::layers("tried", TRIED, size), 1)?;
    let mut times = Times::default();
    for _ in 0..30 {
        times.add(bare.run()?);
    }
    let of_a_layer = times.median() / TRIED as f64;
    let layers = (milliseconds * 1000.0 / of_a_layer).round() as usize;
    Ok(cases::layers(name, layers.max(1), size))
}

async fn side_by_side(arguments: &Arguments) -> Outcome<()> {
    let folder = tempfile::tempdir_in(&arguments.disk).map_err(failed)?;
    let environment = session::environment(&common::options().library).map_err(failed)?;
    let [short, long, _] = LAYERS;
    let cases = [lasting(&environment, short)?, lasting(&environment, long)?];
    let crowd = crowd::measure(cases, &environment, folder.path()).await?;
    let crowd::Crowd {
        bare,
        worker,
        processors,
    } = crowd;
    println!(
        "eight jobs on two models: {worker:.1} runs a second; {processors} bare sessions side by \
         side: {bare:.1}; {:.1} %",
        worker / bare * 100.0
    );
    Ok(())
}

/// A session alone, and its tensors.
struct Bare {
    session: Session,
    inputs: Vec<(String, DynValue)>,
}

impl Bare {
    fn new(environment: &Environment, case: &Case, threads: u16) -> Outcome<Self> {
        let manifest = Manifest::parse(&case.manifest).map_err(failed)?;
        let prepared = prepare(&manifest, &case.input).map_err(failed)?;
        let inputs = prepared.tensors.into_iter();
        let inputs = inputs.map(|(name, tensor)| Ok((name, value(tensor)?)));
        let options = session::Options {
            threads: threads.into(),
            is_exact: false,
        };
        Ok(Self {
            inputs: inputs.collect::<Outcome<_>>()?,
            session: session::bare(environment, &case.model, vec![], options).map_err(failed)?,
        })
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

/// A page in a file that is there already, as cheap to bring to disk as anything is.
struct Page(File);

impl Page {
    const SIZE: usize = 4096;

    fn new(folder: &Path) -> Outcome<Self> {
        let page = Self(File::create(folder.join("page")).map_err(failed)?);
        page.write()?;
        Ok(page)
    }

    /// Writes it again, until it is on disk.
    fn write(&self) -> Outcome<Duration> {
        let begun = Instant::now();
        let written = self.0.write_all_at(&[7; Self::SIZE], 0);
        written.and_then(|()| self.0.sync_data()).map_err(failed)?;
        Ok(begun.elapsed())
    }
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

/// The ways that are measured beside the bare session.
const WAYS: usize = 4;

/// What came of one case.
struct Measured {
    name: String,
    model: usize,
    input: usize,
    answer: usize,
    bare: Times,
    /// One page, written and brought to disk after a run of the bare session.
    page: Times,
    /// Each way, and what it adds to the bare session of its own round.
    ways: [(&'static str, Times, Times); WAYS],
}

async fn measure(
    case: &Case,
    options: &Options,
    environment: &Environment,
    arguments: &Arguments,
) -> Outcome<Measured> {
    let folder = |at: &PathBuf| {
        tempfile::Builder::new()
            .prefix("myai-overhead-")
            .tempdir_in(at)
            .map_err(|e| failed(format!("use {}: {e}", at.display())))
    };
    let (on_disk, in_memory) = (folder(&arguments.disk)?, folder(&arguments.memory)?);
    let mut disk = World::new(case, options.clone(), on_disk.path()).await?;
    let mut memory = World::new(case, options.clone(), in_memory.path()).await?;
    let mut bare = Bare::new(environment, case, arguments.threads)?;
    let page = Page::new(on_disk.path())?;
    let way = |name| (name, Times::default(), Times::default());
    let mut measured = Measured {
        name: case.name.clone(),
        model: case.model.len(),
        input: case.input.len(),
        answer: 0,
        bare: Times::default(),
        page: Times::default(),
        ways: [
            way("runner"),
            way("until the answer is sealed"),
            way("job, journal in memory"),
            way("job, journal on disk"),
        ],
    };
    for round in 0..WARMING + arguments.rounds {
        let (mut alone, mut synced) = (Duration::ZERO, Duration::ZERO);
        let mut took = [Duration::ZERO; WAYS];
        // Each way comes first, second, third and last equally often.
        for turn in 0..4 {
            match (turn + round) % 4 {
                0 => {
                    bare.run()?;
                    alone = bare.run()?;
                    page.write()?;
                    bare.run()?;
                    synced = page.write()?;
                }
                1 => {
                    memory.hop().await?;
                    took[0] = memory.hop().await?;
                }
                2 => {
                    memory.whole().await?;
                    [took[1], took[2]] = memory.whole().await?;
                }
                _ => {
                    disk.whole().await?;
                    [_, took[3]] = disk.whole().await?;
                }
            }
        }
        if round < WARMING {
            continue;
        }
        measured.bare.add(alone);
        measured.page.add(synced);
        for ((_, times, added), took) in measured.ways.iter_mut().zip(took) {
            times.add(took);
            added.add(took.saturating_sub(alone));
        }
    }
    measured.answer = disk.last_answer()?.len();
    Ok(measured)
}

fn print(all: &[Measured], as_json: bool) {
    if as_json {
        println!("{:#}", Value::from_iter(all.iter().map(in_json)));
        return;
    }
    for measured in all {
        let Measured {
            name,
            model,
            input,
            answer,
            bare,
            page,
            ways,
        } = measured;
        println!("{name}: a model of {model} bytes, an input of {input}, an answer of {answer}\n");
        println!("  µs                             median       p90   to bare     added");
        let (median, p90) = (bare.median(), bare.quantile(0.9));
        println!("  {:<26} {median:>10.1} {p90:>9.1}", "bare session");
        for (what, times, added) in ways {
            let ratio = times.median() / median;
            let (times, p90, added) = (times.median(), times.quantile(0.9), added.median());
            println!("  {what:<26} {times:>10.1} {p90:>9.1}   × {ratio:<7.3} {added:>8.1}");
        }
        let (median, p90) = (page.median(), page.quantile(0.9));
        println!(
            "  {:<26} {median:>10.1} {p90:>9.1}",
            "one page to disk, alone"
        );
        println!();
    }
}

fn in_json(measured: &Measured) -> Value {
    let Measured { bare, page, .. } = measured;
    let ways = measured.ways.iter().map(|(what, times, added)| {
        let way = json!({
            "median_us": times.median(),
            "p90_us": times.quantile(0.9),
            "to_bare": times.median() / bare.median(),
            "added_us": added.median(),
        });
        (what.to_string(), way)
    });
    json!({
        "model": measured.name,
        "model_bytes": measured.model,
        "input_bytes": measured.input,
        "answer_bytes": measured.answer,
        "rounds": bare.0.len(),
        "bare": {"median_us": bare.median(), "p90_us": bare.quantile(0.9)},
        "page_to_disk": {"median_us": page.median(), "p90_us": page.quantile(0.9)},
        "ways": ways.collect::<serde_json::Map<_, _>>(),
    })
}
