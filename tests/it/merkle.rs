//! The Merkle tree against two implementations nobody here wrote (ct-merkle, tlog_tiles), and proofs that
//! were tampered with.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use hazledger::domain::merkle::{
    Frontier, FrontierError, Hash, HashError, NodeId, ProofError, ProofPlan, consistency_plan,
    empty_root, from_blob, inclusion_plan, leaf_hash, node_hash, peaks, to_blob,
    verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sha2::Sha256;
use tlog_tiles::tlog;

/// A log kept as the store keeps it: one row an entry, with its leaf hash and the subtrees it completes.
struct Log {
    rows: Vec<(Hash, Vec<u8>)>,
    roots: Vec<Hash>,
    frontier: Frontier,
}

fn data(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

impl Log {
    fn of(size: u64) -> Self {
        let mut log = Self {
            rows: Vec::new(),
            roots: vec![empty_root()],
            frontier: Frontier::default(),
        };
        for index in 0..size {
            let leaf = leaf_hash(&data(index));
            let completed = log.frontier.append(leaf);
            log.rows.push((leaf, to_blob(&completed)));
            log.roots.push(log.frontier.root());
        }
        log
    }

    fn root(&self, size: u64) -> Hash {
        self.roots[size as usize]
    }

    fn read(&self, node: NodeId) -> Option<Hash> {
        let (seq, which) = node.place();
        let (leaf, subtrees) = self.rows.get(usize::try_from(seq).ok()?)?;
        let by_place = match which {
            0 => Some(*leaf),
            k => from_blob(subtrees).ok()?.get(k - 1).copied(),
        };
        assert_eq!(node.read(*leaf, subtrees), by_place);
        by_place
    }

    fn proof(&self, plan: Result<ProofPlan, ProofError>) -> Vec<Hash> {
        let proof = plan.expect("plan").assemble(|node| self.read(node));
        proof.expect("every node of a plan is stored")
    }

    fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        self.proof(inclusion_plan(index, size))
    }

    fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        self.proof(consistency_plan(old, new))
    }
}

fn theirs(hash: Hash) -> tlog::Hash {
    tlog::Hash(hash.0)
}

fn all_theirs(proof: &[Hash]) -> Vec<tlog::Hash> {
    proof.iter().copied().map(theirs).collect()
}

/// What tlog_tiles stores: its own numbering of nodes, filled by its own code.
struct Tiles(Vec<tlog::Hash>);

impl tlog::HashReader for Tiles {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|&i| self.0[i as usize]).collect())
    }
}

fn tiles(size: u64) -> Tiles {
    let mut tiles = Tiles(Vec::new());
    for index in 0..size {
        let hashes = tlog::stored_hashes(index, &data(index), &tiles).expect("stored");
        tiles.0.extend(hashes);
    }
    tiles
}

fn inclusion_holds(
    log: &Log,
    index: u64,
    leaf: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> bool {
    let leaf = log.rows[leaf as usize].0;
    let ours = verify_inclusion(leaf, index, size, proof, root);
    let oracle = tlog::check_record(&all_theirs(proof), size, theirs(root), index, theirs(leaf));
    assert_eq!(ours.is_ok(), oracle.is_ok(), "index {index}, size {size}");
    ours.is_ok()
}

fn consistency_holds(old: (u64, Hash), new: (u64, Hash), proof: &[Hash]) -> bool {
    let ours = verify_consistency(old.0, old.1, new.0, new.1, proof);
    if old.0 > 0 {
        let proof = all_theirs(proof);
        let oracle = tlog::check_tree(&proof, new.0, theirs(new.1), old.0, theirs(old.1));
        assert_eq!(ours.is_ok(), oracle.is_ok(), "old {}, new {}", old.0, new.0);
    }
    ours.is_ok()
}

/// Every way to spoil one hash of a proof, or the number of them.
fn spoiled(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[at].0[at % 32] ^= 1;
        all.push(flipped);
        let mut shorter = proof.to_vec();
        shorter.remove(at);
        all.push(shorter);
        let mut longer = proof.to_vec();
        longer.insert(at, proof[at]);
        all.push(longer);
        if at > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(at, at - 1);
            all.push(swapped);
        }
    }
    all.push([proof, &[empty_root()]].concat());
    all
}

#[test]
fn roots_agree_with_both_oracles_at_every_size_up_to_130() {
    let log = Log::of(130);
    let tiles = tiles(130);
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    assert_eq!(log.root(0), empty_root());
    for size in 1..=130 {
        tree.push(data(size - 1));
        let root = log.root(size);
        assert_eq!(tree.root().as_bytes().as_slice(), root.0, "size {size}");
        assert_eq!(
            tlog::tree_hash(size, &tiles).unwrap(),
            theirs(root),
            "size {size}"
        );
    }
}

