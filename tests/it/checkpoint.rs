//! Checkpoints and signed notes: published notes of others open here, ours open with their code, and nothing
//! that was changed opens anywhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hazledger::domain::checkpoint::{
    Checkpoint, CheckpointError, LogKey, VerifierKey, open, sign, verified_text,
};
use hazledger::domain::merkle::{Hash, empty_root, leaf_hash};
use signed_note::{Note, StandardVerifier, VerifierList};

const ORIGIN: &str = "ledger.hospital.example/inst/0001/ledger";

fn key() -> LogKey {
    LogKey::new("ledger.hospital.example", &[7; 32]).expect("key")
}

fn head() -> Checkpoint {
    Checkpoint::new(ORIGIN, 20_852_163, leaf_hash(b"x")).expect("checkpoint")
}

fn opened(note: &str) -> Result<Checkpoint, CheckpointError> {
    open(note, key().verifier())
}

/// A note over any text, signed as it stands.
fn note_over(text: &str, key: &LogKey) -> String {
    let note = sign(&head(), key);
    let secret = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let signature = ed25519_dalek::Signer::sign(&secret, text.as_bytes()).to_bytes();
    let (_, encoded) = note.trim_end().rsplit_once(' ').expect("signature");
    let id = STANDARD.decode(encoded).expect("base64")[..4].to_vec();
    let encoded = STANDARD.encode([id.as_slice(), &signature].concat());
    format!("{text}\n— {} {encoded}\n", key.verifier().name())
}

fn signature_line() -> String {
    let note = sign(&head(), &key());
    note.lines().last().expect("signature line").to_owned()
}

/// Whether the signed_note and tlog_tiles crates open the note, and what they read.
fn opened_by_others(note: &[u8], vkey: &str) -> Option<(String, u64, [u8; 32])> {
    let verifier = StandardVerifier::new(vkey).expect("vkey");
    let note = Note::from_bytes(note).ok()?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)]))
        .ok()?;
    let read = tlog_tiles::Checkpoint::from_bytes(note.text()).ok()?;
    Some((read.origin().to_owned(), read.size(), read.hash().0))
}

#[test]
fn the_published_example_of_the_note_package_verifies() {
    // golang.org/x/mod/sumdb/note, package documentation.
    let vkey: VerifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        .parse()
        .expect("vkey");
    let text = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n";
    let note = format!(
        "{text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    );
    assert_eq!(verified_text(&note, &vkey), Ok(text));
    assert_eq!(open(&note, &vkey), Err(CheckpointError::Text));
}

#[test]
fn a_published_checkpoint_of_the_go_checksum_database_opens() {
    let vkey: VerifierKey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
        .parse()
        .expect("vkey");
    let note = "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        — sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let checkpoint = open(note, &vkey).expect("opens");
    assert_eq!(checkpoint.origin(), "go.sum database tree");
    assert_eq!(checkpoint.size(), 20_852_163);
    assert_eq!(
        checkpoint.root().to_base64(),
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    );
}

#[test]
fn our_notes_open_here_and_with_other_peoples_code() {
    let vkey = key().verifier().to_string();
    for size in [0, 1, 137, 9_007_199_254_740_993, u64::MAX] {
        let root = if size == 0 {
            empty_root()
        } else {
            leaf_hash(b"root")
        };
        let checkpoint = Checkpoint::new(ORIGIN, size, root).expect("checkpoint");
        let note = sign(&checkpoint, &key());
        assert_eq!(opened(&note), Ok(checkpoint));
        let read = opened_by_others(note.as_bytes(), &vkey);
        assert_eq!(read, Some((ORIGIN.to_owned(), size, root.0)));
    }
}

#[test]
fn a_note_has_the_form_of_the_specification() {
    let note = sign(&head(), &key());
    let lines: Vec<&str> = note.split('\n').collect();
    let root = leaf_hash(b"x").to_base64();
    assert_eq!(lines[..4], [ORIGIN, "20852163", root.as_str(), ""]);
    assert!(lines[4].starts_with("— ledger.hospital.example "));
    assert_eq!(lines[5..], [""]);
    assert!(note.starts_with(&head().body()));
}

#[test]
fn a_note_with_any_bit_flipped_is_refused_here_and_there() {
    let note = sign(&head(), &key()).into_bytes();
    let vkey = key().verifier().to_string();
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bad = note.clone();
            bad[at] ^= 1 << bit;
            if let Ok(text) = std::str::from_utf8(&bad) {
                assert!(opened(text).is_err(), "bit {bit} of byte {at}: {text}");
            }
            assert_eq!(
                opened_by_others(&bad, &vkey),
                None,
                "bit {bit} of byte {at}"
            );
        }
    }
}

