// A client of the Runtime API with Rust's standard library alone.
use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;

fn ask(api: &str, line: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(api)?;
    let length = body.len();
    stream.write_all(format!("{line} HTTP/1.1\r\nHost: lambda\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn main() -> std::io::Result<()> {
    let api = env::var("AWS_LAMBDA_RUNTIME_API").expect("no Runtime API");
    loop {
        let event = ask(&api, "GET /2018-06-01/runtime/invocation/next", "")?;
        let id = event
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("lambda-runtime-aws-request-id")))
            .map(|(_, id)| id.to_string())
            .expect("an event without a request ID");
        ask(&api, &format!("POST /2018-06-01/runtime/invocation/{id}/response"), "\"ok\"")?;
    }
}
