//! Running models: the one place that names `ort`.
//!
//! The library of ONNX Runtime is loaded when the engine starts, once in a process, from the path
//! that is given. Runs block, so they have threads of their own; callers wait without blocking.

use myai_model_kit::{
    inspect::{self, InspectError},
    tensor::{DType, Data, Tensor},
};
use ort::{
    environment::Environment,
    logging::LogLevel,
    session::{RunOptions, Session, SessionInputValue},
    value::{DynValue, Tensor as OrtTensor, TensorElementType, ValueType},
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use tokio::sync::{oneshot, Mutex, OwnedSemaphorePermit, Semaphore};

/// Why a model does not load or run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("load ONNX Runtime from {}: {why}", path.display())]
    Library { path: PathBuf, why: String },
    #[error("read the model")]
    Inspect(#[from] InspectError),
    #[error("load the model: the elements of `{0}` lie in another file")]
    External(String),
    #[error("load the model: {0}")]
    Load(String),
    #[error("the model has no input `{0}`")]
    NoSuchInput(String),
    #[error("the model's input `{0}` is not given")]
    MissingInput(String),
    #[error("the model has no output `{0}`")]
    NoSuchOutput(String),
    #[error("`{name}` of the model is {kind}, not a tensor")]
    NotATensor { name: String, kind: String },
    #[error("`{name}` of the model is of type {kind}, which this release does not know")]
    UnknownType { name: String, kind: String },
    #[error("the input `{name}` is {given}, and the model takes {wanted}")]
    WrongType {
        name: String,
        given: DType,
        wanted: DType,
    },
    #[error("the input `{name}` has the shape {given:?}, and the model takes {wanted}")]
    WrongShape {
        name: String,
        given: Vec<usize>,
        wanted: String,
    },
    #[error("the model took more than {} ms", limit.as_millis())]
    TimedOut { limit: Duration },
    #[error("run the model: there was not enough time left before the deadline")]
    TooLate,
    #[error("run the model: {0}")]
    Run(String),
    #[error("run the model: the thread of the run is gone")]
    Lost,
}

impl EngineError {
    /// Whether the input, and not the model or the worker, is to blame.
    pub fn is_bad_input(&self) -> bool {
        matches!(self, Self::WrongType { .. } | Self::WrongShape { .. })
    }
}

/// A declared input or output that is a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    pub name: String,
    pub dtype: DType,
    /// `None` for a dimension that may be any. Empty also where the model says nothing of it.
    pub shape: Vec<Option<usize>>,
}

/// How the engine is set up.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The library of ONNX Runtime.
    pub library: PathBuf,
    /// How many runs there may be at once.
    pub parallel: usize,
    /// Threads inside one run; 1 gives the same sums in the same order.
    pub intra_threads: usize,
}

/// How long a run may take.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// From its beginning.
    pub longest: Duration,
    /// However long it waited for a thread.
    pub end: Instant,
}

impl Until {
    /// So long, from when the run begins.
    pub fn at_most(longest: Duration) -> Self {
        // Far enough for any wait.
        let end = Instant::now() + longest + Duration::from_secs(86_400);
        Self { longest, end }
    }
}

/// Loads and runs models. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    environment: Environment,
    parallel: u32,
    intra_threads: usize,
    /// One permit for each run that there may be. A run that does not stop keeps its own.
    threads: Arc<Semaphore>,
    /// One permit for each job that may be worked on.
    permits: Arc<Semaphore>,
}

/// One job's permit to be worked on, until it is dropped. What needs memory begins under it; a load
/// that others began is waited for before.
pub struct Permit {
    _permits: OwnedSemaphorePermit,
}

const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";

/// Keeps ONNX Runtime silent; to be called at the beginning of `main`, before there is a second
/// thread, which might read the environment of the process while it changes.
///
/// The official library writes a device's id and a file of events, the program's path among them,
/// into the user's cache, and sends them to its maker where it can. It does so while its
/// environment is made: what [`Environment`]'s own switch turns off comes after that.
pub fn disable_telemetry() {
    std::env::set_var(NO_TELEMETRY, "1");
}

/// The library and its environment are one for the whole process.
fn environment(path: &Path) -> Result<Environment, EngineError> {
    static ENVIRONMENT: OnceLock<Result<Environment, String>> = OnceLock::new();
    let made = ENVIRONMENT.get_or_init(|| {
        // A program that forgot it would not be noticed otherwise.
        if std::env::var_os(NO_TELEMETRY).is_none_or(|v| v != "1") {
            return Err(format!(
                "{NO_TELEMETRY} is not 1, so it would write telemetry"
            ));
        }
        let builder = ort::init_from(path).map_err(|e| e.to_string())?;
        builder
            .with_name("myai")
            .with_telemetry(false)
            .build()
            .map_err(|e| e.to_string())
    });
    made.clone().map_err(|why| EngineError::Library {
        path: path.into(),
        why,
    })
}

