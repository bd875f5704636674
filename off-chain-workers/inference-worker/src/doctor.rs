//! `myai-worker doctor`: looks at everything that the worker needs, and advises how to mend it.
//! Changes nothing.

use crate::{admin, Failure};
use myai_chain_client::{
    hop::MAX_BLOB,
    sealing::{seal, SEALED_EXTRA},
    shown_address, AccountId, Chain, ChainError, Connection, Hop, Key, SealingKey,
};
use myai_inference_worker::{
    artifacts::{Artifacts, FetchOptions, FileRef},
    config::{Config, ONNX_RUNTIME},
    error_chain,
    executor::{files::Files, Executor, ModelError},
    keyring::Keyring,
    metrics::Metrics,
    protocol::{Landlock, Locked},
    runner::exactness,
};
use myai_primitives::{Asset, Numerics, OfferView, VersionState, VersionView, WorkerView};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    fmt::{self, Display},
    fs,
    io::{self, Read, Write},
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

/// How long the node and the mailbox are waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// The last block may be so much older than now, or newer, before the clock is doubted.
const OLD_BLOCK: Duration = Duration::from_secs(60);
const EARLY_BLOCK: Duration = Duration::from_secs(15);
/// With less free on the disk the journal is in danger, in bytes.
const LEAST_FREE: u64 = 256 << 20;
/// A synced write, and sealing, that take longer are slow.
const SLOW_WRITE: Duration = Duration::from_millis(100);
const SLOW_SEALING: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Failed,
}

/// The result of one check.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    /// How it is.
    found: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Display) -> Self {
        Self {
            check,
            state: State::Ok,
            found: found.to_string(),
            advice: None,
        }
    }

    fn warning(check: &'static str, found: impl Display, advice: impl Display) -> Self {
        Self {
            check,
            state: State::Warning,
            found: found.to_string(),
            advice: Some(advice.to_string()),
        }
    }

    fn failed(check: &'static str, found: impl Display, advice: impl Display) -> Self {
        Self {
            state: State::Failed,
            ..Self::warning(check, found, advice)
        }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "failed",
        };
        write!(f, "{state:8} {:12} {}", self.check, self.found)?;
        match &self.advice {
            Some(advice) => write!(f, ": {advice}"),
            None => Ok(()),
        }
    }
}

/// Prints a line for each check, or all of them as one JSON array. Fails where one did.
pub async fn doctor(config: &Config, json: bool) -> Result<(), Failure> {
    let findings = examine(config).await;
    if json {
        let text = serde_json::to_string_pretty(&findings)
            .map_err(|e| Failure::Unexpected(e.to_string()))?;
        println!("{text}");
    } else {
        for finding in &findings {
            println!("{finding}");
        }
    }
    match findings.iter().filter(|f| f.state == State::Failed).count() {
        0 => Ok(()),
        failed => Err(Failure::Unexpected(format!(
            "{failed} of {} checks failed",
            findings.len()
        ))),
    }
}

async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = runner(config).await;
    findings.push(library(&config.engine.library()));
    findings.push(cores(
        config,
        std::thread::available_parallelism().ok().map(Into::into),
    ));
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    findings.push(memory_finding(config, &memory));
    findings.push(disk(config));
    findings.push(data(&config.data));
    findings.extend(files_from(config));
    findings.push(speed());
    let connecting = async {
        let chain = Chain::connect(&config.node).await?;
        chain.prepare_to_sign().await?;
        Ok::<_, ChainError>(chain)
    };
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(chain)) => of_chain(config, &chain, &mut findings).await,
        Ok(Err(error)) => findings.push(no_node(Failure::from(error))),
        Err(_) => {
            let url = shown_address(&config.node);
            let seconds = PATIENCE.as_secs();
            findings.push(no_node(format!("{url} did not answer in {seconds} s")));
        }
    }
    findings
}

fn no_node(why: impl Display) -> Finding {
    let advice = "start the node, or name another one as `node`; nothing on the chain was \
                  looked at";
    Finding::failed("node", why, advice)
}

/// Starts a runner as the worker does, and has it load a model whose bits must be exact.
async fn runner(config: &Config) -> Vec<Finding> {
    match try_runner(config).await {
        Ok(findings) => findings,
        Err(why) => {
            let advice = "models run in processes of their own; this machine starts none";
            vec![Finding::failed("walls", why, advice)]
        }
    }
}

