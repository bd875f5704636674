//! The requests that are open, as their frames come.

use super::{decode, RunnerError};
use crate::protocol::{Header, Kind, Start};
use std::collections::{HashMap, VecDeque};

pub struct Request {
    pub id: u32,
    pub start: Start,
    pub input: Vec<u8>,
}

#[derive(Default)]
pub struct Requests {
    open: HashMap<u32, Flow>,
    /// Whose input is not whole yet.
    coming: HashMap<u32, (Start, Vec<u8>)>,
    /// Whole ones. The keeper sends no more than it lets wait.
    waiting: VecDeque<Request>,
}

/// Of an answer.
struct Flow {
    /// Bytes that may be sent.
    credit: u64,
    is_cancelled: bool,
}

impl Requests {
    /// Takes a frame in. Credit and an order to cancel may come for what has ended by now.
    pub fn hear(
        &mut self,
        Header { kind, id, .. }: Header,
        payload: Vec<u8>,
    ) -> Result<(), RunnerError> {
        match kind {
            Kind::Start => {
                let start: Start = decode(&payload)?;
                let flow = Flow {
                    credit: start.credit.into(),
                    is_cancelled: false,
                };
                self.open.insert(id, flow);
                self.coming.insert(id, (start, Vec::new()));
            }
            Kind::Input => {
                let Some((start, mut input)) = self.coming.remove(&id) else {
                    return Err(RunnerError::Unexpected("a piece of no input".into()));
                };
                match input.is_empty() {
                    true => input = payload,
                    false => input.extend_from_slice(&payload),
                }
                if input.len() >= start.input_length as usize {
                    self.waiting.push_back(Request { id, start, input });
                } else {
                    self.coming.insert(id, (start, input));
                }
            }
            Kind::Credit => {
                let more: u32 = decode(&payload)?;
                if let Some(flow) = self.open.get_mut(&id) {
                    flow.credit = flow.credit.saturating_add(more.into());
                }
            }
            Kind::Cancel => {
                if let Some(flow) = self.open.get_mut(&id) {
                    flow.is_cancelled = true;
                }
            }
            other => return Err(RunnerError::Unexpected(format!("{other:?}"))),
        }
        Ok(())
    }

    /// Whether none is whole.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The next one whose input is whole; it stays open.
    pub fn next(&mut self) -> Option<Request> {
        self.waiting.pop_front()
    }

    pub fn is_cancelled(&self, id: u32) -> bool {
        self.open.get(&id).is_none_or(|flow| flow.is_cancelled)
    }

    /// How many bytes may be sent now, at most `wanted`; they are taken off the credit.
    pub fn take_credit(&mut self, id: u32, wanted: usize) -> usize {
        let Some(flow) = self.open.get_mut(&id) else {
            return 0;
        };
        let length = wanted.min(usize::try_from(flow.credit).unwrap_or(usize::MAX));
        flow.credit -= length as u64;
        length
    }

    /// Forgets a request that was answered.
    pub fn end(&mut self, id: u32) {
        self.open.remove(&id);
    }
}
