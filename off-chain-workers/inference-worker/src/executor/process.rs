//! One runner, as the keeper sees it: a process that may lie, hang or die.

use super::start_and_kill::{Held, Running, Spawner};
use crate::{
    artifacts::Kept,
    protocol::{
        frame, Done, Header, HeaderError, Kind, Landlock, Load, Locked, Refused, Start, HEADER,
        MAX_CHUNK,
    },
};
use codec::{DecodeAll, Encode};
use rustix::{
    io::Errno,
    net::{recv, RecvFlags},
};
use std::{
    io::{self, IoSlice, Write},
    os::{
        fd::OwnedFd,
        unix::{
            net::UnixStream,
            process::{CommandExt, ExitStatusExt},
        },
    },
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, BufReader},
    net::unix::pipe,
};

/// How a runner's program is started.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: std::path::PathBuf,
    pub arguments: Vec<std::ffi::OsString>,
    /// The whole environment, but for what [`Process::start`] adds.
    pub environment: Vec<(String, String)>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("start a runner: {0}")]
    Start(io::Error),
    /// `said` is a stranger's text: the runner wrote it to its standard error.
    #[error("the runner ended ({how}){}", written(said))]
    Died { how: String, said: String },
    #[error("the runner broke the rules: {0}")]
    Lied(String),
    #[error("it took longer than it may")]
    TimedOut,
    #[error("{}", .0.why)]
    Refused(Refused),
}

fn written(said: &str) -> String {
    match said {
        "" => String::new(),
        said => format!(", and its last words were \"{said}\""),
    }
}

/// How long a runner may take to put its walls up.
const MAX_START: Duration = Duration::from_secs(20);
/// How long to wait for the kernel to say how a killed process ended.
const MAX_END: Duration = Duration::from_secs(2);
/// Last bytes of a runner's standard error that are kept.
const MAX_SAID: usize = 4096;
/// Most bytes of a runner's standard error that are read: a runner must not keep the keeper busy.
const MAX_HEARD: usize = 1 << 20;
/// Bytes of an answer that may be under way.
const WINDOW: u32 = 1 << 18;

/// Bytes of freed memory that a runner keeps for the next request.
const KEPT: &str = "33554432";
/// Bytes from a runner that are read at once: most answers whole.
const READ: usize = 1 << 16;

/// A runner. It is killed when this is dropped.
pub struct Process {
    socket: UnixStream,
    /// The same socket, to read from. The kernel tells of nothing but bytes to read: told of room to
    /// write as well, a thread would wake up for nothing whenever the runner takes a request.
    from: BufReader<pipe::Receiver>,
    running: Option<Running>,
    is_resting: bool,
    said: Arc<Mutex<Vec<u8>>>,
    last_id: u32,
    pub locked: Locked,
    /// The model's inputs as the runner declared them before the model could run.
    declared: Arc<[u8]>,
    /// Its files, which stay on the disk as long as it lives.
    files: Vec<Kept>,
}