/// After its time limit, how long a run may go on before its caller no longer waits for it.
const GRACE: Duration = Duration::from_millis(500);
/// Most elements of an output that is looked at.
const MAX_OUTPUT_ELEMENTS: usize = myai_model_kit::manifest::MAX_ELEMENTS;

/// A model that can be run. One run at a time; others wait their turn.
pub struct Loaded {
    inputs: Vec<Declared>,
    outputs: Vec<Declared>,
    session: Arc<Mutex<Session>>,
}

impl Loaded {
    /// Whether it runs or waits to; so it does after its caller is gone, as long as it does not
    /// stop.
    pub fn is_running(&self) -> bool {
        Arc::strong_count(&self.session) > 1
    }
}

/// What the model says of one input or output.
struct Declared {
    name: String,
    /// Or what it is instead.
    port: Result<Port, String>,
    is_tensor: bool,
}

impl Declared {
    fn new(name: &str, kind: &ValueType) -> Self {
        let port = match kind {
            ValueType::Tensor { ty, shape, .. } => match dtype(*ty) {
                Some(dtype) => Ok(Port {
                    name: name.into(),
                    dtype,
                    shape: shape.iter().map(|d| usize::try_from(*d).ok()).collect(),
                }),
                None => Err(ty.to_string()),
            },
            other => Err(other.to_string()),
        };
        Self {
            name: name.into(),
            port,
            is_tensor: kind.is_tensor(),
        }
    }

    fn port(&self) -> Result<&Port, EngineError> {
        self.port.as_ref().map_err(|kind| {
            let (name, kind) = (self.name.clone(), kind.clone());
            if self.is_tensor {
                EngineError::UnknownType { name, kind }
            } else {
                EngineError::NotATensor { name, kind }
            }
        })
    }
}

impl Loaded {
    /// Declared inputs; fails at the first that is not a tensor of a known type.
    pub fn inputs(&self) -> Result<Vec<&Port>, EngineError> {
        self.inputs.iter().map(Declared::port).collect()
    }

    /// Declared outputs; fails at the first that is not a tensor of a known type.
    pub fn outputs(&self) -> Result<Vec<&Port>, EngineError> {
        self.outputs.iter().map(Declared::port).collect()
    }

    /// Whether the model has exactly these inputs and at least these outputs, all of them tensors.
    pub fn check_names(&self, inputs: &[&str], outputs: &[&str]) -> Result<(), EngineError> {
        if let Some(name) = inputs
            .iter()
            .find(|n| self.inputs.iter().all(|d| d.name != **n))
        {
            return Err(EngineError::NoSuchInput(name.to_string()));
        }
        for declared in &self.inputs {
            if !inputs.contains(&declared.name.as_str()) {
                return Err(EngineError::MissingInput(declared.name.clone()));
            }
            declared.port()?;
        }
        for name in outputs {
            let declared = self.outputs.iter().find(|d| d.name == *name);
            declared
                .ok_or_else(|| EngineError::NoSuchOutput(name.to_string()))?
                .port()?;
        }
        Ok(())
    }

    /// Whether the tensors are of the types and shapes that the model declares.
    pub fn check_inputs(&self, tensors: &[(String, Tensor)]) -> Result<(), EngineError> {
        for (name, tensor) in tensors {
            let declared = self.inputs.iter().find(|d| d.name == *name);
            let port = declared
                .ok_or_else(|| EngineError::NoSuchInput(name.clone()))?
                .port()?;
            let given = tensor.data().dtype();
            if given != port.dtype {
                let wanted = port.dtype;
                return Err(EngineError::WrongType {
                    name: name.clone(),
                    given,
                    wanted,
                });
            }
            // ONNX Runtime shows a shape that is not declared at all as one of no dimensions.
            let fits = port.shape.is_empty()
                || port.shape.len() == tensor.shape().len()
                    && port
                        .shape
                        .iter()
                        .zip(tensor.shape())
                        .all(|(w, g)| w.is_none_or(|w| w == *g));
            if !fits {
                return Err(EngineError::WrongShape {
                    name: name.clone(),
                    given: tensor.shape().to_vec(),
                    wanted: written(&port.shape),
                });
            }
        }
        Ok(())
    }
}

fn written(shape: &[Option<usize>]) -> String {
    let dims: Vec<String> = shape
        .iter()
        .map(|d| d.map_or("any".into(), |d| d.to_string()))
        .collect();
    format!("[{}]", dims.join(", "))
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    /// In the order in which they were asked for.
    pub outputs: Vec<(String, Tensor)>,
    /// The run alone, without waiting for a thread.
    pub took: Duration,
}

