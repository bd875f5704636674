//! `myai-worker runner`: a process that loads one model and runs it, without rights; or one that has no
//! model, and tells whether an input is what a manifest takes.
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
use model::{Files, Model, Taker};
use ort::{environment::Environment, session::RunOptions};
use session::SessionError;
use std::{
    collections::HashMap,
    io::{self, BufReader, Write},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::PathBuf,
    process::ExitCode,
    sync::{mpsc, Arc, Condvar, Mutex, MutexGuard, PoisonError},
};
use walls::WallError;

/// How a runner is started.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Library of ONNX Runtime. Without it no model is run: the runner tells whether inputs are what
    /// a manifest takes.
    #[arg(long)]
    pub library: Option<PathBuf>,
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
    let alone = walls::threads().and_then(|threads| match threads {
        1 => Ok(()),
        more => Err(WallError::Threads(more)),
    });
    match alone.map_err(Into::into).and_then(|()| serve(settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Puts the walls up and says so; then the keeper, and the library behind the walls. What
/// `start_threads` starts is behind them too, and the last that can be where a run has one thread.
pub fn enter(
    settings: &Settings,
    start_threads: impl FnOnce(&Arc<UnixStream>),
) -> Result<(Arc<UnixStream>, Option<Environment>), RunnerError> {
    walls::limit()?;
    let threads = walls::threads()?;
    // Nothing can be opened any more later, so all have the one socket.
    let keeper = Arc::new(UnixStream::from(
        rustix::stdio::stdin().try_clone_to_owned()?,
    ));
    let library = settings.library.as_deref().map(session::environment);
    let environment = library.transpose()?;
    // It could have been left out of a wall.
    if walls::threads()? != threads {
        return Err(WallError::Threads(walls::threads()?).into());
    }
    let descriptor = keeper.as_raw_fd();
    let locked = walls::lock(settings.memory, settings.threads, descriptor, || {
        start_threads(&keeper);
    })?;
    if !(locked.seccomp || settings.allow_unsandboxed) {
        return Err(RunnerError::Unsandboxed);
    }
    protocol::write(&mut &*keeper, Kind::Locked, 0, &locked.encode())?;
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
pub fn serve(settings: &Settings) -> Result<(), RunnerError> {
    let shared = Arc::new(Shared::default());
    let (send, frames) = mpsc::channel();
    let of_reader = shared.clone();
    let (keeper, environment) = enter(settings, move |keeper| {
        let from = keeper.clone();
        std::thread::spawn(move || {
            let read = read_frames(&from, &of_reader, &send);
            if let Err(error) = read {
                eprintln!("{error}");
            }
            // Whatever runs, nobody waits for it.
            std::process::abort();
        });
    })?;
    let mut runner = Runner {
        keeper,
        shared,
        frames,
    };
    let work = match &environment {
        Some(environment) => runner.load(environment, settings.threads.into())?,
        None => runner.prepare()?,
    };
    match work {
        Some(mut work) => runner.answer_all(&mut work),
        None => Ok(()),
    }
}

/// What a runner does with requests.
enum Work {
    /// Answers them.
    Model(Model),
    /// Tells whether they can be answered.
    Inputs(Taker),
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

    /// The next frame, which must be of that kind; `None` where the keeper hung up.
    fn expect(&mut self, kind: Kind) -> Result<Option<Vec<u8>>, RunnerError> {
        match self.frames.recv() {
            Ok((header, payload)) if header.kind == kind => Ok(Some(payload)),
            Ok((header, _)) => Err(RunnerError::Unexpected(format!("{:?}", header.kind))),
            Err(_) => Ok(None),
        }
    }

    /// Tells the keeper why there is no model.
    fn give_up(&mut self, refused: &Refused) -> Result<Option<Work>, RunnerError> {
        self.say(Kind::Refused, 0, &refused.encode())?;
        Ok(None)
    }

    /// What a runner without a model does.
    fn prepare(&mut self) -> Result<Option<Work>, RunnerError> {
        let Some(load) = self.expect(Kind::Load)? else {
            return Ok(None);
        };
        let Some(declared) = self.expect(Kind::Declared)? else {
            return Ok(None);
        };
        match Taker::read(&decode(&load)?, &declared) {
            Ok(taker) => {
                self.say(Kind::Ready, 0, &[])?;
                Ok(Some(Work::Inputs(taker)))
            }
            Err(refused) => self.give_up(&refused),
        }
    }

    /// The model; `None` where the keeper hung up, or was told why there is none.
    fn load(
        &mut self,
        environment: &Environment,
        threads: usize,
    ) -> Result<Option<Work>, RunnerError> {
        let Some(load) = self.expect(Kind::Load)? else {
            return Ok(None);
        };
        let load: Load = decode(&load)?;
        let mut files = Vec::with_capacity(load.files.len());
        for part in &load.files {
            let length = usize::try_from(part.length).unwrap_or(usize::MAX);
            let mut file: Vec<u8> = Vec::new();
            if file.try_reserve_exact(length).is_err() {
                let why = format!("the file of {length} bytes has no room in memory");
                return self.give_up(&Refused::new(Blame::Model, why));
            }
            while file.len() < length {
                let Some(bytes) = self.expect(Kind::Bytes)? else {
                    return Ok(None);
                };
                if bytes.len() > length - file.len() {
                    return Err(RunnerError::Unexpected("more bytes than announced".into()));
                }
                file.extend_from_slice(&bytes);
            }
            files.push(file);
        }
        if self.expect(Kind::Verified)?.is_none() {
            return Ok(None);
        }
        let looked = Files::look(&load, files);
        let looked = looked.and_then(|files| Ok((files.taker().declared()?, files)));
        let (declared, files) = match looked {
            Ok(looked) => looked,
            Err(refused) => return self.give_up(&refused),
        };
        // Before the model can have a say in it.
        self.say(Kind::Declared, 0, &declared)?;
        match files.load(environment, threads) {
            Ok(model) => {
                self.say(Kind::Ready, 0, &[])?;
                Ok(Some(Work::Model(model)))
            }
            Err(refused) => self.give_up(&refused),
        }
    }

    fn answer_all(&mut self, work: &mut Work) -> Result<(), RunnerError> {
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
                    self.answer(work, id, &start, &input)?;
                    self.shared.lock().remove(&id);
                }
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        work: &mut Work,
        id: u32,
        start: &Start,
        input: &[u8],
    ) -> Result<(), RunnerError> {
        let answered = match work {
            Work::Inputs(taker) => taker.take(start, input).map(|(_, done)| (vec![], done)),
            Work::Model(model) => {
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
                model.answer(start, input, &options)
            }
        };
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
