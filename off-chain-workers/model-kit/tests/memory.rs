//! How much memory looking into a hostile file takes. A program of its own: it counts all that is
//! taken.

use myai_model_kit::inspect::inspect;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;

fn field(number: usize, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A tag is a number of the same kind as a length.
    prost::encode_length_delimiter(number << 3 | 2, &mut bytes).unwrap();
    prost::encode_length_delimiter(content.len(), &mut bytes).unwrap();
    bytes.extend(content);
    bytes
}

/// `piece` as often as allowed, in messages of these field numbers, the innermost last.
fn model(within: &[usize], piece: &[u8], most: usize) -> Vec<u8> {
    let count = most.min(MIB / piece.len());
    assert!(count > 0);
    let pieces = piece.repeat(count);
    within
        .iter()
        .rev()
        .fold(pieces, |inner, number| field(*number, &inner))
}

#[test]
fn a_hostile_megabyte_stays_within_64_mib() {
    let graph: &[usize] = &[7];
    let node: &[usize] = &[7, 1];
    let attribute: &[usize] = &[7, 1, 5];
    let tensor: &[usize] = &[7, 5];
    let input = field(11, &field(2, &field(1, &[])));
    let named = field(
        1,
        &[field(1, b"a"), field(2, b"b"), field(4, b"Abs")].concat(),
    );
    // What, where, the piece that is repeated, and how many pieces are allowed.
    let mut files: Vec<(&str, &[usize], Vec<u8>, usize)> = vec![
        ("empty nodes", graph, field(1, &[]), 1 << 16),
        ("nodes with names", graph, named, 1 << 16),
        ("empty attributes", node, field(5, &[]), 1 << 17),
        (
            "attributes with a tensor",
            node,
            field(5, &field(5, &[])),
            1 << 16,
        ),
        (
            "attributes with a graph",
            node,
            field(5, &field(6, &[])),
            (1 << 10) - 1,
        ),
        (
            "attributes with a sparse tensor",
            node,
            field(5, &field(22, &[])),
            1 << 10,
        ),
        ("empty names", node, field(1, &[]), 1 << 19),
        ("names", node, field(1, b"a"), 1 << 19),
        ("results", node, field(2, b"ab"), 1 << 19),
        ("tensors", graph, field(5, &[]), 1 << 16),
        ("inputs", graph, input, 1 << 17),
        ("values", graph, field(13, &[]), 1 << 17),
        ("dimensions", &[7, 11, 2, 1, 2], field(1, &[]), 1 << 19),
        ("packed numbers", tensor, field(7, &vec![0; MIB - 16]), 1),
        ("numbers one by one", tensor, vec![0x38, 0], 1 << 22),
        ("numbers of attributes", attribute, vec![0x40, 0], 1 << 22),
        ("functions", &[], field(25, &[]), 1 << 10),
        ("sets of operators", &[], field(8, &[]), 1 << 8),
        ("graphs for training", &[], field(20, &[]), 1 << 4),
    ];
    // The dearest of them side by side, as much as a megabyte holds.
    let attributes = field(5, &[]).repeat(1 << 17);
    let together = [
        field(1, &attributes),
        field(5, &[]).repeat(1 << 16),
        field(13, &[]).repeat((1 << 17) - 1),
        field(1, &[]).repeat((1 << 16) - 1),
        field(
            11,
            &field(2, &field(1, &field(2, &field(1, &[]).repeat(1 << 16)))),
        ),
    ]
    .concat();
    files.push(("all together", graph, together, 1));
    let mut worst = (0, "");
    for (what, within, piece, most) in files {
        let mut file = model(within, &piece, most);
        if within.is_empty() {
            file.extend(field(7, &[]));
        }
        let length = file.len();
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let seen = inspect(file);
        let taken = MEMORY.peak_usage() - before;
        assert!(seen.is_ok(), "{what}: {:?}", seen.err());
        println!("{what}: {length} bytes become {taken}");
        worst = worst.max((taken, what));
        if length >= piece.len() * most && piece.len() < 100 {
            // One more than allowed takes nothing.
            let mut file = model(within, &piece, usize::MAX);
            file.extend(field(7, &[]));
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            let refused = inspect(file).is_err();
            let taken = MEMORY.peak_usage() - before;
            assert!(!refused || taken < MIB / 8, "{what}: {taken} for a refusal");
        }
    }
    assert!(worst.0 <= 64 * MIB, "{worst:?}");
}