async fn try_runner(config: &Config) -> Result<Vec<Finding>, String> {
    let said = |error: &dyn std::error::Error| error_chain(error);
    let folder = tempfile::tempdir().map_err(|e| said(&e))?;
    let artifacts = Artifacts::open(folder.path(), FetchOptions::default());
    let artifacts = artifacts.map_err(|e| said(&e))?;
    let metrics = Arc::new(Metrics::new().map_err(|e| said(&e))?);
    let options = config.engine.options(false);
    let executor = Executor::new(options, artifacts.clone(), metrics).map_err(|e| said(&e))?;
    let locked = executor.probe().await.map_err(|e| said(&e))?;

    let place = |bytes: &[u8]| {
        let sha256 = Sha256::digest(bytes).into();
        fs::write(artifacts.path(&sha256), bytes).map_err(|e| said(&e))?;
        let (length, uris) = (bytes.len() as u64, vec![]);
        Ok::<_, String>(FileRef {
            sha256,
            length,
            uris,
        })
    };
    let files = Files {
        artifact: place(&exactness::product_of_bytes())?,
        manifest: place(exactness::MANIFEST.as_bytes())?,
        numerics: Numerics::IntV1,
    };
    let begun = Instant::now();
    let loaded = executor.load(&files, begun + PATIENCE).await;
    Ok(vec![walls(locked), exact(loaded, begun.elapsed())])
}

fn walls(locked: Locked) -> Finding {
    match (locked.seccomp, locked.landlock) {
        (true, Landlock::Wholly) => {
            Finding::ok("walls", "a runner reaches no file, socket or process")
        }
        (true, Landlock::Partly) => Finding::warning(
            "walls",
            "a runner has one wall of two, and a part of the other",
            "use a kernel from 6.12 on: this one's Landlock does not know all of it",
        ),
        (true, Landlock::No) => Finding::warning(
            "walls",
            "a runner has one wall of two",
            "use a kernel from 5.13 on with `landlock` among its `lsm=`",
        ),
        (false, _) => Finding::failed(
            "walls",
            "the kernel has no filters for system calls",
            "use a kernel from 4.14 on, built with seccomp: models are strangers' programs",
        ),
    }
}

fn exact(loaded: Result<(), Arc<ModelError>>, took: Duration) -> Finding {
    match loaded {
        Ok(()) => Finding::ok(
            "exactness",
            format!(
                "products of bytes are exact here; a small model is ready in {} ms",
                took.as_millis()
            ),
        ),
        Err(error) => Finding::failed(
            "exactness",
            error_chain(&*error),
            "this machine must not serve `IntV1` versions; name the library of the right version",
        ),
    }
}

fn library(path: &Path) -> Finding {
    let advice = format!(
        "install version {ONNX_RUNTIME} and name it as `engine.library` or in ORT_DYLIB_PATH; \
         scripts/setup.sh fetches it"
    );
    // The version's name as the linker sees it.
    match contains(path, format!("VERS_{ONNX_RUNTIME}\0").as_bytes()) {
        Ok(true) => Finding::ok("library", format!("ONNX Runtime {ONNX_RUNTIME}")),
        Ok(false) => Finding::failed(
            "library",
            format!("{} is no ONNX Runtime {ONNX_RUNTIME}", path.display()),
            advice,
        ),
        Err(error) => Finding::failed(
            "library",
            format!("{} cannot be read: {error}", path.display()),
            advice,
        ),
    }
}

/// Whether the bytes are in the file.
fn contains(path: &Path, wanted: &[u8]) -> io::Result<bool> {
    let mut file = fs::File::open(path)?;
    let mut window = Vec::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        let got = file.read(&mut piece)?;
        if got == 0 {
            return Ok(false);
        }
        window.extend_from_slice(&piece[..got]);
        if window.windows(wanted.len()).any(|w| w == wanted) {
            return Ok(true);
        }
        // They may begin in one piece and end in the next.
        let kept = window.len().saturating_sub(wanted.len());
        window.drain(..kept);
    }
}

fn cores(config: &Config, cores: Option<usize>) -> Finding {
    let engine = &config.engine;
    let threads = engine
        .parallel()
        .saturating_mul(engine.intra_threads.into());
    match cores {
        // One run more than there are cores is the default.
        Some(cores) if threads > cores + usize::from(engine.intra_threads) => Finding::warning(
            "cores",
            format!("runs may use {threads} threads, and there are {cores} cores"),
            "lower `engine.parallel` or `engine.intra_threads`",
        ),
        Some(cores) => Finding::ok(
            "cores",
            format!("runs may use {threads} threads on {cores} cores"),
        ),
        None => Finding::warning("cores", "their number is not known", "check the settings"),
    }
}

