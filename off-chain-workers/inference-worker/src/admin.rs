//! The commands of the worker's owner: set up, pause, resume, withdraw, leave, show.

use crate::Failure;
use myai_chain_client::{calls, AccountId, Call, Chain, Key};
use myai_inference_worker::{
    config::{Config, Offer, Written},
    keyring::Keyring,
};
use myai_primitives::{
    Amount, Asset, Balance, OfferView, Uri, VersionId, WorkerDetails, WorkerView, MAI, MAX_PAGE,
};
use std::{path::Path, str::FromStr, time::Duration};
use url::{Host, Url};

/// Between two looks at the worker's open jobs.
const LOOK_EVERY: Duration = Duration::from_secs(6);

/// Registers the worker or brings it up to date, funds the signer, offers versions and withdraws
/// those that the settings do not list, in one transaction of the bond's account.
pub async fn setup(config: &Config, bond_key: &Path, new_key: bool) -> Result<(), Failure> {
    ensure_nothing_secret_is_published(config)?;
    let bond = Key::from_file(bond_key)?;
    make_folder(&config.data)?;
    let signer = if config.signer.exists() {
        Key::from_file(&config.signer)?
    } else {
        if let Some(folder) = config.signer.parent() {
            make_folder(folder)?;
        }
        println!("making the signer's key in {}", config.signer.display());
        Key::generate_file(&config.signer)?
    };
    let mut keyring = Keyring::open_or_create(&config.sealing_keys())?;
    if new_key {
        keyring.add()?;
    }
    let registration = Registration {
        signer: signer.account(),
        payout: payout(config, &bond)?,
        details: details(config, keyring.current()?.public())?,
    };

    let chain = Chain::connect(&config.node).await?;
    let worker = bond.account();
    let now = chain.worker(&worker).await?;
    let mut calls = worker_calls(config, &registration, now.as_ref());
    if registration.signer != worker {
        let has = chain
            .balance(&registration.signer, Asset::Native)
            .await?
            .free;
        if has < config.worker.signer_funds {
            let missing = config.worker.signer_funds - has;
            println!("funding the signer with {}", mai(missing));
            calls.push(calls::transfer_keep_alive(
                registration.signer.clone(),
                missing,
            ));
        }
    }
    let mut listed = Vec::new();
    for offer in &config.offers {
        let version = chain.version(offer.version).await?.ok_or_else(|| {
            Failure::NotAsKnown(format!("there is no version {} to offer", offer.version))
        })?;
        listed.push((offer, fee(offer, version.spec.price.asset)?));
    }
    calls.extend(offer_calls(&listed, &offers(&chain, &worker).await?));
    match calls.len() {
        0 => println!("nothing is to be changed"),
        1 => drop(chain.submit(&bond, calls.remove(0)).await?),
        _ => drop(chain.submit(&bond, calls::batch_all(calls)).await?),
    }
    println!(
        "worker   {worker}\nsigner   {}\nmailbox  {}",
        registration.signer,
        config.mailbox()
    );
    for note in notes(now.as_ref(), &registration.signer, config.mailbox()) {
        println!("note: {note}");
    }
    Ok(())
}

/// Notes for the owner after `setup`; `before` is the worker as the chain knew it.
fn notes(before: Option<&WorkerView<AccountId>>, signer: &AccountId, mailbox: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if before.is_some_and(|worker| worker.signer != *signer) {
        notes.push(
            "the signer is another one now: if the worker is running, restart it, for it signs \
             with the key that it had when it started"
                .into(),
        );
    }
    if let Some(who) = reach(mailbox) {
        notes.push(format!(
            "only clients {who} reach the mailbox {mailbox}, and every other client's job will \
             be declined: set `worker.mailbox` to the node's address as they reach it"
        ));
    }
    notes
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|e| {
        Failure::Here(format!(
            "failed to make the folder {}: {e}",
            folder.display()
        ))
    })
}

/// The addresses that the chain shows to everybody must be no way to log in somewhere.
fn ensure_nothing_secret_is_published(config: &Config) -> Result<(), Failure> {
    let worker = &config.worker;
    let mailbox_from = if worker.mailbox.is_some() {
        "worker.mailbox"
    } else {
        "node"
    };
    for (key, from, address) in [
        ("worker.mailbox", mailbox_from, config.mailbox()),
        (
            "worker.endpoint",
            "worker.endpoint",
            worker.endpoint.as_str(),
        ),
    ] {
        if address.is_empty() {
            continue;
        }
        // The address itself is in no message: messages end up in logs.
        let url = Url::parse(address)
            .map_err(|e| Failure::Here(format!("`{from}` is not an address: {e}")))?;
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(Failure::Here(format!(
                "the chain would show everybody the user, password or query that is in `{from}`: \
                 set `{key}` to an address without them"
            )));
        }
    }
    Ok(())
}