impl Process {
    /// Starts a runner that has `held` until it is gone, and waits until its walls stand.
    pub async fn start(
        spawner: &Spawner,
        program: &Program,
        held: Option<Held>,
    ) -> Result<Self, ProcessError> {
        let start = |e: io::Error| ProcessError::Start(e);
        let (socket, theirs) = UnixStream::pair().map_err(start)?;
        socket.set_nonblocking(true).map_err(start)?;
        let from = socket.try_clone().map_err(start)?.into();
        let from = pipe::Receiver::from_owned_fd_unchecked(from).map_err(start)?;
        let mut command = std::process::Command::new(&program.path);
        command
            .args(&program.arguments)
            // What ends the keeper from a terminal leaves it its runners, to finish.
            .process_group(0)
            .env_clear()
            .envs(program.environment.iter().cloned())
            .env("ORT_DISABLE_TELEMETRY", "1")
            // More arenas take 64 MiB of address space each, and one request at a time needs none.
            .env("MALLOC_ARENA_MAX", "1")
            // Memory of one request is the next one's: the kernel is slow to give it again.
            .env("MALLOC_MMAP_THRESHOLD_", KEPT)
            .env("MALLOC_TRIM_THRESHOLD_", KEPT)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut running = spawner.spawn(command).await.map_err(start)?;
        if let Some(held) = held {
            running.hold(held);
        }
        let said = Arc::default();
        if let Some(stderr) = running.stderr() {
            let from = pipe::Receiver::from_owned_fd(stderr.into()).map_err(start)?;
            tokio::spawn(listen(from, Arc::clone(&said)));
        }
        let mut process = Self {
            socket,
            from: BufReader::with_capacity(READ, from),
            running: Some(running),
            is_resting: false,
            said,
            last_id: 0,
            locked: Locked {
                seccomp: false,
                landlock: Landlock::No,
            },
            declared: Arc::default(),
            files: vec![],
        };
        let until = Instant::now() + MAX_START;
        let (header, payload) = process.within(until, Self::read).await?;
        process.locked = match header.kind {
            Kind::Locked => decode(&payload)?,
            kind => {
                return Err(ProcessError::Lied(format!(
                    "{kind:?} in place of its walls"
                )))
            }
        };
        Ok(process)
    }

    /// Has the file stay as long as the runner does.
    pub fn keep(&mut self, file: Kept) {
        self.files.push(file);
    }

    /// What the model's file says of its inputs.
    pub fn declared(&self) -> Arc<[u8]> {
        self.declared.clone()
    }

    /// Stops it until [`Self::wake`].
    pub fn rest(&mut self) {
        if let Some(running) = &self.running {
            running.stop();
            self.is_resting = true;
        }
    }

    /// Lets it run again.
    pub fn wake(&mut self) {
        if let Some(running) = self.running.as_ref().filter(|_| self.is_resting) {
            running.go_on();
            self.is_resting = false;
        }
    }

    /// Whether it is there, and has said nothing that it was not asked.
    pub fn is_silent(&self) -> bool {
        // The kernel itself is asked: the async runtime may not have heard of it yet.
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let read = recv(&self.socket, &mut [0], flags);
        matches!(read, Err(Errno::AGAIN)) && self.from.buffer().is_empty()
    }

    /// Announces a model, whose files then go by [`Self::send`].
    pub async fn load(&mut self, load: &Load, until: Instant) -> Result<(), ProcessError> {
        let bytes = frame(Kind::Load, 0, &load.encode());
        self.within(until, async |process| process.write(&[], &bytes).await)
            .await
    }

    /// The next bytes of the files.
    pub async fn send(&mut self, bytes: &[u8], until: Instant) -> Result<(), ProcessError> {
        self.within(until, async |process| {
            match process.write_chunks(&[], Kind::Bytes, 0, bytes).await {
                // It may have said why it wants no more of them.
                Err(died @ ProcessError::Died { .. }) => match process.read().await {
                    Ok((header, payload)) if (header.kind, header.id) == (Kind::Refused, 0) => {
                        Err(ProcessError::Refused(decode(&payload)?))
                    }
                    _ => Err(died),
                },
                done => done,
            }
        })
        .await
    }

    /// Gives the word that the files are those of the chain, and waits until the model is loaded.
    pub async fn verified(&mut self, until: Instant) -> Result<(), ProcessError> {
        self.within(until, async |process| {
            process.write(&[], &frame(Kind::Verified, 0, &[])).await?;
            process.declared = process.expect(Kind::Declared).await?.into();
            process.expect(Kind::Ready).await.map(drop)
        })
        .await
    }

    /// Tells a runner without a model which inputs a model takes, as [`Self::verified`] learned
    /// them.
    pub async fn prepare(
        &mut self,
        load: &Load,
        declared: &[u8],
        until: Instant,
    ) -> Result<(), ProcessError> {
        self.load(load, until).await?;
        self.within(until, async |process| {
            process
                .write(&[], &frame(Kind::Declared, 0, declared))
                .await?;
            process.expect(Kind::Ready).await.map(drop)
        })
        .await
    }

