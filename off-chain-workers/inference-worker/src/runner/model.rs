//! A loaded model: from a raw input to an answer.

use super::{
    exactness,
    session::{Options, Session},
};
use crate::protocol::{Blame, Done, Load, Refused, Start};
use myai_model_kit::{
    inspect::inspect, int_v1::exact, manifest::Manifest, onnx::Bytes, postprocess, preprocess,
};
use ort::{environment::Environment, session::RunOptions};

/// A model with its manifest.
pub struct Model {
    manifest: Manifest,
    /// For [`postprocess::answer`].
    labels: Vec<String>,
    session: Session,
}

/// A model that gives the same bits everywhere, here too.
fn integer(environment: &Environment, model: Bytes, options: Options) -> Result<Session, Refused> {
    exactness::compare_products(environment, options)?;
    let rewritten = exact(model.clone()).map_err(|e| Refused::new(Blame::Model, e))?;
    let mut session = Session::load(environment, &rewritten, vec![], options)?;
    exactness::compare(&mut session, &model)?;
    Ok(session)
}

impl Model {
    /// Looks into the files and loads them: those of `load`, in their order.
    pub fn load(
        environment: &Environment,
        load: &Load,
        files: Vec<Vec<u8>>,
        threads: usize,
    ) -> Result<Self, Refused> {
        let refuse = |why: String| Refused::new(Blame::Model, why);
        let manifest = Manifest::parse(&load.manifest).map_err(|e| refuse(e.to_string()))?;
        let mut files = files.into_iter();
        let model = Bytes::from(files.next().unwrap_or_default());
        let names = load.files.iter().skip(1).map(|f| f.name.clone());
        let extra: Vec<(String, Vec<u8>)> = names.zip(files).collect();
        let looked = inspect(model.clone()).map_err(|e| refuse(format!("read the model: {e}")))?;
        let file = |name: &str| {
            let named = extra.iter().find(|(n, _)| n == name);
            named.map(|(_, bytes)| bytes.clone())
        };
        let labels = postprocess::labels(&manifest, file).map_err(|e| refuse(e.to_string()))?;
        let weights = match looked.external.is_empty() {
            true => vec![],
            false => {
                let weights = extra.into_iter().map(|(name, bytes)| (name, bytes.into()));
                weights.collect()
            }
        };
        let options = Options {
            threads,
            is_exact: load.is_integer,
        };
        let session = if load.is_integer {
            integer(environment, model, options)?
        } else {
            Session::load(environment, &model, weights, options)?
        };
        let inputs: Vec<&str> = manifest.inputs.iter().map(|i| i.name.as_str()).collect();
        session.check_names(&inputs, &postprocess::wanted(&manifest.output))?;
        // Otherwise every input would be bad, at the cost of those who pay.
        for input in &manifest.inputs {
            if let Some(given) = input.source.dtype() {
                let fits = session.check_type(&input.name, given);
                fits.map_err(|e| refuse(format!("the manifest does not fit the model: {e}")))?;
            }
        }
        Ok(Self {
            manifest,
            labels,
            session,
        })
    }

    /// The answer to `input`, and what it used up.
    pub fn answer(
        &mut self,
        start: &Start,
        input: &[u8],
        options: &RunOptions,
    ) -> Result<(Vec<u8>, Done), Refused> {
        let bad = |why: String| Refused::new(Blame::Input, why);
        let prepared = preprocess::prepare(&self.manifest, input);
        let prepared = prepared.map_err(|e| bad(e.without_content()))?;
        let used = prepared.units(&self.manifest.units);
        let units = u32::try_from(used).ok().filter(|u| *u <= start.units);
        let units = units.ok_or_else(|| {
            bad(format!(
                "the input uses {used} units, and {} are paid for",
                start.units
            ))
        })?;
        let wanted = postprocess::wanted(&self.manifest.output);
        let outputs = self.session.run(prepared.tensors, &wanted, options)?;
        let most = start.max_output as usize;
        let answer = postprocess::answer(&self.manifest.output, &self.labels, &outputs, most);
        // Too long an answer is the version's doing, not its payer's.
        let answer = answer.map_err(|e| Refused::new(Blame::Model, e))?;
        Ok((answer, Done { units }))
    }
}