#[test]
fn a_note_with_any_byte_missing_or_doubled_is_refused() {
    let note = sign(&head(), &key());
    for (at, c) in note.char_indices() {
        let (before, after) = note.split_at(at);
        assert!(
            opened(&format!("{before}{c}{after}")).is_err(),
            "{at} doubled"
        );
        assert!(
            opened(&format!("{before}{}", &after[c.len_utf8()..])).is_err(),
            "{at} missing"
        );
        assert!(opened(before).is_err(), "cut at {at}");
    }
}

#[test]
fn signatures_of_unknown_keys_are_ignored() {
    let note = sign(&head(), &key());
    let (body, line) = note.rsplit_once("\n\n").expect("note");
    let witness = LogKey::new("witness.example", &[9; 32]).expect("key");
    let same_name = LogKey::new(key().verifier().name(), &[9; 32]).expect("key");
    let mut strangers = Vec::new();
    for stranger in [&witness, &same_name] {
        let other = sign(&head(), stranger);
        strangers.push(other.lines().last().expect("line").to_owned());
        assert_eq!(opened(&other), Err(CheckpointError::Unsigned));
        assert_eq!(open(&other, stranger.verifier()), Ok(head()));
    }
    strangers.push("— future.example/α AAAAAAE=".to_owned());
    let strangers = strangers.join("\n");
    for lines in [
        format!("{strangers}\n{line}"),
        format!("{line}{strangers}\n"),
    ] {
        assert_eq!(opened(&format!("{body}\n\n{lines}")), Ok(head()));
    }
}

#[test]
fn one_false_signature_of_a_known_key_spoils_the_note() {
    let note = sign(&head(), &key());
    let other = Checkpoint::new(ORIGIN, 1, leaf_hash(b"y")).expect("checkpoint");
    let other = sign(&other, &key());
    let false_line = other.lines().last().expect("line");
    assert_eq!(
        opened(&format!("{note}{false_line}\n")),
        Err(CheckpointError::Signature)
    );
    let line = signature_line();
    assert_eq!(opened(&format!("{note}{line}\n")), Ok(head()));
    let body = head().body();
    assert_eq!(
        opened(&format!("{body}\n{false_line}\n{line}\n")),
        Err(CheckpointError::Signature)
    );
    assert_eq!(
        opened(&format!("{body}\n{false_line}\n")),
        Err(CheckpointError::Signature)
    );
}

#[test]
fn a_signature_of_a_wrong_length_is_refused() {
    let line = signature_line();
    let (start, encoded) = line.rsplit_once(' ').expect("line");
    let bytes = STANDARD.decode(encoded).expect("base64");
    let body = head().body();
    for length in [5, 67, 69] {
        let mut cut = bytes.clone();
        cut.resize(length, 0);
        let note = format!("{body}\n{start} {}\n", STANDARD.encode(cut));
        assert_eq!(opened(&note), Err(CheckpointError::Signature), "{length}");
    }
    for length in [0, 3, 4] {
        let note = format!("{body}\n{start} {}\n", STANDARD.encode(&bytes[..length]));
        assert_eq!(opened(&note), Err(CheckpointError::Note), "{length}");
    }
}