/// `meminfo` as Linux has it in `/proc`.
fn memory_finding(config: &Config, meminfo: &str) -> Finding {
    let total_mib = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse::<u64>().ok())
        .map(|kib| kib >> 10);
    let wanted = config.engine.memory() >> 20;
    match total_mib {
        // The unit's limit is 80 %.
        Some(total) if wanted > total / 5 * 4 => Finding::warning(
            "memory",
            format!("models may have {wanted} MiB of the machine's {total}"),
            format!("lower `engine.memory_mib` to {} or less", total / 5 * 4),
        ),
        Some(total) => Finding::ok("memory", format!("models may have {wanted} of {total} MiB")),
        None => Finding::warning(
            "memory",
            "its size is not known",
            "check `engine.memory_mib`",
        ),
    }
}

/// Room on the disk where the files lie, against their quota.
fn disk(config: &Config) -> Finding {
    let folder = [config.files(), config.data.clone()]
        .into_iter()
        .find(|folder| folder.is_dir());
    let Some(folder) = folder else {
        return Finding::warning(
            "disk",
            format!("there is no folder {}", config.data.display()),
            "`myai-worker setup` makes it",
        );
    };
    match rustix::fs::statvfs(&folder) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let there = if folder == config.files() {
                size(&folder)
            } else {
                0
            };
            room(free, there, config.files_mib.saturating_mul(1 << 20))
        }
        Err(error) => Finding::failed(
            "disk",
            format!("{} cannot be looked at: {error}", folder.display()),
            "check `data`",
        ),
    }
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len())
        .sum()
}

/// `free` on the disk, `there` already, at most `quota`; in bytes.
fn room(free: u64, there: u64, quota: u64) -> Finding {
    let mib = |bytes: u64| bytes >> 20;
    let more = quota.saturating_sub(there);
    let found = format!(
        "{} MiB are free; files have {} of the {} MiB that they may",
        mib(free),
        mib(there),
        mib(quota)
    );
    if free < LEAST_FREE {
        let advice = format!(
            "free {} MiB at least: the journal needs room",
            mib(LEAST_FREE)
        );
        Finding::failed("disk", found, advice)
    } else if free - LEAST_FREE < more {
        let fits = mib(there.saturating_add(free - LEAST_FREE));
        Finding::warning("disk", found, format!("lower `files_mib` to {fits}"))
    } else {
        Finding::ok("disk", found)
    }
}

/// Whether the folder can be written, by the user that asks, and how fast.
fn data(folder: &Path) -> Finding {
    let trial = folder.join(format!("doctor-{}", std::process::id()));
    let begun = Instant::now();
    let tried = fs::File::create_new(&trial).and_then(|mut file| {
        let written = file.write_all(&[0; 4096]).and_then(|()| file.sync_all());
        fs::remove_file(&trial).and(written)
    });
    match tried {
        Ok(()) => written(folder, begun.elapsed()),
        Err(error) => Finding::failed(
            "data",
            format!("{} cannot be written: {error}", folder.display()),
            "run `myai-worker setup`, and run this as the worker's user",
        ),
    }
}

fn written(folder: &Path, took: Duration) -> Finding {
    let millis = took.as_millis();
    let found = format!("a write to {} took {millis} ms", folder.display());
    if took > SLOW_WRITE {
        let advice = "every answer waits for one: put `data` on a faster disk";
        Finding::warning("data", found, advice)
    } else {
        Finding::ok("data", found)
    }
}

/// How long the longest blob takes to be sealed.
fn speed() -> Finding {
    let key = SealingKey::generate();
    let plain = vec![0; MAX_BLOB - SEALED_EXTRA];
    let begun = Instant::now();
    match seal(&key.public(), b"", &plain) {
        Ok(_) => sealed(begun.elapsed()),
        Err(error) => Finding::failed("speed", error, "this program is broken: build it again"),
    }
}

fn sealed(took: Duration) -> Finding {
    let found = format!("the longest answer is sealed in {} ms", took.as_millis());
    if took > SLOW_SEALING {
        Finding::warning("speed", found, "build the worker with `--release`")
    } else {
        Finding::ok("speed", found)
    }
}