    /// The next frame, which must be of that kind, or say why there is none.
    async fn expect(&mut self, kind: Kind) -> Result<Vec<u8>, ProcessError> {
        let (header, payload) = self.read().await?;
        match (header.kind, header.id) {
            (given, 0) if given == kind => Ok(payload),
            (Kind::Refused, 0) => Err(ProcessError::Refused(decode(&payload)?)),
            (given, _) => Err(ProcessError::Lied(format!(
                "{given:?} in place of {kind:?}"
            ))),
        }
    }

    /// Has one request answered: the answer, and the units that it used up.
    ///
    /// After any error but [`ProcessError::Refused`] the runner is of no use any more.
    pub async fn ask(
        &mut self,
        input: &[u8],
        units: u32,
        max_output: u32,
        until: Instant,
    ) -> Result<(Vec<u8>, u32), ProcessError> {
        self.last_id = self.last_id.wrapping_add(1).max(1);
        let id = self.last_id;
        let start = Start {
            units,
            input_length: input.len() as u32,
            max_output,
            credit: WINDOW,
        };
        let start = frame(Kind::Start, id, &start.encode());
        self.within(until, async |process| {
            process.write_chunks(&start, Kind::Input, id, input).await?;
            process.receive(id, units, max_output).await
        })
        .await
    }

    async fn receive(
        &mut self,
        id: u32,
        units: u32,
        max_output: u32,
    ) -> Result<(Vec<u8>, u32), ProcessError> {
        let lied = |what: String| Err(ProcessError::Lied(what));
        let mut answer = Vec::new();
        let mut consumed = 0;
        loop {
            let header = self.read_header().await?;
            if header.id != id {
                return lied(format!("it spoke of request {}", header.id));
            }
            match header.kind {
                Kind::Piece => {
                    if header.length == 0 || header.length > WINDOW {
                        return lied(format!("a piece of {} bytes", header.length));
                    }
                    if header.length as usize > max_output as usize - answer.len() {
                        return lied(format!("an answer of more than {max_output} bytes"));
                    }
                    self.read_payload(header, &mut answer).await?;
                    consumed += header.length;
                    // Most answers end before they need more.
                    if consumed > WINDOW / 2 {
                        let more = std::mem::take(&mut consumed).encode();
                        self.write(&[], &frame(Kind::Credit, id, &more)).await?;
                    }
                }
                Kind::Done => {
                    let done: Done = self.read_message(header).await?;
                    if done.units > units {
                        return lied(format!("{} units, and {units} are paid for", done.units));
                    }
                    return Ok((answer, done.units));
                }
                Kind::Refused => {
                    return Err(ProcessError::Refused(self.read_message(header).await?));
                }
                kind => return lied(format!("{kind:?} in place of an answer")),
            }
        }
    }

    async fn within<T>(
        &mut self,
        until: Instant,
        work: impl AsyncFnOnce(&mut Self) -> Result<T, ProcessError>,
    ) -> Result<T, ProcessError> {
        match tokio::time::timeout_at(until.into(), work(self)).await {
            Ok(done) => done,
            Err(_) => Err(ProcessError::TimedOut),
        }
    }

    async fn read(&mut self) -> Result<(Header, Vec<u8>), ProcessError> {
        let header = self.read_header().await?;
        let mut payload = Vec::with_capacity(header.length as usize);
        self.read_payload(header, &mut payload).await?;
        Ok((header, payload))
    }

    async fn read_message<T: DecodeAll>(&mut self, header: Header) -> Result<T, ProcessError> {
        let mut payload = Vec::new();
        self.read_payload(header, &mut payload).await?;
        decode(&payload)
    }

    async fn read_header(&mut self) -> Result<Header, ProcessError> {
        let mut header = [0; HEADER];
        if let Err(error) = self.from.read_exact(&mut header).await {
            return Err(self.died(error).await);
        }
        let lied = |e: HeaderError| ProcessError::Lied(e.to_string());
        Header::from_bytes(header).map_err(lied)
    }

