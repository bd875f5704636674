//! What the worker's owner does by hand.

use crate::Failure;
use myai_chain_client::{calls, AccountId, Call, Chain, Key};
use myai_inference_worker::{
    config::{Config, MAI},
    keyring::Keyring,
};
use myai_primitives::{
    Amount, Asset, Balance, OfferView, Uri, VersionId, WorkerDetails, WorkerView, PAGE_MOST,
};
use std::{path::Path, str::FromStr, time::Duration};

/// Between two looks at the worker's open jobs.
const LOOK_EVERY: Duration = Duration::from_secs(6);

/// Registers the worker or brings it up to date, funds the signer and offers versions, in one
/// transaction of the bond's account.
pub async fn setup(config: &Config, bond_key: &Path, new_key: bool) -> Result<(), Failure> {
    let bond = Key::from_file(bond_key)?;
    let here = |e: std::io::Error| Failure::Here(format!("failed to make a folder: {e}"));
    std::fs::create_dir_all(&config.data).map_err(here)?;
    let signer = if config.signer.exists() {
        Key::from_file(&config.signer)?
    } else {
        if let Some(folder) = config.signer.parent() {
            std::fs::create_dir_all(folder).map_err(here)?;
        }
        println!("makes the signer's key in {}", config.signer.display());
        Key::generate_file(&config.signer)?
    };
    let mut keyring = Keyring::open_or_create(&config.sealing_keys())?;
    if new_key {
        keyring.add()?;
    }
    let wanted = Wanted {
        signer: signer.account(),
        payout: payout(config, &bond)?,
        details: details(config, keyring.current()?.public())?,
    };

    let chain = Chain::connect(&config.node).await?;
    let worker = bond.account();
    let mut calls = worker_calls(config, &wanted, chain.worker(&worker).await?.as_ref());
    if wanted.signer != worker {
        let has = chain.balance(&wanted.signer, &Asset::Native).await?.free;
        if has < config.worker.signer_funds {
            let missing = config.worker.signer_funds - has;
            println!("funds the signer with {}", mai(missing));
            calls.push(calls::transfer_keep_alive(wanted.signer.clone(), missing));
        }
    }
    let offered = offers(&chain, &worker).await?;
    for offer in &config.offers {
        let version = chain.version(offer.version).await?.ok_or_else(|| {
            Failure::NotAsKnown(format!("there is no version {} to offer", offer.version))
        })?;
        let same = offered.iter().any(|o| {
            o.version == offer.version
                && o.fee.units == offer.fee
                && o.least_deadline == offer.least_deadline
        });
        if !same {
            let fee = Amount {
                asset: version.spec.price.asset,
                units: offer.fee,
            };
            println!(
                "offers version {} for {} a unit",
                offer.version,
                amount(&fee)
            );
            calls.push(calls::serve(offer.version, offer.fee, offer.least_deadline));
        }
    }
    for other in &offered {
        if !config.offers.iter().any(|o| o.version == other.version) {
            println!(
                "version {} is offered too, and not in the settings",
                other.version
            );
        }
    }
    match calls.len() {
        0 => println!("nothing is to be changed"),
        1 => drop(chain.submit(&bond, calls.remove(0)).await?),
        _ => drop(chain.submit(&bond, calls::batch_all(calls)).await?),
    }
    println!("worker   {worker}\nsigner   {}", wanted.signer);
    Ok(())
}

/// What the chain should know of the worker.
struct Wanted {
    signer: AccountId,
    payout: AccountId,
    details: WorkerDetails,
}

fn worker_calls(
    config: &Config,
    wanted: &Wanted,
    now: Option<&WorkerView<AccountId>>,
) -> Vec<Call> {
    let Wanted {
        signer,
        payout,
        details,
    } = wanted;
    let bond = config.worker.bond;
    let Some(now) = now else {
        println!("registers the worker with a bond of {}", mai(bond));
        return vec![calls::register_worker(
            signer.clone(),
            payout.clone(),
            details.clone(),
            bond,
        )];
    };
    let mut calls = Vec::new();
    if now.signer != *signer || now.payout != *payout || now.details != *details {
        println!("brings the worker up to date");
        calls.push(calls::update_worker(
            signer.clone(),
            payout.clone(),
            details.clone(),
        ));
    }
    if let Some(missing) = bond.checked_sub(now.bond).filter(|m| *m > 0) {
        println!("adds {} to the bond", mai(missing));
        calls.push(calls::bond_more(Amount {
            asset: Asset::Native,
            units: missing,
        }));
    }
    calls
}

fn payout(config: &Config, bond: &Key) -> Result<AccountId, Failure> {
    match &config.worker.payout {
        None => Ok(bond.account()),
        Some(address) => AccountId::from_str(address)
            .map_err(|_| Failure::Here(format!("`worker.payout` {address} is no account"))),
    }
}

fn details(config: &Config, sealing_key: [u8; 32]) -> Result<WorkerDetails, Failure> {
    let uri = |key: &str, text: &str| {
        Uri::try_from(text.as_bytes().to_vec())
            .map_err(|_| Failure::Here(format!("`{key}` is too long")))
    };
    Ok(WorkerDetails {
        endpoint: uri("worker.endpoint", &config.worker.endpoint)?,
        mailbox: uri("worker.mailbox", config.mailbox())?,
        sealing_key,
        open_most: config.worker.open_most,
    })
}

/// Every version that the worker offers.
pub async fn offers(
    chain: &Chain,
    worker: &AccountId,
) -> Result<Vec<OfferView<AccountId>>, Failure> {
    let mut offers: Vec<OfferView<AccountId>> = Vec::new();
    loop {
        let after: Option<VersionId> = offers.last().map(|o| o.version);
        let page = chain.offers(worker, after, PAGE_MOST).await?;
        if page.is_empty() {
            return Ok(offers);
        }
        offers.extend(page);
    }
}

