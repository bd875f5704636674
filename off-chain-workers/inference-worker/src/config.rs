//! The worker's TOML file. A key that is not described here is refused.

use crate::{
    artifacts::{addresses, FetchOptions},
    executor::{process::Program, Options},
};
use myai_chain_client::{keys::CREDENTIALS, shown_address};
use myai_primitives::{Asset, Balance, Tick, VersionId, MAI};
use prometheus::IntGauge;
use serde::{Deserialize, Deserializer};
use std::{
    ffi::OsString,
    net::SocketAddr,
    num::NonZero,
    path::{Path, PathBuf},
    time::Duration,
};

/// The version of ONNX Runtime that this release runs models with.
pub const ONNX_RUNTIME: &str = "1.31.1";

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("read {}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// Without the line itself: the node's password may be in it.
    #[error("read {}: line {line}: {why}", path.display())]
    Toml {
        path: PathBuf,
        line: usize,
        why: String,
    },
    #[error("use {}: {why}", path.display())]
    Unsound { path: PathBuf, why: String },
}

/// See the example `worker.toml` beside the crate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// RPC of a node, `ws://` or `wss://`.
    pub node: String,
    /// Where the worker keeps its journal, sealing keys and files. Only one worker uses it.
    pub data: PathBuf,
    /// File with the signer's secret (mode 0600); `setup` makes it where it is not there.
    pub signer: PathBuf,
    /// Where Prometheus finds the metrics; none where it is not given.
    #[serde(default)]
    pub metrics: Option<SocketAddr>,
    /// Folders of this machine out of which models with a `file://` address are taken.
    #[serde(default)]
    pub files_from: Vec<PathBuf>,
    /// Most that fetched files may have together, in MiB; those not used for the longest time make
    /// room.
    #[serde(default = "fifty_gib")]
    pub files_mib: u64,
    /// Whether files are also fetched from hosts that not everybody reaches.
    #[serde(default)]
    pub allow_private_addresses: bool,
    pub worker: Worker,
    #[serde(default)]
    pub engine: Engine,
    #[serde(default)]
    pub limits: Limits,
    /// What `setup` offers.
    #[serde(default)]
    pub offers: Vec<Offer>,
}

/// What `setup` registers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// Native bond, held as long as the worker is registered.
    #[serde(deserialize_with = "native")]
    pub bond: Balance,
    /// Account that fees go to (SS58); the bond's own where it is not given.
    #[serde(default)]
    pub payout: Option<String>,
    /// RPC of the node whose pool clients leave their inputs in, as clients reach it; `node` where
    /// it is not given. The worker itself always uses `node`.
    #[serde(default)]
    pub mailbox: Option<String>,
    /// `https://` address of the worker; empty where it has none.
    #[serde(default)]
    pub endpoint: String,
    /// Most open jobs at once.
    #[serde(default = "sixteen")]
    pub max_open_jobs: u32,
    /// What `setup` fills the signer's account up to: its calls cost a fee when they fail, and
    /// must be able to pay it when they do not.
    #[serde(default = "one_mai", deserialize_with = "native")]
    pub signer_funds: Balance,
    /// Below this much the worker warns.
    #[serde(default = "tenth_mai", deserialize_with = "native")]
    pub signer_low: Balance,
}

fn fifty_gib() -> u64 {
    50 << 10
}

fn sixteen() -> u32 {
    16
}

fn one_mai() -> Balance {
    MAI
}

fn tenth_mai() -> Balance {
    MAI / 10
}

/// How models are run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// Library of ONNX Runtime; the environment's `ORT_DYLIB_PATH` where it is not given, else
    /// where the project's set-up puts it in the user's cache.
    pub library: Option<PathBuf>,
    /// Runs at once; one more than there are processors where it is not given, so that none of them
    /// waits while an answer is handed on.
    pub parallel: Option<NonZero<usize>>,
    /// Threads inside one run.
    pub intra_threads: u16,
    /// Memory that runners may have together, in MiB; half of the machine's where it is not given.
    pub memory_mib: Option<u64>,
    /// Memory of a loaded model for each byte of its files.
    pub memory_factor: f64,
    /// What one runner may take besides, in MiB: for what a run computes, and the input.
    pub run_memory_mib: u64,
    /// How long loading a model may take.
    pub load_seconds: u64,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            library: None,
            parallel: None,
            intra_threads: 1,
            memory_mib: None,
            memory_factor: 2.5,
            run_memory_mib: 512,
            load_seconds: 120,
        }
    }
}