/// Whether the folders are there out of which models may be taken.
fn files_from(config: &Config) -> Option<Finding> {
    let missing = config.files_from.iter().find(|f| fs::read_dir(f).is_err());
    Some(match missing {
        None if config.files_from.is_empty() => return None,
        None => Finding::ok("files_from", "its folders can be read"),
        Some(folder) => Finding::warning(
            "files_from",
            format!("there is no folder {} that can be read", folder.display()),
            "make it, or take it out of the settings",
        ),
    })
}

/// Everything that only the chain knows.
async fn of_chain(config: &Config, chain: &Chain, findings: &mut Vec<Finding>) {
    match node(config).await {
        Ok(node) => {
            findings.push(node.finding(chain));
            findings.push(clock(chain, &node).await);
        }
        Err(error) => findings.push(no_node(Failure::from(error))),
    }
    let signer = match Key::from_file(&config.signer_file()) {
        Ok(signer) => signer,
        Err(error) => {
            let why = Failure::from(error);
            findings.push(Finding::failed("signer", why, "run `myai-worker setup`"));
            return;
        }
    };
    let worker = match admin::registered(chain, &signer).await {
        Ok(worker) => worker,
        Err(why) => {
            findings.push(Finding::failed("worker", why, "the rest was not looked at"));
            return;
        }
    };
    findings.push(registered(&worker));
    findings.push(money(config, chain, &worker.signer).await);
    findings.push(sealing_key(config, &worker));
    findings.push(mailbox(config, &worker).await);
    offers(config, chain, &worker, findings).await;
}

/// A node as it describes itself.
struct Node {
    chain: String,
    release: String,
    is_development: bool,
    is_syncing: bool,
    peers: u64,
}

async fn node(config: &Config) -> Result<Node, ChainError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Health {
        is_syncing: bool,
        peers: u64,
    }
    let connection = Connection::connect(&config.node).await?;
    let kind: serde_json::Value = connection.request("system_chainType", ()).await?;
    let health: Health = connection.request("system_health", ()).await?;
    Ok(Node {
        chain: connection.request("system_chain", ()).await?,
        release: connection.request("system_version", ()).await?,
        is_development: kind == "Development",
        is_syncing: health.is_syncing,
        peers: health.peers,
    })
}

impl Node {
    fn finding(&self, chain: &Chain) -> Finding {
        let found = format!(
            "{} of release {}, on {}, genesis 0x{}, with {} peers",
            chain.url(),
            self.release,
            self.chain,
            hex::encode(chain.genesis_hash()),
            self.peers
        );
        if self.is_syncing {
            let advice = "wait until it has: until then jobs are seen late or not at all";
            Finding::warning("node", format!("{found}, has not caught up"), advice)
        } else {
            Finding::ok("node", found)
        }
    }
}

async fn clock(chain: &Chain, node: &Node) -> Finding {
    if node.is_development {
        return Finding::ok(
            "clock",
            "not compared: a development chain has a time of its own",
        );
    }
    match chain.time().await {
        Ok(Some(block)) => compare_clocks(SystemTime::now(), block),
        Ok(None) => Finding::warning(
            "clock",
            "the node's last block has no time",
            "compare this machine's clock by hand",
        ),
        Err(error) => no_node(Failure::from(error)),
    }
}

fn compare_clocks(here: SystemTime, block: SystemTime) -> Finding {
    match here.duration_since(block) {
        Ok(age) if age > OLD_BLOCK => Finding::warning(
            "clock",
            format!(
                "by this machine's clock the node's last block is {} s old",
                age.as_secs()
            ),
            "the clock is fast, or the node does not follow the chain: look at both",
        ),
        Ok(age) => Finding::ok(
            "clock",
            format!("the last block is {} s old", age.as_secs()),
        ),
        Err(early) if early.duration() > EARLY_BLOCK => Finding::warning(
            "clock",
            format!(
                "by this machine's clock the node's last block comes in {} s",
                early.duration().as_secs()
            ),
            "the clock is slow: let it be set from the network",
        ),
        Err(_) => Finding::ok("clock", "it goes with the chain's"),
    }
}

fn registered(worker: &WorkerView<AccountId>) -> Finding {
    if worker.paused {
        let advice = "`myai-worker resume` lets it take jobs";
        Finding::warning("worker", format!("{} is paused", worker.id), advice)
    } else {
        Finding::ok("worker", &worker.id)
    }
}

async fn money(config: &Config, chain: &Chain, signer: &AccountId) -> Finding {
    match chain.balance(signer, Asset::Native).await {
        Ok(holding) => enough(holding.free, config.worker.signer_low, signer),
        Err(error) => no_node(Failure::from(error)),
    }
}