/// Which clients alone reach an RPC's address; `None` where everybody does.
pub fn reach(rpc: &str) -> Option<&'static str> {
    let url = Url::parse(rpc).ok()?;
    let (here, near) = match url.host()? {
        Host::Domain(name) => (name == "localhost" || name.ends_with(".localhost"), false),
        Host::Ipv4(ip) => (
            ip.is_loopback() || ip.is_unspecified(),
            ip.is_private() || ip.is_link_local(),
        ),
        Host::Ipv6(ip) => (
            ip.is_loopback() || ip.is_unspecified(),
            ip.is_unique_local() || ip.is_unicast_link_local(),
        ),
    };
    if here {
        Some("on this machine")
    } else if near {
        Some("in this private network")
    } else {
        None
    }
}

/// An offer's fee for one unit, in the asset of its version's price.
fn fee(offer: &Offer, asset: Asset) -> Result<Amount, Failure> {
    let value = offer
        .fee
        .in_asset(asset)
        .map_err(|e| Failure::Here(format!("version {} cannot be offered: {e}", offer.version)))?;
    Ok(Amount { asset, value })
}

/// The calls after which the worker offers the `listed` versions and no others.
fn offer_calls(listed: &[(&Offer, Amount)], offered: &[OfferView<AccountId>]) -> Vec<Call> {
    let mut calls = Vec::new();
    for (offer, fee) in listed {
        let same = offered.iter().any(|o| {
            o.version == offer.version && o.fee == *fee && o.min_duration == offer.min_duration
        });
        if !same {
            println!(
                "offering version {} for {} a unit",
                offer.version,
                amount(fee)
            );
            calls.push(calls::set_offer(
                offer.version,
                fee.value,
                offer.min_duration,
            ));
        }
    }
    for gone in offered {
        if !listed.iter().any(|(o, _)| o.version == gone.version) {
            println!(
                "withdrawing version {}, which the settings do not list",
                gone.version
            );
            calls.push(calls::remove_offer(gone.version));
        }
    }
    calls
}

/// The worker's details for the chain.
struct Registration {
    signer: AccountId,
    payout: AccountId,
    details: WorkerDetails,
}

