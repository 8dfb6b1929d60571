//! (a) The scan of a label over HTTP, beside an answer of fixed JSON behind the same authentication.

use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as WebApp, HttpResponse, HttpServer, get};
use hazledger::app::App;
use hazledger::http::actor::{SignedIn, identify};
use serde_json::json;

use super::figure::{print, round, rounds};
use super::http::load;
use super::stock::{Chance, Ledger};

pub fn run(Ledger { server, stock }: &Ledger) {
    let hello = Hello::start(Data::from(server.app().clone()));
    let chance = Chance::new(1);
    for clients in [8, 64] {
        let (mut scans, mut hellos) = (Vec::new(), Vec::new());
        for _ in 0..rounds() {
            let token = stock.staff().token.clone().unwrap();
            hellos.push(load(&hello.base, clients, round(), move |out| {
                get_request(out, "/hello", &token)
            }));
            let (token, stock, chance) = (
                stock.staff().token.clone().unwrap(),
                stock.clone(),
                chance.clone(),
            );
            scans.push(load(&server.base, clients, round(), move |out| {
                let path = format!("/api/v1/containers/{}", stock.any(&chance));
                get_request(out, &path, &token);
            }));
        }
        let limit = (clients == 64).then_some(0.4);
        print(
            "scan over HTTP, SQLite",
            clients,
            &scans,
            ("hello-JSON behind the same authentication", &hellos),
            limit,
        );
    }
    hello.stop();
}

fn get_request(out: &mut Vec<u8>, path: &str, token: &str) {
    write!(
        out,
        "GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    .unwrap();
}

#[get("/hello")]
async fn greet(_who: SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(json!({"hello": "world"}))
}

/// The server beside which ours is measured: the same framework, workers and authentication.
struct Hello {
    base: String,
    handle: ServerHandle,
    thread: JoinHandle<()>,
}

impl Hello {
    fn start(app: Data<App>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    WebApp::new()
                        .app_data(app.clone())
                        .wrap(from_fn(identify))
                        .service(greet)
                })
                .workers(2)
                .listen(listener)
                .unwrap()
                .run();
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = receive.recv().unwrap();
        Self {
            base,
            handle,
            thread,
        }
    }

    fn stop(self) {
        drop(self.handle.stop(false));
        self.thread.join().unwrap();
    }
}
