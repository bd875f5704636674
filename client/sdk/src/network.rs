//! The chain through one node, and readers of it: whole lists, models by name.

use crate::{
    amount::{AssetName, AssetNames},
    error::{Error, Result},
    quote::rank,
    target::{ModelRef, Target},
    AccountId,
};
use futures::future::try_join_all;
use myai_chain_client::{Chain, ChainError};
use myai_primitives::*;

/// Every row of a list: pages until one is empty. A page begins after the last row seen, given as
/// the next id (`$first` at first) or as that row (none at first).
macro_rules! pages {
    ($row:ident, $last:ident => $next:expr, $first:expr; $from:ident => $page:expr) => {{
        let mut all: Vec<$row<AccountId>> = vec![];
        loop {
            let $from = match all.last() {
                Some($last) => $next,
                None => Some($first),
            };
            let page = match $from {
                Some($from) => $page.await?,
                None => vec![],
            };
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }};
    ($row:ident, $last:ident => $next:expr; $after:ident => $page:expr) => {{
        let mut all: Vec<$row<AccountId>> = vec![];
        loop {
            let $after = match all.last() {
                Some($last) => $next,
                None => None,
            };
            let page = $page.await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }};
}

/// The network, through one of its nodes. Clones share the connection, which comes back by itself.
#[derive(Clone, Debug)]
pub struct Network {
    /// Every reader and call of the chain.
    pub chain: Chain,
    /// The names of the accepted assets.
    pub names: AssetNames,
    /// Assets that prices may be in.
    pub accepted: Vec<AssetView>,
}

impl Network {
    /// Connects to the RPC address of a node, `ws://…` or `wss://…`, and learns what the accepted
    /// assets are called.
    pub async fn connect(node: &str) -> Result<Self> {
        let chain = Chain::connect(node).await?;
        let accepted = chain.accepted_assets().await?;
        let mut names = AssetNames::default();
        for view in &accepted {
            if let Asset::Id(id) = view.asset {
                if let Some(name) = asset_name(&chain, id).await? {
                    names.insert(id, name);
                }
            }
        }
        Ok(Self {
            chain,
            names,
            accepted,
        })
    }

    /// Whether prices may be in `asset`.
    pub fn accepts(&self, asset: Asset) -> bool {
        self.accepted.iter().any(|view| view.asset == asset)
    }

    /// The rules in force.
    pub async fn rules(&self) -> Result<RuleSet> {
        Ok(self.chain.rules().await?.list)
    }

    /// The model of that number or name. A name that several models have is not guessed at.
    pub async fn model(&self, which: &ModelRef) -> Result<ModelView<AccountId>> {
        let missing = || Error::NotFound(which.to_string());
        let name = match which {
            ModelRef::Id(id) => return self.chain.model(*id).await?.ok_or_else(missing),
            ModelRef::Name(name) => name,
        };
        let all = self.models().await?;
        let mut same = all.into_iter().filter(|m| m.name[..] == *name.as_bytes());
        let first = same.next().ok_or_else(missing)?;
        let others: Vec<ModelId> = same.map(|m| m.id).collect();
        match others.is_empty() {
            true => Ok(first),
            false => Err(Error::AmbiguousModel {
                name: name.clone(),
                models: [vec![first.id], others].concat(),
            }),
        }
    }

    /// Every model, oldest first.
    pub async fn models(&self) -> Result<Vec<ModelView<AccountId>>> {
        pages!(ModelView, m => m.id.next(), ModelId(0); from => self.chain.models(from, MAX_PAGE))
    }

    /// Every model of one owner, oldest first.
    pub async fn models_of(&self, owner: &AccountId) -> Result<Vec<ModelView<AccountId>>> {
        pages!(ModelView, m => m.id.next(), ModelId(0); from => self.chain.models_of(owner, from, MAX_PAGE))
    }

    /// Every dataset, oldest first.
    pub async fn datasets(&self) -> Result<Vec<DatasetView<AccountId>>> {
        pages!(DatasetView, d => d.id.next(), DatasetId(0); from => self.chain.datasets(from, MAX_PAGE))
    }

    /// Every version of a model, oldest first.
    pub async fn versions(&self, model: ModelId) -> Result<Vec<VersionView<AccountId>>> {
        pages!(VersionView, v => v.id.next(), VersionId(0); from => self.chain.versions(model, from, MAX_PAGE))
    }

    /// Every grant of a model, oldest first.
    pub async fn grants(&self, model: ModelId) -> Result<Vec<GrantView<AccountId>>> {
        pages!(GrantView, g => g.id.next(), GrantId(0); from => self.chain.grants(model, from, MAX_PAGE))
    }

    /// The version of that number.
    pub async fn version(&self, id: VersionId) -> Result<VersionView<AccountId>> {
        let missing = || Error::NotFound(format!("version v{id}"));
        self.chain.version(id).await?.ok_or_else(missing)
    }

    /// The version that was named, or the newest live one of the model that was.
    pub async fn target(&self, target: &Target) -> Result<VersionView<AccountId>> {
        match target {
            Target::Version(id) => self.version(*id).await,
            Target::Model(which) => {
                let model = self.model(which).await?;
                let versions = self.versions(model.id).await?;
                versions
                    .into_iter()
                    .rfind(|v| v.state == VersionState::Live)
                    .ok_or_else(|| Error::NotFound(format!("live version of {which}")))
            }
        }
    }

    /// The suspension of a model, a version, a dataset or a worker, if it is in force.
    pub async fn suspended(&self, subject: &Subject<AccountId>) -> Result<Option<SuspensionView>> {
        let chain = self.chain.at(self.chain.best().await?.hash);
        Ok(chain.suspended(subject).await?)
    }

    /// Each row of a list with its suspension, if it is in force; all as of one block.
    pub async fn with_suspensions<T>(
        &self,
        list: Vec<T>,
        subject: impl Fn(&T) -> Subject<AccountId>,
    ) -> Result<Vec<(T, Option<SuspensionView>)>> {
        let chain = self.chain.at(self.chain.best().await?.hash);
        let rows = list.into_iter().map(async |row| {
            let suspended = chain.suspended(&subject(&row)).await?;
            Ok((row, suspended))
        });
        try_join_all(rows).await
    }

    /// Who serves a version, best first: available, then cheap, then of good standing.
    pub async fn workers(&self, version: VersionId) -> Result<Vec<OfferView<AccountId>>> {
        let mut offers = self.offers_of(version).await?;
        rank(&mut offers);
        Ok(offers)
    }

    async fn offers_of(&self, version: VersionId) -> Result<Vec<OfferView<AccountId>>> {
        pages!(OfferView, o => Some(&o.worker); after => self.chain.workers(version, after, MAX_PAGE))
    }

    /// What a worker serves, all pages.
    pub async fn offers(&self, worker: &AccountId) -> Result<Vec<OfferView<AccountId>>> {
        pages!(OfferView, o => Some(o.version); after => self.chain.offers(worker, after, MAX_PAGE))
    }

    /// Requests for grants on a dataset.
    pub async fn requests(&self, dataset: DatasetId) -> Result<Vec<RequestView<AccountId>>> {
        pages!(RequestView, r => Some(r.model); after => self.chain.requests(dataset, after, MAX_PAGE))
    }

    /// Approvals of hosts and users by a licensor, and requests for them.
    pub async fn approvals(&self, licensor: Licensor) -> Result<Vec<ApprovalView<AccountId>>> {
        pages!(ApprovalView, a => Some((a.kind, a.account.clone())); after => {
            self.chain.approvals(licensor, after, MAX_PAGE)
        })
    }
}

/// What people call an asset. A name is a nicety: bytes that this release cannot read are none.
async fn asset_name(chain: &Chain, id: u32) -> Result<Option<AssetName>> {
    let metadata = match chain.asset_metadata(id).await {
        Err(ChainError::Unreadable { .. }) => None,
        answer => answer?,
    };
    Ok(metadata.and_then(|m| {
        Some(AssetName {
            symbol: String::from_utf8(m.symbol).ok()?,
            decimals: m.decimals,
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::{Decode, Encode};
    use myai_chain_client::testing::FakeNode;

    #[tokio::test]
    async fn a_suspension_is_shown_until_it_lapses() {
        let node = FakeNode::start().await;
        let now = |now| ClockView { now, served: 0 }.encode();
        node.state().functions = vec![
            (
                "MyAiApi_accepted_assets",
                Box::new(|_| Vec::<AssetView>::new().encode()),
            ),
            ("MyAiApi_clock", Box::new(move |_| now(99))),
            (
                "MyAiApi_suspension",
                Box::new(|asked| {
                    let subject: Subject<AccountId> = Decode::decode(&mut &asked[..]).unwrap();
                    let row = SuspensionView {
                        since: 10,
                        until: 100,
                        rests_until: 190,
                    };
                    (subject == Subject::Version(VersionId(2)))
                        .then_some(row)
                        .encode()
                }),
            ),
        ];
        let network = Network::connect(&node.url).await.unwrap();
        let suspended = async || {
            let versions = vec![VersionId(1), VersionId(2)];
            let rows = network
                .with_suspensions(versions, |v| Subject::Version(*v))
                .await;
            let until = |(v, s): (VersionId, Option<SuspensionView>)| (v.0, s.map(|s| s.until));
            rows.unwrap().into_iter().map(until).collect::<Vec<_>>()
        };
        assert_eq!(suspended().await, [(1, None), (2, Some(100))]);
        let one = network.suspended(&Subject::Version(VersionId(2))).await;
        assert_eq!(one.unwrap().map(|s| s.since), Some(10));
        // The chain keeps the row of one that is over.
        node.state().functions[1].1 = Box::new(move |_| now(100));
        assert_eq!(suspended().await, [(1, None), (2, None)]);
    }
}
