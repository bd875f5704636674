//! ONNX Runtime: the one place that names `ort`.

use crate::protocol::{Blame, Refused};
use myai_model_kit::tensor::{elements, DType, Data, Tensor};
use ort::{
    environment::Environment,
    logging::LogLevel,
    session::{Session as OrtSession, SessionInputValue},
    value::{DynValue, Tensor as OrtTensor, TensorElementType, ValueType},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why a model does not load or run.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("load ONNX Runtime from {}: {why}", path.display())]
    Library { path: PathBuf, why: String },
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
    #[error("run the model: {0}")]
    Run(String),
}

impl From<SessionError> for Refused {
    fn from(error: SessionError) -> Self {
        Self::new(Blame::Model, error)
    }
}

/// The environment's name of the switch that keeps ONNX Runtime from writing telemetry.
pub const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";
/// Most elements of an output that is looked at.
const MAX_OUTPUT_ELEMENTS: usize = myai_model_kit::manifest::MAX_ELEMENTS;

/// Loads the library; once in a process.
///
/// [`NO_TELEMETRY`] must be 1: the official library writes a device's id and a file of events, the
/// program's path among them, into the user's cache, and sends them to its maker where it can. It
/// does so while its environment is made: what [`Environment`]'s own switch turns off comes after
/// that.
pub fn environment(library: &Path) -> Result<Environment, SessionError> {
    let failed = |why: String| SessionError::Library {
        path: library.into(),
        why,
    };
    if std::env::var_os(NO_TELEMETRY).is_none_or(|v| v != "1") {
        let why = format!("{NO_TELEMETRY} is not 1, so it would write telemetry");
        return Err(failed(why));
    }
    let builder = ort::init_from(library).map_err(|e| failed(e.to_string()))?;
    let builder = builder.with_name("myai").with_telemetry(false);
    builder.build().map_err(|e| failed(e.to_string()))
}

/// Weights that the ONNX file names, by the name that it has for them.
pub type Weights = Vec<(String, Arc<[u8]>)>;

/// How a session is set up.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads inside one run; 1 gives the same sums in the same order.
    pub threads: usize,
    /// Takes the exact ones where there are several ways to multiply quantised numbers.
    pub is_exact: bool,
}

/// The bare session: nothing of the file is looked at beforehand.
pub fn bare(
    environment: &Environment,
    model: &[u8],
    weights: Weights,
    options: Options,
) -> Result<OrtSession, SessionError> {
    let failed = |why: &str| SessionError::Load(why.into());
    let mut builder = OrtSession::builder(environment)
        .map_err(|e| failed(e.message()))?
        .with_intra_threads(options.threads)
        .and_then(|b| b.with_inter_threads(1))
        .and_then(|b| b.with_intra_op_spinning(false))
        .and_then(|b| b.with_log_level(LogLevel::Error))
        // The bytes that were looked into must be those that run: there is another format, which it
        // would find by itself.
        .and_then(|b| b.with_config_entry("session.load_model_format", "ONNX"))
        .map_err(|e| failed(e.message()))?;
    if options.is_exact {
        builder = builder
            .with_config_entry("session.x64quantprecision", "1")
            .map_err(|e| failed(e.message()))?;
    }
    for (name, bytes) in weights {
        builder = builder
            .with_external_initializer_file_in_memory(name, bytes)
            .map_err(|e| failed(e.message()))?;
    }
    let session = builder.commit_from_memory(model);
    session.map_err(|e| failed(e.message()))
}

/// A model that can be run.
pub struct Session {
    inputs: Vec<Declared>,
    outputs: Vec<Declared>,
    session: OrtSession,
}

/// What the model says of one input or output.
struct Declared {
    name: String,
    kind: ValueType,
}

impl Declared {
    /// Whether it is a tensor of a type that can be sent.
    fn check(&self) -> Result<(), SessionError> {
        let name = self.name.clone();
        match &self.kind {
            ValueType::Tensor { ty, .. } if dtype(*ty).is_some() => Ok(()),
            ValueType::Tensor { ty, .. } => Err(SessionError::UnknownType {
                name,
                kind: ty.to_string(),
            }),
            other => Err(SessionError::NotATensor {
                name,
                kind: other.to_string(),
            }),
        }
    }
}