#[test]
fn what_is_not_a_signed_note_is_refused() {
    let (body, line) = (head().body(), signature_line());
    let (name, encoded) = line["— ".len()..].split_once(' ').expect("line");
    let notes = [
        String::new(),
        "\n\n".to_owned(),
        body.clone(),
        format!("{body}\n"),
        format!("{body}{line}\n"),
        format!("{body}\n{line}"),
        format!("{body}\n{line}\n\n"),
        format!("{body}\n{line}\r\n"),
        format!("{body}\t\n{line}\n"),
        format!("{body}\n {line}\n"),
        format!("{body}\n- {name} {encoded}\n"),
        format!("{body}\n—  {encoded}\n"),
        format!("{body}\n— {name}\n"),
        format!("{body}\n— {name}  {encoded}\n"),
        format!("{body}\n— {name} {encoded} \n"),
        format!("{body}\n— {name}+ {encoded}\n"),
        format!("{body}\n— {name}\u{3000} {encoded}\n"),
        format!("{body}\n— {name} {}\n", encoded.trim_end_matches('=')),
        format!("{body}\n— {name} {}\n", encoded.replace(['/', '+'], "_")),
        format!("{body}\n{line}\n{}", format!("{line}\n").repeat(100)),
        format!("{}{body}\n{line}\n", "x\n".repeat(600_000)),
    ];
    let with_control = |c| note_over(&body.replacen('/', c, 1), &key());
    assert_eq!(opened(&with_control("\t")), Err(CheckpointError::Note));
    assert_eq!(opened(&with_control("\r")), Err(CheckpointError::Note));
    assert!(opened(&with_control("-")).is_ok());
    for note in notes {
        let start: String = note.chars().take(300).collect();
        assert_eq!(opened(&note), Err(CheckpointError::Note), "{start:?}");
    }
    assert_eq!(
        opened(&format!("{body}\n{}", format!("{line}\n").repeat(100))),
        Ok(head())
    );
}