const MIB: u64 = 1 << 20;

/// Of the whole machine, in bytes.
fn machine_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

impl Engine {
    /// The library's path, from wherever it is known.
    pub fn library(&self) -> PathBuf {
        self.library.clone().unwrap_or_else(default_library)
    }

    /// Runs at once.
    pub fn parallel(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        self.parallel.map_or(processors + 1, NonZero::get)
    }

    /// Bytes that runners may have together.
    pub fn memory(&self) -> u64 {
        match self.memory_mib {
            Some(mib) => mib.saturating_mul(MIB),
            None => machine_memory().map_or(4 << 30, |bytes| bytes / 2),
        }
    }

    /// With this program as the runner.
    pub fn options(&self, allow_unsandboxed: bool) -> Options {
        Options {
            // Also after the file was replaced by a newer release.
            program: Program {
                path: "/proc/self/exe".into(),
                arguments: vec!["runner".into()],
                environment: vec![],
            },
            library: self.library(),
            parallel: self.parallel(),
            threads: self.intra_threads,
            memory: self.memory(),
            memory_factor: self.memory_factor,
            run_memory: self.run_memory_mib.saturating_mul(MIB),
            longest_load: Duration::from_secs(self.load_seconds),
            allow_unsandboxed,
        }
    }
}

/// `ORT_DYLIB_PATH`, else `myai/onnxruntime/1.31.1/libonnxruntime.so` in the user's cache.
pub fn default_library() -> PathBuf {
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH") {
        return path.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            std::env::var_os("HOME")
                .map(PathBuf::from)
                .unwrap_or_default()
                .join(".cache")
        });
    cache
        .join("myai/onnxruntime")
        .join(ONNX_RUNTIME)
        .join("libonnxruntime.so")
}

/// How much is taken and how long things may take.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest run of a model.
    pub run_seconds: u64,
    /// How long an input that is not in the pool yet is waited for.
    pub input_seconds: u64,
    /// Jobs that may wait or run; more are declined.
    pub queue: usize,
    /// Ticks kept free before the deadline, for uploading and attesting.
    pub margin_ticks: Tick,
    /// What a run of a model that never ran is thought to take.
    pub first_run_seconds: u64,
    /// How long jobs that were begun may take after a signal to stop.
    pub stop_seconds: u64,
    /// Longest time without a new best block before the worker is called unhealthy.
    pub block_seconds: u64,
    /// Points of a payer from which its jobs wait behind all others. One for each job that it
    /// spoilt, or that ended a runner; halved every hour.
    pub fruitless_last: u32,
    /// And from which its jobs are declined at once.
    pub fruitless_refused: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            run_seconds: 60,
            input_seconds: 60,
            queue: 32,
            margin_ticks: 4,
            first_run_seconds: 5,
            stop_seconds: 60,
            block_seconds: 60,
            fruitless_last: 3,
            fruitless_refused: 10,
        }
    }
}

impl Limits {
    pub fn run(&self) -> Duration {
        Duration::from_secs(self.run_seconds)
    }

    pub fn input(&self) -> Duration {
        Duration::from_secs(self.input_seconds)
    }

    pub fn first_run(&self) -> Duration {
        Duration::from_secs(self.first_run_seconds)
    }

    pub fn stop(&self) -> Duration {
        Duration::from_secs(self.stop_seconds)
    }

    pub fn block(&self) -> Duration {
        Duration::from_secs(self.block_seconds)
    }
}

/// A version that is served.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    pub version: VersionId,
    /// For one unit, in the asset of the version's price.
    #[serde(deserialize_with = "amount")]
    pub fee: Written,
    /// Shortest job that is taken, in ticks.
    pub min_duration: Tick,
}