#[test]
fn a_leaf_completes_as_many_subtrees_as_its_index_ends_in_ones() {
    let log = Log::of(130);
    for (index, (_, subtrees)) in log.rows.iter().enumerate() {
        assert_eq!(
            subtrees.len(),
            32 * index.trailing_ones() as usize,
            "index {index}"
        );
    }
    let hashes: Vec<Hash> = log.rows.iter().map(|row| row.0).collect();
    let left = node_hash(hashes[0], hashes[1]);
    let right = node_hash(hashes[2], hashes[3]);
    assert_eq!(log.rows[3].1, to_blob(&[right, node_hash(left, right)]));
}

#[test]
fn inclusion_proofs_agree_with_both_oracles_at_every_index_and_size_up_to_130() {
    let log = Log::of(130);
    let tiles = tiles(130);
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 1..=130 {
        tree.push(data(size - 1));
        for index in 0..size {
            let proof = log.inclusion(index, size);
            let bytes = tree.prove_inclusion(index as usize);
            assert_eq!(to_blob(&proof), bytes.as_bytes(), "{index} of {size}");
            let other = tlog::prove_record(size, index, &tiles).unwrap();
            assert_eq!(all_theirs(&proof), other, "{index} of {size}");
            assert!(inclusion_holds(
                &log,
                index,
                index,
                size,
                &proof,
                log.root(size)
            ));
            let ours = InclusionProof::<Sha256>::try_from_bytes(to_blob(&proof)).unwrap();
            tree.root()
                .verify_inclusion(&data(index), index, &ours)
                .expect("ct-merkle accepts");
        }
    }
}

#[test]
fn consistency_proofs_agree_with_both_oracles_at_every_pair_of_sizes_up_to_130() {
    let log = Log::of(130);
    let tiles = tiles(130);
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for new in 1..=130 {
        tree.push(data(new - 1));
        for old in 1..=new {
            let proof = log.consistency(old, new);
            let bytes = tree.prove_consistency((new - old) as usize);
            assert_eq!(to_blob(&proof), bytes.as_bytes(), "{old} to {new}");
            let other = tlog::prove_tree(new, old, &tiles).unwrap();
            assert_eq!(all_theirs(&proof), other, "{old} to {new}");
            assert!(consistency_holds(
                (old, log.root(old)),
                (new, log.root(new)),
                &proof
            ));
            let ours = ConsistencyProof::<Sha256>::try_from_bytes(to_blob(&proof)).unwrap();
            let old_root = RootHash::new(log.root(old).0.into(), old);
            tree.root()
                .verify_consistency(&old_root, &ours)
                .expect("ct-merkle accepts");
        }
    }
}

#[test]
fn spoiled_inclusion_proofs_are_refused() {
    let log = Log::of(40);
    for size in 1..=40 {
        let root = log.root(size);
        for index in 0..size {
            let proof = log.inclusion(index, size);
            for bad in spoiled(&proof) {
                assert!(!inclusion_holds(&log, index, index, size, &bad, root));
            }
            for other in (0..=40).filter(|&other| other != index) {
                assert!(
                    !inclusion_holds(&log, other, index, size, &proof, root),
                    "index"
                );
                if other < 40 {
                    assert!(
                        !inclusion_holds(&log, index, other, size, &proof, root),
                        "leaf"
                    );
                }
            }
            for other in (0..=40).filter(|&other| other != size) {
                assert!(!inclusion_holds(
                    &log,
                    index,
                    index,
                    size,
                    &proof,
                    log.root(other)
                ));
                // A size from elsewhere than the root: refused unless the entry's path turns the same way in both.
                let held = inclusion_holds(&log, index, index, other, &proof, root);
                assert!(!held || log.inclusion(index, other).len() == proof.len());
            }
        }
    }
}

#[test]
fn spoiled_consistency_proofs_are_refused() {
    let log = Log::of(40);
    for new in 1..=40 {
        for old in 1..=new {
            let (from, to) = ((old, log.root(old)), (new, log.root(new)));
            let proof = log.consistency(old, new);
            for bad in spoiled(&proof) {
                assert!(!consistency_holds(from, to, &bad), "{old} to {new}");
            }
            for other in 0..=40 {
                if other != old {
                    assert!(!consistency_holds((old, log.root(other)), to, &proof));
                    let held = consistency_holds((other, from.1), to, &proof);
                    assert!(!held, "{old} claimed to be {other}");
                }
                if other != new {
                    assert!(!consistency_holds(from, (new, log.root(other)), &proof));
                    let held = consistency_holds(from, (other, to.1), &proof);
                    assert!(!held || log.consistency(old, other).len() == proof.len());
                }
            }
        }
    }
}

