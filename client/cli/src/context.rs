//! What every command needs: the network, the key that signs, and how to print.

use crate::{
    args::{AmountArg, Global},
    error::{Error, Result},
    keys,
    output::Output,
    parse::AccountArg,
};
use myai_chain_client::{AccountId, Call, InBlock, Key};
use myai_primitives::{Amount, Asset, Balance};
use myai_sdk::{JobStore, Network};
use std::{ops::Deref, path::PathBuf};

/// A connection to the network, for one command.
pub struct Context<'a> {
    pub global: &'a Global,
    pub output: Output,
    network: Network,
}

/// So that a command can read the network through its context.
impl Deref for Context<'_> {
    type Target = Network;

    fn deref(&self) -> &Network {
        &self.network
    }
}

impl<'a> Context<'a> {
    /// Connects, and learns what the accepted assets are called.
    pub async fn connect(global: &'a Global, output: Output) -> Result<Self> {
        Ok(Self {
            global,
            output,
            network: Network::connect(&global.node).await?,
        })
    }

    /// The key that signs.
    pub fn signer(&self) -> Result<Key> {
        keys::signer(self.global, &self.output)
    }

    /// The account that was named, else the key's.
    pub fn account(&self, named: &Option<AccountArg>) -> Result<AccountId> {
        match named {
            Some(account) => Ok(account.0.clone()),
            None => match keys::key(self.global, &self.output)? {
                Some(key) => Ok(key.account()),
                None => Err(Error::usage(
                    "say whose: name an account, or a key with --key-file",
                )),
            },
        }
    }

    /// Signs and sends; waits until it is in a block.
    pub async fn submit(&self, key: &Key, call: Call) -> Result<InBlock> {
        let progress = self.output.progress();
        progress.step(format!("{} is on its way into a block", call.title()));
        let done = self.chain.submit(key, call).await;
        progress.done();
        Ok(done?)
    }

    /// Signs with the key that was named, and sends.
    pub async fn send(&self, call: Call) -> Result<InBlock> {
        self.submit(&self.signer()?, call).await
    }

    /// An amount in its smallest units.
    pub fn amount(&self, typed: &AmountArg) -> Result<Amount> {
        Ok(typed.resolve(&self.names)?)
    }

    /// An amount that must be of `asset`.
    pub fn amount_in(&self, typed: &AmountArg, asset: &Asset) -> Result<Balance> {
        let amount = self.amount(typed)?;
        if amount.asset != *asset {
            let zero = self.names.show(asset, 0);
            let unit = zero.trim_start_matches("0 ");
            return Err(Error::usage(format!("`{typed}`: it must be in {unit}")));
        }
        Ok(amount.value)
    }
}

impl Global {
    /// The data folder: as given, else as the XDG base directories say.
    pub fn data_dir(&self) -> Result<PathBuf> {
        let variable = |name| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|p| p.is_absolute())
        };
        match &self.data_dir {
            Some(dir) => Ok(dir.clone()),
            None => variable("XDG_DATA_HOME")
                .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
                .map(|base| base.join("myai"))
                .ok_or_else(|| {
                    Error::usage("say where jobs are kept with --data-dir: HOME is not set")
                }),
        }
    }

    /// The jobs of this machine.
    pub fn store(&self) -> Result<JobStore> {
        Ok(JobStore::new(&self.data_dir()?))
    }
}
