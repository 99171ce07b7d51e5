//! One browser of one person: a connection that is kept, a cookie, and a watch.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

pub struct Browser {
    connection: BufReader<TcpStream>,
    address: SocketAddr,
    cookie: String,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
    /// From the first byte sent to the last one read.
    pub took: Duration,
}

impl Browser {
    pub fn open(address: SocketAddr, session: &str) -> Browser {
        let connection = TcpStream::connect(address).expect("the server listens");
        connection.set_nodelay(true).expect("a socket");
        Browser { connection: BufReader::new(connection), address, cookie: format!("siaran-session={session}") }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1"), "")
    }

    /// Sends a form as the page's script does.
    pub fn post(&mut self, path: &str, form: &str) -> Answer {
        self.ask(&format!("POST {path} HTTP/1.1"), form)
    }

    fn ask(&mut self, line: &str, form: &str) -> Answer {
        let request = format!(
            "{line}\r\nhost: {}\r\ncookie: {}\r\nsec-fetch-site: same-origin\r\nx-siaran-part: 1\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            self.address,
            self.cookie,
            form.len()
        );
        let begun = Instant::now();
        self.connection.get_mut().write_all(request.as_bytes()).expect("the server reads");
        let (mut status, mut length, mut head) = (0, 0, String::new());
        loop {
            head.clear();
            self.connection.read_line(&mut head).expect("the server answers");
            let line = head.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(code) = line.strip_prefix("http/1.1 ") {
                status = code.split(' ').next().and_then(|code| code.parse().ok()).unwrap_or(0);
            }
            if let Some(bytes) = line.strip_prefix("content-length: ") {
                length = bytes.parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).expect("the whole answer");
        let took = begun.elapsed();
        Answer { status, body: String::from_utf8_lossy(&body).into_owned(), took }
    }
}
