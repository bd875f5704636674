//! What the worker offers: each version with its files, and each that the settings list.

use super::{no_node, Finding};
use crate::{admin, Failure};
use myai_chain_client::{AccountId, Chain};
use myai_inference_worker::{artifacts::FileRef, config::Config};
use myai_primitives::{OfferView, VersionState, VersionView, WorkerView};
use std::fs;

pub(super) async fn findings(
    config: &Config,
    chain: &Chain,
    worker: &WorkerView<AccountId>,
) -> Vec<Finding> {
    let mut findings = vec![];
    let offered = match admin::offers(chain, &worker.id).await {
        Ok(offered) => offered,
        Err(why) => return vec![no_node(why)],
    };
    if offered.is_empty() {
        let advice = "list versions as `[[offers]]`, and run `myai-worker setup`";
        findings.push(Finding::warning("offers", "nothing is offered", advice));
    }
    for offer in &offered {
        let finding = match chain.version(offer.version).await {
            Ok(Some(version)) => offer_finding(config, offer, &version),
            Ok(None) => Finding::failed(
                "offer",
                format!("there is no version {}", offer.version),
                "take it out of the settings, and run `myai-worker setup`",
            ),
            Err(error) => no_node(Failure::from(error)),
        };
        findings.push(finding);
    }
    let is_offered = |version| offered.iter().any(|o| o.version == version);
    for listed in config.offers.iter().filter(|o| !is_offered(o.version)) {
        findings.push(Finding::warning(
            "offer",
            format!("version {} is listed and not offered", listed.version),
            "run `myai-worker setup`",
        ));
    }
    findings
}

fn offer_finding(
    config: &Config,
    offer: &OfferView<AccountId>,
    version: &VersionView<AccountId>,
) -> Finding {
    let id = offer.version;
    let files = [&version.spec.artifact, &version.spec.manifest].map(FileRef::from);
    let length = files.iter().map(|f| f.length).fold(0, u64::saturating_add);
    let is_here = |file: &FileRef| {
        let path = config.files().join(hex::encode(file.sha256));
        fs::metadata(path).is_ok_and(|m| m.len() == file.length)
    };
    if version.state != VersionState::Live {
        let advice = "take it out of the settings, and run `myai-worker setup`";
        Finding::warning("offer", format!("version {id} is retired"), advice)
    } else if !offer.available {
        Finding::warning(
            "offer",
            format!("version {id} takes no jobs now"),
            "its license may want an approval of you, or the worker is paused, suspended or full",
        )
    } else if length > config.files_mib.saturating_mul(1 << 20) {
        let advice = format!("raise `files_mib` to {} at least", (length >> 20) + 1);
        Finding::failed("offer", format!("version {id} has {length} bytes"), advice)
    } else if files.iter().all(is_here) {
        Finding::ok(
            "offer",
            format!("version {id}: its model and manifest are here"),
        )
    } else {
        let advice = "the worker fetches them when it starts; its log says where that fails";
        Finding::warning(
            "offer",
            format!("files of version {id} are not here yet"),
            advice,
        )
    }
}