/// An amount as it was written, before it is known which asset it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// In MAI, counted in its smallest unit here.
    Mai(Balance),
    /// In the smallest unit of its asset.
    Units(Balance),
}

/// An amount of another asset was written in MAI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount of asset {asset} is written as \"20 units\", not in MAI")]
pub struct NotMai {
    pub asset: u32,
}

impl Written {
    /// How much it is in the smallest unit of `asset`.
    pub fn in_asset(self, asset: Asset) -> Result<Balance, NotMai> {
        match (self, asset) {
            (Self::Mai(_), Asset::Id(asset)) => Err(NotMai { asset }),
            (Self::Mai(value) | Self::Units(value), _) => Ok(value),
        }
    }
}

/// An amount as people write it: `"1.5 MAI"`, or `"20 units"` of any asset.
pub fn parse_amount(text: &str) -> Result<Written, String> {
    let wrong = || {
        format!("`{text}` is no amount: write \"1.5 MAI\", or \"20 units\" for the smallest unit")
    };
    let (number, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
    match unit.trim() {
        "unit" | "units" => {
            let value = number.replace('_', "").parse().map_err(|_| wrong())?;
            Ok(Written::Units(value))
        }
        "MAI" => {
            let (whole, part) = number.split_once('.').unwrap_or((number, ""));
            let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
            if whole.is_empty() || part.len() > 12 || !digits(whole) || !digits(part) {
                return Err(wrong());
            }
            let whole: Balance = whole.parse().map_err(|_| wrong())?;
            let part: Balance = format!("{part:0<12}").parse().map_err(|_| wrong())?;
            whole
                .checked_mul(MAI)
                .and_then(|w| w.checked_add(part))
                .map(Written::Mai)
                .ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

fn amount<'de, D: Deserializer<'de>>(d: D) -> Result<Written, D::Error> {
    let text = String::deserialize(d)?;
    parse_amount(&text).map_err(serde::de::Error::custom)
}

fn native<'de, D: Deserializer<'de>>(d: D) -> Result<Balance, D::Error> {
    amount(d)?
        .in_asset(Asset::Native)
        .map_err(serde::de::Error::custom)
}

impl Config {
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.into(),
            source,
        })?;
        let config: Self = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            ConfigError::Toml {
                path: path.into(),
                line: 1 + before.unwrap_or_default().matches('\n').count(),
                why: error.message().to_owned(),
            }
        })?;
        config.check().map_err(|why| ConfigError::Unsound {
            path: path.into(),
            why,
        })?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let is_rpc = |url: &str| url.starts_with("ws://") || url.starts_with("wss://");
        for (key, url) in [
            ("node", Some(&self.node)),
            ("worker.mailbox", self.worker.mailbox.as_ref()),
        ] {
            if let Some(url) = url.filter(|u| !is_rpc(u)) {
                return Err(format!(
                    "`{key}` is {}, which is neither ws:// nor wss://",
                    shown_address(url)
                ));
            }
        }
        if let Some(folder) = self.files_from.iter().find(|f| !f.is_absolute()) {
            return Err(format!(
                "`files_from` lists `{}`, which is no path from the root, as `/srv/models` is",
                folder.display()
            ));
        }
        if self.files_mib == 0 {
            return Err("`files_mib` is at least 1".into());
        }
        let endpoint = &self.worker.endpoint;
        if !endpoint.is_empty() && !endpoint.starts_with("https://") {
            return Err(format!(
                "`worker.endpoint` is {}, which is not https://",
                shown_address(endpoint)
            ));
        }
        if self.engine.intra_threads == 0 || self.limits.queue == 0 {
            return Err("`engine.intra_threads` and `limits.queue` are at least 1".into());
        }
        if !(self.engine.memory_factor.is_finite() && self.engine.memory_factor >= 1.0) {
            return Err("`engine.memory_factor` is at least 1".into());
        }
        let mut versions: Vec<_> = self.offers.iter().map(|o| o.version).collect();
        versions.sort();
        if let Some(twice) = versions.windows(2).find(|w| w[0] == w[1]) {
            return Err(format!("version {} is offered twice", twice[0]));
        }
        Ok(())
    }

    /// Where the signer's key is: a credential that systemd gives, of the same file name, goes
    /// first.
    pub fn signer_file(&self) -> PathBuf {
        self.credential(std::env::var_os(CREDENTIALS))
            .unwrap_or_else(|| self.signer.clone())
    }

    fn credential(&self, folder: Option<OsString>) -> Option<PathBuf> {
        let file = PathBuf::from(folder?).join(self.signer.file_name()?);
        file.is_file().then_some(file)
    }

    /// The details that the chain shows to clients.
    pub fn mailbox(&self) -> &str {
        self.worker.mailbox.as_deref().unwrap_or(&self.node)
    }

    pub fn sealing_keys(&self) -> PathBuf {
        self.data.join("sealing")
    }

    pub fn files(&self) -> PathBuf {
        self.data.join("files")
    }

    /// How files are fetched; `on_disk` gets the number of their bytes.
    pub fn fetch_options(&self, on_disk: IntGauge) -> FetchOptions {
        FetchOptions {
            may_ask: if self.allow_private_addresses {
                addresses::is_any
            } else {
                addresses::is_public
            },
            from: self.files_from.clone(),
            quota: self.files_mib.saturating_mul(1 << 20),
            on_disk: Some(on_disk),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
        node = "ws://127.0.0.1:9944"
        data = "data"
        signer = "signer.key"
        [worker]
        bond = "100 MAI"
    "#;

    fn read(more: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("worker.toml");
        std::fs::write(&path, format!("{MINIMAL}\n{more}")).unwrap();
        Config::read(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn amounts_are_written_as_people_do() {
        assert_eq!(parse_amount("100 MAI"), Ok(Written::Mai(100 * MAI)));
        assert_eq!(parse_amount("0.5 MAI"), Ok(Written::Mai(MAI / 2)));
        assert_eq!(parse_amount("0.000000000001 MAI"), Ok(Written::Mai(1)));
        assert_eq!(parse_amount("1_000 units"), Ok(Written::Units(1000)));
        for wrong in [
            "",
            "1",
            "1 DOT",
            "-1 MAI",
            "1. 5 MAI",
            "0.0000000000001 MAI",
            "x MAI",
            ".5 MAI",
        ] {
            assert!(parse_amount(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mai_are_an_amount_of_the_native_asset_alone() {
        let (mai, units) = (Written::Mai(MAI), Written::Units(20));
        assert_eq!(mai.in_asset(Asset::Native), Ok(MAI));
        assert_eq!(units.in_asset(Asset::Native), Ok(20));
        assert_eq!(units.in_asset(Asset::Id(1)), Ok(20));
        assert_eq!(mai.in_asset(Asset::Id(1)), Err(NotMai { asset: 1 }));
        let bond = MINIMAL.replace("100 MAI", "5 units");
        assert_eq!(toml::from_str::<Config>(&bond).unwrap().worker.bond, 5);
    }

    #[test]
    fn the_example_is_read() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("worker.toml");
        let config = Config::read(&example).unwrap();
        assert_eq!(config.worker.bond, 100 * MAI);
        assert_eq!(config.offers.len(), 1);
    }

    /// Names that stand between backticks.
    fn named(text: &str) -> Vec<&str> {
        text.split('`').skip(1).step_by(2).collect()
    }

    #[test]
    fn the_example_has_every_key_and_what_is_commented_out_is_the_default() {
        let example = include_str!("../worker.toml");
        let key = |line: &str| line.split(" = ").next().unwrap_or_default().to_string();
        let commented: Vec<&str> = example
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| {
                key(line)
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            })
            .filter(|line| line.contains(" = "))
            .collect();
        let keys: Vec<String> = example.lines().map(key).collect();
        for table in ["", "[worker]", "[engine]", "[limits]", "[[offers]]"] {
            // What is refused is refused with the names of what is not.
            let text = format!("{table}\nno_such_key = 1");
            let error = toml::from_str::<Config>(&text).unwrap_err();
            let names = named(error.message());
            assert!(names.len() > 3, "{error}");
            for name in &names[1..] {
                let there = |k: &String| {
                    k == name || k == &format!("# {name}") || k.trim_matches(['[', ']']) == *name
                };
                assert!(keys.iter().any(there), "{name} of {table} is not shown");
            }
        }

        let mut spelled = example.to_string();
        for line in &commented {
            spelled = spelled.replace(&format!("# {line}"), line);
        }
        let plain: Config = toml::from_str(example).unwrap();
        let mut spelled: Config = toml::from_str(&spelled).unwrap();
        // These show what stands in their place.
        assert!(spelled.engine.library.take().is_some());
        assert!(spelled.engine.parallel.take().is_some());
        assert!(spelled.engine.memory_mib.take().is_some());
        assert!(spelled.worker.payout.take().is_some());
        assert!(spelled.worker.mailbox.take().is_some());
        assert_eq!(format!("{spelled:?}"), format!("{plain:?}"));
    }

    #[test]
    fn credential_of_the_same_name_is_the_signers_key() {
        let folder = tempfile::tempdir().unwrap();
        let config = read("").unwrap();
        let credential = || config.credential(Some(folder.path().into()));
        assert_eq!(credential(), None);
        assert_eq!(config.credential(None), None);
        std::fs::write(folder.path().join("other.key"), "").unwrap();
        assert_eq!(credential(), None);
        let key = folder.path().join("signer.key");
        std::fs::write(&key, "").unwrap();
        assert_eq!(credential(), Some(key));
    }

    #[test]
    fn settings_about_files_are_checked() {
        let read = |more: &str| -> Result<Config, String> {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("worker.toml");
            std::fs::write(&path, format!("{more}\n{MINIMAL}")).unwrap();
            Config::read(&path).map_err(|e| e.to_string())
        };
        let config = read("files_from = [\"/srv/models\"]\nfiles_mib = 3").unwrap();
        let options = config.fetch_options(IntGauge::new("files", "of a test").unwrap());
        assert_eq!(options.from, [Path::new("/srv/models")]);
        assert_eq!(options.quota, 3 << 20);
        assert!(!(options.may_ask)([10, 0, 0, 1].into()));
        let config = read("allow_private_addresses = true").unwrap();
        let options = config.fetch_options(IntGauge::new("files", "of a test").unwrap());
        assert!((options.may_ask)([10, 0, 0, 1].into()));
        assert!(options.from.is_empty());
        assert!(read("files_from = [\"models\"]")
            .unwrap_err()
            .contains("`files_from` lists `models`, which is no path from the root"));
        assert!(read("files_mib = 0")
            .unwrap_err()
            .contains("`files_mib` is at least 1"));
    }

    #[test]
    fn wrong_line_is_named_by_its_number_and_not_shown() {
        let error = read("[limits]\nqueue = \"hush\" x").unwrap_err();
        assert!(
            error.contains(": line 9: ") && !error.contains("hush"),
            "{error}"
        );
    }

    #[test]
    fn defaults_are_enough_and_errors_name_the_key() {
        let config = read("").unwrap();
        assert_eq!(
            (config.worker.max_open_jobs, config.engine.intra_threads),
            (16, 1)
        );
        assert!(config.engine.parallel() >= 1 && config.engine.memory() > 1 << 28);
        assert_eq!(config.mailbox(), "ws://127.0.0.1:9944");
        let error = |more: &str| read(more).unwrap_err();
        assert!(error("[limits]\nqueu = 3").contains("unknown field `queu`"));
        assert!(error("[engine]\nparallel = 0").contains("nonzero"));
        assert!(
            error("[[offers]]\nversion = 1\nfee = \"1\"\nmin_duration = 10")
                .contains("is no amount")
        );
        let offer = "[[offers]]\nversion = 1\nfee = \"1 units\"\nmin_duration = 10\n";
        assert!(error(&offer.repeat(2)).contains("offered twice"));
        assert_eq!(read(offer).unwrap().offers[0].fee, Written::Units(1));
    }
}