/// Stops the run when whoever waits for it is gone.
struct StopOnDrop(Arc<RunOptions>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        // Fails only where ONNX Runtime has no memory left; the run then ends by itself.
        let _ = self.0.terminate();
    }
}

impl Engine {
    /// Loads the library; [`disable_telemetry`] comes before. A second engine of the same process
    /// uses the library of the first.
    pub fn start(options: &EngineOptions) -> Result<Self, EngineError> {
        // More than any machine does at once.
        let parallel = u16::try_from(options.parallel.max(1)).unwrap_or(u16::MAX);
        Ok(Self {
            environment: environment(&options.library)?,
            parallel: parallel.into(),
            intra_threads: options.intra_threads.max(1),
            threads: Arc::new(Semaphore::new(parallel.into())),
            permits: Arc::new(Semaphore::new(parallel.into())),
        })
    }

    /// How many runs there may be at once.
    pub fn parallel(&self) -> u32 {
        self.parallel
    }

    /// Waits for a permit, of which there are as many as runs at once; for all of them where the job
    /// is to be `alone`.
    pub async fn permit(&self, alone: bool, until: Instant) -> Result<Permit, EngineError> {
        let permits = if alone { self.parallel } else { 1 };
        let permits = self.permits.clone().acquire_many_owned(permits);
        match tokio::time::timeout_at(until.into(), permits).await {
            Ok(permits) => Ok(Permit {
                _permits: permits.map_err(|_| EngineError::Lost)?,
            }),
            Err(_) => Err(EngineError::TooLate),
        }
    }

    /// Loads a model from the bytes of its file, which were verified by whoever calls. Takes no
    /// run's place: ONNX Runtime cannot be told to stop loading.
    pub async fn load(&self, bytes: Vec<u8>) -> Result<Loaded, EngineError> {
        let engine = self.clone();
        tokio::task::spawn_blocking(move || engine.load_blocking(&bytes))
            .await
            .map_err(|_| EngineError::Lost)?
    }

    fn load_blocking(&self, bytes: &[u8]) -> Result<Loaded, EngineError> {
        // A path in the file would be followed from wherever the worker was started.
        if let Some(name) = inspect::inspect(bytes)?.external.into_iter().next() {
            return Err(EngineError::External(name));
        }
        let session = self.session(bytes)?;
        let declared = |outlets: &[ort::value::Outlet]| {
            outlets
                .iter()
                .map(|o| Declared::new(o.name(), o.dtype()))
                .collect()
        };
        Ok(Loaded {
            inputs: declared(session.inputs()),
            outputs: declared(session.outputs()),
            session: Arc::new(Mutex::new(session)),
        })
    }

    /// The bare session behind a model that [`Self::load`] makes, for whoever measures what the
    /// engine adds to it. Nothing of the file is looked at beforehand.
    pub fn session(&self, bytes: &[u8]) -> Result<Session, EngineError> {
        let failed = |e: ort::Error| EngineError::Load(e.message().into());
        Session::builder(&self.environment)
            .map_err(failed)?
            .with_intra_threads(self.intra_threads)
            .and_then(|b| b.with_inter_threads(1))
            .and_then(|b| b.with_intra_op_spinning(false))
            .and_then(|b| b.with_log_level(LogLevel::Error))
            .map_err(|e| EngineError::Load(e.message().into()))?
            .commit_from_memory(bytes)
            .map_err(failed)
    }

    /// Runs `model` until `until` at the longest. When that is over the run is told to stop, which
    /// it does at the next operator; the answer comes soon all the same.
    pub async fn run(
        &self,
        model: &Loaded,
        inputs: Vec<(String, Tensor)>,
        outputs: &[&str],
        until: Until,
    ) -> Result<Ran, EngineError> {
        model.check_inputs(&inputs)?;
        for name in outputs {
            let declared = model.outputs.iter().find(|d| d.name == *name);
            declared
                .ok_or_else(|| EngineError::NoSuchOutput(name.to_string()))?
                .port()?;
        }
        let outputs: Vec<String> = outputs.iter().map(|n| n.to_string()).collect();
        let turn = async {
            let session = model.session.clone().lock_owned().await;
            let permit = self.threads.clone().acquire_owned().await;
            permit
                .map(|permit| (session, permit))
                .map_err(|_| EngineError::Lost)
        };
        let turn = tokio::time::timeout_at(until.end.into(), turn).await;
        let (mut session, permit) = turn.map_err(|_| EngineError::TooLate)??;
        let failed = |e: ort::Error| EngineError::Run(e.message().into());
        let options = Arc::new(RunOptions::new().map_err(failed)?);
        let stop = StopOnDrop(options.clone());
        let (began, begun) = oneshot::channel();
        let mut run = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            // The receiver may be gone; finish cleanly anyway.
            let _ = began.send(());
            run_blocking(&mut session, inputs, &outputs, &options)
        });
        begun.await.map_err(|_| EngineError::Lost)?;
        let left = until.end.saturating_duration_since(Instant::now());
        if let Ok(done) = tokio::time::timeout(left.min(until.longest), &mut run).await {
            return done.map_err(|_| EngineError::Lost)?;
        }
        drop(stop);
        // Whatever comes now comes too late.
        let _ = tokio::time::timeout(GRACE, run).await;
        Err(if left < until.longest {
            EngineError::TooLate
        } else {
            EngineError::TimedOut {
                limit: until.longest,
            }
        })
    }
}