fn enough(free: u128, low: u128, signer: &AccountId) -> Finding {
    let found = format!("the signer {signer} has {}", admin::mai(free));
    let advice = format!(
        "`myai-worker setup` fills it up: with less than {} it soon can neither answer nor decline",
        admin::mai(low)
    );
    match free {
        0 => Finding::failed("money", found, advice),
        free if free < low => Finding::warning("money", found, advice),
        _ => Finding::ok("money", found),
    }
}

fn sealing_key(config: &Config, worker: &WorkerView<AccountId>) -> Finding {
    let key = worker.details.sealing_key;
    let advice = "put the worker's own `data` folder back, or run `myai-worker setup`";
    match Keyring::open(&config.sealing_keys()) {
        Ok(keyring) if keyring.has(&key) => {
            Finding::ok("sealing key", "the one that the chain names is here")
        }
        Ok(_) => Finding::failed(
            "sealing key",
            format!(
                "inputs are sealed to 0x{}, whose key is not in {}",
                hex::encode(key),
                config.sealing_keys().display()
            ),
            advice,
        ),
        Err(error) => Finding::failed("sealing key", Failure::from(error), advice),
    }
}

async fn mailbox(config: &Config, worker: &WorkerView<AccountId>) -> Finding {
    let named = String::from_utf8_lossy(&worker.details.mailbox).into_owned();
    if named != config.mailbox() {
        return Finding::failed(
            "mailbox",
            format!("the chain shows {named}, and the settings have another one"),
            "run `myai-worker setup`",
        );
    }
    let asked = async { Hop::at(&named)?.status().await };
    let status = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            let why = myai_inference_worker::error_chain(&error);
            let advice = "clients leave their inputs there: start its node with `--enable-hop`";
            return Finding::failed("mailbox", format!("{named}: {why}"), advice);
        }
        Err(_) => {
            let found = format!("{named} did not answer in {} s", PATIENCE.as_secs());
            return Finding::failed("mailbox", found, "clients leave their inputs there");
        }
    };
    let found = format!(
        "{named} answers; its pool has {} of {} MiB",
        status.total_bytes >> 20,
        status.max_bytes >> 20
    );
    if let Some(who) = admin::reach(&named) {
        let advice = "set `worker.mailbox` to the node's address as all clients reach it";
        let found = format!("only clients {who} reach {named}");
        Finding::warning("mailbox", found, advice)
    } else if status.total_bytes > status.max_bytes / 10 * 9 {
        Finding::warning("mailbox", found, "give the node's pool more room")
    } else {
        Finding::ok("mailbox", found)
    }
}

