//! Builds models node by node.

use crate::{
    int_v1::IntType,
    onnx::{
        dimension, type_proto, AttributeProto, Dimension, GraphProto, ModelProto, NodeProto,
        OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
    },
};
use prost::Message;

/// A model that is being built.
#[derive(Clone, Debug)]
pub struct Builder {
    pub graph: GraphProto,
    opset: i64,
    named: usize,
}

impl Builder {
    /// An empty model with the operators of this version.
    pub fn new(opset: i64) -> Self {
        let graph = GraphProto {
            name: "graph".into(),
            ..Default::default()
        };
        Self {
            graph,
            opset,
            named: 0,
        }
    }

    pub fn input(&mut self, name: &str, kind: IntType, dims: &[usize]) -> String {
        self.graph.input.push(described(name, kind, dims));
        name.into()
    }

    pub fn output(&mut self, name: &str, kind: IntType, dims: &[usize]) {
        self.graph.output.push(described(name, kind, dims));
    }

    /// Adds a constant; returns the name that it is given.
    pub fn constant(&mut self, kind: IntType, dims: &[usize], elements: &[i128]) -> String {
        let name = self.name("c");
        let tensor = tensor(&name, kind, dims, elements);
        self.graph.initializer.push(tensor);
        name
    }

    /// Adds a constant of int64 in one dimension, for shapes, axes and the like.
    pub fn list(&mut self, elements: &[i64]) -> String {
        let elements: Vec<i128> = elements.iter().map(|n| i128::from(*n)).collect();
        self.constant(IntType::I64, &[elements.len()], &elements)
    }

    /// Adds a node with one result; returns the name that the result is given.
    pub fn node(&mut self, op: &str, operands: &[&str], attribute: Vec<AttributeProto>) -> String {
        self.nodes(op, operands, attribute, 1).remove(0)
    }

    /// Adds a node with this many results; returns their names.
    pub fn nodes(
        &mut self,
        op: &str,
        operands: &[&str],
        attribute: Vec<AttributeProto>,
        results: usize,
    ) -> Vec<String> {
        let output: Vec<String> = (0..results).map(|_| self.name("t")).collect();
        self.graph.node.push(NodeProto {
            input: operands.iter().map(|s| s.to_string()).collect(),
            output: output.clone(),
            op_type: op.into(),
            attribute,
            ..Default::default()
        });
        output
    }

    fn name(&mut self, letter: &str) -> String {
        self.named += 1;
        format!("{letter}{}", self.named)
    }

    pub fn model(&self) -> ModelProto {
        ModelProto {
            ir_version: if self.opset > 19 { 10 } else { 8 },
            producer_name: "tests".into(),
            graph: Some(self.graph.clone()),
            opset_import: vec![OperatorSetIdProto {
                domain: String::new(),
                version: self.opset,
            }],
            ..Default::default()
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.model().encode_to_vec()
    }
}

fn described(name: &str, kind: IntType, dims: &[usize]) -> ValueInfoProto {
    let dim = dims.iter().map(|d| Dimension {
        value: Some(dimension::Value::Fixed(*d as i64)),
    });
    let tensor = type_proto::Tensor {
        elem_type: kind.onnx(),
        shape: Some(TensorShapeProto { dim: dim.collect() }),
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::Tensor(tensor)),
        }),
    }
}

pub(super) fn tensor(name: &str, kind: IntType, dims: &[usize], elements: &[i128]) -> TensorProto {
    TensorProto {
        name: name.into(),
        data_type: kind.onnx(),
        dims: dims.iter().map(|d| *d as i64).collect(),
        raw_data: Some(kind.little_endian(elements.iter().copied()).into()),
        ..Default::default()
    }
}

pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto::int(name, i)
}

pub fn ints(name: &str, list: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        ints: list.to_vec(),
        r#type: 7,
        ..Default::default()
    }
}

pub fn text(name: &str, text: &str) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        s: text.into(),
        r#type: 3,
        ..Default::default()
    }
}
