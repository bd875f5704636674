//! What the tests of the whole need: starting nodes, workers and the command line, and people with
//! money.

use codec::Encode;
use myai_chain_client::{
    calls::{self, Conviction, Origin},
    events,
    hop::blob_hash,
    sealing::{JobBinding, SealingKey},
    AccountId, Call, Chain, ChainError, Key,
};
use myai_primitives::{commitments::*, *};
use serde_json::Value;
use std::{
    future::Future,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

/// The dollar of the development chain.
pub const DOLLAR: u32 = 1;

/// What each of six accounts votes with, of the million that it has: together more than half.
const VOTE: Balance = 600_000 * MAI;

/// The one runtime that all tests of this program use: connections outlive a test.
fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().expect("a runtime starts"))
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

/// Until `condition` gives something, at most `seconds`.
pub fn until<T>(what: &str, seconds: u64, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(
            Instant::now() < end,
            "{what} did not come within {seconds} s"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A program that was built beside the tests, or an example (`examples/NAME`).
pub fn program(name: &str) -> PathBuf {
    // A test program lies in `deps`, beside the programs' folder.
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.ancestors().nth(2).expect("a test lies in `deps`");
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is not built: cargo build --workspace --bins --examples",
        path.display()
    );
    path
}

/// A prepared model's file.
pub fn model_file(name: &str) -> PathBuf {
    let models = std::env::var_os("MYAI_CACHE")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            std::env::var_os("XDG_CACHE_HOME")
                .map(PathBuf::from)
                .unwrap_or_else(|| {
                    PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache")
                })
                .join("myai")
        });
    let path = models.join("models").join(name);
    assert!(
        path.exists(),
        "{} is not there: scripts/models/prepare.sh",
        path.display()
    );
    path
}

pub fn manifest_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../scripts/models/manifests")
        .join(name)
}

/// A child that ends with this program, however that ends: a shell between them waits for the end
/// of its standard input.
pub struct Process {
    shell: Child,
    pid: u32,
    pub log: PathBuf,
}

impl Process {
    /// With `variables` in its environment; what it says is appended to `log`.
    pub fn start(command: &[String], variables: &[(&str, &str)], log: PathBuf) -> Self {
        let out = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log");
        let pid_file = log.with_extension("pid");
        let _ = std::fs::remove_file(&pid_file);
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(
                r#"pidfile=$1; shift
                   exec 3<&0
                   "$@" 3<&- </dev/null & child=$!
                   echo $child >"$pidfile.new"; mv "$pidfile.new" "$pidfile"
                   { read -r _ <&3; kill -9 $child 2>/dev/null; } >/dev/null 2>&1 & guard=$!
                   wait $child; status=$?
                   kill $guard 2>/dev/null
                   exit $status"#,
            )
            .arg("sh")
            .arg(&pid_file)
            .args(command)
            .stdin(Stdio::piped())
            .stdout(out.try_clone().expect("a log"))
            .stderr(out);
        for (name, value) in variables {
            shell.env(name, value);
        }
        let shell = shell.spawn().expect("a shell");
        let pid = until("a process", 10, || {
            std::fs::read_to_string(&pid_file).ok()?.trim().parse().ok()
        });
        Self { shell, pid, log }
    }

    fn signal(&self, name: &str) {
        let _ = Command::new("kill")
            .args([name, &self.pid.to_string()])
            .status();
    }

    pub fn has_ended(&mut self) -> bool {
        self.shell.try_wait().expect("a status").is_some()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.signal("-9");
        let _ = self.shell.wait();
    }

    /// Asks it to end, and says whether it did well.
    pub fn stop(mut self) -> bool {
        self.signal("-TERM");
        until("a graceful end", 90, || {
            self.shell.try_wait().expect("a status")
        })
        .success()
    }

    pub fn wait_for_end(&mut self, seconds: u64) {
        until("an end", seconds, || self.has_ended().then_some(()));
    }

    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.shell.try_wait() {
            self.signal("-9");
            let _ = self.shell.wait();
        }
    }
}

/// That nothing listens on now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("a free port")
        .port()
}