fn worker_calls(
    config: &Config,
    registration: &Registration,
    now: Option<&WorkerView<AccountId>>,
) -> Vec<Call> {
    let Registration {
        signer,
        payout,
        details,
    } = registration;
    let bond = config.worker.bond;
    let Some(now) = now else {
        println!("registering the worker with a bond of {}", mai(bond));
        return vec![calls::register_worker(
            signer.clone(),
            payout.clone(),
            details.clone(),
            bond,
        )];
    };
    let mut calls = Vec::new();
    if now.signer != *signer || now.payout != *payout || now.details != *details {
        println!("bringing the worker up to date");
        calls.push(calls::update_worker(
            signer.clone(),
            payout.clone(),
            details.clone(),
        ));
    }
    if let Some(missing) = bond.checked_sub(now.bond).filter(|m| *m > 0) {
        println!("adding {} to the bond", mai(missing));
        calls.push(calls::bond_more(Asset::Native, missing));
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
        max_open_jobs: config.worker.max_open_jobs,
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
        let page = chain.offers(worker, after, MAX_PAGE).await?;
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
    let signer = Key::from_file(&config.signer_file())?;
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
            "the worker takes no new jobs"
        } else {
            "the worker takes new jobs again"
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
        println!("the worker takes no new jobs");
    }
    while worker.open > 0 {
        match worker.open {
            1 => println!("1 job is open; waiting until it has ended"),
            open => println!("{open} jobs are open; waiting until they have ended"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
        worker = chain.worker(&id).await?.ok_or_else(none)?;
    }
    let offered = offers(&chain, &id).await?;
    let mut calls: Vec<Call> = offered
        .iter()
        .map(|o| calls::remove_offer(o.version))
        .collect();
    calls.push(calls::leave());
    chain.submit(&bond, calls::batch_all(calls)).await?;
    println!(
        "the account is no worker any more, and its bond of {} is free",
        mai(worker.bond)
    );
    let left = chain.balance(&worker.signer, Asset::Native).await?.free;
    if worker.signer != id && left > 0 {
        println!("the signer {} still has {}", worker.signer, mai(left));
    }
    Ok(())
}

/// Takes a part of the bond back.
pub async fn withdraw(
    config: &Config,
    part: Written,
    asset: Option<u32>,
    bond_key: &Path,
) -> Result<(), Failure> {
    let part = part_of_bond(part, asset)?;
    let bond = Key::from_file(bond_key)?;
    let chain = Chain::connect(&config.node).await?;
    chain
        .submit(&bond, calls::withdraw_bond(part.asset, part.value))
        .await?;
    println!("{} of the bond are free", amount(&part));
    Ok(())
}

fn part_of_bond(part: Written, asset: Option<u32>) -> Result<Amount, Failure> {
    let asset = asset.map_or(Asset::Native, Asset::Id);
    let value = part
        .in_asset(asset)
        .map_err(|e| Failure::Arguments(e.to_string()))?;
    Ok(Amount { asset, value })
}

/// Shows how the chain knows the worker.
pub async fn status(config: &Config) -> Result<(), Failure> {
    let signer = Key::from_file(&config.signer_file())?;
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
    let has = chain.balance(&worker.signer, Asset::Native).await?.free;
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
        worker.open, worker.details.max_open_jobs
    );
    let record = worker.record;
    println!(
        "record       {} settled, {} declined, {} spoilt by their payers, {} expired",
        record.settled, record.declined, record.spoilt, record.expired
    );
    for offer in offers(&chain, &worker.id).await? {
        println!(
            "offer        version {} for {} a unit, from {} ticks{}",
            offer.version,
            amount(&offer.fee),
            offer.min_duration,
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
        Asset::Native => mai(amount.value),
        Asset::Id(id) => format!("{} units of asset {id}", amount.value),
    }
}

/// An amount of the chain's own token, without zeros at the end.
pub fn mai(value: Balance) -> String {
    let part = format!("{:012}", value % MAI);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{}{point}{part} MAI", value / MAI)
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_chain_client::{exit::Exit, testing::views};
    use myai_inference_worker::config::parse_amount;

    fn config(node: &str, worker: &str) -> Config {
        toml::from_str(&format!(
            "node = \"{node}\"\ndata = \"data\"\nsigner = \"signer.key\"\n\
             [worker]\nbond = \"100 MAI\"\n{worker}"
        ))
        .unwrap()
    }

    #[test]
    fn a_mailbox_that_not_everybody_reaches_is_noticed() {
        for here in [
            "ws://127.0.0.1:9944",
            "ws://localhost",
            "wss://[::1]:1/x",
            "ws://127.1.2.3",
            "ws://0.0.0.0:9944",
            "ws://node.localhost",
        ] {
            assert_eq!(reach(here), Some("on this machine"), "{here}");
        }
        for near in [
            "ws://10.0.0.7:9944",
            "ws://192.168.1.2",
            "ws://[fd00::1]:9944",
        ] {
            assert_eq!(reach(near), Some("in this private network"), "{near}");
        }
        for there in [
            "wss://node.example/rpc",
            "wss://localhost.example",
            "ws://8.8.8.8",
        ] {
            assert_eq!(reach(there), None, "{there}");
        }
    }

    #[test]
    fn no_user_password_or_query_is_published() {
        let refusal = |config: Config| {
            let failure = ensure_nothing_secret_is_published(&config).unwrap_err();
            assert_eq!(failure.exit(), Exit::Local);
            failure.to_string()
        };
        let plain = "ws://127.0.0.1:9944";
        for secret in [
            "wss://user:token@node.example",
            "wss://token@node.example",
            "wss://:token@node.example",
            "wss://node.example/?key=token",
            "wss://node.example/#token",
        ] {
            let node = refusal(config(secret, ""));
            assert!(node.contains("`node`") && node.contains("`worker.mailbox`"));
            let mailbox = refusal(config(plain, &format!("mailbox = \"{secret}\"")));
            assert!(mailbox.contains("in `worker.mailbox`"), "{mailbox}");
            let endpoint = secret.replace("wss", "https");
            let endpoint = refusal(config(plain, &format!("endpoint = \"{endpoint}\"")));
            assert!(endpoint.contains("in `worker.endpoint`"), "{endpoint}");
            for message in [node, mailbox, endpoint] {
                assert!(!message.contains("token"), "{message}");
            }
            // The node is asked, and not shown, where there is a mailbox of its own.
            let both = config(secret, "mailbox = \"wss://node.example/rpc\"");
            assert!(ensure_nothing_secret_is_published(&both).is_ok());
        }
        assert!(ensure_nothing_secret_is_published(&config(plain, "")).is_ok());
        let unsound = refusal(config("ws://", ""));
        assert!(unsound.contains("`node` is not an address"), "{unsound}");
    }

    fn offer(version: u32, fee: &str) -> Offer {
        Offer {
            version: VersionId(version),
            fee: parse_amount(fee).unwrap(),
            min_duration: 20,
        }
    }

    #[test]
    fn a_fee_in_mai_is_refused_for_a_version_that_is_priced_in_another_asset() {
        let native = fee(&offer(3, "0.01 MAI"), Asset::Native).unwrap();
        assert_eq!(native.value, MAI / 100);
        let units = fee(&offer(3, "20 units"), Asset::Id(1)).unwrap();
        assert_eq!((units.asset, units.value), (Asset::Id(1), 20));
        assert_eq!(
            fee(&offer(3, "0.01 MAI"), Asset::Id(1))
                .unwrap_err()
                .to_string(),
            "version 3 cannot be offered: an amount of asset 1 is written as \"20 units\", not in \
             MAI"
        );
    }

    #[test]
    fn a_part_of_a_bond_in_another_asset_is_not_withdrawn_in_mai() {
        let mai = parse_amount("1.5 MAI").unwrap();
        assert_eq!(part_of_bond(mai, None).unwrap().value, MAI * 3 / 2);
        let units = parse_amount("7 units").unwrap();
        assert_eq!(part_of_bond(units, None).unwrap().value, 7);
        let part = part_of_bond(units, Some(1)).unwrap();
        assert_eq!((part.asset, part.value), (Asset::Id(1), 7));
        let failure = part_of_bond(mai, Some(1)).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(failure.to_string().contains("asset 1"), "{failure}");
    }

    #[test]
    fn offers_become_the_listed_ones() {
        let offered = |version, units, min_duration| OfferView {
            version: VersionId(version),
            fee: Amount {
                asset: Asset::Native,
                value: units,
            },
            min_duration,
            ..views::offer()
        };
        let offers: Vec<Offer> = (1..=4).map(|v| offer(v, "5 units")).collect();
        let listed: Vec<(&Offer, Amount)> = offers
            .iter()
            .map(|o| (o, fee(o, Asset::Native).unwrap()))
            .collect();
        let calls = offer_calls(
            &listed,
            // As listed, cheaper, for shorter jobs, and not listed any more.
            &[
                offered(1, 5, 20),
                offered(2, 4, 20),
                offered(3, 5, 10),
                offered(9, 5, 20),
            ],
        );
        assert_eq!(
            calls,
            [
                calls::set_offer(VersionId(2), 5, 20),
                calls::set_offer(VersionId(3), 5, 20),
                calls::set_offer(VersionId(4), 5, 20),
                calls::remove_offer(VersionId(9)),
            ]
        );
        assert!(offer_calls(&[], &[]).is_empty());
    }

    #[test]
    fn after_a_change_of_the_signer_a_restart_is_asked_for() {
        let [old, new] = [[2; 32], [5; 32]].map(AccountId::new);
        let worker = WorkerView {
            signer: old.clone(),
            ..views::worker()
        };
        let mailbox = "wss://node.example";
        assert!(notes(None, &new, mailbox).is_empty());
        assert!(notes(Some(&worker), &old, mailbox).is_empty());
        assert!(notes(Some(&worker), &new, mailbox)[0].contains("restart it"));
        let near = notes(None, &new, "ws://127.0.0.1:9944");
        assert!(near[0].contains("only clients on this machine"), "{near:?}");
    }

    #[test]
    fn amounts_are_shown_as_they_are_read() {
        for text in ["0 MAI", "1 MAI", "0.1 MAI", "100.000000000001 MAI"] {
            let units = parse_amount(text).unwrap().in_asset(Asset::Native);
            assert_eq!(mai(units.unwrap()), text);
        }
    }
}