#[test]
fn a_signed_text_that_is_not_a_checkpoint_is_refused() {
    let root = leaf_hash(b"x").to_base64();
    let texts = [
        "\n".to_owned(),
        format!("{ORIGIN}\n"),
        format!("{ORIGIN}\n1\n"),
        format!("\n1\n{root}\n"),
        format!("{ORIGIN}\n01\n{root}\n"),
        format!("{ORIGIN}\n00\n{root}\n"),
        format!("{ORIGIN}\n+1\n{root}\n"),
        format!("{ORIGIN}\n-1\n{root}\n"),
        format!("{ORIGIN}\n 1\n{root}\n"),
        format!("{ORIGIN}\n1.0\n{root}\n"),
        format!("{ORIGIN}\n１\n{root}\n"),
        format!("{ORIGIN}\n\n{root}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
        format!("{ORIGIN}\n1\n{}\n", root.trim_end_matches('=')),
        format!("{ORIGIN}\n1\n{} \n", root),
        format!("{ORIGIN}\n1\n{}\n", leaf_hash(b"x").to_hex()),
        format!("{ORIGIN}\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB1=\n"),
        format!("{ORIGIN}\n1\n{root}\nextension\n"),
        format!("{ORIGIN}\n1\n{root}\n\n"),
        format!("\u{85}{ORIGIN}\n1\n{root}\n"),
    ];
    for text in texts {
        let note = note_over(&text, &key());
        assert_eq!(
            verified_text(&note, key().verifier()),
            Ok(text.as_str()),
            "{text:?}"
        );
        assert_eq!(opened(&note), Err(CheckpointError::Text), "{text:?}");
    }
    let text = format!("{ORIGIN}\n1\n{root}\n");
    assert!(opened(&note_over(&text, &key())).is_ok());
    assert_eq!(
        Checkpoint::parse(text.trim_end()),
        Err(CheckpointError::Text)
    );
}

#[test]
fn an_origin_is_one_line_and_not_empty() {
    for origin in ["", "a\nb", "a\n", "\r", "a\u{0}", "a\u{85}"] {
        let refused = Checkpoint::new(origin, 1, empty_root());
        assert_eq!(refused, Err(CheckpointError::Origin), "{origin:?}");
    }
    assert!(Checkpoint::new("go.sum database tree", 1, empty_root()).is_ok());
}

#[test]
fn a_key_name_holds_no_space_and_no_plus() {
    for name in ["", "a b", "a+b", "a\n", "a\u{3000}", "a\u{0}"] {
        let refused = LogKey::new(name, &[7; 32]).map(drop);
        assert_eq!(refused, Err(CheckpointError::KeyName), "{name:?}");
    }
    assert!(LogKey::new("台账.example/甲", &[7; 32]).is_ok());
}

#[test]
fn a_verifier_key_reads_back_and_is_what_others_write() {
    let vkey = key().verifier().to_string();
    assert_eq!(vkey.parse().as_ref(), Ok(key().verifier()));
    let secret = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let encoded = [&[1], secret.verifying_key().as_bytes().as_slice()].concat();
    let id = signed_note::key_id("ledger.hospital.example", &encoded);
    let theirs = format!(
        "ledger.hospital.example+{id:08x}+{}",
        STANDARD.encode(&encoded)
    );
    assert_eq!(vkey, theirs);
}

#[test]
fn what_is_not_an_ed25519_verifier_key_is_refused() {
    let vkey = key().verifier().to_string();
    let parts: Vec<&str> = vkey.splitn(3, '+').collect();
    let [name, id, encoded] = parts[..] else {
        panic!("three parts");
    };
    let raw = STANDARD.decode(encoded).expect("base64");
    let vkey_of = |raw: &[u8]| {
        let id = signed_note::key_id(name, raw);
        format!("{name}+{id:08x}+{}", STANDARD.encode(raw))
    };
    assert_eq!(vkey_of(&raw), vkey);
    let mut other_type = raw.clone();
    other_type[0] = 4;
    let mut low_order = vec![0; 33];
    low_order[..2].copy_from_slice(&[1, 1]);
    let mut no_point = vec![0; 33];
    no_point[..2].copy_from_slice(&[1, 2]);
    let bad = [
        String::new(),
        name.to_owned(),
        format!("{name}+{encoded}"),
        format!("{name}+00000000+{encoded}"),
        format!("{name}+{}+{encoded}", &id[1..]),
        format!("{name}+{}+{encoded}", id.to_uppercase()),
        format!("other.example+{id}+{encoded}"),
        format!("{name}+{id}+{encoded}="),
        format!("{name}+{id}+{encoded}\n"),
        format!("{name}+{id}+"),
        vkey_of(&raw[..32]),
        vkey_of(&[raw.as_slice(), &[0]].concat()),
        vkey_of(&other_type),
        vkey_of(&low_order),
        vkey_of(&no_point),
    ];
    for text in bad {
        let refused = text.parse::<VerifierKey>();
        assert_eq!(refused, Err(CheckpointError::VerifierKey), "{text:?}");
    }
    let nameless = format!("+{id}+{encoded}").parse::<VerifierKey>();
    assert_eq!(nameless, Err(CheckpointError::KeyName));
}

#[test]
fn a_log_key_hides_its_secret() {
    let secret: [u8; 32] = std::array::from_fn(|i| 200 + i as u8);
    let shown = format!("{:?}", LogKey::new("a.example", &secret).expect("key"));
    assert!(shown.contains("a.example+"), "{shown}");
    let hex = Hash(secret).to_hex();
    for hidden in ["200", "201, 202", &hex[..8], &STANDARD.encode(secret)[..8]] {
        assert!(
            !shown.to_lowercase().contains(&hidden.to_lowercase()),
            "{shown}"
        );
    }
}