fn run_blocking(
    session: &mut Session,
    inputs: Vec<(String, Tensor)>,
    outputs: &[String],
    options: &RunOptions,
) -> Result<Ran, EngineError> {
    let failed = |e: ort::Error| EngineError::Run(e.message().into());
    let inputs = inputs
        .into_iter()
        .map(|(name, tensor)| Ok((name, SessionInputValue::from(given(tensor)?))))
        .collect::<ort::Result<Vec<_>>>()
        .map_err(failed)?;
    let start = Instant::now();
    let made = session.run_with_options(inputs, options).map_err(failed)?;
    let took = start.elapsed();
    let outputs = outputs
        .iter()
        .map(|name| {
            let value = made
                .get(name)
                .ok_or_else(|| EngineError::NoSuchOutput(name.clone()))?;
            Ok((name.clone(), taken(name, value)?))
        })
        .collect::<Result<_, EngineError>>()?;
    Ok(Ran { outputs, took })
}

fn given(tensor: Tensor) -> ort::Result<DynValue> {
    let (shape, data) = tensor.into_parts();
    Ok(match data {
        Data::Float32(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Float64(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Int8(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Int16(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Int32(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Int64(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Uint8(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Uint16(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Uint32(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Uint64(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Bool(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::String(v) => OrtTensor::from_string_array((shape, v.as_slice()))?.into_dyn(),
    })
}

/// The output as it is, which need not be as it was declared.
fn taken(name: &str, value: &DynValue) -> Result<Tensor, EngineError> {
    let kind = value.dtype();
    let ValueType::Tensor { ty, shape, .. } = kind else {
        return Err(EngineError::NotATensor {
            name: name.into(),
            kind: kind.to_string(),
        });
    };
    let unknown = || EngineError::UnknownType {
        name: name.into(),
        kind: ty.to_string(),
    };
    let dtype = dtype(*ty).ok_or_else(unknown)?;
    let shape: Vec<usize> = shape
        .iter()
        .filter_map(|d| usize::try_from(*d).ok())
        .collect();
    let elements = myai_model_kit::tensor::elements(&shape).filter(|n| *n <= MAX_OUTPUT_ELEMENTS);
    if elements.is_none() {
        let why = format!("the output `{name}` has more than {MAX_OUTPUT_ELEMENTS} elements");
        return Err(EngineError::Run(why));
    }
    macro_rules! elements {
        ($variant:ident) => {
            value
                .try_extract_tensor()
                .map(|(_, v)| Data::$variant(v.to_vec()))
        };
    }
    let data = match dtype {
        DType::Float32 => elements!(Float32),
        DType::Float64 => elements!(Float64),
        DType::Int8 => elements!(Int8),
        DType::Int16 => elements!(Int16),
        DType::Int32 => elements!(Int32),
        DType::Int64 => elements!(Int64),
        DType::Uint8 => elements!(Uint8),
        DType::Uint16 => elements!(Uint16),
        DType::Uint32 => elements!(Uint32),
        DType::Uint64 => elements!(Uint64),
        DType::Bool => elements!(Bool),
        DType::String => value.try_extract_strings().map(|(_, v)| Data::String(v)),
    };
    let data = data.map_err(|e| EngineError::Run(e.message().into()))?;
    Tensor::new(shape, data).ok_or_else(unknown)
}

fn dtype(kind: TensorElementType) -> Option<DType> {
    Some(match kind {
        TensorElementType::Float32 => DType::Float32,
        TensorElementType::Float64 => DType::Float64,
        TensorElementType::Int8 => DType::Int8,
        TensorElementType::Int16 => DType::Int16,
        TensorElementType::Int32 => DType::Int32,
        TensorElementType::Int64 => DType::Int64,
        TensorElementType::Uint8 => DType::Uint8,
        TensorElementType::Uint16 => DType::Uint16,
        TensorElementType::Uint32 => DType::Uint32,
        TensorElementType::Uint64 => DType::Uint64,
        TensorElementType::Bool => DType::Bool,
        TensorElementType::String => DType::String,
        _ => return None,
    })
}
