//! `myai-worker runner`: a process that loads one model and runs it, without rights; or one that
//! has no model, and says whether an input fits a manifest.
//!
//! It has nothing that is worth stealing and can reach nothing: [`walls`] are up before the first
//! byte of a stranger arrives over its standard input, which is a socket to the keeper. If a model
//! or an input does it any harm, the keeper kills it and starts another.

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
    collections::{HashMap, VecDeque},
    io::{self, BufReader, IoSlice, Read, Write},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::PathBuf,
    process::ExitCode,
    sync::{mpsc, Arc, Condvar, Mutex, MutexGuard, PoisonError},
};
use walls::WallError;

/// How a runner is started.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Library of ONNX Runtime. Without it the runner runs no model and says whether inputs fit a
    /// manifest.
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

/// Bytes from the keeper that are read at once: most requests whole.
const READ: usize = 1 << 16;

/// Loads the model that comes, and answers requests one after another until the keeper hangs up.
pub fn serve(settings: &Settings) -> Result<(), RunnerError> {
    let (send, begun) = mpsc::channel::<Arc<Turns>>();
    let (keeper, environment) = enter(settings, move |_| {
        std::thread::spawn(move || {
            if let Ok(turns) = begun.recv() {
                turns.take();
            }
        });
    })?;
    let mut loading = Loading {
        reader: BufReader::with_capacity(READ, Stream(keeper.clone())),
        keeper,
    };
    let work = match &environment {
        Some(environment) => loading.load(environment, settings.threads.into())?,
        None => loading.prepare()?,
    };
    let Some(work) = work else {
        return Ok(());
    };
    let Loading { reader, keeper } = loading;
    let turns = Arc::new(Turns {
        keeper,
        reader: Mutex::new(Reader {
            from: reader,
            coming: HashMap::new(),
        }),
        work: Mutex::new(work),
        requests: Mutex::default(),
        changed: Condvar::new(),
    });
    // Should it not be there, this thread does all alone.
    let _ = send.send(turns.clone());
    turns.take();
    Ok(())
}

/// What a runner does with requests.
enum Work {
    /// Answers them.
    Model(Model),
    /// Tells whether they can be answered.
    Inputs(Taker),
}

/// The socket, which two threads have.
struct Stream(Arc<UnixStream>);

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

/// A runner that has no model yet.
struct Loading {
    keeper: Arc<UnixStream>,
    reader: BufReader<Stream>,
}

impl Loading {
    fn say(&mut self, kind: Kind, id: u32, payload: &[u8]) -> Result<(), RunnerError> {
        Ok(protocol::write(&mut &*self.keeper, kind, id, payload)?)
    }

    /// The next frame, which must be of that kind; `None` where the keeper hung up.
    fn expect(&mut self, kind: Kind) -> Result<Option<Vec<u8>>, RunnerError> {
        match protocol::read(&mut self.reader)? {
            Some((header, payload)) if header.kind == kind => Ok(Some(payload)),
            Some((header, _)) => Err(RunnerError::Unexpected(format!("{:?}", header.kind))),
            None => Ok(None),
        }
    }

    /// Tells the keeper why there is no model.
    fn give_up(&mut self, refused: &Refused) -> Result<Option<Work>, RunnerError> {
        self.say(Kind::Refused, 0, &refused.encode())?;
        Ok(None)
    }

    /// Gets ready as a runner without a model.
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

    /// Loads the model; `None` where the keeper hung up, or knows by now why there is no model.
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
}

/// The state that both threads of a runner share. They take turns: one reads what the keeper sends;
/// when that is a whole request it answers it itself, and the other one reads on. So no request
/// waits for a thread to wake up.
struct Turns {
    keeper: Arc<UnixStream>,
    reader: Mutex<Reader>,
    work: Mutex<Work>,
    requests: Mutex<Requests>,
    /// Credit has come, or an order to cancel.
    changed: Condvar,
}

struct Reader {
    from: BufReader<Stream>,
    /// Requests whose input is not whole yet.
    coming: HashMap<u32, (Start, Vec<u8>)>,
}

struct Request {
    id: u32,
    start: Start,
    input: Vec<u8>,
}

#[derive(Default)]
struct Requests {
    open: HashMap<u32, Flow>,
    /// Whole ones. The keeper sends no more than it lets wait.
    waiting: VecDeque<Request>,
    /// Whether one is being answered.
    is_busy: bool,
}

