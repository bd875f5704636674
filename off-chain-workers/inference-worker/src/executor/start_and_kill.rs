//! The thread that starts runners and sees them end.
//!
//! One that lives as long as the keeper: the kernel kills a runner when the *thread* that started
//! it ends, and those of an async runtime come and go.

use rustix::process::{kill_process, Pid, Signal};
use std::{
    io,
    process::{Child, ChildStderr, Command, ExitStatus},
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
};
use tokio::sync::oneshot;

/// Between two looks whether a killed process is gone.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A resource that a process has until it is really gone; dropped then.
pub type Held = Box<dyn Send>;

enum Order {
    Spawn(Command, Spawner, oneshot::Sender<io::Result<Running>>),
    End(Child, Option<Held>, oneshot::Sender<ExitStatus>),
}

/// Cheap to clone; the thread ends with the last of them.
#[derive(Clone)]
pub struct Spawner(mpsc::Sender<Order>);

/// A process that was started. It is killed when this is dropped, wherever that may be.
pub struct Running {
    child: Option<Child>,
    held: Option<Held>,
    spawner: Spawner,
}

impl Spawner {
    pub fn start() -> io::Result<Self> {
        let (send, orders) = mpsc::channel();
        std::thread::Builder::new()
            .name("spawner".into())
            .spawn(move || obey(&orders))?;
        Ok(Self(send))
    }

    pub async fn spawn(&self, command: Command) -> io::Result<Running> {
        let (send, spawned) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts processes is gone");
        let order = Order::Spawn(command, self.clone(), send);
        self.0.send(order).map_err(|_| gone())?;
        spawned.await.map_err(|_| gone())?
    }
}

impl Running {
    pub fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.as_mut()?.stderr.take()
    }

    /// Has it keep this until it is gone.
    pub fn hold(&mut self, held: Held) {
        self.held = Some(held);
    }

    /// Stops it until [`Self::go_on`]: it computes nothing meanwhile, even against its will.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(child) = &self.child {
            // Its number is not another's before it was waited for. One that died needs no signal.
            let _ = kill_process(Pid::from_child(child), signal);
        }
    }

    /// Kills the process, if it runs still; how it ended comes later.
    pub fn end(mut self) -> oneshot::Receiver<ExitStatus> {
        self.send_end()
    }

    fn send_end(&mut self) -> oneshot::Receiver<ExitStatus> {
        let (send, ended) = oneshot::channel();
        if let Some(child) = self.child.take() {
            // Without the thread there is no process either.
            let _ = self
                .spawner
                .0
                .send(Order::End(child, self.held.take(), send));
        }
        ended
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.send_end());
    }
}

fn obey(orders: &mpsc::Receiver<Order>) {
    let mut ending: Vec<(Child, Option<Held>, oneshot::Sender<ExitStatus>)> = Vec::new();
    loop {
        let order = match ending.is_empty() {
            true => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => orders.recv_timeout(LOOK_EVERY),
        };
        match order {
            Ok(Order::Spawn(mut command, spawner, to)) => {
                let running = command.spawn().map(|child| Running {
                    child: Some(child),
                    held: None,
                    spawner,
                });
                // Where nobody waits for it any more it comes back at once, to be ended.
                drop(to.send(running));
            }
            Ok(Order::End(mut child, held, to)) => {
                // It may have ended by itself.
                let _ = child.kill();
                ending.push((child, held, to));
            }
            Err(RecvTimeoutError::Timeout) => (),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        for i in (0..ending.len()).rev() {
            match ending[i].0.try_wait() {
                Ok(None) => (),
                Ok(Some(status)) => {
                    let (_, held, to) = ending.swap_remove(i);
                    drop(held);
                    let _ = to.send(status);
                }
                Err(_) => drop(ending.swap_remove(i)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{process::Stdio, sync::mpsc::channel, time::Instant};

    /// Tells when it is dropped.
    struct Tells(mpsc::Sender<()>);

    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    fn sleep() -> Command {
        let mut command = Command::new("sleep");
        command.arg("1000").stderr(Stdio::piped());
        command
    }

    fn is_alive(id: u32) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{id}/stat"));
        status.is_ok_and(|s| !s.contains(") Z "))
    }

    fn soon(is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[tokio::test]
    async fn what_a_process_has_is_given_up_when_it_is_gone_and_not_before() {
        let spawner = Spawner::start().unwrap();
        let mut running = spawner.spawn(sleep()).await.unwrap();
        let (send, dropped) = channel();
        running.hold(Box::new(Tells(send)));
        let id = running.child.as_ref().unwrap().id();
        assert!(is_alive(id) && dropped.try_recv().is_err());
        let ended = running.end();
        dropped.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(std::fs::metadata(format!("/proc/{id}")).is_err());
        assert!(!ended.await.unwrap().success());
    }

    #[tokio::test]
    async fn a_process_that_nobody_waits_for_any_more_is_killed() {
        let spawner = Spawner::start().unwrap();
        let before = children();
        let (send, spawned) = oneshot::channel();
        let order = Order::Spawn(sleep(), spawner.clone(), send);
        spawner.0.send(order).unwrap();
        // It is there, and was sent to us.
        soon(|| {
            children()
                .iter()
                .any(|c| !before.contains(c) && is_alive(*c))
        });
        std::thread::sleep(Duration::from_millis(50));
        drop(spawned);
        soon(|| {
            children()
                .iter()
                .all(|c| before.contains(c) || !is_alive(*c))
        });
    }

    /// Processes that this one has started to sleep.
    fn children() -> Vec<u32> {
        let own = format!(" {} ", std::process::id());
        let mut found = vec![];
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
                continue;
            };
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let of_state = stat.split(") ").nth(1).unwrap_or_default();
            if stat.contains("(sleep)") && of_state.get(1..).is_some_and(|s| s.starts_with(&own)) {
                found.push(id);
            }
        }
        found
    }

    #[tokio::test]
    async fn a_process_that_is_stopped_computes_nothing_until_it_goes_on() {
        let spawner = Spawner::start().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "while :; do :; done"]);
        let running = spawner.spawn(command).await.unwrap();
        let id = running.child.as_ref().unwrap().id();
        // Of its own, in hundredths of a second.
        let used = || {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
            let mut fields = stat.split(") ").nth(1).unwrap().split(' ');
            fields.nth(11).unwrap().parse::<u64>().unwrap()
        };
        soon(|| used() > 5);
        running.stop();
        std::thread::sleep(Duration::from_millis(50));
        let at_stop = used();
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(used(), at_stop);
        running.go_on();
        soon(|| used() > at_stop + 5);
        // This program may end before the thread has seen to it.
        running.end().await.unwrap();
    }
}