    /// Reads a frame's payload to the end of `to`.
    async fn read_payload(&mut self, header: Header, to: &mut Vec<u8>) -> Result<(), ProcessError> {
        let length = header.length as usize;
        to.reserve(length);
        let mut payload = (&mut self.from).take(length as u64);
        match payload.read_to_end(to).await {
            Ok(read) if read == length => Ok(()),
            Ok(_) => Err(self.died(io::ErrorKind::UnexpectedEof.into()).await),
            Err(error) => Err(self.died(error).await),
        }
    }

    /// Both at once where they find room.
    async fn write(&mut self, head: &[u8], body: &[u8]) -> Result<(), ProcessError> {
        let mut parts = [IoSlice::new(head), IoSlice::new(body)];
        let mut rest = parts.as_mut_slice();
        // Parts that are empty count as written.
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            let written = match self.socket.write_vectored(rest) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    room(&self.socket).await.map(|()| 0)
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(0),
                written => written,
            };
            match written {
                Ok(length) => IoSlice::advance_slices(&mut rest, length),
                Err(error) => return Err(self.died(error).await),
            }
        }
        Ok(())
    }

    /// Writes the bytes in frames, at least one; `before` stands in front of the first.
    async fn write_chunks(
        &mut self,
        mut before: &[u8],
        kind: Kind,
        id: u32,
        mut bytes: &[u8],
    ) -> Result<(), ProcessError> {
        loop {
            let (chunk, rest) = bytes.split_at(bytes.len().min(MAX_CHUNK));
            let length = chunk.len() as u32;
            let header = Header { kind, id, length }.to_bytes();
            let head = [std::mem::take(&mut before), &header].concat();
            self.write(&head, chunk).await?;
            if rest.is_empty() {
                return Ok(());
            }
            bytes = rest;
        }
    }

    /// How it ended, as far as is known.
    async fn died(&mut self, error: io::Error) -> ProcessError {
        let how = match self.running.take().map(Running::end) {
            Some(ended) => match tokio::time::timeout(MAX_END, ended).await {
                Ok(Ok(status)) => told(status),
                _ => error.to_string(),
            },
            None => error.to_string(),
        };
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let said = String::from_utf8_lossy(&said);
        ProcessError::Died {
            how,
            said: said.trim().escape_debug().to_string(),
        }
    }
}

/// Waits for room to write, which most requests need not.
async fn room(socket: &UnixStream) -> io::Result<()> {
    let to = pipe::Sender::from_owned_fd_unchecked(socket.try_clone()?.into())?;
    to.writable().await
}

fn told(status: ExitStatus) -> String {
    let name = |signal| match signal {
        libc::SIGABRT => "it broke off",
        libc::SIGBUS | libc::SIGSEGV => "it touched memory that is not its own",
        libc::SIGFPE => "a division that there is no result of",
        libc::SIGILL => "an instruction that this processor does not have",
        libc::SIGKILL => "killed",
        libc::SIGSYS => "a call of the kernel that it may not make",
        _ => "a signal",
    };
    match status.signal() {
        Some(signal) => format!("signal {signal}, {}", name(signal)),
        None => status.to_string(),
    }
}

fn decode<T: DecodeAll>(payload: &[u8]) -> Result<T, ProcessError> {
    T::decode_all(&mut &payload[..]).map_err(|e| ProcessError::Lied(e.to_string()))
}

/// Keeps the last bytes that come, up to [`MAX_HEARD`] bytes in all.
async fn listen(mut from: pipe::Receiver, to: Arc<Mutex<Vec<u8>>>) {
    let (mut buffer, mut heard) = ([0; 1024], 0);
    while heard < MAX_HEARD {
        let Ok(length @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        heard += length;
        let mut said = to.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend_from_slice(&buffer[..length]);
        let over = said.len().saturating_sub(MAX_SAID);
        said.drain(..over);
    }
}
