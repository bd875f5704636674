//! `myai-worker runner`: a process that loads one model and runs it, without rights.
//!
//! It has nothing that is worth stealing and can reach nothing: [`walls`] are up before the first
//! byte of a stranger arrives over its standard input, which is a socket to the keeper. Whatever a
//! model or an input does to it, the keeper kills it and starts another.

pub mod exactness;
mod model;
pub mod session;
pub mod walls;

use crate::protocol::{self, Blame, Header, Kind, Load, Refused, Start, MAX_CHUNK};
use codec::{DecodeAll, Encode};
use model::Model;
use ort::{environment::Environment, session::RunOptions};
use session::SessionError;
use std::{
    collections::HashMap,
    io::{self, BufReader, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::ExitCode,
    sync::{mpsc, Arc, Condvar, Mutex, MutexGuard, PoisonError},
};
use walls::WallError;

/// How a runner is started.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Library of ONNX Runtime.
    #[arg(long)]
    pub library: PathBuf,
    /// Threads inside one run.
    #[arg(long, default_value_t = 1)]
    pub threads: u16,
    /// Bytes that the model and its runs may take.
    #[arg(long)]
    pub memory: u64,
    /// Goes on without the filter of the kernel's calls, where the kernel has none.
    #[arg(long)]
    pub allow_unsandboxed: bool,
}

/// Why a runner ends.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Wall(#[from] WallError),
    #[error("the kernel filters no calls: start the worker with --allow-unsandboxed if you trust every model that you offer")]
    Unsandboxed,
    #[error("talk to the keeper: {0}")]
    Socket(#[from] io::Error),
    #[error("the keeper sent {0}")]
    Unexpected(String),
}