#[test]
fn a_rewritten_history_is_not_consistent() {
    let log = Log::of(60);
    let mut forged = Log::of(20);
    let mut frontier = Frontier::default();
    for index in 0..60 {
        let text = if index == 7 {
            b"forged".to_vec()
        } else {
            data(index)
        };
        frontier.append(leaf_hash(&text));
    }
    forged.frontier = frontier;
    for old in 8..60 {
        let proof = log.consistency(old, 60);
        assert!(!consistency_holds(
            (old, log.root(old)),
            (60, forged.frontier.root()),
            &proof
        ));
    }
}

#[test]
fn every_log_begins_with_the_empty_one_and_with_itself() {
    let log = Log::of(9);
    for size in 0..=9 {
        let root = log.root(size);
        assert_eq!(log.consistency(0, size), []);
        assert_eq!(log.consistency(size, size), []);
        assert_eq!(verify_consistency(0, empty_root(), size, root, &[]), Ok(()));
        assert_eq!(verify_consistency(size, root, size, root, &[]), Ok(()));
        let leaf = leaf_hash(b"x");
        let refusals = [
            verify_consistency(0, leaf, size, root, &[]),
            verify_consistency(size, leaf, size, root, &[]),
        ];
        assert_eq!(refusals, [Err(ProofError::Root); 2]);
        let refusals = [
            verify_consistency(0, empty_root(), size, root, &[leaf]),
            verify_consistency(size, root, size, root, &[leaf]),
        ];
        assert_eq!(refusals, [Err(ProofError::Length); 2]);
    }
    assert_eq!(
        verify_consistency(0, empty_root(), 0, leaf_hash(b"x"), &[]),
        Err(ProofError::Root)
    );
}

#[test]
fn what_lies_outside_the_log_is_refused() {
    let outside = |inner, size| ProofError::Outside { inner, size };
    assert_eq!(inclusion_plan(0, 0), Err(outside(0, 0)));
    assert_eq!(inclusion_plan(5, 5), Err(outside(5, 5)));
    assert_eq!(consistency_plan(6, 5), Err(outside(6, 5)));
    let hash = leaf_hash(b"x");
    assert_eq!(verify_inclusion(hash, 0, 0, &[], hash), Err(outside(0, 0)));
    assert_eq!(verify_inclusion(hash, 1, 1, &[], hash), Err(outside(1, 1)));
    assert_eq!(
        verify_consistency(2, hash, 1, hash, &[]),
        Err(outside(2, 1))
    );
    assert_eq!(
        verify_consistency(3, hash, 4, hash, &[]),
        Err(ProofError::Length)
    );
}

#[test]
fn a_missing_node_is_named() {
    let log = Log::of(8);
    let plan = inclusion_plan(0, 8).expect("plan");
    assert_eq!(plan.entries(), [1, 3, 7]);
    let without =
        |gone: u64| plan.assemble(|node| (node.place().0 != gone).then(|| log.read(node))?);
    assert_eq!(without(9), Ok(log.inclusion(0, 8)));
    assert_eq!(without(3), Err(ProofError::Missing { seq: 3, which: 1 }));
    assert_eq!(without(7), Err(ProofError::Missing { seq: 7, which: 2 }));
    let node = plan.nodes().nth(2).expect("the right half");
    assert_eq!(node.read(log.rows[7].0, &log.rows[7].1[..63]), None);
}

#[test]
fn a_plan_names_each_entry_once_and_stays_small() {
    for (index, size) in [(0, 1_000_000), (999_999, 1_000_000), (524_287, 1 << 40)] {
        let plan = inclusion_plan(index, size).expect("plan");
        let entries = plan.entries();
        assert!(entries.is_sorted_by(|a, b| a < b));
        assert!(entries.iter().all(|&seq| seq < size));
        assert!(plan.nodes().count() <= 64);
    }
    assert!(consistency_plan(1, u64::MAX).expect("plan").nodes().count() <= 128);
    assert!(
        inclusion_plan(u64::MAX - 1, u64::MAX)
            .expect("plan")
            .nodes()
            .count()
            <= 64
    );
}

#[test]
fn any_former_head_can_be_rebuilt_from_its_peaks() {
    let log = Log::of(130);
    for size in 0..=130 {
        let hashes = peaks(size)
            .into_iter()
            .map(|node| log.read(node).expect("stored"));
        let frontier = Frontier::new(size, hashes.collect()).expect("frontier");
        assert_eq!(frontier.root(), log.root(size));
        assert_eq!(frontier.size(), size);
        let bytes = frontier.to_bytes();
        assert_eq!(Frontier::from_bytes(size, &bytes).as_ref(), Ok(&frontier));
        let mut grown = frontier;
        for index in size..130 {
            grown.append(log.rows[index as usize].0);
        }
        assert_eq!(grown, log.frontier);
    }
}

