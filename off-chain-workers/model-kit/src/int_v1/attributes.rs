//! The attributes of a node. Its operator takes those that it knows; if one is left over, the node
//! is refused.

use crate::onnx::{AttributeProto, NodeProto, TensorProto};
use std::collections::BTreeMap;

/// ONNX's numbers for the kinds of attributes that are read here.
const INT: i32 = 2;
const STRING: i32 = 3;
const TENSOR: i32 = 4;
const INTS: i32 = 7;

pub struct Attributes<'a>(BTreeMap<&'a str, &'a AttributeProto>);

impl<'a> Attributes<'a> {
    pub fn of(node: &'a NodeProto) -> Result<Self, String> {
        let mut found = BTreeMap::new();
        for attribute in &node.attribute {
            let name = attribute.name.as_str();
            if found.insert(name, attribute).is_some() {
                return Err(format!("it has the attribute `{name}` twice"));
            }
        }
        Ok(Self(found))
    }

    fn take(
        &mut self,
        name: &str,
        kind: i32,
        word: &str,
    ) -> Result<Option<&'a AttributeProto>, String> {
        let Some(found) = self.0.remove(name) else {
            return Ok(None);
        };
        if found.r#type == kind {
            Ok(Some(found))
        } else {
            Err(format!("the attribute `{name}` is not {word}"))
        }
    }

    pub fn int(&mut self, name: &str) -> Result<Option<i64>, String> {
        Ok(self.take(name, INT, "a whole number")?.map(|a| a.i))
    }

    /// An attribute that is 0 or 1.
    pub fn flag(&mut self, name: &str, default: bool) -> Result<bool, String> {
        match self.int(name)? {
            None => Ok(default),
            Some(0) => Ok(false),
            Some(1) => Ok(true),
            Some(n) => Err(format!("the attribute `{name}` is {n}, neither 0 nor 1")),
        }
    }

    pub fn ints(&mut self, name: &str) -> Result<Option<&'a [i64]>, String> {
        Ok(self
            .take(name, INTS, "a list of whole numbers")?
            .map(|a| a.ints.as_slice()))
    }

    pub fn string(&mut self, name: &str) -> Result<Option<&'a [u8]>, String> {
        Ok(self.take(name, STRING, "a string")?.map(|a| a.s.as_slice()))
    }

    pub fn tensor(&mut self, name: &str) -> Result<Option<&'a TensorProto>, String> {
        let found = self.take(name, TENSOR, "a tensor")?;
        Ok(found.and_then(|a| a.t.as_deref()))
    }

    pub fn all_were_taken(&self) -> Result<(), String> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("its operator has no attribute `{name}`")),
        }
    }
}
