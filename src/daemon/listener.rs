use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::page::Page;
use super::request_line::RequestLine;

/// Longest header of a request, in bytes.
const LONGEST_HEADER: u64 = 8192;

/// Time for one request.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Largest number of requests that are answered at once; others wait.
const MOST_AT_ONCE: usize = 16;

/// Answers requests over HTTP/1.1, one a connection.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
}

impl Listener {
    /// Opens the address.
    ///
    /// # Errors
    /// The address is in use, is none of this machine's, or may not be used by this user.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await? })
    }

    /// Returns the address, with the port that was chosen for port 0.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Answers with the page that `pages` gives for a path, without end.
    pub async fn serve(self, pages: impl Fn(&str) -> Option<Page> + Send + Sync + 'static) {
        let (pages, places) = (Arc::new(pages), Arc::new(Semaphore::new(MOST_AT_ONCE)));
        loop {
            // Never closed, so there is always a place in the end.
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let Ok((stream, _)) = self.socket.accept().await else {
                // Too many open files, for example, which pass.
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            let pages = pages.clone();
            tokio::spawn(async move {
                // Who is too slow or goes away gets no answer.
                let _ = tokio::time::timeout(TIME_LIMIT, answer(stream, &*pages)).await;
                drop(place);
            });
        }
    }
}

async fn answer(mut stream: TcpStream, pages: &(impl Fn(&str) -> Option<Page> + ?Sized)) -> io::Result<()> {
    let Some(header) = header(&mut stream).await? else { return Ok(()) };
    let line = String::from_utf8_lossy(&header);
    let (page, is_head) = match RequestLine::parse(line.lines().next().unwrap_or_default()) {
        Ok(line) => {
            let missing = || Page::text("404 Not Found", "there are /metrics and /healthz\n");
            (pages(&line.path).unwrap_or_else(missing), line.is_head)
        }
        Err(page) => (page, false),
    };
    stream.write_all(page.to_http(is_head).as_bytes()).await?;
    stream.shutdown().await?;
    // An end of the connection with unread bytes could take the answer back.
    tokio::io::copy(&mut stream.take(LONGEST_HEADER), &mut tokio::io::sink()).await.map(drop)
}

/// Reads a header up to its empty line, or as much as is allowed. None: the connection ended before.
async fn header(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut header = Vec::new();
    let mut limited = stream.take(LONGEST_HEADER);
    loop {
        let is_whole = header.windows(4).any(|end| end == b"\r\n\r\n") || header.windows(2).any(|end| end == b"\n\n");
        if is_whole || header.len() as u64 >= LONGEST_HEADER {
            return Ok(Some(header));
        }
        if limited.read_buf(&mut header).await? == 0 {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(request: &[u8]) -> String {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.address().unwrap();
        let pages = |path: &str| (path == "/healthz").then(|| Page::text("200 OK", "all is well\n"));
        let server = tokio::spawn(listener.serve(pages));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        server.abort();
        answer
    }

    #[tokio::test]
    async fn a_page_is_answered_with_its_length() {
        let answer = ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("Content-Length: 12\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nall is well\n"), "{answer}");
        let head = ask(b"HEAD /healthz HTTP/1.1\r\n\r\n").await;
        assert!(head.contains("Content-Length: 12\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    }

    #[tokio::test]
    async fn unknown_paths_and_broken_requests_are_refused() {
        assert!(ask(b"GET /secret HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 404 "));
        assert!(ask(b"DELETE /healthz HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 405 "));
        assert!(ask(&[b'x'; 9000]).await.starts_with("HTTP/1.1 400 "));
        assert!(ask(&[0xff, b'\n', b'\n']).await.starts_with("HTTP/1.1 400 "));
    }
}