/// A development chain.
pub struct Node {
    pub process: Option<Process>,
    pub url: String,
    port: u16,
    options: Vec<String>,
    pub folder: tempfile::TempDir,
}

impl Node {
    /// That makes a block every `milliseconds`, with more options of the node's.
    pub fn start(milliseconds: u32, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let mut node = Self {
            process: None,
            url: format!("ws://127.0.0.1:{port}"),
            port,
            options: std::iter::once(format!("--dev-block-time={milliseconds}"))
                .chain(options.iter().map(|o| o.to_string()))
                .collect(),
            folder,
        };
        node.run();
        node
    }

    /// One that somebody else runs.
    fn at(url: &str) -> Self {
        Self {
            process: None,
            url: url.into(),
            port: 0,
            options: Vec::new(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Starts it (again) on the same chain, and waits until it makes blocks.
    pub fn run(&mut self) {
        let base = self.folder.path().join("base");
        let mut command = vec![
            program("myai-node").display().to_string(),
            "--dev".into(),
            format!("--base-path={}", base.display()),
            format!("--rpc-port={}", self.port),
            format!("--port={}", free_port()),
            "--rpc-max-connections=500".into(),
            "--no-prometheus".into(),
            "--no-telemetry".into(),
        ];
        command.extend(self.options.iter().cloned());
        self.process = Some(Process::start(
            &command,
            &[],
            self.folder.path().join("node.log"),
        ));
        let end = Instant::now() + Duration::from_secs(300);
        let mut first = None;
        // The first start compiles the runtime.
        loop {
            let best = wait(async {
                let chain = Chain::connect(&self.url).await.ok()?;
                chain.best().await.ok().map(|b| b.number)
            });
            match (best, first) {
                (Some(now), Some(before)) if now > before => return,
                (Some(now), None) => first = Some(now),
                _ => (),
            }
            let process = self.process.as_mut().expect("just started");
            assert!(
                !process.has_ended() && Instant::now() < end,
                "the node makes no blocks; its log: {}",
                process.log_text()
            );
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Stops it, and keeps a copy of its chain.
    pub fn save(&mut self) {
        assert!(self.process.take().expect("it runs").stop());
        self.copy("base", "saved");
    }

    /// Kills it, and goes back to the chain that was saved.
    pub fn go_back(&mut self) {
        self.kill();
        std::fs::remove_dir_all(self.folder.path().join("base")).expect("its chain goes");
        self.copy("saved", "base");
    }

    fn copy(&self, from: &str, to: &str) {
        let folder = self.folder.path();
        let copied = Command::new("cp")
            .arg("-a")
            .args([folder.join(from), folder.join(to)])
            .status()
            .expect("cp runs");
        assert!(copied.success());
    }
}

/// A chain and somebody rich.
pub struct World {
    pub node: Node,
    pub chain: Chain,
}

impl World {
    /// With a block each second.
    pub fn start() -> Self {
        Self::with(1_000, &[])
    }

    /// See [`Node::start`].
    pub fn with(milliseconds: u32, options: &[&str]) -> Self {
        Self::of(Node::start(milliseconds, options))
    }

    /// A chain that somebody else runs, seen through the node at `url`.
    pub fn at(url: &str) -> Self {
        Self::of(Node::at(url))
    }

    fn of(node: Node) -> Self {
        let chain = wait(Chain::connect(&node.url)).expect("the node answers");
        Self { node, chain }
    }

    /// The one that most tests share.
    pub fn shared() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(Self::start)
    }

    /// Somebody new with a thousand MAI and as many dollars.
    pub fn person(&self, name: &str) -> Person {
        let uri = format!("//{name}");
        let account = Key::from_uri(&uri).expect("a key").account();
        let rich = Key::from_uri("//Alice").expect("a key");
        let gift = calls::batch_all(vec![
            calls::transfer_keep_alive(account.clone(), 1_000 * MAI),
            calls::transfer(
                account.clone(),
                Amount {
                    asset: Asset::Id(DOLLAR),
                    value: 1_000_000_000,
                },
            ),
        ]);
        wait(self.chain.submit(&rich, gift)).expect("a gift");
        Person {
            uri,
            account,
            url: self.node.url.clone(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Has the accounts of the development chain decide on a call, and waits until it has run.
    pub fn decide(&self, origin: Origin, call: Call) {
        let voters = [
            "//Alice",
            "//Bob",
            "//Charlie",
            "//Dave",
            "//Eve",
            "//Ferdie",
        ]
        .map(|uri| Key::from_uri(uri).expect("a key"));
        let submit = |key, call| wait(self.chain.submit(key, call)).expect("a step of a vote");
        let submitted = submit(
            &voters[0],
            calls::submit_referendum(origin, call, Enactment::After(0)),
        );
        let events::Submitted { index } = submitted.one().expect("a referendum");
        submit(&voters[0], calls::place_decision_deposit(index));
        for voter in &voters {
            submit(voter, calls::vote(index, true, Conviction::NONE, VOTE));
        }
        // The scheduler's name for what this referendum decided.
        let name = (*b"assembly", "enactment", index).encode();
        let name = Some(sp_crypto_hashing::blake2_256(&name));
        let ran = async {
            let mut heads = self.chain.heads();
            loop {
                let block = heads.next().await.hash;
                let events = self.chain.events_at(block).await.expect("events");
                let ran = events.iter().find(|event| {
                    let dispatched = event.read().expect("fields");
                    dispatched == Some(events::Dispatched { id: name })
                });
                if let Some(event) = ran {
                    break event.fields.clone();
                }
            }
        };
        // Ticks are the relay chain's under one.
        let limit = Duration::from_secs(180);
        let fields = wait(async { tokio::time::timeout(limit, ran).await }).expect("it runs");
        let (_, result) = fields
            .iter()
            .find(|(f, _)| f == "result")
            .expect("a result");
        assert_eq!(result, &[0], "the call failed");
    }

    /// All that an account has, held units included.
    pub fn has(&self, who: &AccountId, asset: Asset) -> Balance {
        let holding = wait(self.chain.balance(who, asset)).expect("a balance");
        holding.free + holding.held
    }

    pub fn held(&self, who: &AccountId) -> Balance {
        wait(self.chain.balance(who, Asset::Native))
            .expect("a balance")
            .held
    }

    /// What a version's split may hand out, claimed or not.
    pub fn income(&self, version: u32) -> Balance {
        let view = wait(self.chain.version(VersionId(version))).expect("an answer");
        let split = view.expect("is published").split;
        let owed = wait(self.chain.owed(split, Asset::Native)).expect("an answer");
        owed.iter().map(|share| share.value + share.paid).sum()
    }

    /// An order for one unit, answered by `worker`, that may be opened now. Its input is not the
    /// commitment to anything yet.
    pub fn order(&self, version: u32, worker: &AccountId, duration: Tick) -> Order<AccountId> {
        Order {
            payer: Payer::Own,
            parent: None,
            version: VersionId(version),
            units: 1,
            max_cost: MAI,
            duration,
            open_by: self.served() + MAX_OPEN_AHEAD / 2,
            policies: None,
            uploader: None,
            input_commitment: [0; 32],
            input_length: 1,
            run: Run::Direct {
                worker: worker.clone(),
                blob: [0; 32],
            },
        }
    }

    /// A job of one unit with that input, past what `myai` would refuse by itself; the order
    /// states `length`.
    pub fn prepare(
        &self,
        payer: &Person,
        worker: &Worker,
        version: u32,
        input: &[u8],
        length: u32,
    ) -> Prepared {
        self.prepare_lasting(200, payer, worker, version, input, length)
    }

    /// The same, with the time that the worker has.
    pub fn prepare_lasting(
        &self,
        duration: Tick,
        payer: &Person,
        worker: &Worker,
        version: u32,
        input: &[u8],
        length: u32,
    ) -> Prepared {
        let key = payer.key();
        let order = Order {
            input_length: length,
            ..self.order(version, &worker.account(), duration)
        };
        self.seal(&payer.account, key, worker, input, order)
    }

    /// Seals the input for the worker and completes the order with that. `opener` opens the job; `key`
    /// hands the input to the pool and is handed the answer there.
    pub fn seal(
        &self,
        opener: &AccountId,
        key: Key,
        worker: &Worker,
        input: &[u8],
        order: Order<AccountId>,
    ) -> Prepared {
        let view = worker.view(self);
        let answer_key = SealingKey::generate();
        let plain = SealedInput {
            format: SEALED_INPUT_FORMAT,
            salt: [7; 32],
            answer_sealing_key: answer_key.public(),
            answer_mailbox_key: key.public(),
            bytes: input.to_vec(),
        };
        let binding = JobBinding {
            genesis: self.chain.genesis_hash(),
            payer: opener.clone().into(),
            input_commitment: input_commitment(&plain.salt, input),
        };
        let sealed = binding
            .seal(Direction::Input, &view.details.sealing_key, &plain.encode())
            .expect("is sealed");
        let order = Order {
            input_commitment: binding.input_commitment,
            run: Run::Direct {
                worker: view.id.clone(),
                blob: blob_hash(&sealed),
            },
            ..order
        };
        Prepared {
            id: JobId::of(opener, opener, &order),
            order,
            sealed,
            signer: view.signer.into(),
            key,
            binding,
            answer_key,
        }
    }

    pub fn open(&self, job: &Prepared) -> Result<(), ChainError> {
        let open = calls::open_job(job.order.clone());
        wait(self.chain.submit(&job.key, open)).map(drop)
    }

    /// Hands the input to the pool.
    pub fn upload(&self, job: &Prepared) {
        let hop = self.chain.hop();
        let patience = Duration::from_secs(30);
        wait(hop.submit_patiently(&job.sealed, &job.signer, &job.key, patience))
            .expect("is uploaded");
    }

    /// The answer of a settled job, fetched from the pool and opened with the keys that were sealed
    /// with the input.
    pub fn answer(&self, job: &Prepared) -> Vec<u8> {
        let Some(JobState::Ended(ended)) = self.job(job.id) else {
            panic!("the job has not ended");
        };
        let Outcome::Settled { blob, .. } = ended.outcome else {
            panic!("it has no answer: {:?}", ended.outcome);
        };
        let patience = Duration::from_secs(60);
        let sealed = wait(self.chain.hop().claim_patiently(&blob, &job.key, patience))
            .expect("the pool answers")
            .expect("the pool has it");
        let opened = job
            .binding
            .open(Direction::Output, &job.answer_key, &sealed);
        opened.expect("is opened").to_vec()
    }

    /// Ticks of service at the best block.
    pub fn served(&self) -> Tick {
        wait(self.chain.clock()).expect("an answer").served
    }

    /// How a job stands at the best block.
    pub fn job(&self, job: JobId) -> Option<JobState<AccountId>> {
        wait(self.chain.job(job))
            .expect("an answer")
            .map(|view| view.state)
    }

    pub fn is_open(&self, job: JobId) -> bool {
        matches!(self.job(job), Some(JobState::Open(_)))
    }

    /// How a job ended, at most that many seconds from now.
    pub fn outcome(&self, job: JobId, seconds: u64) -> Outcome {
        until("an end", seconds, || match self.job(job) {
            Some(JobState::Ended(ended)) => Some(ended.outcome),
            _ => None,
        })
    }

    /// A job that somebody's machine keeps and that is open.
    pub fn open_job(&self, payer: &Person) -> Option<JobId> {
        payer.jobs().into_iter().find(|job| self.is_open(*job))
    }

    /// The best block's number.
    pub fn best(&self) -> u32 {
        wait(self.chain.best()).expect("an answer").number
    }

    /// What there is of the token beside what was minted since genesis, read from the storage of one
    /// block.
    pub fn issuance(&self) -> Balance {
        let block = wait(self.chain.best()).expect("an answer").hash;
        let read = |pallet: &[u8], item: &[u8], at: usize| {
            let key = [
                sp_crypto_hashing::twox_128(pallet),
                sp_crypto_hashing::twox_128(item),
            ]
            .concat();
            let bytes = wait(self.chain.storage(&key, Some(block))).expect("an answer");
            let number = |bytes: Vec<u8>| bytes[at..at + 16].try_into().expect("16 bytes");
            // Nothing is minted before the first block.
            bytes.map_or(0, |bytes| Balance::from_le_bytes(number(bytes)))
        };
        // Beside its first tick and its limit issuance says what was minted.
        read(b"Balances", b"TotalIssuance", 0) - read(b"RewardSplit", b"Issuance", 20)
    }
}

/// A job that is opened by hand.
pub struct Prepared {
    pub id: JobId,
    pub order: Order<AccountId>,
    sealed: Vec<u8>,
    signer: [u8; 32],
    key: Key,
    binding: JobBinding,
    answer_key: SealingKey,
}

/// Somebody who types commands.
pub struct Person {
    pub uri: String,
    pub account: AccountId,
    pub url: String,
    pub folder: tempfile::TempDir,
}

pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|e| panic!("no JSON ({e}): {} {}", self.out, self.err))
    }
}

impl Person {
    pub fn key(&self) -> Key {
        Key::from_uri(&self.uri).expect("a key")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program("myai"));
        command
            .args(args)
            .args(["--json", "--node", &self.url, "--key", &self.uri])
            .arg("--data-dir")
            .arg(self.folder.path())
            .env_remove("MYAI_KEY_FILE")
            .stdin(Stdio::null());
        command
    }

    /// What `myai` says, however it ends.
    pub fn try_myai(&self, args: &[&str]) -> Said {
        let out = self.command(args).output().expect("myai runs");
        Said {
            code: out.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&out.stdout).into_owned(),
            err: String::from_utf8_lossy(&out.stderr).into_owned(),
        }
    }

    pub fn myai(&self, args: &[&str]) -> Value {
        let said = self.try_myai(args);
        assert_eq!(said.code, 0, "myai {args:?}: {} {}", said.out, said.err);
        said.json()
    }

    /// The jobs that this machine keeps, oldest first.
    pub fn jobs(&self) -> Vec<JobId> {
        let kept = self.myai(&["job", "list"]);
        let id = |job: &Value| job["job"].as_str()?.parse().ok();
        let jobs = kept.as_array().expect("a list");
        jobs.iter().map(|job| id(job).expect("an id")).collect()
    }

    /// Registers a model; its number.
    pub fn registers(&self, name: &str) -> u32 {
        let about = self.folder.path().join("about.txt");
        std::fs::write(&about, name).expect("a file");
        let about = about.display().to_string();
        let said = self.myai(&["model", "register", name, "--metadata", &about]);
        said["id"].as_u64().expect("a number") as u32
    }

    /// Publishes what `toml` says as a version; its number.
    pub fn publishes(&self, toml: &str) -> u32 {
        let path = self.folder.path().join("version.toml");
        std::fs::write(&path, toml).expect("a file");
        let said = self.myai(&["model", "publish", "--spec", &path.display().to_string()]);
        said["id"].as_u64().expect("a number") as u32
    }
}

/// A version's file, which ends inside its clauses: derivatives are allowed, and nothing is asked.
pub fn version_toml(
    model: u32,
    file: &Path,
    manifest: &Path,
    numerics: &str,
    price: &str,
) -> String {
    format!(
        "model = {model}\nfile = \"{}\"\nmanifest = \"{}\"\nnumerics = \"{numerics}\"\n\
         unit = \"call\"\nprice = \"{price}\"\nmax_input = 1000000\nmax_output = 65536\n\
         [clauses]\nlicense = \"Apache-2.0\"\nderivatives = \"allowed\"\n",
        file.display(),
        manifest.display()
    )
}

/// More of the clauses of a version's or a dataset's file: a share of each price for one call,
/// which brings at least `floor`, while all fees of the call come to at most `max_fee`.
pub fn royalty_toml(share: &str, floor: &str, max_fee: &str) -> String {
    format!(
        "[clauses.royalty]\nshare = \"{share}\"\n[[clauses.royalty.alternatives]]\n\
         unit = \"call\"\nfloor = \"{floor}\"\nmax_fee = \"{max_fee}\"\n"
    )
}

fn offers_toml(offers: &[(u32, &str)]) -> String {
    let offer = |(version, fee): &(u32, &str)| {
        format!("[[offers]]\nversion = {version}\nfee = \"{fee}\"\nmin_duration = 20\n")
    };
    offers.iter().map(offer).collect()
}

/// A worker with a folder, its settings and, while it runs, a process.
pub struct Worker {
    pub person: Person,
    pub process: Option<Process>,
}

impl Worker {
    /// Registers it; it offers each version for that fee.
    pub fn new(world: &World, name: &str, offers: &[(u32, &str)]) -> Self {
        let worker = Self {
            person: world.person(name),
            process: None,
        };
        let folder = worker.person.folder.path();
        std::fs::write(
            folder.join("worker.toml"),
            format!(
                "node = \"{}\"\ndata = \"{}\"\nsigner = \"{}\"\nfiles_from = [\"/\"]\n\
                 [worker]\nbond = \"100 MAI\"\nmax_open_jobs = 1000\n\
                 [limits]\nqueue = 1000\ninput_seconds = 15\n{}",
                world.node.url,
                folder.join("data").display(),
                folder.join("signer.key").display(),
                offers_toml(offers)
            ),
        )
        .expect("settings");
        let key = folder.join("bond.key");
        myai_chain_client::keys::write_secret_file(&key, &worker.person.uri).expect("a key");
        let out = worker
            .command(&["setup", "--bond-key", &key.display().to_string()])
            .output()
            .expect("myai-worker runs");
        assert!(
            out.status.success(),
            "setup: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        worker
    }

    /// Adds offers to its settings, for the next `setup`.
    pub fn offers(&self, offers: &[(u32, &str)]) {
        self.change_settings(|settings| settings + &offers_toml(offers));
    }

    fn change_settings(&self, change: impl FnOnce(String) -> String) {
        let path = self.person.folder.path().join("worker.toml");
        let settings = std::fs::read_to_string(&path).expect("settings");
        std::fs::write(&path, change(settings)).expect("settings");
    }

    /// Changes a line of its settings, before it runs.
    pub fn set(&self, was: &str, now: &str) {
        self.change_settings(|settings| {
            assert!(settings.contains(was), "{settings}");
            settings.replace(was, now)
        });
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program("myai-worker"));
        command
            .arg("--config")
            .arg(self.person.folder.path().join("worker.toml"))
            .args(args);
        command
    }

    /// Starts the daemon; `crash` names the point at which it ends as by `kill -9`.
    pub fn run(&mut self, crash: Option<&str>) {
        let folder = self.person.folder.path();
        let command = [
            program("myai-worker").display().to_string(),
            "--config".into(),
            folder.join("worker.toml").display().to_string(),
            "run".into(),
        ];
        let variables: Vec<_> = crash
            .iter()
            .map(|point| ("MYAI_WORKER_CRASH_AT", *point))
            .collect();
        self.process = Some(Process::start(
            &command,
            &variables,
            folder.join("worker.log"),
        ));
    }

    pub fn running(world: &World, name: &str, offers: &[(u32, &str)]) -> Self {
        let mut worker = Self::new(world, name, offers);
        worker.run(None);
        worker
    }

    pub fn account(&self) -> AccountId {
        self.person.account.clone()
    }

    /// As the chain knows it.
    pub fn view(&self, world: &World) -> WorkerView<AccountId> {
        wait(world.chain.worker(&self.account()))
            .expect("an answer")
            .expect("is registered")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.person.folder.path().join("worker.log")).unwrap_or_default()
    }
}

/// A digits model without bases for 0.02 MAI a call, published by `owner`; the version.
pub fn digits(owner: &Person) -> u32 {
    digits_with(owner, |toml| toml)
}

/// The same, with its file changed.
pub fn digits_with(owner: &Person, change: impl FnOnce(String) -> String) -> u32 {
    let model = owner.registers("digits");
    owner.publishes(&change(version_toml(
        model,
        &model_file("digits/digits-int.onnx"),
        &manifest_file("digits-int.json"),
        "int-v1",
        "0.02 MAI",
    )))
}

/// What the split of such a version has of each answer: the network keeps a fortieth.
pub const INCOME: Balance = MAI / 50 - MAI / 50 / 40;

pub fn seven() -> String {
    model_file("digits/pictures/7.png").display().to_string()
}
