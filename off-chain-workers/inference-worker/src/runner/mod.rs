//! `myai-worker runner`: a process that loads one model and runs it, without rights; or one that
//! has no model, and says whether an input fits a manifest.
//!
//! It has nothing that is worth stealing and can reach nothing: [`walls`] are up before the first
//! byte of a stranger arrives over its standard input, which is a socket to the keeper. If a model
//! or an input does it any harm, the keeper kills it and starts another.

pub mod exactness;
mod model;
mod requests;
pub mod session;
pub mod walls;

use crate::protocol::{self, Blame, Done, Header, Kind, Load, Refused, HEADER, MAX_CHUNK};
use codec::{DecodeAll, Encode};
use model::{Files, Model, Taker};
use ort::environment::Environment;
use requests::{Request, Requests};
use session::SessionError;
use std::{
    io::{self, BufReader, IoSlice, Write},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::PathBuf,
    process::ExitCode,
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

/// Puts the walls up and says so; then the keeper, and the library behind the walls.
pub fn enter(settings: &Settings) -> Result<(UnixStream, Option<Environment>), RunnerError> {
    walls::limit()?;
    let threads = walls::threads()?;
    // Nothing can be opened any more later.
    let keeper = UnixStream::from(rustix::stdio::stdin().try_clone_to_owned()?);
    let library = settings.library.as_deref().map(session::environment);
    let environment = library.transpose()?;
    // It could have been left out of a wall.
    if walls::threads()? != threads {
        return Err(WallError::Threads(walls::threads()?).into());
    }
    let locked = walls::lock(settings.memory, settings.threads, keeper.as_raw_fd())?;
    if !(locked.seccomp || settings.allow_unsandboxed) {
        return Err(RunnerError::Unsandboxed);
    }
    protocol::write(&mut &keeper, Kind::Locked, 0, &locked.encode())?;
    Ok((keeper, environment))
}

/// Bytes from the keeper that are read at once: most requests whole.
const READ: usize = 1 << 16;

/// Loads the model that comes, and answers requests one after another until the keeper hangs up.
pub fn serve(settings: &Settings) -> Result<(), RunnerError> {
    let (keeper, environment) = enter(settings)?;
    let mut keeper = Keeper::new(keeper);
    let work = match &environment {
        Some(environment) => keeper.load(environment, settings.threads.into())?,
        None => keeper.prepare()?,
    };
    let Some(mut work) = work else {
        return Ok(());
    };
    keeper.serve(|request| work.answer(request))
}

/// What a runner does with requests.
enum Work {
    /// Answers them.
    Model(Model),
    /// Tells whether they can be answered.
    Inputs(Taker),
}

impl Work {
    /// The answer, which is empty where there is no model, and the units that it used up.
    fn answer(
        &mut self,
        Request { start, input, .. }: &Request,
    ) -> Result<(Vec<u8>, Done), Refused> {
        match self {
            Self::Model(model) => model.answer(start, input),
            Self::Inputs(taker) => taker.take(start, input).map(|(_, done)| (vec![], done)),
        }
    }
}

/// The keeper, at the other end of the socket, and what it asks for.
struct Keeper {
    from: BufReader<UnixStream>,
    requests: Requests,
}

const CANCELLED: &str = "it was cancelled";

impl Keeper {
    fn new(socket: UnixStream) -> Self {
        Self {
            from: BufReader::with_capacity(READ, socket),
            requests: Requests::default(),
        }
    }

    fn say(&self, kind: Kind, id: u32, payload: &[u8]) -> Result<(), RunnerError> {
        Ok(protocol::write(
            &mut self.from.get_ref(),
            kind,
            id,
            payload,
        )?)
    }

    fn refuse(&self, id: u32, refused: &Refused) -> Result<(), RunnerError> {
        self.say(Kind::Refused, id, &refused.encode())
    }

    /// The next frame, which must be of that kind; `None` where the keeper hung up.
    fn expect(&mut self, kind: Kind) -> Result<Option<Vec<u8>>, RunnerError> {
        match protocol::read(&mut self.from)? {
            Some((header, payload)) if header.kind == kind => Ok(Some(payload)),
            Some((header, _)) => Err(RunnerError::Unexpected(format!("{:?}", header.kind))),
            None => Ok(None),
        }
    }

    /// Tells the keeper why there is no model.
    fn give_up(&mut self, refused: &Refused) -> Result<Option<Work>, RunnerError> {
        self.refuse(0, refused)?;
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

    /// Answers requests one after another, until the keeper hangs up.
    fn serve(
        &mut self,
        mut answer: impl FnMut(&Request) -> Result<(Vec<u8>, Done), Refused>,
    ) -> Result<(), RunnerError> {
        while let Some(request) = self.next()? {
            let answered = match self.requests.is_cancelled(request.id) {
                true => Err(Refused::new(Blame::Model, CANCELLED)),
                false => answer(&request),
            };
            match answered {
                Ok((answer, done)) => self.send(request.id, &answer, done)?,
                Err(refused) => self.refuse(request.id, &refused)?,
            }
            self.requests.end(request.id);
        }
        Ok(())
    }

    /// The next request, once its input is whole and what came with it was heard; `None` where the
    /// keeper hung up.
    fn next(&mut self) -> Result<Option<Request>, RunnerError> {
        while self.requests.is_idle() || self.from.buffer().len() >= HEADER {
            if !self.hear()? {
                return Ok(None);
            }
        }
        Ok(self.requests.next())
    }

    /// Reads one frame; whether there was one.
    fn hear(&mut self) -> Result<bool, RunnerError> {
        let frame = protocol::read(&mut self.from)?;
        let Some((header, payload)) = frame else {
            return Ok(false);
        };
        self.requests.hear(header, payload)?;
        Ok(true)
    }

    /// Sends an answer, as far as there is credit for it.
    fn send(&mut self, id: u32, answer: &[u8], done: Done) -> Result<(), RunnerError> {
        let done = protocol::frame(Kind::Done, id, &done.encode());
        if answer.is_empty() {
            return Ok(self.from.get_ref().write_all(&done)?);
        }
        let mut rest = answer;
        while !rest.is_empty() {
            let length = self.requests.take_credit(id, rest.len().min(MAX_CHUNK));
            if self.requests.is_cancelled(id) {
                return self.refuse(id, &Refused::new(Blame::Model, CANCELLED));
            }
            if length == 0 {
                if !self.hear()? {
                    return Ok(());
                }
                continue;
            }
            let (piece, more) = rest.split_at(length);
            let header = Header {
                kind: Kind::Piece,
                id,
                length: length as u32,
            }
            .to_bytes();
            // The end goes with the last piece.
            let end = if more.is_empty() { &done[..] } else { &[] };
            write_all(
                self.from.get_ref(),
                &mut [&header[..], piece, end].map(IoSlice::new),
            )?;
            rest = more;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Start;

    /// A runner that answers with ten bytes, and the keeper's end of its socket.
    fn runner() -> (UnixStream, std::thread::JoinHandle<Vec<u32>>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let runs = std::thread::spawn(move || {
            let mut ran = Vec::new();
            let mut keeper = Keeper::new(theirs);
            let served = keeper.serve(|request| {
                ran.push(request.id);
                Ok((vec![7; 10], Done { units: 1 }))
            });
            served.unwrap();
            ran
        });
        (ours, runs)
    }

    fn frames(requests: &[(u32, u32)]) -> Vec<u8> {
        let of = |(id, credit): &(u32, u32)| {
            let start = Start {
                units: 1,
                input_length: 2,
                max_output: 10,
                credit: *credit,
            };
            let start = protocol::frame(Kind::Start, *id, &start.encode());
            [start, protocol::frame(Kind::Input, *id, b"in")].concat()
        };
        requests.iter().flat_map(of).collect()
    }

    fn said(socket: &UnixStream) -> Option<(Kind, u32, usize)> {
        let frame = protocol::read(&mut &*socket).unwrap();
        frame.map(|(header, payload)| (header.kind, header.id, payload.len()))
    }

    #[test]
    fn several_requests_are_open_and_what_is_cancelled_does_not_run() {
        let (mut keeper, runs) = runner();
        let cancel = protocol::frame(Kind::Cancel, 2, &[]);
        let all = [frames(&[(1, 10), (2, 10), (3, 10)]), cancel].concat();
        keeper.write_all(&all).unwrap();
        for id in [1, 3] {
            if id == 3 {
                assert_eq!(
                    said(&keeper).map(|(k, id, _)| (k, id)),
                    Some((Kind::Refused, 2))
                );
            }
            assert_eq!(said(&keeper), Some((Kind::Piece, id, 10)));
            assert_eq!(
                said(&keeper).map(|(k, id, _)| (k, id)),
                Some((Kind::Done, id))
            );
        }
        keeper.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(runs.join().unwrap(), [1, 3]);
    }

    #[test]
    fn answer_comes_in_pieces_as_far_as_there_is_credit_or_until_it_is_cancelled() {
        let (mut keeper, runs) = runner();
        keeper.write_all(&frames(&[(1, 4), (2, 10)])).unwrap();
        assert_eq!(said(&keeper), Some((Kind::Piece, 1, 4)));
        let more = protocol::frame(Kind::Credit, 1, &3u32.encode());
        keeper.write_all(&more).unwrap();
        assert_eq!(said(&keeper), Some((Kind::Piece, 1, 3)));
        keeper
            .write_all(&protocol::frame(Kind::Cancel, 1, &[]))
            .unwrap();
        assert_eq!(
            said(&keeper).map(|(k, id, _)| (k, id)),
            Some((Kind::Refused, 1))
        );
        assert_eq!(said(&keeper), Some((Kind::Piece, 2, 10)));
        assert_eq!(
            said(&keeper).map(|(k, id, _)| (k, id)),
            Some((Kind::Done, 2))
        );
        // For what has ended.
        keeper.write_all(&more).unwrap();
        keeper.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(runs.join().unwrap(), [1, 2]);
    }
}