#[test]
fn a_frontier_with_a_wrong_number_of_peaks_is_refused() {
    let bytes = Log::of(7).frontier.to_bytes();
    assert!(Frontier::from_bytes(7, &bytes).is_ok());
    for size in [0, 1, 3, 5, 8, 15, u64::MAX] {
        let error: FrontierError = Frontier::from_bytes(size, &bytes).expect_err("refused");
        assert_eq!(
            error.to_string(),
            format!("a log of {size} entries does not have 3 peaks")
        );
    }
    for length in [0, 1, 32, 64, 95] {
        assert!(
            Frontier::from_bytes(7, &bytes[..length]).is_err(),
            "{length} bytes"
        );
    }
    assert!(Frontier::from_bytes(7, &[bytes.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn hashes_are_those_of_rfc_6962() {
    // The first vectors of the Certificate Transparency reference implementation: no leaf, the empty leaf.
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(empty_root().to_hex(), empty);
    assert_eq!(leaf_hash(b"").to_hex(), leaf);
    let root = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    assert_eq!(node_hash(leaf_hash(b""), leaf_hash(b"\0")).to_hex(), root);
}

#[test]
fn a_hash_reads_back_from_hex_base64_and_json() {
    let hash = leaf_hash(b"");
    let base64 = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=";
    assert_eq!(hash.to_string(), base64);
    assert_eq!(hash.to_base64(), base64);
    assert_eq!(base64.parse(), Ok(hash));
    assert_eq!(Hash::from_hex(&hash.to_hex()), Ok(hash));
    assert_eq!(Hash::from_hex(&hash.to_hex().to_uppercase()), Ok(hash));
    let json = serde_json::to_string(&hash).unwrap();
    assert_eq!(json, format!("\"{base64}\""));
    assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
    assert_eq!(format!("{hash:?}"), hash.to_hex());
}

#[test]
fn what_is_not_a_hash_is_refused() {
    let hex = leaf_hash(b"").to_hex();
    for bad in [
        "",
        "6e",
        &hex[1..],
        &format!("{hex}0"),
        &format!("{hex}00"),
        &format!("+{}", &hex[1..]),
    ] {
        assert_eq!(Hash::from_hex(bad), Err(HashError), "{bad}");
    }
    let base64 = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=";
    let url_safe = base64.replace('+', "-");
    let loose_bits = base64.replace("B0=", "B1=");
    for bad in [
        "",
        "bjQL",
        &base64[..43],
        &base64[1..],
        &url_safe,
        &loose_bits,
        &format!("{base64}\n"),
    ] {
        assert_eq!(Hash::from_base64(bad), Err(HashError), "{bad}");
        assert!(serde_json::from_value::<Hash>(bad.into()).is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<Hash>("1").is_err());
    assert_eq!(from_blob(&[0; 33]), Err(HashError));
    assert_eq!(Hash::try_from([0; 31].as_slice()), Err(HashError));
}

/// Every prefix of a log of 3,000 entries, built once.
fn long() -> &'static (Log, Tiles) {
    static LONG: std::sync::OnceLock<(Log, Tiles)> = std::sync::OnceLock::new();
    LONG.get_or_init(|| (Log::of(3_000), tiles(3_000)))
}

proptest! {
    #[test]
    fn larger_proofs_agree_with_tlog_tiles(size in 1_u64..=3_000, index: prop::sample::Index, old: prop::sample::Index) {
        let (log, tiles) = long();
        let index = index.index(size as usize) as u64;
        let old = old.index(size as usize) as u64 + 1;
        let root = log.root(size);
        prop_assert_eq!(tlog::tree_hash(size, tiles).unwrap(), theirs(root));
        let inclusion = log.inclusion(index, size);
        prop_assert_eq!(all_theirs(&inclusion), tlog::prove_record(size, index, tiles).unwrap());
        prop_assert!(inclusion_holds(log, index, index, size, &inclusion, root));
        let consistency = log.consistency(old, size);
        prop_assert_eq!(all_theirs(&consistency), tlog::prove_tree(size, old, tiles).unwrap());
        prop_assert!(consistency_holds((old, log.root(old)), (size, root), &consistency));
        for bad in spoiled(&inclusion) {
            prop_assert!(!inclusion_holds(log, index, index, size, &bad, root));
        }
        for bad in spoiled(&consistency) {
            prop_assert!(!consistency_holds((old, log.root(old)), (size, root), &bad));
        }
    }
}