/// The whole process. Nothing may have started a thread before.
pub fn main(settings: &Settings) -> ExitCode {
    let done = enter(settings)
        .and_then(|(keeper, environment)| serve(keeper, &environment, settings.threads.into()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Puts the walls up and says so; then the keeper, and the library behind the walls.
pub fn enter(settings: &Settings) -> Result<(UnixStream, Environment), RunnerError> {
    walls::limit()?;
    let mut keeper = UnixStream::from(rustix::stdio::stdin().try_clone_to_owned()?);
    let environment = session::environment(&settings.library)?;
    // Two besides those of a run: the one that reads, and the one that runs.
    let threads = u64::from(settings.threads) + 2;
    let memory = settings
        .memory
        .saturating_add(threads.saturating_mul(walls::MEMORY_OF_A_THREAD));
    let locked = walls::lock(memory)?;
    if !(locked.seccomp || settings.allow_unsandboxed) {
        return Err(RunnerError::Unsandboxed);
    }
    protocol::write(&mut keeper, Kind::Locked, 0, &locked.encode())?;
    Ok((keeper, environment))
}

const CANCELLED: &str = "it was cancelled";

/// What the reading thread and the running one both know.
#[derive(Default)]
struct Shared {
    flows: Mutex<HashMap<u32, Flow>>,
    changed: Condvar,
}

/// A request that is open.
struct Flow {
    /// Bytes that may be sent.
    credit: u64,
    is_cancelled: bool,
    /// While it runs.
    stop: Option<Arc<RunOptions>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Flow>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Loads the model that comes, and answers requests one after another until the keeper hangs up.
pub fn serve(
    keeper: UnixStream,
    environment: &Environment,
    threads: usize,
) -> Result<(), RunnerError> {
    let shared = Arc::new(Shared::default());
    let (send, frames) = mpsc::channel();
    // Nothing can be opened any more, so both have the one socket.
    let keeper = Arc::new(keeper);
    let (of_reader, from) = (shared.clone(), keeper.clone());
    std::thread::spawn(move || {
        let read = read_frames(&from, &of_reader, &send);
        if let Err(error) = read {
            eprintln!("{error}");
        }
        // Whatever runs, nobody waits for it.
        std::process::abort();
    });
    let mut runner = Runner {
        keeper,
        shared,
        frames,
    };
    let Some(mut model) = runner.load(environment, threads)? else {
        return Ok(());
    };
    runner.answer_all(&mut model)
}

/// What changes a request that runs is heard here; all else is passed on. The keeper sends no more
/// than it lets wait.
fn read_frames(
    from: &UnixStream,
    shared: &Shared,
    to: &mpsc::Sender<(Header, Vec<u8>)>,
) -> Result<(), RunnerError> {
    let mut from = BufReader::new(from);
    while let Some((header, payload)) = protocol::read(&mut from)? {
        match header.kind {
            Kind::Start => {
                let flow = Flow {
                    credit: decode::<Start>(&payload)?.credit.into(),
                    is_cancelled: false,
                    stop: None,
                };
                shared.lock().insert(header.id, flow);
            }
            Kind::Credit => {
                let more: u32 = decode(&payload)?;
                if let Some(flow) = shared.lock().get_mut(&header.id) {
                    flow.credit = flow.credit.saturating_add(more.into());
                }
                shared.changed.notify_all();
                continue;
            }
            Kind::Cancel => {
                if let Some(flow) = shared.lock().get_mut(&header.id) {
                    flow.is_cancelled = true;
                    if let Some(stop) = &flow.stop {
                        // Fails only where there is no memory left; the run then ends by itself.
                        let _ = stop.terminate();
                    }
                }
                shared.changed.notify_all();
                continue;
            }
            _ => (),
        }
        if to.send((header, payload)).is_err() {
            break;
        }
    }
    Ok(())
}

fn decode<T: DecodeAll>(payload: &[u8]) -> Result<T, RunnerError> {
    let decoded = T::decode_all(&mut &payload[..]);
    decoded.map_err(|e| RunnerError::Unexpected(format!("what cannot be read: {e}")))
}

struct Runner {
    keeper: Arc<UnixStream>,
    shared: Arc<Shared>,
    frames: mpsc::Receiver<(Header, Vec<u8>)>,
}

impl Runner {
    fn say(&mut self, kind: Kind, id: u32, payload: &[u8]) -> Result<(), RunnerError> {
        Ok(protocol::write(&mut &*self.keeper, kind, id, payload)?)
    }

    /// The model; `None` where the keeper hung up, or was told why there is none.
    fn load(
        &mut self,
        environment: &Environment,
        threads: usize,
    ) -> Result<Option<Model>, RunnerError> {
        let unexpected = |kind: Kind| RunnerError::Unexpected(format!("{kind:?}"));
        let Ok((header, payload)) = self.frames.recv() else {
            return Ok(None);
        };
        if header.kind != Kind::Load {
            return Err(unexpected(header.kind));
        }
        let load: Load = decode(&payload)?;
        let mut files = Vec::with_capacity(load.files.len());
        for part in &load.files {
            let length = usize::try_from(part.length).unwrap_or(usize::MAX);
            let mut file: Vec<u8> = Vec::new();
            if file.try_reserve_exact(length).is_err() {
                let why = format!("the file of {length} bytes has no room in memory");
                let refused = Refused::new(Blame::Model, why).encode();
                self.say(Kind::Refused, 0, &refused)?;
                return Ok(None);
            }
            while file.len() < length {
                let Ok((header, bytes)) = self.frames.recv() else {
                    return Ok(None);
                };
                if header.kind != Kind::Bytes || bytes.len() > length - file.len() {
                    return Err(unexpected(header.kind));
                }
                file.extend_from_slice(&bytes);
            }
            files.push(file);
        }
        match self.frames.recv() {
            Ok((header, _)) if header.kind == Kind::Verified => (),
            Ok((header, _)) => return Err(unexpected(header.kind)),
            Err(_) => return Ok(None),
        }
        match Model::load(environment, &load, files, threads) {
            Ok(model) => {
                self.say(Kind::Ready, 0, &[])?;
                Ok(Some(model))
            }
            Err(refused) => {
                self.say(Kind::Refused, 0, &refused.encode())?;
                Ok(None)
            }
        }
    }

    fn answer_all(&mut self, model: &mut Model) -> Result<(), RunnerError> {
        let mut open: HashMap<u32, (Start, Vec<u8>)> = HashMap::new();
        while let Ok((Header { kind, id, .. }, payload)) = self.frames.recv() {
            match kind {
                Kind::Start => {
                    let start: Start = decode(&payload)?;
                    open.insert(id, (start, Vec::new()));
                }
                Kind::Input => match open.get_mut(&id) {
                    Some((_, input)) => input.extend_from_slice(&payload),
                    None => return Err(RunnerError::Unexpected("a piece of no input".into())),
                },
                other => return Err(RunnerError::Unexpected(format!("{other:?}"))),
            }
            let is_whole =
                |(start, input): &(Start, Vec<u8>)| input.len() >= start.input_length as usize;
            if open.get(&id).is_some_and(is_whole) {
                if let Some((start, input)) = open.remove(&id) {
                    self.answer(model, id, &start, input)?;
                    self.shared.lock().remove(&id);
                }
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        model: &mut Model,
        id: u32,
        start: &Start,
        input: Vec<u8>,
    ) -> Result<(), RunnerError> {
        let options = Arc::new(session::run_options()?);
        let is_wanted = match self.shared.lock().get_mut(&id) {
            Some(flow) if !flow.is_cancelled => {
                flow.stop = Some(options.clone());
                true
            }
            _ => false,
        };
        if !is_wanted {
            return self.refuse(id, CANCELLED);
        }
        let answered = model.answer(start, &input, &options);
        drop(input);
        let (answer, done) = match answered {
            Ok(answered) => answered,
            Err(refused) => return self.say(Kind::Refused, id, &refused.encode()),
        };
        let mut rest = answer.as_slice();
        // The last frames go at once.
        let mut frames = Vec::new();
        while !rest.is_empty() {
            let Some(length) = self.wait_for_credit(id, rest.len().min(MAX_CHUNK)) else {
                return self.refuse(id, CANCELLED);
            };
            let (piece, more) = rest.split_at(length);
            frames = protocol::frame(Kind::Piece, id, piece);
            rest = more;
            if !rest.is_empty() {
                (&*self.keeper).write_all(&frames)?;
            }
        }
        frames.extend(protocol::frame(Kind::Done, id, &done.encode()));
        Ok((&*self.keeper).write_all(&frames)?)
    }

    fn refuse(&mut self, id: u32, why: &str) -> Result<(), RunnerError> {
        let refused = Refused::new(Blame::Model, why);
        self.say(Kind::Refused, id, &refused.encode())
    }

    /// How many bytes may be sent, at most `wanted`; `None` where the request is cancelled.
    fn wait_for_credit(&self, id: u32, wanted: usize) -> Option<usize> {
        let mut flows = self.shared.lock();
        loop {
            let flow = flows.get_mut(&id).filter(|f| !f.is_cancelled)?;
            let length = wanted.min(usize::try_from(flow.credit).unwrap_or(usize::MAX));
            if length > 0 {
                flow.credit = flow.credit.saturating_sub(length as u64);
                return Some(length);
            }
            let waited = self.shared.changed.wait(flows);
            flows = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
