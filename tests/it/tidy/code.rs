//! Just enough of Rust to tell its code from its comments and literals, and to find the paths in
//! it.

/// Whether a character can stand in an identifier.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `word` stands in the text and is not part of a longer one.
pub fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let is_open_ended = !word.ends_with(is_word);
        !before.is_some_and(is_word) && (is_open_ended || !after.is_some_and(is_word))
    })
}

/// The line, from 1, of a byte.
pub fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where the bracket closes that was opened just before `open`.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 1;
    for (at, c) in code[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at;
        }
    }
    code.len()
}

/// The text with comments and the insides of literals blanked; every byte keeps its place.
pub fn code_of(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_or_comment(text, at);
        if end > at {
            code[at..end]
                .iter_mut()
                .filter(|byte| **byte != b'\n')
                .for_each(|byte| *byte = b' ');
        }
        at = end.max(at + 1);
    }
    String::from_utf8(code).unwrap()
}

/// The end of the comment or literal that begins at `at`, or `at` where none does.
fn literal_or_comment(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    let find = |from: usize, what: &str| {
        text[from..]
            .find(what)
            .map_or(text.len(), |found| from + found + what.len())
    };
    let is_inside_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest {
        [b'/', b'/', ..] => text[at..].find('\n').map_or(text.len(), |found| at + found),
        [b'/', b'*', ..] => {
            let (mut depth, mut end) = (1, at + 2);
            while depth > 0 && end < text.len() {
                let (opens, closes) = (
                    bytes[end..].starts_with(b"/*"),
                    bytes[end..].starts_with(b"*/"),
                );
                depth = depth + usize::from(opens) - usize::from(closes);
                end += if opens || closes { 2 } else { 1 };
            }
            end
        }
        [b'r', b'"' | b'#', ..] if !is_inside_word || bytes[at - 1] == b'b' => {
            let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
            let is_string = rest.get(1 + hashes) == Some(&b'"');
            if is_string {
                find(at + hashes + 2, &format!("\"{}", "#".repeat(hashes)))
            } else {
                at
            }
        }
        [b'"', ..] => quoted(bytes, at, b'"'),
        // A lifetime has no closing quote: 'a' is a character, 'a a lifetime.
        [b'\'', b'\\', ..] => quoted(bytes, at, b'\''),
        [b'\'', ..] => {
            let mut chars = text[at + 1..].char_indices().skip(1);
            chars
                .next()
                .filter(|(_, c)| *c == '\'')
                .map_or(at, |(found, _)| at + found + 2)
        }
        _ => at,
    }
}

fn quoted(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != quote {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

/// The code without what stands under `#[cfg(test)]`.
pub fn production_code(text: &str) -> String {
    let mut code = code_of(text);
    while let Some(at) = code.find("#[cfg(test)]") {
        let body = code[at..]
            .find(['{', ';'])
            .map_or(code.len(), |found| at + found + 1);
        let end = if code[..body].ends_with('{') {
            closing(&code, body)
        } else {
            body
        };
        let blank: String = code[at..end]
            .chars()
            .map(|c| if c == '\n' { '\n' } else { ' ' })
            .collect();
        code.replace_range(at..end, &blank);
    }
    code
}

/// Every path in the code with its line; the groups of a `use` are spelt out.
pub fn names(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = code[at..].find(is_word).map(|found| at + found) {
        at = name(code, start, "", &mut found);
    }
    let (mut line, mut counted) = (1, 0);
    let with_line = found.into_iter().map(|(at, name)| {
        line += code[counted..at].matches('\n').count();
        counted = at;
        (line, name)
    });
    with_line.collect()
}

/// Reads one path at `at`, behind `prefix`, notes where its last part begins, and answers where it
/// ends.
fn name(code: &str, at: usize, prefix: &str, found: &mut Vec<(usize, String)>) -> usize {
    let len = code[at..].find(|c| !is_word(c)).unwrap_or(code.len() - at);
    let end = if code[at..].starts_with('*') {
        at + 1
    } else {
        at + len
    };
    let path = format!("{prefix}{}", &code[at..end]);
    let skip = |from: usize| {
        code[from..]
            .find(|c: char| !c.is_whitespace())
            .map_or(code.len(), |found| from + found)
    };
    let colons = skip(end);
    if !code[colons..].starts_with("::") {
        found.push((at, path));
        return end;
    }
    let prefix = format!("{path}::");
    let next = skip(colons + 2);
    match code[next..].chars().next() {
        Some('{') => {
            let close = closing(code, next + 1);
            let mut item = next + 1;
            while let Some(start) = code[item..close]
                .find(|c| is_word(c) || c == '*')
                .map(|found| item + found)
            {
                item = name(code, start, &prefix, found).min(close);
                // `x as y` names nothing more.
                item = code[item..close]
                    .find(',')
                    .map_or(close, |found| item + found);
            }
            close
        }
        Some(c) if is_word(c) || c == '*' => name(code, next, &prefix, found),
        _ => {
            found.push((at, path));
            next
        }
    }
}