/// A request that is open.
struct Flow {
    /// Bytes that may be sent.
    credit: u64,
    is_cancelled: bool,
    /// While it runs.
    stop: Option<Arc<RunOptions>>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turns {
    /// The work of either thread, until the process ends.
    fn take(&self) {
        if let Err(error) = self.try_take() {
            eprintln!("{error}");
        }
        // The other thread must not keep the process.
        std::process::abort();
    }

    fn try_take(&self) -> Result<(), RunnerError> {
        while let Some(request) = self.next()? {
            let mut next = Some(request);
            while let Some(request) = next {
                self.answer(&mut lock(&self.work), &request)?;
                next = self.after(request.id);
            }
        }
        Ok(())
    }

    /// Reads until there is a request that nobody answers yet; `None` where the keeper hung up.
    fn next(&self) -> Result<Option<Request>, RunnerError> {
        let mut reader = lock(&self.reader);
        while let Some((header, payload)) = protocol::read(&mut reader.from)? {
            let Some(request) = self.hear(&mut reader.coming, header, payload)? else {
                continue;
            };
            let mut requests = lock(&self.requests);
            if !requests.is_busy {
                requests.is_busy = true;
                return Ok(Some(request));
            }
            requests.waiting.push_back(request);
        }
        Ok(None)
    }

    /// The next one that is to be answered after this one.
    fn after(&self, id: u32) -> Option<Request> {
        let mut requests = lock(&self.requests);
        requests.open.remove(&id);
        let next = requests.waiting.pop_front();
        requests.is_busy = next.is_some();
        next
    }

    /// The request that is whole with this frame.
    fn hear(
        &self,
        coming: &mut HashMap<u32, (Start, Vec<u8>)>,
        Header { kind, id, .. }: Header,
        payload: Vec<u8>,
    ) -> Result<Option<Request>, RunnerError> {
        match kind {
            Kind::Start => {
                let start: Start = decode(&payload)?;
                let flow = Flow {
                    credit: start.credit.into(),
                    is_cancelled: false,
                    stop: None,
                };
                lock(&self.requests).open.insert(id, flow);
                coming.insert(id, (start, Vec::new()));
            }
            Kind::Input => {
                let Some((start, mut input)) = coming.remove(&id) else {
                    return Err(RunnerError::Unexpected("a piece of no input".into()));
                };
                match input.is_empty() {
                    true => input = payload,
                    false => input.extend_from_slice(&payload),
                }
                if input.len() >= start.input_length as usize {
                    return Ok(Some(Request { id, start, input }));
                }
                coming.insert(id, (start, input));
            }
            Kind::Credit => {
                let more: u32 = decode(&payload)?;
                if let Some(flow) = lock(&self.requests).open.get_mut(&id) {
                    flow.credit = flow.credit.saturating_add(more.into());
                }
                self.changed.notify_all();
            }
            Kind::Cancel => {
                if let Some(flow) = lock(&self.requests).open.get_mut(&id) {
                    flow.is_cancelled = true;
                    if let Some(stop) = &flow.stop {
                        // Fails only where there is no memory left; the run then ends by itself.
                        let _ = stop.terminate();
                    }
                }
                self.changed.notify_all();
            }
            other => return Err(RunnerError::Unexpected(format!("{other:?}"))),
        }
        Ok(None)
    }

    fn say(&self, kind: Kind, id: u32, payload: &[u8]) -> Result<(), RunnerError> {
        Ok(protocol::write(&mut &*self.keeper, kind, id, payload)?)
    }

    fn answer(&self, work: &mut Work, request: &Request) -> Result<(), RunnerError> {
        let Request { id, start, input } = request;
        let id = *id;
        let answered = match work {
            Work::Inputs(taker) => taker.take(start, input).map(|(_, done)| (vec![], done)),
            Work::Model(model) => {
                let options = Arc::new(session::run_options()?);
                let is_wanted = match lock(&self.requests).open.get_mut(&id) {
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
        let done = protocol::frame(Kind::Done, id, &done.encode());
        if answer.is_empty() {
            return Ok((&*self.keeper).write_all(&done)?);
        }
        let mut rest = answer.as_slice();
        while !rest.is_empty() {
            let Some(length) = self.wait_for_credit(id, rest.len().min(MAX_CHUNK)) else {
                return self.refuse(id, CANCELLED);
            };
            let (piece, more) = rest.split_at(length);
            let length = length as u32;
            let kind = Kind::Piece;
            let header = Header { kind, id, length }.to_bytes();
            // The end goes with the last piece.
            let end = if more.is_empty() { &done[..] } else { &[] };
            write_all(
                &self.keeper,
                &mut [&header[..], piece, end].map(IoSlice::new),
            )?;
            rest = more;
        }
        Ok(())
    }

    fn refuse(&self, id: u32, why: &str) -> Result<(), RunnerError> {
        let refused = Refused::new(Blame::Model, why);
        self.say(Kind::Refused, id, &refused.encode())
    }

    /// How many bytes may be sent, at most `wanted`; `None` where the request is cancelled.
    fn wait_for_credit(&self, id: u32, wanted: usize) -> Option<usize> {
        let mut requests = lock(&self.requests);
        loop {
            let flow = requests.open.get_mut(&id).filter(|f| !f.is_cancelled)?;
            let length = wanted.min(usize::try_from(flow.credit).unwrap_or(usize::MAX));
            if length > 0 {
                flow.credit = flow.credit.saturating_sub(length as u64);
                return Some(length);
            }
            let waited = self.changed.wait(requests);
            requests = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Writes all the parts, one after another, at once where they find room.
fn write_all(mut to: &UnixStream, mut parts: &mut [IoSlice]) -> io::Result<()> {
    // Parts that are empty count as written.
    IoSlice::advance_slices(&mut parts, 0);
    while !parts.is_empty() {
        match to.write_vectored(parts) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut parts, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn decode<T: DecodeAll>(payload: &[u8]) -> Result<T, RunnerError> {
    let decoded = T::decode_all(&mut &payload[..]);
    decoded.map_err(|e| RunnerError::Unexpected(format!("what cannot be read: {e}")))
}
