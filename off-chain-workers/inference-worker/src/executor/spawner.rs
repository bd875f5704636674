//! The thread that starts runners and sees them end.
//!
//! One that lives as long as the keeper: the kernel kills a runner when the *thread* that started it
//! ends, and those of an async runtime come and go.

use std::{
    io,
    process::{Child, Command, ExitStatus},
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
};
use tokio::sync::oneshot;

/// Between two looks whether a killed process is gone.
const LOOK_EVERY: Duration = Duration::from_millis(2);

enum Order {
    Spawn(Command, oneshot::Sender<io::Result<Child>>),
    End(Child, oneshot::Sender<ExitStatus>),
}

/// Cheap to clone; the thread ends with the last of them.
#[derive(Clone)]
pub struct Spawner(mpsc::Sender<Order>);

impl Spawner {
    pub fn start() -> io::Result<Self> {
        let (send, orders) = mpsc::channel();
        std::thread::Builder::new()
            .name("spawner".into())
            .spawn(move || obey(&orders))?;
        Ok(Self(send))
    }

    pub async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (send, spawned) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts processes is gone");
        let order = Order::Spawn(command, send);
        self.0.send(order).map_err(|_| gone())?;
        spawned.await.map_err(|_| gone())?
    }

    /// Kills the process, if it runs still; how it ended comes later.
    pub fn end(&self, child: Child) -> oneshot::Receiver<ExitStatus> {
        let (send, ended) = oneshot::channel();
        // Without the thread there is no process either.
        let _ = self.0.send(Order::End(child, send));
        ended
    }
}

fn obey(orders: &mpsc::Receiver<Order>) {
    let mut ending: Vec<(Child, oneshot::Sender<ExitStatus>)> = Vec::new();
    loop {
        let order = match ending.is_empty() {
            true => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => orders.recv_timeout(LOOK_EVERY),
        };
        match order {
            Ok(Order::Spawn(mut command, to)) => {
                if let Err(Ok(mut child)) = to.send(command.spawn()) {
                    // Nobody waits for it any more.
                    let _ = child.kill().and_then(|()| child.wait());
                }
            }
            Ok(Order::End(mut child, to)) => {
                // It may have ended by itself.
                let _ = child.kill();
                ending.push((child, to));
            }
            Err(RecvTimeoutError::Timeout) => (),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        for i in (0..ending.len()).rev() {
            match ending[i].0.try_wait() {
                Ok(None) => (),
                Ok(Some(status)) => {
                    let _ = ending.swap_remove(i).1.send(status);
                }
                Err(_) => drop(ending.swap_remove(i)),
            }
        }
    }
}