/// The worker for which the signer acts.
pub async fn registered(chain: &Chain, signer: &Key) -> Result<WorkerView<AccountId>, Failure> {
    let none = || {
        Failure::NotAsKnown(format!(
            "the chain knows no worker for which {} acts: run `myai-worker setup` first",
            signer.account()
        ))
    };
    let id = chain.worker_of(&signer.account()).await?.ok_or_else(none)?;
    chain.worker(&id).await?.ok_or_else(none)
}

/// Pauses or resumes, by the signer.
pub async fn set_paused(config: &Config, paused: bool) -> Result<(), Failure> {
    let signer = Key::from_file(&config.signer)?;
    let chain = Chain::connect(&config.node).await?;
    let call = if paused {
        calls::pause()
    } else {
        calls::resume()
    };
    chain.submit(&signer, call).await?;
    println!(
        "{}",
        if paused {
            "takes no new jobs"
        } else {
            "takes new jobs"
        }
    );
    Ok(())
}

/// Pauses, waits until no job is open, ends the offers and leaves.
pub async fn leave(config: &Config, bond_key: &Path) -> Result<(), Failure> {
    let bond = Key::from_file(bond_key)?;
    let chain = Chain::connect(&config.node).await?;
    let id = bond.account();
    let none = || Failure::NotAsKnown(format!("the chain knows no worker {id}"));
    let mut worker = chain.worker(&id).await?.ok_or_else(none)?;
    if !worker.paused {
        chain.submit(&bond, calls::pause()).await?;
        println!("takes no new jobs");
    }
    while worker.open > 0 {
        println!(
            "{} jobs are open; waiting until they have ended",
            worker.open
        );
        tokio::time::sleep(LOOK_EVERY).await;
        worker = chain.worker(&id).await?.ok_or_else(none)?;
    }
    let offered = offers(&chain, &id).await?;
    let mut calls: Vec<Call> = offered.iter().map(|o| calls::unserve(o.version)).collect();
    calls.push(calls::leave());
    chain.submit(&bond, calls::batch_all(calls)).await?;
    println!(
        "is no worker any more; the bond of {} is free",
        mai(worker.bond)
    );
    let left = chain.balance(&worker.signer, &Asset::Native).await?.free;
    if worker.signer != id && left > 0 {
        println!("the signer {} still has {}", worker.signer, mai(left));
    }
    Ok(())
}

/// Takes a part of the bond back.
pub async fn withdraw(
    config: &Config,
    units: Balance,
    asset: Option<u32>,
    bond_key: &Path,
) -> Result<(), Failure> {
    let bond = Key::from_file(bond_key)?;
    let chain = Chain::connect(&config.node).await?;
    let asset = asset.map_or(Asset::Native, Asset::WithId);
    let amount_taken = Amount { asset, units };
    chain
        .submit(&bond, calls::withdraw_bond(amount_taken.clone()))
        .await?;
    println!("{} of the bond are free", amount(&amount_taken));
    Ok(())
}

/// Shows how the chain knows the worker.
pub async fn status(config: &Config) -> Result<(), Failure> {
    let signer = Key::from_file(&config.signer)?;
    let chain = Chain::connect(&config.node).await?;
    let worker = registered(&chain, &signer).await?;
    let keyring = Keyring::open(&config.sealing_keys())?;
    let key = if keyring.has(&worker.details.sealing_key) {
        "here"
    } else {
        "NOT here"
    };
    println!("worker       {}", worker.id);
    println!(
        "state        {}",
        if worker.paused {
            "paused"
        } else {
            "takes jobs"
        }
    );
    println!("bond         {}", mai(worker.bond));
    println!("payout       {}", worker.payout);
    let has = chain.balance(&worker.signer, &Asset::Native).await?.free;
    let low = if has < config.worker.signer_low {
        " (low)"
    } else {
        ""
    };
    println!("signer       {} with {}{low}", worker.signer, mai(has));
    println!(
        "sealing key  0x{} ({key})",
        hex::encode(worker.details.sealing_key)
    );
    println!(
        "mailbox      {}",
        String::from_utf8_lossy(&worker.details.mailbox)
    );
    if !worker.details.endpoint.is_empty() {
        println!(
            "endpoint     {}",
            String::from_utf8_lossy(&worker.details.endpoint)
        );
    }
    println!(
        "open jobs    {} of {}",
        worker.open, worker.details.open_most
    );
    let record = worker.record;
    println!(
        "record       {} settled, {} declined, {} expired",
        record.settled, record.declined, record.expired
    );
    for offer in offers(&chain, &worker.id).await? {
        println!(
            "offer        version {} for {} a unit, from {} ticks{}",
            offer.version,
            amount(&offer.fee),
            offer.least_deadline,
            if offer.available {
                ""
            } else {
                " (takes none now)"
            }
        );
    }
    Ok(())
}

fn amount(amount: &Amount) -> String {
    match amount.asset {
        Asset::Native => mai(amount.units),
        Asset::WithId(id) => format!("{} units of asset {id}", amount.units),
    }
}

/// An amount of the chain's own token, without zeros at the end.
fn mai(units: Balance) -> String {
    let part = format!("{:012}", units % MAI);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{}{point}{part} MAI", units / MAI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_as_they_are_read() {
        for text in ["0 MAI", "1 MAI", "0.1 MAI", "100.000000000001 MAI"] {
            let units = myai_inference_worker::config::parse_amount(text).unwrap();
            assert_eq!(mai(units), text);
        }
    }
}
