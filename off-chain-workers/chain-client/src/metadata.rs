//! The runtime of a block, and the calls and errors that its metadata writes and reads.

use crate::{
    call::Call,
    call_words::CallWords,
    chain::Chain,
    error::ChainError,
    runtime::{runtime, Runtime, RuntimeVersion},
    storage, Hash32,
};
use codec::Encode;
use sp_core::Bytes;
use subxt::metadata::Metadata;

/// Versions of the metadata's format that can be read, the best one first.
const FORMATS: [u32; 3] = [16, 15, 14];

impl Chain {
    /// The bytes of a call under the metadata of the best block, for a multisig or a proxy.
    pub async fn encode_call(&self, call: &Call) -> Result<Vec<u8>, ChainError> {
        let best = self.best().await?;
        call.encode(self.runtime_at(best.hash).await?.metadata_ref())
    }

    /// Reads the SCALE bytes of a call under the metadata of the best block.
    pub async fn read_call(&self, bytes: &[u8]) -> Result<CallWords, ChainError> {
        let best = self.best().await?;
        CallWords::read(bytes, self.runtime_at(best.hash).await?.metadata_ref())
    }

    /// Reads the SCALE bytes of a `DispatchError` under the metadata of the block `at`.
    pub(crate) async fn dispatch_error(
        &self,
        bytes: &[u8],
        at: Hash32,
    ) -> Result<ChainError, ChainError> {
        let metadata = self.runtime_at(at).await?.metadata();
        let error = subxt::error::DispatchError::decode_from(bytes, metadata)
            .map_err(|e| ChainError::client("read why a call failed", e))?;
        Ok(describe(&error))
    }

    /// The runtime of the block of that hash.
    pub(crate) async fn runtime_at(&self, hash: Hash32) -> Result<Runtime, ChainError> {
        let known = self.0.recent.of(hash);
        let load = || self.load_runtime(hash);
        known.runtime.get_or_try_init(load).await.cloned()
    }

    async fn load_runtime(&self, hash: Hash32) -> Result<Runtime, ChainError> {
        let at = Bytes(hash.to_vec());
        let version: RuntimeVersion = self.request("state_getRuntimeVersion", (at,)).await?;
        // Held over the requests, so that many blocks of one runtime ask for its metadata once.
        let mut known = self.0.runtimes.lock().await;
        if let Some(runtime) = known.get(&version.spec_version) {
            return Ok(runtime.clone());
        }
        let metadata = self.metadata_at(hash).await?;
        tracing::debug!(
            spec_version = version.spec_version,
            "read the runtime's metadata"
        );
        let runtime = runtime(
            self.genesis_hash(),
            version.spec_version,
            version.transaction_version,
            metadata,
        )?;
        known.insert(version.spec_version, runtime.clone());
        Ok(runtime)
    }

    async fn metadata_at(&self, hash: Hash32) -> Result<Metadata, ChainError> {
        let formats: Vec<u32> = self
            .runtime_call("Metadata_metadata_versions", Vec::new(), Some(hash))
            .await?;
        let format = FORMATS.into_iter().find(|f| formats.contains(f));
        let format = format.ok_or_else(|| ChainError::Incompatible {
            what: format!("its metadata has the formats {formats:?}"),
        })?;
        let bytes: Option<Vec<u8>> = self
            .runtime_call("Metadata_metadata_at_version", format.encode(), Some(hash))
            .await?;
        storage::decode("the runtime's metadata", &bytes.unwrap_or_default())
    }
}

/// Writes a dispatch error as pallet, name and documentation.
fn describe(error: &subxt::error::DispatchError) -> ChainError {
    use subxt::error::DispatchError as E;
    let (pallet, name, docs) = match error {
        E::Module(module) => match module.details() {
            Ok(details) => (
                details.pallet.name().to_owned(),
                details.variant.name.clone(),
                details.variant.docs.join(" ").trim().to_owned(),
            ),
            Err(_) => ("Module".into(), module.details_string(), String::new()),
        },
        E::Token(e) => ("Token".into(), format!("{e:?}"), e.to_string()),
        E::Arithmetic(e) => ("Arithmetic".into(), format!("{e:?}"), e.to_string()),
        E::Transactional(e) => ("Transactional".into(), format!("{e:?}"), e.to_string()),
        e => ("System".into(), format!("{e:?}"), e.to_string()),
    };
    ChainError::Dispatch { pallet, name, docs }
}
