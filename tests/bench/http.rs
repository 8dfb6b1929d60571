//! A load generator: HTTP/1.1 over connections that stay open, all on one thread, so that it takes
//! as little as it can from the server beside it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::figure::{Round, Sample};

/// Sends what `next` writes, over and over, from `clients` connections for `length`.
pub fn load(
    base: &str,
    clients: usize,
    length: Duration,
    next: impl Fn(&mut Vec<u8>) + Clone + 'static,
) -> Sample {
    let address: SocketAddr = base.strip_prefix("http://").unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        // All connections first: a round measures requests.
        let mut connections = Vec::new();
        for _ in 0..clients {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            connections.push(stream);
        }
        let round = Round::begin();
        let end = Instant::now() + length;
        let tasks: Vec<_> = connections
            .into_iter()
            .map(|stream| tokio::task::spawn_local(client(stream, end, next.clone())))
            .collect();
        let mut micros = Vec::new();
        for task in tasks {
            micros.extend(task.await.unwrap());
        }
        round.end(micros)
    })
}

async fn client(mut stream: TcpStream, end: Instant, next: impl Fn(&mut Vec<u8>)) -> Vec<u32> {
    let (mut micros, mut request, mut answer) = (Vec::new(), Vec::new(), Vec::new());
    while Instant::now() < end {
        request.clear();
        next(&mut request);
        let sent = Instant::now();
        stream.write_all(&request).await.unwrap();
        receive(&mut stream, &mut answer).await;
        micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap());
    }
    micros
}

/// Reads one answer, which must say that it went well and how long it is.
async fn receive(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    const LENGTH: &[u8] = b"content-length: ";
    answer.clear();
    let mut whole = None;
    while whole.is_none_or(|whole| answer.len() < whole) {
        assert!(
            stream.read_buf(answer).await.unwrap() > 0,
            "the server hung up"
        );
        if whole.is_none()
            && let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")
        {
            let text = String::from_utf8_lossy(answer);
            assert!(answer.starts_with(b"HTTP/1.1 2"), "{text}");
            let at = answer
                .windows(LENGTH.len())
                .position(|bytes| bytes == LENGTH)
                .unwrap();
            let digits = text[at + LENGTH.len()..].split('\r').next().unwrap();
            whole = Some(head + 4 + digits.parse::<usize>().unwrap());
        }
    }
}
