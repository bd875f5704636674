//! From a raw input to an answer: what a model takes, and a loaded model.

use super::{
    exactness,
    session::{Options, Session},
};
use crate::protocol::{Blame, Done, Load, Refused, Start, MAX_DECLARED};
use myai_model_kit::{
    inspect::{inspect, Value},
    int_v1::exact,
    manifest::Manifest,
    onnx::Bytes,
    postprocess, preprocess,
    tensor::Tensor,
};
use ort::environment::Environment;

fn refuse(why: impl ToString) -> Refused {
    Refused::new(Blame::Model, why)
}

fn bad(why: impl ToString) -> Refused {
    Refused::new(Blame::Input, why)
}

/// Takes inputs as a manifest says. To judge an input no model is needed, and
/// nothing of a model's code has a say in it.
pub struct Taker {
    manifest: Manifest,
    inputs: Vec<Value>,
}

impl Taker {
    /// `inputs` are those that the model's file declares.
    fn new(manifest: Manifest, inputs: Vec<Value>) -> Result<Self, Refused> {
        for input in &manifest.inputs {
            // Otherwise every input would be bad, at the cost of those who pay.
            if let Some(declared) = inputs.iter().find(|d| d.name == input.name) {
                let fits = declared.can_be(&input.source);
                fits.map_err(|e| refuse(format!("the manifest does not fit the model: {e}")))?;
            }
        }
        Ok(Self { manifest, inputs })
    }

    /// From the inputs that [`Self::declared`] gave in another process.
    pub fn read(load: &Load, declared: &[u8]) -> Result<Self, Refused> {
        let manifest = Manifest::parse(&load.manifest).map_err(refuse)?;
        Self::new(manifest, serde_json::from_slice(declared).map_err(refuse)?)
    }

    /// The inputs that the model's file declares.
    pub fn declared(&self) -> Result<Vec<u8>, Refused> {
        let declared = serde_json::to_vec(&self.inputs).map_err(refuse)?;
        match declared.len() <= MAX_DECLARED {
            true => Ok(declared),
            false => Err(refuse("the model declares too much about its inputs")),
        }
    }

    /// The input as tensors that the model takes, and the units that they use up.
    pub fn take(
        &self,
        start: &Start,
        input: &[u8],
    ) -> Result<(Vec<(String, Tensor)>, Done), Refused> {
        let prepared = preprocess::prepare(&self.manifest, input);
        let prepared = prepared.map_err(|e| bad(e.without_content()))?;
        for (name, tensor) in &prepared.tensors {
            if let Some(declared) = self.inputs.iter().find(|d| d.name == *name) {
                declared.takes(tensor).map_err(bad)?;
            }
        }
        let used = prepared.units(&self.manifest.units);
        match u32::try_from(used).ok().filter(|u| *u <= start.units) {
            Some(units) => Ok((prepared.tensors, Done { units })),
            None => Err(bad(format!(
                "the input uses {used} units, and {} are paid for",
                start.units
            ))),
        }
    }
}

/// Files that were looked into, by our own code alone.
pub struct Files {
    taker: Taker,
    /// For [`postprocess::answer`].
    labels: Vec<String>,
    model: Bytes,
    weights: super::session::Weights,
    is_integer: bool,
}

impl Files {
    /// Looks into those of `load`, in their order.
    pub fn look(load: &Load, files: Vec<Vec<u8>>) -> Result<Self, Refused> {
        let manifest = Manifest::parse(&load.manifest).map_err(refuse)?;
        let mut files = files.into_iter();
        let model = Bytes::from(files.next().unwrap_or_default());
        let names = load.files.iter().skip(1).map(|f| f.name.clone());
        let extra: Vec<(String, Vec<u8>)> = names.zip(files).collect();
        let looked = inspect(model.clone()).map_err(|e| refuse(format!("read the model: {e}")))?;
        let file = |name: &str| {
            let named = extra.iter().find(|(n, _)| n == name);
            named.map(|(_, bytes)| bytes.clone())
        };
        let labels = postprocess::labels(&manifest, file).map_err(refuse)?;
        let weights = match looked.external.is_empty() {
            true => vec![],
            false => {
                let weights = extra.into_iter().map(|(name, bytes)| (name, bytes.into()));
                weights.collect()
            }
        };
        Ok(Self {
            taker: Taker::new(manifest, looked.inputs)?,
            labels,
            model,
            weights,
            is_integer: load.is_integer,
        })
    }

    pub fn taker(&self) -> &Taker {
        &self.taker
    }

    /// From here on the model may do anything to this process.
    pub fn load(self, environment: &Environment, threads: usize) -> Result<Model, Refused> {
        let options = Options {
            threads,
            is_exact: self.is_integer,
        };
        let session = if self.is_integer {
            integer(environment, self.model, options)?
        } else {
            Session::load(environment, &self.model, self.weights, options)?
        };
        let manifest = &self.taker.manifest;
        let inputs: Vec<&str> = manifest.inputs.iter().map(|i| i.name.as_str()).collect();
        session.check_names(&inputs, &postprocess::wanted(&manifest.output))?;
        Ok(Model {
            taker: self.taker,
            labels: self.labels,
            session,
        })
    }
}

/// A model that gives the same bits everywhere, here too.
fn integer(environment: &Environment, model: Bytes, options: Options) -> Result<Session, Refused> {
    exactness::compare_products(environment, options)?;
    let rewritten = exact(model.clone()).map_err(refuse)?;
    let mut session = Session::load(environment, &rewritten, vec![], options)?;
    exactness::compare(&mut session, &model)?;
    Ok(session)
}

/// A model with its manifest.
pub struct Model {
    taker: Taker,
    labels: Vec<String>,
    session: Session,
}

impl Model {
    /// The answer to `input` and the units that it used up.
    pub fn answer(&mut self, start: &Start, input: &[u8]) -> Result<(Vec<u8>, Done), Refused> {
        let (tensors, done) = self.taker.take(start, input)?;
        let output = &self.taker.manifest.output;
        let outputs = self.session.run(tensors, &postprocess::wanted(output))?;
        let most = start.max_output as usize;
        let answer = postprocess::answer(output, &self.labels, &outputs, most);
        // Too long an answer is the version's doing, not its payer's.
        Ok((answer.map_err(refuse)?, done))
    }
}