async fn offers(
    config: &Config,
    chain: &Chain,
    worker: &WorkerView<AccountId>,
    findings: &mut Vec<Finding>,
) {
    let offered = match admin::offers(chain, &worker.id).await {
        Ok(offered) => offered,
        Err(why) => {
            findings.push(no_node(why));
            return;
        }
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
            "its license may want an approval of you, or the worker is paused or full",
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

#[cfg(test)]
mod tests {
    use super::*;
    use myai_chain_client::exit::Exit;

    fn config(more: &str) -> Config {
        toml::from_str(&format!(
            "node = \"ws://127.0.0.1:1\"\ndata = \"data\"\nsigner = \"signer.key\"\n{more}\n\
             [worker]\nbond = \"100 MAI\"\n"
        ))
        .unwrap()
    }

    #[test]
    fn kernel_without_walls_is_reported() {
        let state = |seccomp, landlock| {
            let locked = Locked { seccomp, landlock };
            walls(locked).state
        };
        assert_eq!(state(true, Landlock::Wholly), State::Ok);
        assert_eq!(state(true, Landlock::Partly), State::Warning);
        assert_eq!(state(true, Landlock::No), State::Warning);
        assert_eq!(state(false, Landlock::Wholly), State::Failed);
    }

    #[test]
    fn machine_that_is_not_exact_is_reported() {
        assert_eq!(exact(Ok(()), Duration::ZERO).state, State::Ok);
        let lost = Err(Arc::new(ModelError::Lost));
        assert_eq!(exact(lost, Duration::ZERO).state, State::Failed);
    }

    #[test]
    fn library_of_another_version_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.so");
        assert_eq!(library(&path).state, State::Failed);
        for (text, state) in [
            (format!("VERS_{ONNX_RUNTIME}\0"), State::Ok),
            (format!("VERS_{ONNX_RUNTIME}0\0"), State::Failed),
            (String::new(), State::Failed),
        ] {
            // Over the end of a piece that is read at once.
            let mut bytes = vec![0; (1 << 20) - 3];
            bytes.extend(text.as_bytes());
            fs::write(&path, bytes).unwrap();
            assert_eq!(library(&path).state, state, "{text}");
        }
    }

    #[test]
    fn more_threads_or_memory_than_there_are_is_a_warning() {
        let config = config("[engine]\nparallel = 1\nmemory_mib = 4096");
        assert_eq!(cores(&config, Some(1)).state, State::Ok);
        let four = self::config("[engine]\nparallel = 2\nintra_threads = 2");
        assert_eq!(cores(&four, Some(2)).state, State::Ok);
        assert_eq!(cores(&four, Some(1)).state, State::Warning);
        let memory = |kib| memory_finding(&config, &format!("MemTotal:  {kib} kB\n"));
        assert_eq!(memory(5130 << 10).state, State::Ok);
        let little = memory(5110 << 10);
        assert_eq!(little.state, State::Warning);
        assert_eq!(
            little.advice.unwrap(),
            "lower `engine.memory_mib` to 4088 or less"
        );
        assert_eq!(memory_finding(&config, "").state, State::Warning);
    }

    #[test]
    fn disk_that_the_files_may_fill_is_a_warning() {
        let gib = 1 << 30;
        assert_eq!(room(60 * gib, 0, 50 * gib).state, State::Ok);
        let tight = room(10 * gib, 20 * gib, 50 * gib);
        assert_eq!(tight.state, State::Warning);
        assert_eq!(tight.advice.unwrap(), "lower `files_mib` to 30464");
        assert_eq!(room(10 * gib, 45 * gib, 50 * gib).state, State::Ok);
        assert_eq!(
            room(LEAST_FREE - 1, 50 * gib, 50 * gib).state,
            State::Failed
        );
    }

    #[test]
    fn slow_disk_or_program_is_a_warning() {
        let millis = Duration::from_millis;
        assert_eq!(written(Path::new("data"), millis(100)).state, State::Ok);
        assert_eq!(
            written(Path::new("data"), millis(101)).state,
            State::Warning
        );
        assert_eq!(sealed(millis(20)).state, State::Ok);
        assert_eq!(sealed(millis(21)).state, State::Warning);
        assert!(speed().state != State::Failed);
    }

    #[test]
    fn listed_folder_that_is_not_there_is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let config = |name: &str| {
            let listed = folder.path().join(name);
            config(&format!("files_from = [\"{}\"]", listed.display()))
        };
        let state = |config: &Config| files_from(config).map(|finding| finding.state);
        assert_eq!(state(&config("")), Some(State::Ok));
        assert_eq!(state(&config("nowhere")), Some(State::Warning));
        assert_eq!(state(&super::tests::config("")), None);
    }

    #[test]
    fn clock_that_differs_from_the_chains_is_a_warning() {
        let now = SystemTime::now();
        let differs = |ahead: i64| {
            let by = Duration::from_secs(ahead.unsigned_abs());
            let block = if ahead > 0 { now + by } else { now - by };
            compare_clocks(now, block).state
        };
        for (ahead, state) in [
            (-61, State::Warning),
            (-60, State::Ok),
            (0, State::Ok),
            (15, State::Ok),
            (16, State::Warning),
        ] {
            assert_eq!(differs(ahead), state, "{ahead}");
        }
    }

    #[test]
    fn signer_without_money_fails() {
        let signer = AccountId::new([1; 32]);
        let state = |free| enough(free, 10, &signer).state;
        assert_eq!(
            [0, 9, 10].map(state),
            [State::Failed, State::Warning, State::Ok]
        );
    }

    #[tokio::test]
    async fn doctor_without_node_reports_the_rest_and_fails() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config("");
        config.data = folder.path().into();
        let findings = examine(&config).await;
        let of = |check| findings.iter().find(|f| f.check == check).unwrap();
        assert_eq!(of("data").state, State::Ok);
        assert_eq!(of("node").state, State::Failed);
        assert!(findings
            .iter()
            .all(|f| f.advice.is_some() == (f.state != State::Ok)));
        // Nothing is left behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        config.data = folder.path().join("nowhere");
        assert_eq!(data(&config.data).state, State::Failed);
        let failure = doctor(&config, true).await.unwrap_err();
        assert_eq!(failure.exit(), Exit::Unexpected);
    }
}