impl Session {
    /// Loads a model, whose bytes were verified and looked into before. Nothing stops that.
    pub fn load(
        environment: &Environment,
        model: &[u8],
        weights: Weights,
        options: Options,
    ) -> Result<Self, SessionError> {
        let session = bare(environment, model, weights, options)?;
        let declared = |outlets: &[ort::value::Outlet]| {
            let declared = outlets.iter().map(|o| Declared {
                name: o.name().into(),
                kind: o.dtype().clone(),
            });
            declared.collect()
        };
        Ok(Self {
            inputs: declared(session.inputs()),
            outputs: declared(session.outputs()),
            session,
        })
    }

    /// Whether the model has exactly these inputs and at least these outputs, all of them tensors.
    pub fn check_names(&self, inputs: &[&str], outputs: &[&str]) -> Result<(), SessionError> {
        for name in inputs {
            self.input(name)?;
        }
        for declared in &self.inputs {
            if !inputs.contains(&declared.name.as_str()) {
                return Err(SessionError::MissingInput(declared.name.clone()));
            }
        }
        for name in outputs {
            let declared = self.outputs.iter().find(|d| d.name == *name);
            declared
                .ok_or_else(|| SessionError::NoSuchOutput(name.to_string()))?
                .check()?;
        }
        Ok(())
    }

    fn input(&self, name: &str) -> Result<(), SessionError> {
        let declared = self.inputs.iter().find(|d| d.name == name);
        declared
            .ok_or_else(|| SessionError::NoSuchInput(name.into()))?
            .check()
    }

    /// Runs the model; its `outputs` in the order in which they are asked for. Memory that a large
    /// run made the library take stays taken: it is within the share of the runner, and taking it
    /// again costs more than some models' runs.
    pub fn run(
        &mut self,
        inputs: Vec<(String, Tensor)>,
        outputs: &[&str],
    ) -> Result<Vec<(String, Tensor)>, SessionError> {
        let failed = |e: ort::Error| SessionError::Run(e.message().into());
        let inputs = inputs
            .into_iter()
            .map(|(name, tensor)| Ok((name, SessionInputValue::from(given(tensor)?))))
            .collect::<ort::Result<Vec<_>>>()
            .map_err(failed)?;
        let made = self.session.run(inputs);
        let made = made.map_err(failed)?;
        let output = |name: &&str| {
            let value = made.get(*name);
            let value = value.ok_or_else(|| SessionError::NoSuchOutput(name.to_string()))?;
            Ok((name.to_string(), taken(name, value)?))
        };
        outputs.iter().map(output).collect()
    }
}

fn given(tensor: Tensor) -> ort::Result<DynValue> {
    let (shape, data) = tensor.into_parts();
    Ok(match data {
        Data::Float16(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
        Data::Bfloat16(v) => OrtTensor::from_array((shape, v))?.into_dyn(),
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
fn taken(name: &str, value: &DynValue) -> Result<Tensor, SessionError> {
    let kind = value.dtype();
    let ValueType::Tensor { ty, shape, .. } = kind else {
        return Err(SessionError::NotATensor {
            name: name.into(),
            kind: kind.to_string(),
        });
    };
    let unknown = || SessionError::UnknownType {
        name: name.into(),
        kind: ty.to_string(),
    };
    let dtype = dtype(*ty).ok_or_else(unknown)?;
    let shape: Vec<usize> = shape
        .iter()
        .filter_map(|d| usize::try_from(*d).ok())
        .collect();
    if elements(&shape).is_none_or(|n| n > MAX_OUTPUT_ELEMENTS) {
        let why = format!("the output `{name}` has more than {MAX_OUTPUT_ELEMENTS} elements");
        return Err(SessionError::Run(why));
    }
    macro_rules! elements {
        ($variant:ident) => {
            value
                .try_extract_tensor()
                .map(|(_, v)| Data::$variant(v.to_vec()))
        };
    }
    let data = match dtype {
        DType::Float16 => elements!(Float16),
        DType::Bfloat16 => elements!(Bfloat16),
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
    let data = data.map_err(|e| SessionError::Run(e.message().into()))?;
    Tensor::new(shape, data).ok_or_else(unknown)
}

fn dtype(kind: TensorElementType) -> Option<DType> {
    Some(match kind {
        TensorElementType::Float16 => DType::Float16,
        TensorElementType::Bfloat16 => DType::Bfloat16,
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
